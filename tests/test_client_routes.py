"""The Python client has a method for every route, and sends what the route takes; and it tries again where it may."""

import inspect
import json
import re
from typing import Any

import httpx
import pytest

from graph_service.app import create_app
from graph_service.client import (
    AttributionEngine,
    Connection,
    IdentityGraph,
    Journeys,
    NotDone,
    TooMany,
    connection,
)
from graph_service.settings import Settings

OPENAPI = create_app(Settings()).openapi()
ROUTES = {(method.upper(), path) for path, methods in OPENAPI["paths"].items() for method in methods}
WHO = {"email": "jane@example.com"}
CALLS: dict[type[Connection], dict[str, tuple[tuple[Any, ...], dict[str, Any]]]] = {
    IdentityGraph: {
        "alive": ((), {}),
        "ready": ((), {}),
        "metrics": ((), {}),
        "resolve_identity": (("email:jane@example.com",), {"scope": "web"}),
        "resolve": ((), WHO),
        "resolve_fields": (({"full_name": "Jane Low"},), {"create": True}),
        "resolve_many": (([WHO, WHO],), {}),
        "send_records": (("web", [{"record_id": "1", "email": "jane@example.com"}]), {}),
        "get_profile": (("p/1",), {}),
        "person": (("p/1",), {}),
        "person_identifiers": (("p1",), {}),
        "household": (("h1",), {}),
        "members": (("h1",), {}),
        "household_identifiers": (("h1",), {}),
        "household_graph": (("h1",), {"hops": 1, "limit": 10}),
        "households": ((), {"kind": "family", "least": 1, "most": 3, "zip": "75209", "since": "2026", "limit": 5}),
        "sources": ((), {}),
        "quarantine": ((), {}),
        "merge_identities": (("p1", "p2"), {"expect": {"p1": 1}}),
        "link_property": (("P-1", WHO), {}),
        "split_identity": (("p1", ["crm/1"]), {}),
        "judge": (("crm/1", "crm/2"), {"same": True}),
        "undo": (("c1",), {}),
        "undo_run": (("r1",), {"persons": ["p1"], "dry_run": True}),
        "recalibrate": ((), {"keep": False}),
        "adopt_model": (("m1",), {}),
        "history": (("p1",), {}),
        "changes": (("cursor",), {}),
        "every_change": ((), {}),
        "explain": (("crm/1", "crm/2"), {}),
        "explain_person": (("p1",), {"left": "crm/1", "right": "crm/2"}),
        "review": ((), {}),
        "erase_identity": (("p1",), {"dry_run": True}),
        "queries": ((), {}),
        "query": (("exploration.largest_households",), {"limit": 5}),
        "cypher": (("MATCH (h:Household) RETURN count(h) AS n", {"a": 1}), {"limit": 5}),
    },
    Journeys: {
        "send_events": (([{"event_id": "1"}],), {}),
        "journeys": (("h1",), {}),
        "timeline": (("h1",), {}),
        "journey": (("j1",), {}),
        "funnel": (("s1",), {"limit": 5, "anonymous": True}),
        "channels": ((), {}),
        "name_channel": (("mail", ["flyer"]), {}),
        "send_storms": (([{"storm_id": "s"}],), {}),
        "send_properties": (([{"property_id": "P-1"}],), {}),
        "send_exposures": (([{"property_id": "P-1"}],), {}),
    },
    AttributionEngine: {
        "attribute_journey": (("j1",), {"method": "linear"}),
        "attribute_storm": (("s1",), {"method": "markov", "order": 1}),
        "get_channel_attribution": (("75209", "s1"), {}),
        "transitions": ((), {"order": 2, "storm": "s1"}),
        "begin_run": (("s1",), {"methods": ["markov"], "order": 1}),
        "run": (("r1",), {}),
        "runs": ((), {}),
    },
}
ANSWER: dict[str, Any] = {
    "person_id": "p1", "household_id": None, "identifiers": [], "members": [], "results": [], "changes": [],
    "next": None, "more": False, "queries": [], "runs": [], "households": [], "sources": [], "entries": [],
}  # fmt: skip


def template(request: httpx.Request) -> tuple[str, str]:
    """The route that a request takes: the most literal one that fits."""
    path = request.url.raw_path.decode().partition("?")[0]
    fitting = [
        each for method, each in ROUTES
        if method == request.method and re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(each)), path)
    ]  # fmt: skip
    assert fitting, f"{request.method} {path} is no route"
    return request.method, min(fitting, key=lambda each: each.count("{"))


