"""Transition counts: from paths and from a walk, corrections, and the choice of the order."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from attribution import (
    AttributionError,
    KeptCounts,
    attribute_counts,
    choose_order,
    conversion_probability,
    count_transitions,
    credit_counts_to,
    credit_to,
    from_lists,
    removal_effects,
    transition_matrix,
    transitions_from_table,
)
from attribution import Settings as Chosen

CHANNELS = ["call", "mail", "web"]
journey = st.tuples(st.lists(st.sampled_from(CHANNELS), max_size=5), st.booleans(), st.integers(1, 500))
journeys = st.lists(journey, min_size=1, max_size=15)
Journeys = list[tuple[list[str], bool, int]]


def paths_of(rows: Journeys):
    won = np.array([float(converted) for _, converted, _ in rows])
    worth = [float(value * converted) for _, converted, value in rows]
    return from_lists([path for path, *_ in rows], won, value=worth, nulls=1 - won)


def walk(rows: Journeys, order: int) -> pa.Table:
    """What a walk over single steps would return: one row a step, not summed."""
    steps = []
    for path, converted, value in rows:
        for at, word in enumerate([*path, "CONVERSION" if converted else "NULL"]):
            state = path[max(0, at - order) : at]
            steps.append((state or ["START"], [word], 1, float(value) if word == "CONVERSION" else 0.0))
    return pa.table(dict(zip(("from_state", "to_state", "count", "value"), zip(*steps, strict=True), strict=True)))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@given(rows=journeys)
@settings(max_examples=20)
def test_a_walk_and_the_paths_make_the_same_chain(order: int, rows: Journeys) -> None:
    counted, walked = count_transitions(paths_of(rows), order), transitions_from_table(walk(rows, order))
    assert conversion_probability(walked) == pytest.approx(conversion_probability(counted), abs=1e-12)
    effects = dict(zip(counted.players, removal_effects(counted).tolist(), strict=True))
    for player, found in zip(walked.players, removal_effects(walked).tolist(), strict=True):
        assert found == pytest.approx(effects[player], abs=1e-12)


def test_states_may_be_text_and_hold_the_next_state_in_full() -> None:
    table = pa.table(
        {
            "from_state": ["START", "call", "call > mail", "call > mail"],
            "to_state": ["call", "call > mail", "CONVERSION", "NULL"],
            "count": [4, 4, 1, 3],
        }
    )
    transitions = transitions_from_table(table)
    assert transitions.order == 2
    assert conversion_probability(transitions) == pytest.approx(0.25)


def test_the_matrix_reads_like_the_chain() -> None:
    rows = transition_matrix(count_transitions(from_lists([["call", "mail"], ["call"]], [1.0, 0.0], nulls=[0.0, 3.0])))
    assert {(row["from_state"], row["to_state"]): row["probability"] for row in rows.to_pylist()} == {
        ("START", "call"): 1.0,
        ("call", "mail"): 0.25,
        ("call", "NULL"): 0.75,
        ("mail", "CONVERSION"): 1.0,
    }


def test_negative_rows_take_steps_back_but_not_below_zero() -> None:
    steps = {"from_state": [["START"], ["call"], ["call"]], "to_state": [["call"], ["NULL"], ["NULL"]]}
    assert transitions_from_table(pa.table(steps | {"count": [1, 2, -1]})).nulls.sum() == 1
    with pytest.raises(AttributionError, match="undone twice"):
        transitions_from_table(pa.table(steps | {"count": [1, 1, -2]}))


@given(rows=journeys, gone=st.sets(st.integers(0, 14)))
@settings(max_examples=40)
def test_kept_counts_equal_the_journeys_as_they_stand(rows: Journeys, gone: set[int]) -> None:
    kept = KeptCounts(CHANNELS)
    for path, converted, value in rows:
        kept.journey(path, "CONVERSION" if converted else "NULL", value=value * converted)
    left = [row for at, row in enumerate(rows) if at not in gone]
    for path, converted, value in (row for at, row in enumerate(rows) if at in gone):
        kept.journey(path, "CONVERSION" if converted else "NULL", -1, value=-value * converted)
    found = kept.credit()
    answer = attribute_counts(count_transitions(paths_of(left)), Chosen(draws=2)) if left else None
    expected = {row["player"]: row for row in answer.table.to_pylist()} if answer else {}
    for channel, (conversions, value) in found.items():
        row = expected.get(channel, {"conversions": 0.0, "value": 0.0})
        assert conversions == pytest.approx(row["conversions"], abs=1e-9)
        assert value == pytest.approx(row["value"], abs=1e-6)


def test_taking_back_what_never_was_is_refused() -> None:
    kept = KeptCounts(CHANNELS)
    kept.journey(["call"], "NULL", -1)
    with pytest.raises(AttributionError, match="taken back more often"):
        kept.credit()
    with pytest.raises(AttributionError, match="no step from"):
        kept.step("call", "radio")


def test_the_order_of_the_walk_is_found_from_its_journeys() -> None:
    rng = np.random.default_rng(3)
    memoryless = [list(rng.choice(CHANNELS, rng.geometric(0.4))) for _ in range(1500)]
    won = (rng.random(1500) < 0.2).astype(float)
    table = choose_order(from_lists(memoryless, won, nulls=1 - won))
    assert dict(zip(table["order"].to_pylist(), table["chosen"].to_pylist(), strict=True))[1]
    twice = (np.array([path[-2:] == ["call", "mail"] for path in memoryless]) * 1.0 + (rng.random(1500) < 0.02)).clip(
        0, 1
    )
    remembered = choose_order(from_lists(memoryless, twice, nulls=1 - twice)).to_pylist()
    assert next(row["order"] for row in remembered if row["chosen"]) == 2


def test_an_order_that_was_never_counted_is_refused() -> None:
    with pytest.raises(AttributionError, match="take 1, 2, 3 or 4"):
        count_transitions(from_lists([["call"]], [1.0]), 5)


@pytest.mark.parametrize("order", [1, 2, 3])
@given(rows=journeys)
@settings(max_examples=15)
def test_a_matrix_is_read_back_as_the_same_chain(order: int, rows: Journeys) -> None:
    counted = count_transitions(paths_of(rows), order)
    read = transitions_from_table(transition_matrix(counted), channels=counted.channels)
    assert (read.conversions.sum(), read.nulls.sum()) == (counted.conversions.sum(), counted.nulls.sum())
    assert read.value.sum() == pytest.approx(counted.value.sum())
    assert removal_effects(read) == pytest.approx(removal_effects(counted), abs=1e-12)


def test_counts_by_channel_and_play_serve_the_plays_as_well() -> None:
    paths = from_lists([["door/free_check", "mail/free_check"], ["mail/coupon"]], [1.0, 1.0], nulls=[1.0, 2.0])
    plays = {channel: channel.split("/")[1] for channel in paths.channels}
    counted, walked = count_transitions(credit_to(paths, plays)), credit_counts_to(count_transitions(paths), plays)
    assert walked.players == ("free_check", "coupon")
    assert removal_effects(walked) == pytest.approx(removal_effects(counted))


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(AttributionError, match="no column count, to_state"):
        transitions_from_table(pa.table({"from_state": ["START"]}))
