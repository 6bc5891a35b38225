"""An erased person is nowhere: not in the graph, not in a file; and stays away when the same rows come again."""

from pathlib import Path
from typing import Any

import pytest

from graph_service.errors import Gone, Refused
from graph_service.graph import library
from graph_service.graph.store import Row, Store
from graph_service.identity import service as identity
from graph_service.identity.resolving import resolve
from graph_service.identity.schemas import GivenIdentifier
from graph_service.identity.view import View
from graph_service.lifecycle import schemas as say
from graph_service.lifecycle import service as lifecycle
from graph_service.privacy import service
from graph_service.records import model
from graph_service.records import service as records
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from graph_service.records.service import erased, graveyard
from matching import Mapping, read_source, standardise
from tests.ground import asked, families, lent, person, write_csv
from tests.lifecycle.scenes import MAPPED, matched, persons, row, take, without_ids

pytestmark = pytest.mark.engine
CANARY = "xzqvorlian"  # a name that occurs nowhere else
ITS_OWN = "qwyzzelbrax"  # of the test that reads every file: the other tests' tenants may stand there still
NODES = "MATCH (n) WHERE n.tenant = $t RETURN labels(n) AS labels, properties(n) AS properties"
CALL = """
MATCH (i:Identifier {key: $t + '/email//' + $name + '@example.com'})
CREATE (:Touch {tenant: $t, key: $t + '/web/1', event_id: '1', source: 'web', attributes: $name})-[:CARRIED]->(i)
"""
EDGES = "MATCH (a)-[e]->() WHERE a.tenant = $t RETURN type(e) AS type, properties(e) AS properties"


def canary(number: int = 700, name: str = CANARY) -> list[Row]:
    """Two rows of one person whose name, e-mail and street are canaries, in the home of the first family."""
    whole = person(number, last_name=name, email=f"{name}@example.com", street_address=f"9 {name} St")
    own = {**whole, "phone": person(0)["phone"]}  # the landline is the first family's too
    return [{**own, "id": f"{name}-{at}"} for at in range(2)]


async def told(store: Store, tenant: str) -> str:
    """Everything that the graph holds of a tenant; of models, what they hold unpacked."""
    nodes = await asked(store, tenant, NODES)
    for node in nodes:
        if "ModelDocument" in node["labels"]:
            node["properties"]["content"] = unpacked(node["properties"]["content"])
    return str(nodes) + str(await asked(store, tenant, EDGES))


def unpacked(content: str) -> str:
    import base64
    import gzip

    return gzip.decompress(base64.b85decode(content)).decode()


def files_with(folder: Path, text: str) -> list[str]:
    """The files that hold a text, as it is or in two bytes a letter."""
    sought = (text.encode(), text.encode("utf-16-le"))
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(path.name for path in found if any(one in path.read_bytes() for one in sought))


