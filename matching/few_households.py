"""Who lives together, among a handful of records? The rule of `matching.households`, without a database.

Every step has the name and the order of its counterpart there; a test holds the two to the same answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from matching.clusters import Limits
from matching.connected import numbered
from matching.households import (
    BUILDING,
    CONTACT_WEIGHT,
    CROWD,
    HALF_LIFE_DAYS,
    KIN_WEIGHT,
    MOST_KIN,
    MOST_OF_OTHERS,
    REACHED_BY,
    Households,
    grouped,
)
from matching.likeness import damerau_levenshtein

__all__ = ["few_households"]

Ints = npt.NDArray[np.int64]
Spelt = tuple[str, str | None]
Votes = dict[int, dict[int, float]]
CONTACTS = ("phone", "email", BUILDING)
LAST = "\U0010ffff"  # sorts behind every zip: where none is known


@dataclass(frozen=True, slots=True)
class _Lived:
    """One record, as far as it says where somebody lives."""

    person: int
    family: str | None
    address: str | None
    unit: str | None
    zip: str | None
    seen: datetime | None
    contacts: tuple[str, ...]
    entry: bool

    @property
    def home(self) -> str | None:
        return None if self.address is None else self.address + (f" # {self.unit}" if self.unit is not None else "")


@dataclass(slots=True)
class _Spelling:
    """One way in which a home is written: how often, and by whom."""

    home: str
    zip: str | None
    address: str
    unit: str | None
    seen: int


def few_households(records: Sequence[Mapping[str, Any]], persons: Ints, limits: Limits) -> Households:
    """Which household does each person live in? `persons` holds a person number (0, 1, ...) per record."""
    lived = [_lived(record, person) for record, person in zip(records, persons.tolist(), strict=True)]
    count = int(persons.max()) + 1 if len(persons) else 0
    family = _surnames(lived)
    votes = _moved(_votes(lived, _dwellings(lived)), family, limits)
    contacts = _contacts(lived, limits)
    chosen = [(person, *best) for person, best in sorted(_choices(votes, family, contacts).items())]
    names = ("person", "dwelling", "own", "kin", "contacts")
    columns = {name: np.array([row[i] for row in chosen], np.float64) for i, name in enumerate(names)}
    pairs = sorted((contact, person) for contact, found in contacts.items() for person in found)
    shared = {"contact": _texts(c for c, _ in pairs), "person": np.array([p for _, p in pairs], np.int64)}
    named = sorted(family.items())
    surnames = {"person": np.array([p for p, _ in named], np.int64), "family": _texts(f for _, f in named)}
    return grouped(columns, shared, surnames, count=count, limits=limits)


def _texts(values: Iterable[str]) -> npt.NDArray[np.object_]:
    return np.array(list(values), dtype=object)


def _lived(record: Mapping[str, Any], person: int) -> _Lived:
    contacts = tuple(f"{column}:{record[column]}" for column in CONTACTS if record.get(column) is not None)
    seen, family = record.get("seen_at"), record.get("last_name")
    where = (record.get("street_address"), record.get("unit"), record.get("zip"))
    entry = record.get(BUILDING) is not None and all(record.get(name) is None for name in REACHED_BY)
    return _Lived(person, family, *where, _moment(seen) if seen is not None else None, contacts, entry)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _dwellings(lived: Sequence[_Lived]) -> dict[Spelt, int]:
    """Which dwelling does each spelling of an address mean?"""
    counted: dict[Spelt, _Spelling] = {}
    for one in lived:
        if one.home is not None and one.address is not None:
            spelling = counted.setdefault((one.home, one.zip), _Spelling(one.home, one.zip, one.address, one.unit, 0))
            spelling.seen += 1
    spellings = sorted(counted.values(), key=lambda s: (-s.seen, s.home, s.zip is None, s.zip or ""))
    place = {(s.home, s.zip): i for i, s in enumerate(spellings)}
    pairs = [
        *_same_home(spellings),
        *_one_unit(spellings),
        *_shared_person(spellings, place, lived),
        *_shared_surname(spellings, place, lived),
    ]
    labels = numbered(len(spellings), pairs)
    return {key: labels[i] for key, i in place.items()}


def _grouped_by(spellings: Sequence[_Spelling], name: str) -> Iterator[list[int]]:
    groups: dict[Any, list[int]] = defaultdict(list)
    for place, spelling in enumerate(spellings):
        groups[getattr(spelling, name)].append(place)
    return (group for group in groups.values() if len(group) > 1)


def _same_home(spellings: Sequence[_Spelling]) -> Iterator[tuple[int, int]]:
    for group in _grouped_by(spellings, "home"):
        known = [i for i in group if spellings[i].zip is not None]
        if known:
            usual = min(known, key=lambda i: (-spellings[i].seen, spellings[i].zip))
            for place in group:
                if place != usual and _slip(spellings[place], spellings[usual]):
                    yield place, usual


def _slip(one: _Spelling, usual: _Spelling) -> bool:
    if one.zip is None:
        return True
    return one.seen * 3 <= usual.seen and damerau_levenshtein(one.zip, str(usual.zip)) <= 2


def _one_unit(spellings: Sequence[_Spelling]) -> Iterator[tuple[int, int]]:
    for group in _grouped_by(spellings, "address"):
        if len({spellings[i].unit for i in group} - {None}) == 1:
            for a in group:
                for b in group:
                    one, other = spellings[a], spellings[b]
                    if one.unit is None and other.unit is not None and one.zip == other.zip:
                        yield a, b


def _stood(place: Mapping[Spelt, int], lived: Sequence[_Lived]) -> Iterator[tuple[_Lived, int]]:
    return ((one, place[one.home, one.zip]) for one in lived if one.home is not None)


def _shared_person(
    spellings: Sequence[_Spelling], place: Mapping[Spelt, int], lived: Sequence[_Lived]
) -> Iterator[tuple[int, int]]:
    stood: dict[int, set[int]] = defaultdict(set)
    for one, where in _stood(place, lived):
        stood[one.person].add(where)
    yield from _near_pairs(spellings, stood.values(), most=2)


def _shared_surname(
    spellings: Sequence[_Spelling], place: Mapping[Spelt, int], lived: Sequence[_Lived]
) -> Iterator[tuple[int, int]]:
    stood: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for one, where in _stood(place, lived):
        if one.family is not None:
            region = (spellings[where].zip or "")[:3]
            for key in _number_and_street(spellings[where].address):
                stood[one.family, key, region].add(where)
    yield from _near_pairs(spellings, stood.values(), most=1)


def _near_pairs(spellings: Sequence[_Spelling], groups: Iterable[set[int]], *, most: int) -> Iterator[tuple[int, int]]:
    """Of two near spellings in a group, is the one that comes later seen at most this often?"""
    for group in groups:
        for b, a in combinations(sorted(group), 2):
            if spellings[a].seen <= most and _near(spellings[a].home, spellings[b].home):
                yield a, b


def _number_and_street(text: str) -> tuple[str, str]:
    number, space, street = text.partition(" ")
    return (number, space + street) if space else (text, text)


def _near(one: str, other: str) -> bool:
    if abs(len(one) - len(other)) > 2:
        return False
    (number, street), (number_b, street_b) = _number_and_street(one), _number_and_street(other)
    if number == number_b:
        return damerau_levenshtein(one, other) <= 2
    return street == street_b and damerau_levenshtein(number, number_b) <= 1


def _votes(lived: Sequence[_Lived], dwelling: Mapping[Spelt, int]) -> Votes:
    """How much of each person's evidence is for each dwelling?"""
    witnessed = {one.person for one in lived if one.home is not None and not one.entry}
    lived = [one for one in lived if not (one.entry and one.person in witnessed)]
    last: dict[int, datetime] = {}
    for one in lived:
        if one.seen is not None:
            last[one.person] = max(one.seen, last.get(one.person, one.seen))
    votes: Votes = defaultdict(lambda: defaultdict(float))
    for one in lived:
        if one.home is not None:
            days = (last[one.person].date() - one.seen.date()).days if one.seen is not None else 0
            votes[one.person][dwelling[one.home, one.zip]] += 0.5 ** (days / HALF_LIFE_DAYS)
    return {
        person: {where: weight / sum(cast.values()) for where, weight in cast.items()} for person, cast in votes.items()
    }


