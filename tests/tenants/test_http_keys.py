"""Keys at the door: who gets in, for how long, and that nothing of a key is kept or logged."""

import asyncio

import pytest
import structlog

from graph_service import auth
from graph_service.auth import KeyRing
from graph_service.errors import BadInput, EngineUnavailable, NotFound, Refused, Unauthorised
from graph_service.graph import migrations
from graph_service.tenants import service as tenants
from tests.doors import EMAIL, Door, door, home

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine
PERSON = "/v1/persons/ann"
CONTROL = "MATCH (n) WHERE n.tenant = $t AND (n:Tenant OR n:ApiKey) RETURN properties(n) AS kept"


async def test_a_key_opens_its_own_tenant_only(door: Door, home: str) -> None:
    other = await door.tenant(empty=True)
    assert (await door.ask("GET", PERSON, await door.key(home))).status_code == 200
    assert (await door.ask("GET", PERSON, await door.key(other))).status_code == 404


async def test_unknown_wrong_and_foreign_keys_are_refused_alike(door: Door, home: str) -> None:
    good = (await door.key(home))["Authorization"]
    kind, _, token = good.partition(" ")
    other = await door.tenant(empty=True)
    wrong = ["", "Basic YTpi", "Bearer", "Bearer x", good[:-1], good + "a", token, good.replace(home, other)]
    unknown = "_".join([*good.split("_")[:2], "zzzzzzzzzz", good.split("_")[3]])
    details = set()
    for text in (*wrong, unknown, f"{kind} sg_nobody_k_s", f"{kind} sg_a/b_k_s"):
        answer = await door.ask("GET", PERSON, {"Authorization": text})
        assert answer.status_code == 401, text
        assert answer.headers["www-authenticate"] == "Bearer"
        details.add(answer.json()["detail"])
    assert len(details) == 1


async def test_a_key_does_what_its_scopes_say(door: Door, home: str) -> None:
    key = await door.key(home, "graph:query")
    refused = await door.ask("GET", PERSON, key)
    assert (refused.status_code, refused.json()["name"]) == (403, "forbidden")
    assert (await door.ask("GET", "/v1/queries", key)).status_code == 200


async def test_a_revoked_key_opens_nothing_once_the_ring_has_forgotten_it(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auth, "KEPT_SECONDS", 0.05)
    slug = await door.tenant()
    made = await tenants.add_key(door.store, slug, scopes=["identity:read"])
    headers = {"Authorization": f"Bearer {made.token}"}
    assert (await door.ask("GET", PERSON, headers)).status_code == 200
    first = await tenants.revoke_key(door.store, slug, made.key_id)
    await asyncio.sleep(0.1)
    assert (await door.ask("GET", PERSON, headers)).status_code == 401
    assert await tenants.revoke_key(door.store, slug, made.key_id) == first
    assert [key.revoked_at is not None for key in await tenants.list_keys(door.store, slug)] == [True]


def counting(door: Door) -> tuple[KeyRing, list[object]]:
    """A ring of keys, and what it asked the graph."""
    ring, asked = KeyRing(door.store), list[object]()
    read_one = door.store.read_one

    async def counted(*args: object, **params: object) -> object:
        asked.append(args)
        return await read_one(*args, **params)  # type: ignore[arg-type]

    ring._store = type("Counted", (), {"read_one": staticmethod(counted), "settings": door.store.settings})()
    return ring, asked


async def test_a_crowd_with_one_key_asks_the_graph_once(door: Door, home: str) -> None:
    token = (await door.key(home))["Authorization"].split()[1]
    ring, asked = counting(door)
    callers = await asyncio.gather(*(ring.verify(token) for _ in range(50)))
    assert {caller.tenant for caller in callers} == {home}
    assert len(asked) == 1


async def test_a_wrong_secret_is_looked_up_like_an_unknown_key(door: Door, home: str) -> None:
    token = (await door.key(home))["Authorization"].split()[1]
    ring, asked = counting(door)
    await ring.verify(token)
    unknown = "_".join([*token.split("_")[:2], "zzzzzzzzzz", token.split("_")[3]])
    for wrong in (token[:-1] + ("a" if token[-1] != "a" else "b"), unknown):
        before = len(asked)
        with pytest.raises(Unauthorised):
            await ring.verify(wrong)
        assert len(asked) == before + 1  # else the time of the refusal would tell which ids there are
    before = len(asked)
    await ring.verify(token)
    assert len(asked) == before