async def test_an_erased_person_is_nowhere_and_stays_away(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = [*families(8), *canary()]
    former = {**canary()[0], "email": f"{CANARY}@former.example.com"}
    await take(store, tenant, tmp_path, [*rows[:-2], former, rows[-1]])
    await take(store, tenant, tmp_path, rows)
    bad = model.set_aside(
        source="crm", place="a.csv:9", reason="no id", stage="ingest", content=f"{CANARY}@example.com,x"
    )
    other = model.set_aside(source="crm", place="a.csv:10", reason="no id", stage="ingest", content="somebody else")
    await store.write_many(tenant, "records.quarantine_rows", [bad, other])
    await matched(store, tenant)
    found = await persons(store, tenant)
    who = found[f"{CANARY}-0"]
    apart = say.JudgementRequest(actor="jo", reason=f"{CANARY} said so", dry_run=False, verdict="different",
                                 left=[row(f"{CANARY}-0")], right=[row("f0m0r0")])  # fmt: skip
    judged = await lifecycle.judge(store, tenant, apart)
    await asked(store, tenant, CALL, name=CANARY)
    assert CANARY in await told(store, tenant)  # the control: it would be found
    view = View(store, tenant, True)
    tried = await service.erase(store, tenant, service.Asked(who, "jo", dry_run=True))
    assert CANARY in await told(store, tenant)
    done = await service.erase(store, tenant, service.Asked(who, "jo"))
    assert {**tried.model_dump(), "dry_run": False, "change_id": ""} == {**done.model_dump(), "change_id": ""}
    assert (done.rows, done.set_aside, done.reasons) == (2, 1, 2)
    assert done.model_values > 0
    assert CANARY not in await told(store, tenant)
    with pytest.raises(Gone):
        await identity.person(view, who)
    with pytest.raises(Gone):
        await service.erase(store, tenant, service.Asked(who, "jo"))
    with pytest.raises(Refused, match="erased"):
        undoing = say.UndoRequest(actor="jo", reason="", dry_run=False)
        await lifecycle.undo(store, tenant, judged.change_id, undoing)
    landline = await resolve(view, [GivenIdentifier(kind="phone", value=rows[0]["phone"])])
    assert {one.person_id for one in landline.candidates} == {found["f0m0r0"], found["f0m1r0"]}
    live = await without_ids(store, tenant)
    assert (await matched(store, tenant)).counts["changes"] == 0
    assert await without_ids(store, tenant) == live
    again = await ingest(
        store, tenant, IngestRequest(source="crm", files=[write_csv(tmp_path / "a.csv", rows)], mapping=MAPPED)
    )
    assert (again.read, again.unchanged, again.erased) == (34, 32, 2)
    stranger = {**rows[0], "id": "stranger", "email": former["email"]}
    came = [*canary(), {**canary()[0], "id": "new"}, stranger, rows[0]]
    assert await left_out(store, tenant, tmp_path, came) == {
        ("crm", f"{CANARY}-0"), ("crm", f"{CANARY}-1"), ("crm", "new"), ("crm", "stranger")
    }  # fmt: skip


async def left_out(store: Store, tenant: str, folder: Path, rows: list[Row]) -> set[tuple[str, str]]:
    """Which of these rows an ingest must leave out."""
    columns = Mapping.from_toml('record_id = "id"')
    batches = [
        standardise(raw.table, columns, source="crm", workers=1, region="US")
        for raw in read_source(write_csv(folder / "again.csv", rows), 100)
    ]
    contents = [one for batch in batches for one in model.contents(batch.records)]
    graves = await graveyard(store, tenant)
    assert len(graves.spared(contents)) == sum(not graves.holds(one) for one in contents)
    out = {one["record"] for one in contents if graves.holds(one)}
    assert await erased(store, tenant, contents) == out
    with pytest.MonkeyPatch.context() as patch:  # more seals than it is worth to read
        patch.setattr(records, "FEW", 1 - sum(1 + len(one["carried"]) for one in contents))
        assert await erased(store, tenant, contents) == out
    return out


async def test_no_file_of_the_embedded_engine_holds_an_erased_person(embedded_engine: Any, tmp_path: Path) -> None:
    store = Store(embedded_engine, library.load(), embedded_engine.settings)
    async with lent(embedded_engine) as slug:
        await take(store, slug, tmp_path, [*families(4), *canary(name=ITS_OWN)])
        await matched(store, slug)
        folder = embedded_engine.settings.data_dir
        assert files_with(folder, ITS_OWN)  # the control
        who = (await persons(store, slug))[f"{ITS_OWN}-0"]
        before = await without_ids(store, slug)
        await service.erase(store, slug, service.Asked(who, "jo"))
        await service.shred(store, slug)
        assert files_with(folder, ITS_OWN) == []
        assert len((await without_ids(store, slug))["people"]) == len(before["people"]) - 1
        with pytest.raises(Gone):
            await identity.person(View(store, slug, True), who)
