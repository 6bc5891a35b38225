"""The one way to the graph: library queries by name, for one tenant, with errors mapped and conflicts tried again."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, TypeVar

import neo4j
from neo4j.exceptions import ClientError, DriverError, Neo4jError

from graph_service import logs
from graph_service.errors import BadInput, Conflict, EngineUnavailable, NotFound, ServiceError, TookTooLong
from graph_service.graph import flight, statements
from graph_service.graph.ahead import InTurn, Turn, ahead, answers
from graph_service.graph.engines import Engine
from graph_service.graph.library import Library, Query
from graph_service.settings import Settings

Row = dict[str, Any]
T = TypeVar("T")
log = logs.get("graph")

RETRIED = (
    "Neo.TransientError.",
    "Neo.ClientError.Schema.ConstraintValidationFailed",
    "Neo.ClientError.Statement.EntityNotFound",  # somebody else deleted an edge between our finding and reading it
)
TIMED_OUT = (  # by the engine's clock, or by its operator, which it may call by the last of these
    "TransactionTimedOut", "LockClientStopped", "TransactionTimedOutClientConfiguration", "Transaction.Terminated",
)  # fmt: skip
AWAY = ("Neo.TransientError.General.DatabaseUnavailable", "Neo.ClientError.Cluster.NotALeader")
UNTOLD = "Neo.DatabaseError.General.UnknownError"  # all that the embedded engine says of a query without memory
HELD_TOO_MUCH = " A query that holds too much at once ends so: ask for less, or raise STORMGRAPH_ENGINE_HEAP."
STREAMED = 10_000  # rows asked for at a time
PAGE = 5_000  # rows of a page
READ_AHEAD = 1  # pages that are asked for before they are used, and one more
# A range between two keys is found by the index on both engines; a page sorted and limited inside a query is not.
BOUND = "MATCH (n:{0}) WHERE n.key > $after AND n.key < $end RETURN n.key AS key ORDER BY n.key SKIP $skip LIMIT 1"
JITTER = (0.005, 0.05)  # seconds; the driver's own first retry would wait about one


class Overtaken(Exception):
    """What was read is no longer so: raised inside `Store.work`, it has the whole of it done again."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query whose parameters are checked and whose keys are composed for one tenant; made in any thread, run once."""

    tenant: str
    query: Query
    bound: Row


class Work:
    """One open transaction; every statement in it is a library query of one tenant."""

    def __init__(self, store: "Store", tenant: str, transaction: flight.Transaction) -> None:
        self._store, self._tenant, self._transaction = store, tenant, transaction
        self._posted: list[tuple[str, Row]] = []
        self._told: list[Any] = []

    async def run(self, name: str | Prepared, /, **params: Any) -> list[Row]:
        """Run one query inside the transaction."""
        self.post(name, **params)
        return (await self._sent())[-1]

    def post(self, name: str | Prepared, /, **params: Any) -> None:
        """Run a write whose answer nobody needs: it goes out with COMMIT, or before whatever is run next."""
        asked = self._store.prepared(self._tenant, name, **params)
        self._posted.append((asked.query.text_for(self._store.engine.dialect), asked.bound))

    def tell(self, news: Any) -> None:
        """Have `Store.hear` hear of this, once what was done here is kept."""
        self._told.append(news)

    async def end(self, *, keep: bool) -> None:
        """Send what was posted, and commit or take all of it back."""
        if keep:
            try:
                await self._transaction.committed(*self._posted)
            finally:  # where the engine went away meanwhile, nobody knows whether it was kept
                if hear := self._store.hear:
                    for news in self._told:
                        hear(self._tenant, news)
        else:
            await self._sent()
            await self._transaction.taken_back()

    async def _sent(self) -> list[list[Row]]:
        posted, self._posted = self._posted, []
        return await self._transaction.answered(*posted)


