"""Rows and questions over HTTP: taken in, matched and answered at once."""

import asyncio
from typing import Any

import pytest

from graph_service.identity.live import given
from graph_service.identity.waiting.acknowledge import acknowledge
from graph_service.identity.waiting.backlog import worked_off
from graph_service.identity.waiting.decide import waiting
from tests.doors import Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine
JANE = {"full_name": "Jane Featherstone", "street_address": "14 Elm Street", "city": "Dallas", "state": "TX",
        "zip": "75209", "email": "Jane@Feather.com"}  # fmt: skip


async def sent(door: Door, key: dict[str, str], *records: dict[str, Any], source: str = "web") -> list[dict[str, Any]]:
    answer = await door.ask("POST", "/v1/records", key, {"source": source, "records": list(records)})
    assert answer.status_code == 200, answer.text
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


async def asked(door: Door, key: dict[str, str], **body: Any) -> dict[str, Any]:
    answer = await door.ask("POST", "/v1/identity/resolve", key, body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_rows_are_answered_one_by_one_and_the_same_again_changes_nothing(door: Door) -> None:
    key = await door.key(await door.tenant(empty=True))
    rows = [{**JANE, "record_id": "1"}, {**JANE, "record_id": "2"}, {"record_id": "3"},
            {"record_id": "4", "full_name": "Otto Quill", "email": "otto@quill.org"}]  # fmt: skip
    first = await sent(door, key, *rows)
    assert [one["outcome"] for one in first] == ["new", "new", "refused", "new"]
    assert first[2]["reason"]
    assert first[0]["person_id"] == first[1]["person_id"] != first[3]["person_id"]
    again = await sent(door, key, *rows)
    assert [one["outcome"] for one in again] == ["unchanged", "unchanged", "refused", "unchanged"]
    assert [one["person_id"] for one in again] == [one["person_id"] for one in first]
    person = await door.ask("GET", f"/v1/persons/{first[0]['person_id']}", key)
    assert (person.json()["records"], person.json()["last_name"]) == (2, "featherstone")


async def test_a_name_and_an_address_lead_to_the_person_misspelt_or_not(door: Door) -> None:
    key = await door.key(await door.tenant(empty=True))
    made = (await sent(door, key, {**JANE, "record_id": "1"}))[0]
    fields = {"first_name": "Jane", "last_name": "Fetherstone", "street_address": "14 elm st", "zip": "75209"}
    found = await asked(door, key, fields=fields)
    assert (found["person_id"], found["household_id"]) == (made["person_id"], made["household_id"])
    assert 0.5 < found["strength"] <= 1.0
    stranger = await asked(door, key, fields={"full_name": "Otto Quill", "zip": "10001"})
    assert (stranger["person_id"], stranger["candidates"], stranger["created"]) == (None, [], False)


async def test_identifiers_beside_fields_are_evidence_too(door: Door) -> None:
    key = await door.key(await door.tenant(empty=True))
    made = (await sent(door, key, {**JANE, "record_id": "1"}))[0]
    email = [{"kind": "email", "value": "jane@feather.com"}]
    found = await asked(door, key, fields={"full_name": "Jane Featherstone"}, identifiers=email)
    assert found["person_id"] == made["person_id"]


async def test_an_unknown_identity_is_created_once_and_only_on_request(door: Door) -> None:
    slug = await door.tenant(empty=True)
    key, reader = await door.key(slug), await door.key(slug, "identity:read")
    fields = {"full_name": "Otto Quill", "street_address": "9 Oak Ave", "zip": "75209"}
    refused = await door.ask("POST", "/v1/identity/resolve", reader, {"fields": fields, "create": True})
    assert refused.status_code == 403
    made = await asked(door, key, fields=fields, create=True)
    assert made["created"]
    again = await asked(door, key, fields=fields, create=True)
    assert (again["created"], again["person_id"]) == (False, made["person_id"])
    assert (await asked(door, reader, fields=fields))["person_id"] == made["person_id"]


async def test_what_cannot_be_read_is_said(door: Door) -> None:
    key = await door.key(await door.tenant(empty=True))
    for body, word in (
        ({"source": "web", "records": [{"record_id": "1", "shoe_size": "9"}]}, "shoe_size"),
        ({"source": "web", "records": [{"full_name": "Otto Quill"}]}, "record_id"),
        ({"source": "No Name", "records": [{"record_id": "1"}]}, "source"),
    ):
        answer = await door.ask("POST", "/v1/records", key, body)
        assert answer.status_code == 422
        assert word in answer.text
    assert (await door.ask("POST", "/v1/identity/resolve", key, {})).status_code == 422
    reader = await door.key(await door.tenant(empty=True), "identity:read")
    answer = await door.ask("POST", "/v1/records", reader, {"source": "web", "records": [{"record_id": "1"}]})
    assert answer.status_code == 403


async def test_many_rows_are_acknowledged_found_at_once_and_decided_on_soon(door: Door) -> None:
    slug = await door.tenant(empty=True)
    key = await door.key(slug)
    jane = (await sent(door, key, {**JANE, "record_id": "0"}))[0]
    people = [{"record_id": f"{n}", "full_name": f"Otto Quill{'abcdefghij'[n % 10] * 3}", "email": f"otto{n}@quill.org"}
              for n in range(1, 19)]  # fmt: skip
    answer = await door.ask(
        "POST", "/v1/records", key, {"source": "app", "records": [*people, {**JANE, "record_id": "19"}]}
    )
    told = answer.json()
    assert (answer.status_code, told["waiting"]) == (200, 19)
    assert {(one["outcome"], one["waiting"]) for one in told["results"]} == {("new", True)}
    items = [{"identifiers": [{"kind": "email", "value": one["email"]}]} for one in people]
    found = (await door.ask("POST", "/v1/identity/resolve/batch", key, {"items": items})).json()["results"]
    assert all(one["person_id"] for one in found)
    await until(door, slug)
    again = await door.ask(
        "POST", "/v1/records?wait=true", key, {"source": "app", "records": [{**JANE, "record_id": "19"}]}
    )
    assert (again.json()["results"][0]["person_id"], again.json()["waiting"]) == (jane["person_id"], 0)
    person = await door.ask("GET", f"/v1/persons/{told['results'][18]['person_id']}", key)
    assert (person.json()["person_id"], person.json()["records"]) == (jane["person_id"], 2)
    assert "stormgraph_records_waiting " in (await door.http.get("/metrics")).text


async def test_what_a_dead_process_left_waiting_is_decided_on_by_one_that_starts(door: Door) -> None:
    slug = await door.tenant(empty=True)
    rows = (await given.read(door.store, slug, "web", [{**JANE, "record_id": f"{n}"} for n in range(3)])).rows
    await acknowledge(door.store, slug, rows)
    async with worked_off(door.store):
        await until(door, slug)
    found = await asked(door, await door.key(slug), identifiers=[{"kind": "email", "value": JANE["email"]}])
    assert found["candidates"][0]["records"] == 3


async def until(door: Door, slug: str) -> None:
    """Wait until nothing of a tenant waits."""
    async with asyncio.timeout(30):
        while await waiting(door.store, slug):
            await asyncio.sleep(0.05)
