"""Merge, split, judge and take back, each one judgement and one transaction; and what happened, told in order."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from graph_service import logs, moments
from graph_service.errors import BadInput, NotFound, Refused, Stale
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live import arrive, feed, given, judged
from graph_service.identity.live.component import LIMITS, change, rederive
from graph_service.identity.live.judged import Held, Key
from graph_service.identity.live.scorers import scorer_in_use
from graph_service.identity.live.touched import Cause, Outcome, Touched
from graph_service.identity.model import kind_named
from graph_service.identity.resolving import resolve
from graph_service.identity.schemas import GivenIdentifier
from graph_service.identity.view import View, living
from graph_service.lifecycle import model
from graph_service.lifecycle import schemas as say
from graph_service.records.model import hashed
from graph_service.seals import sealing_secret
from matching import Scorer

MOST_TOLD = 1000
ASSERTED = "asserted"  # the source of rows that somebody asserted
log = logs.get("lifecycle")


@dataclass(frozen=True, slots=True)
class _Hand:
    """Somebody's hand on the graph: one transaction, the scorer that decides in it, and the cause that is written."""

    work: Work
    scorer: Scorer
    cause: Cause
    request: say.Command

    async def judge(self, verdict: str, left: Sequence[Key], right: Sequence[Key]) -> say.Done:
        """Keep a judgement and derive what follows from it."""
        content = {"verdict": verdict, "actor": self.cause.actor, "reason": self.cause.reason,
                   "judged_at": self.cause.now}  # fmt: skip
        judgement_id = self.cause.judgement_id or ""
        made = judged.record(self.work, judgement_id, content, left=left, right=right)
        touched = Touched(frozenset({*left, *right}), judged=(made,))
        outcome = await self._derived(touched)
        judged.keep_before(self.work, judgement_id, named=outcome.named, housed=outcome.housed, moved=outcome.moved)
        return self._told(outcome, touched.rows)

    async def derive(self, touched: Touched) -> say.Done:
        """Derive again what these rows are, and say what became of them."""
        return self._told(await self._derived(touched), touched.rows)

    async def _derived(self, touched: Touched) -> Outcome:
        return await rederive(self.work, self.scorer, touched, self.cause)

    def _told(self, outcome: Outcome, rows: frozenset[Key]) -> say.Done:
        changes = list(outcome.changes)
        if not any(one["kind"].startswith("person") for one in changes):
            changes.insert(0, self._noted(outcome, rows))
        persons = [_now(person, outcome) for person in _sorted(outcome.after[key] for key in rows)]
        return say.Done(
            dry_run=self.request.dry_run,
            change_id=changes[0]["change_id"],
            judgement_id=self.cause.judgement_id or "",
            persons=persons,
            changes=[say.Change.model_validate(one) for one in changes],
        )

    def _noted(self, outcome: Outcome, rows: frozenset[Key]) -> Row:
        """A judgement that moves nobody is part of the history too."""
        subject, *others = _sorted(outcome.after[key] for key in rows)
        noted = change("person_judged", subject, others, self.cause)
        self.work.post("identity.record_changes", rows=[noted])
        content: Row = noted["content"]
        return content


def _now(person: str, outcome: Outcome) -> say.PersonNow:
    own = [say.RowKey(source=key[0], record_id=key[1]) for key, who in outcome.after.items() if who == person]
    home = outcome.households[person]
    return say.PersonNow(person_id=person, version=outcome.versions[person], household_id=home, rows=own)


Act = Callable[[_Hand], Awaitable[say.Done]]


async def _by_hand(store: Store, tenant: str, request: say.Command, act: Act, *, undoes: str | None = None) -> say.Done:
    """Do one thing in one transaction; a dry run is done and then not kept."""
    in_use = await scorer_in_use(store, tenant)
    judgement_id, moment = keys.mint(), moments.now()

    async def attempt(work: Work) -> say.Done:
        cause = Cause(moment, request.actor, request.reason or None, judgement_id, undoes=undoes)
        return await act(_Hand(work, in_use.scorer, cause, request))

    done = await store.work(tenant, attempt, keep=not request.dry_run)
    if not request.dry_run:
        log.info("changed_by_hand", tenant=tenant, change=done.change_id, judgement=done.judgement_id)
    return done


async def merge(store: Store, tenant: str, request: say.MergeRequest) -> say.Done:
    """These persons are one: all their rows are judged the same; the oldest id stays, the others answer it.

    Raises NotFound for an unknown id, Stale where a version is not the expected one, Refused where one person would
    have more rows than a person may.
    """

    async def act(hand: _Hand) -> say.Done:
        living = await _living(hand.work, [*request.persons, *request.expect])
        for own, version in request.expect.items():
            _expect(own, living[own], version)
        persons = {living[own]["person_id"]: living[own] for own in request.persons}
        first, *rest = persons.values()
        if not rest:
            raise Refused("These ids are one person already.")
        left, right = _rows_of([first]), _rows_of(rest)
        if len(left) + len(right) > LIMITS.cluster:
            raise Refused(
                f"Together they would have {len(left) + len(right)} rows; a person has at most {LIMITS.cluster}."
            )
        return await hand.judge("same", left, right)

    return await _by_hand(store, tenant, request, act)


