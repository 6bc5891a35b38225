"""Path tables: how text, lists, transforms and direct touches are read."""

import pyarrow as pa
import pytest

from attribution import AttributionError, credit_to, from_lists, from_table, handle_direct, to_table, transform

WALK = [["d", "a", "b", "b", "d"]]


def lists(paths: object) -> list[list[str]]:
    return to_table(paths)["path"].to_pylist()


def test_equal_paths_become_one_row() -> None:
    paths = from_table(
        pa.table({"path": ["a > b", "a", "a > b", None], "conversions": [1, 0, 2, 1], "nulls": [0, 4, 1, 0]})
    )
    rows = {tuple(row["path"]): (row["conversions"], row["nulls"]) for row in to_table(paths).to_pylist()}
    assert rows == {("a", "b"): (3, 1), ("a",): (0, 4), (): (1, 0)}


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_text_of_every_arrow_kind_is_read_alike(kind: pa.DataType) -> None:
    path = pa.array(["a > b", "", "b"]).cast(kind)
    assert lists(from_table(pa.table({"path": path, "conversions": [1.0, 1.0, 1.0]}))) == [["a", "b"], [], ["b"]]


def test_lists_and_their_own_column_names_are_read() -> None:
    table = pa.table({"way": [["a", "b"], []], "jobs": [1, 2], "usd": [9.0, 4.0]})
    paths = from_table(table, columns={"path": "way", "conversions": "jobs", "value": "usd"}, channels=["c", "a"])
    assert paths.channels == ("c", "a", "b")
    assert lists(paths) == [["a", "b"], []]
    assert paths.value.tolist() == [9.0, 4.0]


def test_households_keep_their_journeys_apart() -> None:
    table = pa.table({"path": ["a", "a"], "conversions": [1, 1], "household": ["h1", "h2"]})
    paths = from_table(table)
    assert len(paths) == 2
    assert paths.households.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("unique", ["d", "a", "b", "b", "d"]),
        ("exposure", ["d", "a", "b", "d"]),
        ("first", ["d", "a", "b"]),
        ("frequency", ["d(2)", "a(1)", "b(2)"]),
    ],
)
def test_a_transform_treats_repeats_as_its_name_says(how: str, expected: list[str]) -> None:
    assert lists(transform(from_lists(WALK, [1.0]), how)) == [expected]


def test_a_repeat_across_two_rows_is_no_repeat() -> None:
    paths = from_lists([["a"], ["a"], [], ["a", "a"]], [1.0] * 4)
    assert lists(transform(paths, "exposure")) == [["a"], ["a"], [], ["a"]]


def test_frequency_credits_the_channels_themselves() -> None:
    paths = transform(from_lists(WALK, [1.0]), "frequency")
    assert [paths.players[player] for player in paths.player_of] == [name[0] for name in paths.channels]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("keep", [["direct", "a", "direct"], ["direct"]]),
        ("drop", [["a"], []]),
        ("last_non_direct", [["direct", "a", "a"], ["direct"]]),
    ],
)
def test_direct_touches_are_handled_as_asked(how: str, expected: list[list[str]]) -> None:
    paths = from_lists([["direct", "a", "direct"], ["direct"]], [1.0, 1.0])
    assert lists(handle_direct(paths, how)) == expected


def test_times_follow_their_touches_through_a_transform() -> None:
    paths = from_lists([["a", "a", "b"]], [1.0], days=[[0.0, 1.0, 2.0]])
    assert transform(paths, "exposure").days.tolist() == [0.0, 2.0]


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"path": ["a"]}, "no column conversions"),
        ({"path": ["a"], "conversions": [-1]}, "negative"),
        ({"path": ["a"], "conversions": [0], "value": [5.0]}, "value without a conversion"),
        ({"path": ["NULL > a"], "conversions": [1]}, "cannot be a channel"),
        ({"path": [["a", "b"]], "conversions": [1], "days": [[1.0]]}, "one number for each touch"),
        ({"path": ["a"], "conversions": [1], "household": [None]}, "every journey belongs to a household"),
    ],
)
def test_a_broken_table_is_refused_with_its_reason(table: dict[str, list[object]], says: str) -> None:
    with pytest.raises(AttributionError, match=says):
        from_table(pa.table(table))


def test_an_owner_is_needed_for_every_channel() -> None:
    with pytest.raises(AttributionError, match="no owner for b"):
        credit_to(from_lists([["a", "b"]], [1.0]), {"a": "play"})
