"""What follows from persons and households of a few rows: as `run.answer` derives it from all of them."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph_service.graph.store import Row
from graph_service.identity.live.surroundings import Known, Own

DAY = 10  # characters of a moment that name its day


def rounded(value: float) -> float:
    """Six decimals, halves upwards, as the batch run rounds."""
    return math.floor(value * 1e6 + 0.5) / 1e6


def confidence(weakest: float | None) -> float:
    """How sure is a person whose weakest join has this weight (bits)? 1 where nothing was joined."""
    return 1.0 if weakest is None else rounded(1.0 / (1.0 + 2.0**-weakest))


def usual(values: Iterable[str | None]) -> str | None:
    """The value that most carry; of equals the first in the alphabet."""
    counts = Counter(value for value in values if value is not None)
    return min(counts, key=lambda value: (-counts[value], value)) if counts else None


def person_said(rows: Sequence[Known], weakest: float | None, household: str) -> Row:
    """What the graph says of one person."""
    return {
        "records": len(rows),
        "confidence": confidence(weakest),
        "household_id": household,
        "first_name": usual(row.fields.get("first_name") for row in rows),
        "last_name": usual(row.fields.get("last_name") for row in rows),
        "alias_of": None,
    }


def leads_of(rows: Iterable[Known]) -> dict[Own, tuple[int, str | None]]:
    """By what one person's rows are known: how many carry each identifier, and when the last was seen."""
    found: dict[Own, list[str | None]] = defaultdict(list)
    for row in rows:
        for own in row.identifiers:
            found[own].append(row.fields.get("seen_at"))
    return {own: (len(seen), max(filter(None, seen), default=None)) for own, seen in found.items()}


def strength(sure: float, records: int, rows: int) -> float:
    """How surely does an identifier lead to a person of this confidence, with so many of the rows that carry it?"""
    return rounded(sure * records / rows)


def since(rows: Iterable[Known]) -> str | None:
    """The first day on which any of these rows was seen."""
    return min((day for row in rows if (day := _day(row))), default=None)


def residences(rows: Iterable[Known], home_of: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Where does a household of these rows live, from when to when? By building.

    One stray address does not make a home: two rows do, or being the one that most of the household's rows carry.
    """
    lived: dict[str, list[str | None]] = defaultdict(list)
    for row in rows:
        if row.address is not None and row.address in home_of:
            lived[home_of[row.address]].append(_day(row))
    if not lived:
        return {}
    first = min(lived, key=lambda home: (-len(lived[home]), home))
    kept = {home: days for home, days in lived.items() if len(days) > 1 or home == first}
    span = {home: _span(days) for home, days in kept.items()}
    by_name = sorted(kept, key=lambda home: (-len(kept[home]), home))
    latest = max(by_name, key=lambda home: span[home][1] or "")
    return {home: (begin, None if home == latest else end) for home, (begin, end) in span.items()}


def address_parts(address: str) -> dict[str, Any]:
    """A building's address, whole and in its parts."""
    names = ("street_address", "unit", "city", "state", "zip")
    return {"address": address, **{name: part or None for name, part in zip(names, address.split("|"), strict=True)}}


def _span(days: Sequence[str | None]) -> tuple[str | None, str | None]:
    known = sorted(day for day in days if day)
    return (known[0], known[-1]) if known else (None, None)


def _day(row: Known) -> str | None:
    seen = row.fields.get("seen_at")
    return seen[:DAY] if seen else None
