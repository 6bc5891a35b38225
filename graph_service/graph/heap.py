"""The Java heap of the embedded engine: how large it may grow, and how much of it is for what."""

import contextlib
import os
import re
from pathlib import Path

AUTO = "auto"
PART, LEAST, MOST = 4, 1024, 8192  # of the memory there is, and MB
PAGES_PERCENT = 40  # of the heap, for pages of the database; the engine itself would take a quarter
QUERIES_PERCENT = 35  # of the heap, for what all queries hold at once; the engine itself would allow half
YOUNG_PERCENT, YOUNG_MOST = 20, 400  # of the heap, and MB, for what is new; Java would take a third
# What a container may use, in either version of the kernel's control groups; "max" or a huge number is no limit.
LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def size_of(setting: str) -> str:
    """The heap that a setting asks for, as Java reads it: `auto` is a quarter of the memory, from 1 to 8 GB."""
    if setting.lower() != AUTO:
        return setting
    return f"{min(max(memory() // 1024**2 // PART, LEAST), MOST)}m"


def memory() -> int:
    """How many bytes of memory this machine, or the container that we run in, has."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in LIMITS:
        with contextlib.suppress(OSError, ValueError):
            found = min(found, int(path.read_text(encoding="ascii")))
    return found


def young_of(heap: str) -> tuple[str, ...]:
    """Java's option for the part of a heap in which objects begin, as far as it is a size. Every collection of it stops
    all, for as long as what is still in use there takes to be moved: pages of the database, mostly."""
    megabytes = _megabytes(heap)
    return () if megabytes is None else (f"-Xmn{max(1, min(megabytes * YOUNG_PERCENT // 100, YOUNG_MOST))}m",)


def shares_of(heap: str) -> dict[str, int]:
    """The engine's options that share out its heap, MB; none of a heap that is no size, which Java refuses."""
    megabytes = _megabytes(heap)
    if megabytes is None:
        return {}
    return {
        "maxPageRAM": max(1, megabytes * PAGES_PERCENT // 100),
        "freePageRAM": 20,  # percent of them that go when it is full; half would be read again at once
        "queryMaxHeapRAM": max(1, megabytes * QUERIES_PERCENT // 100),
    }


def _megabytes(heap: str) -> int | None:
    said = re.fullmatch(r"(\d+)([kmgt]?)", heap.lower())
    return int(said[1]) * 1024 ** " kmgt".index(said[2] or " ") // 1024**2 if said else None
