"""After an erasure its canary is in no log, metric, answer, backup or file; before it, it is where it must be."""

import asyncio
import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from graph_service import logs
from graph_service.backups import jobs
from graph_service.graph.store import Store
from graph_service.privacy import service
from graph_service.settings import Settings
from tests.doors import Door, door
from tests.ground import person

__all__ = ["door"]
pytestmark = pytest.mark.engine
CANARY = "vexqualdrin"  # occurs nowhere else, so that what holds it holds the person
EMAIL = f"{CANARY}@example.com"
HERS = {**person(801, last_name=CANARY, email=EMAIL, street_address=f"9 {CANARY} St"), "record_id": "canary"}


@pytest.fixture
def logged() -> Iterator[None]:
    """The log of a service; a command that ran in this process before told warnings only."""
    before = structlog.get_config()
    logs.configure(Settings(log_level="info"))
    yield
    structlog.configure(**before)


def files_with(folder: Path) -> list[str]:
    """The files that hold the canary: plain, in two bytes a letter, or packed."""
    sought = (CANARY.encode(), CANARY.encode("utf-16-le"))
    found = [path for path in folder.rglob("*") if path.is_file()]
    return sorted(str(path.relative_to(folder)) for path in found if any(one in unpacked(path) for one in sought))


def unpacked(path: Path) -> bytes:
    """What a file holds."""
    content = path.read_bytes()
    return (gzip.decompress(content) if path.suffix == ".gz" else content).lower()


async def lived(door: Door, key: dict[str, str]) -> str:
    """The canary in every place a caller can put it, in requests that succeed and in such that fail; whose it is."""
    hers = {name: value for name, value in HERS.items() if name != "id"}
    other = {**{name: value for name, value in person(802).items() if name != "id"}, "record_id": "other"}
    asked: list[tuple[str, str, Any]] = [
        ("POST", "/v1/records", {"source": "crm", "records": [hers, other]}),
        ("POST", "/v1/records", {"source": "crm", "records": [{"record_id": "x", "date_of_birth": CANARY}]}),
        ("GET", f"/v1/identity/email:{EMAIL}", None),
        ("GET", f"/v1/identity/nokind:{EMAIL}", None),
        ("GET", f"/v1/persons/{CANARY}", None),
        ("GET", f"/v1/households?zip={CANARY}", None),
        ("POST", "/v1/records", {"source": "crm", "records": [{"record_id": "y", CANARY: EMAIL}]}),
        ("POST", "/v1/identity/resolve", {"fields": {"full_name": f"Ann {CANARY}", "email": EMAIL}}),
        ("POST", "/v1/identity/resolve", {"identifiers": [{"kind": CANARY, "value": EMAIL}]}),
        ("POST", "/v1/identity/resolve", {"identifiers": EMAIL}),
        ("POST", "/v1/cypher", {"statement": f"MATCH (p:Person) WHERE p.last_name = '{CANARY}' RETURN p.person_id"}),
        ("POST", "/v1/cypher", {"statement": f"CREATE (n:{CANARY}) RETURN n"}),
        ("POST", f"/v1/queries/{CANARY}", {"params": {"name": CANARY}}),
        ("POST", "/v1/identity/links", {"property_id": "P-9", "identifiers": [{"kind": "email", "value": EMAIL}]}),
        ("POST", "/v1/identity/judgements", {
            "verdict": "different", "reason": f"{CANARY} said so", "actor": "jo",
            "left": [{"source": "crm", "record_id": "canary"}], "right": [{"source": "crm", "record_id": "other"}]}),
        ("POST", "/v1/events", {"events": [{
            "event_id": "e1", "source": "calls", "occurred_at": "2026-05-04T12:00:00Z", "kind": "touch",
            "channel": "call", "identifiers": [{"kind": "email", "value": EMAIL}],
            "attributes": {"note": f"{CANARY} called"}}]}),
    ]  # fmt: skip
    answers = [await door.ask(method, path, key, body) for method, path, body in asked]
    assert {answer.status_code // 100 for answer in answers} == {2, 4}
    own: str = answers[2].json()["person_id"]
    return own


@pytest.mark.usefixtures("logged")
async def test_an_erased_canary_is_found_nowhere(
    door: Door, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    slug, store = await door.tenant(empty=True), door.store
    key = await door.key(slug)
    who = await lived(door, key)
    await jobs.backup(store, slug, tmp_path / "before", jobs.Wish())
    assert files_with(tmp_path) == ["before/rows.jsonl.gz"]  # the control: there it would be found
    embedded = door.engine.name == "embedded"
    assert bool(files_with(folder_of(door))) == embedded  # a Neo4j server keeps its files itself
    assert (await door.ask("DELETE", f"/v1/persons/{who}", key)).status_code == 200
    await forgotten(door, slug, tmp_path / "after")
    assert (await door.ask("GET", f"/v1/persons/{who}", key)).status_code == 410
    answer = await door.ask("POST", "/v1/cypher", key, {"statement": "MATCH (n) RETURN properties(n) AS all"})
    assert answer.status_code in ({200} if embedded else {200, 409})  # 409 where tenants share a database
    assert CANARY not in answer.text.lower()
    assert CANARY not in (await door.ask("GET", "/metrics", {})).text.lower()
    lines = "".join(capsys.readouterr())
    assert who in lines  # the control: ids are logged, and this is the log
    assert "/v1/identity/judgements" in lines
    assert CANARY not in lines.lower()
    async with asyncio.timeout(60):  # it may be about to write that it followed the erasure
        while door.app.state.follower.waiting:
            await asyncio.sleep(0.05)
    await jobs.restore(store, tmp_path / "before", jobs.Wish(replace=True))
    await forgotten(door, slug, tmp_path / "again")


async def forgotten(door: Door, slug: str, folder: Path) -> None:
    """Neither a new backup nor, once shredded, a file of the data folder holds the canary."""
    await jobs.backup(door.store, slug, folder, jobs.Wish())
    held = gzip.decompress((folder / "rows.jsonl.gz").read_bytes()).decode().splitlines()
    assert [line for line in held if CANARY in line.lower()] == []
    assert files_with(folder) == []
    if door.engine.name == "embedded":
        await service.shred(door.store, slug)
    assert files_with(folder_of(door)) == []
    shutil.rmtree(folder)


def folder_of(door: Door) -> Path:
    """The data folder: the embedded engine's files, the audit logs, secrets, scratch."""
    store: Store = door.store
    return store.settings.data_dir
