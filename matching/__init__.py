"""Who is it: raw records in, scored pairs, persons and households out (tables in, tables out)."""

from matching.errors import MappingError, MatchingError, SourceError
from matching.records import CANONICAL, FieldType

__all__ = ["CANONICAL", "FieldType", "MappingError", "MatchingError", "SourceError"]
