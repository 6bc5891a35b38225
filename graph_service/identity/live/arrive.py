"""A row arrives: committed with its keys, compared with its company, and decided on in one transaction.

Its row and keys are committed before its company is looked up, so that of two workers who take the same newcomer in at
once the later one sees the earlier: both end in one person.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from graph_service import logs
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live.blocks import blocks_of, stamp
from graph_service.identity.live.company import company_of
from graph_service.identity.live.component import Cause, Outcome, Touched, rederive
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.surroundings import Known
from graph_service.identity.live.turns import turn_at
from graph_service.records import model as records

log = logs.get("identity")
Outcomes = Literal["new", "changed", "unchanged"]
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
    because somebody was cut off, is decided on now.
    """
    at = _Desk(store, tenant, await scorer_in_use(store, tenant), actor)
    outcomes, before = await _committed(store, tenant, rows, at.in_use)
    return [
        await at.decided(row, outcome, before.get(row["record"])) for row, outcome in zip(rows, outcomes, strict=True)
    ]


async def _committed(
    store: Store, tenant: str, rows: Sequence[Row], in_use: InUse
) -> tuple[list[Outcomes], dict[Key, Known]]:
    """Step 1: write the rows that are new or changed with their keys; what became of each, and what it was before."""
    own = [row["record"] for row in rows]

    async def act(work: Work) -> tuple[list[Outcomes], dict[Key, Known]]:
        hashes = {row["key"]: row["content_hash"] for row in await work.run("records.known_rows", records=own)}
        held = await work.run("identity.rows_of_records", records=own) if hashes else []
        before = {known.key: known for known in map(Known.of, held)}
        outcomes = [_outcome(hashes.get(keys.compose(tenant, row["record"])), row["content_hash"]) for row in rows]
        written = [row for row, outcome in zip(rows, outcomes, strict=True) if outcome != "unchanged"]
        changed = [row["record"] for row in written if row["record"] in before]
        if changed:
            await work.run("records.drop_identifiers", records=changed)
        if written:
            await _write(work, tenant, written, in_use)
        return outcomes, before

    return await store.work(tenant, act)


def _outcome(held: str | None, content_hash: str) -> Outcomes:
    return "new" if held is None else "unchanged" if held == content_hash else "changed"


async def _write(work: Work, tenant: str, rows: Sequence[Row], in_use: InUse) -> None:
    taken = records.now()
    await work.run("records.record_rows", rows=[
        {"record": row["record"], "content": {**row["content"], **_blocks(tenant, row, in_use)},
         "content_hash": row["content_hash"], "ingested_at": taken}
        for row in rows
    ])  # fmt: skip
    links = [link for row in rows for link in records.carried(row)]
    if links:
        await work.run("records.record_identifiers", rows=links)


def _blocks(tenant: str, row: Row, in_use: InUse) -> dict[str, str | None]:
    """The blocks of a row, as properties that are written with its content."""
    own = blocks_of(in_use.scorer.blocking_keys(known_of(row).fields), in_use.blocks or ())
    named = {slot: keys.compose(tenant, block) if block is not None else None for slot, block in own.items()}
    return {**named, "blocked_by": stamp(in_use.scorer, in_use.blocks or ())}


def known_of(row: Row) -> Known:
    """A standardised row as if the graph held it, describing nobody yet."""
    return Known.of({**row["content"], "person_id": None, "household_id": None})


@dataclass(frozen=True, slots=True)
class _Desk:
    """Where rows of a tenant are decided on: with which model, and on whose behalf."""

    store: Store
    tenant: str
    in_use: InUse
    actor: str | None

    async def decided(self, row: Row, outcome: Outcomes, before: Known | None) -> Arrival:
        """Steps 2 and 3: look the row's company up, then write its matches and decide, in one transaction."""
        if outcome == "unchanged" and before is not None and before.person is not None:
            return Arrival(before.key, outcome, before.person, before.household, 0, 0)
        newcomer = known_of(row)
        async with turn_at(self._names(newcomer, before)):
            return await self._joined(newcomer, outcome, before)

    def _names(self, newcomer: Known, before: Known | None) -> list[str]:
        """By what this row may meet others that arrive now: its identifiers and blocks, and those it had."""
        own = blocks_of(self.in_use.scorer.blocking_keys(newcomer.fields), self.in_use.blocks or ())
        carried = {*newcomer.identifiers, *(before.identifiers if before is not None else ())}
        return [f"{self.tenant}/{name}" for name in (*filter(None, own.values()), *map(repr, carried))]

    async def _joined(self, newcomer: Known, outcome: Outcomes, before: Known | None) -> Arrival:
        company = await company_of(self.store, self.tenant, newcomer, self.in_use)
        matches = company.matches(newcomer.key, self.in_use.model_id or PRIOR)
        carried = frozenset(before.identifiers if before is not None else ()) | frozenset(newcomer.identifiers)
        own = frozenset({newcomer.key})

        async def act(work: Work) -> Outcome:
            if outcome == "changed":
                await _forget_matches(work, newcomer.key)
            if matches:
                await work.run("identity.link_matches", rows=matches)
            touched = Touched(own, carried=carried, fresh=own, persons=_persons(before))
            return await rederive(work, self.in_use.scorer, touched, Cause(records.now(), self.actor))

        decided = await self.store.work(self.tenant, act)
        person = decided.after[newcomer.key]
        log.info("taken_in", tenant=self.tenant, person=person, outcome=outcome, matched=len(matches))
        return Arrival(newcomer.key, outcome, person, decided.households.get(person), len(matches), company.skipped)


def _persons(before: Known | None) -> frozenset[str]:
    return frozenset({before.person}) if before is not None and before.person is not None else frozenset()


async def _forget_matches(work: Work, key: Key) -> None:
    held = await work.run("identity.matched_records", records=[key], reach=-1000.0)
    gone = []
    for row in held:
        left, right = sorted(((row["source"], row["record_id"]), (row["other_source"], row["other_id"])))
        gone.append({"left": left, "right": right})
    if gone:
        await work.run("identity.unlink_matches", rows=gone)
