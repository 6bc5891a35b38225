"""A row arrives: committed with its keys, compared with its company, and decided on in one transaction.

Its row and keys are committed before its company is looked up, so that of two workers who take the same newcomer in at
once the later one sees the earlier: both end in one person.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from weakref import WeakValueDictionary

from graph_service import logs, moments
from graph_service.errors import ServiceError
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live.blocks import blocks_of, stamp
from graph_service.identity.live.changed import Before, Outcomes, forget_matches, write_changed
from graph_service.identity.live.company import company_of
from graph_service.identity.live.component import rederive
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.surroundings import Known
from graph_service.identity.live.touched import Cause, Outcome, Touched
from graph_service.identity.waiting.line import line

log = logs.get("identity")
TOGETHER = 16  # rows that share their transactions
PRIOR = "prior"  # the name under which matches of the packaged model are kept


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of one row. outcome: new, changed or unchanged; skipped: keys that lead to a crowd."""

    key: Key
    outcome: Outcomes
    person_id: str
    household_id: str | None
    matched: int
    skipped: int

    @property
    def said(self) -> Row:
        """All of it but the key."""
        return {name: value for name, value in asdict(self).items() if name != "key"}


async def take_in(store: Store, tenant: str, rows: Sequence[Row], *, actor: str | None = None) -> list[Arrival]:
    """Take standardised rows (as `records.model.contents` has them) in, one answer each, in their order.

    Idempotent: a row that is there in this content already changes nothing; one that was taken in and not decided on,
    because somebody was cut off, is decided on now. Rows that come while others are worked on are taken in together.
    """
    place = (id(asyncio.get_running_loop()), id(store), tenant)
    desk = _DESKS.get(place)
    if desk is None:
        desk = _DESKS[place] = _Desk(store, tenant)
    return await desk.take(rows, actor)


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    row: Row
    actor: str | None
    answer: "asyncio.Future[Arrival]"


class _Desk:
    """Where the rows of one tenant are taken in, in this process: one group after the other.

    Side by side they would touch the same people, or only the same pages of the engine's files, and be done again and
    again; together they share their round trips.
    """

    def __init__(self, store: Store, tenant: str) -> None:
        self.store, self.tenant = store, tenant
        self.waiting: list[_Waiting] = []
        self.clerk: asyncio.Task[None] | None = None

    async def take(self, rows: Sequence[Row], actor: str | None) -> list[Arrival]:
        """Wait in line with these rows."""
        loop = asyncio.get_running_loop()
        mine = [_Waiting(row, actor, loop.create_future()) for row in rows]
        self.waiting += mine
        if self.clerk is None or self.clerk.done():
            self.clerk = asyncio.create_task(self._serve())
        return list(await asyncio.gather(*(one.answer for one in mine)))

    async def _serve(self) -> None:
        group: list[_Waiting] = []
        try:
            while self.waiting:
                group = self._next()
                async with line(self.store, self.tenant):  # beside batches that are acknowledged, and decided on
                    await self._together(group)
        finally:
            for one in (*group, *self.waiting):
                if not one.answer.done():
                    one.answer.cancel()
            self.waiting = []

    def _next(self) -> list[_Waiting]:
        """Take the next group off the line: rows of one actor, each once."""
        chosen: dict[Key, _Waiting] = {}
        for one in self.waiting:
            if one.actor == self.waiting[0].actor and len(chosen) < TOGETHER:
                chosen.setdefault(one.row["record"], one)
        group = list(chosen.values())
        self.waiting = [one for one in self.waiting if one not in group]
        return group

    async def _together(self, group: Sequence[_Waiting]) -> None:
        try:
            found = await _taken(self.store, self.tenant, [one.row for one in group], group[0].actor)
        except Exception as error:  # whatever it is, whoever waits must hear of it
            if len(group) > 1 and isinstance(error, ServiceError):
                for one in group:  # one of them may be what cannot be done
                    await self._together([one])
                return
            for one in group:
                if not one.answer.done():
                    one.answer.set_exception(error)
            return
        for one, arrival in zip(group, found, strict=True):
            if not one.answer.done():
                one.answer.set_result(arrival)


_DESKS: "WeakValueDictionary[tuple[int, int, str], _Desk]" = WeakValueDictionary()


