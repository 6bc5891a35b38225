"""What follows from persons and households of a few rows: as `run.answer` derives it from all of them."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graph_service.graph.store import Row
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.model import REACHED_BY

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


def residences(rows: Sequence[Known], home_of: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    """Where does a household of these rows live, from when to when? By building.

    Addresses of one street, where no two units contradict, are one building. An entry of a register says who owns: an
    owner lives where other rows say so, and if they say nothing, in what he owns alone. One stray address does not make
    a home: two rows do, or being the one that most of the household's rows carry.
    """
    placed = [row for row in rows if row.address is not None and row.address in home_of]
    lived: dict[str, list[Known]] = defaultdict(list)
    for row, home in zip(placed, _buildings(placed, home_of), strict=True):
        lived[home].append(row)
    if len(lived) > 1:
        lived = {home: here for home, here in lived.items() if not all(map(_registered, here))}
    span = {home: _span([_day(row) for row in here]) for home, here in lived.items()}
    by_day = sorted(sorted(lived), key=lambda home: span[home][1] or "", reverse=True)
    by_rows = sorted(by_day, key=lambda home: -len(lived[home]))
    kept = [home for home in by_rows if len(lived[home]) > 1 or home == by_rows[0]]
    by_name = sorted(kept, key=lambda home: (-len(lived[home]), home))
    latest = max(by_name, key=lambda home: span[home][1] or "", default=None)
    return {home: (span[home][0], None if home == latest else span[home][1]) for home in kept}


def _buildings(rows: Sequence[Known], home_of: Mapping[str, str]) -> list[str]:
    """The building at which each of a household's rows stands."""
    written: dict[str, Counter[tuple[bool, str]]] = defaultdict(Counter)
    units: dict[str, set[str]] = defaultdict(set)
    parts = [_street_and_unit(row.address or "") for row in rows]
    for row, (street, unit) in zip(rows, parts, strict=True):
        home = home_of[row.address or ""]
        written[street][home != row.address, home] += 1
        units[street].update(filter(None, [unit]))
    usual = {
        street: min(counts, key=lambda said: (not said[0], -counts[said], said[1]))[1]
        for street, counts in written.items()
    }
    return [
        usual[street] if len(units[street]) <= 1 else home_of[row.address or ""]
        for row, (street, _) in zip(rows, parts, strict=True)
    ]


def _street_and_unit(address: str) -> tuple[str, str]:
    street, unit, *_ = address.split("|")
    return street, unit


def _registered(row: Known) -> bool:
    """Is this an entry of a register: of a building, and of nothing by which somebody is reached?"""
    reached = any(row.fields.get(name) is not None for name in REACHED_BY)
    return row.fields.get("property_id") is not None and not reached


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
