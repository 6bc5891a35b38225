"""How long does the walk of all journeys take, beside a bare hand-written count of the same pairs and quadruples?

Writes seeded journeys of five touches straight into a new tenant, checks that the walk counts what the raw rows hold,
then asks bare and ours in turns: the queries that the service takes for all journeys, and for order 1 also the one that
it takes when anything else is asked for (`filtered`). Prints wall seconds, the CPU seconds of the engine, and their
ratios (bar: 2, on 1M touches).

    python -m bench.walk [--touches N] [--rounds N]          (STORMGRAPH_GRAPH_URL chooses the engine)
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from statistics import median
from typing import Any

from graph_service.credit.model import added
from graph_service.graph import embedded, library, migrations
from graph_service.graph.engines import Engine, engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings

TENANT = "bench-walk"
BATCH = 5_000
TOUCHES = 5
CHANNELS = ("door_knock", "call", "sms", "email", "mail", "web", "paid_search", "paid_social", "radio", "referral")
BASE, DAY = 1_777_593_600_000, 86_400_000
LATE = "2027-01-01T00:00:00.000Z"
Row = dict[str, Any]
BARE = {
    1: "MATCH (t:Touch)-[:NEXT]->(u:Touch) RETURN t.channel AS a, u.channel AS b, count(*) AS n ORDER BY a, b",
    3: "MATCH (s:Touch)-[:NEXT]->(t:Touch)-[:NEXT]->(u:Touch)-[:NEXT]->(v:Touch) "
    "RETURN s.channel AS a, t.channel AS b, u.channel AS c, v.channel AS d, count(*) AS n ORDER BY a, b, c, d",
}
WALKS = {
    "walk 1": "journeys.transition_counts_o1_whole",
    "filtered 1": "journeys.transition_counts_o1",
    "walk 3": "journeys.transition_counts_o3",
}
NODE = "UNWIND $rows AS row CREATE (n:{label}) SET n = row"
EDGE = (
    "UNWIND $rows AS row MATCH (a:{start} {{key: row.a}}) MATCH (b:{finish} {{key: row.b}}) CREATE (a)-[:{kind}]->(b)"
)


def journeys(count: int) -> Iterator[tuple[int, list[str], bool]]:
    """So many seeded journeys: number, channels, whether it converted."""
    dice = random.Random(24)
    for number in range(count):
        yield number, [dice.choice(CHANNELS) for _ in range(TOUCHES)], dice.random() < 0.15


async def load(engine: Engine, count: int) -> None:
    """Write the journeys, as threading would leave them."""
    await sent(
        engine, NODE.format(label="Journey"), (journey(number, converted) for number, _, converted in journeys(count))
    )
    await sent(
        engine,
        NODE.format(label="Touch"),
        (touch(number, at, channel) for number, path, _ in journeys(count) for at, channel in enumerate(path)),
    )
    won = [number for number, _, converted in journeys(count) if converted]
    await sent(engine, NODE.format(label="Conversion"), (conversion(number) for number in won))
    edges = {
        ("Touch", "NEXT", "Touch"): (
            pair for n in range(count) for pair in pairwise(f"log/{n:07}-{i}" for i in range(TOUCHES))
        ),
        ("Journey", "STARTS_WITH", "Touch"): ((f"j{n:07}", f"log/{n:07}-0") for n in range(count)),
        ("Journey", "ENDS_WITH", "Touch"): ((f"j{n:07}", f"log/{n:07}-{TOUCHES - 1}") for n in range(count)),
        ("Journey", "ENDED_IN", "Conversion"): ((f"j{n:07}", f"log/{n:07}-c") for n in won),
    }
    for (start, kind, finish), pairs in edges.items():
        rows = ({"a": f"{TENANT}/{a}", "b": f"{TENANT}/{b}"} for a, b in pairs)
        await sent(engine, EDGE.format(start=start, kind=kind, finish=finish), rows)


def journey(number: int, converted: bool) -> Row:
    """One journey's node."""
    return {
        "tenant": TENANT, "key": f"{TENANT}/j{number:07}", "journey_id": f"j{number:07}", "household_id": f"h{number}",
        "storm_id": f"storm-{number % 4}", "zip": f"7520{number % 10}", "anonymous": False, "touches": TOUCHES,
        "opened_at": "2026-05-01T00:00:00.000Z", "window_end": "2026-08-01T00:00:00.000Z",
        "closed_at": "2026-05-10T00:00:00.000Z" if converted else "2026-05-05T00:00:00.000Z",
        "outcome": "converted" if converted else "null", "value_usd": 12_000.0 if converted else 0.0,
    }  # fmt: skip


