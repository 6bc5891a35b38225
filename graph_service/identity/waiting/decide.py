"""Rows that wait are decided on: claimed, compared with their company, and settled with what follows from it.

A claim is the moment at which a row is due again: whoever takes a row moves that moment on, in one conditional write,
so no other process takes it meanwhile, and somebody does where the first one died.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from graph_service import logs, moments
from graph_service.errors import Refused, ServiceError
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live.arrive import PRIOR
from graph_service.identity.live.company import company_of
from graph_service.identity.live.component import rederive
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import scorer_in_use
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.live.touched import Cause, Touched
from graph_service.identity.waiting import marks
from graph_service.identity.waiting.line import line
from graph_service.identity.waiting.marks import CLAIMED, REFUSED, UNKNOWN, Mark

log = logs.get("identity")
TOGETHER = 16  # rows that share their transactions


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours to decide on: `waiting` is its mark, as we set it."""

    key: Key
    waiting: Mark
    content_hash: str
    lost: frozenset[Own]
    sent_by: str = UNKNOWN

    @property
    def mark(self) -> Row:
        """What the graph is asked about it."""
        return {"record": self.key, "waiting": self.waiting}


class _Moved(Exception):
    """Some of the rows are no longer ours; these are."""

    def __init__(self, ours: Sequence[Key]) -> None:
        super().__init__()
        self.ours = frozenset(ours)


async def decide_some(store: Store, tenant: str, *, most: int = TOGETHER) -> int:
    """Decide on the rows of a tenant that have waited longest; how many were taken up, 0 where none is due.

    Idempotent, safe beside other processes, erasures and match runs. A row that cannot be decided on is put off.
    """
    claimed = await claim(store, tenant, most=most)
    if claimed:
        await _decide_all(store, tenant, claimed)
        log.info("decided", tenant=tenant, rows=len(claimed))
    return len(claimed)


async def catch_up(store: Store, tenant: str) -> int:
    """Decide on every row of a tenant that waits and is due; how many were taken up."""
    total = 0
    while found := await decide_some(store, tenant):
        total += found
    return total


async def decide_these(store: Store, tenant: str, records_asked: Sequence[Key]) -> int:
    """Decide now on those of these rows that wait, so that who asked hears what became of them; how many did."""
    held = await store.read(tenant, "records.held_rows", records=records_asked) if records_asked else []
    rows = [
        {**row, "source": source, "record_id": own}
        for row in held
        if row["waiting"] is not None
        for _, source, own in [keys.parts(row["key"])]
    ]
    found = [(marks.of_key(row["waiting"]), row) for row in rows]
    for start in range(0, len(found), TOGETHER):
        claimed = await _postponed(store, tenant, found[start : start + TOGETHER], CLAIMED)
        await _decide_all(store, tenant, claimed)
    return len(found)


async def waiting(store: Store, tenant: str) -> int:
    """How many rows of a tenant wait to be decided on?"""
    return int((await store.read(tenant, "records.rows_waiting"))[0]["rows"])


async def claim(store: Store, tenant: str, *, most: int = TOGETHER, held: timedelta = CLAIMED) -> list[Claimed]:
    """Take rows that are due, so that no other process does for a while."""
    due = await store.read(tenant, "records.waiting_rows", end=(moments.now(),), limit=most)
    found = {marks.of_key(row["waiting"]): row for row in due}
    return await _postponed(store, tenant, list(found.items()), held)


async def _postponed(store: Store, tenant: str, found: Sequence[tuple[Mark, Row]], by: timedelta) -> list[Claimed]:
    if not found:
        return []
    later = {own: marks.due_in(by) for own, _ in found}
    rows = [{"record": (row["source"], row["record_id"]), "waiting": own, "later": later[own]} for own, row in found]
    async with line(store, tenant):
        moved = await store.write(tenant, "records.postpone_rows", rows=rows)
    ours = {marks.of_key(row["waiting"]) for row in moved}
    return [
        Claimed(
            (row["source"], row["record_id"]),
            later[own],
            row["content_hash"],
            marks.lost(row["lost"]),
            row["sent_by"] or UNKNOWN,
        )
        for own, row in found
        if later[own] in ours
    ]


async def _decide_all(store: Store, tenant: str, claimed: Sequence[Claimed]) -> None:
    """Decide on rows, those of each sender together: what follows from them is told to be its doing."""
    for sender in dict.fromkeys(one.sent_by for one in claimed):
        await _decide(store, tenant, [one for one in claimed if one.sent_by == sender])


async def _decide(store: Store, tenant: str, claimed: Sequence[Claimed]) -> None:
    try:
        await _together(store, tenant, claimed)
    except _Moved as moved:
        if ours := [one for one in claimed if one.key in moved.ours]:
            await _decide(store, tenant, ours)
    except ServiceError as error:
        if len(claimed) > 1 and error.status < 500:  # one of them may be what cannot be done
            for one in claimed:
                await _decide(store, tenant, [one])
        elif isinstance(error, Refused) and error.status < 500:
            log.warning("cannot_decide", tenant=tenant, rows=len(claimed), error=error.name)
            await _put_off(store, tenant, claimed)
        else:
            raise  # the engine is away: what we hold is due again when the claim is over


async def _put_off(store: Store, tenant: str, claimed: Sequence[Claimed]) -> None:
    rows = [{**one.mark, "later": marks.due_in(REFUSED)} for one in claimed]
    async with line(store, tenant):
        await store.write(tenant, "records.postpone_rows", rows=rows)


async def _together(store: Store, tenant: str, claimed: Sequence[Claimed]) -> None:
    """Compare rows with their company, then decide on them in one transaction, which also settles them."""
    in_use = await scorer_in_use(store, tenant)
    held = await store.read(tenant, "identity.rows_of_records", records=[one.key for one in claimed])
    hashes = {(row["source"], row["record_id"]): row["content_hash"] for row in held}
    known = {one.key: one for one in map(Known.of, held)}
    ours = [one for one in claimed if hashes.get(one.key) == one.content_hash]
    if not ours:
        return  # erased, or changed by somebody who decides on them now
    ask = partial(store.read, tenant)
    companies = await asyncio.gather(*(company_of(ask, known[one.key], in_use) for one in ours))
    matches = {
        (row["left"], row["right"]): row
        for one, company in zip(ours, companies, strict=True)
        for row in company.matches(one.key, in_use.model_id or PRIOR)
    }
    fresh = frozenset(one.key for one in ours)
    touched = Touched(
        fresh,
        carried=frozenset(own for one in ours for own in (*one.lost, *known[one.key].identifiers)),
        fresh=fresh,
        persons=frozenset(person for key in fresh if (person := known[key].person) is not None),
        matches=tuple(matches.values()),
    )

    async def act(work: Work) -> None:
        rows = [{**one.mark, "content_hash": one.content_hash} for one in ours]
        settled = await work.run("records.settle_rows", rows=rows)
        if len(settled) < len(ours):
            raise _Moved([(row["source"], row["record_id"]) for row in settled])
        await rederive(work, in_use.scorer, touched, Cause(moments.now(), ours[0].sent_by))

    async with line(store, tenant):
        await store.work(tenant, act)
