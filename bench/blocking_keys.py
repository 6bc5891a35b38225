"""How is a newcomer's blocking key found fastest: as a node of its own, or as one indexed property per rule?

Both shapes hold the same keys of the same records: most keys on few records, one in a hundred on more than may be
candidates. Printed per shape: keys written a second, and the milliseconds (median, 99 of 100) that looking one record's
keys up takes, candidates' rows included. Run: `python -m bench.blocking_keys [--records N] [--json]`;
STORMGRAPH_GRAPH_URL chooses the engine.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from graph_service.graph import embedded
from graph_service.graph.engines import Engine, engine_for
from graph_service.settings import Settings

RULES, MOST, BATCH, ASKED = 8, 50, 2500, 400
NODES = (
    "UNWIND $rows AS row MATCH (r:Record {key: row.record}) UNWIND row.blocks AS block "
    "MERGE (b:Block {key: block}) CREATE (r)-[:BLOCKED_BY]->(b)"
)
PROPERTIES = "UNWIND $rows AS row MATCH (r:Record {key: row.record}) SET r += row.slots"
FROM_NODES = (
    "UNWIND $blocks AS block MATCH (b:Block {key: block}) "
    "WHERE COUNT { (b)<-[:BLOCKED_BY]-(:Record) } <= $most MATCH (b)<-[:BLOCKED_BY]-(r:Record) "
    "RETURN r.key AS key, r.first_name AS first_name, collect(block) AS blocks"
)
FROM_PROPERTIES = " UNION ALL ".join(
    f"MATCH (r:Record {{block_{i}: $block_{i}}}) RETURN r.key AS key, r.first_name AS first_name LIMIT {MOST + 1}"
    for i in range(RULES)
)
Row = dict[str, Any]


def keys_of(count: int) -> np.ndarray:
    """A key number for every record and rule: blocks of one to ten records, one in a hundred of some hundreds."""
    rng = np.random.default_rng(5)
    columns = []
    for rule in range(RULES):
        block = rng.integers(0, max(count // (1 + rule), 1), count)
        crowd = rng.random(count) < 0.01
        columns.append(np.where(crowd, -rng.integers(1, max(count // 20_000, 1) + 1, count), block))
    return np.stack(columns, axis=1)


async def prepare(engine: Engine, tenant: str, keys: np.ndarray) -> None:
    """Records without their blocking keys, and every index."""
    await engine.create_tenant_database(tenant)
    wanted = ["CREATE CONSTRAINT record_key IF NOT EXISTS FOR (n:Record) REQUIRE n.key IS UNIQUE"]
    wanted += ["CREATE CONSTRAINT block_key IF NOT EXISTS FOR (n:Block) REQUIRE n.key IS UNIQUE"]
    wanted += [f"CREATE INDEX block_{i} IF NOT EXISTS FOR (n:Record) ON (n.block_{i})" for i in range(RULES)]
    for statement in wanted:
        await engine.driver.execute_query(statement, database_=engine.database_of(tenant))
    rows = ({"key": f"{tenant}/crm/{n}", "tenant": tenant, "first_name": f"n{n % 997}"} for n in range(len(keys)))
    await written(engine, tenant, "UNWIND $rows AS row CREATE (r:Record) SET r = row", rows)


async def written(engine: Engine, tenant: str, statement: str, rows: Iterator[Row]) -> float:
    """Seconds that one statement over all rows takes, a transaction a batch."""
    began = time.perf_counter()
    while batch := list(islice(rows, BATCH)):
        async with (
            engine.driver.session(database=engine.database_of(tenant)) as session,
            await session.begin_transaction() as transaction,
        ):
            await (await transaction.run(statement, rows=batch)).consume()
            await transaction.commit()
    return time.perf_counter() - began


async def looked_up(engine: Engine, tenant: str, statement: str, asked: list[Row]) -> list[float]:
    """Milliseconds of each question."""
    taken = []
    async with engine.driver.session(database=engine.database_of(tenant)) as session:
        for question in asked:
            began = time.perf_counter()
            await (await session.run(statement, **question)).data()
            taken.append(1000 * (time.perf_counter() - began))
    return taken[len(taken) // 4 :]


def figures(taken: list[float], count: int, seconds: float) -> dict[str, float]:
    """What is printed of one shape."""
    hundredths = statistics.quantiles(taken, n=100)
    return {
        "keys_written_per_second": round(count * RULES / seconds),
        "lookup_ms_median": round(statistics.median(taken), 2),
        "lookup_ms_p99": round(hundredths[98], 2),
    }


async def measure(settings: Settings, count: int) -> dict[str, Any]:
    """Both shapes on one engine."""
    engine = engine_for(settings)
    await engine.open()
    tenant, keys = "bench-blocking", keys_of(count)
    asked = np.random.default_rng(6).integers(0, count, ASKED).tolist()
    try:
        await prepare(engine, tenant, keys)
        blocks = [[f"{tenant}/{rule}/{key}" for rule, key in enumerate(row)] for row in keys.tolist()]
        nodes = ({"record": f"{tenant}/crm/{n}", "blocks": found} for n, found in enumerate(blocks))
        slots = (
            {"record": f"{tenant}/crm/{n}", "slots": {f"block_{i}": key for i, key in enumerate(found)}}
            for n, found in enumerate(blocks)
        )
        seconds = await written(engine, tenant, PROPERTIES, slots)
        questions = [{f"block_{i}": key for i, key in enumerate(blocks[n])} for n in asked]
        by_property = figures(await looked_up(engine, tenant, FROM_PROPERTIES, questions), count, seconds)
        seconds = await written(engine, tenant, NODES, nodes)
        questions = [{"blocks": blocks[n], "most": MOST} for n in asked]
        by_node = figures(await looked_up(engine, tenant, FROM_NODES, questions), count, seconds)
    finally:
        await engine.drop_tenant_database(tenant)
        await engine.close()
    return {"records": count, "rules": RULES, "one property per rule": by_property, "a node per key": by_node}


def main() -> None:
    """Measure on the engine of STORMGRAPH_GRAPH_URL; the embedded one is started for this alone."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        try:
            found = asyncio.run(measure(settings, given.records))
        finally:
            if settings.graph_url.startswith("embedded:"):
                embedded.stop(settings)
    print(json.dumps(found) if given.json else json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
