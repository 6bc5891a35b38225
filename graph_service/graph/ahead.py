"""What comes next is made ready in a thread while what came before is written: the engine never waits for us."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from typing import TypeVar

T = TypeVar("T")


async def ahead(items: Iterator[T], count: int = 1) -> AsyncGenerator[T, None]:
    """The items in their order, up to `count` of them made before they are asked for.

    To be closed (`contextlib.aclosing`) by who may leave before the end: an item that is being made is waited for, so
    that nothing it is made from is used any more.
    """
    queue: asyncio.Queue[T | Exception | None] = asyncio.Queue(count)

    async def fill() -> None:
        try:
            while (item := await _made(items)) is not None:
                await queue.put(item)
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


async def _made(items: Iterator[T]) -> T | None:
    """The next item, made in a thread; a thread cannot be stopped, so who is cancelled waits for it."""
    making = asyncio.create_task(asyncio.to_thread(next, items, None))
    try:
        return await asyncio.shield(making)
    except asyncio.CancelledError:
        await asyncio.wait([making])
        raise
