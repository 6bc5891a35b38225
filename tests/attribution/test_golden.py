"""Every figure here was computed elsewhere, exactly, and checked against public code (README of the shared data)."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from attribution import Paths, conversion_probability, count_transitions, from_lists, removal_effects, transform
from attribution import transition_matrix as matrix_of
from attribution.markov import shares
from attribution.rules import touch_credit, touch_totals
from attribution.shapley import touch_credit as shapley_credit

pytestmark = pytest.mark.real_data
Reader = Callable[[str], list[dict[str, str]]]


@pytest.mark.parametrize("nulls", [True, False], ids=["null", "nonull"])
@pytest.mark.parametrize("order", [1, 2, 3])
def test_removal_effects_equal_the_golden_ones(pathdata: Paths, golden_rows: Reader, order: int, nulls: bool) -> None:
    effects = removal_effects(count_transitions(pathdata, order, nulls=nulls))[:, 0]
    rows = {
        row["channel_name"]: row for row in golden_rows(f"pathdata_markov_exact_o{order}_{'no' * (not nulls)}null.csv")
    }
    assert len(rows) == 12
    for channel, effect, share in zip(pathdata.players, effects, shares(effects[:, None])[:, 0], strict=True):
        assert effect == pytest.approx(float(rows[channel]["removal_effects_conversion"]), rel=1e-9)
        assert share * 19785 == pytest.approx(float(rows[channel]["total_conversions"]), rel=1e-9)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_the_chain_converts_as_often_as_the_journeys_did_at_every_order(pathdata: Paths, order: int) -> None:
    assert conversion_probability(count_transitions(pathdata, order)) == pytest.approx(19785 / 88387, abs=1e-12)


@pytest.mark.parametrize(
    ("rule", "column"),
    [("first", "first_touch"), ("last", "last_touch"), ("linear", "linear"), ("position", "position_based")],
)
def test_rules_equal_the_golden_ones(pathdata: Paths, golden_rows: Reader, rule: str, column: str) -> None:
    share = touch_credit(pathdata, rule)
    rows = {row["channel_name"]: row for row in golden_rows("pathdata_rules.csv")}
    for word, amount in (("conversions", pathdata.conversions), ("value", pathdata.value)):
        for channel, credit in zip(pathdata.players, touch_totals(pathdata, share, amount), strict=True):
            assert credit == pytest.approx(float(rows[channel][f"{column}_{word}"]), rel=1e-9)


def test_cumulative_shapley_equals_the_golden_one(pathdata: Paths, golden_rows: Reader) -> None:
    credit = dict(
        zip(pathdata.players, touch_totals(pathdata, shapley_credit(pathdata), pathdata.conversions), strict=True)
    )
    rows = golden_rows("pathdata_zhao_simplified_shapley.csv")
    assert {row["channel_name"] for row in rows} == set(credit)
    for row in rows:
        assert credit[row["channel_name"]] == pytest.approx(float(row["zhao_simplified_shapley"]), rel=1e-9)


@pytest.mark.parametrize(("loops", "how"), [("selfloops", "unique"), ("noselfloops", "exposure")])
def test_the_transition_matrix_equals_the_golden_one(
    pathdata: Paths, golden_rows: Reader, loops: str, how: str
) -> None:
    names = {row["id_channel"]: row["channel_name"] for row in golden_rows("pathdata_transition_channels.csv")}
    names |= {"(start)": "START", "(conversion)": "CONVERSION", "(null)": "NULL"}
    steps = matrix_of(count_transitions(transform(pathdata, how))).to_pylist()
    found = {(step["from_state"], step["to_state"]): step["probability"] for step in steps}
    rows = golden_rows(f"pathdata_transition_o1_null_{loops}.csv")
    expected = {(names[r["channel_from"]], names[r["channel_to"]]): float(r["transition_probability"]) for r in rows}
    assert found.keys() == expected.keys()
    assert [found[step] for step in expected] == pytest.approx(list(expected.values()), rel=1e-9)


@pytest.mark.parametrize("toy", ["bryl", "do_readme"])
def test_toys_can_be_followed_by_hand(golden: Path, toy: str) -> None:
    case = json.loads((golden / "golden" / "toys.json").read_text())[toy]
    converted = np.array(case["conv"], float)
    paths = from_lists([path.split(" > ") for path in case["paths"]], converted, nulls=1 - converted)
    for order in (1, 2):
        expected, transitions = case[f"markov_o{order}"], count_transitions(paths, order)
        effects = removal_effects(transitions)
        assert dict(zip(paths.players, effects[:, 0], strict=True)) == pytest.approx(expected["re"], rel=1e-9)
        assert dict(zip(paths.players, shares(effects)[:, 0], strict=True)) == pytest.approx(
            expected["share"], rel=1e-9
        )
        assert conversion_probability(transitions) == pytest.approx(expected["p_conv"], rel=1e-12)
    shapley = touch_totals(paths, shapley_credit(paths), paths.conversions)
    assert dict(zip(paths.players, shapley, strict=True)) == pytest.approx(case["zhao_simplified"], rel=1e-9)
