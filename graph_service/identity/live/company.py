"""Which rows may be the same person as a newcomer, and how strongly: looked up in the graph, scored here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from graph_service.graph.store import Row, Store
from graph_service.identity.live.blocks import SLOTS, blocks_of
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse
from graph_service.identity.live.surroundings import Known
from graph_service.identity.model import KINDS
from matching import Limits, Scorer

MOST_HELD = 50  # rows of a block or an identifier: more are a crowd, which says little of any one of them
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Company:
    """The rows that share a key with a newcomer, strongest first: each one's log-odds of being the same person (bits).

    `skipped`: how many of its keys lead to a crowd and were passed over. `weights` beside `rows`.
    """

    rows: tuple[Known, ...]
    weights: tuple[float, ...]
    skipped: int

    def matches(self, newcomer: Key, model: str, limits: Limits = LIMITS) -> list[Row]:
        """The matches to keep, as `identity.link_matches` takes them."""
        found = []
        for row, weight in list(zip(self.rows, self.weights, strict=True))[: limits.links]:
            if weight >= limits.floor:
                left, right = sorted((newcomer, row.key))
                kept = round(weight, 3)
                found.append({"left": left, "right": right, "weight": kept, "model": model,
                              "probability": 1.0 / (1.0 + 2.0**-kept)})  # fmt: skip
        return found


async def company_of(store: Store, tenant: str, newcomer: Known, in_use: InUse) -> Company:
    """Who shares an identifier or a block with this row, and how strongly does it belong to each?"""
    blocking = in_use.scorer.blocking_keys(newcomer.fields)
    blocks, carriers = await asyncio.gather(
        _of_blocks(store, tenant, blocks_of(blocking, in_use.blocks or ())),
        _of_identifiers(store, tenant, newcomer, blocking),
    )
    found = sorted(({*blocks[0], *carriers[0]}) - {newcomer.key})
    read = await store.read(tenant, "identity.rows_of_records", records=found) if found else []
    rows = list({row.key: row for row in map(Known.of, read)}.values())
    weights = weighed(in_use.scorer, newcomer, rows)
    order = sorted(range(len(rows)), key=lambda at: (-weights[at], rows[at].key))
    ranked = tuple(rows[at] for at in order)
    return Company(ranked, tuple(weights[at] for at in order), blocks[1] + carriers[1])


def weighed(scorer: Scorer, newcomer: Known, rows: Sequence[Known]) -> list[float]:
    """The log-odds (bits) that the newcomer and each row are one person, before sources and further rows are heard."""
    if not rows or not scorer.model.comparisons:
        return [-np.inf] * len(rows)
    records = [newcomer.fields, *(row.fields for row in rows)]
    one, others = np.zeros(len(rows), np.int64), np.arange(1, len(records))
    found: list[float] = scorer.score(records, one, others).matches.weight.tolist()
    return found


Held = tuple[set[Key], int]


async def _of_blocks(store: Store, tenant: str, blocks: Mapping[str, str | None]) -> Held:
    if not any(blocks.values()):
        return set(), 0
    asked = {slot: blocks[slot] or "" for slot in SLOTS}
    return _held(await store.read(tenant, "identity.rows_of_blocks", **asked, fetched=MOST_HELD + 1))


async def _of_identifiers(store: Store, tenant: str, newcomer: Known, blocking: Mapping[str, str]) -> Held:
    """Rows with the same identifiers; a value that the model passes over (a switchboard's phone) leads to nobody."""
    asked = [
        own for own in newcomer.identifiers
        if own[0] == "address" or KINDS[own[0]].field in blocking
    ]  # fmt: skip
    if not asked:
        return set(), 0
    return _held(await store.read(tenant, "identity.rows_of_identifiers", identifiers=asked, most=MOST_HELD))


def _held(rows: Sequence[Row]) -> Held:
    found = {(source, record_id) for row in rows for source, record_id in row["rows"]}
    return found, sum(1 for row in rows if row["records"] and not row["rows"])
