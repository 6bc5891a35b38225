"""A query that finds by key stays as fast among 50,000 households as among 1,000; one that cannot says `scans`."""

import statistics
import time
from collections.abc import Iterator
from typing import Any

import pytest

from graph_service.graph.engines import Engine
from graph_service.graph.library import Query
from graph_service.settings import Settings
from tests.cypher.random_graphs import Graph, drawn, load, parameters
from tests.cypher.stage import Stage

FEW, MANY = 1_000, 50_000
RUNS = 20
MOST_GROWTH = 5
FLOOR = 0.002  # seconds; below it a clock measures noise
BATCH = 10_000
PEOPLE = """
UNWIND $numbers AS number
WITH toString(number) AS n
CREATE (r:Record {tenant: $t, key: $t + '/bulk/' + n, source: 'bulk', record_id: n, content_hash: n})
CREATE (i:Identifier {tenant: $t, key: $t + '/bulk//' + n, kind: 'bulk', scope: '', value: n})
CREATE (p:Person {tenant: $t, key: $t + '/bulk' + n, person_id: 'bulk' + n, household_id: 'bulk' + n, records: 1})
CREATE (h:Household {tenant: $t, key: $t + '/bulk' + n, household_id: 'bulk' + n, kind: 'family', persons: 1})
CREATE (b:Property {tenant: $t, key: $t + '/bulk' + n, property_id: 'bulk' + n})
CREATE (r)-[:HAS {field: 'bulk'}]->(i)-[:IDENTIFIES {strength: 1.0, records: 1}]->(p)<-[:DESCRIBES]-(r)
CREATE (p)-[:MEMBER_OF]->(h)-[:LIVES_AT]->(b)
"""
PAPERS = """
UNWIND $numbers AS number
WITH toString(number) AS n
CREATE (:Change {tenant: $t, key: $t + '/bulk' + n, change_id: 'bulk' + n})
CREATE (:Quarantined {tenant: $t, key: $t + '/bulk' + n, quarantine_id: 'bulk' + n})
"""


@pytest.mark.engine
async def test_no_read_grows_with_the_graph_unless_it_says_so(engine: Engine) -> None:
    stage = await Stage.on(engine, "growth", Settings())
    probe = drawn("growth", 7)
    reads = [query for query in stage.store.library if query.mode == "read" and not (query.control or query.scans)]
    try:
        await load(stage, [probe])
        await settle(stage, probe.tenant, range(FEW))
        few = {query.name: await seconds(stage, query, probe) for query in reads}
        await settle(stage, probe.tenant, range(FEW, MANY))
        many = {query.name: await seconds(stage, query, probe) for query in reads}
        grown = [query for query in reads if grew(few[query.name], many[query.name])]
        if grown and engine.name == "neo4j":  # it may still go by what it knew of the few
            await stage.ask("CALL db.prepareForReplanning()")
            many |= {query.name: await seconds(stage, query, probe) for query in grown}
    finally:
        await stage.strike()
    grown = {name: f"{few[name]:.4f} s, then {many[name]:.4f} s" for name in few if grew(few[name], many[name])}
    assert grown == {}, "seek by key, or say `scans` and why in the header"


def test_growth_is_seen_and_noise_is_not() -> None:
    assert grew(0.010, 0.060)
    assert grew(0.0001, 0.011)
    assert not grew(0.010, 0.049)
    assert not grew(0.0001, 0.009)


def grew(few: float, many: float) -> bool:
    """Is the larger graph's time out of proportion?"""
    return max(many, FLOOR) > MOST_GROWTH * max(few, FLOOR)


async def seconds(stage: Stage, query: Query, probe: Graph) -> float:
    """The median time of a query, each run with other parameters; none asks for more than a small page."""
    taken = []
    for seed in range(RUNS):
        params = small(parameters(query, probe, seed))
        start = time.perf_counter()
        await stage.store.read(probe.tenant, query.name, **params)
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def small(params: dict[str, Any]) -> dict[str, Any]:
    """A page is as long as asked for, which is no growth: so ask for the same few in both graphs."""
    return {name: 50 if name == "limit" else value for name, value in params.items()}


async def settle(stage: Stage, tenant: str, numbers: range) -> None:
    """So many households more, each of one person, with one building, one row and one identifier."""
    for some in batches(numbers):
        await stage.ask(PEOPLE, t=tenant, numbers=some)
        await stage.ask(PAPERS, t=tenant, numbers=some)


def batches(numbers: range) -> Iterator[list[int]]:
    """The numbers, so many at a time."""
    for start in range(numbers.start, numbers.stop, BATCH):
        yield list(range(start, min(start + BATCH, numbers.stop)))
