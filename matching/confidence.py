"""How good is an answer, as far as the matcher itself can tell? Expected precision, recall and F1, without any truth.

Wrong pairs are expected from the log-odds of the merges that were made. Missed pairs are expected from the profile
log-odds between persons that were not merged, and from candidate pairs too weak to be decided on. The last are
corrected for blocking as a survey is (Horvitz and Thompson 1952): of the weak pairs inside persons, all of which are
known by transitivity, the share that blocking had found says how many weak pairs it missed elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array, diags_array

from matching.clusters import Judgement, Key, Limits, Partition
from matching.links import Frequencies, Graded, home_bits, match_bits, pair_weights
from matching.model import Model
from matching.profiles import LEAST_BITS, MOST_BITS, TAU

__all__ = ["Decided", "expected_quality"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BATCH = 250_000
# The fields of one record go wrong together, which the model does not know: the log-odds of whole profiles say more
# than they should, and more often tear one person apart than join two. One divisor each for all files; single pairs
# are calibrated in training. The interval lets every divisor be smaller or larger by these factors.
MERGED, OPEN, SINGLE = 1.2, 1.8, 1.0
LEAST, MOST = 0.7, 1.6
WEAK = (-9.0, -6.0, -4.5, -3.0, -2.0, -1.0, 0.0)  # bounds of weight, from that which joins two rows to one component
SMOOTHING = 5
STANDARD_ERRORS = 1.96  # on either side: 95 in 100
SIZES = (1, 2, 3, 5, 10, 20, 50)
MOST_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Decided:
    """What a run compared and decided, all in its working order of rows.

    scored: the candidate pairs; inside: every pair within a component, `weight` its log-odds; group: component per row;
    partition: the decision; keys, and sources as numbers in `source_names`, per row; judgements and limits: as given.
    """

    scored: Graded
    inside: Graded
    weight: Floats
    group: Ints
    partition: Partition
    keys: Sequence[Key]
    sources: Ints
    source_names: Sequence[str]
    judgements: Sequence[Judgement]
    limits: Limits

    @property
    def persons(self) -> Ints:
        """Which person has each row?"""
        return self.partition.persons

    def penalties(self, model: Model) -> Floats:
        """How many bits (0 or less) does each source, by its number, take from two of its records?"""
        return np.array([model.penalties.get(name, 0.0) for name in self.source_names])

    def apart(self) -> Ints:
        """Which pairs of rows were judged not to be the same person? (pairs, 2)"""
        sides = [(j.left, j.right) for j in self.judgements if not j.same]
        if not sides:
            return np.empty((0, 2), np.int64)
        place = {key: row for row, key in enumerate(self.keys)}
        rows = [[[place[key] for key in side if key in place] for side in pair] for pair in sides]
        return np.array([(a, b) for left, right in rows for a in left for b in right], np.int64).reshape(-1, 2)


@dataclass(frozen=True, slots=True)
class _Claims:
    """Claims "these two groups of records are one person": the persons on either side, how many pairs of records hang
    on each, its log-odds, which comparison speaks most against it (-1: none does), and what divides the log-odds."""

    one: Ints
    other: Ints
    pairs: Floats
    odds: Floats
    against: Ints
    divisor: float

    def chance(self, spread: float = 1.0) -> Floats:
        """How probable is each claim?"""
        odds = self.odds / (self.divisor * spread)
        return np.asarray(1.0 / (1.0 + np.exp2(-np.clip(odds, -500, 500))))


@dataclass(frozen=True, slots=True)
class _Expected:
    """Expected wrong and missed pairs of each claim, in the middle of what we hold possible."""

    made: _Claims
    wrong: Floats
    missed: tuple[_Claims, ...]
    lost: tuple[Floats, ...]

    @classmethod
    def of(cls, made: _Claims, missed: tuple[_Claims, ...], spread: float = 1.0) -> "_Expected":
        """What is to be expected when all divisors are so many times larger?"""
        lost = tuple(claims.pairs * claims.chance(spread) for claims in missed)
        return cls(made, made.pairs * (1.0 - made.chance(spread)), missed, lost)

    def sums(self) -> tuple[float, float]:
        """How many wrong and missed pairs in all?"""
        return float(self.wrong.sum()), float(sum(lost.sum() for lost in self.lost))

    def errors(self) -> tuple[float, float]:
        """The standard errors of these sums: a claim is true or not for all its pairs at once."""
        wrong = float((self.wrong * (self.made.pairs - self.wrong)).sum())
        lost = sum(float((n * (c.pairs - n)).sum()) for c, n in zip(self.missed, self.lost, strict=True))
        return float(np.sqrt(wrong)), float(np.sqrt(lost))


def expected_quality(model: Model, rarity: Frequencies, decided: Decided) -> dict[str, Any]:
    """How right are these persons, over pairs of records, as far as the model can tell without any truth?

    precision, recall, f1: {expected, low, high}, the last two for 95 in 100. pairs: made, wrong and missed (expected
    numbers), found_when_weak (the share of weak pairs that blocking finds). doubt: the expected wrong and missed pairs
    by pair of sources, by the size of the person, and by the comparison that speaks most against the doubtful pairs.
    """
    sizes = np.bincount(decided.persons)
    total = float((sizes * (sizes - 1.0)).sum()) / 2
    made = _merged(decided)
    missed = (_left_open(model, rarity, decided), _never_decided(model, rarity, decided))
    middle = _Expected.of(made, missed)
    wrong, lost = middle.sums()
    pairs = {
        "made": round(total),
        "wrong": round(wrong, 1),
        "missed": round(lost, 1),
        "found_when_weak": _share_found(middle),
    }
    names = [comparison.name for comparison in model.comparisons]
    doubt = {
        "sources": _by_sources(middle, decided),
        "sizes": _by_size(middle, sizes),
        "fields": _by_field(middle, names),
    }
    return {**_figures(made, missed, total), "pairs": pairs, "doubt": doubt}


def _merged(decided: Decided) -> _Claims:
    """Every merge: as many pairs as the records on its two sides form."""
    merges = decided.partition.merges
    sizes = [1] * len(decided.persons)
    pairs = np.empty(len(merges.left))
    for at, (a, b) in enumerate(zip(merges.left.tolist(), merges.right.tolist(), strict=True)):
        pairs[at] = sizes[a] * sizes[b]
        sizes[a] += sizes[b]
    person = decided.persons[merges.left]
    return _Claims(person, person, pairs, merges.weight, _most_against(merges.bits), MERGED)


def _left_open(model: Model, rarity: Frequencies, decided: Decided) -> _Claims:
    """Every two persons of one component: what speaks for their being one all the same?"""
    persons, inside = decided.persons, decided.inside
    between = np.flatnonzero(persons[inside.left] != persons[inside.right])
    key = _two(persons, inside.left[between], inside.right[between])
    order = np.argsort(key, kind="stable")
    between, key = between[order], key[order]
    apart = decided.apart()
    if len(apart):
        kept = ~np.isin(key, _two(persons, apart[:, 0], apart[:, 1]))
        between, key = between[kept], key[kept]
    parts = [_profiles(model, rarity, inside.take(between[some]), key[some]) for some in _runs(key)]
    keys, pairs, odds, against = _joined(parts, 4)
    one, other = np.divmod(keys.astype(np.int64), len(persons))
    odds += _penalties(model, decided, one, other)
    return _Claims(one, other, pairs, odds, against.astype(np.int64), OPEN)


def _never_decided(model: Model, rarity: Frequencies, decided: Decided) -> _Claims:
    """Candidate pairs of two components; each stands for 1 / share pairs, those that blocking missed included."""
    scored, persons, sources = decided.scored, decided.persons, decided.sources
    apart = np.flatnonzero(decided.group[scored.left] != decided.group[scored.right])
    penalties, (bounds, shares) = decided.penalties(model), _shares_found(decided)
    parts: list[tuple[npt.NDArray[Any], ...]] = []
    for begin in range(0, len(apart), BATCH):
        pairs = scored.take(apart[begin : begin + BATCH])
        bits = match_bits(model, rarity, pairs)
        weight = pair_weights(model, bits, home_bits(model, rarity, pairs))
        ends = persons[np.stack([pairs.left, pairs.right])]
        same = sources[pairs.left] == sources[pairs.right]
        odds = weight + np.where(same, penalties[sources[pairs.left]], 0.0)
        stands_for = 1.0 / shares[np.searchsorted(bounds, weight, side="right")]
        parts.append((*ends, stands_for, odds, _most_against(bits)))
    one, other, count, odds, against = _joined(parts, 5)
    return _Claims(one.astype(np.int64), other.astype(np.int64), count, odds, against.astype(np.int64), SINGLE)


def _profiles(model: Model, rarity: Frequencies, pairs: Graded, keys: Ints) -> tuple[npt.NDArray[Any], ...]:
    """Per two persons (pairs of equal keys stand together): key, number of pairs, log-odds, what speaks against it."""
    distinct, starts, counts = np.unique(keys, return_index=True, return_counts=True)
    known = pairs.grades > 0
    bits = _power_mean(match_bits(model, rarity, pairs), known, starts)
    home = _power_mean(home_bits(model, rarity, pairs), known[:, model.shareable], starts)
    return distinct, counts.astype(np.float64), pair_weights(model, bits, home), _most_against(bits)


def _power_mean(bits: npt.NDArray[np.float32], known: npt.NDArray[np.bool_], starts: Ints) -> npt.NDArray[np.float32]:
    """The evidence of each run of pairs, as entity profiles take it."""
    if not bits.shape[1]:
        return np.zeros((len(starts), 0), np.float32)
    powers = np.exp2(np.clip(bits.astype(np.float64), LEAST_BITS, MOST_BITS) * TAU) * known
    count = np.add.reduceat(known.astype(np.float64), starts, axis=0)
    mean = np.where(count > 0, np.add.reduceat(powers, starts, axis=0) / np.maximum(count, 1.0), 1.0)
    return np.asarray(np.log2(mean) / TAU, dtype=np.float32)


def _shares_found(decided: Decided) -> tuple[Floats, Floats]:
    """Of the weak pairs inside persons, which share did blocking find? Bounds of weight, and shares between."""
    inside, persons, scored = decided.inside, decided.persons, decided.scored
    bounds = decided.limits.reach + np.array(WEAK)
    weak = (persons[inside.left] == persons[inside.right]) & (decided.weight < bounds[-1])
    wanted = (inside.left[weak].astype(np.int64) << 32) | inside.right[weak]
    known = (scored.left.astype(np.int64) << 32) | scored.right
    there = known[np.minimum(np.searchsorted(known, wanted), len(known) - 1)] == wanted if len(known) else wanted < 0
    place = np.searchsorted(bounds, decided.weight[weak], side="right")
    every, found = (np.bincount(some, minlength=len(bounds) + 1) for some in (place, place[there]))
    shares = (found + SMOOTHING) / (every + SMOOTHING)
    shares[[0, -1]] = 1.0  # too weak to be kept, or joined to one component
    return bounds, shares


def _share_found(expected: _Expected) -> float:
    """Of the pairs that were missed outside components, which share had blocking found?"""
    claims, lost = expected.missed[-1], expected.lost[-1]
    total = float(lost.sum())
    return round(float((lost / claims.pairs).sum()) / total, 4) if total else 1.0


def _penalties(model: Model, decided: Decided, one: Ints, other: Ints) -> Floats:
    """What do the sources that both persons have records of say against their being one?"""
    held, penalties = _sources_of(decided), decided.penalties(model)
    held.data[:] = 1.0
    out = np.zeros(len(one))
    for begin in range(0, len(one), BATCH):
        some = slice(begin, begin + BATCH)
        out[some] = held[one[some]].multiply(held[other[some]]) @ penalties
    return out


def _sources_of(decided: Decided) -> Any:
    """How many records has each person (rows) of each source (columns)?"""
    ones = np.ones(len(decided.persons))
    shape = (int(decided.persons.max(initial=-1)) + 1, len(decided.source_names))
    return csr_array((ones, (decided.persons, decided.sources)), shape=shape)


def _figures(made: _Claims, missed: tuple[_Claims, ...], total: float) -> dict[str, dict[str, float]]:
    """Precision, recall and F1, each with the range that the divisors and chance leave open."""
    middle = _scores(total, *_Expected.of(made, missed).sums())
    ends = []
    for spread, side in ((LEAST, -STANDARD_ERRORS), (MOST, STANDARD_ERRORS)):
        expected = _Expected.of(made, missed, spread)
        (wrong, lost), (wrong_error, lost_error) = expected.sums(), expected.errors()
        wrong, lost = (max(n + side * e, 0.0) for n, e in ((wrong, wrong_error), (lost, lost_error)))
        ends.append(_scores(total, min(wrong, total), lost))
    names = ("precision", "recall", "f1")
    rows = zip(names, middle, *ends, strict=True)
    return {
        name: {"expected": round(at, 4), "low": round(low, 4), "high": round(high, 4)} for name, at, high, low in rows
    }


def _scores(total: float, wrong: float, lost: float) -> tuple[float, float, float]:
    """Precision, recall, F1; 1 where nothing could be wrong or missed."""
    right = total - wrong
    precision = right / total if total else 1.0
    recall = right / (right + lost) if right + lost else 1.0
    return precision, recall, 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _by_sources(expected: _Expected, decided: Decided) -> list[dict[str, Any]]:
    """Between which sources do the doubtful pairs lie? A person's doubt is spread evenly over its pairs of records."""
    held = _sources_of(decided)
    size = held.sum(axis=1)
    person_pairs = np.maximum(size * (size - 1) / 2, 1.0)
    wrong_of = np.bincount(expected.made.one, weights=expected.wrong, minlength=len(size)) / person_pairs
    pairs, wrong = (_inside_pairs(held, rate) for rate in (np.ones(len(size)), wrong_of))
    missed = np.zeros_like(pairs)
    for claims, lost in zip(expected.missed, expected.lost, strict=True):
        for begin in range(0, len(lost), BATCH):
            one, other = claims.one[begin : begin + BATCH], claims.other[begin : begin + BATCH]
            rate = lost[begin : begin + BATCH] / (size[one] * size[other])
            missed += np.asarray((held[one].T @ diags_array(rate) @ held[other]).todense())
    missed += np.triu(missed.T, 1) - np.tril(missed, -1)
    names = decided.source_names
    rows = [
        {"sources": a if a == b else f"{a} + {b}", "pairs": pairs[i, j], "wrong": wrong[i, j], "missed": missed[i, j]}
        for i, a in enumerate(names)
        for j, b in enumerate(names[i:], start=i)
    ]
    return _worst(rows)


