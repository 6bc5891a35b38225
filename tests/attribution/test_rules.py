"""Rules by hand."""

import numpy as np
import pytest

from attribution import AttributionError, from_lists, touch_credit

PATHS = [["direct"], ["a", "direct"], [], ["a", "b", "a", "direct"]]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("first", [1, 1, 0, 1, 0, 0, 0]),
        ("last", [1, 0, 1, 0, 0, 0, 1]),
        ("last_non_direct", [1, 1, 0, 0, 0, 1, 0]),
        ("linear", [1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]),
        ("position", [1, 0.5, 0.5, 0.4, 0.1, 0.1, 0.4]),
    ],
)
def test_a_rule_divides_a_path_as_its_name_says(rule: str, expected: list[float]) -> None:
    assert touch_credit(from_lists(PATHS, [1.0] * 4), rule) == pytest.approx(np.array(expected, float))


def test_a_touch_a_half_life_older_weighs_half() -> None:
    paths = from_lists([["a", "b", "c"]], [1.0], days=[[0.0, 7.0, 14.0]])
    assert touch_credit(paths, "time_decay") == pytest.approx(np.array([1, 2, 4]) / 7)
    assert touch_credit(paths, "time_decay", half_life_days=14.0)[2] < 4 / 7


def test_time_decay_stands_on_times_of_any_origin() -> None:
    near, far = (from_lists([["a", "b"]], [1.0], days=[[d, d + 7.0]]) for d in (0.0, 20_000.0))
    assert touch_credit(near, "time_decay") == pytest.approx(touch_credit(far, "time_decay"))


def test_time_decay_of_a_week_and_of_a_century_in_one_table() -> None:
    days = [[0.0, 7.0], [36_500.0, 36_507.0], [0.0, 36_500.0]]
    credit = touch_credit(from_lists([["a", "b"]] * 3, [1.0] * 3, days=days), "time_decay")
    assert credit == pytest.approx(np.array([1 / 3, 2 / 3, 1 / 3, 2 / 3, 0.0, 1.0]), rel=1e-12)


def test_time_decay_without_times_is_refused() -> None:
    with pytest.raises(AttributionError, match="times of the touches"):
        touch_credit(from_lists([["a"]], [1.0]), "time_decay")
