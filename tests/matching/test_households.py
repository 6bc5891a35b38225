"""Who lives together: typos, movers, mixed surnames, shared phones, group quarters."""

import numpy as np
import pyarrow as pa

from matching import Limits, most_common_address
from matching.households import Households, households
from matching.scratch import open_scratch
from tests.matching.people import draw, f1

COLUMNS = ("last_name", "street_address", "unit", "zip", "phone", "email", "property_id", "seen_at")


def _lived(*rows: dict[str, str]) -> tuple[pa.Table, np.ndarray]:
    table = pa.table({c: pa.array([row.get(c) for row in rows], pa.string()) for c in COLUMNS})
    return table, np.array([int(row["person"]) for row in rows])


def _found(*rows: dict[str, str], limits: Limits = Limits()) -> Households:  # noqa: B008  frozen
    table, persons = _lived(*rows)
    with open_scratch() as connection:
        return households(connection, table, persons, limits)


def _row(person: int, last_name: str, address: str | None, **more: str) -> dict[str, str]:
    home = {"street_address": address} if address else {}
    return {"person": str(person), "last_name": last_name, **home, **more}


def test_those_at_one_address_live_together_whatever_their_surnames() -> None:
    found = _found(_row(0, "murray", "5 oak st"), _row(1, "chen", "5 oak st"), _row(2, "murray", "9 elm dr"))
    assert found.household.tolist() == [0, 0, 1]
    assert found.kind == ["family", "family"]


def test_units_of_one_building_are_different_homes() -> None:
    found = _found(_row(0, "murray", "5 oak st", unit="1"), _row(1, "chen", "5 oak st", unit="2"))
    assert found.household.tolist() == [0, 1]


def test_a_typo_in_the_address_does_not_move_a_family_member_out() -> None:
    found = _found(
        _row(0, "murray", "17868 winding trail rd"),
        _row(1, "murray", "17868 winding trail rd"),
        _row(2, "murray", "17888 winding trail rd"),
    )
    assert found.household.tolist() == [0, 0, 0]


def test_a_near_address_is_a_slip_only_within_its_region() -> None:
    near = ["17868 winding trail rd", "17868 winding trail rd", "17888 winding trail rd"]
    for zip_of_the_third, homes in (("76013", [0, 0, 0]), ("98101", [0, 0, 1]), (None, [0, 0, 1])):
        zips = [{"zip": "76012"}, {"zip": "76012"}, {"zip": zip_of_the_third} if zip_of_the_third else {}]
        rows = [_row(p, "murray", address, **zips[p]) for p, address in enumerate(near)]
        assert _found(*rows).household.tolist() == homes


def test_the_same_street_number_in_another_zip_is_another_home() -> None:
    rows = [_row(p, name, "1 main st", zip=z) for p, name, z in [(0, "lee", "76001"), (1, "poe", "75001")] * 2]
    assert _found(*rows).household.tolist() == [0, 1]


def test_a_mover_lives_where_it_was_seen_last() -> None:
    found = _found(
        _row(0, "ames", "5 oak st", seen_at="2019-01-01T00:00:00Z"),
        _row(0, "ames", "5 oak st", seen_at="2019-02-01T00:00:00Z"),
        _row(0, "ames", "9 elm dr", seen_at="2024-06-01T00:00:00Z"),
        _row(1, "boyd", "5 oak st", seen_at="2024-06-01T00:00:00Z"),
        _row(2, "cole", "9 elm dr", seen_at="2024-06-01T00:00:00Z"),
    )
    assert found.household[0] == found.household[2] != found.household[1]


def test_a_family_seen_at_two_homes_stays_together() -> None:
    found = _found(
        *(_row(0, "wolken", address) for address in ("5 oak st", "5 oak st", "5 oak st", "9 elm dr")),
        *(_row(1, "wolken", address) for address in ("5 oak st", "9 elm dr", "9 elm dr", "9 elm dr")),
        *(_row(2, "cole", "9 elm dr"), _row(3, "cole", "5 oak st")),
    )
    assert found.household[0] == found.household[1]
    assert found.household[2] != found.household[3]