def _inside_pairs(held: Any, rate: Floats) -> Floats:
    """Pairs of records within persons by source and source (upper triangle), each person's times its rate."""
    both = np.asarray((held.T @ diags_array(rate) @ held).todense())
    np.fill_diagonal(both, (np.diag(both) - held.T @ rate) / 2)
    return np.triu(both)


def _by_size(expected: _Expected, sizes: Ints) -> list[dict[str, Any]]:
    """In persons of which size do the doubtful pairs lie (missed ones: in the larger of the two)?"""
    bounds = np.array([*SIZES, np.iinfo(np.int64).max])
    names = [str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in pairwise(SIZES)] + [f"{SIZES[-1]}+"]

    def tally(size: Ints, weight: Floats) -> Floats:
        place = np.searchsorted(bounds, size, side="right") - 1
        return np.asarray(np.bincount(place, weights=weight, minlength=len(names)), np.float64)

    pairs = tally(sizes, sizes * (sizes - 1.0) / 2)
    wrong = tally(sizes[expected.made.one], expected.wrong)
    missed = np.zeros(len(names))
    for claims, lost in zip(expected.missed, expected.lost, strict=True):
        missed += tally(np.maximum(sizes[claims.one], sizes[claims.other]), lost)
    rows = zip(names, pairs, wrong, missed, strict=True)
    return _worst([{"size": n, "pairs": p, "wrong": w, "missed": m} for n, p, w, m in rows])


