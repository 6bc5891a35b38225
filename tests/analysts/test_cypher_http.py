"""An analyst's own statement over HTTP: its forms, its limits, and what is hidden."""

import asyncio
import csv
import io
from typing import Any

import pyarrow as pa
import pytest
import pytest_asyncio

from graph_service.analysts import forms, service
from graph_service.analysts.schemas import CypherAnswer
from graph_service.errors import ServiceError
from tests.doors import Door, door

__all__ = ["door"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(door: Door) -> str:
    """The tenant of the Hendersons, the only one on this server."""
    return await door.tenant()


def persons(tenant: str) -> dict[str, Any]:
    """A statement on the tenant's persons alone: another file's may still lie in the database that Neo4j shares."""
    statement = (
        "MATCH (p:Person) WHERE p.tenant = $tenant "
        "RETURN p.person_id AS person, p.records AS records, p.last_name AS name ORDER BY person"
    )
    return {"statement": statement, "params": {"tenant": tenant}}


async def put(door: Door, tenant: str, *scopes: str, accept: str = "*/*", **body: Any) -> Any:
    key = {**await door.key(tenant, *scopes), "Accept": accept}
    return await door.ask("POST", "/v1/cypher", key, body)


@pytest.mark.engine
async def test_the_same_rows_as_json_csv_and_arrow(door: Door, house: str) -> None:
    plain = await put(door, house, **persons(house))
    rows = plain.json()["rows"]
    assert len(rows) > 3
    assert (plain.json()["columns"], plain.json()["truncated"]) == (["person", "records", "name"], False)
    as_csv = await put(door, house, **persons(house), accept="text/csv")
    read = list(csv.DictReader(io.StringIO(as_csv.text)))
    assert read == [{name: "" if value is None else str(value) for name, value in row.items()} for row in rows]
    as_arrow = await put(door, house, **persons(house), accept="application/vnd.apache.arrow.stream, */*;q=0.1")
    assert pa.ipc.open_stream(as_arrow.content).read_all().to_pylist() == rows
    assert (await put(door, house, **persons(house), accept="image/png")).status_code == 406


@pytest.mark.engine
async def test_rows_beyond_the_limit_are_cut_and_said_to_be_cut(door: Door, house: str) -> None:
    for limit, truncated in ((2, True), (100, False)):
        answer = await put(door, house, **persons(house), limit=limit, accept="text/csv")
        assert answer.headers["stormgraph-truncated"] == str(truncated).lower()
        assert len(answer.text.splitlines()) <= limit + 1
    assert (await put(door, house, **persons(house), limit=10_001)).status_code == 422


@pytest.mark.engine
async def test_nodes_edges_paths_and_times_are_plain_and_veiled_without_the_scope(door: Door, house: str) -> None:
    statement = (
        "MATCH p = (a:Person {person_id: $who})-[e:MEMBER_OF]->(:Household) "
        "RETURN a, e, p, [a] AS listed, date('2026-05-04') AS day, duration('P1D') AS long LIMIT 1"
    )
    row = (await put(door, house, statement=statement, params={"who": "ann"})).json()["rows"][0]
    assert row["a"]["labels"] == ["Person"]
    assert row["a"]["properties"]["last_name"] == "henderson"
    assert row["e"]["type"] == "MEMBER_OF"
    assert (len(row["p"]["nodes"]), len(row["p"]["edges"])) == (2, 1)
    assert (row["day"], row["long"]) == ("2026-05-04", "P1D")
    veiled = await put(door, house, "graph:query", statement=statement, params={"who": "ann"})
    assert 'henderson"' not in veiled.text
    shown = veiled.json()["rows"][0]["listed"][0]["properties"]
    assert (shown["last_name"], shown["person_id"], shown["records"]) == (
        "***",
        "ann",
        row["a"]["properties"]["records"],
    )


@pytest.mark.engine
@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"statement": "RETURN $x AS x"}, "x"),
        ({"statement": "RETURN 1 AS x", "params": {"y": 1}}, "y"),
        ({"statement": "RETURN $x AS x", "params": {"x": 2**70}}, ""),
        ({"statement": "RETURN 1 AS x, 2 AS x"}, ""),
        ({"statement": "MATCH (n RETURN n"}, "not closed"),
        ({"statement": "MATCH (n) RETURN n LIMIT LIMIT"}, ""),
        ({"statement": "RETURN 1 AS x" + " " * 10_000}, "10000"),
        ({"statement": "RETURN 1 AS x", "extra": 1}, "extra"),
    ],
)
async def test_a_statement_that_cannot_be_asked_says_why(door: Door, house: str, body: Any, says: str) -> None:
    answer = await put(door, house, **body)
    assert (answer.status_code, answer.json()["name"]) == (422, "bad_input"), answer.text
    assert says in answer.json()["detail"]


@pytest.mark.engine
async def test_two_statements_of_a_tenant_run_at_once_and_a_third_is_told_to_wait(door: Door, house: str) -> None:
    store = door.app.state.store
    turns = [service._turn(store, house) for _ in range(service.AT_ONCE)]
    refused = await put(door, house, statement="RETURN 1 AS x")
    assert (refused.status_code, refused.json()["name"]) == (429, "too_many_statements")
    assert refused.headers["retry-after"] == "1"
    turns[0][1]()
    assert (await put(door, house, statement="RETURN 1 AS x")).json()["rows"] == [{"x": 1}]
    turns[1][1]()
    for _ in range(3):  # no answer keeps its turn
        both = await asyncio.gather(*(put(door, house, statement="RETURN 1 AS x") for _ in range(2)))
        assert [one.status_code for one in both] == [200, 200]


@pytest.mark.parametrize(
    ("accept", "form"),
    [("", 0), ("*/*", 0), ("text/*", 1), ("text/csv;q=0.5, application/json", 0), ("text/csv;q=0, */*;q=0.1", 0)],
)
def test_accept_chooses_the_form(accept: str, form: int) -> None:
    assert forms.as_wanted(accept) is forms.WRITTEN[form]


def test_an_accept_of_nothing_of_ours_is_refused() -> None:
    with pytest.raises(ServiceError):
        forms.as_wanted("text/csv;q=0")


def test_a_text_that_a_spreadsheet_would_compute_is_disarmed_and_a_phone_is_not() -> None:
    values = [
        "=cmd|' /C calc'!A0",
        "@SUM(1)",
        "+1+cmd",
        "-2+3 cmd",
        "+12145550101",
        "-1.5",
        "plain",
        None,
        [1],
        {"a": 1},
    ]
    answer = CypherAnswer(columns=["x"], rows=[{"x": one} for one in values], truncated=False, as_of="")
    written = [row[0] for row in csv.reader(io.StringIO(forms.as_csv(answer).decode())) if row][1:]
    assert written[:6] == ["'" + values[0], "'@SUM(1)", "'+1+cmd", "'-2+3 cmd", "+12145550101", "-1.5"]
    mixed = pa.ipc.open_stream(forms.as_arrow(answer)).read_all().column("x").to_pylist()
    assert mixed[4] == '"+12145550101"'
