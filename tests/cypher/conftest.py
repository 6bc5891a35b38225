"""How to choose: `stage` when a test needs graphs of its own making and library queries on them."""

import pytest
import pytest_asyncio

from graph_service.graph.engines import Engine
from graph_service.settings import Settings
from tests.cypher.stage import Stage


@pytest.fixture(scope="session")
def stages() -> dict[str, Stage]:
    """The stages built so far, by engine: making and migrating a database takes longer than most stories."""
    return {}


@pytest_asyncio.fixture(loop_scope="session")
async def stage(engine: Engine, stages: dict[str, Stage]) -> Stage:
    """The stage on each engine in turn."""
    if engine.name not in stages:
        stages[engine.name] = await Stage.on(engine, "stage", Settings())
    return stages[engine.name]
