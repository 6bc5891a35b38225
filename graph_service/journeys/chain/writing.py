"""What the graph is to forget and to hold after some events came, went or moved; written in one transaction."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from graph_service.graph.store import Row, Work

Pair = tuple[str, str]  # (source, event_id)
Own = tuple[str, str, str]
LABELS = {"touch": "touch", "conversion": "conversion", "response": "signal", "milestone": "signal"}
CREATE = {
    "touch": "journeys.create_touches",
    "conversion": "journeys.create_conversions",
    "signal": "journeys.create_signals",
}
CARRY = {
    "touch": "journeys.carry_touches",
    "conversion": "journeys.carry_conversions",
    "signal": "journeys.carry_signals",
}
GROWN = (
    "closed_at",
    "window_end",
    "outcome",
    "touches",
    "value_usd",
    "last_order",
)  # what changes as a journey goes on
MOVE = {"touch": "journeys.move_touches", "conversion": "journeys.move_conversions", "signal": "journeys.move_signals"}
DROP = {
    "touch": "journeys.drop_touches",
    "conversion": "journeys.drop_conversions",
    "signal": "journeys.drop_signals",
}


@dataclass(slots=True)
class Difference:
    """Nodes and edges to drop, then nodes and edges to write, each list with the rows of one query."""

    drop: dict[str, set[Pair]] = field(default_factory=lambda: {"touch": set(), "conversion": set(), "signal": set()})
    drop_journeys: set[str] = field(default_factory=set)
    unlink: set[tuple[Pair, Pair]] = field(default_factory=set)
    hide: set[Pair] = field(default_factory=set)
    create: dict[str, list[Row]] = field(default_factory=lambda: {"touch": [], "conversion": [], "signal": []})
    carry: dict[str, list[Row]] = field(default_factory=lambda: {"touch": [], "conversion": [], "signal": []})
    move: dict[str, list[Row]] = field(default_factory=lambda: {"touch": [], "conversion": [], "signal": []})
    open: list[Row] = field(default_factory=list)
    start: list[Row] = field(default_factory=list)
    go_on: list[Row] = field(default_factory=list)
    extend: list[Row] = field(default_factory=list)
    close: list[Row] = field(default_factory=list)
    link: set[tuple[Pair, Pair]] = field(default_factory=set)
    show: list[Row] = field(default_factory=list)

    def bring(self, label: str, own: Pair, content: Row, identifiers: Sequence[Own]) -> None:
        """Note an event that is new, and what it carries."""
        (sort, scope, value), *further = identifiers
        row = {**content, "event": own, "identifier": identifiers[0], "sort": sort, "scope": scope, "value": value}
        if label == "touch":
            row["under"] = content["play"] or ""
        elif label == "signal":
            row["household"] = content["household_id"]
        self.create[label].append(row)
        self.carry[label] += [
            {"event": own, "identifier": one, "kind": one[0], "scope": one[1], "value": one[2]} for one in further
        ]

    def bind(self, label: str, own: Pair, household: str, journey: str | None) -> None:
        """Note that an event we hold belongs elsewhere now."""
        self.move[label].append({"event": own, "household_id": household, "journey_id": journey})

    async def write(self, work: Work) -> None:
        """Write it all: first what goes, then nodes, then edges between them."""
        await self._forget(work)
        await _run(work, "journeys.append_touches", rows=self.appended())
        for label in ("touch", "conversion", "signal"):
            await _run(work, CREATE[label], rows=self.create[label])
            await _run(work, CARRY[label], rows=self.carry[label])
            await _run(work, MOVE[label], rows=self.move[label])
        await _run(work, "journeys.open_journeys", rows=self.open)
        await _run(work, "journeys.start_journeys", rows=self.start)
        await _run(work, "journeys.continue_journeys", rows=self.go_on)
        await _run(work, "journeys.extend_journeys", rows=self.extend)
        await _run(work, "journeys.close_journeys", rows=self.close)
        await _run(work, "journeys.link_touches", rows=_linked(self.link))
        await _run(work, "journeys.show_signals", rows=self.show)

    def appended(self) -> list[Row]:
        """Take out the journeys that go on by one touch that is new: the usual case, cheaper as one statement."""
        created = {row["event"]: row for row in self.create["touch"]}
        single = {row["first"]: row for row in self.go_on if row["first"] == row["last"] and row["first"] in created}
        self.go_on = [row for row in self.go_on if row["first"] not in single]
        self.create["touch"] = [row for own, row in created.items() if own not in single]
        return [{**created[own], **row} for own, row in single.items()]

    async def _forget(self, work: Work) -> None:
        await _run(work, "journeys.drop_journeys", journeys=sorted(self.drop_journeys))
        await _run(work, "journeys.unlink_touches", rows=_linked(self.unlink))
        await _run(work, "journeys.hide_signals", signals=sorted(self.hide))
        for label, own in self.drop.items():
            await _run(work, DROP[label], events=sorted(own))


class Behind:
    """Statements of one transaction that the engine works on while what follows is planned, one at a time."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._task: asyncio.Task[Any] | None = None

    async def run(self, name: str, *, rows: Sequence[Row]) -> None:
        """Send a write on its way, once the one before is done. Raises what that one raised."""
        await self._done()
        if rows:
            self._task = asyncio.create_task(self._work.run(name, rows=rows))
            await asyncio.sleep(0)  # it goes out now, and not only when we have time again

    async def _done(self) -> None:
        task, self._task = self._task, None
        if task:
            await task

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: object, error: object, trace: object) -> None:
        if error is not None and self._task:  # the transaction is given up: nothing of it may be under way any more
            await asyncio.gather(self._task, return_exceptions=True)
        else:
            await self._done()


async def _run(work: Work, name: str, **params: Any) -> None:
    """Run a query that has something to do: a round trip for nothing costs as much as one for a hundred rows."""
    if any(params.values()):
        await work.run(name, **params)


def _linked(pairs: Iterable[tuple[Pair, Pair]]) -> list[Row]:
    return [{"before": before, "after": after} for before, after in sorted(pairs)]
