"""Tests of the seam itself get a tenant that nobody used before."""

from collections.abc import AsyncIterator

import pytest_asyncio

from graph_service.graph.engines import Engine
from tests.ground import lent


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(engine: Engine) -> AsyncIterator[str]:
    """A tenant that no other test knows, with its database made and migrated."""
    async with lent(engine) as slug:
        yield slug
