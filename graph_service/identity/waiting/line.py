"""Where those who write to one tenant in this process wait for each other."""

import asyncio
from weakref import WeakValueDictionary

from graph_service.graph.store import Store

_LINES: "WeakValueDictionary[tuple[int, int, str], asyncio.Lock]" = WeakValueDictionary()


def line(store: Store, tenant: str) -> asyncio.Lock:
    """Take a place in the line. Side by side, batches of rows and what is decided on meet on the engine's pages, and
    are done again and again."""
    place = (id(asyncio.get_running_loop()), id(store), tenant)
    return _LINES.setdefault(place, asyncio.Lock())