async def split(store: Store, tenant: str, request: say.SplitRequest, *, expected: int | None = None) -> say.Done:
    """These rows of a person are somebody else: they are judged apart from its other rows.

    The larger part keeps the id. Raises NotFound, Stale, and BadInput where the rows are not some of the person's.
    """

    async def act(hand: _Hand) -> say.Done:
        person = (await _living(hand.work, {request.person_id}))[request.person_id]
        if expected is not None:
            _expect(request.person_id, person, expected)
        every = _rows_of([person])
        leaving = sorted({row.key for row in request.rows})
        staying = [key for key in every if key not in leaving]
        if not set(leaving) <= set(every):
            raise BadInput("These rows are not all of this person: `GET /v1/persons/{id}/explain` lists its rows.")
        if not staying:
            raise BadInput("All rows of a person cannot leave it: name those that are somebody else.")
        return await hand.judge("different", leaving, staying)

    return await _by_hand(store, tenant, request, act)


async def judge(store: Store, tenant: str, request: say.JudgementRequest) -> say.Done:
    """These two sets of rows are, or are not, the same person. Raises NotFound for unknown rows, BadInput."""

    async def act(hand: _Hand) -> say.Done:
        left, right = (sorted({row.key for row in side}) for side in (request.left, request.right))
        if set(left) & set(right):
            raise BadInput("A row cannot be on both sides of a judgement.")
        found = await hand.work.run("identity.rows_of_records", records=[*left, *right])
        if len(found) < len(left) + len(right):
            raise NotFound("Some of these rows are not known.")
        if request.verdict == "same" and len(left) + len(right) > LIMITS.cluster:
            raise Refused(f"These are {len(left) + len(right)} rows; a person has at most {LIMITS.cluster}.")
        return await hand.judge(request.verdict, left, right)

    return await _by_hand(store, tenant, request, act)


async def link(store: Store, tenant: str, request: say.LinkRequest) -> say.Linked:
    """Whoever these identifiers lead to has to do with this building: kept as a row of source `asserted`.

    The row is judged to be the same person as the one they lead to; where they lead to nobody it begins a person. The
    same again changes nothing. Raises Refused where they lead to several persons, BadInput where they cannot be read,
    NotFound where they lead to nobody and nobody is to be made.
    """
    view = View(store, tenant, True)
    asked = [GivenIdentifier(kind=one.kind, value=one.value, scope="") for one in request.identifiers]
    answer = await resolve(view, asked)
    if answer.candidates and answer.person_id is None:
        names = ", ".join(one.person_id for one in answer.candidates)
        raise Refused(f"These identifiers lead to several persons ({names}): merge them, or say more of the one.")
    if not (answer.candidates or request.create):
        raise NotFound("These identifiers lead to nobody.")
    fields = {kind_named(one.kind).field: one.value for one in request.identifiers}
    own = hashed(request.property_id, *(f"{name}={value}" for name, value in sorted(fields.items())))
    read = await given.read(store, tenant, ASSERTED, [{**fields, "property_id": request.property_id, "record_id": own}])
    if not read.rows:
        raise BadInput(f"This link cannot be read: {', '.join(read.refused.values())}.")
    whole = await _described_by(store, tenant, answer.person_id) if answer.person_id is not None else []
    taken = (await arrive.take_in(store, tenant, read.rows, actor=request.actor))[0]
    row = say.RowKey(source=taken.key[0], record_id=taken.key[1])
    done = None
    # As the person was before the row came, which could part its rows; without those that were erased meanwhile.
    held = await store.read(tenant, "identity.rows_of_records", records=whole) if taken.outcome == "new" else []
    if held:
        done = await judge(store, tenant, _asserting(request, row, held))
    person = done.persons[0] if done else None
    return say.Linked(
        person_id=person.person_id if person else taken.person_id,
        household_id=person.household_id if person else taken.household_id,
        property_id=str(read.rows[0]["content"]["property_id"]),
        row=row,
        change_id=done.change_id if done else None,
    )


async def _described_by(store: Store, tenant: str, person: str) -> list[Key]:
    return [
        (row["source"], row["record_id"])
        for row in await store.read(tenant, "identity.rows_of_persons", persons=[person])
    ]


def _asserting(request: say.LinkRequest, row: say.RowKey, whole: Sequence[Row]) -> say.JudgementRequest:
    """The judgement that an asserted row is the person of these rows."""
    return say.JudgementRequest(
        verdict="same",
        left=[row],
        right=[say.RowKey(source=one["source"], record_id=one["record_id"]) for one in whole],
        actor=request.actor,
        reason=request.reason or "linked to a building",
        dry_run=False,
    )


