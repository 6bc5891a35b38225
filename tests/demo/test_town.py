"""Is Anytown the town it says it is? Counted on one drawn town, and compared with others."""

from __future__ import annotations

import gzip
from collections import defaultdict
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from graph_service.demo.model import FILES, Town, draw_town, write_town


@pytest.fixture(scope="module")
def town() -> Town:
    return draw_town(1)


def values(table: pa.Table, name: str) -> list[str | None]:
    column: list[str | None] = table[name].to_pylist()
    return column


def truth_by_record(town: Town) -> dict[tuple[str, str], dict[str, str | None]]:
    return {(row["source"], row["record_id"]): row for row in town.truth.to_pylist()}


def test_the_town_has_six_sources_and_the_size_asked_for(town: Town) -> None:
    assert list(town.sources) == ["crm", "web", "calls", "doors", "claims", "parcels"]
    assert abs(town.size - 12_000) <= 5
    assert min(table.num_rows for table in town.sources.values()) > 800


def test_every_record_has_one_truth_and_every_truth_a_record(town: Town) -> None:
    records = {(name, key) for name, table in town.sources.items() for key in values(table, "record_id")}
    assert len(records) == town.size
    assert set(truth_by_record(town)) == records
    assert None not in values(town.truth, "person") + values(town.truth, "household")


def test_every_person_has_one_household(town: Town) -> None:
    households = defaultdict(set)
    for row in town.truth.to_pylist():
        households[row["person"]].add(row["household"])
        households[row["actual_person"]].add(row["actual_household"])
    assert all(len(found) == 1 for found in households.values())


def test_truth_is_in_no_column_of_the_sources(town: Town) -> None:
    secret = set(values(town.truth, "person")) | set(values(town.truth, "household"))
    secret |= set(values(town.truth, "actual_person")) | set(values(town.truth, "actual_household"))
    for table in town.sources.values():
        assert not {"person", "household", "person_id", "household_id", "simulant_id", "ssn"} & set(table.column_names)
        for name in table.column_names:
            assert not secret & set(values(table, name))


def test_every_value_is_a_string_that_says_something_or_missing(town: Town) -> None:
    for table in town.sources.values():
        for name in table.column_names:
            assert table.schema.field(name).type == pa.string()
            assert all(cell is None or cell.strip() for cell in values(table, name))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fifteen_percent_of_the_visitors_never_carry_a_hard_id(seed: int) -> None:
    town = draw_town(seed, 5000)
    web, truth = town.sources["web"], truth_by_record(town)
    visitors, cookies = defaultdict(list), defaultdict(list)
    for row in web.to_pylist():
        hard = row["email"] is not None or row["phone"] is not None
        visitors[truth["web", row["record_id"]]["actual_person"]].append(hard)
        cookies[row["user_pseudo_id"]].append(hard)
    silent = [not any(hard) for hard in visitors.values()]
    assert sum(silent) / len(silent) == pytest.approx(0.15, abs=0.01)
    assert 0.13 < sum(not any(hard) for hard in cookies.values()) / len(cookies) < 0.18


def test_a_session_in_reach_of_a_hard_id_keeps_its_person_and_no_other_does(town: Town) -> None:
    rows, truth = town.sources["web"].to_pylist(), truth_by_record(town)
    reach = {row[key] for row in rows if row["email"] or row["phone"] for key in ("user_pseudo_id", "device_id")} - {
        None
    }
    while True:
        seen = [row for row in rows if {row["user_pseudo_id"], row["device_id"]} & reach]
        wider = reach | {row[key] for row in seen for key in ("user_pseudo_id", "device_id")} - {None}
        if wider == reach:
            break
        reach = wider
    for row in rows:
        known = truth["web", row["record_id"]]
        in_reach = bool({row["user_pseudo_id"], row["device_id"]} & reach)
        assert in_reach == (known["property_id"] is not None)
        if in_reach:
            assert known["person"] == known["actual_person"]
            assert known["household"] == known["actual_household"]


def test_the_register_has_one_row_a_home_and_names_its_household(town: Town) -> None:
    parcels, truth = town.sources["parcels"], truth_by_record(town)
    homes = values(parcels, "property_id")
    assert len(set(homes)) == len(homes)
    households = set(values(town.truth, "household"))
    placed = [truth["parcels", key]["resident_household"] for key in values(parcels, "record_id") if key is not None]
    assert {household for household in placed if household} <= households
    assert 0.4 < sum(household is not None for household in placed) / len(placed) < 0.9
    assert sum((owner or "").endswith(" LLC") for owner in values(parcels, "owner_name")) > 50
    assert sum(" & " in (owner or "") for owner in values(parcels, "owner_name")) > 50


