"""The Python client against a real server: the promised methods, and problems as exceptions."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
import pytest_asyncio
import uvicorn

from graph_service.app import create_app
from graph_service.client import (
    IdentityGraph,
    NotAllowed,
    NotKnown,
    NotUsable,
    StormGraphError,
    Unavailable,
    connection,
)
from tests.doors import ADDRESS, EMAIL, LANDLINE, Door, door, home

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine


@pytest.fixture(autouse=True)
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long clients would have waited between two tries."""
    waited: list[float] = []
    monkeypatch.setattr(connection, "sleep", waited.append)
    return waited


@dataclass
class Served:
    """A server that listens, and a key to it."""

    url: str
    key: str
    spare: str  # a key to a tenant of its own, for tests that write


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def served(door: Door, home: str) -> AsyncIterator[Served]:
    """The service on a port of its own, in a thread with its own event loop."""
    app = create_app(door.engine.settings)  # type: ignore[attr-defined]
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    assert server.started
    port = server.servers[0].sockets[0].getsockname()[1]
    key = (await door.key(home)).get("Authorization", "").removeprefix("Bearer ")
    spare = (await door.key(await door.tenant()))["Authorization"].removeprefix("Bearer ")
    yield Served(f"http://127.0.0.1:{port}", key, spare)
    server.should_exit = True
    await asyncio.to_thread(thread.join, 30)


def test_the_three_promised_methods(served: Served) -> None:
    with IdentityGraph(served.url, served.key) as people:
        assert people.resolve_identity(f"email:{EMAIL}")["person_id"] == "maya"
        assert people.resolve_identity("address:14 Elm St, 75209")["household_id"] == "hendersons"
        together = people.resolve(ga4_cookie=None, phone=LANDLINE, address=ADDRESS, email="hendersons@example.com")
        assert (together["person_id"], len(together["evidence"])) == ("ann", 3)
        profile = people.get_profile("bob")
        assert (profile["person_id"], profile["requested_id"]) == ("robert-sr", "bob")
        assert LANDLINE in {one["value"] for one in profile["identifiers"]}
        assert len(profile["household"]["members"]) == 3


def test_a_ga4_cookie_is_a_cookie_id(served: Served) -> None:
    with IdentityGraph(served.url, served.key) as people:
        evidence = people.resolve(ga4_cookie="GA1.2.77")["evidence"]
    assert [(one["kind"], one["found"]) for one in evidence] == [("cookie_id", False)]


def test_problems_are_exceptions_that_carry_the_document(served: Served) -> None:
    with IdentityGraph(served.url, served.key) as people:
        with pytest.raises(NotKnown) as unknown:
            people.get_profile("no/body")
        assert (unknown.value.name, unknown.value.status) == ("not_found", 404)
        assert unknown.value.problem["request_id"]
        with pytest.raises(NotKnown):
            people.resolve_identity("email:nobody@example.org")
        with pytest.raises(NotUsable, match="kind of identifier"):
            people.resolve(shoe="44")
        with pytest.raises(NotUsable):
            people.resolve(email=None)
    with IdentityGraph(served.url, "sg_nobody_k_s") as stranger, pytest.raises(NotAllowed, match="API key"):
        stranger.resolve_identity(f"email:{EMAIL}")


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with IdentityGraph("http://127.0.0.1:9", "k") as people, pytest.raises(Unavailable, match="unreachable"):
        people.get_profile("ann")


@pytest.mark.parametrize(("status", "error"), [(503, Unavailable), (504, Unavailable), (500, StormGraphError)])
def test_what_is_no_problem_document_is_an_error_too(status: int, error: type[StormGraphError]) -> None:
    answer = httpx.MockTransport(lambda _: httpx.Response(status, html="<h1>proxy</h1>", headers={"retry-after": "3"}))
    with IdentityGraph("http://proxy", "k", transport=answer) as people, pytest.raises(error) as raised:
        people.get_profile("ann")
    assert raised.value.status == status
    assert not isinstance(raised.value, Unavailable) or raised.value.retry_after == 3


def test_a_write_by_hand_is_done_once_though_its_answer_was_lost(served: Served, waits: list[float]) -> None:
    lost = 0

    class Lossy(httpx.HTTPTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            nonlocal lost
            answer = super().handle_request(request)
            if request.method == "POST" and not lost:
                lost += 1
                raise httpx.ReadError("reset")
            return answer

    with IdentityGraph(served.url, served.spare, transport=Lossy()) as people:
        done = people.judge("crm/8", "crm/9", same=False, reason="roommates")
        told = [one for one in people.every_change() if one["reason"] == "roommates"]
    assert (lost, len(waits), done["replayed"]) == (1, 1, True)
    assert done["change_id"] in {one["change_id"] for one in told}
    assert len({one["judgement_id"] for one in told}) == 1


def test_lists_are_read_to_their_end(served: Served) -> None:
    with IdentityGraph(served.url, served.key) as people:
        listed = [one["household_id"] for one in people.households(kind="family", limit=1)]
        assert listed == ["hendersons", "lopez"]
        assert [one["source"] for one in people.sources()] == ["calls", "crm", "web"]
        assert len(list(people.quarantine())) == 3