def _surnames(lived: Sequence[_Lived]) -> dict[int, str]:
    counted: dict[int, Counter[str]] = defaultdict(Counter)
    for one in lived:
        if one.family is not None:
            counted[one.person][one.family] += 1
    return {person: min(found, key=lambda name: (-found[name], name)) for person, found in counted.items()}


def _moved(votes: Votes, family: Mapping[int, str], limits: Limits) -> Votes:
    """Two homes that two of one surname both have are one home to them: they moved, or have their post there."""
    voters = Counter(where for cast in votes.values() for where in cast)
    quiet = {where for where, count in voters.items() if count <= limits.household}
    both: Counter[tuple[str, int, int]] = Counter()
    for person, cast in votes.items():
        if person in family:
            both.update((family[person], a, b) for a, b in combinations(sorted(set(cast) & quiet), 2))
    pairs = [pair for pair, count in both.items() if count >= 2]
    if not pairs:
        return votes
    mass = _mass(votes, family)
    ends = {(name, where) for name, a, b in pairs for where in (a, b)}
    ranked = sorted(ends, key=lambda end: (-round(mass[end], 9), *end))
    number = {end: i for i, end in enumerate(ranked)}
    labels = numbered(len(ranked), ((number[name, a], number[name, b]) for name, a, b in pairs))
    first: dict[int, int] = {}
    for end, label in zip(ranked, labels, strict=True):
        first.setdefault(label, end[1])
    home = {end: first[label] for end, label in zip(ranked, labels, strict=True)}
    moved: Votes = {}
    for person, cast in votes.items():
        kept: dict[int, float] = defaultdict(float)
        for where, share in cast.items():
            kept[home.get((family.get(person, LAST), where), where)] += share
        moved[person] = kept
    return moved


