"""How to choose: `engine` runs a test on every engine in turn, `embedded_engine` and `neo4j_engine` on one of them;
`tenant` is a tenant on `engine` that holds nothing, `store` the store it is in; what a test left goes away after."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pydantic import SecretStr
from xdist.remote import Producer

from graph_service.graph import embedded
from graph_service.graph.engines import EmbeddedEngine, Engine, engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings
from tests.engine_fixtures import NoServer, Server, ended_with_us, neo4j_server
from tests.ground import emptied, lent, store_on
from tests.scheduling import ByEngine

# How long an example takes is the machine's affair: a busy one failed tests that had nothing wrong.
hypothesis_settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("unhurried")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByEngine:
    """How the tests are dealt to the workers of `make test`, whatever --dist says."""
    return ByEngine(config, log)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def embedded_engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """The embedded engine on a data folder of this test run."""
    settings = Settings(graph_url="embedded:", data_dir=tmp_path_factory.mktemp("embedded"), engine_heap="1g")
    engine = EmbeddedEngine(settings)
    await engine.open()
    with ended_with_us(engine.state.pid):
        yield engine
        await engine.close()
        await asyncio.to_thread(embedded.stop, settings)


@pytest.fixture(scope="session")
def neo4j_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A real Neo4j; without one the tests are skipped, or fail where STORMGRAPH_TEST_NEO4J=required."""
    home: Path = tmp_path_factory.mktemp("neo4j")
    try:
        with neo4j_server(home) as server:
            yield server
    except NoServer as missing:
        if os.environ.get("STORMGRAPH_TEST_NEO4J") == "required":
            pytest.fail(f"A Neo4j is required: {missing}", pytrace=False)
        pytest.skip(f"no Neo4j: {missing}")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def neo4j_engine(neo4j_address: Server, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Engine]:
    """A Neo4j server, as an operator would connect it."""
    settings = Settings(
        graph_url=neo4j_address.url,
        graph_user=neo4j_address.user,
        graph_password=SecretStr(neo4j_address.password),
        data_dir=tmp_path_factory.mktemp("beside-neo4j"),
    )
    engine = engine_for(settings)
    await engine.open()
    yield engine
    await engine.close()


@pytest.fixture(scope="session", params=["embedded", "neo4j"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine we run on, in turn."""
    chosen: Engine = request.getfixturevalue(f"{request.param}_engine")
    return chosen


@pytest.fixture(scope="session", params=["neo4j and embedded"])
def both_engines(embedded_engine: Engine, neo4j_engine: Engine) -> tuple[Engine, Engine]:
    """For a test that needs both at once: embedded, Neo4j."""
    return embedded_engine, neo4j_engine


@pytest.fixture
def store(engine: Engine) -> Store:
    """The store on each engine in turn."""
    return store_on(engine)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lot(engine: Engine) -> AsyncIterator[str]:
    """The tenant that a module's tests use one after the other."""
    async with lent(engine) as slug:
        yield slug


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(store: Store, lot: str) -> AsyncIterator[str]:
    """A tenant that holds nothing."""
    yield lot
    await emptied(store, lot)
