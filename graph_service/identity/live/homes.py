"""Who lives with whom, where persons changed: their homes are chosen anew, and those of whoever depends on them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from graph_service.errors import Refused
from graph_service.graph import keys
from graph_service.graph.store import Work
from graph_service.identity.live import difference
from graph_service.identity.live.derived import confidence
from graph_service.identity.live.judged import Key
from graph_service.identity.live.surroundings import Component, Known, neighbours_of
from graph_service.identity.live.touched import Decided, Ids, Touched
from graph_service.identity.live.turns import Standing, Wanted, take_turns
from graph_service.identity.run.inherit import Inheritance, assign_ids
from matching import Limits, few_households

Near = tuple[dict[Key, Known], set[str]]  # as `neighbours_of` answers
TURNS = 7
FURTHER = 3  # of these may look further around; what is not seen then is taken as it is


@dataclass(frozen=True, slots=True)
class Chosen:
    """Who lives with whom; `rows`: those of the persons of whom something is to be said."""

    inheritance: Inheritance
    scene: difference.Homes
    rows: Sequence[Known]


async def homes_of(
    work: Work, component: Component, decided: Decided, seen: Near, *, touched: Touched, limits: Limits
) -> tuple[Chosen, Standing]:
    """Who lives with whom, among everybody whose home may depend on the persons that change; our turn at all of them.

    Persons of the component that stay what they were are bystanders. `seen`: the neighbours of those who change, as far
    as was foreseen. Chosen again where somebody is concerned of whom too little was seen, or turns out to belong to one
    of the households who was not known, or to be less sure than was said.
    """
    changing = _changing(component.rows, decided.person_of, touched)
    neighbours, near = seen
    for turn in range(TURNS):
        rows = [row for row in component.rows if decided.person_of[row.key] in changing]
        around = {row.key: row for row in component.beside(rows)} | neighbours
        homes = _chosen(rows, around, decided, touched=touched, limits=limits)
        living = homes.scene.rows
        if turn < FURTHER and any(row.person and row.person not in near for row in living):
            further, wider = await neighbours_of(work, living, ())
            neighbours |= further
            near |= wider
            continue
        held = await take_turns(work, component, _wanted(rows, living, touched))
        others = decided.weakest.keys() - changing
        unsure = {own for own in others if held.sure.get(own) != confidence(decided.weakest[own])}
        known = {row.person for row in (*rows, *around.values())}
        missing = sorted({one for home in held.households.values() for one in home["members"]} - known)
        if not (missing or unsure):
            return replace(homes, scene=replace(homes.scene, states=held.households)), held
        doubted = [row for row in component.rows if decided.person_of[row.key] in unsure]
        further, wider = await neighbours_of(work, doubted, ())
        neighbours, near, changing = neighbours | further, near | wider, changing | unsure
        read = await work.run("identity.rows_of_persons", persons=missing) if missing else []
        neighbours |= {row.key: row for row in map(Known.of, read)}
    raise Refused("These persons' households depend on too many others: `stormgraph match` decides on them.")


def _changing(rows: Iterable[Known], person_of: Mapping[Key, str], touched: Touched) -> set[str]:
    """The persons, by their ids now, that have other rows than before, or rows of which something is told."""
    told = touched.rows | touched.then.keys()
    before = Counter(row.person for row in rows)
    now = Counter(person_of.values())
    moved = {person_of[row.key] for row in rows if row.key in told or row.person != person_of[row.key]}
    return moved | (touched.persons & now.keys()) | {own for own, count in now.items() if before[own] != count}


def likely(rows: Sequence[Known], touched: Touched) -> list[Known]:
    """The rows of the persons that are going to change, as far as can be foreseen: those touched, and who fits them."""
    keys = touched.rows | touched.then.keys()
    keys |= {key for row in touched.matches if row["weight"] >= 0 for key in (row["left"], row["right"])}
    persons = {row.person for row in rows if row.key in keys} - {None}
    return [row for row in rows if row.key in keys or row.person in persons]


def _wanted(rows: Sequence[Known], living: Sequence[Known], touched: Touched) -> Wanted:
    """What is asked for with our turn, where these rows' persons change, and these live with them."""
    then = touched.then.values()
    fresh = [row for row in rows if row.key in touched.fresh]
    return Wanted(
        rows=rows,
        persons={*(row.person for row in rows if row.person), *touched.persons, *(ids[0] for ids in then if ids[0])},
        households=households_of([*rows, *living], touched.then),
        everybody={row.person for row in living if row.person},
        carried=touched.carried | {own for row in fresh for own in row.identifiers},
        living=living,
        arrived=fresh,
    )


def households_of(rows: Iterable[Known], then: Mapping[Key, Ids]) -> set[str]:
    """The households of these rows, and those that an undo gives back."""
    return {row.household for row in rows if row.household} | {ids[1] for ids in then.values() if ids[1]}


def _chosen(
    rows: Sequence[Known], around: Mapping[Key, Known], decided: Decided, *, touched: Touched, limits: Limits
) -> Chosen:
    every = sorted((dict(around) | {row.key: row for row in rows}).values(), key=lambda row: row.key)
    people = [decided.person_of.get(row.key) or row.person or "" for row in every]
    number = {person: at for at, person in enumerate(dict.fromkeys(people))}
    persons = np.array([number[person] for person in people], dtype=np.int64)
    found = few_households([row.fields for row in every], persons, limits)
    labels = found.household[persons]
    former = [touched.then.get(row.key, (None, None))[1] or row.household for row in every]
    inheritance = assign_ids(former, labels, keys.mint)
    left = households_of(rows, touched.then)
    household_of = {person: inheritance.ids[label] for person, label in zip(people, labels, strict=True)}
    core = {decided.person_of[row.key] for row in rows}
    inside = _inside(list(zip(every, people, strict=True)), core, left, household_of)
    names = {decided.person_of.get(row.key) or row.person or "" for row in inside}
    kept = {person: home for person, home in household_of.items() if person in names}
    inheritance = inheritance.with_left(
        (row.household, kept[decided.person_of.get(row.key) or row.person or ""]) for row in inside
    )
    old = {row.household for row in inside if row.household} | left
    kinds = dict(zip(inheritance.ids, found.kind, strict=True))
    scene = difference.Homes(inside, kept, {home: kinds[home] for home in kept.values()}, {})
    return Chosen(_within(inheritance, old), scene, rows)


def _inside(
    every: Sequence[tuple[Known, str]], core: set[str], left: set[str], household_of: Mapping[str, str]
) -> list[Known]:
    """The rows, of all with their persons, of those whose household may be another one now, or has other members.

    The core; who lived with it; whoever lives with one of these now; who leaves a household that one of those had, and
    who stays behind in one.
    """
    concerned = {household_of[person] for row, person in every if person in core or row.household in left}
    former = left | {row.household for row, person in every if household_of[person] in concerned and row.household}
    leaving = {
        row.household for row, person in every if row.household in former and row.household != household_of[person]
    }
    return [
        row
        for row, person in every
        if household_of[person] in concerned | leaving
        or (row.household in former and row.household != household_of[person])
    ]


def _within(inheritance: Inheritance, old: set[str]) -> Inheritance:
    """Only what becomes of these ids: others are seen from too far away to be judged."""
    return replace(
        inheritance,
        alias_of={name: survivor for name, survivor in inheritance.alias_of.items() if name in old},
        also={name: others for name, others in inheritance.also.items() if name in old},
    )