def _mass(votes: Votes, family: Mapping[int, str]) -> dict[tuple[str, int], float]:
    mass: dict[tuple[str, int], float] = defaultdict(float)
    for person, cast in votes.items():
        if person in family:
            for where, share in cast.items():
                mass[family[person], where] += share
    return mass


def _contacts(lived: Sequence[_Lived], limits: Limits) -> dict[str, set[int]]:
    """Which persons share which phone, e-mail or property (values of a crowd are no sign of kinship)?"""
    found: dict[str, set[int]] = defaultdict(set)
    for one in lived:
        for contact in one.contacts:
            found[contact].add(one.person)
    most = min(limits.household, CROWD)
    return {contact: persons for contact, persons in found.items() if 2 <= len(persons) <= most}


def _choices(
    votes: Votes, family: Mapping[int, str], contacts: Mapping[str, set[int]]
) -> dict[int, tuple[int, float, float, float]]:
    """Where does each person live, and why? dwelling, own, kin, contacts."""
    related: dict[int, set[int]] = defaultdict(set)
    for contact, persons in contacts.items():
        for person in persons:
            if not (contact.startswith(f"{BUILDING}:") and person in votes):
                related[person] |= persons - {person}
    called: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for person, others in related.items():
        for other in sorted(others):
            for where, share in votes.get(other, {}).items():
                called[person][where] += share
    mass = _mass(votes, family)
    chosen = {}
    for person in {*votes, *called}:
        options = []
        for where in {*votes.get(person, {}), *called.get(person, {})}:
            own = votes.get(person, {}).get(where, 0.0)
            kin = min(max(mass.get((family.get(person, LAST), where), 0.0) - own, 0.0), MOST_KIN)
            near = min(called.get(person, {}).get(where, 0.0), MOST_KIN)
            strength = round(own + min(KIN_WEIGHT * kin + CONTACT_WEIGHT * near, MOST_OF_OTHERS), 9)
            options.append((-strength, -own, where, kin, near))
        _, own, where, kin, near = min(options)
        chosen[person] = (where, -own, kin, near)
    return chosen
