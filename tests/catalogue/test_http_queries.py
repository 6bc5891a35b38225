"""The library of queries over HTTP: listed with all there is to know, and run by name."""

import json
from typing import Any

import pytest

from graph_service.graph import library
from tests.doors import EMAIL, LANDLINE, Door, door, home

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine
SHARED = "/v1/queries/exploration.shared_identifiers"


async def ran(door: Door, tenant: str, name: str, params: dict[str, Any], *scopes: str) -> Any:
    key = await door.key(tenant, *(scopes or ("graph:query", "pii:read")))
    answer = await door.ask("POST", f"/v1/queries/{name}", key, {"params": params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_catalogue_lists_every_read_and_no_control(door: Door, home: str) -> None:
    answer = await door.ask("GET", "/v1/queries", await door.key(home, "graph:query"))
    listed = {query["name"]: query for query in answer.json()["queries"]}
    reads = {query.name for query in library.load() if query.mode == "read" and not query.control}
    assert reads - listed.keys() == {"records.rows_to_match"}  # a page of a job: one list, which nothing here would cut
    assert listed.keys() <= reads
    shared = listed["exploration.shared_identifiers"]
    assert [param["name"] for param in shared["params"]] == ["after", "end", "least", "limit"]
    assert all(not param["required"] for param in shared["params"])
    assert shared["scans"]
    assert shared["cypher"].startswith("MATCH")
    assert listed["identity.person"]["params"][0]["required"]


async def test_a_query_answers_its_rows(door: Door, home: str) -> None:
    answer = await ran(door, home, "exploration.shared_identifiers", {"least": 2, "after": ["phone"], "end": ["phone"]})
    assert answer["rows"] == [{"kind": "phone", "value": LANDLINE, "persons": 2, "households": 1}]
    assert (answer["columns"], answer["truncated"]) == (["kind", "value", "persons", "households"], False)
    assert answer["parameters"]["end"] == f"{home}/phone0"


async def test_more_rows_than_asked_for_are_cut_and_said_to_be_cut(door: Door, home: str) -> None:
    for limit, rows, truncated in ((1, 1, True), (4, 4, False), (100_000, 4, False), (0, 0, True)):
        answer = await ran(door, home, "exploration.largest_households", {"limit": limit})
        assert (len(answer["rows"]), answer["truncated"]) == (rows, truncated)


async def test_columns_that_may_be_personal_are_hidden_without_the_scope(door: Door, home: str) -> None:
    params: dict[str, dict[str, Any]] = {
        "identity.person_identifiers": {"person": "maya"},
        "identity.household_members": {"household": "lopez", "as_of": "2026-05-04"},
        "exploration.shared_identifiers": {"least": 1},
    }
    for name, given in params.items():
        plain = str((await ran(door, home, name, given))["rows"])
        assert EMAIL in plain or "maya" in plain
        veiled = await ran(door, home, name, given, "graph:query")
        assert veiled["masked"]
        for personal in (EMAIL, "lopez'", "oak ave", LANDLINE):
            assert personal not in str(veiled["rows"]), name
    members = await ran(door, home, "identity.household_members", params["identity.household_members"], "graph:query")
    assert members["rows"][0]["person_id"] == "maya"
    assert members["rows"][0]["first_name"] == "***"


@pytest.mark.parametrize(
    "params",
    [
        {"limit": "ten"},
        {"limit": 10**30},
        {"limit": True},
        {"least": None, "x": 1},
        {"after": 7},
        {"after": [["deep"]]},
        {"after": {"a": 1}},
        {"end": [1]},
        {"after": "\ud800"},
        {"tenant": "other"},
        {"limit": -(2**70)},
    ],
)
async def test_parameters_that_do_not_fit_are_refused(door: Door, home: str, params: dict[str, Any]) -> None:
    headers = {**await door.key(home), "Content-Type": "application/json"}
    answer = await door.http.post(SHARED, headers=headers, content=json.dumps({"params": params}))
    assert answer.status_code == 422, answer.text
    assert answer.json()["name"] == "bad_input"


REFUSED = ["tenants.tenants", "tenants.api_key", "identity.write_persons", "records.rows_to_match", "nothing.at_all"]


@pytest.mark.parametrize("name", REFUSED)
async def test_writes_control_and_unknown_queries_cannot_be_run(door: Door, home: str, name: str) -> None:
    answer = await door.ask("POST", f"/v1/queries/{name}", await door.key(home), {"params": {}})
    assert (answer.status_code, answer.json()["name"]) == (404, "not_found")
