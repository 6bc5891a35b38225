"""Storms, buildings and exposures over HTTP and from NOAA's files; the journeys follow."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from graph_service.context import jobs, model
from graph_service.errors import BadInput
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from tests.doors import Door, door
from tests.ground import asked, emptied, lent, store_on, write_csv

__all__ = ["door"]
DATA = Path(os.environ.get("STORMGRAPH_DATA", "../shared/data")) / "region"
NCEI = {
    "EVENT_ID": "1", "EPISODE_ID": "7", "EVENT_TYPE": "Hail", "BEGIN_DATE": "04/28/2020", "BEGIN_TIME": "1957",
    "CZ_TIMEZONE": "CST-6", "MAGNITUDE": "1.00", "BEGIN_LOCATION": "KELLER", "BEGIN_LAT": "32.93",
    "BEGIN_LON": "-97.25",
}  # fmt: skip
WINDOW = {"from": "2026-03-01T00:00:00-06:00", "until": "2026-09-01T00:00:00-06:00"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    async with lent(engine) as tenant:
        yield store_on(engine), tenant


def test_a_report_of_hail_is_told_in_utc() -> None:
    report = model.report_of(NCEI)
    assert (report.report_id, report.episode_id, report.kind) == ("noaa-event-1", "noaa-7", "hail")
    assert report.at.isoformat() == "2020-04-29T01:57:00+00:00"
    bulk = {"EVENT_ID": "2", "EPISODE_ID": "7", "EVENT_TYPE": "Thunderstorm Wind", "CZ_TIMEZONE": "CST-6",
            "BEGIN_DATE_TIME": "28-APR-20 19:57:00", "MAGNITUDE": "", "CZ_NAME": "TARRANT"}  # fmt: skip
    assert model.report_of(bulk).at == report.at


def test_spc_writes_minus_nine_where_nobody_knows_how_strong() -> None:
    row = {"om": "1", "date": "2020-04-28", "time": "19:57:00", "tz": "3", "st": "TX", "mag": "-9", "slat": "32.9",
           "slon": "-97.2"}  # fmt: skip
    assert model.report_of(row).magnitude is None
    assert model.report_of({**row, "mag": "1.75"}).magnitude == 1.75


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"EVENT_ID": ""},
        {**NCEI, "BEGIN_DATE": "?"},
        {**NCEI, "CZ_TIMEZONE": "here"},
        {**NCEI, "CZ_TIMEZONE": "CST-99"},
    ],
)
def test_a_row_that_is_no_report_says_why(wrong: dict[str, str]) -> None:
    with pytest.raises(BadInput):
        model.report_of(wrong)


def test_an_episode_is_one_storm_named_after_its_strongest_report() -> None:
    reports = [model.report_of({**NCEI, "EVENT_ID": str(n), "MAGNITUDE": f"{n}.5"}) for n in (1, 3, 2)]
    (storm,) = model.storms_of(reports, by_episode=True, days=30)
    assert (storm["storm_id"], storm["magnitude"]) == ("noaa-7", 3.5)
    assert len(model.storms_of(reports, by_episode=False, days=30)) == 3


@pytest.mark.engine
async def test_storm_files_come_in_twice_as_once_and_bad_rows_are_set_aside(
    ground: tuple[Store, str], tmp_path: Path
) -> None:
    store, tenant = ground
    await emptied(store, tenant)
    rows = [
        NCEI,
        {**NCEI, "EVENT_ID": "2", "EPISODE_ID": "8"},
        {**NCEI, "EVENT_ID": "3", "CZ_TIMEZONE": "nowhere"},
        {**NCEI, "EVENT_ID": "4", "BEGIN_LAT": "3293"},
        {**NCEI, "EVENT_ID": "5", "MAGNITUDE": "nan"},
        {**NCEI, "EVENT_ID": "6", "EPISODE_ID": "9" * 300},
    ]
    path = write_csv(tmp_path / "hail.csv", rows)
    for _ in range(2):
        report = await jobs.ingest_storms(store, tenant, [path], days=30)
        assert (report.read, report.storms, report.quarantined) == (6, 2, 4)
        held = await asked(store, tenant, "MATCH (s:Storm {tenant: $t}) RETURN s.storm_id AS own, s.until AS until "
                                          "ORDER BY own")  # fmt: skip
        assert held == [{"own": f"noaa-{n}", "until": "2020-05-29T01:57:00.000Z"} for n in (7, 8)]


@pytest.mark.engine
@pytest.mark.real_data
async def test_the_reports_of_tarrant_county_come_in_whole(ground: tuple[Store, str]) -> None:
    files = [DATA / "ncei_hail_tarrant_1999_2022.csv", DATA / "spc_hail_2020_2021.csv"]
    if not all(path.is_file() for path in files):
        pytest.skip(f"no real data at {DATA}")
    store, tenant = ground
    await emptied(store, tenant)
    report = await jobs.ingest_storms(store, tenant, files)
    assert report.quarantined == 0
    assert report.read > 484
    held = await asked(store, tenant, "MATCH (s:Storm {tenant: $t}) RETURN count(s) AS storms")
    assert held == [{"storms": report.storms}]


@pytest.mark.engine
async def test_journeys_follow_storms_and_exposures(door: Door) -> None:
    slug = await door.tenant()
    key = await door.key(slug)

    async def storms_of(household: str) -> list[str]:
        answer = await door.ask("GET", f"/v1/households/{household}/journeys", key)
        return [one["storm_id"] for one in answer.json()["journeys"]]

    async def post(path: str, **body: Any) -> dict[str, Any]:
        answer = await door.ask("POST", path, key, body)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    touch = {"event_id": "1", "source": "doors", "occurred_at": "2026-04-10T12:00:00Z", "kind": "touch",
             "channel": "door", "identifiers": [{"kind": "email", "value": "maya@example.com"}]}  # fmt: skip
    assert (await post("/v1/events", events=[touch]))["accepted"] == 1
    assert await storms_of("lopez") == [""]
    storm = {"storm_id": "spring", **WINDOW}
    assert (await post("/v1/storms", storms=[storm]))["waiting"] == 0
    exposure = {"property_id": "P-22", "storm_id": "spring", "sii": 70, "moe_usd": 9000}
    assert await post("/v1/exposures", exposures=[exposure]) == {"written": 1, "new": 1, "missing": [], "waiting": 1}
    assert await storms_of("lopez") == ["spring"]
    assert await post("/v1/exposures", exposures=[exposure]) == {"written": 1, "new": 0, "missing": [], "waiting": 0}
    moved = {**storm, "until": "2026-04-01T00:00:00Z"}
    assert (await post("/v1/storms", storms=[moved]))["waiting"] == 1
    assert await storms_of("lopez") == [""]
    unknown = {"property_id": "P-22", "storm_id": "nobody knows", "sii": 70}
    assert (await post("/v1/exposures", exposures=[unknown]))["missing"] == ["nobody knows"]
    for until in ("2020-01-01T00:00:00Z", "9999-12-31T23:59:00-05:00"):
        refused = await door.ask("POST", "/v1/storms", key, {"storms": [{**storm, "until": until}]})
        assert refused.status_code == 422


@pytest.mark.engine
async def test_a_journey_says_the_zip_that_a_building_was_given_since(door: Door) -> None:
    slug = await door.tenant()
    key = await door.key(slug)
    touch = {"event_id": "1", "source": "doors", "occurred_at": "2026-04-10T12:00:00Z", "kind": "touch",
             "channel": "door", "identifiers": [{"kind": "email", "value": "maya@example.com"}]}  # fmt: skip
    assert (await door.ask("POST", "/v1/events", key, {"events": [touch]})).json()["accepted"] == 1

    async def zips() -> list[str]:
        answer = await door.ask("GET", "/v1/households/lopez/journeys", key)
        return [one["zip"] for one in answer.json()["journeys"]]

    async def said(**content: Any) -> int:
        answer = await door.ask("POST", "/v1/properties", key, {"properties": [{"property_id": "P-22", **content}]})
        assert answer.status_code == 200, answer.text
        return int(answer.json()["waiting"])

    before = await zips()
    assert len(before) == 1
    assert await said(zip="99999") == 1
    assert await zips() == ["99999"] != before
    assert await said(zip="99999", city="Dallas") == 0
    assert await said(city="Irving") == 0
    assert await zips() == ["99999"]


@pytest.mark.engine
async def test_a_knock_at_a_building_of_the_register_is_for_the_storm_that_came_over_it(door: Door) -> None:
    slug = await door.tenant(empty=True)
    key = await door.key(slug)
    knock = {"event_id": "1", "source": "doors", "occurred_at": "2026-04-10T12:00:00Z", "kind": "touch",
             "channel": "door", "identifiers": [{"kind": "property_id", "value": "R-77"}]}  # fmt: skip
    await door.ask("POST", "/v1/properties", key, {"properties": [{"property_id": "R-77", "zip": "75209"}]})
    await door.ask("POST", "/v1/storms", key, {"storms": [{"storm_id": "spring", **WINDOW}]})
    taken = (await door.ask("POST", "/v1/events", key, {"events": [knock]})).json()["events"][0]
    exposed = await door.ask(
        "POST", "/v1/exposures", key, {"exposures": [{"property_id": "R-77", "storm_id": "spring"}]}
    )
    assert exposed.json()["waiting"] == 1
    answer = (await door.ask("GET", f"/v1/journeys/{taken['journey_id']}", key)).json()
    assert (answer["storm_id"], answer["zip"], answer["anonymous"]) == ("spring", "75209", True)
