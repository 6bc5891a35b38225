"""How to choose: `store` and `tenant` for tests that change a graph by hand; `town` fills it with matched families."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from tests.ground import emptied, lent, store_on


@pytest.fixture
def store(engine: Engine) -> Store:
    """The store on each engine in turn."""
    return store_on(engine)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lot(engine: Engine) -> AsyncIterator[str]:
    """The tenant of a module's tests on each engine."""
    async with lent(engine) as slug:
        yield slug


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(store: Store, lot: str) -> AsyncIterator[str]:
    """A tenant that holds nothing."""
    yield lot
    await emptied(store, lot)
