"""The engines we run on: how each is reached, keeps tenants apart, and lets an analyst in to read."""

import asyncio
import contextlib
import importlib.metadata
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import httpx
import neo4j
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from graph_service import logs
from graph_service.errors import BadInput, EngineUnavailable, Refused, ServiceError
from graph_service.graph import embedded, flight
from graph_service.graph.readers import Readers
from graph_service.settings import Settings

Isolation = Literal["database", "property"]
WATCH_SECONDS = 1.0
SCHEMES = ("neo4j://", "neo4j+s://", "neo4j+ssc://", "bolt://", "bolt+s://", "bolt+ssc://")
LOOPBACK = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # plain HTTP needs none; reading one costs more than a request
log = logs.get("graph")


@dataclass(frozen=True)
class Login:
    """How an analyst connects with a Bolt client."""

    bolt_url: str
    database: str
    user: str
    password: str


class Engine(Protocol):
    """A graph engine that speaks Bolt and Cypher."""

    name: str
    dialect: str
    control_database: str | None

    @property
    def isolation(self) -> Isolation:
        """Does every tenant have a database of its own, or only a property on its nodes?"""

    @property
    def driver(self) -> neo4j.AsyncDriver:
        """The one driver of this process; there is none before `open`."""

    def sync_driver(self) -> neo4j.Driver:
        """A driver for tools that are not async; the caller closes it."""

    async def open(self) -> None:
        """Connect (the embedded engine is started where it does not run). Raises EngineUnavailable."""

    async def close(self) -> None:
        """Let the connections go; an engine that others may use stays."""

    async def ping(self) -> None:
        """Does the engine answer? Raises EngineUnavailable."""

    def database_of(self, tenant: str) -> str | None:
        """The database that holds a tenant's graph."""

    async def create_tenant_database(self, tenant: str) -> None:
        """Make a place for a tenant's graph, unless there is one."""

    async def drop_tenant_database(self, tenant: str) -> None:
        """Delete a tenant's graph with all that belongs to it; nothing happens if there is none."""

    async def declare_keys(self, database: str | None) -> None:
        """Tell the engine what it does not infer from the migrations; done after them, again changes nothing."""

    async def shred(self, database: str | None) -> None:
        """Overwrite what deleted nodes left in the engine's files. Raises Refused where only an operator can."""

    async def reader_login(self, tenant: str) -> Login:
        """A database user that reads this tenant's graph and nothing else. Raises Refused where that cannot be."""

    async def asker(self, tenant: str, number: int) -> neo4j.AsyncDriver | None:
        """A connection as such a user, for a statement that we ask for an analyst; None where there are no such users.

        The caller closes it: a connection that changes its user keeps its old database on the embedded engine.
        """

    def forget_askers(self, tenant: str) -> None:
        """Make those users anew when they are next needed."""

    async def stop_asker(self, tenant: str, asker: int) -> None:
        """End what the engine still works on for that user."""


def engine_for(settings: Settings) -> Engine:
    """The engine that the settings name. Raises BadInput on an address that is none."""
    if settings.graph_url == "embedded:":
        return EmbeddedEngine(settings)
    if not settings.graph_url.startswith(SCHEMES):
        raise BadInput(f"STORMGRAPH_GRAPH_URL is {settings.graph_url!r}: use embedded: or one of {', '.join(SCHEMES)}.")
    if settings.graph_password is None:
        raise BadInput("Set STORMGRAPH_GRAPH_PASSWORD, the password of STORMGRAPH_GRAPH_USER on that server.")
    return Neo4jEngine(settings)


