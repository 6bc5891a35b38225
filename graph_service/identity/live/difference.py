"""The difference between what the graph says of a few persons and households and what follows from their rows."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graph_service.graph.store import Row, Work
from graph_service.identity.live import derived
from graph_service.identity.live.judged import Key
from graph_service.identity.live.places import Places, edge
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.live.turns import Standing
from graph_service.identity.run.inherit import Inheritance

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
    """What is written along: the Changes, the matches of rows that arrived (of `Company.matches`), and the moment."""

    changes: Sequence[Row]
    matches: Sequence[Row]
    now: str


@dataclass(frozen=True, slots=True)
class Scene:
    """What was decided: the person of each row, the weakest join in each, the persons as they were, the homes; and
    which ids give rows back to an id (an undo), so that it need no longer name them in `also`, but those `named`."""

    rows: Sequence[Known]
    person_of: Mapping[Key, str]
    weakest: Mapping[str, float]
    persons: Mapping[str, Row]
    homes: Homes
    back: Mapping[str, set[str]]
    named: Mapping[str, frozenset[str]]

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


def write(
    work: Work,
    scene: Scene,
    inherited: tuple[Inheritance, Inheritance],
    told: Told,
    *,
    held: Standing,
    places: Places,
) -> frozenset[str]:
    """Bring persons, households and all that leads to and from them up to date, in as few statements as it needs.

    `inherited`: what becomes of the ids of persons, and of households; merged ids point to their survivors. `held`:
    what the graph says now; `places`: the building of each address, and those that are new. Answers which persons get
    a new version.
    """
    here: dict[tuple[Any, Any], Row] = {(row.key, row.person): {} for row in scene.rows if row.person}
    there: dict[tuple[Any, Any], Row] = {(row.key, scene.person_of[row.key]): {} for row in scene.rows}
    undescribed, described = _rewritten(here, there)
    unled, restated, led = _restated(*_leads(scene, held.edges))
    left, stayed, joined = _restated(*_memberships(scene, held.edges))
    moved_out, remained, moved_in = _restated(*_residences(scene, held.edges, places.home_of))
    gone = {"undescribed": undescribed, "unled": unled, "left": left, "moved_out": moved_out}
    put = {
        "persons": _persons(scene, inherited[0]), "households": _households(scene, inherited[1]),
        "built": places.built, "stood": places.stood, "described": described, "restated": restated, "led": led,
        "stayed": stayed, "joined": joined, "remained": remained, "moved_in": moved_in,
        "matched": [edge(row["left"], row["right"], _without_ends(row)) for row in told.matches],
    }  # fmt: skip
    if any(gone.values()):
        work.post("identity.take_back", **gone)
    if any(put.values()):
        work.post("identity.write_difference", **put, now=told.now)
    if told.changes:
        work.post("identity.record_changes", rows=told.changes)
    return frozenset(row["own"] for row in put["persons"])


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
    also = _also(scene.persons, inheritance, scene)
    gone = {"records": 0, "household_id": None}
    return _written({**said, **moved}, scene.persons, gone=gone, also=also, inheritance=inheritance)


def _households(scene: Scene, inheritance: Inheritance) -> list[Row]:
    """What is said of households, where it is something else than now."""
    homes = scene.homes
    members = Counter(homes.household_of.values())
    said: dict[str, Row] = {
        home: {"kind": homes.kinds[home], "persons": count, "alias_of": None} for home, count in members.items()
    }
    also = _also(homes.states, inheritance, scene)
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


def _also(states: Mapping[str, Row], inheritance: Inheritance, scene: Scene) -> dict[str, list[str] | None]:
    """The further ids that hold members of a split one; those that came back to it are no longer named."""
    before = {name: row.get("also") or () for name, row in states.items()}
    left = inheritance.naming(before, scene.back)
    return {name: sorted(others | scene.named.get(name, frozenset()) - {name}) or None for name, others in left.items()}


Said = Mapping[str, Sequence[Sequence[Any]]]


def _leads(scene: Scene, held: Said) -> tuple[Edges, Edges]:
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


def _memberships(scene: Scene, held: Said) -> tuple[Edges, Edges]:
    """Who belongs to which household, as it is and as it is to be."""
    before: dict[tuple[Any, Any], Row] = {
        (person, home): _span(since, until) for person, home, since, until in held["members"]
    }
    after: dict[tuple[Any, Any], Row] = {
        (person, scene.homes.household_of[person]): _span(derived.since(rows), None)
        for person, rows in scene.everybody.items()
    }
    return before, after


def _residences(scene: Scene, held: Said, home_of: Mapping[str, str]) -> tuple[Edges, Edges]:
    """Which household lives where, as it is and as it is to be."""
    rows_at: dict[str, list[Known]] = defaultdict(list)
    for person, rows in scene.everybody.items():
        rows_at[scene.homes.household_of[person]] += rows
    before: dict[tuple[Any, Any], Row] = {
        (household, home): _span(since, until) for household, home, since, until in held["residences"]
    }
    after: dict[tuple[Any, Any], Row] = {
        (household, home): _span(since, until)
        for household, rows in rows_at.items()
        for home, (since, until) in derived.residences(rows, home_of).items()
    }
    return before, after


def _span(since: str | None, until: str | None) -> Row:
    return {"from": since, "to": until}


def _rewritten(before: Edges, after: Edges) -> tuple[list[Row], list[Row]]:
    """The edges to take back, which do not hold as they are, and those to write, which are new or changed."""
    gone = [edge(*pair, {}) for pair, content in before.items() if after.get(pair) != content]
    put = [edge(*pair, content) for pair, content in after.items() if before.get(pair) != content]
    return gone, put


def _restated(before: Edges, after: Edges) -> tuple[list[Row], list[Row], list[Row]]:
    """The edges to take back, those of which something else is said than now, and those that are new."""
    gone = [edge(*pair, {}) for pair in before if pair not in after]
    other = [edge(*pair, content) for pair, content in after.items() if pair in before and before[pair] != content]
    new = [edge(*pair, content) for pair, content in after.items() if pair not in before]
    return gone, other, new


def _lead(strength: float, records: int, last_seen: str | None) -> Row:
    return {"strength": strength, "records": records, "last_seen": last_seen}