def test_kin_decide_where_votes_are_even() -> None:
    found = _found(
        _row(0, "ames", "5 oak st"),
        _row(0, "ames", "9 elm dr"),
        _row(1, "ames", "9 elm dr"),
        _row(2, "boyd", "5 oak st"),
    )
    assert found.household[0] == found.household[1] != found.household[2]


def test_a_shared_phone_places_a_person_without_an_address() -> None:
    found = _found(_row(0, "ames", "5 oak st", phone="+1"), _row(1, "ames", None, phone="+1"), _row(2, "cole", None))
    assert found.household.tolist() == [0, 0, 1]


def test_persons_without_any_address_share_a_household_by_phone() -> None:
    found = _found(
        _row(0, "ames", None, phone="+1"), _row(1, "ames", None, phone="+1"), _row(2, "cole", None, phone="+2")
    )
    assert found.household.tolist() == [0, 0, 1]


def test_persons_of_group_quarters_keep_households_of_their_own() -> None:
    found = _found(*(_row(i, f"name{i}", "1 nursing home way") for i in range(30)), _row(30, "ames", "5 oak st"))
    assert np.bincount(found.household).max() == 1
    assert found.kind[:30] == ["group_quarters"] * 30
    assert found.kind[30] == "family"


def test_no_household_exceeds_its_limit() -> None:
    rows = [_row(i, "ames", None, phone="+1" if i < 8 else "+2", email="x" if i in (7, 8) else "y") for i in range(16)]
    found = _found(*rows, limits=Limits(household=6))
    assert np.bincount(found.household).max() <= 6


def test_every_person_gets_one_household_with_its_evidence() -> None:
    records, person, _ = draw(40)
    with open_scratch() as connection:
        found = households(connection, records, person, Limits())
    assert found.evidence.column("person").to_pylist() == list(range(person.max() + 1))
    assert found.evidence.column("household").to_pylist() == found.household.tolist()
    assert (np.bincount(found.household)[found.household] == found.evidence.column("persons").to_numpy()).all()


def test_it_beats_the_most_common_address() -> None:
    records, person, household = draw(150)
    with open_scratch() as connection:
        ours = households(connection, records, person, Limits()).household
    peer = most_common_address(records, person).to_numpy()
    assert 1 - f1(ours[person], household) <= 0.6 * (1 - f1(peer[person], household))


def test_who_moved_lives_where_they_were_seen_last_though_kin_stayed() -> None:
    old, new = {"address": "5 oak st"}, {"address": "9 elm dr"}
    found = _found(
        _row(0, "murray", **old, seen_at="2024-03-20"),
        _row(0, "murray", **old, seen_at="2024-08-17"),
        _row(0, "murray", **new, seen_at="2025-05-28"),
        _row(0, "murray", **new, seen_at="2025-12-15"),
        _row(1, "murray", **old, seen_at="2025-10-02"),
    )
    assert found.household.tolist() == [0, 1]


def test_a_grown_child_lives_where_it_says_and_not_with_all_its_kin() -> None:
    found = _found(
        *(_row(person, "soderstrom", "5680 capulina ave", phone="+1") for person in range(3)),
        _row(3, "soderstrom", "4383 radby st", phone="+1"),
    )
    assert found.household.tolist() == [0, 0, 0, 1]


def test_landlord_and_tenants_are_not_kin_for_the_building_that_both_name() -> None:
    building = {"property_id": "p1", "seen_at": "2025-01-01"}
    found = _found(
        _row(0, "doherty", "1573 arcadia ave", phone="+1", seen_at="2025-09-27"),
        _row(0, "doherty", "2570 ramona st", property_id="p1", seen_at="2025-12-12"),  # bought after he was last seen
        *(
            _row(person, name, "2570 ramona st", **building)
            for person, name in enumerate(("lang", "norris", "hale"), 1)
        ),
    )
    assert found.household.tolist() == [0, 1, 1, 1]


def test_who_names_a_building_and_no_address_lives_there() -> None:
    found = _found(_row(0, "lang", "5 oak st", property_id="p1"), _row(1, "poe", None, property_id="p1"))
    assert found.household.tolist() == [0, 0]
