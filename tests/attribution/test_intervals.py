"""Intervals: they hold the truth as often as they say, surround their point, and say what they leave out."""

import numpy as np
import pytest

from attribution import Paths, Settings, attribute, from_lists
from attribution.markov import lost_without, shares

CHANNELS = [f"c{i}" for i in range(8)]


def simulated(rng: np.random.Generator, journeys: int) -> tuple[Paths, dict[str, float]]:
    """Journeys of a random chain over eight channels, and the true share of each."""
    first, rows = rng.dirichlet(np.full(8, 2.0)), rng.dirichlet([*[1.0] * 8, 1.0, 4.0], size=8)
    table = np.vstack([np.append(first, [0.0, 0.0]), rows]).cumsum(axis=1)
    steps, here = [], np.zeros(journeys, int)
    while np.any(here <= 8):
        walks = here <= 8
        drawn = (rng.random(journeys)[:, None] > table[np.minimum(here, 8)]).sum(axis=1).clip(max=9) + 1
        here = np.where(walks, drawn, here)
        steps.append(np.where(walks & (here <= 8), here, 0))
    paths = [[CHANNELS[step - 1] for step in walk if step] for walk in np.array(steps).T]
    won = (here == 9).astype(float)
    lost, _ = lost_without(first, rows[:, :8], np.repeat(rows[:, [8]], 2, axis=1))
    return from_lists(paths, won, nulls=1 - won), dict(zip(CHANNELS, shares(lost)[:, 0], strict=True))


def test_markov_intervals_hold_the_truth_nine_times_in_ten() -> None:
    rng, held = np.random.default_rng(11), []
    for seed in range(60):
        paths, truth = simulated(rng, 300)
        rows = attribute(paths, "markov", Settings(draws=200, seed=seed)).table.to_pylist()
        held.append([row["share_low"] <= truth[row["player"]] <= row["share_high"] for row in rows[:-1]])
    assert 0.84 <= np.mean([np.mean(row) for row in held]) <= 0.95


@pytest.mark.parametrize("method", ["markov", "shapley", "first", "linear", "position"])
def test_every_interval_surrounds_its_point_and_says_what_it_leaves_out(method: str) -> None:
    paths, _ = simulated(np.random.default_rng(5), 200)
    answer = attribute(paths, method, Settings(draws=100))
    assert answer.estimand
    assert "leaves out" in answer.leaves_out
    for row in answer.table.to_pylist():
        for word in ("share", "conversions", "value"):
            assert row[f"{word}_low"] <= row[word] <= row[f"{word}_high"]


def test_more_journeys_make_narrower_intervals() -> None:
    few, many = (_width(simulated(np.random.default_rng(8), journeys)[0]) for journeys in (200, 5000))
    assert many < few / 3


def _width(paths: Paths) -> float:
    rows = attribute(paths, "linear", Settings(draws=200)).table.to_pylist()
    return float(np.mean([row["share_high"] - row["share_low"] for row in rows]))


def test_journeys_of_one_household_do_not_count_as_many_witnesses() -> None:
    path, won = [["a"], ["b"]] * 40, [1.0] * 80
    alone = from_lists(path, won, household=[f"h{i}" for i in range(80)])
    twelve = [["a"]] * 40 + [["b"]] * 40
    together = from_lists(twelve, won, household=[f"h{i // 20}" for i in range(80)])
    assert _width(together) > 3 * _width(alone)
    assert "household" in attribute(alone, "linear", Settings(draws=10)).leaves_out
    assert "journey" in attribute(from_lists(path, won), "linear", Settings(draws=10)).leaves_out


def test_ranks_are_firm_where_the_data_are_and_open_where_they_are_not() -> None:
    paths = from_lists([["a"], ["b"], ["c"]], [400.0, 20.0, 20.0])
    first, second, third, unattributed = attribute(paths, "last", Settings(draws=300)).table.to_pylist()
    assert (first["rank"], first["rank_held"]) == (1, 1.0)
    assert second["rank"] == third["rank"] == 2
    assert (second["rank_low"], second["rank_high"]) == (2, 3)
    assert unattributed["rank"] is None


def test_the_same_seed_gives_the_same_interval() -> None:
    paths, _ = simulated(np.random.default_rng(2), 100)
    one, other = (attribute(paths, "markov", Settings(draws=50, seed=4)).table for _ in range(2))
    assert one.equals(other)


def test_higher_orders_and_variants_have_intervals_too() -> None:
    paths, _ = simulated(np.random.default_rng(3), 60)
    for chosen in (
        Settings(order=2, draws=20),
        Settings(variant="detour", draws=20),
        Settings(variant="fail", draws=20),
    ):
        rows = attribute(paths, "markov", chosen).table.to_pylist()
        assert any(row["share_low"] < row["share"] < row["share_high"] for row in rows)


def test_draws_along_the_gradient_agree_with_solving_every_draw(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    walks = [[f"c{i}" for i in rng.integers(0, 20, rng.integers(0, 8))] for _ in range(3000)]
    won = (rng.random(3000) < 0.3).astype(float)
    paths = from_lists(walks, won, nulls=1 - won, value=won * rng.random(3000) * 100)
    solved = attribute(paths, "markov").table
    monkeypatch.setattr("attribution.markov.DENSE_ALWAYS", 10)
    along = attribute(paths, "markov").table
    for column in ("share", "value"):
        one, other = (np.array([table[f"{column}_{end}"] for end in ("low", "high")]) for table in (solved, along))
        width = one[1] - one[0]
        assert np.abs(one - other).max() < 0.1 * width.max()
        assert np.array(solved[column]) == pytest.approx(np.array(along[column]), rel=1e-9)


def test_few_witnesses_make_wider_intervals_than_their_own_spread_and_one_makes_none() -> None:
    few = attribute(from_lists([["a"], ["b"]], [4.0, 4.0]), "last").table.to_pylist()[0]
    assert (few["share_low"], few["share_high"]) == (pytest.approx(1 / 8), pytest.approx(7 / 8))
    one = attribute(from_lists([["a"], ["b"]], [1.0, 0.0]), "last").table.to_pylist()[0]
    assert (one["share_low"], one["share"], one["share_high"]) == (0.0, 1.0, 1.0)


@pytest.mark.parametrize("method", ["markov", "linear"])
def test_where_nothing_converted_nothing_is_known(method: str) -> None:
    row = attribute(from_lists([["a"], ["b"]], [0.0, 0.0], nulls=[3.0, 1.0]), method).table.to_pylist()[0]
    assert (row["share_low"], row["share"], row["share_high"]) == (0.0, 0.0, 1.0)
    assert (row["conversions"], row["conversions_high"]) == (0.0, 0.0)
