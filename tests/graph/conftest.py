"""Tests of the seam itself get a tenant that nobody used before."""

import secrets
from collections.abc import AsyncIterator

import pytest_asyncio

from graph_service.graph import migrations
from graph_service.graph.engines import Engine


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(engine: Engine) -> AsyncIterator[str]:
    """A tenant that no other test knows, with its database made and migrated."""
    slug = f"test-{secrets.token_hex(4)}"
    await engine.create_tenant_database(slug)
    await migrations.apply(engine, engine.database_of(slug))
    yield slug
    await engine.drop_tenant_database(slug)
