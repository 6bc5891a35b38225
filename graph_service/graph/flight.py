"""Statements, BEGIN and COMMIT in as few round trips as can be, each for a third less CPU than the driver's sessions.

Made of the driver's own connections and messages (what a session and a transaction are made of), without what a session
is for: bookmarks, retries, results that can be read bit by bit. A library query is asked for its whole answer.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import neo4j
from neo4j._async.io._pool import AcquisitionAuth, AcquisitionDatabase
from neo4j.exceptions import TransactionError

from graph_service.graph.ahead import Turn

Row = dict[str, Any]
Statement = tuple[str, Row]
ACQUIRE_SECONDS = 10  # for a connection of the pool


async def read(driver: neo4j.AsyncDriver, database: str | None, statement: Statement, seconds: float) -> list[Row]:
    """The rows of a statement that only reads, in one round trip without a transaction of its own."""
    async with _connected(driver, database, neo4j.READ_ACCESS) as connection:
        answer = _Answer(connection, statement, mode=neo4j.READ_ACCESS, db=database, timeout=seconds)
        await connection.send_all()
        await connection.fetch_all()
        return answer.rows


@contextlib.asynccontextmanager
async def begun(
    driver: neo4j.AsyncDriver, database: str | None, seconds: float | None = None, turn: Turn | None = None
) -> AsyncIterator["Transaction"]:
    """A transaction that writes; its BEGIN goes out with its first statement. Left without COMMIT, it is taken back.

    With a `turn` its first statements are packed at once, and go out when those who hold the turn are done.
    """
    async with _connected(driver, database, neo4j.WRITE_ACCESS) as connection:
        connection.begin(mode=neo4j.WRITE_ACCESS, db=database, timeout=seconds)
        async with contextlib.AsyncExitStack() as held:
            yield Transaction(connection, held, turn)


class Transaction:
    """One open transaction on a connection of its own."""

    def __init__(self, connection: Any, held: contextlib.AsyncExitStack, turn: Turn | None) -> None:
        self._connection = connection  # of the driver, which has no public name for it
        self._held, self._turn = held, turn
        self._over = False

    async def answered(self, *statements: Statement) -> list[list[Row]]:
        """The rows of each of these statements. The error of one that fails is raised, and the transaction is over."""
        return await self._flown(statements)

    async def committed(self, *statements: Statement) -> list[list[Row]]:
        """Run these statements and commit: the rows of each.

        After one that fails the engine ignores what follows, COMMIT too: its error is raised, and nothing is kept.
        """
        return await self._flown(statements, self._connection.commit)

    async def taken_back(self) -> None:
        """Undo all of it."""
        await self._flown((), self._connection.rollback)

    async def _flown(self, statements: Sequence[Statement], end: Any = None) -> list[list[Row]]:
        if self._over:
            raise TransactionError(self, "This transaction is over.")
        self._over = True
        answers = [_Answer(self._connection, statement) for statement in statements]
        if end:
            end()
        if turn := self._turn:
            self._turn = None
            await self._held.enter_async_context(turn)
        await self._connection.send_all()
        await self._connection.fetch_all()
        self._over = end is not None
        return [answer.rows for answer in answers]


@contextlib.asynccontextmanager
async def _connected(driver: neo4j.AsyncDriver, database: str | None, access: str) -> AsyncIterator[Any]:
    """A connection of the driver's pool. Who is cut off leaves an answer on its way, so that one is closed."""
    inner: Any = driver
    inner._check_state()
    pool = inner._pool
    connection = await pool.acquire(
        access_mode=access,
        timeout=ACQUIRE_SECONDS,
        database=AcquisitionDatabase(database),
        bookmarks=None,
        auth=AcquisitionAuth(None),
        liveness_check_timeout=None,
    )
    try:
        yield connection
    except asyncio.CancelledError:
        pool.kill_and_release(connection)
        raise
    except BaseException:
        await pool.release(connection)  # resets it, which takes a transaction back
        raise
    await pool.release(connection)


class _Answer:
    """What comes back of one statement, which is put on the connection to be sent."""

    def __init__(self, connection: Any, statement: Statement, **extra: Any) -> None:
        self.columns: Sequence[str] = ()
        self.records: list[Sequence[Any]] = []
        text, bound = statement
        scope = connection.new_hydration_scope()
        hooks = {"dehydration_hooks": scope.dehydration_hooks, "hydration_hooks": scope.hydration_hooks}
        connection.run(text, parameters=bound, on_success=self._begun, **hooks, **extra)
        connection.pull(n=-1, on_records=self.records.extend, **hooks)

    def _begun(self, said: Row) -> None:
        self.columns = said.get("fields", ())

    @property
    def rows(self) -> list[Row]:
        """Its rows, as flat dicts."""
        return [dict(zip(self.columns, values, strict=True)) for values in self.records]
