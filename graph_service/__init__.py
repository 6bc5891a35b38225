"""StormGraph's door: HTTP, command line, and the only code that speaks to a graph engine."""

__version__ = "0.1.0"
