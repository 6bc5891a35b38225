"""One decision for batch and real time: profiles, judgements, limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching import Judgement, Limits, Partition, decide
from matching.clusters import JudgementError, Matches, Records

DEFAULT = Limits()


def _records(count: int, *, penalty: float = 0.0) -> Records:
    keys = [("crm", f"{i:03}") for i in range(count)]
    return Records(keys, np.zeros(count, np.int64), np.array([penalty]))


def _matches(weights: dict[tuple[int, int], float], *, prior: float = 0.01) -> Matches:
    """One comparison whose bits give each pair this weight (log-odds) against strangers."""
    pairs = np.array(sorted(weights), np.int64).reshape(-1, 2)
    weight = np.array([weights[a, b] for a, b in sorted(weights)], np.float64)
    bits = (weight - np.log2(prior) + np.log2(1 - prior)).astype(np.float32)[:, None]
    known, home = np.ones(bits.shape, np.bool_), np.empty((len(bits), 0), np.float32)
    return Matches(pairs[:, 0], pairs[:, 1], bits, home, known, weight, (), prior, 0.0)


def _decided(
    count: int, weights: dict[tuple[int, int], float], *judgements: Judgement, limits: Limits = DEFAULT
) -> Partition:
    return decide(_records(count), _matches(weights), judgements, limits)


def _judged(same: bool, one: int, other: int) -> Judgement:
    return Judgement(same, (("crm", f"{one:03}"),), (("crm", f"{other:03}"),))


def test_records_above_the_cut_are_one_person_and_others_are_not() -> None:
    assert _decided(4, {(0, 1): 5.0, (2, 3): -1.0}).persons.tolist() == [0, 0, 1, 2]


def test_every_merge_tells_its_evidence() -> None:
    merges = _decided(2, {(0, 1): 5.0}).merges
    assert (merges.left.tolist(), merges.right.tolist()) == ([0], [1])
    assert merges.weight[0] == pytest.approx(5.0, abs=1e-4)
    assert merges.weight[0] == pytest.approx(
        np.log2(0.01) + merges.bits[0].sum() + merges.household[0] + merges.sources[0], abs=1e-4
    )


def test_one_strong_link_does_not_chain_strangers_together() -> None:
    weights = {(0, 1): 9.0, (2, 3): 9.0, (0, 2): -20.0, (0, 3): -20.0, (1, 3): -20.0, (1, 2): 1.0}
    assert _decided(4, weights).persons.tolist() == [0, 0, 1, 1]


def test_a_must_link_joins_whatever_the_weights_say() -> None:
    assert _decided(3, {(0, 1): -20.0}, _judged(True, 0, 1), _judged(True, 1, 2)).persons.tolist() == [0, 0, 0]


def test_a_cannot_link_parts_whatever_the_weights_say() -> None:
    weights = {(0, 1): 20.0, (1, 2): 20.0, (0, 2): 20.0}
    persons = _decided(3, weights, _judged(False, 0, 2)).persons
    assert persons[0] != persons[2]
    assert persons[1] in (persons[0], persons[2])


def test_a_split_is_one_judgement_about_two_sets() -> None:
    weights = {(a, b): 20.0 for a in range(4) for b in range(a + 1, 4)}
    keys = [("crm", f"{i:03}") for i in range(4)]
    split = Judgement(False, (keys[0], keys[1]), (keys[2], keys[3]))
    assert _decided(4, weights, split).persons.tolist() == [0, 0, 1, 1]


def test_contradicting_judgements_are_refused_by_name() -> None:
    with pytest.raises(JudgementError, match=r"'000'.*'002'"):
        _decided(3, {}, _judged(True, 0, 1), _judged(True, 1, 2), _judged(False, 0, 2))


def test_a_judgement_about_absent_records_changes_nothing() -> None:
    assert _decided(2, {(0, 1): 5.0}, _judged(False, 0, 7)).persons.tolist() == [0, 0]


def test_no_person_grows_beyond_the_limit() -> None:
    weights = {(a, b): 20.0 for a in range(12) for b in range(a + 1, 12)}
    assert np.bincount(_decided(12, weights, limits=Limits(cluster=5)).persons).max() == 5


def test_a_component_over_the_bound_is_cut_at_its_weakest_links() -> None:
    weights = {(a, b): 9.0 for k in range(3) for a in range(4 * k, 4 * k + 4) for b in range(a + 1, 4 * k + 4)}
    weights |= {(3, 4): 0.5, (7, 8): 0.5}
    assert np.bincount(_decided(12, weights, limits=Limits(component=5)).persons).tolist() == [4, 4, 4]


def test_a_source_that_never_repeats_people_needs_more_evidence() -> None:
    found = decide(_records(2, penalty=-8.0), _matches({(0, 1): 5.0}), [], Limits())
    assert found.persons.tolist() == [0, 1]


weights_of_nine = st.dictionaries(
    st.tuples(st.integers(0, 8), st.integers(0, 8)).filter(lambda p: p[0] < p[1]), st.floats(-20, 20), max_size=36
)


@settings(max_examples=60)
@given(weights_of_nine)
def test_other_components_do_not_change_the_answer(weights: dict[tuple[int, int], float]) -> None:
    alone = _decided(9, weights).persons
    company = weights | {(a + 9, b + 9): w for (a, b), w in weights.items()} | {(18, 19): 3.0}
    together = _decided(20, company).persons
    assert together[:9].tolist() == alone.tolist()
    assert (together[9:18] - together[9]).tolist() == (alone - alone[0]).tolist()


@settings(max_examples=60)
@given(weights_of_nine, st.integers(0, 8), st.integers(0, 8))
def test_judgements_always_hold(weights: dict[tuple[int, int], float], one: int, other: int) -> None:
    if one != other:
        assert len(set(_decided(9, weights, _judged(True, one, other)).persons[[one, other]])) == 1
        assert len(set(_decided(9, weights, _judged(False, one, other)).persons[[one, other]])) == 2


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 5)).filter(lambda pair: pair[0] < pair[1]),
        st.floats(-12, 12).map(lambda w: round(w, 2)),
        min_size=1,
    ),
    st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5)), max_size=3),
    st.integers(1, 6),
)
def test_one_component_is_decided_on_as_beside_its_double(
    weights: dict[tuple[int, int], float], said: list[tuple[bool, int, int]], most: int
) -> None:
    """One is reckoned place by place, several in step."""
    weights = {(0, 1): -2.0, (1, 2): -2.0, (2, 3): -2.0, (3, 4): -2.0, (4, 5): -2.0} | weights
    judged = [_judged(same, one, other) for same, one, other in said if one != other]
    doubled = weights | {(a + 6, b + 6): weight for (a, b), weight in weights.items()}
    limits = Limits(cluster=most)
    try:
        alone = _decided(6, weights, *judged, limits=limits)
    except JudgementError:
        return
    beside = _decided(
        12, doubled, *judged, *(_judged(same, a + 6, b + 6) for same, a, b in said if a != b), limits=limits
    )
    assert beside.persons[:6].tolist() == alone.persons.tolist()
    here = beside.merges.left < 6
    for name in ("left", "right", "weight", "household", "sources"):
        assert getattr(beside.merges, name)[here].tolist() == getattr(alone.merges, name).tolist()
    assert beside.merges.bits[here] == pytest.approx(alone.merges.bits)
