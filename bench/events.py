"""Events over HTTP, in batches: how many a second are threaded into journeys that stand on return?

Beside it, in the same run and in turns, the floor: the same rows written by one bare UNWIND a batch (touches and their
identifiers, no journeys). Then half as many again from several senders at once. CPU time is told apart from wall time,
which other work on the machine lengthens. The first third, in which the engine's compiler is at work, is told apart.
Bar: 2,000 a second.

    python -m bench.events --events 60000 --households 5000 --batch 500
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from operator import sub
from pathlib import Path
from typing import Any

import httpx

from bench.walk import cpu
from graph_service import logs, memory
from graph_service.app import create_app
from graph_service.graph import embedded
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

PEOPLE = """
UNWIND $rows AS n
CREATE (h:Household {tenant: $t, key: $t + '/h' + n, household_id: 'h' + n, kind: 'family', version: 1})
CREATE (b:Property {tenant: $t, key: $t + '/b' + n, property_id: 'b' + n, zip: '75209'})
CREATE (p:Person {tenant: $t, key: $t + '/p' + n, person_id: 'p' + n, household_id: 'h' + n})
CREATE (i:Identifier {tenant: $t, key: $t + '/email//e' + n + '@bench.com', kind: 'email', scope: '',
                      value: 'e' + n + '@bench.com'})
CREATE (i)-[:IDENTIFIES {strength: 1.0, records: 1}]->(p)-[:MEMBER_OF {from: '2025-01-01'}]->(h)-[:LIVES_AT]->(b)
WITH b
MATCH (s:Storm {key: $t + '/hail'})
CREATE (b)-[:EXPOSED_TO {sii: 50.0}]->(s)
"""
STORM = """
CREATE (:Storm {tenant: $t, key: $t + '/hail', storm_id: 'hail', from: '2026-03-01T00:00:00.000Z',
                until: '2026-09-01T00:00:00.000Z'})
