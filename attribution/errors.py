"""What goes wrong in the maths of credit: one plain error, whose text says what to do next."""


class AttributionError(ValueError):
    """Why can this input not be credited? The message names the cause and the next step."""