class Store:
    """Reads and writes by query name; the tenant always comes from the credentials."""

    def __init__(self, engine: Engine, library: Library, settings: Settings) -> None:
        self.engine, self.library, self.settings = engine, library, settings
        self.hear: Callable[[str, Any], None] | None = None  # hears, by tenant, what a unit of work told

    async def read(self, tenant: str, name: str, /, **params: Any) -> list[Row]:
        """The rows of a read query, as flat dicts."""
        query = self._of_mode(name, "read")
        return await self._asked(tenant, query, query.bind(tenant, params))

    async def _asked(self, tenant: str, query: Query, bound: Row) -> list[Row]:
        return await self.retried(lambda: self._once(tenant, query, bound), self.settings.read_seconds)

    async def read_one(self, tenant: str, name: str, /, **params: Any) -> Row | None:
        """The only row of a read query, or None. More than one row is our own mistake."""
        rows = await self.read(tenant, name, **params)
        if len(rows) > 1:
            raise ServiceError(f"Query {name} answered {len(rows)} rows where one was expected.")
        return rows[0] if rows else None

    def prepared(self, tenant: str, name: str | Prepared, /, **params: Any) -> Prepared:
        """A query bound to a tenant ahead of its time, for `write` or `Work.run`. Raises BadInput."""
        if isinstance(name, str):
            query = self.library[name]
            return Prepared(tenant, query, query.bind(tenant, params))
        if name.tenant != tenant or params:
            raise ServiceError("A query was prepared for something else than it is run for.")
        return name

    async def write(self, tenant: str, name: str | Prepared, /, **params: Any) -> list[Row]:
        """Run a write query: one statement, one transaction, tried again on conflict, idempotent by its MERGE."""
        return await self.write_prepared(self.prepared(tenant, name, **params))

    async def write_prepared(self, asked: Prepared, turn: Turn | None = None) -> list[Row]:
        """The same of what was bound ahead of its time. With the `turn` of an `InTurn` it waits for those before it."""
        query = self._of_mode(asked.query.name, "write")
        return await self.retried(
            lambda: self._once(asked.tenant, query, asked.bound, turn), self.settings.write_seconds
        )

    async def write_many(
        self,
        tenant: str,
        name: str,
        rows: Iterable[Row],
        *,
        batch: int = 5000,
        on_batch: Callable[[int], None] | None = None,
        **params: Any,
    ) -> int:
        """Run a write query over many rows, in batches of one transaction each; returns how many rows went in.

        The next batch is taken and bound in a thread while one is written; no rows but a list's are taken elsewhere.
        """
        total = 0

        def bound() -> Iterator[tuple[int, Prepared]]:
            return ((len(chunk), self.prepared(tenant, name, rows=chunk, **params)) for chunk in _batches(rows, batch))

        async def go(size: int, asked: Prepared, turn: Turn | None = None) -> None:
            nonlocal total
            await self.write_prepared(asked, turn)
            total += size
            if on_batch:
                on_batch(size)

        if isinstance(rows, list) and len(rows) <= batch:  # not worth a thread
            for one in bound():
                await go(*one)
            return total
        async with InTurn() as writes, aclosing(ahead(bound())) as batches:
            async for one in batches:
                await writes.follow(go(*one, writes.turn))
        return total

    async def stream(self, tenant: str, name: str, /, **params: Any) -> AsyncIterator[list[tuple[Any, ...]]]:
        """Every row of a read query that scans, as tuples, some thousands at a time: for jobs, so without a time limit.

        A query whose header names the label that it `pages` is asked page by page: a sort of all its rows would not fit
        into an engine's memory at a million. Otherwise a stream that breaks is not resumed: the error says that the
        engine is away, and the job is run again.
        """
        query = self._of_mode(name, "read")
        text, bound = query.text_for(self.engine.dialect), query.bind(tenant, params)
        if query.pages:
            listed = replace(query, text=statements.collected(text), variants={})
            async with aclosing(self._paged(tenant, listed, bound)) as pages:
                async for [page] in pages:
                    if page["rows"]:  # a stretch of keys may hold nothing that the query answers
                        yield [*map(tuple, page["rows"])]
            return
        try:
            async with self._session(tenant, control=query.control, fetch=STREAMED) as session:
                result = await session.run(text, bound)
                while rows := await result.fetch(STREAMED):
                    yield [tuple(record) for record in rows]
        except Neo4jError as error:
            raise mapped(error) from error
        except (DriverError, OSError) as error:
            raise EngineUnavailable("The graph engine went away while it answered.") from error

    async def pages(self, tenant: str, name: str) -> AsyncIterator[list[list[Any]]]:
        """Every row of a query that `pages` a label and answers one list itself, in the order of keys. For jobs."""
        query = self._of_mode(name, "read")
        async with aclosing(self._paged(tenant, query, query.bind(tenant, {}))) as pages:
            async for [page] in pages:
                yield page[query.returns[0].name]

    async def _paged(self, tenant: str, query: Query, bound: Row) -> AsyncGenerator[list[Row], None]:
        """What a query answers for some thousand keys at a time; what is written meanwhile may be in or not.

        A row of its own costs the driver ten times as much as a place in a list. While one page is used, the engine
        makes the next ones.
        """
        bounds = replace(query, text=BOUND.format(query.pages), variants={})

        async def pages() -> AsyncGenerator[Coroutine[Any, Any, list[Row]], None]:
            found, after, end = [bound], bound["after"], bound["end"]
            while found:
                found = await self._asked(tenant, bounds, {"after": after, "end": end, "skip": PAGE - 1})
                last = found[0]["key"] if found else end
                yield self._asked(tenant, query, {**bound, "after": after, "end": last})
                after = last

        async with aclosing(answers(pages(), READ_AHEAD)) as read:
            async for rows in read:
                yield rows

    async def work(self, tenant: str, act: Callable[[Work], Awaitable[T]], *, keep: bool = True) -> T:
        """Do several statements in one transaction; on conflict the whole of `act` is done again.

        Without `keep` it is a rehearsal: what `act` answers is told, what it wrote is taken back.
        """

        async def attempt() -> T:
            async with flight.begun(self.engine.driver, self._database(tenant)) as transaction:
                work = Work(self, tenant, transaction)
                answer = await act(work)
                await work.end(keep=keep)
                return answer

        return await self.retried(attempt, self.settings.write_seconds)

    def _of_mode(self, name: str, mode: str) -> Query:
        query = self.library[name]
        if query.mode != mode:
            raise BadInput(f"Query {name} is a {query.mode}, not a {mode}.")
        return query

    def _database(self, tenant: str, *, control: bool = False) -> str | None:
        return self.engine.control_database if control else self.engine.database_of(tenant)

    def _session(self, tenant: str, *, control: bool, fetch: int) -> neo4j.AsyncSession:
        database = self._database(tenant, control=control)
        return self.engine.driver.session(database=database, default_access_mode=neo4j.READ_ACCESS, fetch_size=fetch)

    async def _once(self, tenant: str, query: Query, bound: Row, turn: Turn | None = None) -> list[Row]:
        statement = query.text_for(self.engine.dialect), bound
        driver, database = self.engine.driver, self._database(tenant, control=query.control)
        if query.mode == "read":  # an auto-commit statement is one round trip, a transaction is three
            return await flight.read(driver, database, statement, self.settings.read_seconds)
        # Without a transaction the embedded engine commits every row on its own: fifty times slower, and half of
        # a failed statement stays.
        async with flight.begun(driver, database, self.settings.write_seconds, turn) as transaction:
            return (await transaction.committed(statement))[0]

    async def retried(self, attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
        """Try until it is done, is refused, or its time is over; conflicts are tried again after a moment."""
        deadline = time.monotonic() + self.settings.retry_seconds
        while True:
            try:
                # The embedded engine ignores a transaction's timeout, so the clock is ours.
                async with asyncio.timeout(seconds + 1):
                    return await attempt()
            except TimeoutError as error:
                raise TookTooLong(f"The query took longer than {seconds:g} s and was cut off.") from error
            except Overtaken as error:
                if time.monotonic() > deadline:
                    raise Conflict(f"Others keep changing this, for {self.settings.retry_seconds:g} s now.") from error
            except Neo4jError as error:
                if not _worth_retrying(error):
                    raise mapped(error) from error
                if time.monotonic() > deadline:
                    raise Conflict(
                        f"Still in conflict after {self.settings.retry_seconds:g} s ({error.code})."
                    ) from error
            except (DriverError, OSError) as error:
                raise EngineUnavailable("The graph engine does not answer.") from error
            await asyncio.sleep(random.uniform(*JITTER))  # noqa: S311 - spreads writers, guards nothing


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, size)):
        yield chunk


def _worth_retrying(error: Neo4jError) -> bool:
    code = error.code or ""
    return code.startswith(RETRIED) and not code.endswith(TIMED_OUT) and code not in AWAY


def mapped(error: Neo4jError) -> ServiceError:
    """The engine's code as one of our errors; its text is logged by code only, it may hold personal data."""
    code = error.code or "unknown"
    log.warning("engine_refused", code=code)
    if code.endswith(TIMED_OUT):
        return TookTooLong("The query took too long and was cut off.")
    if code in AWAY or ".Security." in code:
        return EngineUnavailable(f"The graph engine refuses service ({code}): see `stormgraph doctor`.")
    if code.startswith("Neo.ClientError.Database.DatabaseNotFound"):
        return NotFound("There is no such tenant: `stormgraph tenants add` makes one.")
    if isinstance(error, ClientError):
        return ServiceError(f"The graph engine refused a query ({code}).")
    hint = HELD_TOO_MUCH if code == UNTOLD else ""
    return EngineUnavailable(f"The graph engine failed ({code}): its log says why.{hint}")
