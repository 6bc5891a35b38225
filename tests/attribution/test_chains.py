"""Chains that are awkward to solve, and single journeys in the light of the chain."""

import numpy as np
import pytest

from attribution import AttributionError, conversion_probability, count_transitions, from_lists, removal_effects
from attribution.markov import touch_credit

STICKY = [["a"] * 20_000 + ["b"], ["b"], ["c"]]


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_journey_of_twenty_thousand_touches_is_solved_as_exactly_as_a_short_one(order: int) -> None:
    transitions = count_transitions(from_lists(STICKY, [1.0, 1.0, 0.0], nulls=[0.0, 0.0, 2.0]), order)
    assert conversion_probability(transitions) == pytest.approx(0.5, abs=1e-12)
    effects = dict(zip(transitions.players, removal_effects(transitions)[:, 0], strict=True))
    assert effects == pytest.approx({"a": 0.5, "b": 1.0, "c": 0.0}, abs=1e-9)


@pytest.mark.parametrize("order", [1, 2])
def test_a_detour_takes_the_other_ways_out(order: int) -> None:
    paths = from_lists([["a"], ["b", "c"], ["b"]], [2.0, 1.0, 0.0], nulls=[1.0, 0.0, 2.0])
    effects = removal_effects(count_transitions(paths, order), variant="detour")[:, 0]
    # P = 3/6. Without a everyone starts at b: 1/3. Without b everyone starts at a: 2/3. Without c, b always ends: 1/3.
    assert effects == pytest.approx([1 - (1 / 3) / 0.5, 1 - (2 / 3) / 0.5, 1 - (1 / 3) / 0.5])


def test_a_detour_without_another_way_out_ends() -> None:
    paths = from_lists([["a", "b"]], [1.0])
    assert removal_effects(count_transitions(paths), variant="detour")[:, 0] == pytest.approx([1.0, 1.0])


def test_a_detour_that_can_only_go_in_circles_ends() -> None:
    paths = from_lists([["a", "b", "a", "b", "c"], ["d"]], [1.0, 1.0])
    effects = dict(zip("abcd", removal_effects(count_transitions(paths), variant="detour")[:, 0], strict=True))
    assert effects["c"] == pytest.approx(0.5)


def test_failing_at_order_two_costs_conversions_with_the_channel_among_the_last_two() -> None:
    paths = from_lists([["a", "b"], ["a", "b", "b"], ["c"]], [1.0, 1.0, 2.0])
    effects = removal_effects(count_transitions(paths, 2), variant="fail")[:, 0]
    assert effects == pytest.approx([0.25, 0.5, 0.5])


def test_a_wide_chain_is_solved_by_its_factors_as_by_removing_each_channel() -> None:
    rng = np.random.default_rng(1)
    walks = [[f"c{i}" for i in rng.integers(0, 300, rng.integers(1, 6))] for _ in range(4000)]
    won = (rng.random(4000) < 0.2).astype(float)
    transitions = count_transitions(from_lists(walks, won, nulls=1 - won, value=won * 7))
    some = transitions.players[::29]
    each = removal_effects(transitions, sets=[[player] for player in some])
    assert removal_effects(transitions)[::29] == pytest.approx(each, rel=1e-9)


def test_a_journey_is_divided_by_what_its_players_are_worth() -> None:
    paths = from_lists([["a", "b", "a"], ["c"], []], [1.0, 1.0, 1.0])
    assert touch_credit(paths, np.array([0.6, 0.2, 0.0])) == pytest.approx([0.375, 0.25, 0.375, 1.0])


def test_an_unknown_player_or_variant_is_refused() -> None:
    transitions = count_transitions(from_lists([["a"]], [1.0]))
    with pytest.raises(AttributionError, match="no player 'z'"):
        removal_effects(transitions, sets=[["z"]])
    with pytest.raises(AttributionError, match="no variant"):
        removal_effects(transitions, variant="guess")
