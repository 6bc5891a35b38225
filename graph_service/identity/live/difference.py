"""The difference between what the graph says of a few persons and households and what follows from their rows."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_service.graph.store import Row, Work
from graph_service.identity.live import derived
from graph_service.identity.live.judged import Key
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.run.inherit import Inheritance

MOST_LEADS = 200  # persons of one identifier whose strength is stated anew when somebody else comes to carry it
Edges = Mapping[tuple[Any, Any], Row]


@dataclass(frozen=True, slots=True)
class Homes:
    """The persons whose household may have changed: their rows, the household of each, what a household is, and the
    households as they were."""

    rows: Sequence[Known]
    household_of: Mapping[str, str]
    kinds: Mapping[str, str]
    states: Mapping[str, Row]

    def moved(self, person_of: Mapping[Key, str]) -> list[tuple[str | None, str]]:
        """Per row, the household it was in and the one it is in."""
        return [(row.household, self.household_of[person_of.get(row.key) or row.person or ""]) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Scene:
    """What was decided: the person of each row, the weakest join in each, the persons as they were, the homes; and
    which ids give rows back to an id (an undo), so that it need no longer name them in `also`."""

    rows: Sequence[Known]
    person_of: Mapping[Key, str]
    weakest: Mapping[str, float]
    persons: Mapping[str, Row]
    homes: Homes
    back: Mapping[str, set[str]]

    @property
    def rows_of(self) -> dict[str, list[Known]]:
        """The rows of every person decided on."""
        found: dict[str, list[Known]] = defaultdict(list)
        for row in self.rows:
            found[self.person_of[row.key]].append(row)
        return found

    @property
    def everybody(self) -> dict[str, list[Known]]:
        """The rows of every person whose household was chosen."""
        found: dict[str, list[Known]] = defaultdict(list)
        for row in self.homes.rows:
            found[self.person_of.get(row.key) or row.person or ""].append(row)
        return found


async def write_persons(work: Work, scene: Scene, inheritance: Inheritance, *, now: str) -> None:
    """Bring what is said of the persons up to date; merged ids point to their survivors."""
    said = {
        person: derived.person_said(rows, scene.weakest.get(person), scene.homes.household_of[person])
        for person, rows in scene.rows_of.items()
    }
    moved = {
        person: {"household_id": scene.homes.household_of[person]}
        for person in scene.everybody.keys() - said.keys()
        if {row.household for row in scene.everybody[person]} != {scene.homes.household_of[person]}
    }
    gone = {"records": 0, "household_id": None}
    also = _also(scene.persons, inheritance, scene.back)
    written = _written("person", {**said, **moved}, scene.persons, gone=gone, also=also, inheritance=inheritance)
    if written:
        await work.run("identity.write_persons", rows=[{**row, "created_at": now} for row in written])


async def write_households(work: Work, scene: Scene, inheritance: Inheritance, *, now: str) -> None:
    """Bring what is said of the households up to date; merged ids point to their survivors."""
    homes = scene.homes
    members: dict[str, int] = defaultdict(int)
    for home in homes.household_of.values():
        members[home] += 1
    said: dict[str, Row] = {
        home: {"kind": homes.kinds[home], "persons": count, "alias_of": None} for home, count in members.items()
    }
    also, gone = _also(homes.states, inheritance, scene.back), {"persons": 0}
    written = _written("household", said, homes.states, gone=gone, also=also, inheritance=inheritance)
    if written:
        await work.run("identity.write_households", rows=[{**row, "created_at": now} for row in written])


def _written(
    noun: str,
    said: Mapping[str, Row],
    states: Mapping[str, Row],
    *,
    gone: Row,
    also: Mapping[str, list[str] | None],
    inheritance: Inheritance,
) -> list[Row]:
    """The nodes that are new, or of which something else is to be said than now."""
    told = {name: dict(content) for name, content in said.items()}
    told |= {name: {"alias_of": survivor, **gone} for name, survivor in inheritance.alias_of.items()}
    rows = []
    for name, known in sorted(told.items()):
        content = {**known, "also": also[name]} if name in also else known
        before = states.get(name)
        if before is None or any(before.get(field) != value for field, value in content.items()):
            rows.append({noun: name, f"{noun}_id": name, "content": content})
    return rows


def _also(
    states: Mapping[str, Row], inheritance: Inheritance, back: Mapping[str, set[str]]
) -> dict[str, list[str] | None]:
    """The further ids that hold members of a split one; those that came back to it are no longer named."""
    came: dict[str, set[str]] = defaultdict(set, {name: set(others) for name, others in back.items()})
    for old, survivor in inheritance.alias_of.items():
        came[survivor].add(old)
    named = {name: {*(row.get("also") or ()), *inheritance.also.get(name, ())} for name, row in states.items()}
    return {name: sorted(others - came[name] - {name}) or None for name, others in named.items()}


async def write_edges(work: Work, scene: Scene, *, carried: Collection[Own], now: str) -> None:
    """Bring the edges up to date: of rows, of identifiers, of persons to households, of these to buildings."""
    here: dict[tuple[Any, Any], Row] = {(row.key, row.person): {} for row in scene.rows if row.person}
    there: dict[tuple[Any, Any], Row] = {(row.key, scene.person_of[row.key]): {} for row in scene.rows}
    held = await _standing(work, scene, carried)
    await _rewrite(work, "records", ("record", "person"), before=here, after=there, extra={"since": now})
    await _write_leads(work, scene, held)
    await _write_memberships(work, scene, held["members"])
    await _write_residences(work, scene, held)


Standing = Mapping[str, Sequence[Sequence[Any]]]


async def _standing(work: Work, scene: Scene, carried: Collection[Own]) -> Standing:
    """What the graph says now of everything that follows from the scene, in one question."""
    own = {one for row in scene.rows for one in row.identifiers}
    addresses = {row.address for row in scene.homes.rows if row.address}
    told = await work.run(
        "identity.standing",
        persons=sorted({*scene.persons, *scene.rows_of}),
        everybody=sorted({*scene.everybody, *scene.persons}),
        households=sorted({*scene.homes.household_of.values(), *scene.homes.states}),
        identifiers=sorted(own | set(carried)),
        carried=sorted(carried),
        addresses=[("address", "", value) for value in sorted(addresses)],
        most=MOST_LEADS,
    )
    return {line["what"]: line["found"] for line in told}


async def _write_leads(work: Work, scene: Scene, held: Standing) -> None:
    before: dict[tuple[Any, Any], Row] = {
        ((kind, scope, value), person): _lead(*said) for kind, scope, value, person, *said in held["identifiers"]
    }
    after: dict[tuple[Any, Any], Row] = {}
    rows_of = {(kind, scope, value): rows for kind, scope, value, rows in held["carriers"]}
    new = scene.rows_of
    for person, rows in new.items():
        sure = derived.confidence(scene.weakest.get(person))
        for own, (count, last) in derived.leads_of(rows).items():
            after[own, person] = _lead(derived.strength(sure, count, rows_of[own]), count, last)
    for kind, scope, value, person, confident, strength, count, last in held["leads"]:
        if person not in scene.persons and person not in new:
            own = (kind, scope, value)
            before[own, person] = _lead(strength, count, last)
            everywhere = rows_of[own] if own in rows_of else count
            stated = derived.strength(1.0 if confident is None else confident, count, everywhere)
            after[own, person] = _lead(stated, count, last)
    await _rewrite(work, "identifiers", ("identifier", "person"), before=before, after=after)


async def _write_memberships(work: Work, scene: Scene, held: Sequence[Sequence[Any]]) -> None:
    before: dict[tuple[Any, Any], Row] = {(person, home): _span(since, until) for person, home, since, until in held}
    after: dict[tuple[Any, Any], Row] = {
        (person, scene.homes.household_of[person]): _span(derived.since(rows), None)
        for person, rows in scene.everybody.items()
    }
    await _rewrite(work, "members", ("person", "household"), before=before, after=after)


async def _write_residences(work: Work, scene: Scene, held: Standing) -> None:
    rows_at: dict[str, list[Known]] = defaultdict(list)
    for person, rows in scene.everybody.items():
        rows_at[scene.homes.household_of[person]] += rows
    before: dict[tuple[Any, Any], Row] = {
        (household, home): _span(since, until) for household, home, since, until in held["residences"]
    }
    home_of = {value: home for _, _, value, home in held["places"]}
    after: dict[tuple[Any, Any], Row] = {
        (household, home): _span(since, until)
        for household, rows in rows_at.items()
        for home, (since, until) in derived.residences(rows, home_of).items()
    }
    await _rewrite(work, "residences", ("household", "property"), before=before, after=after)


def _span(since: str | None, until: str | None) -> Row:
    return {"from": since, "to": until}


async def write_places(work: Work, rows: Sequence[Known]) -> None:
    """Which buildings do these rows' addresses and register numbers stand for? Makes those that are new.

    A home is known by the register's number where any row of its address carries one, else by the address itself.
    """
    addresses = sorted({row.address for row in rows if row.address})
    numbers = sorted({number for row in rows if (number := row.fields.get("property_id"))})
    if not (addresses or numbers):
        return
    own = sorted([*(("address", "", value) for value in addresses), *(("property_id", "", one) for one in numbers)])
    held = {line["what"]: line["found"] for line in await work.run("identity.placed", identifiers=own)}
    registered: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for value, number, count in held["numbers"]:
        registered[value].append((-count, number))
    places = {("address", "", one): min(registered[one])[1] if one in registered else one for one in addresses}
    places |= {("property_id", "", number): number for number in numbers}
    before: dict[tuple[Any, Any], Row] = {((kind, "", value), home): {} for kind, value, home in held["places"]}
    after: dict[tuple[Any, Any], Row] = {(one, home): {} for one, home in places.items()}
    if before != after:
        bare = [{"property": home, "property_id": home, "content": {}} for home in sorted({*places.values()})]
        await work.run("identity.write_properties", rows=bare)
        await _rewrite(work, "places", ("identifier", "property"), before=before, after=after)
        held = {line["what"]: line["found"] for line in await work.run("identity.placed", identifiers=own)}
    await _write_buildings(work, held["buildings"])


async def _write_buildings(work: Work, held: Sequence[Sequence[Any]]) -> None:
    """A building is described by the address that most rows give it; written where that is another than now."""
    known: dict[str, list[tuple[int, str]]] = defaultdict(list)
    present: dict[str, str | None] = {}
    for home, address, value, count in held:
        known[home].append((-count, value))
        present[home] = address
    content = [
        {"property": home, "property_id": home, "content": derived.address_parts(min(found)[1])}
        for home, found in known.items()
        if min(found)[1] != present[home]
    ]
    if content:
        await work.run("identity.write_properties", rows=content)


async def _rewrite(
    work: Work, what: str, ends: tuple[str, str], *, before: Edges, after: Edges, extra: Row | None = None
) -> None:
    """Take back the edges that do not hold as they are, and write those that are new or changed."""
    row: Callable[[tuple[Any, Any]], Row] = lambda pair: dict(zip(ends, pair, strict=True))  # noqa: E731
    gone = [row(pair) for pair, content in before.items() if after.get(pair) != content]
    put = [{**row(pair), **content, **(extra or {})} for pair, content in after.items() if before.get(pair) != content]
    if gone:
        await work.run(f"identity.unlink_{what}", rows=gone)
    if put:
        await work.run(f"identity.link_{what}", rows=put)


def _lead(strength: float, records: int, last_seen: str | None) -> Row:
    return {"strength": strength, "records": records, "last_seen": last_seen}
