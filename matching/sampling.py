"""How right is an answer, judged by a person on few pairs? A stratified draw, and its Horvitz-Thompson estimates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.errors import MatchingError

__all__ = ["draw_pairs", "estimate", "pairs_to_judge"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
LEAST_OF_STRATUM = 5
STANDARD_ERRORS = 1.96
# Lower bounds of probability, and what a stratum is called; a pair without a kept match has no probability.
MERGED = ((-1.0, "one person: no match of their own"), (0.0, "one person: unlikely"), (0.5, "one person: doubtful"),
          (0.9, "one person: likely"), (0.99, "one person: sure"))  # fmt: skip
APART = ((-1.0, "two persons of one household"), (0.0, "two persons: sure"), (0.1, "two persons: likely"),
         (0.5, "two persons: doubtful"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stratum:
    """pairs: how many there are; asked and same: how many were answered, and answered "same"."""

    merged: bool
    pairs: int
    asked: int
    same: int

    @property
    def expected(self) -> float:
        """How many pairs of this stratum are one person?"""
        return self.pairs * self.same / self.asked

    @property
    def variance(self) -> float:
        """How uncertain is that? Half an answer of either kind is added, so that unanimity is no certainty."""
        share = (self.same + 0.5) / (self.asked + 1.0)
        unseen = 1.0 - self.asked / self.pairs
        return self.pairs**2 * share * (1.0 - share) / self.asked * unseen


def pairs_to_judge(persons: Ints, households: Ints, links: pa.Table) -> pa.Table:
    """Which pairs of rows may a sample draw from, and in which stratum is each?

    persons, households: a number per row (household -1: none). links: left, right, probability of kept matches. The
    frame holds every pair within a person, every kept match between two, and every other pair within a household;
    pairs that nothing ever brought together are not in it. Columns: left, right (left < right), merged, stratum.
    """
    within = _pairs_within(persons)
    left, right = (np.asarray(links[name].to_numpy(), np.int64) for name in ("left", "right"))
    matched = _packed(np.minimum(left, right), np.maximum(left, right))
    kin = _pairs_within(np.where(households >= 0, households, -1 - np.arange(len(households))))
    everything = np.unique(np.concatenate([within, matched, kin]))
    a, b = everything >> 32, everything & 0xFFFFFFFF
    probability = np.full(len(everything), -1.0)
    probability[np.searchsorted(everything, matched)] = np.asarray(links["probability"].to_numpy(), np.float64)
    merged = persons[a] == persons[b]
    stratum = np.where(merged, _named(MERGED, probability), _named(APART, probability))
    return pa.table({"left": a, "right": b, "merged": merged, "stratum": stratum.tolist()})


def draw_pairs(frame: pa.Table, size: int, *, seed: int) -> pa.Table:
    """Which `size` pairs of the frame is a person to judge? Strata whose answers are less certain get more.

    Simple random draws within each stratum, shuffled, so that any beginning of the sample covers the strata. Adds
    stratum_pairs, the number of pairs of its stratum.
    """
    if size < 1 or not frame.num_rows:
        raise MatchingError("there are no pairs to draw from" if size > 0 else "a sample has at least one pair")
    random = np.random.default_rng(seed)
    names = np.asarray(frame["stratum"].to_pylist(), dtype=object)
    rows_of = {name: np.flatnonzero(names == name) for name in sorted(set(names))}
    quota = _quota({name: len(rows) for name, rows in rows_of.items()}, size)
    chosen = np.concatenate([random.choice(rows, quota[name], replace=False) for name, rows in rows_of.items()])
    random.shuffle(chosen)
    drawn = frame.take(pa.array(chosen))
    return drawn.append_column("stratum_pairs", pa.array([len(rows_of[name]) for name in drawn["stratum"].to_pylist()]))


def estimate(sample: pa.Table, answers: Sequence[bool | None]) -> dict[str, Any]:
    """What do these answers (same person: True, not: False, skipped: None) say of all pairs of the frame?

    Every answer stands for stratum_pairs / answers of its stratum pairs (Horvitz and Thompson 1952). precision, recall,
    f1: {estimate, low, high}, the last two for 95 in 100, None where no answer tells. `covered`: the share of the
    frame's pairs whose stratum has an answer; the figures are about those. Recall is of the frame: a pair that nothing
    brought together is not missed by it.
    """
    strata = _answered(sample, answers)
    told = [stratum for stratum in strata.values() if stratum.asked]
    made = sum(s.pairs for s in told if s.merged)
    right, missed = (sum(s.expected for s in told if s.merged is kind) for kind in (True, False))
    spread = [sum(s.variance for s in told if s.merged is kind) for kind in (True, False)]
    total, true = made + right + missed, right + missed
    slopes = {
        "precision": (right / made if made else None, (1 / max(made, 1), 0.0)),
        "recall": (right / true if true else None, (missed / max(true, 1) ** 2, -right / max(true, 1) ** 2)),
        "f1": (
            2 * right / total if total else None,
            (2 * (made + missed) / max(total, 1) ** 2, -2 * right / max(total, 1) ** 2),
        ),
    }
    figures = {name: _interval(value, slope, spread) for name, (value, slope) in slopes.items()}
    everything = sum(stratum.pairs for stratum in strata.values())
    counts = [{"stratum": n, "pairs": s.pairs, "asked": s.asked, "same": s.same} for n, s in sorted(strata.items())]
    covered = sum(s.pairs for s in told) / everything if everything else 0.0
    return {**figures, "answers": sum(s.asked for s in told), "covered": round(covered, 4), "strata": counts}


def _interval(value: float | None, slope: tuple[float, float], spread: list[float]) -> dict[str, float | None]:
    if value is None:
        return {"estimate": None, "low": None, "high": None}
    error = STANDARD_ERRORS * float(np.sqrt(sum(g * g * v for g, v in zip(slope, spread, strict=True))))
    ends = {"estimate": value, "low": max(value - error, 0.0), "high": min(value + error, 1.0)}
    return {name: round(end, 4) for name, end in ends.items()}


def _answered(sample: pa.Table, answers: Sequence[bool | None]) -> dict[str, _Stratum]:
    found: dict[str, _Stratum] = {}
    columns = (sample[name].to_pylist() for name in ("stratum", "merged", "stratum_pairs"))
    for name, merged, pairs, answer in zip(*columns, answers, strict=True):
        held = found.get(name, _Stratum(merged, pairs, 0, 0))
        told = int(answer is not None)
        found[name] = _Stratum(merged, pairs, held.asked + told, held.same + int(answer is True))
    return found


def _quota(sizes: dict[str, int], size: int) -> dict[str, int]:
    """How many pairs of each stratum? Neyman's allocation by size and by how divided answers are likely to be."""
    divided = {name: np.sqrt(share * (1 - share)) for name, share in _LIKELY.items()}
    weight = {name: count * divided[name] for name, count in sizes.items()}
    quota = {name: min(count, LEAST_OF_STRATUM) for name, count in sizes.items()}
    while sum(quota.values()) < size:
        open_ = {name: weight[name] for name in sizes if quota[name] < sizes[name]}
        if not open_:
            break
        # One after the other, to the stratum that lags most behind its share.
        behind = max(sorted(open_), key=lambda name: open_[name] / (quota[name] + 1))
        quota[behind] += 1
    return quota


_LIKELY = dict(
    zip([name for _, name in (*MERGED, *APART)], (0.9, 0.6, 0.85, 0.97, 0.998, 0.005, 0.02, 0.15, 0.5), strict=True)
)


def _pairs_within(groups: Ints) -> Ints:
    """Every pair of rows of one group, packed."""
    _, group, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(sizes) - sizes
    packed = [np.empty(0, np.int64)]
    for size in np.unique(sizes[sizes > 1]):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        packed.append(_packed(rows[:, one].ravel(), rows[:, other].ravel()))
    return np.concatenate(packed)


def _packed(left: Ints, right: Ints) -> Ints:
    return np.asarray((left << 32) | right, dtype=np.int64)


def _named(bounds: tuple[tuple[float, str], ...], probability: Floats) -> npt.NDArray[np.object_]:
    place = np.searchsorted([low for low, _ in bounds], probability, side="right") - 1
    return np.array([name for _, name in bounds], dtype=object)[place]
