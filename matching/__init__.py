"""Who is it: raw records in, scored pairs, persons and households out (tables in, tables out).

Each name is imported when it is first asked for (PEP 562): a process that only standardises loads neither the scorer
nor what it needs.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matching.adoption import Adopted, adopt, with_counts
    from matching.charts import charts_page
    from matching.clusters import Judgement, Limits, Partition, decide
    from matching.errors import MappingError, MatchingError, SourceError
    from matching.evaluate import compare_partitions, evaluate
    from matching.few_households import few_households
    from matching.guess import guess_mapping
    from matching.identifiers import address_value, address_values, normalise
    from matching.keys import block_keys, block_name, choose_rules
    from matching.mapping import Mapping
    from matching.model import Model
    from matching.peer import most_common_address, plain_splink
    from matching.pipeline import MatchResult, Means, match, train
    from matching.recalibration import Judged, Recalibrated, TooFew, importance, recalibrate
    from matching.records import CANONICAL, FieldType
    from matching.sampling import draw_pairs, estimate, pairs_to_judge
    from matching.scorer import LiveDecision, Scorer, prior_model
    from matching.sources import BadRow, RawBatch, read_source
    from matching.standardise import Standardised, standardise
    from matching.viewer import comparison_viewer
    from matching.waterfall import doubtful_merges

__all__ = [
    "CANONICAL",
    "Adopted",
    "BadRow",
    "FieldType",
    "Judged",
    "Judgement",
    "Limits",
    "LiveDecision",
    "Mapping",
    "MappingError",
    "MatchResult",
    "MatchingError",
    "Means",
    "Model",
    "Partition",
    "RawBatch",
    "Recalibrated",
    "Scorer",
    "SourceError",
    "Standardised",
    "TooFew",
    "address_value",
    "address_values",
    "adopt",
    "block_keys",
    "block_name",
    "charts_page",
    "choose_rules",
    "compare_partitions",
    "comparison_viewer",
    "decide",
    "doubtful_merges",
    "draw_pairs",
    "estimate",
    "evaluate",
    "few_households",
    "guess_mapping",
    "importance",
    "match",
    "most_common_address",
    "normalise",
    "pairs_to_judge",
    "plain_splink",
    "prior_model",
    "read_source",
    "recalibrate",
    "standardise",
    "train",
    "with_counts",
]

_NAMES_OF = {
    "adoption": ("Adopted", "adopt", "with_counts"),
    "charts": ("charts_page",),
    "clusters": ("Judgement", "Limits", "Partition", "decide"),
    "errors": ("MappingError", "MatchingError", "SourceError"),
    "evaluate": ("compare_partitions", "evaluate"),
    "few_households": ("few_households",),
    "guess": ("guess_mapping",),
    "identifiers": ("address_value", "address_values", "normalise"),
    "keys": ("block_keys", "block_name", "choose_rules"),
    "mapping": ("Mapping",),
    "model": ("Model",),
    "peer": ("most_common_address", "plain_splink"),
    "pipeline": ("MatchResult", "Means", "match", "train"),
    "recalibration": ("Judged", "Recalibrated", "TooFew", "importance", "recalibrate"),
    "records": ("CANONICAL", "FieldType"),
    "scorer": ("LiveDecision", "Scorer", "prior_model"),
    "sampling": ("draw_pairs", "estimate", "pairs_to_judge"),
    "sources": ("BadRow", "RawBatch", "read_source"),
    "standardise": ("Standardised", "standardise"),
    "viewer": ("comparison_viewer",),
    "waterfall": ("doubtful_merges",),
}
_HOMES = {name: f"{__name__}.{module}" for module, names in _NAMES_OF.items() for name in names}


class _Door(ModuleType):
    """A package whose functions win over its own modules of the same name (`standardise`, `evaluate`)."""

    def __setattr__(self, name: str, value: Any) -> None:
        # Importing a module binds it to its package; that would hide the function from `__getattr__`.
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Door

if not TYPE_CHECKING:  # a type checker would take it for a promise of any name whatever

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        setattr(sys.modules[__name__], name, value)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
