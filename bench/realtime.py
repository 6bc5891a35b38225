"""How long does a row that arrives take, from its fields to its person, in a graph of N rows?

A made-up town is taken in and matched, all but some rows; those then arrive one after the other, are looked for first
(nothing written) and taken in after, in this process, and at last eight at a time, looked for and taken in. Both ways
are warmed up first, eight at a time, by a third of the arriving rows (at most 3,000; below 500 the figures are those of
a cold engine). `--small` does the same in a graph of so many rows, for the ratio. Beside it the floor of the same run:
two look-ups by key and a turn at one row, each a call. CPU is that of this process and, embedded, of the engine, a row:
of the threads that answer apart from those that compile, which are done once it is warm. Bars: p50 <= 8 ms, p99 <= 40
ms at 1M rows; 1M at most 1.5 x 50k; >= 200 rows a second eight in flight.
Run: `python -m bench.realtime [--records N] [--small N] [--arriving N] [--json]`. With `--tenant acme`
strangers arrive in a matched tenant of the settings' data folder (`bench.pipeline --keep` makes one), and stay.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench.sets import anytown
from graph_service import logs
from graph_service.graph import embedded, library, migrations
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Row, Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.live.arrive import take_in
from graph_service.identity.live.asked import who_is
from graph_service.records.model import contents, links
from graph_service.settings import Settings

TENANT, IN_FLIGHT, WARM = "bench-live", 8, 3_000
ANSWERING, COMPILING = "BOLT-", ("C1 ", "C2 ")  # how the engine names its threads


async def filled(store: Store, rows: Sequence[Row]) -> None:
    """A tenant that holds these rows, matched and findable."""
    now = "2026-01-01T00:00:00Z"
    nodes = (
        {"record": r["record"], "content": r["content"], "content_hash": r["content_hash"], "ingested_at": now}
        for r in rows
    )
    await store.write_many(TENANT, "records.record_rows", nodes, batch=2500)
    await store.write_many(
        TENANT, "records.record_identifiers", (link for row in rows for link in links([row])), batch=2500
    )
    await match_tenant(store, TENANT)


def engine_cpu(settings: Settings) -> dict[str, float]:
    """Milliseconds of CPU that the embedded engine has used, by what for; 0 where the engine is not ours."""
    used = {"answers": 0.0, "compiler": 0.0, "other": 0.0}
    state = embedded.status(settings) if settings.graph_url.startswith("embedded:") else None
    for thread in Path(f"/proc/{state.pid}/task").iterdir() if state else ():
        try:
            name, _, rest = (thread / "stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended
        what = "answers" if name.startswith(ANSWERING) else "compiler" if name.startswith(COMPILING) else "other"
        fields = rest.split()
        used[what] += 1000 * (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


class Used:
    """The CPU that this process and the engine use from here on, a row."""

    def __init__(self, settings: Settings) -> None:
        self.settings, self.own, self.engine = settings, time.process_time(), engine_cpu(settings)

    def a_row(self, rows: int) -> dict[str, float]:
        """Milliseconds, by whom."""
        said = {"cpu_ms": 1000 * (time.process_time() - self.own) / rows}
        engine = engine_cpu(self.settings)
        said |= {f"engine_{what}_ms": (engine[what] - before) / rows for what, before in self.engine.items()}
        return {name: round(value, 2) for name, value in said.items()}


async def floor(store: Store, tenant: str, row: Row) -> None:
    """The least that any answer costs: two look-ups by key, and a turn at one row."""
    own = [row["record"]]
    for _ in range(2):
        await store.read(tenant, "identity.rows_of_records", records=own)
    names = "persons changing households everybody homes identifiers carried addresses arrived"
    nothing: dict[str, list[str]] = {name: [] for name in names.split()}
    await store.write(tenant, "identity.take_turns", records=own, **nothing)


async def each(store: Store, rows: Sequence[Row], act: Callable[[Row], Awaitable[Any]]) -> dict[str, float]:
    """Milliseconds by the clock, and of CPU, one row after the other."""
    taken, used = [], Used(store.settings)
    for row in rows:
        began = time.perf_counter()
        await act(row)
        taken.append(1000 * (time.perf_counter() - began))
    said = {"p50_ms": statistics.median(taken), "p99_ms": statistics.quantiles(taken, n=100)[98]}
    return {name: round(value, 2) for name, value in said.items()} | used.a_row(len(rows))


async def together(store: Store, rows: Sequence[Row], act: Callable[[Row], Awaitable[Any]]) -> dict[str, float]:
    """Rows a second and milliseconds of CPU, eight in flight."""
    gate = asyncio.Semaphore(IN_FLIGHT)

    async def one(row: Row) -> None:
        async with gate:
            await act(row)

    began, used = time.perf_counter(), Used(store.settings)
    await asyncio.gather(*(one(row) for row in rows))
    return {"rows_a_second": round(len(rows) / (time.perf_counter() - began), 1)} | used.a_row(len(rows))


async def measure(settings: Settings, count: int, arriving: int, seed: int) -> dict[str, Any]:
    """One graph of so many rows, and what arriving rows take in it."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    rows = list(contents(anytown(seed, count + arriving).records))
    order = np.random.default_rng(seed).permutation(len(rows))
    late, known = order[:arriving].tolist(), np.sort(order[arriving:]).tolist()
    await engine.create_tenant_database(TENANT)
    await migrations.apply(engine, engine.database_of(TENANT))
    try:
        await filled(store, [rows[at] for at in known])
        print(f"{len(known):,} rows are there", file=sys.stderr, flush=True)
        said = await arrived(store, TENANT, [rows[at] for at in late])
    finally:
        await engine.drop_tenant_database(TENANT)
        await engine.close()
    return {"records": len(known), **said}


