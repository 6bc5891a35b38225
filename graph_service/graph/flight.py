"""Statements of a transaction, and its COMMIT, in one round trip: as the driver itself sends BEGIN along.

Made of the driver's own parts (what a transaction's `run` and `commit` and a result's `fetch` are made of), without
the result that could be read bit by bit: a library query is asked for its whole answer, and half the CPU of a round
trip went into that.
"""

from collections.abc import Sequence
from typing import Any

import neo4j
from neo4j.exceptions import TransactionError

Row = dict[str, Any]
Statement = tuple[str, Row]


async def answered(transaction: neo4j.AsyncTransaction, *statements: Statement) -> list[list[Row]]:
    """Run these statements: the rows of each. The error of one that fails is raised, and the transaction is over."""
    inner: Any = transaction  # the driver has no public way to do it
    if inner.closed() or inner._last_error:
        raise TransactionError(transaction, "Transaction closed") from inner._last_error
    answers = [_Answer(inner._connection, statement) for statement in statements]
    await inner._error_handling_connection.send_all()
    await inner._error_handling_connection.fetch_all()
    return [answer.rows for answer in answers]


async def committed(transaction: neo4j.AsyncTransaction, *statements: Statement) -> list[list[Row]]:
    """Run these statements and commit: the rows of each.

    After one that fails the engine ignores what follows, COMMIT too: its error is raised, and nothing is kept.
    """
    inner: Any = transaction
    said: Row = {}
    if inner.closed() or inner._last_error:
        raise TransactionError(transaction, "Transaction closed") from inner._last_error
    try:
        answers = [_Answer(inner._connection, statement) for statement in statements]
        inner._connection.commit(on_success=said.update)
        await inner._error_handling_connection.send_all()
        await inner._error_handling_connection.fetch_all()
        inner._bookmark = said.get("bookmark")
    finally:
        inner._closed_flag = True
        await inner._on_closed()
    return [answer.rows for answer in answers]


class _Answer:
    """What comes back of one statement, which is put on the connection to be sent."""

    def __init__(self, connection: Any, statement: Statement) -> None:
        self.columns: Sequence[str] = ()
        self.records: list[Sequence[Any]] = []
        text, bound = statement
        scope = connection.new_hydration_scope()
        hooks = {"dehydration_hooks": scope.dehydration_hooks, "hydration_hooks": scope.hydration_hooks}
        connection.run(text, parameters=bound, on_success=self._begun, **hooks)
        connection.pull(n=-1, on_records=self.records.extend, **hooks)

    def _begun(self, said: Row) -> None:
        self.columns = said.get("fields", ())

    @property
    def rows(self) -> list[Row]:
        """Its rows, as flat dicts."""
        return [dict(zip(self.columns, values, strict=True)) for values in self.records]
