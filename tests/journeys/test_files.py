"""Event files: mappings and presets, and what becomes of every row."""

from collections.abc import AsyncIterator
from datetime import UTC, timedelta, timezone
from pathlib import Path

import pytest
import pytest_asyncio

from graph_service.errors import BadInput
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.journeys import jobs
from graph_service.journeys.chain.mapping import EventMapping, Skipped, preset, read_clock
from tests.ground import asked, emptied, lent, store_on, write_csv

CHICAGO = timezone(timedelta(hours=-6))


def test_a_session_of_ga4_is_a_touch_a_lead_a_milestone_and_a_page_view_nothing() -> None:
    row = {
        "event_date": "20260301", "event_timestamp": "1772366400123456", "event_name": "session_start",
        "user_pseudo_id": "77.88", "session_default_channel_group": "Organic Search", "page": "/roof",
    }  # fmt: skip
    event = preset("ga4").event(row, "web")
    assert event["occurred_at"] == "2026-03-01T12:00:00.123456+00:00"
    assert (event["kind"], event["channel"], event["direction"]) == ("touch", "Organic Search", "inbound")
    assert event["identifiers"] == [{"kind": "cookie_id", "value": "77.88"}]
    assert event["attributes"] == {"page": "/roof"}
    lead = preset("ga4").event({**row, "event_name": "generate_lead"}, "web")
    assert (lead["kind"], lead["milestone"]) == ("milestone", "lead")
    assert lead["event_id"] != event["event_id"]
    with pytest.raises(Skipped):
        preset("ga4").event({**row, "event_name": "page_view"}, "web")


def test_a_call_log_is_read_by_its_preset() -> None:
    row = {"call_id": "9", "start_time": "2026-03-01 09:30:00", "caller_number": "214-555-2368",
           "direction": "OUTGOING", "duration": "63"}  # fmt: skip
    event = preset("calls").event(row, "calls")
    assert (event["event_id"], event["kind"], event["channel"], event["direction"]) == (
        "9",
        "touch",
        "call",
        "outbound",
    )
    assert event["attributes"] == {"duration": "63"}


def test_a_mapping_of_ones_own_says_columns_values_words_and_the_zone() -> None:
    mapping = EventMapping.from_toml(
        'timezone = "America/Chicago"\nevent_id = ["job", "leg"]\n[columns]\nstreet = "street_address"\n'
        'sum = "value_usd"\nwhen = "occurred_at"\n[values]\nkind = "conversion"\n'
    )
    row = {
        "job": "7",
        "leg": "b",
        "when": "03/01/2026 9:30 AM",
        "street": "14 Elm St",
        "zip": "75209",
        "sum": "$14,500.00",
    }
    event = mapping.event(row, "crm")
    assert event["occurred_at"] == "2026-03-01T09:30:00-06:00"
    assert event["value_usd"] == 14500.0
    assert event["identifiers"] == [{"kind": "address", "value": "14 Elm St||||75209"}]
    assert mapping.event(row, "crm")["event_id"] != mapping.event({**row, "leg": "c"}, "crm")["event_id"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "not valid TOML"),
        ("colums = {}", "colums"),
        ('[columns]\na = "colour"', "colour"),
        ("columns = 5", "columns"),
        ("event_id = [[1]]", "event_id"),
        ("[words]\nkind = 3", "words.kind"),
        ('timezone = "Mars"', "no time zone"),
        ('timezone = "America"', "no time zone"),
        (f'timezone = "{"x" * 5000}"', "no time zone"),
        ("timezone = 3", "no time zone"),
    ],
)
def test_a_mapping_that_cannot_be_says_so(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        EventMapping.from_toml(text)


def test_clocks_are_read_as_files_write_them() -> None:
    assert read_clock("2026-03-01 12:00:00 UTC", CHICAGO).utcoffset() == timedelta(0)
    assert read_clock("2026-03-01T12:00:00Z", CHICAGO).tzinfo == UTC
    assert read_clock("1772366400", CHICAGO) == read_clock("1772366400000", CHICAGO)
    assert read_clock("03/01/2026 13:05", CHICAGO).utcoffset() == timedelta(hours=-6)
    for none in ("yesterday", "\N{SUPERSCRIPT TWO}" * 10):
        with pytest.raises(BadInput):
            read_clock(none, CHICAGO)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    async with lent(engine) as tenant:
        yield store_on(engine), tenant


@pytest.mark.engine
async def test_a_file_comes_in_twice_as_once_and_bad_rows_are_set_aside(
    ground: tuple[Store, str], tmp_path: Path
) -> None:
    store, tenant = ground
    await emptied(store, tenant)
    rows = [
        {"id": str(n), "start_time": f"2026-03-0{n}T09:00:00Z", "from": f"214-555-23{60 + n}", "direction": "in"}
        for n in range(1, 6)
    ]
    rows += [{**rows[0], "id": "6", "start_time": "late"}, {**rows[0], "id": "7", "from": ""}]
    path = write_csv(tmp_path / "calls.csv", rows)
    for accepted, unchanged in ((5, 0), (0, 5)):
        report = await jobs.ingest_events(store, tenant, "calls", files=[path], mapping=preset("calls"))
        assert (report.read, report.accepted, report.unchanged) == (7, accepted, unchanged)
        assert report.quarantined == 2
    held = await asked(store, tenant, "MATCH (t:Touch {tenant: $t}) RETURN count(t) AS touches, "
                                      "count(DISTINCT t.household_id) AS households")  # fmt: skip
    assert held == [{"touches": 5, "households": 5}]
    aside = await asked(store, tenant, "MATCH (q:Quarantined {tenant: $t}) RETURN q.place AS place ORDER BY place")
    assert aside == [{"place": "calls.csv:6"}, {"place": "calls.csv:7"}]
