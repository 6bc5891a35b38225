"""How parcels are graded, on a street small enough to count by hand."""

import pyarrow as pa
import pytest

from graph_service.identity.run.grading import linking, untraceable

TRUTH = [
    # source, record_id, household, property_id, resident_household, actual_household
    ("parcels", "1", "A", "P1", "A", "A"),
    ("parcels", "2", "B", "P2", "C", "B"),  # still registered to those who lived there before
    ("parcels", "3", "D", "P3", "D", "D"),
    ("parcels", "4", "E", "P4", None, "E"),  # nobody that we know of lives there
    ("crm", "1", "A", "P1", None, "A"),
    ("crm", "2", "A", "P1", None, "A"),
    ("crm", "3", "C", "P2", None, "C"),
    ("crm", "4", "F", "P3", None, "F"),
    ("web", "1", "S1", None, None, "A"),
    ("web", "2", "S2", None, None, "C"),
    ("web", "3", "S3", None, None, "F"),
    ("web", "4", "S3", None, None, "F"),
]
FOUND = {  # the household that we found for each
    ("parcels", "1"): "h1", ("crm", "1"): "h1", ("crm", "2"): "h1", ("web", "1"): "h1",
    ("parcels", "2"): "h2", ("crm", "3"): "h2", ("parcels", "3"): "h3", ("crm", "4"): "h3", ("parcels", "4"): "h4",
    ("web", "2"): "h1", ("web", "3"): "h5", ("web", "4"): "h5",
}  # fmt: skip
NAMES = ("source", "record_id", "household", "property_id", "resident_household", "actual_household")


def _truth() -> pa.Table:
    return pa.table({name: pa.array([row[at] for row in TRUTH], pa.string()) for at, name in enumerate(NAMES)})


def _found() -> pa.Table:
    keys, homes = list(FOUND), list(FOUND.values())
    return pa.table({"source": [key[0] for key in keys], "record_id": [key[1] for key in keys], "household": homes})


def _homes(*rows: tuple[str, str, str | None]) -> pa.Table:
    columns = ("household_id", "property_id", "until")
    return pa.table({name: pa.array([row[at] for row in rows], pa.string()) for at, name in enumerate(columns)})


def test_a_parcel_is_linked_to_who_lives_in_its_building_now() -> None:
    homes = _homes(("h1", "p1", None), ("h2", "p2", None), ("h3", "p3", "2025-01-01"))
    assert linking(_found(), homes, _truth()) == {
        "parcels": 3, "linked": pytest.approx(2 / 3, abs=1e-6), "false": 0.0,
    }  # fmt: skip


def test_a_building_with_a_household_too_many_is_linked_wrongly_too() -> None:
    homes = _homes(("h1", "p1", None), ("h2", "p1", None), ("h3", "p3", None))
    assert linking(_found(), homes, _truth()) == {
        "parcels": 3, "linked": pytest.approx(1 / 3, abs=1e-6), "false": pytest.approx(2 / 3, abs=1e-6),
    }  # fmt: skip


def test_a_parcel_alone_in_its_household_is_linked_to_nobody() -> None:
    found = _found().filter(pa.array([key[0] == "parcels" for key in FOUND]))
    homes = _homes(("h1", "p1", None), ("h2", "p2", None))
    assert linking(found, homes, _truth()) == {"parcels": 3, "linked": 0.0, "false": 0.0}


def test_without_parcels_there_is_no_share() -> None:
    nobody = _truth().slice(4)
    assert linking(_found(), _homes(), nobody) == {"parcels": 0, "linked": None, "false": None}


def test_strangers_are_linked_by_what_else_is_in_their_household() -> None:
    assert untraceable(_found(), _truth()) == {"rows": 4, "linked": 0.25, "false": 0.25, "alone": 0.5}
