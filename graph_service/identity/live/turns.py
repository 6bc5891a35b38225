"""Turns at what is about to change, and what the graph says of it then: one question, which locks and tells at once."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_service.graph.store import Overtaken, Row, Work
from graph_service.identity.live.surroundings import Component, Known, Own

MOST_LEADS = 200  # persons of one identifier whose strength is stated anew when somebody else comes to carry it
PERSON = (
    "person_id", "version", "records", "confidence", "household_id", "first_name", "last_name", "alias_of", "also",
    "rows",
)  # fmt: skip
HOUSEHOLD = ("household_id", "version", "kind", "persons", "alias_of", "also", "members")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for. `rows`: those of persons that change; `persons`, `households`: to change, those there are;
    `everybody`: whose memberships; `carried`: identifiers whose set of rows changed; `living`: rows whose addresses
    tell homes; `arrived`: fresh rows."""

    rows: Sequence[Known]
    persons: Collection[str]
    households: Collection[str]
    everybody: Collection[str]
    carried: Collection[Own]
    living: Sequence[Known]
    arrived: Sequence[Known]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the graph says; nobody else changes it before our transaction ends. `sure`: the confidence of everybody in
    the component; `edges`: by kind, see the query."""

    sure: Mapping[str, float | None]
    persons: Mapping[str, Row]
    households: Mapping[str, Row]
    edges: Mapping[str, Sequence[Sequence[Any]]]


async def take_turns(work: Work, component: Component, wanted: Wanted) -> Standing:
    """Take our turn at the component, and hear what there is of those who change. Raises Overtaken where a row of the
    component went elsewhere meanwhile."""
    rows = component.rows
    carried = sorted(wanted.carried)
    arrived = sorted({*_addresses(wanted.arrived), *_numbers(wanted.arrived)})
    told = await work.run(
        "identity.take_turns",
        persons=sorted({*wanted.persons, *component.persons}),
        changing=sorted(wanted.persons),
        records=[row.key for row in rows if row.person is None],
        households=sorted(wanted.households),
        everybody=sorted({*wanted.everybody, *wanted.persons}),
        homes=sorted(wanted.households),
        identifiers=sorted({one for row in wanted.rows for one in row.identifiers}.union(carried)),
        carried=carried,
        addresses=sorted(_addresses(wanted.living).union(arrived)),
        arrived=arrived,
        most=MOST_LEADS,
    )
    found: dict[str, list[Any]] = dict(told[0]["told"])
    persons = {values[0]: dict(zip(PERSON, values, strict=True)) for values in found["persons"]}
    households = {values[0]: dict(zip(HOUSEHOLD, values, strict=True)) for values in found["households"]}
    now = {tuple(key): person for person in component.persons for key in persons.get(person, {}).get("rows", ())}
    if found["records"] or now != {row.key: row.person for row in rows if row.person}:
        raise Overtaken
    sure = {person: row["confidence"] for person, row in persons.items()}
    changing = {person: row for person, row in persons.items() if person in wanted.persons}
    return Standing(sure, changing, households, found)


def _addresses(rows: Sequence[Known]) -> set[Own]:
    return {("address", "", row.address) for row in rows if row.address}


def _numbers(rows: Sequence[Known]) -> set[Own]:
    return {("property_id", "", number) for row in rows if (number := row.fields.get("property_id"))}
