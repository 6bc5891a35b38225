"""What a run reads of what the graph says: everything, and nothing that cannot be there."""

from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from graph_service.graph.store import Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.run import reading
from graph_service.identity.run.writing import EDGES, NODES
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from matching import Mapping
from tests.ground import families, write_csv

MAPPED = Mapping.from_toml('record_id = "id"')
TABLES = [*NODES, *(edge.table for edge in EDGES)]


async def _read(store: Store, tenant: str) -> dict[str, pa.Table]:
    with duckdb.connect(":memory:") as connection:
        await reading.known_before(store, tenant, connection)
        return {table: connection.table(f"old_{table}").to_arrow_table() for table in TABLES}


@pytest.mark.engine
async def test_edges_are_looked_for_once_there_are_persons(
    store: Store, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    table_of = reading.table_of

    async def watched(store: Store, tenant: str, name: str, **params: Any) -> pa.Table:
        asked.append(name.removeprefix("identity."))
        return await table_of(store, tenant, name, **params)

    monkeypatch.setattr(reading, "table_of", watched)
    file = write_csv(tmp_path / "crm.csv", families(3))
    await ingest(store, tenant, IngestRequest(source="crm", files=[file], mapping=MAPPED))
    before = await _read(store, tenant)
    assert (asked, {table.num_rows for table in before.values()}) == ([*NODES], {0})
    await match_tenant(store, tenant)
    asked.clear()
    after = await _read(store, tenant)
    assert asked == TABLES
    assert all(table.num_rows for table in after.values())
    for name in TABLES:
        assert after[name].schema.equals(before[name].schema), name