def people_by(town: Town, source: str, column: str) -> dict[str, set[str | None]]:
    truth, people = truth_by_record(town), defaultdict(set)
    for row in town.sources[source].to_pylist():
        if row[column] is not None:
            value = "".join(letter for letter in row[column].lower() if letter.isalnum())[-16:]
            people[value.removeprefix("1")].add(truth[source, row["record_id"]]["person"])
    return dict(people)


def test_families_share_landlines_emails_and_tablets_and_numbers_go_round(town: Town) -> None:
    for source, column, least in (("calls", "caller_number", 15), ("crm", "email", 15), ("web", "device_id", 8)):
        shared = [found for found in people_by(town, source, column).values() if len(found) > 1]
        assert len(shared) >= least, (source, column)


def test_cookies_are_cleared_and_devices_stay(town: Town) -> None:
    cookies = defaultdict(set)
    for row in town.sources["web"].to_pylist():
        cookies[row["device_id"]].add(row["user_pseudo_id"])
    cookies.pop(None)
    assert sum(len(found) > 1 for found in cookies.values()) > 50


def test_some_move_some_are_namesakes_and_one_house_is_a_nursing_home(town: Town) -> None:
    homes, residents = defaultdict(set), defaultdict(set)
    for row in town.truth.to_pylist():
        if row["source"] in ("crm", "doors", "claims"):
            homes[row["person"]].add(row["property_id"])
            residents[row["property_id"]].add(row["household"])
    assert sum(len(found) > 1 for found in homes.values()) > 50
    assert sum("JR" in (name or "").split() for name in values(town.sources["claims"], "policyholder")) >= 1
    assert sum(len(found) > 8 for found in residents.values()) == 1


def test_one_seed_gives_one_town_and_another_seed_another() -> None:
    town, again, other = draw_town(1, 3000), draw_town(1, 3000), draw_town(2, 3000)
    assert again.truth.equals(town.truth)
    assert all(again.sources[name].equals(table) for name, table in town.sources.items())
    emails = set(values(town.sources["crm"], "email")) - {None}
    assert len(emails & set(values(other.sources["crm"], "email"))) < 0.35 * len(emails)
    assert not other.truth.equals(town.truth)


def test_without_noise_nothing_is_mistyped_or_a_placeholder() -> None:
    clean, noisy = draw_town(3, 3000, noise=0.0), draw_town(3, 3000, noise=3.0)
    zips = set(values(clean.sources["parcels"], "site_zip"))
    assert set(values(clean.sources["crm"], "postal_code")) - {None} <= zips
    assert not set(values(noisy.sources["crm"], "postal_code")) - {None} <= zips
    assert "1900-01-01" not in str(values(clean.sources["claims"], "policyholder_dob"))
    assert not {"test@test.com", "n/a", "noemail"} & set(values(clean.sources["crm"], "email"))


def test_a_larger_town_has_further_families_with_names_of_their_own() -> None:
    large = draw_town(5, 35_000)
    assert abs(large.size - 35_000) <= 5
    assert len(set(values(large.truth, "household"))) > 4400
    names = set(zip(values(large.sources["crm"], "first_name"), values(large.sources["crm"], "last_name"), strict=True))
    assert len(names) > 0.4 * large.sources["crm"].num_rows


@pytest.mark.parametrize(("size", "noise", "says"), [(10, 1.0, "ask for 1,000"), (2000, -1.0, "pass 0 or more")])
def test_a_town_that_cannot_be_drawn_is_refused(size: int, noise: float, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        draw_town(1, size, noise)


def test_the_files_hold_the_town_and_equal_towns_are_equal_bytes(tmp_path: Path) -> None:
    town = draw_town(4, 2000)
    paths = write_town(town, tmp_path / "one")
    write_town(draw_town(4, 2000), tmp_path / "two")
    assert [path.name for path in paths] == list(FILES.values())
    for path in [*paths, tmp_path / "one" / "truth.csv"]:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert pa.csv.read_csv(tmp_path / "one" / "crm.csv").num_rows == town.sources["crm"].num_rows
    assert pa.parquet.read_table(tmp_path / "one" / "claims.parquet").equals(town.sources["claims"])
    with gzip.open(tmp_path / "one" / "web.jsonl.gz") as file:
        sessions = [orjson.loads(line) for line in file]
    assert [row["record_id"] for row in sessions] == values(town.sources["web"], "record_id")


def test_the_package_carries_less_than_three_megabytes() -> None:
    folder = Path(draw_town.__code__.co_filename).parent / "data"
    assert 0 < sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000
