"""Migrations: applied once and remembered, and a chain that is wrong is refused with what to do."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from graph_service.errors import BrokenLibrary, Refused
from graph_service.graph import migrations
from graph_service.graph.engines import Engine

FIRST = "CREATE CONSTRAINT try_key IF NOT EXISTS FOR (n:Try) REQUIRE n.key IS UNIQUE;\n"
SECOND = "CREATE INDEX try_name IF NOT EXISTS FOR (n:Try) ON (n.name);\n"
FORGET = "MATCH (m:__Neo4jMigration) DETACH DELETE m"
REMEMBERED = "MATCH (m:__Neo4jMigration) RETURN m.version AS version, m.checksum AS checksum, m.source AS source"


@pytest_asyncio.fixture(loop_scope="session")
async def database(engine: Engine, tmp_path: Path) -> AsyncIterator[str | None]:
    """A database whose migrations nobody has applied; where all share one, its history is put aside for the test."""
    await engine.create_tenant_database("migrating")
    name = engine.database_of("migrating")
    if engine.isolation == "database":
        yield name
        await engine.drop_tenant_database("migrating")
        return
    await run(engine, name, FORGET)
    yield name
    await run(engine, name, FORGET)
    await migrations.apply(engine, name)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A folder with one migration."""
    (tmp_path / "V0001__first.cypher").write_text(FIRST)
    return tmp_path


async def run(engine: Engine, database: str | None, statement: str) -> list[dict[str, str]]:
    async with engine.driver.session(database=database) as session:
        return [record.data() async for record in await session.run(statement)]  # type: ignore[arg-type]


async def test_a_migration_is_applied_once_and_remembered(engine: Engine, database: str | None, path: Path) -> None:
    assert await migrations.pending(engine, database, path) == ["V0001__first.cypher"]
    assert await migrations.apply(engine, database, path) == ["V0001__first.cypher"]
    assert await migrations.pending(engine, database, path) == []
    before = await run(engine, database, REMEMBERED)
    assert await migrations.apply(engine, database, path) == []
    assert await run(engine, database, REMEMBERED) == before
    assert [row["source"] for row in before if row["version"] != "BASELINE"] == ["V0001__first.cypher"]


async def test_only_what_is_new_is_applied(engine: Engine, database: str | None, path: Path) -> None:
    await migrations.apply(engine, database, path)
    (path / "V0002__second.cypher").write_text(SECOND)
    assert await migrations.apply(engine, database, path) == ["V0002__second.cypher"]


async def test_a_changed_file_is_refused(engine: Engine, database: str | None, path: Path) -> None:
    await migrations.apply(engine, database, path)
    (path / "V0001__first.cypher").write_text(SECOND)
    with pytest.raises(BrokenLibrary, match="V0001 was changed after it was applied: restore its file"):
        await migrations.apply(engine, database, path)


async def test_a_lost_file_is_refused(engine: Engine, database: str | None, path: Path) -> None:
    await migrations.apply(engine, database, path)
    (path / "V0001__first.cypher").rename(path / "V0002__first.cypher")
    with pytest.raises(BrokenLibrary, match="V0001 was applied to this graph, but has no file here"):
        await migrations.pending(engine, database, path)


async def test_a_file_squeezed_in_is_refused(engine: Engine, database: str | None, path: Path) -> None:
    (path / "V0003__third.cypher").write_text(SECOND)
    await migrations.apply(engine, database, path)
    (path / "V0002__second.cypher").write_text(SECOND)
    with pytest.raises(BrokenLibrary, match="V0002 comes before one that was applied already"):
        await migrations.pending(engine, database, path)


async def test_two_files_of_one_number_are_refused(engine: Engine, database: str | None, path: Path) -> None:
    (path / "V0001__again.cypher").write_text(SECOND)
    with pytest.raises(BrokenLibrary, match="Duplicate migration"):
        await migrations.pending(engine, database, path)


async def test_a_service_that_lacks_a_migration_is_told_how_to_run_it(engine: Engine, database: str | None) -> None:
    with pytest.raises(Refused, match=r"V0001__identity_keys\.cypher first.*`stormgraph migrate`"):
        await migrations.require_current(engine, database)
    await migrations.apply(engine, database)
    await migrations.require_current(engine, database)


async def test_many_who_migrate_at_once_leave_one_chain(engine: Engine, database: str | None, path: Path) -> None:
    (path / "V0002__second.cypher").write_text(SECOND)
    await asyncio.gather(*(migrations.apply(engine, database, path) for _ in range(4)))
    assert await migrations.pending(engine, database, path) == []
    versions = sorted(row["version"] for row in await run(engine, database, REMEMBERED))
    assert versions == ["0001", "0002", "BASELINE"]


async def test_what_a_model_holds_is_put_apart_from_what_is_said_of_it(
    engine: Engine, database: str | None, tmp_path: Path
) -> None:
    for file in migrations.MIGRATIONS.glob("V000[1-7]__*"):
        shutil.copy(file, tmp_path)
    await migrations.apply(engine, database, tmp_path)
    said = "tenant: 'migrating', key: 'migrating/m1', model_id: 'm1'"
    await run(engine, database, f"CREATE (:Model {{{said}, content: 'a', current: true}})")
    try:
        assert await migrations.apply(engine, database)
        found = await run(
            engine, database,
            "MATCH (m:Model {key: 'migrating/m1'}), (d:ModelDocument {key: m.key}) RETURN m.content AS before, "
            "m.current AS current, d.tenant AS tenant, d.model_id AS model_id, d.content AS content",
        )  # fmt: skip
    finally:
        await run(engine, database, "MATCH (n) WHERE n.tenant = 'migrating' DETACH DELETE n")
    assert found == [{"before": None, "current": True, "tenant": "migrating", "model_id": "m1", "content": "a"}]
