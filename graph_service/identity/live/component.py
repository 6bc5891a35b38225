"""Decide again on what rows, a judgement or an erasure touched, and write the difference, in the caller's transaction.

The same decision as a match run's, on the component alone: what it leaves in the graph is what a match run would.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from graph_service.errors import Refused
from graph_service.graph import keys
from graph_service.graph.ahead import meanwhile
from graph_service.graph.store import Row, Work
from graph_service.identity.live import difference
from graph_service.identity.live.homes import homes_of, households_of, likely
from graph_service.identity.live.judged import Key
from graph_service.identity.live.news import News
from graph_service.identity.live.places import places_of
from graph_service.identity.live.surroundings import Component, Known, component_of, neighbours_of
from graph_service.identity.live.touched import Cause, Decided, Ids, Outcome, Touched
from graph_service.identity.run.inherit import Inheritance, assign_ids
from matching import Limits, MatchingError, Scorer

LIMITS = Limits()


async def rederive(work: Work, scorer: Scorer, touched: Touched, cause: Cause, *, limits: Limits = LIMITS) -> Outcome:
    """Who are the touched rows now, and who lives with whom? Writes the difference and its Changes.

    Call it inside `store.work`: it takes its turn at every person and household it may change, in the order of their
    ids. Raises Refused where judgements contradict each other or too much is touched at once.
    """
    seeds = touched.rows | await _holders(work, touched.then)
    component = await component_of(work, seeds, limits, touched.matches, made=touched.judged)
    rows = component.rows
    foreseen = likely(rows, touched)
    near, decided = await meanwhile(
        neighbours_of(work, foreseen, households_of(foreseen, touched.then)),
        lambda: _decided(component, scorer, touched.then, limits),
    )
    homes, held = await homes_of(work, component, decided, near, touched=touched, limits=limits)
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
    inheritance = inheritance.with_left((row.person, person_of[row.key]) for row in rows)
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
