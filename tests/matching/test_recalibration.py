"""Judgements make a model better, where held-out ones say so, and otherwise leave it alone."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from matching import Judged, MatchResult, Model, Scorer, TooFew, importance, match, recalibrate
from tests.matching.people import FIELDS, draw

Numbers = np.ndarray


@pytest.fixture(scope="module")
def town() -> tuple[pa.Table, Numbers, MatchResult]:
    records, truth, _ = draw(120, seed=7)
    return records, truth, match(records, FIELDS)


def judged(town: tuple[pa.Table, Numbers, MatchResult], count: int, *, seed: int = 1, lied: float = 0.0) -> Judged:
    """As many pairs of one person as of kin, at random, judged as the truth has it, or against it at a rate."""
    records, truth, _ = town
    rng = np.random.default_rng(seed)
    home = np.asarray(records["street_address"].combine_chunks().dictionary_encode().indices.fill_null(-1))
    one, other = np.triu_indices(records.num_rows, 1)
    kin = (home[one] == home[other]) & (home[one] >= 0)
    real = truth[one] == truth[other]
    half = count // 2
    some = np.concatenate([
        rng.permutation(np.flatnonzero(real))[:half], rng.permutation(np.flatnonzero(kin & ~real))[: count - half]
    ])  # fmt: skip
    some = rng.permutation(some)
    same = real[some] ^ (rng.random(count) < lied)
    return Judged(records.to_pylist(), one[some], other[some], same, np.arange(count), np.ones(count))


def loss(model: Model, asked: Judged) -> float:
    weight = Scorer(model).score(list(asked.records), asked.left, asked.right).matches.weight
    return float(np.logaddexp2(0.0, -np.where(asked.same, 1.0, -1.0) * weight).mean())


@pytest.mark.parametrize("bits", [-6.0, 6.0])
def test_a_model_that_is_off_comes_back_to_what_people_say(
    town: tuple[pa.Table, Numbers, MatchResult], bits: float
) -> None:
    off = replace(town[2].model, prior=town[2].model.prior * 2.0**bits)
    found = recalibrate(off, judged(town, 200))
    assert found.better
    assert found.model is not None
    assert np.sign(found.intercept) == -np.sign(bits)
    others = judged(town, 400, seed=2)
    assert loss(found.model, others) < loss(off, others)
    assert found.model.card["recalibrated"] == found.measured
    assert Model.from_json(found.model.to_json()).prior == found.model.prior


def test_weights_that_speak_too_loudly_are_tempered(town: tuple[pa.Table, Numbers, MatchResult]) -> None:
    found = recalibrate(town[2].model, judged(town, 300, lied=0.25))
    assert found.slope < 0.9
    assert found.model is not None
    for grades, before in zip(found.model.grades, town[2].model.grades, strict=True):
        assert grades.m[1:].sum() == pytest.approx(1.0)
        louder = np.ptp(before.match_bits()[1:])
        assert np.ptp(grades.match_bits()[1:]) == pytest.approx(found.slope * louder, rel=1e-3)


def test_a_model_that_says_what_people_say_is_left_alone(town: tuple[pa.Table, Numbers, MatchResult]) -> None:
    result = town[2]
    asked = judged(town, 200)
    rng = np.random.default_rng(3)
    weight = Scorer(result.model).score(list(asked.records), asked.left, asked.right).matches.weight
    as_it_says = replace(asked, same=rng.random(200) < 1.0 / (1.0 + np.exp2(-weight)))
    found = recalibrate(result.model, as_it_says)
    assert not found.better
    assert found.model is None
    assert abs(found.intercept) < 2.0


def test_too_few_judgements_and_those_of_one_kind_are_not_learnt_from(
    town: tuple[pa.Table, Numbers, MatchResult],
) -> None:
    with pytest.raises(TooFew, match="20 judgements"):
        recalibrate(town[2].model, judged(town, 20))
    every = judged(town, 100)
    with pytest.raises(TooFew, match="either verdict"):
        recalibrate(town[2].model, replace(every, same=np.ones(100, np.bool_)))
    one = replace(every, judgement=np.zeros(100, np.int64))  # a merge of large persons is one judgement
    with pytest.raises(TooFew, match="1 judgements"):
        recalibrate(town[2].model, one)


def test_what_was_asked_about_too_often_counts_less() -> None:
    rng = np.random.default_rng(1)
    population = rng.normal(0.0, 8.0, 20_000)
    near = np.abs(population) < 2.0
    asked = np.concatenate([rng.choice(population[near], 150), rng.choice(population[~near], 50)])
    found = importance(asked, population)
    assert found.mean() == pytest.approx(1.0)
    assert found[:150].mean() < 0.6
    assert found[150:].mean() > 2.0
    weighted = float(found[np.abs(asked) < 2.0].sum() / found.sum())
    assert weighted == pytest.approx(near.mean(), abs=0.15)
    assert importance(asked, np.empty(0)).tolist() == [1.0] * 200
