"""The service as its callers meet it: an app on an engine, tenants with the Hendersons' graph, and keys to it."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest_asyncio
from fastapi import FastAPI

from graph_service.app import create_app
from graph_service.graph import library
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.tenants import model
from graph_service.tenants import service as tenants
from tests.cypher.stories import graph

LANDLINE, EMAIL = "+12145552368", "maya@example.com"
ADDRESS = "14 elm st||||75209"
FORGET = "MATCH (n) WHERE n.tenant IN $tenants AND (n:Tenant OR n:ApiKey) DETACH DELETE n"


def hendersons() -> list[str]:
    """The Hendersons with identifiers as the service normalises them: a number that is not set aside for fiction."""
    graphs = ("the_hendersons", "judged_hendersons", "changed_hendersons", "received_hendersons")
    text = "\n".join(map(graph, graphs)).replace("+12145550101", LANDLINE).replace("||dallas|tx|", "||||")
    return [statement for statement in text.split(";\n") if statement.strip().removesuffix(";")]


@dataclass
class Door:
    """One app, and those who knock."""

    engine: Engine
    app: FastAPI
    store: Store
    http: httpx.AsyncClient
    made: list[str] = field(default_factory=list)

    async def tenant(self, *, empty: bool = False) -> str:
        """A new tenant, which holds the Hendersons unless it is to be empty."""
        slug = f"door-{secrets.token_hex(4)}"
        await tenants.add(self.store, slug)
        self.made.append(slug)
        for statement in [] if empty else hendersons():
            async with self.engine.driver.session(database=self.engine.database_of(slug)) as session:
                await session.run(statement.strip().removesuffix(";"), t=slug)  # type: ignore[arg-type]
        return slug

    async def key(self, slug: str, *scopes: str) -> dict[str, str]:
        """The headers of a caller with a new key; without scopes named, one with all of them."""
        made = await tenants.add_key(self.store, slug, scopes=scopes or list(model.SCOPES))
        return {"Authorization": f"Bearer {made.token}"}

    async def ask(self, method: str, path: str, key: dict[str, str], body: Any = None) -> httpx.Response:
        """One request."""
        return await self.http.request(method, path, headers=key, json=body)

    async def leave(self) -> None:
        """Take all tenants away again."""
        for slug in self.made:
            await self.engine.drop_tenant_database(slug)
        await self.engine.driver.execute_query(FORGET, {"tenants": self.made}, database_=self.engine.control_database)


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[Door]:
    """The app on this engine, started as a server would start it."""
    settings = engine.settings  # type: ignore[attr-defined]
    store = Store(engine, library.load(), settings)
    app = create_app(settings)
    await tenants.migrate(store)
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://stormgraph") as http:
            door = Door(engine, app, store, http)
            yield door
            await door.leave()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def door(engine: Engine) -> AsyncIterator[Door]:
    """The service on each engine in turn."""
    async with opened(engine) as one:
        yield one


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home(door: Door) -> str:
    """A tenant that holds the Hendersons, for tests that only read."""
    return await door.tenant()