def assert_taken(request: httpx.Request, route: tuple[str, str]) -> None:
    """Every parameter, header and field that was sent is one that the route declares."""
    said = OPENAPI["paths"][route[1]][route[0].lower()]
    declared = {(one["in"], one["name"]) for one in said.get("parameters", [])}
    assert {("query", name) for name in request.url.params} <= declared, route
    assert "idempotency-key" not in request.headers or ("header", "Idempotency-Key") in declared, route
    if request.content:
        assert "requestBody" in said, route
        schema = said["requestBody"]["content"]["application/json"]["schema"]
        ref = schema.get("$ref") or schema["anyOf"][0]["$ref"]
        fields = OPENAPI["components"]["schemas"][ref.rpartition("/")[2]]
        body = json.loads(request.content)
        assert body.keys() <= fields["properties"].keys(), route
        assert set(fields.get("required", ())) <= body.keys(), route


def test_there_is_a_method_for_every_route_and_each_sends_what_its_route_takes() -> None:
    taken: set[tuple[str, str]] = set()

    def answer(request: httpx.Request) -> httpx.Response:
        route = template(request)
        taken.add(route)
        assert_taken(request, route)
        return httpx.Response(200, json=ANSWER)

    for kind, calls in CALLS.items():
        own = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}
        asked = {*calls, *CALLS[IdentityGraph]} if kind is not IdentityGraph else set(calls)
        assert own - {"close"} <= asked, f"{kind.__name__}: not tried"
        with kind("http://stormgraph", "k", transport=httpx.MockTransport(answer)) as client:
            for name, (args, named) in calls.items():
                result = getattr(client, name)(*args, **named)
                assert list(result) is not None if inspect.isgenerator(result) else result is not None
    assert taken == ROUTES


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long clients would have waited between two tries."""
    waited: list[float] = []
    monkeypatch.setattr(connection, "sleep", waited.append)
    return waited


def problem(status: int, name: str, **headers: str) -> httpx.Response:
    kind = {"content-type": "application/problem+json", **{key.replace("_", "-"): one for key, one in headers.items()}}
    return httpx.Response(status, content=json.dumps({"name": name, "status": status}), headers=kind)


def client_of(*answers: httpx.Response, kind: type[Connection] = IdentityGraph) -> tuple[Any, list[httpx.Request]]:
    left, seen = list(answers), []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return left.pop(0) if left else httpx.Response(200, json=ANSWER)

    return kind("http://stormgraph", "k", transport=httpx.MockTransport(answer)), seen


def test_what_may_be_sent_twice_is_tried_again_after_as_long_as_was_said(waits: list[float]) -> None:
    away, busy = problem(503, "engine_unavailable", retry_after="2"), problem(429, "too_many_requests", retry_after="7")
    people, seen = client_of(away, busy, problem(503, "conflict"))
    assert people.person("p1")["person_id"] == "p1"
    assert len(seen) == 4
    assert waits[:2] == [2, 7]
    assert 0 < waits[2] < 1


def test_a_write_keeps_its_idempotency_key_over_all_tries(waits: list[float]) -> None:
    people, seen = client_of(problem(503, "engine_unavailable"), problem(409, "in_progress", retry_after="1"))
    people.merge_identities("a", "b")
    people.merge_identities("a", "b", once="mine")
    sent = [one.headers["idempotency-key"] for one in seen]
    assert sent[0] == sent[1] == sent[2] != sent[3] == "mine"


def test_a_replayed_run_is_known_by_its_id() -> None:
    engine, seen = client_of(
        httpx.Response(200, json={"replayed": True, "status": 200, "id": "r1"}), kind=AttributionEngine
    )
    assert engine.begin_run("s1")["run_id"] == "r1"
    assert seen[0].headers["idempotency-key"]


def test_who_is_refused_is_told_at_once_and_patience_has_an_end(waits: list[float]) -> None:
    people, seen = client_of(problem(409, "stale"))
    with pytest.raises(NotDone):
        people.merge_identities("a", "b")
    assert (len(seen), waits) == (1, [])
    people, seen = client_of(*(problem(429, "too_many_requests", retry_after="3600") for _ in range(9)))
    with pytest.raises(TooMany) as refusal:
        people.person("p1")
    assert (len(seen), refusal.value.retry_after) == (4, 3600)
    assert max(waits) <= 30