def touch(number: int, place: int, channel: str) -> Row:
    """One touch's node, with the properties that ingest gives it."""
    return {
        "tenant": TENANT, "key": f"{TENANT}/log/{number:07}-{place}", "event_id": f"{number:07}-{place}",
        "source": "log", "kind": "touch", "channel": channel, "direction": "outbound", "play": f"play-{number % 6}",
        "at": BASE + place * DAY, "occurred_at": f"2026-05-0{1 + place}T00:00:00.000Z", "version": 1,
        "order": f"2026-05-0{1 + place}T00:00:00.000Z 0 log {number:07}-{place}", "household_id": f"h{number}",
        "journey_id": f"j{number:07}", "content_hash": f"{number:032}", "storm_id": f"storm-{number % 4}",
    }  # fmt: skip


def conversion(number: int) -> Row:
    """One conversion's node."""
    return {
        "tenant": TENANT, "key": f"{TENANT}/log/{number:07}-c", "event_id": f"{number:07}-c", "source": "log",
        "kind": "conversion", "at": BASE + 9 * DAY, "occurred_at": "2026-05-10T00:00:00.000Z", "value_usd": 12_000.0,
    }  # fmt: skip


async def sent(engine: Engine, statement: str, rows: Iterator[Row]) -> None:
    """One statement over all rows, a transaction a batch."""
    while batch := list(islice(rows, BATCH)):
        async with (
            engine.driver.session(database=engine.database_of(TENANT)) as session,
            await session.begin_transaction() as transaction,
        ):
            await (await transaction.run(statement, rows=batch)).consume()
            await transaction.commit()


def raw_counts(count: int, order: int) -> Counter[tuple[str, ...]]:
    """What a person would count from the raw journeys: the last touches (START before the first), and the next step."""
    found: Counter[tuple[str, ...]] = Counter()
    for _, path, converted in journeys(count):
        steps = ["START"] * order + path + ["CONVERSION" if converted else "NULL"]
        found.update(tuple(steps[at : at + order + 1]) for at in range(len(path) + 1))
    return found


async def asked_bare(engine: Engine, order: int) -> None:
    """The hand-written count."""
    async with engine.driver.session(database=engine.database_of(TENANT)) as session:
        result = await session.run(BARE[order])  # type: ignore[arg-type]
        assert [row async for row in result]


async def asked(store: Store, name: str, count: int, *, checked: bool) -> tuple[float, float]:
    """Wall and CPU seconds of one of the questions."""
    order, before = int(name[-1]), (time.perf_counter(), cpu(store.engine))
    if name in WALKS:
        rows = await store.read(TENANT, WALKS[name], as_of=LATE)
        rows = added(rows) if name == "walk 1" else rows
    else:
        await asked_bare(store.engine, order)
    spent = time.perf_counter() - before[0], cpu(store.engine) - before[1]
    if checked and name in WALKS:
        check(rows, raw_counts(count, order), order)
    return spent


def cpu(engine: Engine) -> float:
    """CPU seconds that the engine has used; 0 where it is not a process of ours."""
    state = getattr(engine, "state", None)
    if state is None:
        return 0.0
    fields = Path(f"/proc/{state.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


async def measure(touches: int, rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Bare and ours in turns: name -> wall and CPU seconds of every round."""
    count, taken = touches // TOUCHES, dict[str, list[tuple[float, float]]]()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch), read_seconds=300)
        engine = engine_for(settings)
        await engine.open()
        store = Store(engine, library.load(), settings)
        await engine.create_tenant_database(TENANT)
        await migrations.apply(engine, engine.database_of(TENANT))
        try:
            await load(engine, count)
            for turn in range(rounds + 1):  # the first warms the engine up, and is checked
                for name in (f"{what} {order}" for order in BARE for what in ("bare", "walk", "filtered")):
                    if name.startswith("bare") or name in WALKS:
                        spent = await asked(store, name, count, checked=not turn)
                        if turn:
                            taken.setdefault(name, []).append(spent)
        finally:
            await engine.drop_tenant_database(TENANT)
            await engine.close()
            if engine.name == "embedded":
                await asyncio.to_thread(embedded.stop, settings)
    return taken


def check(rows: list[Row], wanted: Counter[tuple[str, ...]], order: int) -> None:
    """The walk counts what the raw journeys hold. Raises AssertionError."""
    states = [f"state_{place}" for place in range(order, 0, -1)]
    found = Counter({(*(row[state] for state in states), row["to_state"]): row["count"] for row in rows})
    assert found == wanted, "the walk does not count what the raw journeys hold"


def main() -> None:
    """Measure, and say it."""
    wanted = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    wanted.add_argument("--touches", type=int, default=1_000_000)
    wanted.add_argument("--rounds", type=int, default=5)
    chosen = wanted.parse_args()
    taken = asyncio.run(measure(chosen.touches, chosen.rounds))
    for name in WALKS:
        for place, what in enumerate(("wall", "CPU of the engine")):
            bare, ours = (median(each[place] for each in taken[one]) for one in (f"bare {name[-1]}", name))
            ratio = f"ratio {ours / bare:.2f}" if bare else "not ours to measure"
            print(f"{name}, {what}: bare {bare:.2f} s, ours {ours:.2f} s, {ratio}")


if __name__ == "__main__":
    main()
