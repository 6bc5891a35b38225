"""Which records are one person? One pure decision for batch and real time: entity profiles, merged while they agree."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from matching.connected import connected
from matching.errors import MatchingError
from matching.profiles import TAU, Block, Merges, Priors, agglomerate

__all__ = ["Judgement", "JudgementError", "Limits", "Matches", "Partition", "Records", "components", "decide"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Key = tuple[str, str]
BATCH_CELLS = 4_000_000
CUT = 0.0  # log-odds: the weights are calibrated, so that one cut serves every file
NO_PAIRS: Ints = np.empty((0, 2), np.int64)
NO_JUDGED: Ints = np.empty((0, 3), np.int64)
FEW = 200  # so many records of one component are decided on without laying components out


class JudgementError(MatchingError):
    """Two judgements contradict each other; withdraw one of them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How large may things grow? cluster: records a person; household: persons; links: kept per record;
    component: records decided on together; floor: least weight (bits) of a kept link; reach: least weight that
    puts two records into one component."""

    cluster: int = 200
    household: int = 15
    links: int = 50
    component: int = 200
    floor: float = -5.0
    reach: float = -3.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Somebody's decision that two sets of records, by (source, record_id), are or are not the same person."""

    same: bool
    left: tuple[Key, ...]
    right: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Records:
    """The records to decide on, in working order: keys and source numbers; and each source's penalty in bits (<= 0)."""

    keys: Sequence[Key]
    sources: Ints
    penalties: Floats


class Weighted(Protocol):
    """Pairs with a weight."""

    @property
    def left(self) -> Ints: ...

    @property
    def right(self) -> Ints: ...

    @property
    def weight(self) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Matches:
    """Scored pairs of positions in Records (left < right) with their evidence in bits.

    match: (pairs, comparisons); home: (pairs, shareable comparisons); known: where the comparison knew both values.
    `shareable` holds the comparisons' places that `home` is about. weight: the pair's log-odds of "same person".
    """

    left: Ints
    right: Ints
    match: npt.NDArray[np.float32]
    home: npt.NDArray[np.float32]
    known: npt.NDArray[np.bool_]
    weight: Floats
    shareable: tuple[int, ...]
    prior: float
    household: float


@dataclass(frozen=True, slots=True)
class Partition:
    """persons: the cluster number of each record, numbered by first record; merges: every merge with its evidence."""

    persons: Ints
    merges: Merges


def decide(records: Records, matches: Matches, judgements: Sequence[Judgement], limits: Limits) -> Partition:
    """Which of these records are one person?

    Pure: the same input, in whatever company of other components, gives the same answer. Records joined by matches of
    weight `limits.reach` or by a must-link are decided on together. Must-links are contracted first, cannot-links never
    merged (JudgementError where both hold), no merge grows beyond `limits.cluster`. Clusters A, B merge, best first,
    while their profile log-odds (MATCHING, S9) stay above 0.
    """
    together, apart = _judged(records.keys, judgements)
    _refuse_contradictions(together, apart, records.keys)
    group = components(len(records.keys), matches, limits, together)
    persons = np.arange(len(records.keys))
    merges = [Merges.none(matches.match.shape[1])]
    priors = Priors(matches.prior, matches.household, matches.shareable, CUT, TAU)
    for block in _blocks(records, matches, group, judged=(together, apart)):
        labels, merged = agglomerate(block, priors, limits.cluster)
        persons[block.rows.ravel()] = labels.ravel()
        merges.append(merged)
    return Partition(_renumbered(persons), Merges.joined(merges))


def joined_groups(keys: Sequence[Key], pairs: "Weighted", judgements: Sequence[Judgement], limits: Limits) -> Ints:
    """Which records does `decide` decide on together? A component number per record."""
    return components(len(keys), pairs, limits, _judged(keys, judgements)[0])


def components(rows: int, pairs: "Weighted", limits: Limits, together: Ints = NO_PAIRS) -> Ints:
    """Which records are decided on together? Too large a component is cut again, only inside itself, bit by bit."""
    left, right, weight = pairs.left, pairs.right, pairs.weight
    reach = limits.reach
    labels = _connected(rows, _ends(pairs, weight >= reach), together)
    large = np.bincount(labels, minlength=1) > limits.component
    while large.any() and reach < 60:
        reach += 1.0
        kept = ((weight >= reach) | ~large[labels[left]]) & (weight >= limits.reach) & (labels[left] == labels[right])
        labels = _connected(rows, _ends(pairs, kept), together)
        large = np.bincount(labels, minlength=1) > limits.component
    return labels


def _ends(pairs: "Weighted", kept: npt.NDArray[np.bool_]) -> Ints:
    return np.stack([pairs.left[kept], pairs.right[kept]], axis=1)


def _connected(count: int, *pairs: Ints) -> Ints:
    a, b = np.concatenate(pairs).T
    return connected(count, a, b)


