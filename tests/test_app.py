"""The app around the rooms: probes, problems, the page of documentation, what is counted."""

import re

import pytest

from graph_service.metrics import LONGEST_BODY
from tests.doors import EMAIL, Door, door, home

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine
PROBLEM = {"type", "title", "status", "name", "detail", "request_id"}


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [("GET", "/nowhere", "not_found"), ("PUT", "/v1/queries", "method_not_allowed"), ("GET", "/v1/queries", None)],
)
async def test_whatever_is_refused_is_a_problem_document(door: Door, method: str, path: str, name: str | None) -> None:
    answer = await door.ask(method, path, {})
    document = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert document.keys() == PROBLEM
    assert document["status"] == answer.status_code
    assert document["name"] == (name or "unauthorised")
    assert document["request_id"] == answer.headers["x-request-id"]


async def test_a_body_that_does_not_fit_is_told_where_and_never_repeated(door: Door, home: str) -> None:
    body = {"identifiers": [{"kind": "email", "value": EMAIL}, {"kind": "email", "value": EMAIL * 40}]}
    answer = await door.ask("POST", "/v1/identity/resolve", await door.key(home), body)
    assert answer.status_code == 422
    assert [one["at"] for one in answer.json()["errors"]] == ["body.identifiers.1.value"]
    assert EMAIL not in answer.text


async def test_a_body_beyond_all_bounds_is_not_read(door: Door, home: str) -> None:
    key = await door.key(home)

    async def endless() -> object:
        for _ in range(LONGEST_BODY // 1_000_000 + 2):
            yield b" " * 1_000_000

    announced = await door.http.post("/v1/identity/resolve", headers=key, content=b" " * (LONGEST_BODY + 1))
    assert (announced.status_code, announced.json()["name"]) == (413, "too_long")
    unannounced = await door.http.post("/v1/identity/resolve", headers=key, content=endless())
    assert unannounced.status_code in {400, 413}


async def test_the_documentation_needs_nothing_from_outside(door: Door) -> None:
    page = await door.ask("GET", "/docs", {})
    assert page.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//|@import|url\(""", page.text)
    assert 'fetch("openapi.json")' in page.text
    described = (await door.ask("GET", "/openapi.json", {})).json()
    operations = [one for methods in described["paths"].values() for one in methods.values()]
    assert all(one["description"] for one in operations)


async def test_the_document_tells_of_conflicts_and_of_the_erased(door: Door) -> None:
    paths = (await door.ask("GET", "/openapi.json", {})).json()["paths"]
    writes = [
        (path, one["post"]["responses"])
        for path, one in paths.items()
        if any(given.get("name") == "Idempotency-Key" for given in one.get("post", {}).get("parameters", ()))
    ]
    assert {"/v1/identity/merge", "/v1/identity/links", "/v1/attribution/runs"} <= {path for path, _ in writes}
    assert [path for path, told in writes if "409" not in told] == []
    of_persons = [one for path, one in paths.items() if path.startswith(("/v1/persons/", "/v1/identity/"))]
    assert all("410" in operation["responses"] for one in of_persons for operation in one.values())


async def test_requests_are_counted_by_route_and_never_by_path(door: Door, home: str) -> None:
    await door.ask("GET", f"/v1/identity/email:{EMAIL}", await door.key(home))
    counted = (await door.ask("GET", "/metrics", {})).text
    line = r'stormgraph_requests_total\{method="GET",route="/v1/identity/\{identifier\}",status="200"\} [1-9]'
    assert re.search(line, counted)
    assert "stormgraph_request_seconds_bucket" in counted
    assert EMAIL not in counted


async def test_no_answer_is_kept_by_a_cache(door: Door) -> None:
    headers = (await door.ask("GET", "/healthz", {})).headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
