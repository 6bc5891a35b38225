"""Rows that were there already when they came: what each was, and its new version, written with a mark that it waits.

The mark goes in the transaction that decides on the row. Whoever is cut off between the two leaves the row to those who
work off what waits, and to whoever sends it again, although it then reads as unchanged.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from graph_service import moments
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.live.judged import Key
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.waiting import marks
from graph_service.records import model as records

Outcomes = Literal["new", "changed", "unchanged"]
FAINTEST = -1000.0  # bits: every match that is kept


@dataclass(frozen=True, slots=True)
class Before:
    """A row as it was before it came again. lost: what still earlier versions carried, and nobody has heard of yet."""

    known: Known
    outcome: Outcomes
    content_hash: str  # of the row as it is now
    lost: frozenset[Own] = frozenset()
    waiting: marks.Mark = field(default_factory=lambda: marks.due_in(marks.CLAIMED))

    @property
    def carried(self) -> frozenset[Own]:
        """All that it led to before."""
        return self.lost.union(self.known.identifiers)

    @property
    def settled(self) -> Row:
        """What `records.settle_rows` is to be told once it was decided on."""
        return {"record": self.known.key, "waiting": self.waiting, "content_hash": self.content_hash}


async def write_changed(
    store: Store, tenant: str, rows: Sequence[Row], *, actor: str | None = None
) -> dict[Key, Before]:
    """Write those of these rows (with their `blocks`) that say something else now; what each was before.

    One that was erased meanwhile is written as a new one, and was nothing before.
    """

    async def act(work: Work) -> dict[Key, Before]:
        before = await _before(work, rows)
        changed = [key for key, one in before.items() if one.outcome == "changed"]
        if changed:
            work.post("records.drop_identifiers", records=changed)
        written = [row for row in rows if row["record"] not in before or row["record"] in changed]
        if written:
            await _write(work, tenant, written, before=before, actor=actor)
        return before

    return await store.work(tenant, act)


async def _before(work: Work, rows: Sequence[Row]) -> dict[Key, Before]:
    present = {row["record"]: row["content_hash"] for row in rows}
    held = await work.run("identity.rows_of_records", records=list(present))
    known = {one.key: (one, row["content_hash"]) for row in held for one in [Known.of(row)]}
    changed = [key for key, (_, before) in known.items() if before != present[key]]
    lost: dict[Key, frozenset[Own]] = {}
    for row in await work.run("records.held_rows", records=changed) if changed else []:
        _, source, own = keys.parts(row["key"])
        lost[source, own] = marks.lost(row["lost"])
    return {
        key: Before(one, "changed" if key in lost else "unchanged", present[key], lost.get(key, frozenset()))
        for key, (one, _) in known.items()
    }


async def _write(
    work: Work, tenant: str, rows: Sequence[Row], *, before: Mapping[Key, Before], actor: str | None
) -> None:
    taken = moments.now()
    written = []
    for row in rows:
        content = {**row["content"], **row["blocks"]}
        if (old := before.get(row["record"])) is not None:
            content["waiting"], content["sent_by"] = keys.compose(tenant, old.waiting), actor
            content["lost"] = sorted(keys.compose(tenant, own) for own in old.carried)
        written.append(
            {"record": row["record"], "content": content, "content_hash": row["content_hash"], "ingested_at": taken}
        )
    await work.run("records.record_rows", rows=written)
    links = records.links(rows)
    if links:
        await work.run("records.record_identifiers", rows=links)


async def forget_matches(work: Work, rows: Sequence[Key]) -> None:
    """Take back the matches of rows that say something else now: they hold no longer."""
    held = await work.run("identity.matched_records", records=rows, reach=FAINTEST) if rows else []
    pairs = {tuple(sorted(((row["source"], row["record_id"]), (row["other_source"], row["other_id"])))) for row in held}
    if pairs:
        work.post("identity.unlink_matches", rows=[{"left": left, "right": right} for left, right in sorted(pairs)])