def _by_field(expected: _Expected, names: Sequence[str]) -> list[dict[str, Any]]:
    """Which comparison speaks most against the doubtful pairs? "nothing": none does, they only know too little."""

    def tally(claims: _Claims, weight: Floats) -> Floats:
        return np.asarray(np.bincount(claims.against + 1, weights=weight, minlength=len(names) + 1), np.float64)

    wrong = tally(expected.made, expected.wrong)
    missed = sum(tally(claims, lost) for claims, lost in zip(expected.missed, expected.lost, strict=True))
    rows = zip(["nothing", *names], wrong, np.broadcast_to(missed, wrong.shape), strict=True)
    return _worst([{"field": name, "wrong": w, "missed": m} for name, w, m in rows])


def _worst(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with any doubt, most of it first, in numbers that JSON knows."""
    told: list[dict[str, Any]] = [
        {k: v if isinstance(v, str) else round(float(v), 1) for k, v in row.items()} for row in rows
    ]
    doubtful = [row for row in told if row["wrong"] or row["missed"]]
    return sorted(doubtful, key=lambda row: -(row["wrong"] + row["missed"]))[:MOST_SHOWN]


def _most_against(bits: npt.NDArray[Any]) -> Ints:
    """Per row, the comparison of the least bits; -1 where none is below zero."""
    if not bits.shape[1]:
        return np.full(len(bits), -1, np.int64)
    least = bits.argmin(axis=1)
    return np.where(bits[np.arange(len(bits)), least] < 0, least, -1).astype(np.int64)


def _two(persons: Ints, left: npt.NDArray[Any], right: npt.NDArray[Any]) -> Ints:
    """One number for two persons, whichever comes first."""
    a, b = persons[left], persons[right]
    return np.asarray(np.minimum(a, b) * len(persons) + np.maximum(a, b), dtype=np.int64)


def _runs(keys: Ints) -> Iterator[slice]:
    """Sorted keys in slices of about BATCH, none of which parts equal keys."""
    begin = 0
    while begin < len(keys):
        last = keys[min(begin + BATCH, len(keys)) - 1]
        end = int(np.searchsorted(keys, last, side="right"))
        yield slice(begin, end)
        begin = end


def _joined(parts: list[tuple[npt.NDArray[Any], ...]], width: int) -> list[npt.NDArray[Any]]:
    """So many columns out of batches of them."""
    if not parts:
        return [np.empty(0) for _ in range(width)]
    return [np.concatenate(columns) for columns in zip(*parts, strict=True)]
