"""The maths of cause: which channels and plays deserve credit for a conversion. Arrays and tables in, tables out."""

from attribution.errors import AttributionError
from attribution.markov import (
    conversion_probability,
    pair_effects,
    removal_effects,
    transition_matrix,
    transitions_from_table,
)
from attribution.paths import (
    Paths,
    Transitions,
    count_transitions,
    credit_to,
    from_lists,
    from_table,
    handle_direct,
    to_table,
    transform,
)
from attribution.rules import touch_credit

__all__ = [
    "AttributionError",
    "Paths",
    "Transitions",
    "conversion_probability",
    "count_transitions",
    "credit_to",
    "from_lists",
    "from_table",
    "handle_direct",
    "pair_effects",
    "removal_effects",
    "to_table",
    "touch_credit",
    "transform",
    "transition_matrix",
    "transitions_from_table",
]
