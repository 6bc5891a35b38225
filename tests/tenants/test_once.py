"""A write that comes with an Idempotency-Key is done once, and nothing but its id is remembered."""

import asyncio
from typing import Any

import httpx
import pytest

from graph_service.app import create_app
from graph_service.errors import EngineUnavailable
from graph_service.lifecycle import service as lifecycle
from graph_service.settings import Settings
from graph_service.tenants import service as tenants
from tests.doors import Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine
MERGE = {"persons": ["ann", "robert-jr"], "reason": "Ann told us herself"}
HELD = "MATCH (q:Request) WHERE q.tenant = $t RETURN properties(q) AS kept"


async def sent(door: Door, key: dict[str, str], body: Any = None, *, once: str = "k-1") -> httpx.Response:
    headers = {**key, "Idempotency-Key": once}
    return await door.http.request("POST", "/v1/identity/merge", headers=headers, json=body or MERGE)


async def merges(door: Door, key: dict[str, str]) -> int:
    told = (await door.ask("GET", "/v1/identity/changes", key)).json()["changes"]
    return sum(one["kind"] == "person_merged" for one in told)


async def test_a_merge_that_is_sent_again_is_done_once_and_answers_its_id(door: Door) -> None:
    slug = await door.tenant()
    key = await door.key(slug)
    before = await merges(door, key)
    first, again = await sent(door, key), await sent(door, key)
    assert first.status_code == 200, first.text
    assert "idempotent-replayed" not in first.headers
    assert again.json() == {"replayed": True, "status": 200, "id": first.json()["change_id"]}
    assert again.headers["idempotent-replayed"] == "true"
    assert await merges(door, key) == before + 1
    other = await sent(door, key, {**MERGE, "reason": "something else"})
    assert (other.status_code, other.json()["name"]) == (422, "key_reused")
    reader = await door.key(slug, "identity:read")
    assert (await sent(door, reader)).status_code == 403, "who may not merge hears of no merge"
    engine = door.engine
    rows = (await engine.driver.execute_query(HELD, {"t": slug}, database_=engine.database_of(slug))).records
    assert len(rows) == 1
    assert "k-1" not in str(rows)
    assert "Ann told" not in str(rows)


async def test_of_a_crowd_with_one_key_one_does_it(door: Door) -> None:
    key = await door.key(await door.tenant())
    before = await merges(door, key)
    answers = await asyncio.gather(*(sent(door, key) for _ in range(6)))
    done = [one for one in answers if one.status_code == 200 and "idempotent-replayed" not in one.headers]
    assert len(done) == 1
    rest = {(one.status_code, one.json().get("name")) for one in answers if one is not done[0]}
    assert rest <= {(200, None), (409, "in_progress")}
    assert await merges(door, key) == before + 1


async def test_what_was_refused_may_be_sent_again_and_what_nobody_knows_may_not(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await door.key(await door.tenant())
    nobody = {"persons": ["ann", "nobody"]}
    refused = [await sent(door, key, nobody) for _ in range(2)]
    assert [one.status_code for one in refused] == [404, 404]
    assert (await sent(door, key)).status_code == 200, "the refused key is free for another request"

    async def away(*_: Any, **__: Any) -> Any:
        raise EngineUnavailable("The graph engine went away.")

    monkeypatch.setattr(lifecycle, "merge", away)
    assert (await sent(door, key, once="k-2")).status_code == 503
    again = await sent(door, key, once="k-2")
    assert (again.status_code, again.json()["name"], again.headers["retry-after"]) == (409, "in_progress", "1")


async def test_a_key_of_no_length_is_refused(door: Door) -> None:
    key = await door.key(await door.tenant(empty=True))
    assert (await sent(door, key, once="")).status_code == 422
    assert (await sent(door, key, once="x" * 256)).status_code == 422


async def test_what_was_done_long_ago_is_forgotten_and_what_is_remembered_is_not(door: Door) -> None:
    slug = await door.tenant()
    key = await door.key(slug)
    first = await sent(door, key)
    old = "CREATE (:Request {tenant: $t, key: $t + '/old', request_id: 'old', state: 'done', claimed_at: '2026-01-01'})"
    database = door.engine.database_of(slug)
    await door.engine.driver.execute_query(old, {"t": slug}, database_=database)
    assert await tenants.forget_requests(door.store, slug) == 1
    assert (await sent(door, key)).json()["id"] == first.json()["change_id"]
    assert len((await door.engine.driver.execute_query(HELD, {"t": slug}, database_=database)).records) == 1


def test_the_document_says_what_a_request_that_was_done_before_answers() -> None:
    document = create_app(Settings()).openapi()
    heeded = {
        (path, method): operation["responses"]["200"]["content"]["application/json"]["schema"]
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ()))
    }
    assert {("/v1/identity/merge", "post"), ("/v1/attribution/runs", "post")} <= heeded.keys()
    assert all({"$ref": "#/components/schemas/Replayed"} in schema["anyOf"] for schema in heeded.values())
    assert create_app(Settings()).openapi() == document
