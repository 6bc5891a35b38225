"""A comparison written out as one function says what its levels say one by one."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import prior_model
from matching.conditions import ConditionError, of_pair
from matching.level_functions import grader

SHAPES = (
    'a_l is null or a_r is null', '(b_r is null or (b_l is null)) or a_l is null',
    'case when a_l = b_l then null else false end',
    'a_l = a_r', 'a_l <> b_r and not (b_l is null)', 'a_l is not null or b_r is null', 'length(a_l) > 2',
    '(case when length(a_l) = length(a_r) then a_l < b_r else b_l = b_r end)', 'a_l in (b_l, a_r)',
    'case when a_l = a_r then false when a_l is null then true end', 'coalesce(a_l, b_l) = coalesce(a_r, b_r)',
    'jaro_winkler_similarity(a_l, a_r) >= 0.7 and levenshtein(b_l, b_r) <= 1', 'not (a_l = a_r)',
    'left(a_l, 1) = left(b_r, 1) or (a_l = b_r and b_l = a_r)', 'abs(length(a_l) - length(b_r)) between 1 and 2',
    "a_l || '''x' = a_r || '''x'", 'a_l is not distinct from a_r and b_l >= b_r', 'true', '(a_l = b_l) is false',
)  # fmt: skip
VALUES = st.sampled_from([None, "", "ann", "anne", "böb", "it's"])
RECORDS = st.fixed_dictionaries({"a": VALUES, "b": VALUES})


def _one_by_one(unknown: str, levels: list[tuple[int, str]], left: dict[str, Any], right: dict[str, Any]) -> int:
    if of_pair(unknown)(left, right):
        return 0
    return next((number for number, sql in levels if of_pair(sql)(left, right)), 1)


def _graded(unknown: str, levels: list[tuple[int, str]], left: dict[str, Any], right: dict[str, Any]) -> int:
    columns = sorted(left)
    one, other = (tuple(record[column] for column in columns) for record in (left, right))
    return grader(columns, unknown, levels)(one, other)


def test_a_column_that_no_record_has_is_empty() -> None:
    grade = grader(
        ["a"], "a_l is null", [(2, "b_l = b_r"), (3, "b_r is null and a_l = a_r"), (4, "coalesce(b_l, a_l) = a_r")]
    )
    assert [grade((one,), (other,)) for one, other in [("x", "x"), ("x", "y"), (None, "x")]] == [3, 1, 0]
    assert grader([], "b_l is null", [])((), ()) == 0


@settings(max_examples=60)
@given(left=RECORDS, right=RECORDS, shapes=st.lists(st.sampled_from(SHAPES), min_size=1, max_size=4))
def test_levels_of_any_shape(left: dict[str, Any], right: dict[str, Any], shapes: list[str]) -> None:
    unknown, *rest = shapes
    levels = [(at + 2, sql) for at, sql in enumerate(rest)]
    assert _graded(unknown, levels, left, right) == _one_by_one(unknown, levels, left, right)


@settings(max_examples=20)
@given(data=st.data())
def test_levels_of_the_packaged_model(data: st.DataObject) -> None:
    model = prior_model()
    columns = sorted({*model.fields, "street_address__unit", "email__user"})
    words = st.sampled_from([None, "", "robert", "roberta", "14 elm st", "14 elm street", "75209", "1980-01-31", "zoë"])
    left, right = (data.draw(st.fixed_dictionaries(dict.fromkeys(columns, words))) for _ in range(2))
    for comparison in model.comparisons:
        levels = [(comparison.number(at), level.sql) for at, level in enumerate(comparison.levels)]
        assert _graded(comparison.unknown, levels, left, right) == _one_by_one(comparison.unknown, levels, left, right)


def test_what_needs_a_database_is_refused() -> None:
    with pytest.raises(ConditionError, match="needs a database"):
        grader(["a"], "a_l is null", [(2, "regexp_matches(a_l, a_r)")])
