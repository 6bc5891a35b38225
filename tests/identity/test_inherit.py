"""Ids are stable: who keeps an id when clusters merge, split and move."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph_service.identity.run import inherit
from graph_service.identity.run.inherit import assign_ids


def minter():  # type: ignore[no-untyped-def]
    numbers = itertools.count()
    return lambda: f"new{next(numbers):03}"


def ids(old, new):  # type: ignore[no-untyped-def]
    answer = assign_ids(old, np.array(new), minter())
    return [answer.ids[cluster] for cluster in new], answer


def test_without_old_ids_everybody_gets_a_new_one() -> None:
    found, answer = ids([None, None, None], [0, 0, 1])
    assert found == ["new000", "new000", "new001"]
    assert answer.minted == 2


def test_a_merged_cluster_keeps_the_oldest_id_and_the_other_is_its_alias() -> None:
    found, answer = ids(["b", "b", "b", "a"], [0, 0, 0, 0])
    assert set(found) == {"a"}
    assert answer.alias_of == {"b": "a"}


def test_a_split_person_keeps_its_id_where_most_of_its_records_are() -> None:
    found, answer = ids(["a", "a", "a"], [1, 0, 0])
    assert found == ["new000", "a", "a"]
    assert answer.also == {"a": ["new000"]}
    assert answer.alias_of == {}


def test_an_even_split_goes_with_the_earliest_record() -> None:
    found, _ = ids(["a", "a"], [1, 0])
    assert found[0] == "a"


def test_a_record_that_moves_between_persons_changes_no_id() -> None:
    found, answer = ids(["a", "a", "a", "b", "b"], [0, 0, 1, 1, 1])
    assert found == ["a", "a", "b", "b", "b"]
    assert answer.also == {"a": ["b"]}


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b", "c", "d"]), st.integers(0, 4)), min_size=1))
def test_ids_are_unique_and_no_old_id_is_lost(members: list[tuple[str | None, int]]) -> None:
    old = [name for name, _ in members]
    used = sorted({cluster for _, cluster in members})
    new = np.array([used.index(cluster) for _, cluster in members])
    answer = assign_ids(old, new, minter())
    assert len(set(answer.ids)) == len(answer.ids) == len(used)
    for name in {name for name in old if name is not None}:
        assert (name in answer.ids) != (name in answer.alias_of)
        assert answer.alias_of.get(name, name) in answer.ids


@given(st.lists(st.integers(0, 6), min_size=1))
def test_the_same_answer_again_moves_nothing(clusters: list[int]) -> None:
    used = sorted(set(clusters))
    new = np.array([used.index(cluster) for cluster in clusters])
    first = assign_ids([None] * len(new), new, minter())
    again = assign_ids([first.ids[cluster] for cluster in new], new, minter())
    assert (again.ids, again.alias_of, again.also, again.minted) == (first.ids, {}, {}, 0)


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b", "c", "d"]), st.integers(0, 4)), min_size=1))
def test_few_members_inherit_as_many_do(members: list[tuple[str | None, int]]) -> None:
    old = [name for name, _ in members]
    used = sorted({cluster for _, cluster in members})
    new = np.array([used.index(cluster) for _, cluster in members])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(inherit, "FEW", 0)
        many = assign_ids(old, new, minter())
    assert assign_ids(old, new, minter()) == many
