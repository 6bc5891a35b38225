"""Which rows may be the same person as a newcomer, and how strongly: looked up in the graph, scored here."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from graph_service.graph.store import Row
from graph_service.identity.live.blocks import blocks_of
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.model import KINDS
from matching import Limits, Scorer

MOST_HELD = 50  # rows of a block or an identifier: more are a crowd, which says little of any one of them
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Company:
    """The rows that share a key with a newcomer, strongest first: each one's log-odds of being the same person (bits).

    `weights` beside `rows`; `identifiers`: by which of its own they were looked for; `skipped`: how many of its keys
    lead to a crowd and were passed over.
    """

    rows: tuple[Known, ...]
    weights: tuple[float, ...]
    identifiers: tuple[Own, ...]
    skipped: int

    def matches(self, newcomer: Key, model: str, limits: Limits = LIMITS) -> list[Row]:
        """The matches to keep: `left` and `right` rows, `weight` in bits, `probability`, `model`."""
        found = []
        for row, weight in list(zip(self.rows, self.weights, strict=True))[: limits.links]:
            if weight >= limits.floor:
                left, right = sorted((newcomer, row.key))
                kept = round(weight, 3)
                found.append({"left": left, "right": right, "weight": kept, "model": model,
                              "probability": 1.0 / (1.0 + 2.0**-kept)})  # fmt: skip
        return found


class Ask(Protocol):
    """Puts a question of the library to the graph: `Work.run`, or `Store.read` for a tenant."""

    def __call__(self, name: str, /, **params: Any) -> Awaitable[list[Row]]: ...


async def company_of(ask: Ask, newcomer: Known, in_use: InUse) -> Company:
    """Who shares an identifier or a block with this row, and how strongly does it belong to each?"""
    rules = {*(in_use.blocks or ()), *(KINDS[one[0]].field for one in newcomer.identifiers)}
    blocking = in_use.scorer.blocking_keys(newcomer.fields, rules)
    own = {slot: block or "" for slot, block in blocks_of(blocking, in_use.blocks or ()).items()}
    # A value that the model passes over (a switchboard's phone) leads to nobody.
    carried = [one for one in newcomer.identifiers if one[0] == "address" or KINDS[one[0]].field in blocking]
    told = await ask("identity.company", **own, identifiers=carried, fetched=MOST_HELD + 1)
    found = {row.key: row for line in told for row in map(Known.listed, line["rows"])}
    found.pop(newcomer.key, None)
    rows = [found[key] for key in sorted(found)]
    weights = weighed(in_use.scorer, newcomer, rows)
    order = sorted(range(len(rows)), key=lambda at: (-weights[at], rows[at].key))
    ranked = tuple(rows[at] for at in order)
    return Company(ranked, tuple(weights[at] for at in order), tuple(carried), sum(line["crowds"] for line in told))


def weighed(scorer: Scorer, newcomer: Known, rows: Sequence[Known]) -> list[float]:
    """The log-odds (bits) that the newcomer and each row are one person, before sources and further rows are heard."""
    if not rows or not scorer.model.comparisons:
        return [-np.inf] * len(rows)
    records = [newcomer.fields, *(row.fields for row in rows)]
    one, others = np.zeros(len(rows), np.int64), np.arange(1, len(records))
    found: list[float] = scorer.score(records, one, others).matches.weight.tolist()
    return found
