"""What is made ahead comes in its order, not too far ahead, and is not left half made behind a consumer's back."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Coroutine, Iterator
from contextlib import aclosing
from typing import Any

import pytest

from graph_service.graph.ahead import InTurn, ahead, answers, meanwhile


async def test_items_come_in_their_order_and_no_further_ahead_than_asked() -> None:
    made: list[int] = []

    def items() -> Iterator[int]:
        for number in range(20):
            made.append(number)
            yield number

    async with aclosing(ahead(items(), 3)) as numbers:
        async for number in numbers:
            await asyncio.sleep(0)
            assert len(made) <= number + 6  # three wait, one waits for its place, one is being made
    assert made == list(range(20))


async def test_what_goes_wrong_in_making_is_raised_where_it_was_to_come() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ValueError("no second")

    seen = []
    with pytest.raises(ValueError, match="no second"):
        async with aclosing(ahead(items())) as numbers:
            async for number in numbers:
                seen.append(number)
    assert seen == [1]


async def test_who_leaves_early_waits_for_what_is_being_made() -> None:
    go_on, ended = threading.Event(), threading.Event()

    def items() -> Iterator[int]:
        yield 1
        go_on.wait(30)
        ended.set()
        yield 2

    with pytest.raises(RuntimeError, match="enough"):
        async with aclosing(ahead(items())) as numbers:
            async for _ in numbers:
                asyncio.get_running_loop().call_later(0.05, go_on.set)
                raise RuntimeError("enough")
    assert ended.is_set()


class Reader:
    """Reads that can be seen: which began, which were given up. From `stuck` on none ends; the one before may fail."""

    def __init__(self, *, stuck: int = 9, fails: bool = False) -> None:
        self.stuck, self.fails = stuck, fails
        self.begun: list[int] = []
        self.given_up: list[int] = []

    async def read(self, number: int) -> int:
        self.begun.append(number)
        if number >= self.stuck:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                self.given_up.append(number)
                raise
        await asyncio.sleep(0.01 * (1 + number % 2))  # one of an odd number takes longer than the next
        if self.fails and number == self.stuck - 1:
            await self.have_begun(number + 2)
            raise ValueError("unreadable")
        return number

    async def have_begun(self, count: int) -> None:
        async with asyncio.timeout(5):
            while len(self.begun) < count:
                await asyncio.sleep(0.001)

    async def reads(self) -> AsyncGenerator[Coroutine[Any, Any, int], None]:
        for number in range(9):
            yield self.read(number)


async def test_answers_come_in_their_order_and_no_further_ahead_than_asked() -> None:
    reader, most = Reader(), 0
    seen = []
    async with aclosing(answers(reader.reads(), 2)) as found:
        async for number in found:
            seen.append(number)
            await asyncio.sleep(0.05)
            most = max(most, len(reader.begun) - len(seen))
    assert seen == list(range(9))
    assert most == 3  # two, and one more


async def test_a_read_that_fails_is_told_in_its_place_and_ends_those_behind_it() -> None:
    reader, seen = Reader(stuck=4, fails=True), []
    with pytest.raises(ValueError, match="unreadable"):
        async with aclosing(answers(reader.reads(), 2)) as found:
            async for number in found:
                seen.append(number)
    assert seen == [0, 1, 2]
    assert sorted(reader.given_up) == sorted(reader.begun[4:]) != []


async def test_who_leaves_early_gives_up_what_is_under_way() -> None:
    reader = Reader(stuck=1)
    with pytest.raises(RuntimeError, match="enough"):
        async with aclosing(answers(reader.reads(), 2)) as found:
            async for _ in found:
                await reader.have_begun(3)
                raise RuntimeError("enough")
    assert sorted(reader.given_up) == reader.begun[1:]


async def test_what_goes_wrong_in_asking_is_raised_behind_what_was_asked_for() -> None:
    async def reads() -> AsyncGenerator[Coroutine[Any, Any, int], None]:
        yield Reader().read(0)
        raise ValueError("no second")

    seen = []
    with pytest.raises(ValueError, match="no second"):
        async with aclosing(answers(reads(), 2)) as found:
            async for number in found:
                seen.append(number)
    assert seen == [0]


class Scribe:
    """Writes whose moments can be seen: what is ready to go out, what was written, in order."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    async def write(self, name: str, writes: InTurn, error: Exception | None = None) -> None:
        """Be ready, wait for the turn, take a moment, be done or fail."""
        self.seen.append(f"{name} ready")
        async with writes.turn:
            self.seen.append(f"{name} begins")
            await asyncio.sleep(0.01)
            if error:
                raise error
            self.seen.append(f"{name} done")

    async def answer(self, name: str) -> str:
        """Be asked, take a moment, answer with the name."""
        self.seen.append(f"{name} begins")
        await asyncio.sleep(0.01)
        self.seen.append(f"{name} done")
        return name


async def test_the_next_write_is_ready_while_one_is_under_way_and_begins_when_it_is_done() -> None:
    scribe = Scribe()
    async with InTurn() as writes:
        for name in "abc":
            await writes.follow(scribe.write(name, writes))
    steps = [step for step in scribe.seen if not step.endswith("ready")]
    assert steps == [f"{name} {step}" for name in "abc" for step in ("begins", "done")]
    for before, after in ("ab", "bc"):
        assert scribe.seen.index(f"{after} ready") < scribe.seen.index(f"{before} done")


async def test_what_went_wrong_in_a_write_is_raised_and_the_one_behind_it_is_done() -> None:
    scribe = Scribe()
    with pytest.raises(ValueError, match="no room"):
        async with InTurn() as writes:
            await writes.follow(scribe.write("a", writes, ValueError("no room")))
            await writes.follow(scribe.write("b", writes))
            raise AssertionError("the error of the first came too late")
    assert scribe.seen[-1] == "b done"


async def test_the_last_write_is_done_where_nothing_comes_after_it() -> None:
    scribe = Scribe()
    with pytest.raises(RuntimeError, match="half a file"):
        async with InTurn() as writes:
            await writes.follow(scribe.write("a", writes))
            raise RuntimeError("half a file")
    assert scribe.seen[-1] == "a done"


async def test_who_is_cancelled_leaves_nothing_under_way() -> None:
    scribe = Scribe()

    async def job() -> None:
        async with InTurn() as writes:
            for name in "ab":
                await writes.follow(scribe.write(name, writes))
            await asyncio.sleep(30)

    task = asyncio.create_task(job())
    while "b begins" not in scribe.seen:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.02)
    assert scribe.seen[-1] == "b begins"


async def test_one_thinks_while_an_answer_is_on_its_way() -> None:
    scribe = Scribe()
    answer, thought = await meanwhile(scribe.answer("a"), lambda: [*scribe.seen])
    assert (answer, thought) == ("a", ["a begins"])


async def test_an_answer_is_waited_for_where_thinking_goes_wrong() -> None:
    scribe = Scribe()

    def think() -> int:
        raise ValueError("no sense")

    with pytest.raises(ValueError, match="no sense"):
        await meanwhile(scribe.answer("a"), think)
    assert scribe.seen == ["a begins", "a done"]
