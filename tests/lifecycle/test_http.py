"""The life of an identity over HTTP and through the client: what is promised to callers."""

import pytest
import pytest_asyncio

from tests.doors import Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine


@pytest_asyncio.fixture(loop_scope="session")
async def house(door: Door) -> str:
    """A tenant with the Hendersons of its own."""
    return await door.tenant()


async def test_merge_expects_versions_and_old_ids_answer_the_survivor(door: Door, house: str) -> None:
    key = await door.key(house)
    body = {"persons": ["maya", "noah"], "expect": {"maya": 1, "noah": 1}, "reason": "one call", "actor": "jo"}
    stale = await door.ask("POST", "/v1/identity/merge", key, {**body, "expect": {"maya": 7}})
    assert (stale.status_code, stale.json()["name"]) == (409, "stale")
    tried = await door.ask("POST", "/v1/identity/merge", key, {**body, "dry_run": True})
    assert tried.json()["dry_run"]
    assert (await door.ask("GET", "/v1/persons/noah", key)).json()["person_id"] == "noah"
    done = (await door.ask("POST", "/v1/identity/merge", key, body)).json()
    assert [one["person_id"] for one in done["persons"]] == ["maya"]
    old = await door.ask("GET", "/v1/persons/noah", key)
    assert (old.status_code, old.json()["person_id"], old.json()["requested_id"]) == (200, "maya", "noah")
    told = (await door.ask("GET", "/v1/persons/noah/history", key)).json()
    by_jo = [(one["kind"], one["reason"]) for one in told["changes"] if one["actor"] == "jo"]
    assert by_jo == [("person_merged", "one call")]
    back = await door.ask("POST", f"/v1/identity/undo/{done['change_id']}", key)
    assert back.status_code == 200
    assert (await door.ask("GET", "/v1/persons/noah", key)).json()["person_id"] == "noah"


async def test_split_heeds_if_match_and_names_where_the_rest_went(door: Door, house: str) -> None:
    key = await door.key(house)
    body = {"person_id": "ann", "rows": [{"source": "web", "record_id": "c1"}], "reason": "her sister"}
    stale = await door.http.post("/v1/identity/split", headers={**key, "If-Match": '"9"'}, json=body)
    assert (stale.status_code, stale.json()["name"]) == (409, "stale")
    etag = (await door.ask("GET", "/v1/persons/ann", key)).headers["etag"]
    done = await door.http.post("/v1/identity/split", headers={**key, "If-Match": etag}, json=body)
    assert done.status_code == 200, done.text
    after = (await door.ask("GET", "/v1/persons/ann", key)).json()
    others = {one["person_id"] for one in done.json()["persons"]} - {"ann"}
    assert set(after["also"]) == others
    assert others


async def test_the_feed_goes_on_where_it_was_left(door: Door, house: str) -> None:
    key = await door.key(house)
    heard, cursor, more = [], "", True
    while more:
        told = (await door.ask("GET", f"/v1/identity/changes?limit=1&after={cursor}", key)).json()
        heard += [one["change_id"] for one in told["changes"]]
        cursor, more = told["next"], told["more"]
    assert heard == ["c-1", "c-2"]
    await door.ask("POST", "/v1/identity/merge", key, {"persons": ["ann", "robert-sr"]})
    told = (await door.ask("GET", f"/v1/identity/changes?after={cursor}", key)).json()
    assert [one["kind"] for one in told["changes"]][:1] == ["person_merged"]
    foreign = await door.key(await door.tenant(empty=True))
    assert (await door.ask("GET", f"/v1/identity/changes?after={cursor}", foreign)).status_code == 422


async def test_an_erased_person_answers_410(door: Door, house: str) -> None:
    key, reader = await door.key(house), await door.key(house, "identity:read")
    assert (await door.ask("DELETE", "/v1/persons/maya", reader)).status_code == 403
    done = (await door.ask("DELETE", "/v1/persons/maya", key)).json()
    assert (done["rows"], done["households"]) == (2, 1)
    assert (await door.ask("GET", "/v1/persons/maya", key)).status_code == 410
    assert (await door.ask("GET", "/v1/households/lopez", key)).status_code == 410
    assert (await door.ask("DELETE", "/v1/persons/maya", key)).status_code == 410


async def test_explanations_come_as_json_and_as_a_page(door: Door, house: str) -> None:
    key = await door.key(house)
    path = "/v1/identity/explain?left=crm/2&right=calls/7"
    said = (await door.ask("GET", path, key)).json()
    assert said["same_person"]
    assert abs(said["prior"] + said["household"] + sum(s["weight"] for s in said["steps"]) - said["weight"]) < 1e-4
    page = await door.ask("GET", f"{path}&format=html", key)
    assert page.headers["content-type"].startswith("text/html")
    assert "://" not in page.text  # nothing is fetched from anywhere
    whole = await door.ask("GET", "/v1/persons/ann/explain?format=html", key)
    assert "ann" in whole.text
    assert (await door.ask("GET", "/v1/persons/ann/explain?left=crm/2", key)).status_code == 422
    assert (await door.ask("GET", "/v1/identity/review", key)).json()["pairs"]


async def test_a_building_is_linked_to_whom_identifiers_lead_to(door: Door, house: str) -> None:
    key = await door.key(house)
    body = {"property_id": "P-22", "identifiers": [{"kind": "email", "value": "maya@example.com"}], "reason": "deed"}
    done = (await door.ask("POST", "/v1/identity/links", key, body)).json()
    assert (await door.ask("GET", "/v1/persons/maya", key)).json()["person_id"] == done["person_id"]
    found = (await door.ask("GET", "/v1/identity/property_id:P-22", key)).json()
    assert found["person_id"] == done["person_id"]
    again = (await door.ask("POST", "/v1/identity/links", key, body)).json()
    assert (again["person_id"], again["change_id"]) == (done["person_id"], None)
    shared = {**body, "identifiers": [{"kind": "phone", "value": "+12145552368"}]}
    assert (await door.ask("POST", "/v1/identity/links", key, shared)).status_code == 409
    nobody = {**body, "identifiers": [{"kind": "email", "value": "new@somewhere.org"}]}
    new = (await door.ask("POST", "/v1/identity/links", key, nobody)).json()
    assert new["person_id"] not in {done["person_id"], "ann"}
