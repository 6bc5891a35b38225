"""Where do people live in Anytown? Streets with neighbours, apartments, made-up post codes, and each home's facts.

Street names come from the packaged table; homes are laid out along them anew, so that neighbours share a street and a
post code and differ by a house or unit number. The post codes begin with 987, which no real place has.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph_service.demo.town.noise import Column, Numbers, strings

KINDS = {
    "st": "Street", "ave": "Avenue", "rd": "Road", "dr": "Drive", "ln": "Lane", "ct": "Court", "pl": "Place",
    "cir": "Circle", "way": "Way", "blvd": "Boulevard", "ter": "Terrace", "pkwy": "Parkway",
}  # fmt: skip
LONG_TO_KIND = {name.lower(): kind for kind, name in KINDS.items()}
COMPASS = {"n": "North", "s": "South", "e": "East", "w": "West", "ne": "Northeast", "nw": "Northwest",
           "se": "Southeast", "sw": "Southwest"}  # fmt: skip
CITIES = ("Anytown", "Anytown", "Anytown", "East Anytown", "Anytown", "Cedar Flats", "Anytown", "Port Anytown")
ROOFS = (
    "asphalt shingle",
    "asphalt shingle",
    "asphalt shingle",
    "architectural shingle",
    "metal",
    "wood shake",
    "tile",
)
HOMES_A_STREET = 14


@dataclass(frozen=True)
class Places:
    """Every home of the town, one entry a home; the street in three spellings."""

    number: Column
    street: Column  # Bowen Cir SW
    street_long: Column  # Bowen Circle Southwest
    unit: Column  # None for a house of its own
    city: Column
    zip: Column
    zip_index: Numbers
    property_id: Column
    year_built: Numbers
    roof_area: Numbers  # square feet
    roof: Column
    value_usd: Numbers
    zips: list[str]


def street_pool(raw: list[str | None]) -> list[tuple[str, str]]:
    """Which (short, long) street names can be drawn: those of the table that end in a kind we know, spelt out once."""
    pool: dict[str, str] = {}
    for name in raw:
        words = (name or "").split()
        side = words.pop() if words and words[-1] in COMPASS else ""
        kind = words.pop() if words else ""
        kind = LONG_TO_KIND.get(kind, kind)
        if kind not in KINDS or not words or not all(word.isalnum() for word in words):
            continue
        stem = " ".join(COMPASS[word] if word in COMPASS else word.capitalize() for word in words)
        short = " ".join(part for part in (stem, kind.title(), side.upper()) if part)
        pool[short] = " ".join(part for part in (stem, KINDS[kind], COMPASS.get(side, "")) if part)
    return sorted(pool.items())


def more_streets(pool: list[tuple[str, str]], wanted: int) -> list[tuple[str, str]]:
    """Enlarge the pool by giving the same stems further kinds (Bowen Cir, Bowen Ave), then by numbered streets."""
    known = dict(pool)
    stems = [short.rsplit(" ", 1)[0] for short, _ in pool if short.rsplit(" ", 1)[1].lower() in KINDS]
    for kind, long in KINDS.items():
        for stem in stems:
            if len(known) >= wanted:
                return list(known.items())
            known.setdefault(f"{stem} {kind.title()}", f"{stem} {long}")
    for number in range(200, 200 + max(0, wanted - len(known))):
        known.setdefault(f"{number}th Ave", f"{number}th Avenue")
    return list(known.items())


def lay_out(rng: np.random.Generator, street_of: Numbers, streets: int) -> tuple[Numbers, Column]:
    """Give every home a house number (unique along its street) and, in apartment buildings, a unit."""
    order = np.argsort(street_of, kind="stable")
    counts = np.bincount(street_of, minlength=streets)
    starts = np.cumsum(counts) - counts
    rank = np.empty(len(street_of), dtype=np.int64)
    rank[order] = np.arange(len(street_of)) - np.repeat(starts, counts)
    number = rng.integers(1, 90, streets)[street_of] * 100 + rank * 6 + rng.integers(0, 6, len(street_of))
    unit = np.full(len(street_of), None, dtype=object)
    for street in np.flatnonzero((rng.random(streets) < 0.14) & (counts >= 6)).tolist():
        block = order[starts[street] : starts[street] + counts[street] * 2 // 3]
        number[block] = number[block[0]]
        style = int(rng.integers(0, 3))
        for door, home in enumerate(block.tolist()):
            unit[home] = (str(door + 1), chr(65 + door % 26), str(101 + door % 4 + 100 * (door // 4)))[style]
    return number, unit


def draw_places(rng: np.random.Generator, raw_streets: list[str | None], homes: int) -> Places:
    """Lay out this many homes along streets; about 14 homes a street, 2,500 a post code, six post codes at least."""
    streets = max(12, homes // HOMES_A_STREET)
    pool = more_streets(street_pool(raw_streets), streets)
    drawn = rng.permutation(len(pool))[:streets]
    short, long = strings([pool[at][0] for at in drawn]), strings([pool[at][1] for at in drawn])
    street_of = rng.integers(0, streets, homes)
    number, unit = lay_out(rng, street_of, streets)
    zip_count = min(100, max(6, homes // 2500))
    zips = [f"987{at:02d}" for at in range(zip_count)]
    zip_index = street_of * zip_count // streets
    cities = strings([CITIES[at % len(CITIES)] for at in range(zip_count)])
    built = 1925 + rng.integers(0, 60, streets)[street_of] + rng.integers(0, 38, homes)
    area = (rng.lognormal(7.55, 0.28, homes) / 10).astype(np.int64) * 10
    codes = rng.permutation(homes * 20)[:homes] * 7 + 10_000_000
    return Places(
        number=strings([str(value) for value in number.tolist()]),
        street=short[street_of],
        street_long=long[street_of],
        unit=unit,
        city=cities[zip_index],
        zip=strings(zips)[zip_index],
        zip_index=zip_index,
        property_id=strings(
            [f"{code // 100000:03d}-{code // 100 % 1000:03d}-{code % 100:02d}" for code in codes.tolist()]
        ),
        year_built=built,
        roof_area=area,
        roof=strings(ROOFS)[rng.integers(0, len(ROOFS), homes)],
        value_usd=(rng.lognormal(12.8, 0.4, homes) / 1000).astype(np.int64) * 1000,
        zips=zips,
    )
