"""Do two groups of records describe one person? Entity profiles: per field a power mean of the evidence between them.

For groups A, B and field f, L_f = log2(mean over known cross pairs of 2^(TAU x bits)) / TAU: between the mean of
the bits (TAU to 0; it punishes people with noisy records) and the mean Bayes factor (1). Sums add up: merging is cheap.
"""

from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["TAU", "Block", "Merges", "Priors", "agglomerate"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
TAU = 0.5
LEAST_BITS, MOST_BITS = -10.0, 16.0
CROWDED = 0.7  # of the groups of a component that are still groups, below which the others are left out


@dataclass(frozen=True, slots=True)
class Priors:
    """prior and household: probability that two random records are one person / of one household; shareable: the
    places of the comparisons that speak for a household; cut: the log-odds above which two groups merge."""

    prior: float
    household: float
    shareable: tuple[int, ...]
    cut: float
    tau: float


@dataclass(frozen=True, slots=True)
class Block:
    """Components of one size m, stacked. rows: (components, m) record positions. The pairs: component number, places
    one < other in it, and evidence as in Matches. present: (components, m, sources) whether a record is of a penalised
    source; penalties: (sources,) bits. together, apart: judged pairs as (component, place, place)."""

    rows: Ints
    component: Ints
    one: Ints
    other: Ints
    match: npt.NDArray[np.float32]
    home: npt.NDArray[np.float32]
    known: Bools
    present: Bools
    penalties: Floats
    together: Ints = field(default_factory=lambda: np.empty((0, 3), np.int64))
    apart: Ints = field(default_factory=lambda: np.empty((0, 3), np.int64))


@dataclass(frozen=True, slots=True)
class Merges:
    """Every merge, in order within its component: the first record of either side, the log-odds after which it was
    made, the bits of each comparison, of the household class (0 or less), and of the sources (0 or less)."""

    left: Ints
    right: Ints
    weight: Floats
    bits: Floats
    household: Floats
    sources: Floats

    @classmethod
    def none(cls, width: int) -> "Merges":
        """No merge at all."""
        empty = np.empty(0)
        return cls(empty.astype(np.int64), empty.astype(np.int64), empty, np.empty((0, width)), empty, empty)

    @classmethod
    def joined(cls, parts: list["Merges"]) -> "Merges":
        """All merges of several parts."""
        return cls(*(np.concatenate([getattr(p, n) for p in parts]) for n in cls.__slots__))


def agglomerate(block: Block, priors: Priors, limit: int) -> tuple[Ints, Merges]:
    """Who belongs together in each component? The first record of each one's person (as rows), and the merges.

    In every component the best pair of groups merges while its log-odds exceed the cut and the sum of records stays
    within `limit`; ties go to the earlier records. All components of the block advance in step.
    """
    if len(block.rows) == 1:
        return _agglomerate_one(block, priors, limit)
    state = _State(block, priors, limit)
    for component, one, other in block.together:
        state.contract(int(component), int(one), int(other))
    active = np.arange(len(block.rows))
    while len(active):
        scores = state.scores[active].reshape(len(active), -1)
        best = scores.argmax(axis=1)
        better = scores[np.arange(len(active)), best] > priors.cut
        active, best = active[better], best[better]
        if len(active):
            a, b = np.divmod(best, block.rows.shape[1])
            state.merge(active, a, b)
    return np.take_along_axis(block.rows, state.label, axis=1), state.merges()


def _agglomerate_one(block: Block, priors: Priors, limit: int) -> tuple[Ints, Merges]:
    """The same for a single component, as a row that arrives has it: a third of the calls to numpy."""
    one = _One(block, priors, limit)
    for _, first, second in block.together.tolist():
        a, b = sorted((int(one.label[first]), int(one.label[second])))
        if a != b:
            one.join(a, b)
    while one.left > 1:
        best = int(one.scores.argmax())
        if not one.scores.item(best) > priors.cut:
            break
        a, b = divmod(best, len(one.scores))
        one.keep(a, b)
        one.join(a, b)
        if one.left < CROWDED * len(one.scores):
            one.close_ranks()
    return block.rows[:, one.label], one.merges()


class _One:
    """The groups of one component: as `_State` holds those of many, place by place."""

    def __init__(self, block: Block, priors: Priors, limit: int) -> None:
        self.block, self.priors, self.limit = block, priors, limit
        self.rows, self.width = block.rows[0], block.match.shape[1]
        size, pairs, shareable = len(self.rows), len(block.one), list(priors.shareable)
        known = np.zeros((pairs + 1, self.width + len(shareable)), np.float32)  # counts: half the memory to touch
        known[:-1, : self.width], known[:-1, self.width :] = block.known, block.known[:, shareable]
        powers = np.zeros(known.shape)
        powers[:-1, : self.width], powers[:-1, self.width :] = block.match, block.home
        np.clip(powers, LEAST_BITS, MOST_BITS, out=powers)
        powers *= priors.tau
        np.exp2(powers, out=powers)
        powers *= known
        places = np.full((size, size), pairs)  # of each pair, either way round; a record has none with itself
        places[block.one, block.other] = places[block.other, block.one] = np.arange(pairs)
        self.powers, self.known = powers.take(places, axis=0), known.take(places, axis=0)
        self.scores = _first_scores(block, priors, limit)[0]
        self.label, self.left = np.arange(size), size
        self.first = np.arange(size)  # of each group, its first record; groups are told by their place here
        self.records = np.ones(size, np.int64)
        self.gone = np.zeros(size, np.bool_)  # into another
        self.barred = np.zeros((size, size), np.bool_)  # judged apart, or one of them is gone
        _, first, second = block.apart.T
        self.barred[first, second] = self.barred[second, first] = True
        self.present = block.present[0].copy() if len(block.penalties) else None
        self.made: list[tuple[int, int, float, Floats, Floats, float]] = []

    def _penalty(self, a: int, b: int | slice) -> Any:
        return (self.present[a] & self.present[b]) @ self.block.penalties if self.present is not None else 0.0

    def keep(self, a: int, b: int) -> None:
        """Keep what speaks for making b part of a."""
        seen = (self.powers[a, b].copy(), self.known[a, b].copy())
        ends = (int(self.first[a]), int(self.first[b]))
        self.made.append((*ends, self.scores[a, b], *seen, float(self._penalty(a, b))))

    def join(self, a: int, b: int) -> None:
        """Make group b part of group a (a < b)."""
        self.label[self.label == self.first[b]] = self.first[a]
        self.left -= 1
        self.gone[b] = True
        self.scores[b] = self.scores[:, b] = -np.inf
        self.barred[a] |= self.barred[b]
        self.barred[:, a] = self.barred[a]
        self.barred[b] = self.barred[:, b] = True
        self.records[a] += self.records[b]
        if self.present is not None:
            self.present[a] |= self.present[b]
        if self.left == 1:  # nobody asks for its profile
            return
        for sums in (self.powers, self.known):
            sums[a] += sums[b]
            sums[:, a] = sums[a]
        self.scores[a] = self.scores[:, a] = self._score(a)

    def close_ranks(self) -> None:
        """Leave out the groups that are gone, which would be reckoned with in vain; the others keep their order."""
        stay = np.flatnonzero(~self.gone)
        for name in ("powers", "known", "scores", "barred"):
            setattr(self, name, getattr(self, name).take(stay, axis=0).take(stay, axis=1))
        self.first, self.gone, self.records = self.first[stay], self.gone[stay], self.records[stay]
        if self.present is not None:
            self.present = self.present[stay]

    def _score(self, a: int) -> Floats:
        bits = _profile(self.powers[a], self.known[a], self.priors.tau)
        household = _household(bits[:, self.width :].sum(axis=1), self.priors)
        score = _logs(self.priors)[0] + bits[:, : self.width].sum(axis=1) + household + self._penalty(a, slice(None))
        score = np.round(score, 6)
        score[self.barred[a] | (self.records + self.records[a] > self.limit)] = -np.inf
        score[a] = -np.inf
        return np.asarray(score, np.float64)

    def merges(self) -> Merges:
        """Every merge that was made, with what spoke for it."""
        if not self.made:
            return Merges.none(self.width)
        left, right, weight, powers, known, sources = map(np.array, zip(*self.made, strict=True))
        bits = _profile(powers, known, self.priors.tau)
        household = _household(bits[:, self.width :].sum(axis=1), self.priors)
        return Merges(self.rows[left], self.rows[right], weight, bits[:, : self.width], household, sources)


def _profile(powers: Floats, known: npt.NDArray[Any], tau: float) -> Floats:
    """The bits of each comparison between two groups, of the sums over their pairs."""
    mean = np.where(known > 0, powers / np.maximum(known, 1), 1.0)
    return np.asarray(np.log2(mean) / tau)


class _State:
    """The groups of all components of a block: their profiles, scores and labels."""

    def __init__(self, block: Block, priors: Priors, limit: int) -> None:
        count, size = block.rows.shape
        self.block, self.priors, self.limit = block, priors, limit
        # Every comparison, and behind them those that speak for a household: reckoned alike, so reckoned together.
        self.width = block.match.shape[1]
        known = np.concatenate([block.known, block.known[:, list(priors.shareable)]], axis=1)
        bits = np.clip(np.concatenate([block.match, block.home], axis=1), LEAST_BITS, MOST_BITS)
        self.powers = self._spread(np.exp2(bits.astype(np.float64) * priors.tau) * known, np.float64)
        self.known = self._spread(known, np.float32)
        self.present = block.present.copy()
        self.records = np.ones((count, size), np.int64)
        self.label = np.tile(np.arange(size), (count, 1))
        self.alive = np.ones((count, size), np.bool_)
        self.apart = np.zeros((count, size, size), np.bool_)
        component, one, other = block.apart.T
        self.apart[component, one, other] = self.apart[component, other, one] = True
        self.scores = _first_scores(block, priors, limit)
        self.made: list[tuple[Ints, Ints, Floats, Floats, Floats, Floats]] = []

    def _spread(self, values: npt.NDArray[Any], kind: type[np.floating[Any]]) -> npt.NDArray[Any]:
        block = self.block
        count, size = block.rows.shape
        out = np.zeros((count, values.shape[1], size, size), kind)
        out[block.component, :, block.one, block.other] = values
        out[block.component, :, block.other, block.one] = values
        return out

    def _score(self, g: Ints, a: Ints) -> Floats:
        bits = _profile(self.powers[g, :, a, :], self.known[g, :, a, :], self.priors.tau)
        household = _household(bits[:, self.width :].sum(axis=1), self.priors)
        both = self.present[g, a][:, None, :] & self.present[g]
        score = _logs(self.priors)[0] + bits[:, : self.width].sum(axis=1) + household + both @ self.block.penalties
        score = np.round(score, 6)
        here = np.arange(len(g))
        too_many = self.records[g, a][:, None] + self.records[g] > self.limit
        score = np.asarray(score, np.float64)
        score[too_many | self.apart[g, a] | ~self.alive[g]] = -np.inf
        score[here, a] = -np.inf
        return score

    def merge(self, g: Ints, a: Ints, b: Ints) -> None:
        """Make group b part of group a (a < b) in each of these components; what spoke for it is kept."""
        sources = (self.present[g, a] & self.present[g, b]) @ self.block.penalties
        rows, seen = self.block.rows, (self.powers[g, :, a, b], self.known[g, :, a, b])
        self.made.append((rows[g, a], rows[g, b], self.scores[g, a, b], *seen, sources))
        self._join(g, a, b)

    def merges(self) -> Merges:
        """Every merge that was made, with what spoke for it."""
        if not self.made:
            return Merges.none(self.width)
        left, right, weight, powers, known, sources = (np.concatenate(part) for part in zip(*self.made, strict=True))
        bits = _profile(powers, known, self.priors.tau)
        household = _household(bits[:, self.width :].sum(axis=1), self.priors)
        return Merges(left, right, weight, bits[:, : self.width], household, sources)

    def contract(self, component: int, one: int, other: int) -> None:
        """Put two records that were judged the same into one group, whatever their scores."""
        a, b = sorted((int(self.label[component, one]), int(self.label[component, other])))
        if a != b:
            self._join(np.array([component]), np.array([a]), np.array([b]))

    def _join(self, g: Ints, a: Ints, b: Ints) -> None:
        self.alive[g, b] = False
        self.label[g] = np.where(self.label[g] == b[:, None], a[:, None], self.label[g])
        self.scores[g, b, :] = -np.inf
        self.scores[g, :, b] = -np.inf
        more = self.alive[g].sum(axis=1) > 1  # with one group left, nobody asks for its profile
        g, a, b = g[more], a[more], b[more]
        for sums in (self.powers, self.known):
            sums[g, :, a, :] += sums[g, :, b, :]
            sums[g, :, :, a] = sums[g, :, a, :]
        self.present[g, a] |= self.present[g, b]
        self.apart[g, a] |= self.apart[g, b]
        self.apart[g, :, a] = self.apart[g, a]
        self.records[g, a] += self.records[g, b]
        self.scores[g, a, :] = self._score(g, a)
        self.scores[g, :, a] = self.scores[g, a, :]


def _first_scores(block: Block, priors: Priors, limit: int) -> Floats:
    """What speaks for joining each two records, before anything is joined (components, m, m)."""
    size = block.rows.shape[1]
    both = block.present[:, :, None, :] & block.present[:, None, :, :]
    scores = both @ block.penalties + (np.log2(priors.prior) + _household(np.zeros(1), priors))
    bits = np.clip(block.match, LEAST_BITS, MOST_BITS) * block.known
    shared = np.clip(block.home, LEAST_BITS, MOST_BITS) * block.known[:, list(priors.shareable)]
    found = np.log2(priors.prior) + bits.sum(axis=1, dtype=np.float64)
    found += _household(shared.sum(axis=1, dtype=np.float64), priors)
    found += both[block.component, block.one, block.other] @ block.penalties
    scores[block.component, block.one, block.other] = scores[block.component, block.other, block.one] = found
    component, one, other = block.apart.T
    scores[component, one, other] = scores[component, other, one] = -np.inf
    scores[:, np.arange(size), np.arange(size)] = -np.inf
    if limit < 2:
        scores[:] = -np.inf
    return np.asarray(np.round(scores, 6), np.float64)


def _household(shared: Floats, priors: Priors) -> Floats:
    """Bits against "same person" from the household class, of the bits that speak for one household."""
    _, stranger, household = _logs(priors)
    if priors.household > 0:
        return np.asarray(-np.logaddexp2(stranger, household + shared))
    return np.full_like(shared, -stranger)


@cache
def _logs(priors: Priors) -> tuple[float, float, float]:
    """The bits of being one person, strangers, of one household."""
    household = float(np.log2(priors.household)) if priors.household > 0 else -np.inf
    return float(np.log2(priors.prior)), float(np.log2(1.0 - priors.prior - priors.household)), household
