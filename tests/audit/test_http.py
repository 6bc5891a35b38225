"""What a known caller asked and changed is in its tenant's log: ids only, writes before they are answered."""

import pytest
import structlog

from graph_service.audit import service
from graph_service.audit.schemas import Entry
from graph_service.settings import Settings
from tests.doors import EMAIL, Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine


def settings_of(door: Door) -> Settings:
    return door.engine.settings  # type: ignore[attr-defined,no-any-return]


def logged(door: Door, tenant: str) -> list[Entry]:
    return service.entries(settings_of(door), tenant, limit=1000)


async def test_reads_and_writes_are_written_down_with_ids_alone(door: Door) -> None:
    slug = await door.tenant()
    key, reader = await door.key(slug), await door.key(slug, "identity:read")
    await door.ask("GET", "/v1/persons/ann", key)
    await door.ask("GET", f"/v1/persons/{EMAIL}", key)
    await door.ask("GET", f"/v1/identity/email:{EMAIL}", key)
    refused = await door.ask("POST", "/v1/identity/merge", reader, {"persons": ["ann", "maya"]})
    assert refused.status_code == 403
    merge = {"persons": ["ann", "robert-jr"], "reason": f"told by {EMAIL}"}
    merged = await door.ask("POST", "/v1/identity/merge", key, merge)
    assert merged.status_code == 200
    last = logged(door, slug)[-1]  # a write is there as soon as it is answered, and takes along what waited
    assert (last.what, last.status) == ("POST /v1/identity/merge", 200)
    assert {merged.json()["change_id"], merged.json()["judgement_id"]} <= set(last.ids)
    assert last.request_id == merged.headers["x-request-id"]
    told = [(one.what, one.status, one.ids) for one in logged(door, slug)[:-1]]
    assert told == [
        ("GET /v1/persons/{person_id}", 200, ["ann"]),
        ("GET /v1/persons/{person_id}", 404, []),
        ("GET /v1/identity/{identifier}", 200, []),
        ("POST /v1/identity/merge", 403, []),
    ]
    assert {one.who for one in logged(door, slug)} == {f"key:{k['Authorization'].split('_')[2]}" for k in (key, reader)}
    text = (settings_of(door).data_dir / "audit" / f"{slug}.jsonl").read_text()
    assert EMAIL not in text
    verdict = service.verify(settings_of(door), slug)
    assert (verdict.whole, verdict.entries) == (True, 5)


async def test_a_read_follows_within_a_moment_and_strangers_leave_nothing(door: Door) -> None:
    slug = await door.tenant(empty=True)
    await door.ask("GET", "/v1/sources", {"Authorization": f"Bearer sg_{slug}_zzzzzzzzzz_x"})
    await door.app.state.audit.flush()
    assert logged(door, slug) == []
    await door.ask("GET", "/v1/sources", await door.key(slug))
    await door.app.state.audit.flush()
    assert [one.what for one in logged(door, slug)] == ["GET /v1/sources"]


async def test_a_write_that_cannot_be_written_down_is_not_acknowledged(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = await door.tenant(empty=True)
    key = await door.key(slug)

    def full(*_: object) -> None:
        raise service.NotWritten("No space left.", retry_after=5)

    with structlog.testing.capture_logs():
        monkeypatch.setattr(service, "append", full)
        body = {"channel": "mail", "aliases": ["flyer"]}
        answer = await door.ask("PUT", "/v1/channels", key, body)
        assert (answer.status_code, answer.json()["name"]) == (503, "audit_unavailable")
        assert answer.headers["retry-after"] == "5"
        assert (await door.ask("GET", "/v1/sources", key)).status_code == 200, "reads go on for a while"
        monkeypatch.undo()
    await door.app.state.audit.flush()
    assert [one.what for one in logged(door, slug)] == ["PUT /v1/channels", "GET /v1/sources"]
