"""Who is it: raw records in, scored pairs, persons and households out (tables in, tables out)."""

from matching.clusters import Judgement, Limits, Partition, decide
from matching.errors import MappingError, MatchingError, SourceError
from matching.model import Model
from matching.peer import most_common_address, plain_splink
from matching.pipeline import MatchResult, match, train
from matching.records import CANONICAL, FieldType

__all__ = [
    "CANONICAL",
    "FieldType",
    "Judgement",
    "Limits",
    "MappingError",
    "MatchResult",
    "MatchingError",
    "Model",
    "Partition",
    "SourceError",
    "decide",
    "match",
    "most_common_address",
    "plain_splink",
    "train",
]
