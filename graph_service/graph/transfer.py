"""A tenant's whole graph out of an engine and into another: rows, counts, and one hash that does not mind the order.

A row is a node `[label, properties]` or an edge `[type, from label, from key, to label, to key, properties]`. Its
canonical line is JSON with sorted names and typed values; the hash of a graph is the sum of its lines' SHA-256, so that
two engines that keep their nodes in different orders agree.
"""

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any

import neo4j
import orjson
from neo4j.exceptions import DriverError, Neo4jError

from graph_service.errors import BadInput, EngineUnavailable, ServiceError
from graph_service.graph import typed
from graph_service.graph.store import Store, mapped

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
FETCHED = 5_000
BATCH = 2_500  # rows a transaction
# Tenants, keys and requests are the installation's, and not of the graph.
OWN = "n.tenant = $tenant AND NOT n:Tenant AND NOT n:ApiKey AND NOT n:Request"
NODES = f"MATCH (n) WHERE {OWN} RETURN labels(n)[0] AS label, properties(n) AS properties"
EDGES = f"""MATCH (n)-[e]->(b) WHERE {OWN}
RETURN type(e) AS type, labels(n)[0] AS a, n.key AS a_key, labels(b)[0] AS b, b.key AS b_key, properties(e) AS given"""
STONES = "MATCH (n:Tombstone) WHERE n.tenant = $tenant RETURN 'Tombstone' AS label, properties(n) AS properties"
EMPTY = f"MATCH (n) WHERE {OWN} WITH n LIMIT 5000 DETACH DELETE n RETURN count(n) AS gone"
Row = list[Any]


@dataclass
class Tally:
    """How many nodes of a label and edges of a type there are, and the hash of them all."""

    nodes: Counter[str] = field(default_factory=Counter)
    edges: Counter[str] = field(default_factory=Counter)
    total: int = 0

    def add(self, row: Row) -> bytes:
        """Count a row; answers its canonical line."""
        line = orjson.dumps(row, default=typed.written, option=orjson.OPT_SORT_KEYS)
        (self.nodes if len(row) == 2 else self.edges)[row[0]] += 1
        self.total = (self.total + int.from_bytes(hashlib.sha256(line).digest())) % (1 << 256)
        return line

    @property
    def hash(self) -> str:
        """The hash in hex."""
        return f"{self.total:064x}"

    @property
    def size(self) -> int:
        """Nodes and edges."""
        return self.nodes.total() + self.edges.total()


async def rows(store: Store, tenant: str) -> AsyncIterator[list[Row]]:
    """Every node and then every edge of a tenant, some thousands at a time. Raises EngineUnavailable."""
    for statement in (NODES, EDGES):
        async for found in _streamed(store, tenant, statement):
            yield found


async def tombstones(store: Store, tenant: str) -> list[dict[str, Any]]:
    """The properties of every seal of something erased."""
    return [row[1] async for found in _streamed(store, tenant, STONES) for row in found]


async def tally(store: Store, tenant: str) -> Tally:
    """What a tenant's graph holds now."""
    counted = Tally()
    async for found in rows(store, tenant):
        for row in found:
            counted.add(row)
    return counted


class Load:
    """Rows on their way into a tenant's empty graph: nodes first, then edges, in batches of one kind."""

    def __init__(self, store: Store, tenant: str) -> None:
        self._store, self._tenant = store, tenant
        self._waiting: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        self._edges = False

    async def take(self, found: Iterable[Row]) -> None:
        """Take rows; those that fill a batch are written."""
        for row in found:
            if len(row) > 2 and not self._edges:
                await self.flush()
                self._edges = True
            kind, content = _entry(row)
            waiting = self._waiting[kind]
            waiting.append(content)
            if len(waiting) >= BATCH:
                self._waiting[kind] = []
                await self._write(kind, waiting)

    async def flush(self) -> None:
        """Write what waits for its batch to fill."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        for kind, contents in waiting.items():
            await self._write(kind, contents)

    async def _write(self, kind: tuple[str, ...], contents: list[Any]) -> None:
        async def attempt() -> None:
            async with (
                _session(self._store, self._tenant, neo4j.WRITE_ACCESS) as session,
                await session.begin_transaction(timeout=self._store.settings.write_seconds) as transaction,
            ):
                result = await transaction.run(_statement(kind), {"rows": contents})
                written = (await result.single(strict=True))["written"]
                if written != len(contents):
                    raise ServiceError(f"Of {len(contents)} {kind[0]} only {written} found their ends.")
                await transaction.commit()

        await self._store.retried(attempt, self._store.settings.write_seconds)


async def emptied(store: Store, tenant: str) -> None:
    """Take a tenant's graph away, but not its entry nor its keys."""

    async def attempt() -> int:
        async with (
            _session(store, tenant, neo4j.WRITE_ACCESS) as session,
            await session.begin_transaction() as transaction,
        ):
            result = await transaction.run(EMPTY, {"tenant": tenant})
            gone = int((await result.single(strict=True))["gone"])
            await transaction.commit()
            return gone

    while await store.retried(attempt, store.settings.write_seconds):
        pass


async def holds_anything(store: Store, tenant: str) -> bool:
    """Is there a node of this tenant, besides its entry and its keys?"""
    async for found in _streamed(store, tenant, NODES + " LIMIT 1"):
        return bool(found)
    return False


def _entry(row: Row) -> tuple[tuple[str, ...], Any]:
    """Which batch a row belongs to, and what the engine gets of it."""
    if len(row) == 2:
        return (_named(row[0]),), typed.read(row[1])
    kind, a, a_key, b, b_key, properties = row
    return (_named(kind), _named(a), _named(b)), {"a": a_key, "b": b_key, "p": typed.read(properties)}


def _named(name: Any) -> str:
    """A label or edge type that may stand in a statement: labels cannot be parameters. Raises BadInput."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadInput("The rows name a label or an edge that is none.")
    return name


def _statement(kind: tuple[str, ...]) -> str:
    if len(kind) == 1:
        return f"UNWIND $rows AS row CREATE (n:{kind[0]}) SET n = row RETURN count(*) AS written"
    edge, a, b = kind
    return (
        f"UNWIND $rows AS row MATCH (a:{a} {{key: row.a}}) MATCH (b:{b} {{key: row.b}}) "
        f"CREATE (a)-[e:{edge}]->(b) SET e = row.p RETURN count(*) AS written"
    )


def _session(store: Store, tenant: str, access: str) -> neo4j.AsyncSession:
    engine = store.engine
    return engine.driver.session(database=engine.database_of(tenant), default_access_mode=access, fetch_size=FETCHED)


async def _streamed(store: Store, tenant: str, statement: str) -> AsyncIterator[list[Row]]:
    try:
        async with _session(store, tenant, neo4j.READ_ACCESS) as session:
            result = await session.run(neo4j.Query(statement), {"tenant": tenant})
            while found := await result.fetch(FETCHED):
                yield [list(record.values()) for record in found]
    except Neo4jError as error:
        raise mapped(error) from error
    except (DriverError, OSError) as error:
        raise EngineUnavailable("The graph engine went away while it answered.") from error
