"""Whoever takes rows in about the same people takes turns, within this process.

The graph is safe without it: of two transactions that touch one person one is done again. But eight that all touch it
would be done again and again; here they wait for each other instead.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from weakref import WeakValueDictionary

_LOCKS: "WeakValueDictionary[tuple[int, str], asyncio.Lock]" = WeakValueDictionary()


@asynccontextmanager
async def turn_at(names: Iterable[str]) -> AsyncIterator[None]:
    """Wait until nobody else of this process is busy with any of these names, and be busy with them."""
    loop = id(asyncio.get_running_loop())
    async with AsyncExitStack() as held:
        for name in sorted(set(names)):  # in one order for all, so that nobody waits in a circle
            lock = _LOCKS.setdefault((loop, name), asyncio.Lock())
            await held.enter_async_context(lock)
        yield
