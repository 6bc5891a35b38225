"""The plain errors of matching: what went wrong and what to do next, without HTTP."""

from __future__ import annotations


class MatchingError(Exception):
    """Something the caller can put right; the message says how."""


class SourceError(MatchingError):
    """A file cannot be read at all (a broken row is not an error: it is listed and reading goes on)."""


class MappingError(MatchingError):
    """A mapping names a column, field or type that does not exist, or contradicts itself."""


class MemoryLimitError(MatchingError):
    """The run needs more memory than it may take, and cannot spill what it holds."""
