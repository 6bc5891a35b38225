"""Rows are acknowledged: written in one transaction, each with a person, and decided on later.

A new row has a person of its own at once, so that it is found by what it carries and an id can be handed out; where it
turns out to be somebody we know, that id is merged like any other and goes on answering. Deciding here whom it joins
would be a second rule beside `matching.decide`.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from graph_service import moments
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live.arrive import known_of
from graph_service.identity.live.blocks import blocks_of, stamp
from graph_service.identity.live.changed import Outcomes, forget_matches
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.waiting import marks
from graph_service.identity.waiting.line import line
from graph_service.records import model as records


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """What became of one row, and whether it still waits to be decided on."""

    key: Key
    outcome: Outcomes
    person_id: str
    household_id: str | None
    waiting: bool

    @property
    def said(self) -> Row:
        """All of it but the key."""
        return {
            "outcome": self.outcome,
            "person_id": self.person_id,
            "household_id": self.household_id,
            "waiting": self.waiting,
        }


async def acknowledge(
    store: Store, tenant: str, rows: Sequence[Row], *, actor: str = marks.UNKNOWN
) -> list[Acknowledged]:
    """Keep these rows (as `records.model.contents` has them, each key once), and answer each; decided on is later.

    actor: who sent them; what follows from them, once they are decided on, is told to be its doing. Idempotent: what is
    there in this content already changes nothing, whether it waits or not.
    """
    if not rows:
        return []
    in_use = await scorer_in_use(store, tenant)
    blocks = await asyncio.to_thread(_blocks, tenant, rows, in_use)

    async def act(work: Work) -> list[Acknowledged]:
        return await _Batch(work, tenant, rows, blocks, actor).write()

    async with line(store, tenant):
        return await store.work(tenant, act)


def _blocks(tenant: str, rows: Sequence[Row], in_use: InUse) -> dict[Key, Row]:
    """The blocks of each row, by which newcomers find it, as properties."""
    rules = in_use.blocks or ()
    mark = stamp(in_use.scorer, rules)
    found = {}
    for row in rows:
        own = blocks_of(in_use.scorer.blocking_keys(known_of(row).fields, rules), rules)
        named = {slot: block and keys.compose(tenant, block) for slot, block in own.items()}
        found[row["record"]] = {**named, "blocked_by": mark}
    return found


@dataclass
class _Batch:
    """One batch in its transaction. `begun`: rows that describe nobody until now, with their new person."""

    work: Work
    tenant: str
    rows: Sequence[Row]
    blocks: Mapping[Key, Row]
    actor: str
    now: str = field(default_factory=moments.now)
    begun: dict[Key, Row] = field(default_factory=dict)

    async def write(self) -> list[Acknowledged]:
        """Look what we hold, write what is new or changed."""
        found = await self.work.run("records.held_rows", records=[row["record"] for row in self.rows])
        held: dict[Key, Row] = {(source, own): row for row in found for _, source, own in [keys.parts(row["key"])]}
        fresh = [row for row in self.rows if row["record"] not in held]
        changed = [
            row
            for row in self.rows
            if row["record"] in held and held[row["record"]]["content_hash"] != row["content_hash"]
        ]
        nobody = [row for row in self.rows if row["record"] in held and held[row["record"]]["person_id"] is None]
        self.begun = {row["record"]: self._begun(row) for row in (*fresh, *nobody)}
        led: set[Own] = set()
        if fresh:
            created = self._created(fresh, led)
            await self.work.run("identity.acknowledge_rows", now=self.now, sent_by=self.actor, rows=created)
        if changed:
            await self._change(changed, held)
        if nobody:
            begun = [self.begun[row["record"]] for row in nobody]
            await self.work.run("identity.begin_persons", now=self.now, sent_by=self.actor, rows=begun)
        if leads := self._leads((*changed, *nobody), led):
            await self.work.run("identity.lead_to_rows", rows=leads)
        return self._answers(held, {row["record"] for row in changed})

    def _begun(self, row: Row) -> Row:
        person = keys.mint()
        waiting = (self.now, keys.mint())
        return {"record": row["record"], "waiting": waiting, "person": person, "person_id": person}

    def _created(self, fresh: Iterable[Row], led: set[Own]) -> list[Row]:
        rows = []
        for row in fresh:
            carried = [{**one, "leads": one["identifier"] not in led} for one in row["carried"]]
            led.update(one["identifier"] for one in carried)
            content = {name: value for name, value in row["content"].items() if value is not None}
            rows.append({
                **self.begun[row["record"]], "content": content, "content_hash": row["content_hash"],
                "blocks": self.blocks[row["record"]], "carried": carried,
            })  # fmt: skip
        return rows

    async def _change(self, changed: Sequence[Row], held: Mapping[Key, Row]) -> None:
        """Write new versions: what they carried before is remembered until those it leads to are told."""
        own = [row["record"] for row in changed]
        before = {one.key: one for one in map(Known.of, await self.work.run("identity.rows_of_records", records=own))}
        await forget_matches(self.work, own)
        await self.work.run("records.drop_identifiers", records=own)
        await self.work.run("records.record_rows", rows=[
            {"record": row["record"], "content_hash": row["content_hash"], "ingested_at": self.now,
             "content": {**row["content"], **self.blocks[row["record"]], "waiting": self._key((self.now, keys.mint())),
                         "sent_by": self.actor, "lost": self._lost(held[row["record"]], before[row["record"]])}}
            for row in changed
        ])  # fmt: skip
        if links := records.links(changed):
            await self.work.run("records.record_identifiers", rows=links)

    def _lost(self, held: Row, before: Known) -> list[str]:
        return sorted({*(held["lost"] or ()), *(self._key(own) for own in before.identifiers)})

    def _key(self, own: Sequence[str]) -> str:
        return keys.compose(self.tenant, own)

    def _leads(self, rows: Iterable[Row], led: set[Own]) -> list[Row]:
        found: dict[Own, Key] = {}
        for row in rows:
            for one in row["carried"]:
                if one["identifier"] not in led:
                    found.setdefault(one["identifier"], row["record"])
        return [{"identifier": identifier, "record": record} for identifier, record in sorted(found.items())]

    def _answers(self, held: Mapping[Key, Row], changed: set[Key]) -> list[Acknowledged]:
        answers = []
        for row in self.rows:
            key = row["record"]
            before = held.get(key)
            outcome: Outcomes = "new" if before is None else "changed" if key in changed else "unchanged"
            begun = self.begun.get(key)
            person = begun["person_id"] if begun else before["person_id"] if before else ""
            home = None if begun or before is None else before["household_id"]
            waits = begun is not None or key in changed or (before is not None and before["waiting"] is not None)
            answers.append(Acknowledged(key, outcome, person, home, waits))
        return answers
