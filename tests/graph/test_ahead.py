"""What is made ahead comes in its order, not too far ahead, and is not left half made behind a consumer's back."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from graph_service.graph.ahead import InTurn, ahead


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
