"""A statement that is not of the library: asked as somebody who can only read, cut off in time, its rows bounded.

Whether it may be asked is decided before. Here is the second wall: a reader's login of the tenant's own database where
the engine has such users; else `EXPLAIN` must call it a read, in a READ transaction that is always rolled back.
"""

import asyncio
import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

import neo4j
from neo4j.exceptions import AuthError, ClientError, DriverError, Neo4jError

from graph_service import logs
from graph_service.errors import BadInput, EngineUnavailable, Forbidden, ServiceError, TookTooLong
from graph_service.graph.engines import Engine
from graph_service.graph.store import TIMED_OUT, mapped

FETCHED = 500  # rows asked for at a time
MOST_VALUES = 2_000_000  # texts, numbers and lists of an answer
MASK = "***"
Hide = Callable[[str], bool]
log = logs.get("graph")
_ending: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Question:
    """A statement with its parameters, its limits, and which properties of nodes and edges to mask."""

    text: str
    params: Mapping[str, Any]
    seconds: float
    rows: int
    hide: Hide
    asker: int = 0  # which of the tenant's askers asks; one question each


@dataclass(slots=True)
class Rows:
    """What came of it, as plain values."""

    columns: list[str]
    rows: list[list[Any]] = field(default_factory=list)
    truncated: bool = False


async def ask(engine: Engine, tenant: str, question: Question, *, ended: Callable[[], None]) -> Rows:
    """The rows of a reader's statement. `ended` is called when the engine no longer works on it.

    Raises BadInput where the engine cannot read it, Forbidden where it is more than a read, TookTooLong.
    """
    try:
        rows = await _in_time(engine, tenant, question)
    except BaseException:
        _end(engine, tenant, question.asker, ended)
        raise
    ended()
    return rows


async def _in_time(engine: Engine, tenant: str, question: Question) -> Rows:
    reader = await engine.asker(tenant, question.asker)
    try:
        async with asyncio.timeout(question.seconds):
            return await _read(engine, tenant, question, reader)
    except TimeoutError as error:
        raise TookTooLong(f"The statement took longer than {question.seconds:g} s and was cut off.") from error
    except AuthError as error:
        log.warning("asker_unknown", code=error.code)
        engine.forget_askers(tenant)
        raise EngineUnavailable("The engine does not know this reader; the same request makes it anew.") from error
    except Neo4jError as error:
        raise _refusal(error) from error
    except (DriverError, OSError) as error:
        raise EngineUnavailable("The graph engine does not answer.") from error
    finally:
        if reader:
            await reader.close()


async def _read(engine: Engine, tenant: str, question: Question, reader: neo4j.AsyncDriver | None) -> Rows:
    async with (reader or engine.driver).session(
        database=engine.database_of(tenant), default_access_mode=neo4j.READ_ACCESS, fetch_size=FETCHED
    ) as session:
        if reader:  # a user who can only read; a transaction of this engine would not add to it
            return await _taken(await session.run(neo4j.Query(question.text), dict(question.params)), question)
        async with await session.begin_transaction(timeout=question.seconds) as transaction:
            plan = await transaction.run("EXPLAIN " + question.text, dict(question.params))
            if (await plan.consume()).query_type != "r":
                raise Forbidden("This is more than a read.")
            rows = await _taken(await transaction.run(question.text, dict(question.params)), question)
            await transaction.rollback()
            return rows


async def _taken(result: neo4j.AsyncResult, question: Question) -> Rows:
    """As many rows as were asked for, and whether there are more."""
    rows = Rows(list(result.keys()))
    if len(set(rows.columns)) != len(rows.columns):
        raise BadInput("Two columns have one name: give each its own with AS.")
    values = 0
    while len(rows.rows) <= question.rows and values <= MOST_VALUES:
        fetched = await result.fetch(FETCHED)
        for record in fetched:
            row = [plain(value, question.hide) for value in record.values()]
            values += sum(map(_size, row))
            rows.rows.append(row)
        if len(fetched) < FETCHED:
            break
    rows.truncated = len(rows.rows) > question.rows or values > MOST_VALUES
    del rows.rows[question.rows :]
    return rows


def plain(value: Any, hide: Hide) -> Any:
    """A value of the engine as JSON can hold it: nodes, edges and paths by what they hold, times as ISO 8601."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, neo4j.graph.Entity | neo4j.graph.Path):
        return _drawn(value, hide)
    if isinstance(value, dict):
        return {str(name): plain(one, hide) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one, hide) for one in value]
    return _written(value)


def _drawn(value: Any, hide: Hide) -> dict[str, Any]:
    if isinstance(value, neo4j.graph.Path):
        return {"nodes": [plain(one, hide) for one in value.nodes], "edges": [plain(one, hide) for one in value]}
    named = {"labels": sorted(value.labels)} if isinstance(value, neo4j.graph.Node) else {"type": value.type}
    return {**named, "properties": _properties(value, hide)}


def _written(value: Any) -> Any:
    if isinstance(value, neo4j.spatial.Point):
        return {"srid": value.srid, "coordinates": list(value)}
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    return str(value.iso_format())  # the driver's own times and durations


def _properties(entity: Any, hide: Hide) -> dict[str, Any]:
    shown = {name: plain(value, hide) for name, value in sorted(entity.items())}
    return {
        name: MASK if hide(name) and not isinstance(value, bool | int | float) else value
        for name, value in shown.items()
    }


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    if isinstance(value, list):
        return 1 + sum(map(_size, value))
    return 1 + len(value) // 100 if isinstance(value, str) else 1


def _refusal(error: Neo4jError) -> ServiceError:
    code = error.code or ""
    if code.endswith(TIMED_OUT):
        return TookTooLong("The statement took too long and was cut off.")
    if code.endswith(("Security.Forbidden", "AccessMode", "Statement.AccessMode")):
        return Forbidden("The engine allows this reader nothing but reading.")
    if "TransactionOutOfMemory" in code or "OutOfMemory" in code:
        return BadInput("The statement needs more memory than a statement may take: return less at a time.")
    if isinstance(error, ClientError) and code.startswith("Neo.ClientError.Statement."):
        return BadInput(f"The engine cannot answer this statement ({code.rpartition('.')[2]}).")
    return mapped(error)


def _end(engine: Engine, tenant: str, asker: int, ended: Callable[[], None]) -> None:
    """See to it that the engine stops working on a statement that nobody waits for any more."""

    async def stop() -> None:
        try:
            await engine.stop_asker(tenant, asker)
        except ServiceError as error:
            log.warning("statement_not_stopped", tenant=tenant, reason=error.message)
        finally:
            ended()

    task = asyncio.create_task(stop())
    _ending.add(task)
    task.add_done_callback(_ending.discard)
