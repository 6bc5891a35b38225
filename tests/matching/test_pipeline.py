"""The whole of matching: right, the same in any order, on any columns, bounded."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest

from matching import FieldType, Judgement, Limits, MatchResult, Means, Model, match, plain_splink
from tests.matching.people import FIELDS, draw, f1, same_partition


@pytest.fixture(scope="module")
def result() -> Iterator[MatchResult]:
    yield match(draw(120)[0], FIELDS)


def test_people_are_found_better_than_by_plain_splink(result: MatchResult) -> None:
    records, person, _ = draw(120)
    ours, plain = f1(result.persons, person), f1(plain_splink(records, FIELDS).to_numpy(), person)
    assert ours >= 0.98
    assert ours > plain


def test_households_are_found(result: MatchResult) -> None:
    _, _, household = draw(120)
    assert f1(result.households[result.persons], household) >= 0.95
    assert len(result.kinds) == result.households.max() + 1


@pytest.mark.parametrize("thin_from", [0, 10**9])
def test_a_run_that_trains_answers_as_one_that_is_given_its_model(
    monkeypatch: pytest.MonkeyPatch, thin_from: int
) -> None:
    monkeypatch.setattr("matching.blocking.THIN_FROM", thin_from)  # with thinning, as of large files, and without
    records, _, _ = draw(400)
    first = match(records, FIELDS)
    again = match(records, FIELDS, model=Model.from_json(first.model.to_json()))
    assert again.card["blocking"] == first.card["blocking"]
    assert (again.links, again.merges, again.living) == (first.links, first.merges, first.living)
    assert again.persons.tolist() == first.persons.tolist()
    assert again.households.tolist() == first.households.tolist()
    assert again.card["confidence"] == first.card["confidence"]


def test_neither_row_nor_column_order_matters(result: MatchResult) -> None:
    records, _, _ = draw(120)
    order = np.random.default_rng(3).permutation(records.num_rows)
    shuffled = records.take(order).select(list(reversed(records.column_names)))
    again = match(shuffled, dict(reversed(FIELDS.items())))
    assert same_partition(again.persons, result.persons[order])
    assert same_partition(again.households[again.persons], result.households[result.persons][order])
    assert sorted(again.links.column("weight").to_pylist()) == sorted(result.links.column("weight").to_pylist())


def test_the_number_of_processes_does_not_matter(result: MatchResult) -> None:
    records, _, _ = draw(120)
    assert same_partition(match(records, FIELDS, means=Means(workers=2)).persons, result.persons)


@pytest.mark.parametrize("at_once", [True, False])
def test_processes_decide_as_one_does(result: MatchResult, monkeypatch: pytest.MonkeyPatch, at_once: bool) -> None:
    for module in ("matching.parallel", "matching.pipeline"):
        monkeypatch.setattr(f"{module}.PAIRS_AT_ONCE", 50)
    monkeypatch.setattr("matching.parallel.MANY_ROWS", 1 if at_once else 10**9)
    again = match(draw(120)[0], FIELDS, model=result.model, means=Means(workers=2))
    assert again.persons.tolist() == result.persons.tolist()
    assert again.merges.num_rows == result.merges.num_rows


def test_deciding_part_by_part_does_not_matter(result: MatchResult, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.parallel.PAIRS_AT_ONCE", 50)
    again = match(draw(120)[0], FIELDS, model=result.model)
    assert again.persons.tolist() == result.persons.tolist()
    assert again.merges.num_rows == result.merges.num_rows


def test_merges_rebuild_the_persons(result: MatchResult) -> None:
    parent = np.arange(len(result.persons))
    for left, right in zip(
        result.merges.column("left").to_pylist(), result.merges.column("right").to_pylist(), strict=True
    ):
        parent[parent == parent[right]] = parent[left]
    assert same_partition(parent, result.persons)


def test_evidence_of_a_merge_adds_up_to_its_weight(result: MatchResult) -> None:
    table = result.merges
    bits = sum(table.column(c).to_numpy() for c in table.column_names if c.startswith("bits_"))
    parts = bits + table.column("household_evidence").to_numpy() + table.column("source_penalty").to_numpy()
    assert np.allclose(table.column("weight").to_numpy(), parts + np.log2(result.model.prior), atol=1e-4)


@pytest.mark.parametrize("left_out", ["first_name", "date_of_birth", "street_address"])
def test_any_column_may_be_missing(left_out: str) -> None:
    records, person, _ = draw(60)
    fields = {name: kind for name, kind in FIELDS.items() if name != left_out}
    assert f1(match(records, fields).persons, person) >= 0.8


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_a_file_of_a_few_rows_is_answered(rows: int) -> None:
    assert len(match(draw(3)[0].slice(0, rows), FIELDS).persons) == rows


def test_one_column_alone_joins_what_is_equal() -> None:
    records = pa.table({"source": ["a"] * 4, "record_id": list("abcd"), "email": ["x@y.z", "x@y.z", "x@y.q", None]})
    assert match(records, {"email": FieldType.EMAIL}).persons.tolist() == [0, 0, 1, 2]


def test_an_empty_column_is_as_good_as_none() -> None:
    records, _, _ = draw(30)
    emptied = records.set_column(records.column_names.index("email"), "email", pa.nulls(records.num_rows, pa.string()))
    without = {name: kind for name, kind in FIELDS.items() if name != "email"}
    assert same_partition(match(emptied, FIELDS).persons, match(records, without).persons)


def test_a_file_without_duplicates_stays_as_it_is() -> None:
    records, person, _ = draw(150)
    first = np.unique(person, return_index=True)[1]
    alone = match(records.take(first), FIELDS).persons
    assert len(np.unique(alone)) >= 0.99 * len(first)


def test_judgements_hold_against_the_evidence(result: MatchResult) -> None:
    records, _, _ = draw(120)
    keys = list(zip(records.column("source").to_pylist(), records.column("record_id").to_pylist(), strict=True))
    one = int(np.flatnonzero(np.bincount(result.persons)[result.persons] > 1)[0])
    mate = int(np.flatnonzero(result.persons == result.persons[one])[1])
    stranger = int(np.flatnonzero(result.persons != result.persons[one])[-1])
    judged = [Judgement(False, (keys[one],), (keys[mate],)), Judgement(True, (keys[one],), (keys[stranger],))]
    persons = match(records, FIELDS, model=result.model, judgements=judged).persons
    assert persons[one] != persons[mate]
    assert persons[one] == persons[stranger]


def test_progress_goes_from_start_to_end() -> None:
    seen: list[tuple[str, float]] = []
    match(draw(20)[0], FIELDS, means=Means(progress=lambda stage, done: seen.append((stage, done))))
    assert [done for _, done in seen] == sorted(done for _, done in seen)
    assert seen[0][1] == 0.0
    assert seen[-1][1] == 1.0


def test_a_phone_shared_by_hundreds_joins_nobody() -> None:
    records, person, _ = draw(150)
    phones = ["+18175550100" if i % 2 else v for i, v in enumerate(records.column("phone").to_pylist())]
    flooded = records.set_column(records.column_names.index("phone"), "phone", pa.array(phones, pa.string()))
    found = match(flooded, FIELDS, limits=Limits(cluster=50))
    assert f1(found.persons, person) >= 0.95
    assert [t["value_rows"] for t in found.card["traps"] if t["column"] == "phone"] == [phones.count("+18175550100")]
