"""A statement that the engine works on while we plan is done, or heard of, before anything else is sent."""

import asyncio
from typing import Any, cast

import pytest

from graph_service.graph.store import Work
from graph_service.journeys.chain.writing import Behind


class Slow:
    """A transaction whose statements end when they are let, and which never has two under way."""

    def __init__(self, fails: Exception | None = None) -> None:
        self.ended, self.under_way, self.fails, self.gate = list[Any](), 0, fails, asyncio.Event()

    async def run(self, name: str, *, rows: list[Any]) -> None:
        assert not self.under_way, "two statements of one transaction at once"
        self.under_way += 1
        await self.gate.wait()
        self.under_way -= 1
        if self.fails:
            raise self.fails
        self.ended.append((name, rows))


async def test_what_follows_is_planned_while_the_engine_works_and_sent_in_order() -> None:
    work = Slow()
    async with Behind(cast(Work, work)) as behind:
        await behind.run("first", rows=[{}])
        assert work.under_way and not work.ended
        work.gate.set()
        await behind.run("second", rows=[{}, {}])
        assert work.ended[0] == ("first", [{}])
        await behind.run("nothing to do", rows=[])
    assert work.ended == [("first", [{}]), ("second", [{}, {}])]


async def test_a_statement_that_fails_is_heard_of() -> None:
    work = Slow(fails=OSError("the engine went away"))
    work.gate.set()
    with pytest.raises(OSError, match="went away"):
        async with Behind(cast(Work, work)) as behind:
            await behind.run("first", rows=[{}])


async def test_where_planning_fails_nothing_is_under_way_any_more() -> None:
    work = Slow()
    with pytest.raises(KeyError):
        async with Behind(cast(Work, work)) as behind:
            await behind.run("first", rows=[{}])
            asyncio.get_running_loop().call_soon(work.gate.set)
            raise KeyError
    assert not work.under_way and work.ended
