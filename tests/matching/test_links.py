"""What a pair weighs: agreement for, disagreement against, rarity, unknown values, the household alternative."""

import numpy as np
import pyarrow as pa
import pytest

from matching import FieldType, match
from matching.comparisons import comparisons_for
from matching.links import grade_pairs
from matching.scratch import load, open_scratch
from tests.matching.people import FIELDS, draw


def _level(kind: FieldType, left: str | None, right: str | None) -> str:
    """Which level does one pair of values reach in a comparison of this type?"""
    records = pa.table({"source": ["a", "a"], "record_id": ["1", "2"], "value": pa.array([left, right], pa.string())})
    comparison = comparisons_for({"value": kind})[0]
    with open_scratch() as connection:
        load(connection, records, {"value": kind})
        connection.register("one_pair", pa.table({"l": pa.array([0], pa.int32()), "r": pa.array([1], pa.int32())}))
        grades = next(iter(grade_pairs(connection, (comparison,), "one_pair"))).grades
    return comparison.labels[int(grades[0, 0])]


@pytest.mark.parametrize(
    ("kind", "left", "right", "level"),
    [
        (FieldType.GIVEN, "martha", "marhta", "very similar"),
        (FieldType.GIVEN, "j", "jane", "somewhat similar or initial"),
        (FieldType.GIVEN, "jane", "otto", "all else"),
        (FieldType.GIVEN, None, "otto", "unknown"),
        (FieldType.MIDDLE, "r", "robert", "initial fits"),
        (FieldType.MIDDLE, "r", "q", "all else"),
        (FieldType.SUFFIX, "jr", "sr", "all else"),
        (FieldType.DATE, "1980-03-04", "1980-03-05", "one edit"),
        (FieldType.DATE, "1980-03-04", "1980-03-29", "a month apart"),
        (FieldType.DATE, "1980-03-04", "1950-11-21", "all else"),
        (FieldType.CODE, "123456789", "123456798", "one edit"),
        (FieldType.PHONE, "+18175550101", "+18175550107", "one edit"),
        (FieldType.EMAIL, "ann@a.com", "ann@b.org", "same user part"),
        (FieldType.ADDRESS, "17868 winding trail rd", "17888 winding trail rd", "address nearly the same"),
        (FieldType.DEVICE, "ff01", "ff02", "all else"),
        (FieldType.PROPERTY, "p1", "p1", "exact"),
    ],
)
def test_levels_of_agreement(kind: FieldType, left: str | None, right: str | None, level: str) -> None:
    assert _level(kind, left, right) == level


def test_swapped_names_count_once() -> None:
    fields = {"first_name": FieldType.GIVEN, "last_name": FieldType.FAMILY}
    records = pa.table(
        {"source": ["a", "a"], "record_id": ["1", "2"], "first_name": ["li", "wei"], "last_name": ["wei", "li"]}
    )
    comparisons = tuple(comparisons_for(fields))
    with open_scratch() as connection:
        load(connection, records, fields)
        connection.register("one_pair", pa.table({"l": pa.array([0], pa.int32()), "r": pa.array([1], pa.int32())}))
        grades = next(iter(grade_pairs(connection, comparisons, "one_pair"))).grades[0]
    named = {c.name: c.labels[g] for c, g in zip(comparisons, grades.tolist(), strict=True)}
    assert named == {"first_name": "swapped with family name", "last_name": "unknown"}


def test_links_are_bounded_per_record_and_from_the_floor_up() -> None:
    records, _, _ = draw(60)
    links = match(records, FIELDS).links
    ends = np.concatenate([links.column("left").to_numpy(), links.column("right").to_numpy()])
    assert np.bincount(ends).max() <= 50
    assert links.column("weight").to_numpy().min() >= -5
    assert np.allclose(links.column("probability").to_numpy(), 1 / (1 + 2.0 ** -links.column("weight").to_numpy()))


HOME = {
    "street_address": FieldType.ADDRESS,
    "zip": FieldType.ZIP,
    "city": FieldType.PLACE,
    "property_id": FieldType.PROPERTY,
}


@pytest.mark.parametrize(
    ("left", "right", "levels"),
    [
        (("1 oak st", "76101", "dallas", None), ("1 oak st", "76101", "dallas", None), {"location": "same address"}),
        (("1 oak st", "76101", "dallas", "p1"), ("1 oka strt", "76102", "dallas", "p1"), {"location": "same property"}),
        (("1 oak st", "76101", None, None), (None, "76101", None, None), {"zip": "exact"}),
        ((None, "76101", "dallas", None), (None, "76555", "dallas", None), {"zip": "all else"}),
        (("1 oak st", None, "dallas", None), (None, "76101", "dallas", None), {"city": "exact"}),
        ((None, None, None, None), ("1 oak st", "76101", "dallas", None), {}),
    ],
)
def test_where_somebody_lives_is_told_once_by_the_finest_that_both_records_know(
    left: tuple[str | None, ...], right: tuple[str | None, ...], levels: dict[str, str]
) -> None:
    columns = {name: pa.array(values, pa.string()) for name, *values in zip(HOME, left, right, strict=True)}
    records = pa.table({"source": ["a", "a"], "record_id": ["1", "2"], **columns})
    comparisons = tuple(comparisons_for(HOME))
    with open_scratch() as connection:
        load(connection, records, HOME)
        connection.register("one_pair", pa.table({"l": pa.array([0], pa.int32()), "r": pa.array([1], pa.int32())}))
        grades = next(iter(grade_pairs(connection, comparisons, "one_pair"))).grades[0]
    told = {c.name: c.labels[int(grade)] for c, grade in zip(comparisons, grades, strict=True) if grade}
    assert told == levels
