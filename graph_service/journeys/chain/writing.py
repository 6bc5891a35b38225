"""What the graph is to forget and to hold after some events came, went or moved; written in one transaction."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from graph_service.graph.store import Row, Work

Pair = tuple[str, str]  # (source, event_id)
Own = tuple[str, str, str]
LABELS = {"touch": "touch", "conversion": "conversion", "response": "signal", "milestone": "signal"}
RECORD = {
    "touch": "journeys.record_touches",
    "conversion": "journeys.record_conversions",
    "signal": "journeys.record_signals",
}
CARRY = {
    "touch": "journeys.carry_touches",
    "conversion": "journeys.carry_conversions",
    "signal": "journeys.carry_signals",
}
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
    record: dict[str, list[Row]] = field(default_factory=lambda: {"touch": [], "conversion": [], "signal": []})
    carry: dict[str, list[Row]] = field(default_factory=lambda: {"touch": [], "conversion": [], "signal": []})
    plays: list[Row] = field(default_factory=list)
    open: list[Row] = field(default_factory=list)
    storms: list[Row] = field(default_factory=list)
    extend: list[Row] = field(default_factory=list)
    start: list[Row] = field(default_factory=list)
    end: list[Row] = field(default_factory=list)
    close: list[Row] = field(default_factory=list)
    link: set[tuple[Pair, Pair]] = field(default_factory=set)
    show: list[Row] = field(default_factory=list)

    def carry_on(self, label: str, own: Pair, identifiers: Iterable[Own]) -> None:
        """Note what an event carries."""
        self.carry[label] += [
            {"event": own, "identifier": one, "kind": one[0], "scope": one[1], "value": one[2]} for one in identifiers
        ]

    async def write(self, work: Work) -> None:
        """Write it all: first what goes, then nodes, then edges between them."""
        await self._forget(work)
        for label in ("touch", "conversion", "signal"):
            await _run(work, RECORD[label], rows=self.record[label])
            await _run(work, CARRY[label], rows=self.carry[label])
        await _run(work, "journeys.play_touches", rows=self.plays)
        await _run(work, "journeys.open_journeys", rows=self.open)
        await _run(work, "journeys.place_journeys", rows=self.storms)
        await _run(work, "journeys.extend_journeys", rows=self.extend)
        await _run(work, "journeys.start_journeys", rows=self.start)
        await _run(work, "journeys.end_journeys", rows=self.end)
        await _run(work, "journeys.close_journeys", rows=self.close)
        await _run(work, "journeys.link_touches", rows=_linked(self.link))
        await _run(work, "journeys.show_signals", rows=self.show)

    async def _forget(self, work: Work) -> None:
        await _run(work, "journeys.drop_journeys", journeys=sorted(self.drop_journeys))
        await _run(work, "journeys.unlink_touches", rows=_linked(self.unlink))
        await _run(work, "journeys.hide_signals", signals=sorted(self.hide))
        for label, own in self.drop.items():
            await _run(work, DROP[label], events=sorted(own))


async def _run(work: Work, name: str, **params: Any) -> None:
    """Run a query that has something to do: a round trip for nothing costs as much as one for a hundred rows."""
    if any(params.values()):
        await work.run(name, **params)


def _linked(pairs: Iterable[tuple[Pair, Pair]]) -> list[Row]:
    return [{"before": before, "after": after} for before, after in sorted(pairs)]
