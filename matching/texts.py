"""What do SQL's functions make of one text? DuckDB's answers, without a database."""

import re
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

__all__ = ["day", "extract", "left", "number", "right", "split_part", "strptime", "substring"]

DATE = re.compile(r"\s*(\d{1,4})([-/ \\])(\d{1,2})\2(\d{1,2})(?=$|[ T])")  # years 1 to 9999
PARTS = {"Y": ("year", 4), "m": ("month", 2), "d": ("day", 2), "H": ("hour", 2), "M": ("minute", 2), "S": ("second", 2)}
NUMBER = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")


def substring(text: str, start: int, length: int | None = None) -> str:
    """The letters from place `start` (1 is the first, -1 the last), `length` of them or all that follow."""
    begin = start - 1 if start >= 0 else len(text) + start
    end = len(text) if length is None else begin + length
    return text[max(begin, 0) : max(end, 0)]


def left(text: str, count: int) -> str:
    """The first letters."""
    return text[:count]


def right(text: str, count: int) -> str:
    """The last letters."""
    return text[len(text) - count :] if 0 <= count <= len(text) else text if count > 0 else text[-count:]


def split_part(text: str, separator: str, place: int) -> str:
    """The part at a place (from 1) between separators; empty where there is none."""
    parts = text.split(separator) if separator else [text]
    return parts[place - 1] if 1 <= place <= len(parts) else ""


def extract(text: str, pattern: str, group: int = 0) -> str:
    """What a pattern finds first; empty where it finds nothing."""
    found = re.search(pattern, text)
    return (found[group] or "") if found else ""


def day(value: Any) -> date | None:
    """The day that a text names (as `try_cast(... as date)`, years 1 to 9999), or None."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = DATE.match(str(value))
    try:
        return date(int(found[1]), int(found[3]), int(found[4])) if found else None
    except ValueError:
        return None


def strptime(text: str, form: str) -> datetime | None:
    """The moment that a text names in a form, or None. As DuckDB, a year may have fewer than four digits."""
    found = _form(form).fullmatch(text)
    if found is None:
        return None
    parts = {name: int(value) for name, value in found.groupdict().items()}
    try:
        return datetime(**{"month": 1, "day": 1, **parts}, tzinfo=UTC)
    except (TypeError, ValueError):
        return None


@cache
def _form(form: str) -> re.Pattern[str]:
    pattern = re.escape(form)
    for letter, (name, digits) in PARTS.items():
        pattern = pattern.replace(f"%{letter}", rf"(?P<{name}>\d{{1,{digits}}})", 1)
    return re.compile(rf"\s*{pattern}\s*")


def number(value: Any) -> float | None:
    """The number that a text is (as `try_cast(... as double)`), or None."""
    if isinstance(value, str):
        return float(value) if NUMBER.fullmatch(value) else None
    return float(value)
