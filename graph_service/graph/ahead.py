"""What comes next is made ready, or asked for, while what came before is written or used: the engine never waits."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import aclosing
from typing import Any, Self, TypeVar

T = TypeVar("T")
A = TypeVar("A")
Put = Callable[[T], Awaitable[None]]
Turn = asyncio.Lock


async def ahead(items: Iterator[T], count: int = 1) -> AsyncGenerator[T, None]:
    """The items in their order, up to `count` of them made before they are asked for.

    To be closed (`contextlib.aclosing`) by who may leave before the end: an item that is being made is waited for, so
    that nothing it is made from is used any more.
    """

    async def make(put: Put[T]) -> None:
        while (item := await _made(items)) is not None:
            await put(item)

    async with aclosing(_fed(make, count)) as made:
        async for item in made:
            yield item


async def answers(asked: AsyncGenerator[Coroutine[Any, Any, T], None], count: int) -> AsyncGenerator[T, None]:
    """What each of these reads answers, in their order; while one is used `count` are under way, and one more.

    To be closed (`contextlib.aclosing`) by who may leave before the end: what is under way is given up then.
    """
    under_way: set[asyncio.Task[T]] = set()

    async def ask(put: Put[asyncio.Task[T]]) -> None:
        async with aclosing(asked):
            async for one in asked:
                reading = asyncio.create_task(one)
                under_way.add(reading)
                await put(reading)

    try:
        async with aclosing(_fed(ask, count)) as readings:
            async for reading in readings:
                yield await reading
                under_way.discard(reading)
    finally:
        for reading in under_way:
            reading.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)


async def meanwhile(asked: Coroutine[Any, Any, A], think: Callable[[], T]) -> tuple[A, T]:
    """What the engine answers, and what we think of while it does. Its answer is waited for even where thinking fails:
    nothing may be under way in a transaction that is given up."""
    answering = asyncio.create_task(asked)
    try:
        await asyncio.sleep(0)  # it goes out now, and not only when we have time again
        thought = think()
        return await answering, thought
    except BaseException:
        await asyncio.gather(answering, return_exceptions=True)
        raise


async def _fed(feed: Callable[[Put[T]], Awaitable[None]], count: int) -> AsyncGenerator[T, None]:
    """What `feed` puts, in its order; it may be `count` items ahead. What it raises comes behind what it put."""
    queue: asyncio.Queue[T | Exception | None] = asyncio.Queue(count)

    async def fill() -> None:
        try:
            await feed(queue.put)
            await queue.put(None)
        except Exception as error:
            await queue.put(error)

    filling = asyncio.create_task(fill())
    try:
        while (item := await queue.get()) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        filling.cancel()
        await asyncio.gather(filling, return_exceptions=True)


class InTurn:
    """Writes of one job, one after another: while one is under way, the statements of the next are packed.

    Each is handed the `turn`, waits for it with all that it will send, and holds it until it is done. What was handed
    over is done even where what came after it went wrong.
    """

    def __init__(self) -> None:
        self.turn = Turn()
        self._last: asyncio.Task[object] | None = None

    async def follow(self, writing: Coroutine[Any, Any, object]) -> None:
        """Let this write come next; returns when the one before it is done, and raises what that one raised."""
        before, self._last = self._last, asyncio.create_task(writing)
        if before:
            await before

    async def done(self) -> None:
        """Wait for the last one. Raises what it raised."""
        last, self._last = self._last, None
        if last:
            await last

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        if error is None:
            await self.done()
        elif self._last:
            if not isinstance(error, Exception):  # somebody gave up: so does this
                self._last.cancel()
            await asyncio.gather(self._last, return_exceptions=True)


async def _made(items: Iterator[T]) -> T | None:
    """The next item, made in a thread; a thread cannot be stopped, so who is cancelled waits for it."""
    making = asyncio.create_task(asyncio.to_thread(next, items, None))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        await asyncio.wait([making])
        raise