async def undo(store: Store, tenant: str, change_id: str, request: say.UndoRequest) -> say.Done:
    """Take back the judgement behind a change: ids and households are what they were, where nothing arrived since.

    Rows that arrived since go where the matches put them. Raises NotFound; Refused for a change that a run made, one
    that was taken back, one that a later judgement (named) builds on, or one about rows that were erased.
    """

    async def act(hand: _Hand) -> say.Done:
        held = await _standing(hand.work, change_id)
        later = [one for one in await judged.about(hand.work, held.rows) if one.judgement_id > held.judgement_id]
        if later:
            names = ", ".join(one.judgement_id for one in later)
            raise Refused(f"Later judgements build on this one: take them back first ({names}).")
        own = {"judgement": held.judgement_id, "now": hand.cause.now, "actor": hand.cause.actor or ""}
        hand.work.post("lifecycle.withdraw_judgement", **own)
        taken = _Hand(hand.work, hand.scorer, _of(hand.cause, held), request)
        housed = await judged.housed_then(hand.work, held.housed)
        then = {**housed, **await judged.moved_then(hand.work, held.judgement_id), **held.then}
        return await taken.derive(Touched(frozenset(held.rows), then, named=held.named))

    return await _by_hand(store, tenant, request, act, undoes=change_id)


async def history(view: View, person_id: str) -> say.History:
    """What happened to a person, and to the one it was merged into? Raises NotFound, Gone."""
    await feed.give_places(view.store, view.tenant)
    row = await living(view, "person", person_id)
    found: dict[str, Row] = {}
    for own in dict.fromkeys((person_id, row["person_id"])):
        rows = await view.store.read(view.tenant, "lifecycle.person_changes", person=own, limit=MOST_TOLD)
        found.update({one["change_id"]: one for one in rows})
    changes = [say.Change.model_validate(_told(found[own])) for own in sorted(found)]
    return say.History(person_id=row["person_id"], requested_id=person_id, changes=changes)


async def changes(store: Store, tenant: str, *, after: str, limit: int) -> say.Feed:
    """What happened after this cursor? Nothing is missed, whoever writes meanwhile, and nothing is told twice."""
    secret = sealing_secret(store.settings)
    told = await feed.changes_after(store, tenant, model.place_of(secret, tenant, after), limit=limit)
    listed = [say.Change.model_validate(_told(row)) for row in told.changes]
    return say.Feed(changes=listed, next=model.cursor(secret, tenant, told.last), more=told.more)


async def _living(work: Work, ids: Collection[str]) -> dict[str, Row]:
    """The person that each of these ids stands for now, with its rows, held until the transaction ends.

    Raises NotFound, of the first that there is not.
    """
    wanted: dict[str, str] = {own: own for own in ids}
    held: dict[str, Row] = {}
    while missing := {*wanted.values()} - held.keys():
        held |= {
            row["person_id"]: row for row in await work.run("identity.take_turn_at_persons", persons=sorted(missing))
        }
        for own, now in wanted.items():
            if now not in held:
                raise NotFound(f"There is no person {own}.")
        wanted = {own: held[now]["alias_of"] or now for own, now in wanted.items()}
    return {own: held[now] for own, now in wanted.items()}


def _expect(own: str, row: Row, version: int) -> None:
    if row["version"] != version:
        raise Stale(f"Person {own} has version {row['version']} now, not {version}: look at it again.")


def _rows_of(persons: Iterable[Row]) -> list[Key]:
    return sorted((source, own) for person in persons for source, own in person["rows"])


async def _standing(work: Work, change_id: str) -> Held:
    """The judgement behind a change, if it can be taken back. Raises NotFound, Refused."""
    found = await work.run("lifecycle.change", change=change_id)
    if not found:
        raise NotFound("There is no change of this id.")
    judgement_id = found[0]["judgement_id"]
    if judgement_id is None:
        if run := found[0]["run_id"]:
            raise Refused(f"This change came from run {run}: `POST /v1/identity/runs/{run}/undo` takes that back.")
        raise Refused("This change came from matching, not from a judgement: judge or split what is wrong in it.")
    row = (await work.run("lifecycle.judgement", judgement=judgement_id))[0]
    if row["withdrawn_at"] is not None:
        raise Refused(f"Judgement {judgement_id} was taken back already, on {row['withdrawn_at']}.")
    if len(row["rows"]) < (row["records"] or 0):
        raise Refused("Some of the rows behind this change were erased: it cannot be taken back.")
    return Held.of(row)


def _of(cause: Cause, held: Held) -> Cause:
    return Cause(cause.now, cause.actor, cause.reason, held.judgement_id, undoes=cause.undoes)


def _told(row: Row) -> Row:
    return {**row, "others": row["others"] or []}


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(set(names))
