"""Who is it: raw records in, scored pairs, persons and households out (tables in, tables out)."""

from matching.clusters import Judgement, Limits, Partition, decide
from matching.errors import MappingError, MatchingError, SourceError
from matching.evaluate import compare_partitions, evaluate
from matching.guess import guess_mapping
from matching.identifiers import address_value, address_values, normalise
from matching.mapping import Mapping
from matching.model import Model
from matching.peer import most_common_address, plain_splink
from matching.pipeline import MatchResult, match, train
from matching.records import CANONICAL, FieldType
from matching.sources import BadRow, RawBatch, read_source
from matching.standardise import Standardised, standardise

__all__ = [
    "CANONICAL",
    "BadRow",
    "FieldType",
    "Judgement",
    "Limits",
    "Mapping",
    "MappingError",
    "MatchResult",
    "MatchingError",
    "Model",
    "Partition",
    "RawBatch",
    "SourceError",
    "Standardised",
    "address_value",
    "address_values",
    "compare_partitions",
    "decide",
    "evaluate",
    "guess_mapping",
    "match",
    "most_common_address",
    "normalise",
    "plain_splink",
    "read_source",
    "standardise",
    "train",
]
