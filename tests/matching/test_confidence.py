"""What the matcher says of itself: near the truth, honest about doubt, in step with the judgements."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from matching import FieldType, Judgement, match
from tests.matching.people import FIELDS, draw, f1

FIGURES = ("precision", "recall", "f1")


def _shares(doubt: list[dict[str, Any]], kind: str) -> float:
    return float(sum(row[kind] for row in doubt))


@pytest.mark.parametrize("seed", [1, 5])
def test_expected_f1_is_near_the_truth(seed: int) -> None:
    records, person, _ = draw(80, seed=seed)
    result = match(records, FIELDS)
    told = result.card["confidence"]
    assert told["f1"]["expected"] == pytest.approx(f1(result.persons, person), abs=0.02)
    for figure in FIGURES:
        assert 0 <= told[figure]["low"] <= told[figure]["expected"] <= told[figure]["high"] <= 1


def test_less_is_expected_where_less_is_known() -> None:
    records, _, _ = draw(80)
    few = {name: FIELDS[name] for name in ("first_name", "last_name", "zip")}
    known, unknown = (match(records, fields).card["confidence"]["f1"]["expected"] for fields in (FIELDS, few))
    assert unknown < known - 0.1


def test_doubt_adds_up_however_it_is_sorted() -> None:
    records, _, _ = draw(80)
    few = {name: FIELDS[name] for name in ("first_name", "last_name", "zip", "phone")}
    told = match(records, few).card["confidence"]
    assert told["pairs"]["wrong"] > 1
    for doubt in told["doubt"].values():
        assert _shares(doubt, "wrong") == pytest.approx(told["pairs"]["wrong"], abs=1)
        assert _shares(doubt, "missed") == pytest.approx(told["pairs"]["missed"], abs=1)
    assert _shares(told["doubt"]["sizes"], "pairs") <= told["pairs"]["made"]


def test_a_judgement_leaves_no_doubt() -> None:
    records, _, _ = draw(40)
    before = match(records, FIELDS)
    keys = list(zip(records["source"].to_pylist(), records["record_id"].to_pylist(), strict=True))
    person = np.flatnonzero(np.bincount(before.persons) > 1)[0]
    one, *others = np.flatnonzero(before.persons == person)
    judged = [Judgement(False, (keys[one],), tuple(keys[row] for row in others))]
    after = match(records, FIELDS, judgements=judged, model=before.model)
    assert after.persons[one] != after.persons[others[0]]
    told = after.card["confidence"]
    assert told["pairs"]["missed"] <= before.card["confidence"]["pairs"]["missed"] + 0.5


def test_the_order_of_rows_does_not_matter() -> None:
    records, _, _ = draw(40)
    shuffled = records.take(np.random.default_rng(1).permutation(records.num_rows))
    first, second = (match(table, FIELDS).card["confidence"] for table in (records, shuffled))
    assert first == second


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_a_handful_of_records_is_no_error(rows: int) -> None:
    records, _, _ = draw(3)
    told = match(records.slice(0, rows), FIELDS).card["confidence"]
    assert 0 <= told["f1"]["expected"] <= 1


def test_records_that_nothing_joins_leave_no_pair_wrong() -> None:
    count = 300
    table = pa.table({name: [f"{name[:3]}{row:04}" for row in range(count)] for name in ("record_id", "email")})
    records = table.append_column("source", pa.array(["crm"] * count))
    told = match(records, {"email": FieldType.EMAIL}).card["confidence"]
    assert told["pairs"] == {"made": 0, "wrong": 0.0, "missed": 0.0, "found_when_weak": 1.0}
    assert told["f1"]["expected"] == 1.0


@pytest.mark.real_data
@pytest.mark.parametrize("name", ["fake_1000"])
def test_expected_f1_is_near_the_truth_on_real_data(name: str) -> None:
    from bench.sets import load_set

    if not (Path(os.environ.get("STORMGRAPH_DATA", "../shared/data")) / "identity").is_dir():
        pytest.skip("no real data: STORMGRAPH_DATA names its folder")
    data = load_set(name)
    result = match(data.records, data.fields)
    told = result.card["confidence"]["f1"]
    assert told["expected"] == pytest.approx(f1(result.persons, data.persons), abs=0.02)
