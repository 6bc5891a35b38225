"""The feed of changes: each gets its place only after it was committed, so that a follower never misses one.

Ids and clocks cannot order it: a transaction that began earlier may commit later. Writers only mark a change as not yet
placed; whoever reads the feed first gives out the next places, one reader at a time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from graph_service.graph.store import Row, Store, Work

FEED = "changes"
DIGITS = 12  # of a place, so that places sort as they count
PLACED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Told:
    """A stretch of the feed: the changes, each with its `place`, and the place of the last one known."""

    changes: Sequence[Row]
    last: int
    more: bool


async def changes_after(store: Store, tenant: str, place: int, *, limit: int = 100) -> Told:
    """What happened after this place (0: from the beginning)? Follow it with `last`: nothing is missed."""
    await give_places(store, tenant)
    rows = await store.read(tenant, "lifecycle.changes", after=_written(place), limit=limit + 1)
    told = [{**row, "place": int(row["place"].rpartition("/")[2])} for row in rows[:limit]]
    return Told(told, told[-1]["place"] if told else place, len(rows) > limit)


async def give_places(store: Store, tenant: str) -> None:
    """Place every change that is committed and has no place yet, and tie it to those it concerns."""
    while await store.read(tenant, "lifecycle.unplaced_changes", limit=1):
        await store.work(tenant, _place_some)


async def _place_some(work: Work) -> None:
    last = (await work.run("lifecycle.take_turn_at_feed", feed=FEED))[0]["last"]
    found = await work.run("lifecycle.unplaced_changes", limit=PLACED_AT_ONCE)
    rows = [{"change": row["change_id"], "place": _written(last + at)} for at, row in enumerate(found, start=1)]
    await work.run("lifecycle.place_changes", feed=FEED, last=last + len(rows), rows=rows)
    for noun in ("person", "household"):
        ends = [
            {"change": row["change_id"], noun: own}
            for row in found
            if (row["kind"] or "").startswith(noun)
            for own in dict.fromkeys([row["subject"], *(row["others"] or [])])
        ]
        await work.run(LINKS[noun], rows=ends)


LINKS = {"person": "lifecycle.link_changes_to_persons", "household": "lifecycle.link_changes_to_households"}


def _written(place: int) -> str:
    return f"{place:0{DIGITS}}"
