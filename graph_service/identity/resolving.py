"""Who is meant by identifiers or fields, and who rows that arrive describe."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

from graph_service.errors import BadInput, Forbidden, Gone, NotFound
from graph_service.graph import keys
from graph_service.graph.store import Row
from graph_service.identity import schemas as say
from graph_service.identity.finder import MOST_GATHERED, MOST_PERSONS, RESOLVE, Own, read
from graph_service.identity.live import arrive, given
from graph_service.identity.live.asked import who_is
from graph_service.identity.model import Answer, Found, Lead, Ranked, answer_of, kind_named
from graph_service.identity.view import View
from graph_service.identity.waiting.backlog import Backlog
from graph_service.identity.waiting.decide import decide_these
from graph_service.records.service import erased
from matching import normalise

MOST_CANDIDATES = 20


async def resolve(view: View, identifiers: Sequence[say.GivenIdentifier]) -> say.ResolveAnswer:
    """Who is meant by these identifiers together? Raises BadInput where there are none."""
    if not identifiers:
        raise BadInput("Say whom you mean: `identifiers`, or `fields`.")
    asked = [_asked(one) for one in identifiers]
    finds = await _found(view, asked)
    return say.ResolveAnswer(**_resolved(view, asked, finds), query=_used(view, asked))


async def resolve_fields(view: View, asked: say.ResolveRequest, *, may_create: bool) -> say.ResolveAnswer:
    """Who is meant by any mix of fields? With `create`, somebody unknown becomes a person.

    Raises BadInput on fields that cannot be read, Forbidden where the caller may not create.
    """
    if asked.create and not may_create:
        raise Forbidden("`create` takes a row in: this key lacks the scope ingest:write.")
    said = {kind_named(one.kind).field: one.value for one in asked.identifiers}
    row = await given.asked_for(view.store, view.tenant, {**said, **asked.fields})
    found = await who_is(view.store, view.tenant, row)
    answer, made = found.answer, None
    if asked.create and not answer.candidates:
        if await erased(view.store, view.tenant, [row]):
            raise Gone("Who is known by these fields was erased.")
        made = (await arrive.take_in(view.store, view.tenant, [row], actor="resolve"))[0]
        answer = Answer(made.person_id, made.household_id, 1.0, False, ())
    return say.ResolveAnswer(
        person_id=answer.person_id,
        household_id=answer.household_id,
        strength=answer.strength,
        ambiguous=answer.ambiguous,
        candidates=[_candidate(one) for one in answer.candidates[:MOST_CANDIDATES]],
        candidates_found=len(answer.candidates),
        evidence=[],
        created=made is not None and made.outcome == "new",
        query=view.query("identity.company", **found.blocks, identifiers=_keys(view, found.identifiers)),
    )


async def take_in(
    view: View, asked: say.RecordsRequest, *, actor: str, later: Backlog | None = None
) -> say.RecordsAnswer:
    """Take rows of one source in; what became of each. With `later` they are kept now and decided on there.

    Raises BadInput on a field that nobody declared.
    """
    with later.receiving() if later is not None else nullcontext():
        return await _taken_in(view, asked, actor, later)


async def _taken_in(view: View, asked: say.RecordsRequest, actor: str, later: Backlog | None) -> say.RecordsAnswer:
    if any(not row.get("record_id") for row in asked.records):
        raise BadInput("Every record needs a `record_id`: its id in the source.")
    taken = await given.read(view.store, view.tenant, asked.source, asked.records)
    gone = await erased(view.store, view.tenant, taken.rows)
    rows = [row for row in taken.rows if row["record"] not in gone]
    refused = {**taken.refused, **{own: "It was erased." for _, own in gone}}
    done: dict[str, dict[str, Any]]
    if later is not None:
        done = {one.key[1]: one.said for one in await later.acknowledge(view.tenant, rows, actor=actor)}
    else:
        done = {one.key[1]: one.said for one in await _decided_on(view, rows, actor)}
    results = [
        say.TakenIn(record_id=own, **done[own])
        if own in done
        else say.TakenIn(record_id=own, outcome="refused", reason=refused.get(own, "Its id cannot be read."))
        for own in (str(row["record_id"]).strip() for row in asked.records)
    ]
    return say.RecordsAnswer(source=asked.source, waiting=sum(one.waiting for one in results), results=results)


async def _decided_on(view: View, rows: Sequence[Row], actor: str) -> list[arrive.Arrival]:
    """Take rows in, and decide on those of them that were acknowledged before and still wait."""
    taken = await arrive.take_in(view.store, view.tenant, rows, actor=actor)
    known = [one.key for one in taken if one.outcome == "unchanged"]
    if known and await decide_these(view.store, view.tenant, known):
        again = await arrive.take_in(view.store, view.tenant, [row for row in rows if row["record"] in known])
        now = {one.key: one for one in again}
        taken = [now.get(one.key, one) for one in taken]
    return await _as_they_are(view, taken) if len(taken) > arrive.TOGETHER else taken


async def _as_they_are(view: View, taken: Sequence[arrive.Arrival]) -> list[arrive.Arrival]:
    """The same, with the persons that the rows describe now: those taken in later may have moved earlier ones."""
    rows = await view.store.read(view.tenant, "identity.rows_of_records", records=[one.key for one in taken])
    now = {(row["source"], row["record_id"]): row for row in rows if row["person_id"]}
    return [
        replace(one, person_id=now[one.key]["person_id"], household_id=now[one.key]["household_id"])
        if one.key in now
        else one
        for one in taken
    ]


async def resolve_batch(view: View, items: Sequence[say.ResolveItem]) -> say.ResolveBatchAnswer:
    """The same for many questions, in one round trip to the graph."""
    questions = [[_asked(one) for one in item.identifiers] for item in items]
    every = [one for asked in questions for one in asked]
    finds = await _found(view, every)
    results = [say.Resolved(**_resolved(view, asked, finds)) for asked in questions]
    return say.ResolveBatchAnswer(results=results, query=_used(view, every))


async def resolve_one(view: View, external_id: str, *, scope: str = "") -> say.ResolveAnswer:
    """Who is meant by `kind:value`? Raises BadInput for another form, NotFound where it leads to nobody."""
    kind, _, value = external_id.partition(":")
    if not value or len(value) > say.LONGEST_VALUE:
        raise BadInput("Ask for `kind:value`, such as `email:jane@example.com`, percent-encoded.")
    answer = await resolve(view, [say.GivenIdentifier(kind=kind, value=value, scope=scope)])
    if not answer.candidates:
        raise NotFound(f"This {kind} leads to nobody.")
    return answer


@dataclass(frozen=True, slots=True)
class Asked:
    """One identifier as it was asked for: (kind, scope, normalised value), and whether it is one at all."""

    own: Own
    readable: bool


def _asked(given: say.GivenIdentifier) -> Asked:
    kind = kind_named(given.kind)
    value = normalise(given.value, kind.name)
    return Asked((kind.name, given.scope, value or given.value), value is not None)


Finds = Mapping[Own, Found]


async def _found(view: View, asked: Iterable[Asked]) -> Finds:
    """Where each readable identifier leads; one that leads to nobody is missing."""
    own_of = {keys.compose(view.tenant, one.own): one.own for one in asked if one.readable}
    if not own_of:
        return {}
    own = list(own_of.values())
    if view.finder and len(own) < MOST_GATHERED:
        row_of = await view.finder.find(view.tenant, own)
    else:
        row_of = await read(view.store, view.tenant, own)
    return {
        own_of[key]: Found(row_of[key]["persons"], tuple(Lead(*lead) for lead in row_of[key]["ranked"]))
        for key in own_of
        if key in row_of
    }


def _resolved(view: View, asked: Sequence[Asked], finds: Finds) -> dict[str, Any]:
    """The fields of a `Resolved`."""
    different = dict.fromkeys(one.own for one in asked)
    answer = answer_of([finds[own] for own in different if own in finds])
    best = answer.candidates[0].person_id if answer.candidates else None
    return {
        "person_id": answer.person_id,
        "household_id": answer.household_id,
        "strength": answer.strength,
        "ambiguous": answer.ambiguous,
        "candidates": [_candidate(one) for one in answer.candidates[:MOST_CANDIDATES]],
        "candidates_found": len(answer.candidates),
        "evidence": [_evidence(view, one, finds.get(one.own), best) for one in asked],
    }


def _candidate(one: Ranked) -> say.Candidate:
    return say.Candidate(
        person_id=one.person_id,
        household_id=one.household_id,
        strength=one.strength,
        records=one.records,
        matched=one.matched,
    )


def _evidence(view: View, asked: Asked, found: Found | None, best: str | None) -> say.Evidence:
    kind, scope, value = asked.own
    leads = found.leads if found else ()
    return say.Evidence(
        kind=kind,
        scope=scope,
        value=view.shown(kind, value),
        readable=asked.readable,
        found=found is not None,
        persons=found.persons if found else 0,
        over_shared=found is not None and found.over_shared,
        strength=next((lead.strength for lead in leads if lead.person_id == best), None),
    )


def _used(view: View, asked: Iterable[Asked]) -> say.QueryUsed:
    readable = dict.fromkeys(one.own for one in asked if one.readable)
    return view.query(RESOLVE, identifiers=_keys(view, readable), most=MOST_PERSONS)


def _keys(view: View, identifiers: Iterable[Own]) -> list[str]:
    """The keys of identifiers, as this caller may see them."""
    return [keys.compose(view.tenant, (kind, scope, view.shown(kind, value))) for kind, scope, value in identifiers]