def _judged(keys: Sequence[Key], judgements: Sequence[Judgement]) -> tuple[Ints, Ints]:
    """Judgements as pairs of positions: same, not same. Those on records that are not here do not concern us."""
    pairs: dict[bool, list[tuple[int, int]]] = {True: [], False: []}
    if judgements:
        place = {key: i for i, key in enumerate(keys)}
        for judgement in judgements:
            left = [place[key] for key in judgement.left if key in place]
            right = [place[key] for key in judgement.right if key in place]
            pairs[judgement.same] += [(a, b) for a in left for b in right]
            if judgement.same:
                pairs[True] += [(side[0], other) for side in (left, right) for other in side[1:]]
    return tuple(np.array(pairs[same], dtype=np.int64).reshape(-1, 2) for same in (True, False))  # type: ignore[return-value]


def _refuse_contradictions(together: Ints, apart: Ints, keys: Sequence[Key]) -> None:
    if len(together) and len(apart):
        joined = _connected(len(keys), together)
        for a, b in apart[joined[apart[:, 0]] == joined[apart[:, 1]]]:
            raise JudgementError(
                f"{keys[a]} and {keys[b]} are judged to be the same person and not the same: withdraw one of the two"
            )


def _blocks(records: Records, matches: Matches, group: Ints, *, judged: tuple[Ints, Ints]) -> Iterator[Block]:
    """Components of one size, stacked, a bounded number of cells at a time: one vectorised run decides them all."""
    if 1 < len(group) <= FEW and not group.any():
        yield _whole(records, matches, judged)
        return
    layout = _Layout(group)
    inside = np.flatnonzero(group[matches.left] == group[matches.right])
    inside = inside[np.argsort(group[matches.left[inside]], kind="stable")]
    owner = group[matches.left[inside]]
    pair_sizes = layout.sizes[owner]
    for size in np.unique(layout.sizes[layout.sizes > 1]).tolist():
        members = np.flatnonzero(layout.sizes == size)
        of_size = pair_sizes == size
        pairs, owners = inside[of_size], owner[of_size]
        step = max(1, int(BATCH_CELLS // (size * size * max(matches.match.shape[1], 1))))
        for begin in range(0, len(members), step):
            chosen = members[begin : begin + step]
            first, last = np.searchsorted(owners, chosen[0]), np.searchsorted(owners, chosen[-1], side="right")
            yield _block(records, matches, pairs[first:last], layout.part(chosen, *judged))


class _Layout:
    """Where does each record stand: in which component, at which place?"""

    def __init__(self, group: Ints) -> None:
        self.group = group
        self.sizes = np.bincount(group)
        self.order = np.argsort(group, kind="stable")
        self.starts = np.cumsum(self.sizes) - self.sizes
        self.place = np.empty(len(group), np.int64)
        self.place[self.order] = np.arange(len(group)) - np.repeat(self.starts, self.sizes)

    def part(self, chosen: Ints, together: Ints, apart: Ints) -> "_Part":
        rows = self.order[self.starts[chosen][:, None] + np.arange(self.sizes[chosen[0]])]
        part = _Part(self, chosen, rows)
        return _Part(self, chosen, rows, part.inside(together), part.inside(apart))


@dataclass(frozen=True)
class _Part:
    """Some components of one size, and the judged pairs within them."""

    layout: _Layout
    chosen: Ints
    rows: Ints
    together: Ints = field(default_factory=lambda: np.empty((0, 3), np.int64))
    apart: Ints = field(default_factory=lambda: np.empty((0, 3), np.int64))

    def inside(self, judged: Ints) -> Ints:
        group, place = self.layout.group, self.layout.place
        a, b = judged[:, 0], judged[:, 1]
        here = (group[a] == group[b]) & np.isin(group[a], self.chosen)
        numbers = np.searchsorted(self.chosen, group[a[here]])
        return np.stack([numbers, place[a[here]], place[b[here]]], axis=1)


def _whole(records: Records, matches: Matches, judged: tuple[Ints, Ints]) -> Block:
    """All records as the one component that they are."""
    penalised = np.flatnonzero(records.penalties < 0)
    together, apart = (np.insert(pairs, 0, 0, axis=1) if len(pairs) else NO_JUDGED for pairs in judged)
    return Block(
        rows=np.arange(len(records.keys))[None, :],
        component=np.zeros(len(matches.left), np.int64),
        one=matches.left,
        other=matches.right,
        match=matches.match,
        home=matches.home,
        known=matches.known,
        present=(records.sources[:, None] == penalised)[None],
        penalties=records.penalties[penalised],
        together=together,
        apart=apart,
    )


def _block(records: Records, matches: Matches, pairs: Ints, part: _Part) -> Block:
    left, right = matches.left[pairs], matches.right[pairs]
    penalised = np.flatnonzero(records.penalties < 0)
    return Block(
        rows=part.rows,
        component=np.searchsorted(part.chosen, part.layout.group[left]),
        one=part.layout.place[left],
        other=part.layout.place[right],
        match=matches.match[pairs],
        home=matches.home[pairs],
        known=matches.known[pairs],
        present=records.sources[part.rows][:, :, None] == penalised,
        penalties=records.penalties[penalised],
        together=part.together,
        apart=part.apart,
    )


def _renumbered(persons: Ints) -> Ints:
    """Number the persons 0, 1, ... by their first record (each already carries the place of its first record)."""
    return np.asarray(np.unique(persons, return_inverse=True)[1], dtype=np.int64)
