"""A graph goes into files and back, and to another engine, and is the same; an erased person does not come back."""

import asyncio
import gzip
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from graph_service.backups import jobs, model
from graph_service.errors import BadInput, Gone, Refused
from graph_service.graph import transfer
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.identity import service as identity
from graph_service.identity.view import View
from graph_service.lifecycle import schemas as say
from graph_service.lifecycle import service as lifecycle
from graph_service.privacy import service as privacy
from graph_service.tenants import service as tenants
from tests.ground import asked, families, person, store_on
from tests.lifecycle.scenes import matched, persons, take

pytestmark = pytest.mark.engine
FORGET = "MATCH (n) WHERE n.tenant = $t DETACH DELETE n"
TYPED = """CREATE (:Storm {tenant: $t, key: $t + '/typed', storm_id: 'typed', magnitude: 1.0, aliases: ['a', 'ö"\n'],
a: date('2026-05-04'), b: datetime('2026-05-04T01:02:03.004Z'), c: duration('P1DT2H'), d: time('01:02:03+02:00'),
e: 9007199254740993, f: point({x: 1.5, y: 2.0}), g: true})"""
NOTHING = jobs.Wish()
OVER = jobs.Wish(replace=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A tenant with matched families, some by hand together, and values of every type."""
    store, slug = store_on(engine), f"kept-{secrets.token_hex(4)}"
    await tenants.add(store, slug, name="Kept")
    rows = [*families(3), *({**person(700), "id": f"x{at}"} for at in range(2))]
    await take(store, slug, tmp_path_factory.mktemp("rows"), rows)
    await matched(store, slug)
    await asked(store, slug, TYPED)
    yield slug
    await gone(store, slug)


async def gone(store: Store, slug: str) -> None:
    await store.engine.drop_tenant_database(slug)
    await store.engine.driver.execute_query(FORGET, {"t": slug}, database_=store.engine.control_database)


async def test_the_restore_drill(store: Store, house: str, tmp_path: Path) -> None:
    before = await transfer.tally(store, house)
    manifest = await jobs.backup(store, house, tmp_path / "kept", NOTHING)
    assert (manifest.hash, manifest.nodes, manifest.edges) == (before.hash, dict(before.nodes), dict(before.edges))
    assert {path.stat().st_mode & 0o077 for path in (tmp_path / "kept").glob("*.jsonl*")} == {0}
    with pytest.raises(Refused, match="--replace"):
        await jobs.restore(store, tmp_path / "kept", NOTHING)
    await asked(store, house, "MATCH (n:Person) WHERE n.tenant = $t DETACH DELETE n")
    assert (await transfer.tally(store, house)).hash != before.hash
    moved = await jobs.restore(store, tmp_path / "kept", OVER)
    assert (moved.hash, moved.nodes, moved.edges) == (before.hash, before.nodes.total(), before.edges.total())
    assert (await transfer.tally(store, house)).hash == before.hash
    back = (await asked(store, house, "MATCH (s:Storm {tenant: $t, storm_id: 'typed'}) RETURN s"))[0]["s"]
    assert (str(back["a"]), back["e"], back["magnitude"], back["aliases"][1]) == (
        "2026-05-04", 9007199254740993, 1.0, 'ö"\n',
    )  # fmt: skip
    assert (await matched(store, house)).counts["changes"] == 0


async def test_the_hash_tells_every_difference(store: Store, house: str) -> None:
    seen = {(await transfer.tally(store, house)).hash}
    changes = [
        "MATCH (p:Person) WHERE p.tenant = $t WITH p ORDER BY p.key LIMIT 1 SET p.version = p.version + 1",
        "MATCH (s:Storm {tenant: $t, storm_id: 'typed'}) SET s.magnitude = 1",
        "MATCH (s:Storm {tenant: $t, storm_id: 'typed'}) SET s.a = '2026-05-04'",
        "MATCH (r:Record)-[e:HAS]->() WHERE r.tenant = $t WITH e LIMIT 1 SET e.field = 'other'",
        "MATCH (s:Storm {tenant: $t, storm_id: 'typed'}) CREATE (s)-[:LEADS]->(s)",
    ]
    for statement in changes:
        await asked(store, house, statement)
        seen.add((await transfer.tally(store, house)).hash)
    assert len(seen) == len(changes) + 1
    await asked(store, house, "MATCH (s:Storm {tenant: $t, storm_id: 'typed'})-[e:LEADS]->(s) DELETE e")


async def test_a_damaged_backup_is_refused_before_anything_is_touched(store: Store, house: str, tmp_path: Path) -> None:
    await jobs.backup(store, house, tmp_path / "kept", NOTHING)
    before = (await transfer.tally(store, house)).hash
    rows, manifest = tmp_path / "kept" / model.ROWS, tmp_path / "kept" / model.MANIFEST
    whole, said = rows.read_bytes(), manifest.read_text(encoding="utf-8")
    damages = {
        rows: [whole[:-9], whole[:50] + b"x" + whole[51:], b""],
        manifest: [b"{}", b"", said.replace('"format": 1', '"format": 2').encode()],
    }
    for path, contents in damages.items():
        kept = path.read_bytes()
        for content in contents:
            path.write_bytes(content)
            with pytest.raises(BadInput):
                await jobs.restore(store, tmp_path / "kept", OVER)
        path.write_bytes(kept)
    other = orjson.loads(said) | {"secret": "another"}
    manifest.write_bytes(orjson.dumps(other))
    with pytest.raises(Refused, match="STORMGRAPH_SECRET"):
        await jobs.restore(store, tmp_path / "kept", OVER)
    assert (await transfer.tally(store, house)).hash == before
    with pytest.raises(BadInput, match="there already"):
        await jobs.backup(store, house, tmp_path / "kept", NOTHING)


async def test_who_was_erased_after_the_backup_stays_erased(store: Store, house: str, tmp_path: Path) -> None:
    await jobs.backup(store, house, tmp_path / "old", NOTHING)
    who = (await persons(store, house))["x0"]
    await privacy.erase(store, house, privacy.Asked(who, "jo"))
    await jobs.backup(store, house, tmp_path / "new", NOTHING)
    assert b"bellaah" not in gzip.decompress((tmp_path / "new" / model.ROWS).read_bytes())
    assert b"bellaah" in gzip.decompress((tmp_path / "old" / model.ROWS).read_bytes())  # the control
    moved = await jobs.restore(store, tmp_path / "old", OVER)
    assert moved.erased_again == 1
    await nowhere(store, house, who)
    await transfer.emptied(store, house)  # the graph is lost, and with it what it knew of erasures
    newer = jobs.Wish(replace=True, stones=tmp_path / "new" / model.STONES)
    assert (await jobs.restore(store, tmp_path / "old", newer)).erased_again == 1
    await nowhere(store, house, who)


async def test_an_erased_person_that_the_backup_holds_together_with_another_is_parted(
    store: Store, house: str, tmp_path: Path
) -> None:
    found = await persons(store, house)
    one, other = found["f0m0r0"], found["f1m0r0"]
    joined = await lifecycle.merge(store, house, say.MergeRequest(persons=[one, other], actor="jo"))
    await jobs.backup(store, house, tmp_path / "joined", NOTHING)
    await lifecycle.undo(store, house, joined.change_id, say.UndoRequest(actor="jo"))
    erased = (await persons(store, house))["f1m0r0"]
    await privacy.erase(store, house, privacy.Asked(erased, "jo"))
    assert (await jobs.restore(store, tmp_path / "joined", OVER)).erased_again == 1
    left = await persons(store, house)
    assert "f1m0r0" not in left
    assert left["f0m0r0"] == left["f0m0r1"]


async def nowhere(store: Store, tenant: str, who: str) -> None:
    nodes = await asked(store, tenant, "MATCH (n) WHERE n.tenant = $t RETURN properties(n) AS p")
    assert "bellaah" not in str(nodes)
    with pytest.raises(Gone):
        await identity.person(View(store, tenant, True), who)


async def test_a_graph_goes_to_the_other_engine_and_back(both_engines: tuple[Engine, Engine], tmp_path: Path) -> None:
    here, there = map(store_on, both_engines)
    slug = f"moved-{secrets.token_hex(4)}"
    await tenants.add(here, slug, name="Moved")
    try:
        await take(here, slug, tmp_path, families(3))
        await matched(here, slug)
        await asked(here, slug, TYPED)
        before = await transfer.tally(here, slug)
        forth = await jobs.copy(here, there, slug, NOTHING)
        with pytest.raises(Refused, match="--replace"):
            await jobs.copy(there, here, slug, NOTHING)
        back = await jobs.copy(there, here, slug, OVER)
        assert {before.hash, (await transfer.tally(here, slug)).hash} == {forth.hash} == {back.hash}
        assert (await tenants.require(there, slug)).name == "Moved"
        one = jobs.backup(there, slug, tmp_path / "there", NOTHING)
        assert (await asyncio.gather(one))[0].hash == before.hash
    finally:
        await gone(here, slug)
        await gone(there, slug)
