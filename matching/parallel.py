"""How are many components decided in several processes? Each decides whole ones; the answer is the same."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
import numpy.typing as npt

from matching.clusters import Judgement, Key, Limits, Matches, Partition, Records, decide, joined_groups
from matching.profiles import Merges

__all__ = ["decide_in_processes"]

Ints = npt.NDArray[np.int64]
WORTH_A_PROCESS = 2_000_000  # comparisons of pairs inside components


def decide_in_processes(
    records: Records, matches: Matches, judgements: Sequence[Judgement], limits: Limits, *, workers: int
) -> Partition:
    """Which records are one person? As `decide`, in up to `workers` processes where there is work enough for them."""
    if workers < 2 or len(matches.left) * matches.match.shape[1] < WORTH_A_PROCESS:
        return decide(records, matches, judgements, limits)
    group = joined_groups(records, matches, judgements, limits)
    share = _shares(group, matches, workers)
    members = [np.flatnonzero(share[group] == worker) for worker in range(workers)]
    parts = [_part(records, matches, rows, named=bool(judgements)) for rows in members]
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        asked = [pool.submit(decide, *part, _concerning(judgements, part[0].keys), limits) for part in parts]
        found = [future.result() for future in asked]
    return _whole(found, members, len(group))


def _shares(group: Ints, matches: Matches, workers: int) -> Ints:
    """Which process decides each component? By turns, largest first, so that each gets about the same work."""
    work = np.bincount(group[matches.left], minlength=int(group.max()) + 1)
    share = np.empty(len(work), np.int64)
    share[np.argsort(-work, kind="stable")] = np.arange(len(work)) % workers
    return share


def _part(records: Records, matches: Matches, rows: Ints, *, named: bool) -> tuple[Records, Matches]:
    place = np.full(len(records.keys), -1)
    place[rows] = np.arange(len(rows))
    pairs = np.flatnonzero((place[matches.left] >= 0) & (place[matches.right] >= 0))
    # Only judgements ask for keys.
    keys: list[Key] = [records.keys[row] for row in rows.tolist()] if named else [("", "")] * len(rows)
    part = replace(
        matches,
        left=place[matches.left[pairs]],
        right=place[matches.right[pairs]],
        match=matches.match[pairs],
        home=matches.home[pairs],
        known=matches.known[pairs],
        weight=matches.weight[pairs],
    )
    return Records(keys, records.sources[rows], records.penalties), part


def _concerning(judgements: Sequence[Judgement], keys: Sequence[Key]) -> list[Judgement]:
    here = set(keys) if judgements else set()
    return [j for j in judgements if here.intersection(j.left) or here.intersection(j.right)]


def _whole(found: list[Partition], members: list[Ints], rows: int) -> Partition:
    """The parts' persons and merges as those of all records, persons numbered by their first record."""
    persons = np.empty(rows, np.int64)
    merges = []
    for part, at in zip(found, members, strict=True):
        first = at[np.unique(part.persons, return_index=True)[1]]
        persons[at] = first[part.persons]
        merges.append(replace(part.merges, left=at[part.merges.left], right=at[part.merges.right]))
    return Partition(np.unique(persons, return_inverse=True)[1].astype(np.int64), Merges.joined(merges))
