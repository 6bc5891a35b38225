"""How fast do rows become a graph through the store, beside bare UNWIND statements over the driver?

Both write the same rows, identifiers, persons and edges into a new tenant of the same engine, in the same batches; ours
composes keys, checks rows, keeps versions and merges, so that a second load changes nothing. Bar: >= 25,000 nodes and
edges a second. Run: `python -m bench.load [--records N] [--json]`; STORMGRAPH_GRAPH_URL chooses the engine.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from graph_service.graph import embedded, library, migrations
from graph_service.graph.engines import Engine, engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings

BATCH = 5_000
NOW = "2026-05-04T06:00:00Z"
Row = dict[str, Any]
FIELDS = {
    "first_name": "ann",
    "last_name": "henderson",
    "street_address": "14 elm st",
    "city": "dallas",
    "state": "tx",
    "zip": "75209",
    "seen_at": NOW,
}
NODE = "UNWIND $rows AS row CREATE (n:{label}) SET n = row"
EDGE = (
    "UNWIND $rows AS row MATCH (a:{start} {{key: row.a}}) MATCH (b:{finish} {{key: row.b}}) "
    "CREATE (a)-[e:{kind}]->(b) SET e = row.properties"
)


async def bare(engine: Engine, tenant: str, count: int) -> None:
    """What the driver does with nothing around it: CREATE, keys ready made."""
    own = [(f"{tenant}/crm/{n}", f"{tenant}/phone//{n // 2}", f"{tenant}/p{n // 2}") for n in range(count)]
    twos = own[::2]
    nodes: dict[str, Iterator[Row]] = {
        "Record": ({"tenant": tenant, "key": key, "content_hash": key, **FIELDS} for key, _, _ in own),
        "Identifier": ({"tenant": tenant, "key": key, "kind": "phone", "value": key} for _, key, _ in twos),
        "Person": ({"tenant": tenant, "key": key, "records": 2, "confidence": 1.0} for _, _, key in twos),
    }
    edges: dict[tuple[str, str, str], Iterator[Row]] = {
        ("HAS", "Record", "Identifier"): ({"a": a, "b": b, "properties": {"field": "phone"}} for a, b, _ in own),
        ("DESCRIBES", "Record", "Person"): ({"a": a, "b": b, "properties": {"since": NOW}} for a, _, b in own),
        ("IDENTIFIES", "Identifier", "Person"): (
            {"a": a, "b": b, "properties": {"strength": 1.0, "records": 2, "last_seen": NOW}} for _, a, b in twos
        ),
    }
    for label, rows in nodes.items():
        await sent(engine, tenant, NODE.format(label=label), rows)
    for (kind, start, finish), links in edges.items():
        await sent(engine, tenant, EDGE.format(kind=kind, start=start, finish=finish), links)


async def sent(engine: Engine, tenant: str, statement: str, rows: Iterator[Row]) -> None:
    """One statement over all rows, a transaction a batch."""
    while batch := list(islice(rows, BATCH)):
        async with (
            engine.driver.session(database=engine.database_of(tenant)) as session,
            await session.begin_transaction() as transaction,
        ):
            await (await transaction.run(statement, rows=batch)).consume()
            await transaction.commit()


async def ours(engine: Engine, tenant: str, count: int) -> None:
    """The same graph through the library's write queries."""
    store = Store(engine, library.load(), Settings())
    numbers, twos = range(count), range(0, count, 2)
    await store.write_many(tenant, "records.create_rows", map(record, numbers), batch=BATCH)
    await store.write_many(tenant, "identity.write_persons", map(person, twos), batch=BATCH)
    described = ({"record": ("crm", str(n)), "edges": [{"person": f"p{n // 2}"}]} for n in numbers)
    await store.write_many(tenant, "identity.link_records", described, batch=BATCH, since=NOW)
    found = {"strength": 1.0, "records": 2, "last_seen": NOW}
    leads = ({"person": f"p{n // 2}", "edges": [{"identifier": phone(n), **found}]} for n in twos)
    await store.write_many(tenant, "identity.link_identifiers", leads, batch=BATCH)


def record(number: int) -> Row:
    """One row of a source, with the phone that it shares with another."""
    content = {"source": "crm", "record_id": str(number), **FIELDS}
    shared = {"identifier": phone(number), "kind": "phone", "scope": "", "value": str(number // 2), "field": "phone"}
    return {
        "record": ("crm", str(number)),
        "content": content,
        "content_hash": str(number),
        "ingested_at": NOW,
        "carried": [shared],
    }


def phone(number: int) -> tuple[str, str, str]:
    """The own id of an identifier."""
    return "phone", "", str(number // 2)


def person(number: int) -> Row:
    """The person of two rows."""
    own = f"p{number // 2}"
    return {"person": own, "person_id": own, "created_at": NOW, "content": {"records": 2, "confidence": 1.0}}


async def rate(engine: Engine, load: Callable[[Engine, str, int], Awaitable[None]], count: int) -> float:
    """Nodes and edges a second of one load into a new tenant: a row makes two nodes and two and a half edges."""
    tenant = f"bench-load-{load.__name__}"
    await engine.create_tenant_database(tenant)
    await migrations.apply(engine, engine.database_of(tenant))
    try:
        start = time.perf_counter()
        await load(engine, tenant, count)
        return count * 4.5 / (time.perf_counter() - start)
    finally:
        await engine.drop_tenant_database(tenant)


async def measure(count: int) -> dict[str, float]:
    """Both loads, one after the other, on the engine that the settings name."""
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(data_dir=Path(scratch))
        engine = engine_for(settings)
        await engine.open()
        try:
            await rate(engine, bare, min(count, 10_000))  # a cold engine is measured by neither
            there, here = await rate(engine, bare, count), await rate(engine, ours, count)
        finally:
            await engine.close()
            if engine.name == "embedded":
                await asyncio.to_thread(embedded.stop, settings)
    return {"bare": round(there), "ours": round(here), "ratio": round(here / there, 3)}


def main() -> None:
    """Measure, and say it."""
    wanted = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    wanted.add_argument("--records", type=int, default=100_000, help="how many rows")
    wanted.add_argument("--json", action="store_true", help="one JSON document")
    chosen = wanted.parse_args()
    measured = asyncio.run(measure(chosen.records))
    if chosen.json:
        print(json.dumps({"records": chosen.records, **measured}))
        return
    print(f"bare driver {measured['bare']:>9,.0f} nodes and edges/s")
    print(f"our store   {measured['ours']:>9,.0f} nodes and edges/s   ({measured['ratio']:.2f} of it; bar 25,000/s)")


if __name__ == "__main__":
    main()
