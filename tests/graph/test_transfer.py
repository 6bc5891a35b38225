"""A tenant's graph is read in pages and written in batches, and nothing of it is left out or told twice."""

import pytest

from graph_service.errors import ServiceError
from graph_service.graph import transfer
from graph_service.graph.store import Store
from tests.ground import asked, emptied

pytestmark = pytest.mark.asyncio(loop_scope="session")
GRAPH = """
UNWIND range(1, 7) AS n
CREATE (r:Record {tenant: $t, key: $t + '/crm/' + toString(n), source: 'crm', record_id: toString(n)})
CREATE (i:Identifier {tenant: $t, key: $t + '/email//' + toString(n), kind: 'email', scope: '', value: toString(n)})
CREATE (r)-[:HAS {field: 'email'}]->(i), (r)-[:MATCHES {weight: 1.5}]->(r)
"""
STRANGE = """
CREATE (a:Sketch {tenant: $t, key: $t + '/s1', title: 'an analyst\\'s own'}),
       (b:Person {tenant: $t, person_id: 'keyless'}),
       (c:Person {tenant: $t, key: $t + '/p1', person_id: 'p1'}),
       (d:Person {tenant: 'somebody-else', key: 'somebody-else/p2', person_id: 'p2'}),
       (a)-[:SHOWS]->(c), (c)-[:KNOWS {since: date('2026-01-02')}]->(a)
"""


async def everything(store: Store, tenant: str) -> list[str]:
    """Every row as `rows` reads it, in order."""
    return sorted(repr(row) for found in [rows async for rows in transfer.rows(store, tenant)] for row in found)


async def test_pages_hold_what_one_reading_holds(store: Store, lot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await emptied(store, lot)
    await asked(store, lot, GRAPH)
    await asked(store, lot, STRANGE)
    try:
        whole = await everything(store, lot)
        assert len(whole) == 2 * 7 + 2 * 7 + 3 + 2
        for page in (1, 3, 7, 8):
            monkeypatch.setattr(transfer, "PAGE", page)
            assert await everything(store, lot) == whole
        monkeypatch.setattr(transfer, "_indexed", frozenset)
        assert await everything(store, lot) == whole
    finally:
        await asked(store, lot, "MATCH (n) WHERE n.tenant IN [$t, 'somebody-else'] DETACH DELETE n")


async def test_small_batches_write_what_one_does(store: Store, lot: str, monkeypatch: pytest.MonkeyPatch) -> None:
    await emptied(store, lot)
    await asked(store, lot, GRAPH)
    wanted = await transfer.tally(store, lot)
    rows = [found async for found in transfer.rows(store, lot)]
    monkeypatch.setattr(transfer, "BATCH", 2)
    await emptied(store, lot)
    async with transfer.Load(store, lot) as load:
        for found in rows:
            await load.take(found)
    assert await transfer.tally(store, lot) == wanted


async def test_an_edge_without_its_end_ends_the_load(store: Store, lot: str) -> None:
    await emptied(store, lot)
    edge = ["HAS", "Record", f"{lot}/crm/1", "Identifier", f"{lot}/email//1", {}]
    with pytest.raises(ServiceError, match="only 0 found their ends"):
        async with transfer.Load(store, lot) as load:
            await load.take([edge])
