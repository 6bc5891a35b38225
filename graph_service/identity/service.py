"""Who is behind an identifier, and who lives together: reads of the identity graph for one caller."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from graph_service.errors import BadInput, Forbidden, Gone, NotFound, ServiceError
from graph_service.graph import keys
from graph_service.graph.store import Row, Store
from graph_service.identity import schemas as say
from graph_service.identity.live import arrive, given
from graph_service.identity.live.asked import who_is
from graph_service.identity.model import Answer, Found, Lead, Ranked, answer_of, kind_named
from graph_service.records.service import erased
from graph_service.seals import sealing_secret, tombstone
from matching import normalise

RESOLVE = "identity.resolve_identifiers"
MOST_PERSONS = 100  # per identifier: one that leads to more decides nothing
MOST_CANDIDATES = 20
MOST_ROWS = 1000
LONGEST_ALIAS_CHAIN = 20
MOST_GATHERED = 500  # identifiers that share a round trip
SLOW_SECONDS = 0.02  # a round trip that takes longer is overtaken by those who came later
MOST_FLIGHTS = 8
V = TypeVar("V", str, str | None)
Own = tuple[str, str, str]
RowOf = Mapping[str, Row]
Question = tuple[list[Own], "asyncio.Future[RowOf]"]


class Finder:
    """Where identifiers lead; questions of one tenant that come while the graph is busy share the next round trip.

    A round trip costs many times what ranking an answer does, so under load this serves several times as many callers.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, list[Question]] = {}
        self._pilots: dict[str, asyncio.Task[None]] = {}
        self._flights: set[asyncio.Task[None]] = set()

    async def find(self, tenant: str, own: list[Own]) -> RowOf:
        """The row of each of these identifiers by its key, perhaps among others. Raises what the store raises."""
        answer: asyncio.Future[RowOf] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant, []).append((own, answer))
        if tenant not in self._pilots:
            self._pilots[tenant] = asyncio.create_task(self._fly(tenant))
        return await answer

    async def _fly(self, tenant: str) -> None:
        waiting = self._waiting[tenant]
        try:
            while waiting:
                flight = asyncio.create_task(self._fly_once(tenant, _boarding(waiting)))
                self._flights.add(flight)
                flight.add_done_callback(self._flights.discard)
                if len(self._flights) < MOST_FLIGHTS:
                    await asyncio.wait({flight}, timeout=SLOW_SECONDS)
                else:
                    await asyncio.wait(self._flights, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for _, answer in waiting:
                answer.cancel()
            del self._pilots[tenant], self._waiting[tenant]

    async def _fly_once(self, tenant: str, aboard: list[Question]) -> None:
        answers = [answer for _, answer in aboard]
        try:
            row_of = await _read(self._store, tenant, [one for own, _ in aboard for one in own])
        except asyncio.CancelledError:
            for answer in answers:
                answer.cancel()
            raise
        except Exception as error:  # whatever it is, everybody aboard must hear of it
            for answer in answers:
                if not answer.done():
                    answer.set_exception(error)
            return
        for answer in answers:
            if not answer.done():
                answer.set_result(row_of)


def _boarding(waiting: list[Question]) -> list[Question]:
    """Take those who came first off the queue: as many as share a round trip, and at least one."""
    seats = MOST_GATHERED
    for number, (own, _) in enumerate(waiting):
        seats -= len(own)
        if seats < 0 and number:
            break
    else:
        number = len(waiting)
    aboard, waiting[:] = waiting[:number], waiting[number:]
    return aboard


async def _read(store: Store, tenant: str, own: Iterable[Own]) -> RowOf:
    rows = await store.read(tenant, RESOLVE, identifiers=list(dict.fromkeys(own)), most=MOST_PERSONS)
    return {row["identifier"]: row for row in rows}


@dataclass(frozen=True, slots=True)
class View:
    """One tenant's graph, as one caller may see it; `personal` says whether values show unmasked."""

    store: Store
    tenant: str
    personal: bool
    finder: Finder | None = None

    def query(self, name: str, **parameters: Any) -> say.QueryUsed:
        """What an answer says of the query it came from."""
        return say.QueryUsed(name=name, parameters=parameters, as_of=_now())

    def shown(self, kind: str, value: V) -> V:
        """A value as this caller may see it; names are of kind `name`."""
        if self.personal or not value:
            return value
        return say.shown(kind, value)


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
        query=view.query("identity.rows_of_blocks", **found.blocks),
    )


async def take_in(view: View, asked: say.RecordsRequest, *, actor: str) -> say.RecordsAnswer:
    """Take rows of one source in; what became of each. Raises BadInput on a field that nobody declared."""
    if any(not row.get("record_id") for row in asked.records):
        raise BadInput("Every record needs a `record_id`: its id in the source.")
    read = await given.read(view.store, view.tenant, asked.source, asked.records)
    gone = await erased(view.store, view.tenant, read.rows)
    rows = [row for row in read.rows if row["record"] not in gone]
    refused = {**read.refused, **{own: "It was erased." for _, own in gone}}
    done = {one.key[1]: one for one in await arrive.take_in(view.store, view.tenant, rows, actor=actor)}
    results = [
        say.TakenIn(record_id=own, **done[own].said)
        if own in done
        else say.TakenIn(record_id=own, outcome="refused", reason=refused.get(own, "Its id cannot be read."))
        for own in (str(row["record_id"]).strip() for row in asked.records)
    ]
    return say.RecordsAnswer(source=asked.source, results=results)


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


