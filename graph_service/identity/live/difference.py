"""The difference between what the graph says of a few persons and households and what follows from their rows."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
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
class Told:
    """What is written along: the Changes, and the matches of rows that arrived (of `Company.matches`)."""

    changes: Sequence[Row]
    matches: Sequence[Row]


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


async def write(
    work: Work,
    scene: Scene,
    inherited: tuple[Inheritance, Inheritance],
    told: Told,
    *,
    carried: Collection[Own],
    now: str,
) -> None:
    """Bring persons, households and all that leads to and from them up to date, in one question and one statement.

    `inherited`: what becomes of the ids of persons, and of households; merged ids point to their survivors. `carried`:
    identifiers whose set of rows changed, so that it is stated anew how surely they lead to others.
    """
    held = await _standing(work, scene, carried)
    here: dict[tuple[Any, Any], Row] = {(row.key, row.person): {} for row in scene.rows if row.person}
    there: dict[tuple[Any, Any], Row] = {(row.key, scene.person_of[row.key]): {} for row in scene.rows}
    undescribed, described = _rewritten(here, there)
    unled, led = _rewritten(*_leads(scene, held))
    left, joined = _rewritten(*_memberships(scene, held))
    moved_out, moved_in = _rewritten(*_residences(scene, held))
    lists = {
        "persons": _persons(scene, inherited[0]), "households": _households(scene, inherited[1]),
        "undescribed": undescribed, "described": described, "unled": unled, "led": led, "left": left,
        "joined": joined, "moved_out": moved_out, "moved_in": moved_in,
        "matched": [_edge(row["left"], row["right"], _without_ends(row)) for row in told.matches],
        "changes": [_edge(row["change"], "", row["content"]) for row in told.changes],
    }  # fmt: skip
    if any(lists.values()):
        await work.run("identity.write_difference", **lists, now=now)


def _edge(begin: Any, end: Any, content: Row) -> Row:
    return {"begin": begin, "end": end, "own": "", "content": content}


def _without_ends(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in {"left", "right"}}


def _persons(scene: Scene, inheritance: Inheritance) -> list[Row]:
    """What is said of persons, where it is something else than now."""
    rows_of, everybody = scene.rows_of, scene.everybody
    home_of = scene.homes.household_of
    said = {
        person: derived.person_said(rows, scene.weakest.get(person), home_of[person])
        for person, rows in rows_of.items()
    }
    moved = {
        person: {"household_id": home_of[person]}
        for person in everybody.keys() - said.keys()
        if {row.household for row in everybody[person]} != {home_of[person]}
    }
    also = _also(scene.persons, inheritance, scene.back)
    gone = {"records": 0, "household_id": None}
    return _written({**said, **moved}, scene.persons, gone=gone, also=also, inheritance=inheritance)


def _households(scene: Scene, inheritance: Inheritance) -> list[Row]:
    """What is said of households, where it is something else than now."""
    homes = scene.homes
    members = Counter(homes.household_of.values())
    said: dict[str, Row] = {
        home: {"kind": homes.kinds[home], "persons": count, "alias_of": None} for home, count in members.items()
    }
    also = _also(homes.states, inheritance, scene.back)
    return _written(said, homes.states, gone={"persons": 0}, also=also, inheritance=inheritance)


def _written(
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
            rows.append({"begin": name, "end": "", "own": name, "content": content})
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


def _leads(scene: Scene, held: Standing) -> tuple[Edges, Edges]:
    """What leads to whom, as it is and as it is to be."""
    before: dict[tuple[Any, Any], Row] = {
        ((kind, scope, value), person): _lead(*said) for kind, scope, value, person, *said in held["identifiers"]
    }
    after: dict[tuple[Any, Any], Row] = {}
    rows_of: dict[Own, int] = {(kind, scope, value): rows for kind, scope, value, rows in held["carriers"]}
    new = scene.rows_of
    for person, rows in new.items():
        sure = derived.confidence(scene.weakest.get(person))
        for own, (count, last) in derived.leads_of(rows).items():
            after[own, person] = _lead(derived.strength(sure, count, rows_of[own]), count, last)
    for kind, scope, value, person, confident, strength, count, last in held["leads"]:
        if person not in scene.persons and person not in new:
            own = (kind, scope, value)
            before[own, person] = _lead(strength, count, last)
            everywhere = rows_of[own] if own in rows_of else count  # noqa: SIM401 - mypy reads `get` as perhaps None
            stated = derived.strength(1.0 if confident is None else confident, count, everywhere)
            after[own, person] = _lead(stated, count, last)
    return before, after


def _memberships(scene: Scene, held: Standing) -> tuple[Edges, Edges]:
    """Who belongs to which household, as it is and as it is to be."""
    before: dict[tuple[Any, Any], Row] = {
        (person, home): _span(since, until) for person, home, since, until in held["members"]
    }
    after: dict[tuple[Any, Any], Row] = {
        (person, scene.homes.household_of[person]): _span(derived.since(rows), None)
        for person, rows in scene.everybody.items()
    }
    return before, after


def _residences(scene: Scene, held: Standing) -> tuple[Edges, Edges]:
    """Which household lives where, as it is and as it is to be."""
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
    return before, after


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
        gone, put = _rewritten(before, after)
        if gone:
            await work.run("identity.unlink_places", rows=[_place(row) for row in gone])
        if put:
            by_home = [{"property": row["end"], "edges": [{"identifier": row["begin"]}]} for row in put]
            await work.run("identity.link_places", rows=by_home)
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


def _place(row: Row) -> Row:
    return {"identifier": row["begin"], "property": row["end"]}


def _rewritten(before: Edges, after: Edges) -> tuple[list[Row], list[Row]]:
    """The edges to take back, which do not hold as they are, and those to write, which are new or changed."""
    gone = [_edge(*pair, {}) for pair, content in before.items() if after.get(pair) != content]
    put = [_edge(*pair, content) for pair, content in after.items() if before.get(pair) != content]
    return gone, put


def _lead(strength: float, records: int, last_seen: str | None) -> Row:
    return {"strength": strength, "records": records, "last_seen": last_seen}