async def measure_there(settings: Settings, tenant: str, arriving: int, seed: int) -> dict[str, Any]:
    """What the rows of another town take in a tenant that is there."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    rows = list(contents(anytown(seed, arriving).records))
    dice, mark = np.random.default_rng(seed), time.time_ns()
    for row in rows:  # the other town's rows may bear the same ids
        source, own = row["content"]["source"], f"{row['content']['record_id']}-{mark}"
        row["content"] |= {"record_id": own}
        row["record"] = (source, own)
    try:
        return await arrived(store, tenant, [rows[at] for at in dice.permutation(len(rows)).tolist()])
    finally:
        await engine.close()


async def arrived(store: Store, tenant: str, newcomers: Sequence[Row]) -> dict[str, Any]:
    """What newcomers take, a third of them to warm up."""
    warm = min(WARM, len(newcomers) // 3)
    middle = (warm + len(newcomers)) // 2
    first, alone, eight = newcomers[:warm], newcomers[warm:middle], newcomers[middle:]
    ways = {
        "looked for": lambda row: who_is(store, tenant, row),
        "taken in": lambda row: take_in(store, tenant, [row]),
    }
    for act in ways.values():
        await together(store, first, act)
    said: dict[str, Any] = {"warmed_up_by": warm}
    said |= {way: await each(store, alone, act) for way, act in ways.items()}
    said["floor"] = await each(store, alone, lambda row: floor(store, tenant, row))
    return said | {f"{way}, 8 in flight": await together(store, eight, act) for way, act in ways.items()}


def main() -> None:
    """Measure on the engine of STORMGRAPH_GRAPH_URL; the embedded one is started for this alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=50_000)
    parser.add_argument("--small", type=int, default=0)
    parser.add_argument("--arriving", type=int, default=400)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--tenant", help="a matched tenant that is there")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if given.tenant:
        settings = Settings(log_level="error")
        logs.configure(settings)
        there = asyncio.run(measure_there(settings, given.tenant, given.arriving, given.seed))
        print(json.dumps(there) if given.json else json.dumps(there, indent=2))
        return
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), log_level="error")
        logs.configure(settings)
        sizes = [size for size in (given.small, given.records) if size]
        try:
            found = [asyncio.run(measure(settings, size, given.arriving, given.seed)) for size in sizes]
        finally:
            if settings.graph_url.startswith("embedded:"):
                embedded.stop(settings)
    answer: dict[str, Any] = {"sizes": found}
    if given.small:
        answer["ratio of p50, taken in"] = round(found[1]["taken in"]["p50_ms"] / found[0]["taken in"]["p50_ms"], 2)
        answer["ratio of p50, looked for"] = round(
            found[1]["looked for"]["p50_ms"] / found[0]["looked for"]["p50_ms"], 2
        )
    print(json.dumps(answer) if given.json else json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