async def _taken(store: Store, tenant: str, rows: Sequence[Row], actor: str | None) -> list[Arrival]:
    """A group of rows: all committed with their keys, then all compared and decided on in one transaction."""
    in_use = await scorer_in_use(store, tenant)
    before = await _committed(store, tenant, rows, in_use=in_use, actor=actor)
    known = {row["record"]: known_of(row) for row in rows}
    said: dict[Key, Outcomes] = {key: before[key].outcome if key in before else "new" for key in known}
    open_ = {key: known[key] for key in known if said[key] != "unchanged" or before[key].known.person is None}
    found: dict[Key, _Found] = {}
    if open_:
        old = [before[key] for key in open_ if key in before]
        cause = Cause(moments.now(), actor)
        act = partial(_decided, in_use=in_use, rows=open_, old=old, cause=cause)
        found, outcome = await store.work(tenant, act)
        # What is decided of one row may move another of the group that came as it was.
        found |= {key: _now(outcome, key, before[key].known) for key in outcome.after.keys() & (known.keys() - found)}
    log.info("taken_in", tenant=tenant, rows=len(rows), decided=len(open_))
    return [
        Arrival(key, said[key], one.person, one.household, one.matched, one.skipped)
        for key in known
        for one in [found[key] if key in found else _was(before[key].known)]
    ]


@dataclass(frozen=True, slots=True)
class _Found:
    person: str
    household: str | None
    matched: int = 0
    skipped: int = 0


def _was(known: Known) -> _Found:
    return _Found(known.person or "", known.household)


def _now(outcome: Outcome, key: Key, known: Known) -> _Found:
    person = outcome.after[key]
    return _Found(person, outcome.households.get(person, known.household))


async def _decided(
    work: Work,
    *,
    in_use: InUse,
    rows: Mapping[Key, Known],
    old: Sequence[Before],
    cause: Cause,
) -> tuple[dict[Key, _Found], Outcome]:
    """Steps 2 and 3: who these rows are, what became of others. `old`: those that were there, as before."""
    changed = [one for one in old if one.outcome == "changed"]
    if changed:
        work.post("records.settle_rows", rows=[one.settled for one in changed])
    company = {key: await company_of(work.run, row, in_use) for key, row in rows.items()}
    matches = {key: company[key].matches(key, in_use.model_id or PRIOR) for key in rows}
    fresh = frozenset(rows)
    touched = Touched(
        fresh,
        carried=frozenset(own for one in rows.values() for own in one.identifiers).union(*(one.carried for one in old)),
        fresh=fresh,
        persons=frozenset(one.known.person for one in old if one.known.person is not None),
        matches=tuple({(row["left"], row["right"]): row for own in matches.values() for row in own}.values()),
    )
    await forget_matches(work, [one.known.key for one in changed])
    outcome = await rederive(work, in_use.scorer, touched, cause)
    person = outcome.after
    return {
        key: _Found(person[key], outcome.households.get(person[key]), len(matches[key]), company[key].skipped)
        for key in rows
    }, outcome


async def _committed(
    store: Store, tenant: str, rows: Sequence[Row], *, in_use: InUse, actor: str | None
) -> dict[Key, Before]:
    """Step 1: write the rows that are new or changed with their keys; what each was that was there before."""
    placed = {row["record"]: {**row, "blocks": _blocks(tenant, row, in_use)} for row in rows}
    written = await store.write(tenant, "identity.arrive_rows", now=moments.now(), rows=list(placed.values()))
    new = {(source, own) for source, own in written[0]["written"]}
    known = [row for key, row in placed.items() if key not in new]
    return await write_changed(store, tenant, known, actor=actor) if known else {}


def _blocks(tenant: str, row: Row, in_use: InUse) -> dict[str, str | None]:
    """The blocks of a row, as properties that are written with its content."""
    own = blocks_of(in_use.scorer.blocking_keys(known_of(row).fields, in_use.blocks or ()), in_use.blocks or ())
    named = {slot: keys.compose(tenant, block) if block is not None else None for slot, block in own.items()}
    return {**named, "blocked_by": stamp(in_use.scorer, in_use.blocks or ())}


def known_of(row: Row) -> Known:
    """A standardised row as if the graph held it, describing nobody yet."""
    return Known.of({**row["content"], "person_id": None, "household_id": None})
