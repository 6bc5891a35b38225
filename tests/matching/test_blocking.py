"""Which pairs are candidates: narrow keys, no giant blocks, each pair once."""

import numpy as np
import pyarrow as pa

from matching import FieldType
from matching.blocking import BLOCK_CAP, block, pairs_per_record, rules_for
from matching.scratch import load, open_scratch
from tests.matching.people import FIELDS, draw


def _pairs(records: pa.Table, fields: dict[str, FieldType]) -> set[tuple[int, int]]:
    with open_scratch() as connection:
        load(connection, records, fields)
        block(connection, fields, rows=records.num_rows)
        return {(int(a), int(b)) for a, b in connection.execute("select l, r from pairs").fetchall()}


def test_nearly_all_true_pairs_are_candidates_and_few_others() -> None:
    records, person, _ = draw(80)
    pairs = _pairs(records, FIELDS)
    left, right = np.triu_indices(len(person), 1)
    true = {(int(a), int(b)) for a, b in zip(left, right, strict=True) if person[a] == person[b]}
    assert len(true & pairs) >= 0.97 * len(true)
    assert len(pairs) <= 1.6 * pairs_per_record(len(person)) * len(person)


def test_each_pair_comes_once_and_in_order() -> None:
    records, _, _ = draw(30)
    with open_scratch() as connection:
        load(connection, records, FIELDS)
        found = block(connection, FIELDS, rows=records.num_rows)
        rows = connection.execute("select l, r from pairs").fetchall()
    assert len(rows) == len(set(rows)) == found.pairs
    assert all(a < b for a, b in rows)


def test_a_value_shared_by_thousands_gives_a_handful_of_pairs_each() -> None:
    many = 40 * BLOCK_CAP
    records = pa.table(
        {
            "source": ["calls"] * many,
            "record_id": [f"{i:05}" for i in range(many)],
            "phone": ["+18175550100"] * many,
            "last_name": [f"name{i}" for i in range(many)],
        }
    )
    pairs = _pairs(records, {"phone": FieldType.PHONE, "last_name": FieldType.FAMILY})
    assert 0 < len(pairs) <= 5 * many


def test_a_key_needs_all_its_parts() -> None:
    records = pa.table(
        {
            "source": ["a"] * 4,
            "record_id": list("abcd"),
            "first_name": ["ann", "ann", None, None],
            "last_name": [None] * 4,
        }
    ).cast(pa.schema([(n, pa.string()) for n in ("source", "record_id", "first_name", "last_name")]))
    assert _pairs(records, {"first_name": FieldType.GIVEN, "last_name": FieldType.FAMILY}) == {(0, 1)}


def test_a_file_without_names_is_blocked_on_what_there_is() -> None:
    assert set(rules_for({"city": FieldType.PLACE, "team": FieldType.CATEGORY})) >= {"city", "team", "city + team"}
