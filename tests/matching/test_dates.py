"""Days and moments are read in many spellings; what cannot be is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import dates


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("1980-01-05", "1980-01-05"),
        ("1/5/1980", "1980-01-05"),
        ("01-05-80", "1980-01-05"),
        ("05.01.29", "2029-05-01"),
        ("19800105", "1980-01-05"),
        ("01051980", "1980-01-05"),
        ("5-Jan-1980", "1980-01-05"),
        ("January 5th, 1980", "1980-01-05"),
        ("1980-01-05T10:00:00Z", "1980-01-05"),
        ("13/05/1980", "1980-05-13"),
        ("Jan 1980", "1980-01-01"),
        ("1980-07", "1980-07-01"),
        ("1980", "1980-01-01"),
        ("2020-13-45", None),
        ("1979-02-30", "1979-02-01"),
        ("1861-01-81", "1861-01-01"),
        ("04/31/1985", "1985-04-01"),
        ("31/04/1985", "1985-04-01"),
        ("1861-81-01", None),
        ("1899-12-31", None),
        ("123456", None),
        ("1900-01-01", None),
        ("soon", None),
    ],
)
def test_a_date_is_read_in_many_spellings(written: str, day: str | None) -> None:
    assert dates.day(written) == day


@given(st.dates(min_value=dates.date(1901, 1, 2), max_value=dates.date(2099, 12, 31)))
def test_every_day_is_read_back_from_its_spellings(day: dates.date) -> None:
    if day.isoformat() in ("9999-12-31",):
        return
    for form in ("%Y-%m-%d", "%m/%d/%Y", "%Y%m%d", "%d %B %Y", "%b %d, %Y", "%A, %d %b %Y"):
        assert dates.day(day.strftime(form)) == day.isoformat()
    assert dates.day(day.strftime("%d/%m/%Y"), day_first=True) == day.isoformat()


@pytest.mark.parametrize(
    "written",
    [
        *("2020-01-02T03:04:05Z", "2020-01-02 03:04:05", "2020-01-01T21:04:05-06:00", "1577934245"),
        *("1577934245000", "1577934245000000", "01/02/2020 3:04:05 AM", "Jan 2, 2020 03:04:05"),
    ],
)
def test_a_moment_is_told_in_utc(written: str) -> None:
    assert dates.moment(written) == "2020-01-02T03:04:05Z"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("03/14/2024 2:35 PM", "2024-03-14T14:35:00Z"),
        ("14 March 2024 14:35:10 +0200", "2024-03-14T12:35:10Z"),
        ("2024-03-14 noon", None),
        ("03/14/2024 13:00 PM", "2024-03-14T00:00:00Z"),
        ("9999-12-31T23:59:00-05:00", None),
        ("0001-01-01T00:00:00+05:00", None),
    ],
)
def test_a_clock_that_cannot_be_leaves_the_day_and_a_day_out_of_time_nothing(written: str, meant: str | None) -> None:
    assert dates.moment(written) == meant
