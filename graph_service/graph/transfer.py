"""A tenant's whole graph out of an engine and into another: rows, counts, and one hash that does not mind the order.

A row is a node `[label, properties]` or an edge `[type, from label, from key, to label, to key, properties]`. Its
canonical line is JSON with sorted names and typed values; the hash of a graph is the sum of its lines' SHA-256, so that
two engines that keep their nodes in different orders agree.
"""

import asyncio
import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import neo4j
import orjson
from neo4j.exceptions import DriverError, Neo4jError

from graph_service.errors import BadInput, EngineUnavailable, ServiceError
from graph_service.graph import keys, typed
from graph_service.graph.migrations import MIGRATIONS
from graph_service.graph.store import BOUND, Store, mapped

NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
KEYED = re.compile(r"FOR \(n:(\w+)\) REQUIRE n\.key IS UNIQUE")
FETCHED = 5_000
BATCH = 5_000  # rows a transaction
PAGE = 2_000  # nodes of a label read at once, and their edges
NODE_WRITERS, EDGE_WRITERS = 2, 1  # at once: two that write edges would wait for each other's nodes
# Tenants, keys and requests are the installation's, and not of the graph.
OWN = "n.tenant = $tenant AND NOT n:Tenant AND NOT n:ApiKey AND NOT n:Request"
NODES = f"MATCH (n) WHERE {OWN} RETURN labels(n)[0] AS label, properties(n) AS properties"
LABELS = f"""MATCH (n) WHERE {OWN} RETURN labels(n)[0] AS label, count(*) AS nodes,
sum(CASE WHEN n.key > $after AND n.key < $end AND size(labels(n)) = 1 THEN 1 ELSE 0 END) AS keyed"""
# Pages are bounded by two keys: a range is found by its index on either engine, a sorted page is not. A page is one
# list: a row of its own costs the driver ten times as much as a place in a list.
WITHIN = "MATCH (n:{0}) WHERE n.key > $after AND n.key <= $last "
NODE_PAGE = WITHIN + "RETURN collect(['{0}', properties(n)]) AS found"
EDGE_PAGE = WITHIN + (
    "MATCH (n)-[e]->(b) RETURN collect([type(e), '{0}', n.key, labels(b)[0], b.key, properties(e)]) AS found"
)
# A label that has no index by key, or nodes without one, is none of ours: it is read in one go.
OTHER = f"labels(n)[0] IN $labels AND {OWN}"
OTHER_NODES = f"MATCH (n) WHERE {OTHER} RETURN labels(n)[0] AS label, properties(n) AS properties"
OTHER_EDGES = f"""MATCH (n)-[e]->(b) WHERE {OTHER}
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
    pages, others = await _pages(store, tenant)
    for page, other in ((NODE_PAGE, OTHER_NODES), (EDGE_PAGE, OTHER_EDGES)):
        for label, after, last in pages:
            async for found in _streamed(store, tenant, page.format(label), after=after, last=last):
                for (listed,) in found:
                    if listed:
                        yield listed
        if others:
            async for found in _streamed(store, tenant, other, labels=others):
                yield found


async def _pages(store: Store, tenant: str) -> tuple[list[tuple[str, str, str]], list[str]]:
    """The stretches of keys in which the nodes of each label lie, and the labels that have no such stretches."""
    first, end = f"{tenant}/", keys.end_of(tenant)
    indexed = _indexed()
    pages, others = [], []
    async for found in _streamed(store, tenant, LABELS, after=first, end=end):
        for label, nodes, keyed in found:
            if label in indexed and keyed == nodes:
                after = first
                while bound := await _bound(store, tenant, label, after=after, end=end):
                    pages.append((label, after, bound))
                    after = bound
                pages.append((label, after, end))
            else:
                others.append(label)
    return pages, others


async def _bound(store: Store, tenant: str, label: str, *, after: str, end: str) -> str | None:
    """The key at which a page of a label that begins here ends; None where it is the last."""
    async for found in _streamed(store, tenant, BOUND.format(label), after=after, end=end, skip=PAGE - 1):
        for (key,) in found:
            return str(key)
    return None


@cache
def _indexed() -> frozenset[str]:
    """The labels that the migrations gave an index by key."""
    texts = (path.read_text(encoding="utf-8") for path in MIGRATIONS.glob("*.cypher"))
    return frozenset(label for text in texts for label in KEYED.findall(text))


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
    """Rows on their way into a tenant's empty graph: nodes first, then edges, in batches of one kind.

    `async with Load(...)`: a batch is written while the next is taken; what is left unwritten on an error is given up.
    """

    def __init__(self, store: Store, tenant: str) -> None:
        self._store, self._tenant = store, tenant
        self._waiting: dict[tuple[str, ...], list[Any]] = defaultdict(list)
        self._edges = False
        self._writing: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> "Load":
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                await self.flush()
        finally:
            for one in self._writing:
                one.cancel()
            await asyncio.gather(*self._writing, return_exceptions=True)

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
                await self._begin(kind, waiting)

    async def flush(self) -> None:
        """Write what waits for its batch to fill, and wait until all is written."""
        waiting, self._waiting = self._waiting, defaultdict(list)
        for kind, contents in waiting.items():
            await self._begin(kind, contents)
        await self._until(1)

    async def _begin(self, kind: tuple[str, ...], contents: list[Any]) -> None:
        """Begin to write a batch, once there is a writer for it."""
        if not contents:
            return
        side_by_side = self._store.engine.dialect != "embedded"  # whose writers meet on its pages
        await self._until(NODE_WRITERS if len(kind) == 1 and side_by_side else EDGE_WRITERS)
        self._writing.add(asyncio.create_task(self._write(kind, contents)))

    async def _until(self, fewer_than: int) -> None:
        """Wait until fewer batches than these are being written. Raises what one of them raised."""
        while len(self._writing) >= fewer_than:
            done, self._writing = await asyncio.wait(self._writing, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()

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
    batch = (_named(kind), _named(a), _named(b))
    return (*batch, "with properties") if properties else batch, [a_key, b_key, typed.read(properties)]


def _named(name: Any) -> str:
    """A label or edge type that may stand in a statement: labels cannot be parameters. Raises BadInput."""
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise BadInput("The rows name a label or an edge that is none.")
    return name


def _statement(kind: tuple[str, ...]) -> str:
    if len(kind) == 1:
        return f"UNWIND $rows AS row CREATE (n:{kind[0]}) SET n = row RETURN count(*) AS written"
    edge, a, b, *given = kind
    set_ = "SET e = row[2] " if given else ""
    return (
        f"UNWIND $rows AS row MATCH (a:{a} {{key: row[0]}}) MATCH (b:{b} {{key: row[1]}}) "
        f"CREATE (a)-[e:{edge}]->(b) {set_}RETURN count(*) AS written"
    )


def _session(store: Store, tenant: str, access: str) -> neo4j.AsyncSession:
    engine = store.engine
    return engine.driver.session(database=engine.database_of(tenant), default_access_mode=access, fetch_size=FETCHED)


async def _streamed(store: Store, tenant: str, statement: str, **params: Any) -> AsyncIterator[list[Row]]:
    try:
        async with _session(store, tenant, neo4j.READ_ACCESS) as session:
            result = await session.run(neo4j.Query(statement), {"tenant": tenant, **params})
            while found := await result.fetch(FETCHED):
                yield [list(record.values()) for record in found]
    except Neo4jError as error:
        raise mapped(error) from error
    except (DriverError, OSError) as error:
        raise EngineUnavailable("The graph engine went away while it answered.") from error
