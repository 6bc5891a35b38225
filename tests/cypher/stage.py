"""The stage: a store on which every tenant lives in one database, so that nothing but keys keeps tenants apart."""

import itertools
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import neo4j

from graph_service.graph import library, migrations
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.settings import Settings

NODES = "MATCH (n) WHERE n.tenant = $t RETURN labels(n) AS labels, properties(n) AS properties"
EDGES = """MATCH (a)-[e]->(b) WHERE a.tenant = $t
RETURN a.key AS start, type(e) AS type, properties(e) AS properties, b.key AS finish"""
STRAYS = """MATCH (n) WHERE n.key STARTS WITH $t + '/' AND coalesce(n.tenant, '') <> $t
RETURN n.key AS key ORDER BY key"""
LEAVE = "MATCH (n) WHERE n.tenant IN $tenants DETACH DELETE n"
CONTROL = "MATCH (n) WHERE n:Control OR n:Tenant OR n:ApiKey"


class OneDatabase:
    """An engine whose tenants all share one database; every other word is the engine's own."""

    def __init__(self, engine: Engine, database: str | None) -> None:
        self._engine, self.control_database = engine, database

    def database_of(self, tenant: str) -> str | None:
        """The one database, whoever asks."""
        return self.control_database

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@dataclass
class Stage:
    """Where stories are told: graphs come on, queries are asked, tenants leave."""

    engine: OneDatabase
    store: Store
    home: str
    shown: dict[tuple[str, ...], str] = field(default_factory=dict)
    _run: str = field(default_factory=lambda: secrets.token_hex(3))
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @classmethod
    async def on(cls, engine: Engine, home: str, settings: Settings) -> Self:
        """Build the stage in the database of the tenant `home`, which is made and migrated for it."""
        await engine.create_tenant_database(home)
        await migrations.apply(engine, engine.database_of(home))
        shared = OneDatabase(engine, engine.database_of(home))
        brief = settings.model_copy(update={"retry_seconds": 1.0})  # a conflict that is a story's point never ends
        return cls(shared, Store(shared, library.load(), brief), home)  # type: ignore[arg-type]

    def newcomer(self) -> str:
        """A tenant that nobody has used yet."""
        return f"stage-{self._run}-{next(self._numbers)}"

    async def ask(self, statement: str, **params: Any) -> list[dict[str, Any]]:
        """Run one statement of a test's own."""
        driver: neo4j.AsyncDriver = self.engine.driver
        async with (
            driver.session(database=self.engine.control_database) as session,
            await session.begin_transaction() as transaction,  # all or nothing, and fast, on every engine
        ):
            result = await transaction.run(statement, params)  # type: ignore[arg-type]
            columns = result.keys()
            answer = [dict(zip(columns, record.values(), strict=True)) async for record in result]
            await transaction.commit()
            return answer

    async def load(self, given: Iterable[str], tenant: str) -> None:
        """Bring a graph on for one tenant; its statements say `$t` for the tenant."""
        for statement in given:
            await self.ask(statement, t=tenant)

    async def show(self, given: tuple[str, ...]) -> str:
        """The tenant that holds this graph for reading, and a neighbour with the same own ids beside it."""
        if given not in self.shown:
            self.shown[given] = self.newcomer()
            for tenant in (self.shown[given], self.newcomer()):
                await self.load(given, tenant)
        return self.shown[given]

    async def snapshot(self, tenant: str) -> dict[str, list[str]]:
        """All that a tenant holds, in an order of its own, so that two snapshots can be compared."""
        nodes = [_fixed((sorted(row["labels"]), row["properties"])) for row in await self.ask(NODES, t=tenant)]
        edges = [_fixed(tuple(row.values())) for row in await self.ask(EDGES, t=tenant)]
        return {"nodes": sorted(nodes), "edges": sorted(edges)}

    async def strays(self, tenant: str) -> list[dict[str, Any]]:
        """Nodes whose key is the tenant's, but who do not say so."""
        return await self.ask(STRAYS, t=tenant)

    async def leave(self, *tenants: str) -> None:
        """Take tenants off the stage."""
        await self.ask(LEAVE, tenants=list(tenants))

    async def strike(self, *tenants: str) -> None:
        """Take the stage down with the tenants on it; a database of its own goes as a whole, which is much faster."""
        if self.engine.isolation == "property":
            await self.leave(*tenants)
        await self.engine.drop_tenant_database(self.home)

    async def set_control_aside(self) -> list[dict[str, Any]]:
        """Take the control data of everybody else off the stage; `put_control_back` brings it again."""
        aside = await self.ask(f"{CONTROL} RETURN labels(n) AS labels, properties(n) AS properties")
        await self.ask(f"{CONTROL} DETACH DELETE n")
        return aside

    async def put_control_back(self, aside: Sequence[dict[str, Any]]) -> None:
        """Bring back what `set_control_aside` took off."""
        await self.ask(f"{CONTROL} DETACH DELETE n")
        for node in aside:
            await self.ask(f"CREATE (n:{':'.join(node['labels'])}) SET n = $properties", properties=node["properties"])


def _fixed(value: Any) -> str:
    if isinstance(value, dict):
        return repr(sorted((key, _fixed(each)) for key, each in value.items()))
    return repr([_fixed(each) for each in value]) if isinstance(value, list | tuple) else repr(value)
