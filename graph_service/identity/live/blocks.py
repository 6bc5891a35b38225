"""The blocks that rows are put into, so that a newcomer finds its company in one question to the graph."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph_service import logs
from graph_service.graph.store import Row, Store
from graph_service.identity.live.scorers import scorer_in_use
from graph_service.identity.run.models import forget
from graph_service.identity.run.reading import rows_to_match, table_of
from matching import Scorer, block_keys, block_name, choose_rules

SLOTS = ("block_1", "block_2", "block_3", "block_4")
KEYS = ["source", "record_id"]
SURE = 0.0  # log-odds: matches above it are taken for one person when rules are chosen
log = logs.get("identity")


def blocks_of(keys: Mapping[str, str], rules: Sequence[str]) -> dict[str, str | None]:
    """In which block of each rule does a row with these blocking keys stand?"""
    names = [block_name(rule, keys[rule]) if rule in keys else None for rule in rules]
    return dict(zip(SLOTS, [*names, *([None] * (len(SLOTS) - len(names)))], strict=True))


def stamp(scorer: Scorer, rules: Sequence[str]) -> str:
    """Which rules placed a row: changes with the rules and with the values that they pass over."""
    said = repr([list(rules), [scorer.model.rules.get(rule) for rule in rules], scorer.model.card.get("traps", [])])
    return hashlib.blake2b(said.encode(), digest_size=8).hexdigest()


async def index(store: Store, tenant: str, seen: tuple[pa.Table, pa.Table] | None = None) -> int:
    """Put every row of a tenant into the blocks of the model in use that is not in them; returns how many were placed.

    A model new to this tenant is first asked which few of its rules bring most of the known matches together. What was
    cut off is completed by the next call; called again it places nothing. `seen`: the rows and the links of a match run
    that has just read and decided, which need not be read again then.
    """
    rows = seen[0] if seen else (await rows_to_match(store, tenant)).records
    if not rows.num_rows:
        return 0
    in_use = await scorer_in_use(store, tenant)
    if in_use.blocks is None:
        matches = _surely(seen[1]) if seen else await _sure_matches(store, tenant, rows)
        rules = await asyncio.to_thread(choose_rules, rows, in_use.scorer.model, matches)
        await store.write(tenant, "identity.choose_blocks", model=in_use.model_id, blocks=rules)
        forget(store, tenant)
        in_use = await scorer_in_use(store, tenant)
    rules, mark = list(in_use.blocks or ()), stamp(in_use.scorer, in_use.blocks or ())
    done = await table_of(store, tenant, "identity.rows_in_blocks", blocked_by=mark)
    missing = rows.append_column("place", pa.array(np.arange(rows.num_rows))).join(done, KEYS, join_type="left anti")
    rows = rows.take(missing["place"].sort())
    if not rows.num_rows:
        return 0
    keys = await asyncio.to_thread(block_keys, rows, in_use.scorer.model, rules)
    count = await store.write_many(tenant, "identity.place_in_blocks", _written(rows, keys, mark))
    log.info("placed_in_blocks", tenant=tenant, rows=count, rules=len(rules))
    return count


def _written(rows: pa.Table, keys: pa.Table, mark: str) -> Iterator[Row]:
    absent = pa.nulls(rows.num_rows, pa.string())
    columns = [keys.column(at) if at < keys.num_columns else absent for at in range(len(SLOTS))]
    whole = pa.table({**{name: rows[name] for name in KEYS}, **dict(zip(SLOTS, columns, strict=True))})
    for batch in whole.to_batches(max_chunksize=5000):
        for row in batch.to_pylist():
            yield {"record": (row.pop("source"), row.pop("record_id")), **row, "blocked_by": mark}


Ints = npt.NDArray[np.int64]


def _surely(links: pa.Table) -> tuple[Ints, Ints]:
    sure = links["weight"].to_numpy() > SURE
    return links["left"].to_numpy()[sure], links["right"].to_numpy()[sure]


async def _sure_matches(store: Store, tenant: str, rows: pa.Table) -> tuple[Ints, Ints]:
    """The places, in these rows, of the pairs that were taken for one person."""
    known = await table_of(store, tenant, "identity.row_matches")
    known = known.filter(pa.array(known["weight"].to_numpy() > SURE))
    place = {key: at for at, key in enumerate(zip(rows["source"].to_pylist(), rows["record_id"].to_pylist(),
                                                  strict=True))}  # fmt: skip
    ends = (("source", "record_id"), ("other_source", "other_id"))
    left, right = (
        np.array([place[key] for key in zip(*(known[name].to_pylist() for name in names), strict=True)], np.int64)
        for names in ends
    )
    return left, right
