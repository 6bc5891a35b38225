"""What is made ahead comes in its order, not too far ahead, and is not left half made behind a consumer's back."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from graph_service.graph.ahead import ahead


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
