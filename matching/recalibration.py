"""What do people's judgements say about a model's weights? How far they are off, and how strongly they speak.

Two numbers are learnt, after Platt (1999), but inside the model, so that decisions, explanations and probabilities all
follow: an intercept in bits, added to the log-odds of any match (the prior), and a slope: each comparison's m becomes
the geometric mixture u^(1-slope) m^slope, normalised, so that 1 leaves it and 0 says nothing. Whether that is better is
asked of judgements that were held out, never of those learnt from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.errors import MatchingError
from matching.model import Grades, Model
from matching.scorer import Scorer

__all__ = ["Judged", "Recalibrated", "TooFew", "importance", "recalibrate"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
LEAST_JUDGED, LEAST_OF_EACH = 40, 10
FOLDS = 5
BELIEVED_BITS, BELIEVED_SLOPE = 3.0, 0.5  # how far off a model is thought to be before anybody judged: one deviation
STEEPEST = 3.0
BIN_BITS, MOST_IMPORTANT, LEAST_IN_BIN = 2.0, 10.0, 5
LARGEST_PRIOR = 0.45


class TooFew(MatchingError):
    """There are too few judgements, or too few of one kind, to learn from."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Pairs that somebody judged: places in `records`, the verdict, the judgement that each pair belongs to (a number;
    all pairs of one count as one), and how many pairs like it each stands for."""

    records: Sequence[Mapping[str, str | None]]
    left: Ints
    right: Ints
    same: npt.NDArray[np.bool_]
    judgement: Ints
    importance: Floats


@dataclass(frozen=True, slots=True)
class Recalibrated:
    """What was learnt, and measured on held-out judgements: log-loss in bits a judgement, before and after.

    better: the mean gain is larger than its own standard error. Only then is there a `model`.
    """

    model: Model | None
    intercept: float
    slope: float
    judgements: int
    same: int
    before: float
    after: float
    error: float

    @property
    def better(self) -> bool:
        """Is the new model better on what it has not seen, by more than chance would have it?"""
        return self.before - self.after > self.error

    @property
    def measured(self) -> dict[str, Any]:
        """All of it but the model, for its card."""
        names = ("intercept", "slope", "judgements", "same", "before", "after", "error")
        return {name: getattr(self, name) for name in names}


def recalibrate(model: Model, judged: Judged) -> Recalibrated:
    """Do these judgements make the model's weights better, and how?

    Learns intercept and slope on all but a fifth of the judgements and measures the log-loss on that fifth, five times;
    then learns from all. Raises TooFew below 40 judgements, or 10 of either verdict.
    """
    _, first, number = np.unique(judged.judgement, return_index=True, return_inverse=True)
    same = judged.same[first]
    if len(first) < LEAST_JUDGED or min(same.sum(), len(first) - same.sum()) < LEAST_OF_EACH:
        raise TooFew(
            f"{len(first)} judgements, {int(same.sum())} of them `same`, are too few to learn from: it takes "
            f"{LEAST_JUDGED}, and {LEAST_OF_EACH} of either verdict"
        )
    said = _Said.of(model, judged, number)
    gain, loss = np.empty(len(first)), np.empty(len(first))
    fold = _folds(same)
    for turn in range(FOLDS):
        fitted = said.fitted(fold[number] != turn)
        here = fold == turn
        loss[here], learnt = said.losses(0.0, 1.0)[here], said.losses(*fitted)[here]
        gain[here] = loss[here] - learnt
    intercept, slope = said.fitted(np.ones(len(number), np.bool_))
    weight = said.of_judgement / said.of_judgement.sum()
    before, mean = float(weight @ loss), float(weight @ gain)
    error = float(np.sqrt(weight**2 @ (gain - mean) ** 2))
    found = Recalibrated(
        None, round(intercept, 4), round(slope, 4), len(first), int(same.sum()),
        round(before, 6), round(before - mean, 6), round(error, 6),
    )  # fmt: skip
    if not found.better:
        return found
    changed = _changed(model, intercept, slope)
    return replace(found, model=replace(changed, card={**model.card, "recalibrated": found.measured}))


def importance(weights: Floats, population: Floats) -> Floats:
    """How many pairs does each judged pair stand for, where those near the cut were asked about more often?

    weights: log-odds (bits) of the judged pairs; population: of all pairs known. The ratio of the two histograms in
    bins of two bits (joined until they hold five judged pairs), at most ten times the least common; mean 1.
    """
    if not len(population) or not len(weights):
        return np.ones(len(weights))
    low, high = np.floor(weights.min() / BIN_BITS), np.ceil(weights.max() / BIN_BITS)
    edges = np.arange(low, high + 1) * BIN_BITS
    asked = np.digitize(weights, edges)
    every = np.digitize(population, edges)
    size = len(edges) + 1
    count = np.bincount(asked, minlength=size).astype(np.float64)
    known = np.bincount(every, minlength=size).astype(np.float64)
    bin_of = _joined_bins(count)
    ratio = (np.bincount(bin_of, weights=known) + 1.0) / (np.bincount(bin_of, weights=count) + 1.0)
    found = ratio[bin_of[asked]]
    found = np.minimum(found, MOST_IMPORTANT * found.min())
    return np.asarray(found / found.mean(), dtype=np.float64)


def _joined_bins(count: Floats) -> Ints:
    """Which joined bin does each bin belong to? Neighbours are joined until each holds a few of the judged pairs."""
    labels = np.zeros(len(count), np.int64)
    held = label = 0
    for at, some in enumerate(count.tolist()):
        labels[at] = label
        held += int(some)
        if held >= LEAST_IN_BIN and count[at + 1 :].sum() >= LEAST_IN_BIN:
            label, held = label + 1, 0
    return labels


def _folds(same: npt.NDArray[np.bool_]) -> Ints:
    """Which fifth is each judgement in? Each verdict is dealt out by itself, in order."""
    fold = np.empty(len(same), np.int64)
    for verdict in (True, False):
        place = np.flatnonzero(same == verdict)
        fold[place] = np.arange(len(place)) % FOLDS
    return fold


@dataclass(frozen=True, slots=True)
class _Said:
    """What the model says of the judged pairs, in parts that intercept and slope leave or change."""

    model: Model
    grades: npt.NDArray[np.uint8]
    rarity: Floats
    home: Floats
    penalty: Floats
    sign: Floats
    number: Ints
    share: Floats
    of_judgement: Floats

    @classmethod
    def of(cls, model: Model, judged: Judged, number: Ints) -> "_Said":
        scored = Scorer(model).score(list(judged.records), judged.left, judged.right)
        source = [record["source"] for record in judged.records]
        penalty = [
            model.penalties.get(str(source[a]), 0.0) if source[a] == source[b] else 0.0
            for a, b in zip(judged.left.tolist(), judged.right.tolist(), strict=True)
        ]
        sizes = np.bincount(number)
        share = judged.importance / sizes[number]
        return cls(
            model, scored.grades, scored.rarity.sum(axis=1, dtype=np.float64),
            scored.matches.home.sum(axis=1, dtype=np.float64), np.array(penalty), np.where(judged.same, 1.0, -1.0),
            number, share, np.bincount(number, weights=share).astype(np.float64),
        )  # fmt: skip

    def weights(self, intercept: float, slope: float) -> Floats:
        """The log-odds (bits) of every pair under a changed model."""
        changed = _changed(self.model, intercept, slope)
        matched = self.rarity.copy()
        for place, grades in enumerate(changed.grades):
            matched += grades.match_bits()[self.grades[:, place]]
        household = np.log2(changed.household) + self.home if changed.household else np.full(len(matched), -np.inf)
        others = np.logaddexp2(np.log2(1.0 - changed.prior - changed.household), household)
        return np.asarray(np.log2(changed.prior) + matched - others + self.penalty)

    def losses(self, intercept: float, slope: float) -> Floats:
        """The log-loss (bits) of every judgement, over its pairs."""
        loss = np.logaddexp2(0.0, -self.sign * self.weights(intercept, slope))
        return np.asarray(np.bincount(self.number, weights=self.share * loss) / self.of_judgement)

    def fitted(self, chosen: npt.NDArray[np.bool_]) -> tuple[float, float]:
        """Which intercept and slope are most likely, given these pairs and what is thought of any model?"""
        from scipy.optimize import minimize  # what only matches never loads it

        share = np.where(chosen, self.share, 0.0)
        size = float(
            np.sum(np.bincount(self.number, weights=share)) ** 2 / np.sum(np.bincount(self.number, share) ** 2)
        )

        def cost(at: Floats) -> float:
            slope = float(np.exp(np.clip(at[1], -np.log(STEEPEST), np.log(STEEPEST))))
            loss = np.logaddexp2(0.0, -self.sign * self.weights(float(at[0]), slope)) * np.log(2.0)
            belief = (at[0] / BELIEVED_BITS) ** 2 / 2 + (at[1] / BELIEVED_SLOPE) ** 2 / 2
            return float(size * (share @ loss) / share.sum() + belief)

        found = minimize(cost, np.zeros(2), method="Nelder-Mead", options={"xatol": 1e-3, "fatol": 1e-4}).x
        return float(found[0]), float(np.exp(np.clip(found[1], -np.log(STEEPEST), np.log(STEEPEST))))


def _changed(model: Model, intercept: float, slope: float) -> Model:
    """The model with its prior moved by so many bits and every comparison tempered."""
    prior = float(min(model.prior * 2.0**intercept, LARGEST_PRIOR, 1.0 - model.household - 1e-6))
    return replace(model, prior=prior, grades=tuple(_tempered(grades, slope) for grades in model.grades))


def _tempered(grades: Grades, slope: float) -> Grades:
    m = np.maximum(grades.u, 1e-200) ** (1.0 - slope) * np.maximum(grades.m, 1e-200) ** slope
    m[1:] /= m[1:].sum()
    m[0] = grades.m[0]
    return replace(grades, m=m)
