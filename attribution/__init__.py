"""The maths of cause: which channels and plays deserve credit for a conversion. Arrays and tables in, tables out."""

from attribution.errors import AttributionError
from attribution.incremental import KeptCounts
from attribution.markov import conversion_probability, pair_effects, removal_effects
from attribution.paths import UNATTRIBUTED, Paths, credit_to, from_lists, from_table, handle_direct, to_table, transform
from attribution.rules import touch_credit
from attribution.transitions import (
    Transitions,
    choose_order,
    count_transitions,
    credit_counts_to,
    transition_matrix,
    transitions_from_table,
)
from attribution.uncertainty import Answer, Settings, attribute, attribute_counts, divide_journey, estimand_of

__all__ = [
    "UNATTRIBUTED",
    "Answer",
    "AttributionError",
    "KeptCounts",
    "Paths",
    "Settings",
    "Transitions",
    "attribute",
    "attribute_counts",
    "choose_order",
    "conversion_probability",
    "count_transitions",
    "credit_counts_to",
    "credit_to",
    "divide_journey",
    "estimand_of",
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