class _Bolt:
    """What both engines share: the driver."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._driver: neo4j.AsyncDriver | None = None

    @property
    def driver(self) -> neo4j.AsyncDriver:
        if self._driver is None:
            raise ServiceError("The engine is used before it was opened.")
        return self._driver

    async def close(self) -> None:
        driver, self._driver = self._driver, None
        if driver:
            await driver.close()

    def _connect(self, url: str, user: str, password: str) -> None:
        self._driver = neo4j.AsyncGraphDatabase.driver(url, auth=(user, password), **self._options())

    def _options(self) -> dict[str, Any]:
        return {
            "user_agent": f"stormgraph/{importlib.metadata.version('stormgraph')}",
            "telemetry_disabled": True,
            "notifications_min_severity": "OFF",  # they cost bytes and time on every answer
            "max_connection_pool_size": self.settings.pool_size,
            "connection_timeout": 5,
            "connection_acquisition_timeout": flight.ACQUIRE_SECONDS,
            "max_connection_lifetime": 3600,
            "liveness_check_timeout": 30,  # after a quiet half minute a connection is tried before it is trusted
        }

    async def ping(self) -> None:
        try:
            await self.driver.verify_connectivity()
        except (DriverError, Neo4jError, OSError) as error:
            raise EngineUnavailable(f"The graph engine does not answer ({type(error).__name__}).") from error


class EmbeddedEngine(_Bolt):
    """ArcadeDB as a process of its own: a database per tenant, readers are database users."""

    name = "embedded"
    dialect = "embedded"
    isolation: Isolation = "database"
    control_database: str | None = "control"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._state: embedded.EngineState | None = None
        self._watch: asyncio.Task[None] | None = None
        self._readers = Readers(self._home(), self._admin)

    async def open(self) -> None:
        await self._reach()
        await self._make("control")
        self._watch = asyncio.create_task(self._bring_back())

    async def close(self) -> None:
        if self._watch:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        await super().close()

    def sync_driver(self) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.state.bolt_url, auth=self._root(), **self._options())

    @property
    def state(self) -> embedded.EngineState:
        """The process we are connected to."""
        if self._state is None:
            raise ServiceError("The engine is used before it was opened.")
        return self._state

    def database_of(self, tenant: str) -> str | None:
        return "t_" + tenant.replace("-", "_")  # slugs have no underscore: two tenants never share a name

    async def create_tenant_database(self, tenant: str) -> None:
        await self._make(self.database_of(tenant))

    async def drop_tenant_database(self, tenant: str) -> None:
        name = str(self.database_of(tenant))
        if await self._exists(name):
            await self._admin("POST", "/server", {"command": f"drop database {name}"})
        await self._readers.drop(name)

    async def reader_login(self, tenant: str) -> Login:
        name = str(self.database_of(tenant))
        if not await self._exists(name):
            raise Refused(f"There is no tenant {tenant}: `stormgraph tenants add {tenant}` makes one.")
        user = f"{name}_reader"
        return Login(self.state.bolt_url, name, user, await self._readers.make(name, user))

    async def asker(self, tenant: str, number: int) -> neo4j.AsyncDriver | None:
        login = await self._readers.asker(str(self.database_of(tenant)), number)
        options = {**self._options(), "max_connection_pool_size": 1}
        return neo4j.AsyncGraphDatabase.driver(self.state.bolt_url, auth=login, **options)

    def forget_askers(self, tenant: str) -> None:
        self._readers.forget(str(self.database_of(tenant)))

    async def stop_asker(self, tenant: str, asker: int) -> None:
        await self._readers.stop(str(self.database_of(tenant)), asker)

    async def declare_keys(self, database: str | None) -> None:
        """Declare indexed properties as strings: only then are `ORDER BY n.key LIMIT` pages served in index order."""
        kept = await self._sql(database, "SELECT name, indexes FROM schema:types WHERE type = 'vertex'")
        for label in kept:
            for index in label["indexes"]:
                for name in index["properties"]:
                    if not label["name"].startswith("__"):
                        await self._sql(database, f"CREATE PROPERTY `{label['name']}`.`{name}` IF NOT EXISTS STRING")

    async def shred(self, database: str | None) -> None:
        """Overwrite deleted pages, build the indexes anew, and close the database, which drops its write-ahead log.

        Nothing should write meanwhile; whoever reads at the moment of closing is answered that the engine is away.
        """
        await self.declare_keys(database)  # an index over an undeclared property is lost when it is built anew
        await self._sql(database, "CHECK DATABASE FIX COMPRESS")
        for label in await self._sql(database, "SELECT name, indexes FROM schema:types WHERE type = 'vertex'"):
            for index in label["indexes"] if not label["name"].startswith("__") else []:
                await self._sql(database, f"REBUILD INDEX `{index['name']}`")
        for verb in ("close", "open"):
            await self._admin("POST", "/server", {"command": f"{verb} database {database}"})

    async def _sql(self, database: str | None, command: str) -> Any:
        return await self._admin("POST", f"/command/{database}", {"language": "sql", "command": command})

    async def _reach(self) -> None:
        """Start or join the engine; it may have come back at another port."""
        state = await asyncio.to_thread(embedded.start, self.settings)
        if self._driver is None or self._state is None or state.bolt_port != self._state.bolt_port:
            await super().close()
            self._connect(state.bolt_url, *self._root())
        self._state = state

    async def _bring_back(self) -> None:
        """Start the engine again when it was killed, not when an operator stopped it."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            embedded.trim_log(self.settings)
            if embedded.status(self.settings) is None and not embedded.was_stopped(self.settings):
                log.warning("engine_lost")
                try:
                    await self._reach()
                except ServiceError as error:
                    log.error("engine_not_back", reason=error.message)

    async def _make(self, name: str | None) -> None:
        if not await self._exists(name):
            await self._admin(
                "POST", "/server", {"command": f"create database {name}"}, already="DatabaseAlreadyExistsException"
            )

    async def _exists(self, name: str | None) -> bool:
        return bool(await self._admin("GET", f"/exists/{name}"))

    async def _admin(self, verb: str, path: str, body: dict[str, Any] | None = None, *, already: str = "") -> Any:
        """One administrative request; the exception named by `already` (`*`: any) means that it is done."""
        try:
            async with httpx.AsyncClient(auth=self._root(), timeout=60, trust_env=False, verify=LOOPBACK) as client:
                answer = await client.request(verb, self.state.http_url + path, json=body)
        except httpx.HTTPError as error:
            raise EngineUnavailable("The embedded engine does not answer.") from error
        if answer.is_success:
            return answer.json().get("result")
        reason = answer.json().get("exception", "").rsplit(".", 1)[-1] if "json" in str(answer.headers) else ""
        if already in {reason, "*"} and already:
            return None
        raise ServiceError(
            f"The embedded engine refused {verb} {path.partition('?')[0]} ({reason or answer.status_code})."
        )

    def _root(self) -> tuple[str, str]:
        return embedded.ROOT, embedded.secret(self._home(), "root")

    def _home(self) -> Path:
        return embedded.folder(self.settings)


