"""Decide again on what rows, a judgement or an erasure touched, and write the difference, in the caller's transaction.

The same decision as a match run's, on the component alone: what it leaves in the graph is what a match run would.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from graph_service.errors import Refused
from graph_service.graph import keys
from graph_service.graph.ahead import meanwhile
from graph_service.graph.store import Row, Work
from graph_service.identity.live import difference
from graph_service.identity.live.derived import confidence
from graph_service.identity.live.judged import Held, Key
from graph_service.identity.live.news import News
from graph_service.identity.live.places import places_of
from graph_service.identity.live.surroundings import Component, Known, Own, component_of, neighbours_of
from graph_service.identity.live.turns import Standing, Wanted, take_turns
from graph_service.identity.run.inherit import Inheritance, assign_ids
from matching import Limits, MatchingError, Scorer, few_households

Ids = tuple[str | None, str | None]
Near = tuple[dict[Key, Known], set[str]]  # as `neighbours_of` answers
TURNS = 7
FURTHER = 3  # of these may look further around; what is not seen then is taken as it is
LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the graph changes: who did it, and the judgement, run or undone change behind it."""

    now: str
    actor: str | None = None
    reason: str | None = None
    judgement_id: str | None = None
    run_id: str | None = None
    undoes: str | None = None

    @property
    def said(self) -> Row:
        """What a Change says of it."""
        told = {"actor": self.actor, "reason": self.reason, "judgement_id": self.judgement_id, "run_id": self.run_id,
                "undoes": self.undoes, "changed_at": self.now}  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Touched:
    """Where to begin: rows that are new, changed or judged, and what else is known of them.

    `then`: person and household to give back to rows (an undo). `carried`: identifiers whose set of rows changed; those
    of `fresh` rows are added to it, and their homes are looked up anew. `persons`: further persons that lost rows;
    `matches`: those of the fresh rows, as `Company.matches` tells them, to be heeded and written. `named`: the further
    ids that an id is to go on naming, whatever comes back to it (an undo). `judged`: what was judged just now.
    """

    rows: frozenset[Key]
    then: Mapping[Key, Ids] = field(default_factory=dict)
    carried: frozenset[Own] = frozenset()
    fresh: frozenset[Key] = frozenset()
    persons: frozenset[str] = frozenset()
    matches: tuple[Row, ...] = ()
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)
    judged: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: the person of every row of the component before and after, and the Changes written.

    named: which further ids the persons and households touched named before, as "id other". housed: whose household is
    another one now, with rows that were not touched, as "person before after". moved: rows that were not touched and
    describe another person now, as `lifecycle.remember_moved` takes them. versions: of the persons that were touched.
    """

    before: Mapping[Key, str | None]
    after: Mapping[Key, str]
    households: Mapping[str, str]
    changes: Sequence[Row]
    named: Sequence[str]
    housed: Sequence[str]
    moved: Sequence[Row]
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Decided:
    """Who is who in a component: an id per row, what the ids inherit, and the weakest join inside each person."""

    person_of: Mapping[Key, str]
    inheritance: Inheritance
    weakest: Mapping[str, float]


async def rederive(work: Work, scorer: Scorer, touched: Touched, cause: Cause, *, limits: Limits = LIMITS) -> Outcome:
    """Who are the touched rows now, and who lives with whom? Writes the difference and its Changes.

    Call it inside `store.work`: it takes its turn at every person and household it may change, in the order of their
    ids. Raises Refused where judgements contradict each other or too much is touched at once.
    """
    seeds = touched.rows | await _holders(work, touched.then)
    component = await component_of(work, seeds, limits, touched.matches, made=touched.judged)
    rows = component.rows
    likely = _likely(rows, touched)
    near, decided = await meanwhile(
        neighbours_of(work, likely, _households(likely, touched.then)),
        lambda: _decided(component, scorer, touched.then, limits),
    )
    homes, held = await _homes(work, component, decided, near, touched=touched, limits=limits)
    back = _given_back([*rows, *homes.scene.rows], touched.then, decided.person_of, homes.scene.household_of)
    scene = difference.Scene(
        homes.rows, decided.person_of, decided.weakest, held.persons, homes.scene, back, touched.named
    )
    places = await places_of(work, [row for row in rows if row.key in touched.fresh], held)
    people = [(row.person, decided.person_of[row.key]) for row in rows]
    changes = _changes("person", people, decided.inheritance, cause)
    changes += _changes("household", homes.scene.moved(decided.person_of), homes.inheritance, cause)
    told = difference.Told(changes, touched.matches, cause.now)
    written = difference.write(work, scene, (decided.inheritance, homes.inheritance), told, held=held, places=places)
    housed = _housed(homes.scene, decided.person_of, touched.rows)
    work.tell(_news(rows, touched, decided.person_of, homes.scene.household_of, housed=housed))
    return Outcome(
        {row.key: row.person for row in rows},
        decided.person_of,
        homes.scene.household_of,
        [change["content"] for change in changes],
        [f"{own} {other}" for states in (held.persons, held.households) for own in sorted(states)
         for other in states[own].get("also") or ()],
        [" ".join(one) for one in housed],
        _moved([row for row in rows if row.key not in touched.rows], decided.person_of),
        _versions(held.persons, written),
    )  # fmt: skip


def _versions(before: Mapping[str, Row], written: frozenset[str]) -> dict[str, int]:
    """The version of each person as it was or is written."""
    numbers = {own: row["version"] or 0 for own, row in before.items()}
    return numbers | {own: numbers.get(own, 0) + 1 for own in written}


async def _holders(work: Work, then: Mapping[Key, Ids]) -> frozenset[Key]:
    """The rows that get their person back, and those that have it by now: with either left out, both would have it."""
    given = {key: person for key, (person, _) in then.items() if person}
    rows = await work.run("identity.rows_of_persons", persons=sorted({*given.values()})) if given else []
    return frozenset({*given, *((row["source"], row["record_id"]) for row in rows)})


def _housed(
    homes: difference.Homes, person_of: Mapping[Key, str], touched: frozenset[Key]
) -> list[tuple[str, str, str]]:
    """Who lives elsewhere now with rows that were not touched, as the same person: person, household before, after."""
    found = {
        (row.person, row.household, homes.household_of[row.person])
        for row in homes.rows
        if row.person and row.household and row.key not in touched and person_of.get(row.key, row.person) == row.person
    }
    return sorted(one for one in found if one[1] != one[2])


def _moved(rows: Iterable[Known], person_of: Mapping[Key, str]) -> list[Row]:
    """Which of these rows describe another person now, and whom they described, in which household."""
    return [
        {"record": row.key, "content": {"person": row.person, "household": row.household, "went": person_of[row.key]}}
        for row in rows
        if row.person not in {None, person_of[row.key]}
    ]


def _news(
    rows: Iterable[Known],
    touched: Touched,
    person_of: Mapping[Key, str],
    household_of: Mapping[str, str],
    *,
    housed: Iterable[tuple[str, str, str]],
) -> News:
    """Who is somebody else now, or has other rows, identifiers or a home: what hangs on them may hang elsewhere."""
    moved = [row for row in rows if row.key in touched.rows or row.person != person_of[row.key]]
    persons = {one for row in moved for one in (row.person, person_of[row.key]) if one} | touched.persons
    households = {row.household for row in moved} | {household_of.get(one) for one in persons}
    households |= {home for _, before, after in housed for home in (before, after)}
    carried = {own for row in moved if row.key in touched.fresh for own in row.identifiers}
    return News.of(persons, households, touched.carried | carried)


def _decided(component: Component, scorer: Scorer, then: Mapping[Key, Ids], limits: Limits) -> Decided:
    cluster_of: dict[Key, int] = {}
    weakest: dict[int, float] = {}
    for piece in component.pieces:
        first = len(set(cluster_of.values()))
        try:
            found = scorer.partition([row.fields for row in piece], component.judgements, limits)
        except MatchingError as error:
            raise Refused(f"{error}.") from error
        cluster_of.update({row.key: first + int(at) for row, at in zip(piece, found.persons, strict=True)})
        for left, weight in zip(found.merges.left.tolist(), found.merges.weight.tolist(), strict=True):
            cluster = cluster_of[piece[left].key]
            weakest[cluster] = min(weight, weakest.get(cluster, weight))
    rows = component.rows
    labels = np.array([cluster_of[row.key] for row in rows], dtype=np.int64)
    former = [then.get(row.key, (None, None))[0] or row.person for row in rows]
    inheritance = assign_ids(former, labels, keys.mint)
    person_of = {row.key: inheritance.ids[cluster_of[row.key]] for row in rows}
    inheritance = _with_left(inheritance, [(row.person, person_of[row.key]) for row in rows])
    return Decided(person_of, inheritance, {inheritance.ids[at]: weight for at, weight in weakest.items()})


def _given_back(
    rows: Iterable[Known], then: Mapping[Key, Ids], person_of: Mapping[Key, str], household_of: Mapping[str, str]
) -> dict[str, set[str]]:
    """Which present ids give rows back to the ids that an undo names."""
    back: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        person, household = then.get(row.key, (None, None))
        now = person_of.get(row.key) or row.person or ""
        if person and row.person and now == person:
            back[person].add(row.person)
        if household and row.household and household_of[now] == household:
            back[household].add(row.household)
    return back


def _with_left(inheritance: Inheritance, moved: Iterable[tuple[str | None, str]]) -> Inheritance:
    """Present ids that no row claimed, because rows were given back to former ones, are merged into where most went."""
    went: dict[str, Counter[str]] = defaultdict(Counter)
    for old, new in moved:
        if old is not None and old not in inheritance.ids and old not in inheritance.alias_of:
            went[old][new] += 1
    left = {old: min(counts, key=lambda new: (-counts[new], new)) for old, counts in went.items()}
    return replace(inheritance, alias_of={**inheritance.alias_of, **left})


@dataclass(frozen=True, slots=True)
class _Homes:
    """Who lives with whom; `rows`: those of the persons of whom something is to be said."""

    inheritance: Inheritance
    scene: difference.Homes
    rows: Sequence[Known]


async def _homes(
    work: Work, component: Component, decided: Decided, seen: Near, *, touched: Touched, limits: Limits
) -> tuple[_Homes, Standing]:
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


def _likely(rows: Sequence[Known], touched: Touched) -> list[Known]:
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
        households=_households([*rows, *living], touched.then),
        everybody={row.person for row in living if row.person},
        carried=touched.carried | {own for row in fresh for own in row.identifiers},
        living=living,
        arrived=fresh,
    )


def _households(rows: Iterable[Known], then: Mapping[Key, Ids]) -> set[str]:
    """The households of these rows, and those that an undo gives back."""
    return {row.household for row in rows if row.household} | {ids[1] for ids in then.values() if ids[1]}


def _chosen(
    rows: Sequence[Known], around: Mapping[Key, Known], decided: Decided, *, touched: Touched, limits: Limits
) -> _Homes:
    every = sorted((dict(around) | {row.key: row for row in rows}).values(), key=lambda row: row.key)
    people = [decided.person_of.get(row.key) or row.person or "" for row in every]
    number = {person: at for at, person in enumerate(dict.fromkeys(people))}
    persons = np.array([number[person] for person in people], dtype=np.int64)
    found = few_households([row.fields for row in every], persons, limits)
    labels = found.household[persons]
    former = [touched.then.get(row.key, (None, None))[1] or row.household for row in every]
    inheritance = assign_ids(former, labels, keys.mint)
    left = _households(rows, touched.then)
    household_of = {person: inheritance.ids[label] for person, label in zip(people, labels, strict=True)}
    core = {decided.person_of[row.key] for row in rows}
    inside = _inside(list(zip(every, people, strict=True)), core, left, household_of)
    names = {decided.person_of.get(row.key) or row.person or "" for row in inside}
    kept = {person: home for person, home in household_of.items() if person in names}
    inheritance = _with_left(
        inheritance, [(row.household, kept[decided.person_of.get(row.key) or row.person or ""]) for row in inside]
    )
    old = {row.household for row in inside if row.household} | left
    kinds = dict(zip(inheritance.ids, found.kind, strict=True))
    scene = difference.Homes(inside, kept, {home: kinds[home] for home in kept.values()}, {})
    return _Homes(_within(inheritance, old), scene, rows)


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


def _changes(noun: str, moved: Iterable[tuple[str | None, str]], inheritance: Inheritance, cause: Cause) -> list[Row]:
    """A Change for every id that was merged or split: what its rows were, against what they are."""
    went: dict[str, set[str]] = defaultdict(set)
    for old, new in moved:
        if old is not None:
            went[old].add(new)
    merged: dict[str, list[str]] = defaultdict(list)
    for name in sorted(went.keys() & inheritance.alias_of.keys()):
        merged[inheritance.alias_of[name]].append(name)
    happened = [(f"{noun}_merged", survivor, names) for survivor, names in sorted(merged.items())]
    alive = set(inheritance.ids)
    for name, news in sorted(went.items()):
        others = sorted(news - {inheritance.alias_of.get(name, name)})
        if others:
            happened.append((f"{noun}_{'split' if name in alive else 'moved'}", name, others))
    return [change(kind, subject, others, cause) for kind, subject, others in happened]


def change(kind: str, subject: str, others: Sequence[str], cause: Cause) -> Row:
    """A Change as `identity.record_changes` takes it."""
    own = keys.mint()
    content = {"change_id": own, "kind": kind, "subject": subject, "others": list(others), **cause.said}
    return {"change": own, "content": content}