async def test_the_graph_keeps_no_key(door: Door, home: str) -> None:
    token = (await door.key(home))["Authorization"].split()[1]
    engine = door.engine
    rows = (await engine.driver.execute_query(CONTROL, {"t": home}, database_=engine.control_database)).records
    assert rows
    assert token.split("_")[3] not in str(rows)


async def test_a_tenant_is_added_once(door: Door) -> None:
    slug = await door.tenant()
    again = await tenants.add(door.store, slug, name="Acme Roofing")
    assert again.name == "Acme Roofing"
    assert (await tenants.add(door.store, slug)).model_dump() == again.model_dump()
    assert [tenant.tenant for tenant in await tenants.listed(door.store)].count(slug) == 1
    assert (await door.ask("GET", PERSON, await door.key(slug))).status_code == 200, "its graph is still there"


async def test_what_is_no_tenant_is_refused(door: Door, home: str) -> None:
    for slug in ("", "A", "a_b", "-a", "a/b", "x" * 33):
        with pytest.raises(BadInput):
            await tenants.add(door.store, slug)
    with pytest.raises(NotFound, match="tenants add"):
        await tenants.add_key(door.store, "nobody-here", scopes=["admin"])
    with pytest.raises(NotFound, match="keys list"):
        await tenants.revoke_key(door.store, home, "nokey")
    with pytest.raises(BadInput, match="choose from"):
        await tenants.add_key(door.store, home, scopes=["everything"])


async def test_the_log_names_the_route_and_never_who_was_asked_for(door: Door, home: str) -> None:
    key = await door.key(home)
    with structlog.testing.capture_logs() as lines:
        await door.ask("GET", f"/v1/identity/email:{EMAIL}", key)
        await door.ask("GET", f"/nowhere/{EMAIL}", key)
        await door.ask("POST", "/v1/identity/resolve", key, {"identifiers": [{"kind": EMAIL, "value": EMAIL}]})
    requests = [line for line in lines if line["event"] == "request"]
    assert [line["route"] for line in requests] == ["/v1/identity/{identifier}", "unknown", "/v1/identity/resolve"]
    assert requests[0]["tenant"] == home
    assert EMAIL not in str(lines)
    assert key["Authorization"].split("_")[3] not in str(lines)


async def test_what_nobody_expected_is_answered_without_its_text(
    door: Door, home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise KeyError(EMAIL)

    monkeypatch.setattr(door.app.state.store, "read_one", broken)
    with structlog.testing.capture_logs() as lines:
        # The ring asks the same store, so it is told beforehand.
        monkeypatch.setattr(door.app.state.key_ring, "verify", _always(home))
        answer = await door.ask("GET", PERSON, {"Authorization": "Bearer any"})
    assert (answer.status_code, answer.json()["name"]) == (500, "service_error")
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert EMAIL not in answer.text + str(lines)
    assert any(line["event"] == "request_failed" and line["error"] == "KeyError" for line in lines)


async def test_an_engine_that_is_away_is_said_to_be_so(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await door.ask("GET", "/readyz", {})).json() == {"status": "ready"}

    async def away() -> None:
        raise EngineUnavailable("The graph engine does not answer.")

    monkeypatch.setattr(door.app.state.store.engine, "ping", away)
    answer = await door.ask("GET", "/readyz", {})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
    assert (await door.ask("GET", "/healthz", {})).status_code == 200


async def test_only_the_embedded_engine_brings_itself_up_to_date(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    async def behind(*_: object) -> list[str]:
        return ["V9999__tomorrow.cypher"]

    monkeypatch.setattr(migrations, "pending", behind)
    if door.engine.name == "embedded":
        await tenants.prepare(door.store)
    else:
        with pytest.raises(Refused, match=r"V9999__tomorrow\.cypher.*stormgraph migrate"):
            await tenants.prepare(door.store)


def _always(tenant: str) -> object:
    async def verify(_: str) -> auth.Caller:
        return auth.Caller(tenant, frozenset({"identity:read"}), "k")

    return verify
