"""Files that nobody tuned for: no duplicates at all, shared values everywhere, few columns, the parts of a file."""

import numpy as np
import pyarrow as pa
import pytest

from bench.sets import Set, town
from bench.town import draw_crm
from matching import Limits, match, plain_splink
from tests.matching.people import f1


@pytest.fixture(scope="module")
def crm() -> Set:
    return town(seed=5, size=1200)


def _with(data: Set, column: str, values: list[str | None]) -> pa.Table:
    return data.records.set_column(data.records.column_names.index(column), column, pa.array(values, pa.string()))


def test_the_same_seed_draws_the_same_file() -> None:
    one, again, other = draw_crm(500, seed=3), draw_crm(500, seed=3), draw_crm(500, seed=4)
    assert one.rows.equals(again.rows)
    assert one.persons.tolist() == again.persons.tolist()
    assert not one.rows.equals(other.rows)
    assert one.rows.num_rows == len(one.households) == 500


def test_a_file_without_duplicates_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bench.town.ENTRIES", (1.0, 0.0, 0.0, 0.0, 0.0))
    data = town(seed=3, size=5000)
    sizes = np.bincount(match(data.records, data.fields).persons)
    assert (sizes * (sizes - 1) // 2).sum() <= 5


def test_a_value_of_a_third_of_the_file_joins_nobody(crm: Set) -> None:
    rng = np.random.default_rng(1)
    shared = ["+12145550000" if rng.random() < 0.3 else x for x in crm.records.column("phone").to_pylist()]
    found = match(_with(crm, "phone", shared), crm.fields)
    assert np.bincount(found.persons).max() <= 12
    assert np.bincount(found.households).max() <= Limits().household
    assert f1(found.persons, crm.persons) >= 0.95


def test_one_mailbox_a_family_keeps_its_members_apart(crm: Set) -> None:
    records = _with(crm, "email", [f"family{home}@example.com" for home in crm.households.tolist()])
    assert f1(match(records, crm.fields).persons, crm.persons) >= 0.93


@pytest.mark.parametrize("kept", [("first_name", "last_name"), ("email",), ("last_name", "zip"), ("street_address",)])
def test_few_columns_are_never_worse_than_plain_splink(crm: Set, kept: tuple[str, ...]) -> None:
    records = crm.records.select(["source", "record_id", *kept])
    fields = {name: crm.fields[name] for name in kept}
    ours = f1(match(records, fields).persons, crm.persons)
    assert ours >= f1(plain_splink(records, fields).to_numpy(), crm.persons)


@pytest.mark.parametrize("start", [0, 700])
def test_a_part_of_two_hundred_rows_is_never_worse_than_plain_splink(crm: Set, start: int) -> None:
    rows = np.flatnonzero((crm.persons >= crm.persons[start]) & (crm.persons < crm.persons[start] + 90))[:200]
    records, persons = crm.records.take(rows), crm.persons[rows]
    ours = f1(match(records, crm.fields).persons, persons)
    assert ours >= f1(plain_splink(records, crm.fields).to_numpy(), persons)