class Neo4jEngine(_Bolt):
    """A Neo4j server: Enterprise keeps a database per tenant, Community one database with a property."""

    name = "neo4j"
    dialect = "neo4j"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.control_database: str | None = None
        self._isolation: Isolation | None = None

    @property
    def isolation(self) -> Isolation:
        """Known once the server has told its edition."""
        if self._isolation is None:
            raise ServiceError("The engine is used before it was opened.")
        return self._isolation

    async def open(self) -> None:
        self._connect(self.settings.graph_url, *self._auth())
        try:
            await self._learn()
        except AuthError as error:
            await self.close()
            raise EngineUnavailable(
                "The Neo4j server refuses the login: check STORMGRAPH_GRAPH_USER and STORMGRAPH_GRAPH_PASSWORD."
            ) from error
        except (DriverError, Neo4jError, OSError) as error:
            await self.close()
            raise EngineUnavailable(
                f"No Neo4j server answers at {self.settings.graph_url} (STORMGRAPH_GRAPH_URL): {type(error).__name__}."
            ) from error

    def sync_driver(self) -> neo4j.Driver:
        return neo4j.GraphDatabase.driver(self.settings.graph_url, auth=self._auth(), **self._options())

    def database_of(self, tenant: str) -> str | None:
        return f"t-{tenant}" if self.isolation == "database" else self.control_database

    async def create_tenant_database(self, tenant: str) -> None:
        if self.isolation == "database":
            await self._run("CREATE DATABASE $name IF NOT EXISTS WAIT", "system", name=self.database_of(tenant))

    async def drop_tenant_database(self, tenant: str) -> None:
        if self.isolation == "database":
            await self._run("DROP DATABASE $name IF EXISTS WAIT", "system", name=self.database_of(tenant))
            return
        await self._run(
            "MATCH (n) WHERE n.tenant = $tenant CALL (n) { DETACH DELETE n } IN TRANSACTIONS OF 5000 ROWS",
            self.control_database,
            tenant=tenant,
        )

    async def declare_keys(self, database: str | None) -> None:
        """Neo4j knows what it needs from the migrations."""

    async def shred(self, database: str | None) -> None:
        raise Refused(
            "Neo4j frees deleted pages and overwrites them when it needs them; its transaction logs hold them until "
            "they are pruned. As its operator run `neo4j-admin database copy`, and shorten "
            "db.tx_log.rotation.retention_policy."
        )

    async def reader_login(self, tenant: str) -> Login:
        if self.isolation == "database":
            raise Refused(
                "Users of a Neo4j Enterprise server are its operator's: grant a role MATCH on "
                f"graph `{self.database_of(tenant)}`, and give the analyst a user in that role."
            )
        raise Refused(
            "A read-only login needs isolation by database, and Neo4j Community has one database and no roles. "
            "Use the embedded engine or Neo4j Enterprise; or, as the operator of this server, hand out "
            "STORMGRAPH_GRAPH_USER yourself, knowing that this login can write and sees every tenant."
        )

    async def asker(self, tenant: str, number: int) -> neo4j.AsyncDriver | None:
        return None

    def forget_askers(self, tenant: str) -> None:
        """There are none."""

    async def stop_asker(self, tenant: str, asker: int) -> None:
        """The server ends a transaction when its time is over, or its connection."""

    async def _learn(self) -> None:
        """Which edition is it, and what is its home database called?"""
        rows = await self._run("CALL dbms.components() YIELD edition RETURN edition", None)
        self._isolation = "database" if rows[0]["edition"] == "enterprise" else "property"
        home = await self._run("SHOW HOME DATABASE YIELD name RETURN name", "system")
        self.control_database = home[0]["name"]  # by name: the driver need not ask for it in every session

    async def _run(self, statement: str, database: str | None, **params: Any) -> list[dict[str, Any]]:
        async with self.driver.session(database=database) as session:
            result = await session.run(statement, params)
            return [record.data() async for record in result]

    def _auth(self) -> tuple[str, str]:
        password = self.settings.graph_password
        return self.settings.graph_user, password.get_secret_value() if password else ""
