"""How are many components decided in bounded memory, and in several processes? Part by part; the answer is the same."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt

from matching.clusters import Judgement, Limits, Matches, Partition, Records, decide
from matching.profiles import Merges

__all__ = ["Crew", "Part", "crew", "decide_parts", "shares"]

Ints = npt.NDArray[np.int64]
PAIRS_AT_ONCE = 300_000
MANY_ROWS = 250_000  # their components hold more pairs than PAIRS_AT_ONCE, as good as always


@dataclass(frozen=True, slots=True)
class Part:
    """Some whole components: their rows, their records, and the matches among them by places in `rows`."""

    rows: Ints
    records: Records
    matches: Matches


def shares(group: Ints, left: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Which rows and which pairs make up each part: whole components, about PAIRS_AT_ONCE pairs at a time?

    Records alone in their component are nobody's part: there is nothing to decide about them.
    """
    sizes = np.bincount(group)
    pairs = np.argsort(group[left], kind="stable")
    part_of = np.cumsum(np.bincount(group[left], minlength=len(sizes))) // PAIRS_AT_ONCE
    rows = np.flatnonzero(sizes[group] > 1)
    rows = rows[np.argsort(part_of[group[rows]], kind="stable")]
    row_parts, pair_parts = part_of[group[rows]], part_of[group[left[pairs]]]
    for part in np.unique(row_parts).tolist():
        mine = slice(*np.searchsorted(row_parts, [part, part + 1]))
        theirs = slice(*np.searchsorted(pair_parts, [part, part + 1]))
        yield np.sort(rows[mine]), np.sort(pairs[theirs])


class Crew:
    """So many processes to decide in; none is started before it is called."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def called(self) -> ProcessPoolExecutor:
        """The processes. They import what they need in their own time, while the caller does something else."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, mp_context=get_context("spawn"))
            for _ in range(self.workers):
                self._pool.submit(_ready)
        return self._pool

    def dismiss(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


@contextmanager
def crew(workers: int, *, rows: int) -> Iterator[Crew]:
    """Processes for as long as a run takes; with so many rows that they will be needed, they are called at once."""
    one = Crew(workers)
    try:
        if workers > 1 and rows >= MANY_ROWS:
            one.called()
        yield one
    finally:
        one.dismiss()


def _ready() -> None:
    """Nothing is left to do: this module is imported."""


def decide_parts(
    parts: Iterator[Part], judgements: Sequence[Judgement], limits: Limits, *, count: int, crew: Crew
) -> Iterator[tuple[Part, Partition]]:
    """Which records of each part are one person? Here, or by the crew where there are `count` > 1 parts."""
    if crew.workers < 2 or count < 2:
        for part in parts:
            yield part, decide(part.records, part.matches, judgements, limits)
        return
    pool = crew.called()
    waiting: deque[tuple[Part, Future[Partition]]] = deque()
    for part in parts:
        waiting.append((part, pool.submit(decide, part.records, part.matches, judgements, limits)))
        if len(waiting) > crew.workers:
            done, future = waiting.popleft()
            yield done, future.result()
    for done, future in waiting:
        yield done, future.result()


def whole(found: Iterator[tuple[Part, Partition]], *, rows: int, width: int) -> Partition:
    """The parts' persons and merges as those of all records, persons numbered by their first record."""
    persons = np.arange(rows)
    merges = [Merges.none(width)]
    for part, answer in found:
        first = part.rows[np.unique(answer.persons, return_index=True)[1]]
        persons[part.rows] = first[answer.persons]
        own = answer.merges
        merges.append(replace(own, left=part.rows[own.left], right=part.rows[own.right]))
    return Partition(np.unique(persons, return_inverse=True)[1].astype(np.int64), Merges.joined(merges))
