"""The engine is away, slow, or cut off within an answer: told in time, recovered from, and nothing applied twice."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
import pytest_asyncio

from graph_service import app as application
from graph_service.graph.engines import Engine
from graph_service.tenants import model
from graph_service.tenants import service as tenants
from tests.ground import asked, store_on
from tests.hostile.proxy import Proxy, behind, bolt_port

pytestmark = pytest.mark.engine
FORGET = "MATCH (n) WHERE n.tenant = $t DETACH DELETE n"
PATIENCE = 8.0  # seconds: the limits are 1 for a read, 2 for a write, 5 for a connection; a loaded machine adds to them


class Storm:
    """A service whose engine is behind the proxy, a tenant on it, and what was told to it."""

    def __init__(self, proxy: Proxy, http: httpx.AsyncClient, key: dict[str, str]) -> None:
        self.proxy, self.http, self.key = proxy, http, key
        self.told: dict[str, str] = {}

    async def say(self, number: int) -> httpx.Response:
        """One row, the same however often it is sent."""
        record = {"record_id": f"r{number}", "full_name": f"Ann B{number}", "email": f"a{number}@bell.com"}
        return await self.http.post("/v1/records", headers=self.key, json={"source": "crm", "records": [record]})

    async def ask(self, number: int) -> httpx.Response:
        """Who is behind an e-mail address?"""
        body = {"identifiers": [{"kind": "email", "value": f"a{number}@bell.com"}]}
        return await self.http.post("/v1/identity/resolve", headers=self.key, json=body)


@asynccontextmanager
async def in_the_storm(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Storm, str]]:
    """The service on that engine, behind a proxy."""
    store, slug = store_on(engine), f"storm-{secrets.token_hex(4)}"
    await tenants.add(store, slug)
    proxy = Proxy(bolt_port(engine))
    await proxy.start()
    reached = behind(engine, proxy)
    monkeypatch.setattr(application, "engine_for", lambda _: reached)
    made = await tenants.add_key(store, slug, scopes=list(model.SCOPES))
    app = application.create_app(reached.settings)  # type: ignore[attr-defined]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://stormgraph", timeout=60) as http,
    ):
        yield Storm(proxy, http, {"Authorization": f"Bearer {made.token}"}), slug
        proxy.heal()
    await proxy.stop()
    await engine.drop_tenant_database(slug)
    await engine.driver.execute_query(FORGET, {"t": slug}, database_=engine.control_database)


@pytest_asyncio.fixture(loop_scope="session")
async def storm(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Storm, str]]:
    """A service that has answered once."""
    async with in_the_storm(engine, monkeypatch) as (one, slug):
        await recovered(one, 0)
        yield one, slug


async def weathered(storm: Storm, rounds: int, seed: int = 7) -> None:
    """Faults of every kind, a row and a question in each, and again when it is over."""
    dice, clock = random.Random(seed), asyncio.get_running_loop().time
    for number in range(1, rounds + 1):
        storm.proxy.strike(("away", "slow", "cut")[number % 3], spare=dice.randrange(3_000))
        for act in (storm.ask, storm.say):
            began = clock()
            answer = await act(number)
            assert clock() - began < PATIENCE, (number, storm.proxy.fault, act.__name__)
            if storm.proxy.fault != "cut":  # which may have let the whole answer pass
                assert answer.status_code in {503, 504}, (storm.proxy.fault, answer.text)
            if answer.status_code != 200:
                assert answer.status_code in {503, 504}, answer.text
                assert answer.json()["name"] in {"engine_unavailable", "took_too_long", "conflict"}
                assert int(answer.headers["retry-after"]) >= 1
        storm.proxy.heal()
        await recovered(storm, number)


async def recovered(storm: Storm, number: int) -> None:
    """The service comes back by itself; the row that may or may not have been written is sent again."""
    for _ in range(20):
        answer = await storm.say(number)
        if answer.status_code == 200:
            break
        assert answer.status_code in {503, 504}, answer.text
        await asyncio.sleep(0.1)
    assert answer.status_code == 200, answer.text
    assert (await storm.ask(number)).json()["person_id"]


async def must_be_there_once(engine: Engine, slug: str, rounds: int) -> None:
    """Every row is there once, in its first version, and so is who it describes."""
    store = store_on(engine)
    rows = await asked(
        store,
        slug,
        "MATCH (r:Record {tenant: $t}) OPTIONAL MATCH (r)-[d:DESCRIBES]->(p:Person) "
        "RETURN r.record_id AS row, r.version AS version, count(d) AS described, collect(p.records) AS records",
    )
    assert {row["row"] for row in rows} == {f"r{number}" for number in range(rounds + 1)}
    assert all((row["version"], row["described"], row["records"]) == (1, 1, [1]) for row in rows), rows
    edges = await asked(store, slug, "MATCH (r:Record {tenant: $t})-[h:HAS]->(i) RETURN r.key AS r, i.key AS i")
    assert len({(edge["r"], edge["i"]) for edge in edges}) == len(edges) == rounds + 1


async def test_a_short_storm(engine: Engine, storm: tuple[Storm, str]) -> None:
    await weathered(storm[0], 3)
    await must_be_there_once(engine, storm[1], 3)


@pytest.mark.siege
async def test_a_long_storm(engine: Engine, storm: tuple[Storm, str]) -> None:
    await weathered(storm[0], 50, seed=11)
    await must_be_there_once(engine, storm[1], 50)
