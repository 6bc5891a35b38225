"""What must hold for every set of journeys, whatever the method."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import (
    UNATTRIBUTED,
    Paths,
    Settings,
    attribute,
    conversion_probability,
    count_transitions,
    credit_to,
    from_lists,
    handle_direct,
    pair_effects,
    removal_effects,
    touch_credit,
    transform,
)
from attribution.rules import ESTIMANDS as RULES

CHANNELS = ["door_knock", "call", "mail", "direct"]
journey = st.tuples(
    st.lists(st.sampled_from(CHANNELS), max_size=6), st.integers(0, 3), st.integers(0, 3), st.integers(1, 900)
)
journeys = st.lists(journey, min_size=1, max_size=12)
METHODS = ["markov", "shapley", *RULES]
QUICK = {"draws": 4}


def build(rows: list[tuple[list[str], int, int, int]], *, timed: bool = False) -> Paths:
    """Paths over all channels and one that nobody walked."""
    columns = {
        "value": [float(value * conversions) for _, conversions, _, value in rows],
        "nulls": [float(nulls) for _, _, nulls, _ in rows],
    }
    if timed:
        columns["days"] = [[float(3 * i) for i in range(len(path))] for path, *_ in rows]
    return from_lists([path for path, *_ in rows], [float(c) for _, c, _, _ in rows], **columns)


def credit(paths: Paths, method: str, **chosen: object) -> dict[str, tuple[float, float]]:
    rows = attribute(paths, method, Settings(**QUICK, **chosen)).table.to_pylist()
    return {row["player"]: (row["conversions"], row["value"]) for row in rows}


@pytest.mark.parametrize("method", METHODS)
@given(rows=journeys)
@settings(max_examples=12)
def test_credit_sums_to_conversions_and_value(method: str, rows: list[tuple[list[str], int, int, int]]) -> None:
    paths = build(rows, timed=method == "time_decay")
    found = credit(paths, method)
    assert sum(c for c, _ in found.values()) == pytest.approx(paths.conversions.sum(), abs=1e-9)
    assert sum(v for _, v in found.values()) == pytest.approx(paths.value.sum(), abs=1e-6)
    touchless = sum(conversions for path, conversions, *_ in rows if not path)
    assert found[UNATTRIBUTED][0] == pytest.approx(touchless, abs=1e-9)


@pytest.mark.parametrize("variant", ["redirect", "fail", "detour"])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
@given(rows=journeys)
@settings(max_examples=8)
def test_every_chain_credits_all_conversions(
    variant: str, order: int, rows: list[tuple[list[str], int, int, int]]
) -> None:
    paths = build(rows)
    found = credit(paths, "markov", order=order, variant=variant)
    assert sum(c for c, _ in found.values()) == pytest.approx(paths.conversions.sum(), abs=1e-9)
    assert sum(v for _, v in found.values()) == pytest.approx(paths.value.sum(), abs=1e-6)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@given(rows=journeys)
@settings(max_examples=12)
def test_the_chain_converts_as_often_as_the_journeys(order: int, rows: list[tuple[list[str], int, int, int]]) -> None:
    paths = build(rows)
    journeys = paths.conversions.sum() + paths.nulls.sum()
    share = paths.conversions.sum() / journeys if journeys else 0.0
    assert conversion_probability(count_transitions(paths, order)) == pytest.approx(share, abs=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_channel_in_no_path_gets_nothing(method: str) -> None:
    paths = from_lists([["call", "mail"], ["mail"]], [1.0, 2.0], days=[[0.0, 1.0], [0.0]])
    silent = Paths(
        **{name: getattr(paths, name) for name in ("offsets", "codes", "conversions", "value", "nulls", "days")},
        channels=("call", "mail", "radio"),
        players=("call", "mail", "radio"),
        player_of=np.arange(3),
    )
    row = next(r for r in attribute(silent, method, Settings(**QUICK)).table.to_pylist() if r["player"] == "radio")
    assert (row["share"], row["share_low"], row["share_high"]) == (0.0, 0.0, 0.0)


@given(rows=journeys)
@settings(max_examples=25)
def test_order_one_does_not_see_repeats(rows: list[tuple[list[str], int, int, int]]) -> None:
    paths = build(rows)
    repeats, collapsed = (count_transitions(p) for p in (paths, transform(paths, "exposure")))
    assert removal_effects(repeats)[:, 0] == pytest.approx(removal_effects(collapsed)[:, 0], abs=1e-12)


@pytest.mark.parametrize("order", [1, 3])
@given(rows=journeys, seed=st.randoms(use_true_random=False))
@settings(max_examples=6)
def test_shuffled_input_changes_nothing(order: int, rows: list[tuple[list[str], int, int, int]], seed) -> None:
    shuffled = list(rows)
    seed.shuffle(shuffled)
    for method in ("markov", "linear"):
        before, after = (credit(build(part), method, order=order) for part in (rows, shuffled))
        assert {k: v[0] for k, v in before.items()} == pytest.approx({k: v[0] for k, v in after.items()}, abs=1e-9)


@given(rows=journeys)
@settings(max_examples=25)
def test_the_closed_form_equals_removing_the_states(rows: list[tuple[list[str], int, int, int]]) -> None:
    transitions = count_transitions(build(rows))
    closed = removal_effects(transitions)
    each = removal_effects(transitions, sets=[[player] for player in transitions.players])
    assert closed == pytest.approx(each, abs=1e-12)


@pytest.mark.parametrize("order", [1, 2])
@given(rows=journeys)
@settings(max_examples=12)
def test_a_pair_loses_at_least_what_either_loses(order: int, rows: list[tuple[list[str], int, int, int]]) -> None:
    transitions = count_transitions(build(rows), order)
    single = dict(zip(transitions.players, removal_effects(transitions)[:, 0], strict=True))
    for row in pair_effects(transitions).to_pylist():
        one, other = single[row["first"]], single[row["second"]]
        assert max(one, other) - 1e-12 <= row["removal_effect"] <= one + other + 1e-12
        assert row["overlap"] == pytest.approx(one + other - row["removal_effect"])


@given(rows=journeys)
@settings(max_examples=25)
def test_failing_last_touches_at_order_one_is_the_last_touch_rule(rows: list[tuple[list[str], int, int, int]]) -> None:
    paths = build(rows)
    failed, last = credit(paths, "markov", variant="fail"), credit(paths, "last")
    assert {k: v[0] for k, v in failed.items()} == pytest.approx({k: v[0] for k, v in last.items()}, abs=1e-9)


@pytest.mark.parametrize("rule", RULES)
@given(rows=journeys)
@settings(max_examples=12)
def test_touch_credit_sums_to_one_in_every_path(rule: str, rows: list[tuple[list[str], int, int, int]]) -> None:
    paths = build(rows, timed=True)
    share = touch_credit(paths, rule)
    sums = np.bincount(paths.rows, share, len(paths))
    assert sums == pytest.approx((paths.lengths > 0).astype(float))
    assert share.min(initial=0.0) >= 0.0


@given(rows=journeys)
@settings(max_examples=12)
def test_removing_a_play_is_removing_all_its_channels(rows: list[tuple[list[str], int, int, int]]) -> None:
    paths = build(rows)
    plays = {"door_knock": "field", "call": "field", "mail": "paper", "direct": "none"}
    grouped = count_transitions(credit_to(paths, plays), 2)
    single = count_transitions(paths, 2)
    sets = [[channel for channel in paths.channels if plays[channel] == play] for play in grouped.players]
    if sets:
        assert removal_effects(grouped) == pytest.approx(removal_effects(single, sets=sets), abs=1e-12)


@pytest.mark.parametrize("how", ["drop", "last_non_direct"])
@given(rows=journeys)
@settings(max_examples=12)
def test_direct_keeps_no_credit_that_another_touch_can_take(
    how: str, rows: list[tuple[list[str], int, int, int]]
) -> None:
    paths = build(rows)
    found = credit(handle_direct(paths, how), "last")
    expected = credit(paths, "last_non_direct")
    for channel in set(paths.channels) - {"direct"}:
        assert found[channel][0] == pytest.approx(expected[channel][0], abs=1e-9)
