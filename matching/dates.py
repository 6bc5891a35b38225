"""Which day, or moment, does a text mean?"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING

from matching.folding import word_set
from matching.placeholders import is_placeholder
from matching.records import FieldType

if TYPE_CHECKING:
    from collections.abc import Iterable

_ISO = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_YEAR_FIRST = re.compile(r"(\d{4})[-/. ](\d{1,2})[-/. ](\d{1,2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4}|\d\d)")
_TIME = re.compile(r"[T ]\d{1,2}:\d\d(:\d\d(\.\d+)?)?( ?[AaPp][Mm])?( ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = re.compile(r"[a-z]{3,9}|\d+")
_FILLER = frozenset({"st", "nd", "rd", "th", "of", "the"}) | word_set("mon tue wed thu fri sat sun")
_YEARS = range(1000, 2101)
PIVOT = 30  # two-digit years below it are of this century


def day(value: str, day_first: bool = False) -> str | None:
    """Which day is this, as yyyy-mm-dd? None where it is no day of the calendar.

    Reads ISO, US (or day-first) figures, month names, yyyymmdd and mmddyyyy, two-digit years (00-29 are 2000-2029). A
    month alone, or one with a day that no month has, is its first day, a year alone its first of January: by distance
    in days those are near.
    """
    return _exact(value, day_first) or _month_of_slip(value, day_first)


@lru_cache(maxsize=10_000)  # moments differ, their days come again
def _exact(value: str, day_first: bool = False) -> str | None:
    text = value.strip()
    match = _ISO.fullmatch(text)
    if match:
        return _known(*map(int, match.groups()))
    text = _TIME.sub("", text).strip()
    if match := _YEAR_FIRST.fullmatch(text):
        return _known(*map(int, match.groups()))
    if match := _YEAR_LAST.fullmatch(text):
        first, second, year = match.groups()
        return _figures(int(first), int(second), _full_year(year), day_first)
    if text.isdigit() and text.isascii():
        return _digits(text, day_first)
    if match := re.fullmatch(r"(\d{4})[-/](\d{1,2})|(\d{1,2})[-/](\d{4})", text):
        year, month = (match[1], match[2]) if match[1] else (match[4], match[3])
        return _known(int(year), int(month), 1)
    return _month_name(text.lower())


def _month_of_slip(value: str, day_first: bool) -> str | None:
    """The month of a date whose day is a slip ('1861-01-81'): of separate figures, the year in full."""
    text = _TIME.sub("", value.strip()).strip()
    if match := _YEAR_FIRST.fullmatch(text):
        year, month, day_ = map(int, match.groups())
    elif (match := _YEAR_LAST.fullmatch(text)) and len(match[3]) == 4:
        month, day_, year = map(int, match.groups())
        if day_first or month > 12:
            month, day_ = day_, month
    else:
        return None
    slipped = month in range(1, 13) and day_ > monthrange(year, month)[1] if year in _YEARS else False
    return _known(year, month, 1) if slipped else None


def moment(value: str) -> str | None:
    """Which moment is this, in UTC as yyyy-mm-ddThh:mm:ssZ?

    Reads ISO, US dates with a time, and Unix time in seconds, milliseconds or microseconds; without a zone it is UTC.
    """
    text = value.strip()
    if re.fullmatch(r"\d{10}(\d{3}|\d{6})?(\.\d+)?", text):
        seconds = int(text.split(".")[0]) / 10 ** (len(text.split(".")[0]) - 10)
        return _utc(datetime.fromtimestamp(seconds, UTC))
    if iso := _iso(text):
        return _utc(iso)
    match = _TIME.search(text)
    found = _exact(text[: match.start()].strip() if match else text)
    if found is None or match is None:
        return f"{found}T00:00:00Z" if found else None
    clock = _clock(match[0][1:].upper().replace("UTC", "Z").replace("GMT", "Z").replace(" +", "+"))
    return _utc(datetime.combine(date.fromisoformat(found), clock)) if clock else f"{found}T00:00:00Z"


def is_day_first(values: Iterable[str]) -> bool:
    """Are the figures of this column in day-month order? So when more of them can only be read that way."""
    pairs = [(int(m[1]), int(m[2])) for v in values if (m := _YEAR_LAST.match(v.strip()))]
    return sum(a > 12 >= b for a, b in pairs) > sum(b > 12 >= a for a, b in pairs)


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(re.sub(r" ?(UTC|GMT)$", "+00:00", text))
    except ValueError:
        return None


@lru_cache(maxsize=10_000)
def _clock(text: str) -> time | None:
    for form in ("%I:%M:%S %p", "%I:%M %p", "%I:%M%p", "%H:%M:%S%z", "%H:%M%z", "%H:%M:%S", "%H:%M", "%H:%M:%S.%f"):
        try:
            return datetime.strptime(text, form).timetz()
        except ValueError:
            continue  # the next spelling
    return None


def _utc(at: datetime) -> str | None:
    try:
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except OverflowError:  # the last hours of 9999, west of Greenwich
        return None
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if 1970 <= at.year <= 2100 else None


def _known(year: int, month: int, day_: int) -> str | None:
    if year not in _YEARS:
        return None
    try:
        text = date(year, month, day_).isoformat()
    except ValueError:
        return None
    return None if is_placeholder(text, FieldType.DATE) else text


def _figures(first: int, second: int, year: int, day_first: bool) -> str | None:
    if first > 12 or (day_first and second <= 12):
        first, second = second, first
    return _known(year, first, second)


def _full_year(text: str) -> int:
    year = int(text)
    if len(text) == 4:
        return year
    return year + (2000 if year < PIVOT else 1900)


def _digits(text: str, day_first: bool) -> str | None:
    if len(text) == 4:
        return _known(int(text), 1, 1)
    if len(text) == 8:
        found = _known(int(text[:4]), int(text[4:6]), int(text[6:])) if int(text[:4]) in range(1600, 2101) else None
        return found or _figures(int(text[:2]), int(text[2:4]), int(text[4:]), day_first)
    if len(text) == 6:
        return _figures(int(text[:2]), int(text[2:4]), _full_year(text[4:]), day_first)
    return None


def _month_name(text: str) -> str | None:
    """'January 5th, 1980', '5-Jan-80', 'Jan 1980'."""
    month, numbers = 0, []
    for token in _NAMED.findall(re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text)):
        if token.isdigit():
            numbers.append(token)
        elif token[:3] in _MONTHS and not month:
            month = _MONTHS.index(token[:3]) + 1
        elif token[:3] not in _FILLER and token not in _FILLER:
            return None
    if not month or not 1 <= len(numbers) <= 2 or any(len(n) > 4 for n in numbers):
        return None
    if len(numbers) == 1:
        return _known(int(numbers[0]), month, 1) if len(numbers[0]) == 4 else None
    first, second = sorted(numbers, key=len) if len(numbers[0]) > 2 else numbers
    return _known(_full_year(second), month, int(first))