async def person(view: View, person_id: str) -> say.Person:
    """One person; an id that was merged away answers the survivor. Raises NotFound."""
    row = await living(view, "person", person_id)
    used = view.query("identity.person", person=keys.compose(view.tenant, row["person_id"]))
    return say.Person(**{**_named(view, row), "also": row["also"] or []}, requested_id=person_id, query=used)


async def household(view: View, household_id: str) -> say.Household:
    """One household and where it lives today; an id that was merged away answers the survivor. Raises NotFound."""
    today = _now()[:10]
    row = await living(view, "household", household_id, as_of=today)
    used = view.query("identity.household", household=keys.compose(view.tenant, row["household_id"]), as_of=today)
    shown = {**row, "home": _home(view, row["home"]), "also": row["also"] or []}
    return say.Household(**shown, requested_id=household_id, query=used)


async def household_members(view: View, household_id: str) -> say.Members:
    """Who belongs to a household today. Raises NotFound."""
    listed = await _listed(view, "identity.household_members", household_id)
    return say.Members(
        household_id=listed.own_id,
        requested_id=household_id,
        members=[say.Member(**_named(view, row)) for row in listed.rows],
        truncated=listed.truncated,
        query=listed.used,
    )


async def person_identifiers(view: View, person_id: str) -> say.PersonIdentifiers:
    """By what a person is known. Raises NotFound."""
    listed = await _listed(view, "identity.person_identifiers", person_id)
    return say.PersonIdentifiers(
        person_id=listed.own_id,
        requested_id=person_id,
        identifiers=_known(view, listed),
        truncated=listed.truncated,
        query=listed.used,
    )


async def household_identifiers(view: View, household_id: str) -> say.HouseholdIdentifiers:
    """By what the members of a household are known today. Raises NotFound."""
    listed = await _listed(view, "identity.household_identifiers", household_id)
    return say.HouseholdIdentifiers(
        household_id=listed.own_id,
        requested_id=household_id,
        identifiers=_known(view, listed),
        truncated=listed.truncated,
        query=listed.used,
    )


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
        row_of = await _read(view.store, view.tenant, own)
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
    shown = [keys.compose(view.tenant, (kind, scope, view.shown(kind, value))) for kind, scope, value in readable]
    return view.query(RESOLVE, identifiers=shown, most=MOST_PERSONS)


async def living(view: View, noun: str, own_id: str, **params: Any) -> Row:
    """The row of a person or household, following merges to the survivor. Raises NotFound, Gone."""
    wanted = own_id
    for _ in range(LONGEST_ALIAS_CHAIN):
        row = await view.store.read_one(view.tenant, f"identity.{noun}", **{noun: wanted}, **params)
        if row is None:
            seal = tombstone(sealing_secret(view.store.settings), view.tenant, noun, wanted)
            if await view.store.read(view.tenant, "privacy.tombstones", seals=[seal]):
                raise Gone(f"This {noun} was erased.")
            raise NotFound(f"There is no {noun} of this id.")
        if row["alias_of"] is None:
            return row
        wanted = row["alias_of"]
    raise ServiceError(f"More than {LONGEST_ALIAS_CHAIN} merges lead from this {noun} to its survivor.")


@dataclass(frozen=True, slots=True)
class Listed:
    """What hangs on a person or household that is alive: at most MOST_ROWS rows, and the query they came from."""

    own_id: str
    rows: list[Row]
    truncated: bool
    used: say.QueryUsed


async def _listed(view: View, name: str, own_id: str) -> Listed:
    """The rows of a query about a person or household; where it gives none, does the id exist? Raises NotFound."""
    noun = name.removeprefix("identity.").partition("_")[0]
    day = {} if noun == "person" else {"as_of": _now()[:10]}
    rows = await view.store.read(view.tenant, name, **{noun: own_id}, **day, limit=MOST_ROWS + 1)
    if not rows:
        survivor = (await living(view, noun, own_id, **day))[f"{noun}_id"]
        if survivor != own_id:
            return await _listed(view, name, survivor)
    used = view.query(name, **{noun: keys.compose(view.tenant, own_id)}, **day, limit=MOST_ROWS)
    return Listed(own_id, rows[:MOST_ROWS], len(rows) > MOST_ROWS, used)


def _known(view: View, listed: Listed) -> list[say.KnownIdentifier]:
    return [say.KnownIdentifier(**{**row, "value": view.shown(row["kind"], row["value"])}) for row in listed.rows]


def _named(view: View, row: Row) -> Row:
    return {**row, **{name: view.shown("name", row[name]) for name in ("first_name", "last_name")}}


def _home(view: View, home: Sequence[str | None] | None) -> say.Home | None:
    if home is None:
        return None
    property_id, street, unit, city, state, zip_code, since = home
    return say.Home(
        property_id=view.shown("property_id", property_id),
        street_address=view.shown("address", street),
        unit=view.shown("address", unit),
        city=city,
        state=state,
        zip=zip_code,
        since=since,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
