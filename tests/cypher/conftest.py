"""How to choose: `stage` when a test needs graphs of its own making and library queries on them."""

from collections.abc import AsyncIterator

import pytest_asyncio

from graph_service.graph.engines import Engine
from graph_service.settings import Settings
from tests.cypher.stage import Stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(engine: Engine) -> AsyncIterator[Stage]:
    """The stage on each engine in turn; the database stays for the whole run."""
    yield await Stage.on(engine, "stage", Settings())