"""
FLOOR = """
UNWIND $rows AS row
MATCH (i:Identifier {key: row.identifier})
CREATE (e:Touch {key: row.key})
SET e += row.content
CREATE (e)-[:CARRIED]->(i)
"""
CHANNELS = ("door_knock", "call", "sms", "email", "mail", "web")
Row = dict[str, Any]
Spent = tuple[float, ...]
Send = Callable[[list[Row]], Awaitable[httpx.Response]]


def made(number: int, households: int, dice: random.Random) -> Row:
    """An event a minute after the one before, of any household; one in fifty is a conversion."""
    day, minute = divmod(number, 1440)
    sold = dice.random() < 0.02
    said: Row = {"value_usd": 9000.0} if sold else {"channel": dice.choice(CHANNELS), "play_id": f"play-{number % 7}"}
    return {
        "event_id": str(number),
        "source": "bench",
        "occurred_at": f"2026-{3 + day // 28:02}-{1 + day % 28:02}T{minute // 60:02}:{minute % 60:02}:00Z",
        "kind": "conversion" if sold else "touch",
        "identifiers": [{"kind": "email", "value": f"e{dice.randrange(households)}@bench.com"}],
        **said,
    }


async def bare(store: Store, tenant: str, rows: list[Row]) -> None:
    """One statement that creates the same events with their identifiers."""
    written = [
        {
            "key": f"{tenant}/floor/{row['event_id']}",
            "identifier": f"{tenant}/email//{row['identifiers'][0]['value']}",
            "content": {**{name: row[name] for name in row if name != "identifiers"}, "tenant": tenant},
        }
        for row in rows
    ]
    async with (
        store.engine.driver.session(database=store.engine.database_of(tenant)) as session,
        await session.begin_transaction() as transaction,
    ):
        await (await transaction.run(FLOOR, {"rows": written})).consume()
        await transaction.commit()


async def measured(given: argparse.Namespace, app: Any, http: httpx.AsyncClient) -> None:
    """Send everything, and print."""
    store: Store = app.state.store
    tenant = "bench-events"
    await tenants.add(store, tenant)
    token = (await tenants.add_key(store, tenant, scopes=["ingest:write", "attribution:read"])).token
    key = {"Authorization": f"Bearer {token}"}
    database = store.engine.database_of(tenant)
    await store.engine.driver.execute_query(STORM, {"t": tenant}, database_=database)
    for start in range(0, given.households, 5000):
        homes = [str(n) for n in range(start, min(start + 5000, given.households))]
        await store.engine.driver.execute_query(PEOPLE, {"t": tenant, "rows": homes}, database_=database)
    dice = random.Random(given.seed)
    ours, floor = list[Spent](), list[Spent]()
    for start in range(0, given.events, given.batch):
        rows = [made(number, given.households, dice) for number in range(start, start + given.batch)]
        before = spent(store)
        answer = await http.post("/v1/events", headers=key, json={"events": rows})
        between = spent(store)
        assert answer.json()["accepted"] == len(rows), answer.text[:500]
        ours.append(tuple(map(sub, between, before)))
        before = spent(store)
        await bare(store, tenant, rows)
        floor.append(tuple(map(sub, spent(store), before)))
    last = answer.json()["events"][-1]
    seen = await http.get(f"/v1/journeys/{last['journey_id']}", headers=key)
    assert last["event_id"] in seen.text, "the journey does not show the event that was just sent"
    cold = len(ours) // 3
    for name, taken in (("events over HTTP, one sender", ours), ("bare UNWIND of the same rows", floor)):
        told(f"{name}, a cold engine", taken[:cold], given.batch)
        told(f"{name}, then", taken[cold:], given.batch)
    further = iter([made(given.events + at, given.households, dice) for at in range(given.events // 2)])
    await together(store, lambda rows: http.post("/v1/events", headers=key, json={"events": rows}), further, given)


async def together(store: Store, send: Send, events: Iterator[Row], given: argparse.Namespace) -> None:
    """As many events again by half, of several senders at once; print how many a second."""

    async def sender() -> None:
        while rows := list(islice(events, given.batch)):
            answer = await send(rows)
            assert answer.json()["accepted"] == len(rows), answer.text[:500]

    before = spent(store)
    await asyncio.gather(*(sender() for _ in range(given.senders)))
    wall, python, engine = map(sub, spent(store), before)
    print(f"events over HTTP, {given.senders} senders: {given.events // 2 / wall:,.0f}/s")
    print(f"    CPU an event: Python {2e6 * python / given.events:.0f} us, engine {2e6 * engine / given.events:.0f} us")


def spent(store: Store) -> Spent:
    """So far: wall seconds, CPU seconds of this process (service and sender), CPU seconds of the engine."""
    return time.perf_counter(), time.process_time(), cpu(store.engine)


def told(name: str, taken: list[Spent], batch: int) -> None:
    """Print what these batches took; nothing of none."""
    if not taken:
        return
    walls = [wall for wall, _, _ in taken]
    python, engine = (sum(column) / len(taken) / batch * 1e6 for column in list(zip(*taken, strict=True))[1:])
    typical = statistics.median(walls)
    print(f"{name}: {batch / typical:,.0f}/s (median batch {typical * 1000:.0f} ms, best {min(walls) * 1000:.0f} ms)")
    print(f"    CPU an event: Python {python:.0f} us, engine {engine:.0f} us")


async def main(given: argparse.Namespace) -> None:
    """The service in this process, on an embedded engine of its own."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(graph_url="embedded:", data_dir=Path(folder), engine_heap="2g", log_level="error")
        logs.configure(settings)
        app = create_app(settings)
        memory.settle()  # as the service does where uvicorn starts it
        try:
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bench", timeout=60) as http,
            ):
                await measured(given, app, http)
        finally:
            embedded.stop(settings)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=60_000)
    parser.add_argument("--households", type=int, default=5_000)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--senders", type=int, default=4, help="of the second half, who send at once")
    asyncio.run(main(parser.parse_args()))
