"""Evaluating is counting pairs: the fast count agrees with looking at every pair."""

from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import MatchingError
from matching.evaluate import compare_partitions, evaluate

partitions = st.integers(0, 40).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 6), min_size=n, max_size=n), st.lists(st.integers(0, 6), min_size=n, max_size=n)
    )
)


def by_hand(found: list[int], truth: list[int]) -> tuple[int, int, int]:
    pairs = list(combinations(range(len(found)), 2))
    made = {(a, b) for a, b in pairs if found[a] == found[b]}
    real = {(a, b) for a, b in pairs if truth[a] == truth[b]}
    return len(made), len(real), len(made & real)


def bcubed_by_hand(found: list[int], truth: list[int]) -> tuple[float, float]:
    n = len(found)
    together = [sum(found[i] == found[j] and truth[i] == truth[j] for j in range(n)) for i in range(n)]
    return (
        sum(together[i] / found.count(found[i]) for i in range(n)) / n,
        sum(together[i] / truth.count(truth[i]) for i in range(n)) / n,
    )


@given(partitions)
def test_pairs_are_those_counted_one_by_one(both: tuple[list[int], list[int]]) -> None:
    found, truth = both
    answer = compare_partitions(np.array(found, dtype=np.int64), np.array(truth, dtype=np.int64))
    assert (answer["pairs_found"], answer["pairs_true"], answer["pairs_right"]) == by_hand(found, truth)


@given(partitions.filter(lambda both: len(both[0]) > 0))
def test_bcubed_is_the_mean_over_records(both: tuple[list[int], list[int]]) -> None:
    found, truth = both
    answer = compare_partitions(np.array(found, dtype=np.int64), np.array(truth, dtype=np.int64))["bcubed"]
    assert (answer["precision"], answer["recall"]) == pytest.approx(bcubed_by_hand(found, truth))


@given(partitions)
def test_swapping_the_sides_swaps_precision_and_recall(both: tuple[list[int], list[int]]) -> None:
    found, truth = (np.array(side, dtype=np.int64) for side in both)
    there, back = compare_partitions(found, truth), compare_partitions(truth, found)
    assert (there["precision"], there["recall"]) == (back["recall"], back["precision"])
    assert there["f1"] == back["f1"]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30))
def test_the_truth_itself_is_perfect_and_the_sizes_add_up(truth: list[int]) -> None:
    ids = np.array(truth, dtype=np.int64)
    answer = compare_partitions(ids, ids + 100)
    assert answer["f1"] == answer["bcubed"]["f1"] == 1.0
    assert sum(answer["cluster_sizes"].values()) == answer["clusters"] == len(set(truth))


def table(people: dict[str, str | None], homes: dict[str, str | None] | None = None) -> pa.Table:
    columns = {"source": ["crm"] * len(people), "record_id": list(people), "person": list(people.values())}
    if homes is not None:
        columns["household"] = [homes.get(record) for record in people]
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def test_records_of_one_side_only_are_counted_and_left_out() -> None:
    answer = evaluate(table({"1": "a", "2": "a", "3": "b"}), table({"1": "x", "2": "x", "9": "x"}))
    assert answer["records"] == 2
    assert answer["unmatched"] == {"found": 1, "truth": 1}
    assert answer["persons"]["f1"] == 1.0


def test_records_without_a_true_household_are_left_out_of_households_only() -> None:
    found = table({"1": "a", "2": "b", "3": "c"}, {"1": "h", "2": "h", "3": "h"})
    truth = table({"1": "a", "2": "b", "3": "c"}, {"1": "home", "2": "home", "3": None})
    answer = evaluate(found, truth)
    assert answer["households"]["records"] == 2
    assert answer["households"]["without_truth"] == 1
    assert answer["households"]["f1"] == 1.0
    assert answer["persons"]["records"] == 3


def test_a_record_found_in_no_household_stands_alone() -> None:
    found = table({"1": "a", "2": "b"}, {"1": None, "2": None})
    truth = table({"1": "a", "2": "b"}, {"1": "home", "2": "home"})
    households = evaluate(found, truth)["households"]
    assert (households["pairs_found"], households["pairs_true"], households["recall"]) == (0, 1, 0.0)
    assert households["without_answer"] == 2


def test_the_same_record_id_of_two_sources_is_two_records() -> None:
    both = pa.table({"source": ["crm", "web"], "record_id": ["1", "1"], "person": ["a", "a"]})
    assert evaluate(both, both)["persons"]["pairs_true"] == 1


def test_a_record_named_twice_is_refused() -> None:
    twice = pa.table({"source": ["crm", "crm"], "record_id": ["1", "1"], "person": ["a", "b"]})
    with pytest.raises(MatchingError, match="more than once"):
        evaluate(twice, twice)


def test_a_table_without_persons_is_refused() -> None:
    with pytest.raises(MatchingError, match="lacks person"):
        evaluate(pa.table({"source": ["a"], "record_id": ["1"]}), table({"1": "a"}))


def test_where_no_record_is_known_nothing_is_wrong() -> None:
    answer = evaluate(table({}), table({"a": "x"}))
    assert (answer["records"], answer["unmatched"]) == (0, {"found": 0, "truth": 1})
    assert answer["persons"]["f1"] == 1.0
