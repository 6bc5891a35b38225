"""What does a plan cost beside the match run that it announces, where one row in a hundred has changed?

    python -m bench.plan [--records N] [--changed SHARE] [--rounds N] [--tenant acme]

A town is taken in and matched; then a share of its rows comes with another e-mail address, a plan is made, and a match
run does what it says; so many times, each time other rows. Prints seconds by the clock, and of this process's CPU with
that of the embedded engine, and their ratios. Bar: 1.2 at 1M rows with 1 % changed. With `--tenant` the rows of a
matched tenant of the settings' data folder change (`bench.pipeline --keep` makes one), and stay so.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.sets import anytown
from graph_service import logs
from graph_service.graph import embedded, library, migrations
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Row, Store
from graph_service.identity.jobs import match_tenant, plan_match
from graph_service.identity.run.reading import rows_to_match
from graph_service.records.model import contents, links
from graph_service.settings import Settings

TENANT = "bench-plan"
TICKS = os.sysconf("SC_CLK_TCK")


async def taken(store: Store, tenant: str, rows: Sequence[Row], *, before: bool) -> None:
    """Take rows in, new ones or (`before`) new versions of those that are there."""
    if before:
        for start in range(0, len(rows), 1000):
            some = [row["record"] for row in rows[start : start + 1000]]
            await store.write(tenant, "records.drop_identifiers", records=some)
    nodes = [
        {"record": r["record"], "content": r["content"], "content_hash": r["content_hash"], "ingested_at": "2026-01-01"}
        for r in rows
    ]
    await store.write_many(tenant, "records.record_rows", nodes)
    await store.write_many(tenant, "records.record_identifiers", links(rows))


def changed(records: pa.Table, scopes: pa.Array, share: float, turn: int) -> list[Row]:
    """Some rows, with another e-mail address."""
    size = max(1, round(records.num_rows * share))
    chosen = np.random.default_rng(turn).permutation(records.num_rows)[:size]
    some, within = records.take(chosen), scopes.take(chosen)
    mails = pa.array([f"new{turn}.{at}@mail.example.com" for at in range(size)])
    some = some.set_column(some.column_names.index("email"), "email", mails)
    rows: list[Row] = []
    for scope in within.unique():
        same = pc.is_null(within) if not scope.is_valid else pc.equal(within, scope)
        rows += contents(some.filter(same), scope.as_py())
    return rows


def busy(settings: Settings) -> float:
    """Seconds of CPU that this process, its children and the embedded engine have used."""
    own = sum(os.times()[:4])
    state = embedded.status(settings) if settings.graph_url.startswith("embedded:") else None
    if state is None:
        return own
    fields = Path(f"/proc/{state.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return own + (int(fields[11]) + int(fields[12])) / TICKS


async def clocked(settings: Settings, act: Awaitable[Any]) -> tuple[float, float]:
    """Seconds by the clock, and of CPU."""
    clock, cpu = time.perf_counter(), busy(settings)
    await act
    return time.perf_counter() - clock, busy(settings) - cpu


async def measure(settings: Settings, count: int, share: float, rounds: int) -> dict[str, Any]:
    """Plans and runs in turns, in a tenant of their own."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    records = anytown(5, count).records
    await engine.create_tenant_database(TENANT)
    await migrations.apply(engine, engine.database_of(TENANT))
    try:
        await taken(store, TENANT, list(contents(records)), before=False)
        await match_tenant(store, TENANT)
        return await in_turns(store, TENANT, share, rounds)
    finally:
        await engine.drop_tenant_database(TENANT)
        await engine.close()


async def measure_there(settings: Settings, tenant: str, share: float, rounds: int) -> dict[str, Any]:
    """The same in a tenant that is there."""
    engine = engine_for(settings)
    await engine.open()
    try:
        return await in_turns(Store(engine, library.load(), settings), tenant, share, rounds)
    finally:
        await engine.close()


async def in_turns(store: Store, tenant: str, share: float, rounds: int) -> dict[str, Any]:
    """Each round some rows change, a plan is made, and a run does it."""
    held = await rows_to_match(store, tenant)
    plans, runs = [], []
    for turn in range(rounds):
        await taken(store, tenant, changed(held.records, held.scopes, share, turn), before=True)
        plans.append(await clocked(store.settings, plan_match(store, tenant)))
        runs.append(await clocked(store.settings, match_tenant(store, tenant)))
    answer: dict[str, Any] = {"records": held.records.num_rows, "changed": share, "rounds": rounds}
    for at, name in enumerate(("seconds", "cpu")):
        plan, run = (statistics.median(one[at] for one in found) for found in (plans, runs))
        answer[name] = {"plan": round(plan, 2), "run": round(run, 2), "ratio": round(plan / run, 3)}
    return answer


def main() -> None:
    """Measure on the engine of STORMGRAPH_GRAPH_URL; the embedded one is started for this alone."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--changed", type=float, default=0.01)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tenant", help="a matched tenant that is there")
    given = parser.parse_args()
    if given.tenant:
        there = measure_there(Settings(log_level="error"), given.tenant, given.changed, given.rounds)
        print(json.dumps(asyncio.run(there), indent=2))
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), log_level="error")
        logs.configure(settings)
        try:
            print(json.dumps(asyncio.run(measure(settings, given.records, given.changed, given.rounds)), indent=2))
        finally:
            if settings.graph_url.startswith("embedded:"):
                embedded.stop(settings)


if __name__ == "__main__":
    main()
