"""Random journeys written straight into the graph, and the same journeys as plain rows to reckon by hand."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from graph_service.graph.store import Store
from tests.ground import asked

BASE, DAY = 1_777_593_600_000, 86_400_000  # midnight of 1 May 2026
CHANNELS = ("door_knock", "call", "mail", "web", "direct")
PLAYS = (None, "storm_first", "call_back")
STORMS = ("dfw", "other", "")
ZIPS = ("75209", "75210", "")
NODES = {
    "Storm": "storms",
    "Journey": "journeys",
    "Touch": "touches",
    "Conversion": "conversions",
}


def moment(at: int) -> str:
    """Milliseconds since 1970 as the graph writes a moment."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass
class Journey:
    """One journey as a person would write it down: touches as (at, channel, play), and the conversion if any."""

    journey_id: str
    storm: str
    zip: str
    anonymous: bool
    window_end: int
    touches: list[tuple[int, str, str | None]] = field(default_factory=list)
    conversion: tuple[int, float] | None = None

    @property
    def opened(self) -> int:
        """When its first event happened."""
        return min([touch[0] for touch in self.touches] + ([self.conversion[0]] if self.conversion else []))


def drawn(seed: int, count: int = 40) -> list[Journey]:
    """So many random journeys; some convert untouched, some are of nobody known, some are open for long."""
    dice = random.Random(seed)
    journeys = []
    for number in range(count):
        start = BASE + dice.randrange(30) * DAY
        times = sorted(start + dice.randrange(40 * DAY) for _ in range(dice.randint(0, 6)))
        touches = [(at, dice.choice(CHANNELS), dice.choice(PLAYS)) for at in times]
        won = not touches or dice.random() < 0.4
        end = (times[-1] if times else start) + dice.randrange(10 * DAY)
        journeys.append(
            Journey(
                journey_id=f"j{number:03}",
                storm=dice.choice(STORMS),
                zip=dice.choice(ZIPS),
                anonymous=dice.random() < 0.2,
                window_end=BASE + dice.randrange(20, 140) * DAY,
                touches=touches,
                conversion=(end, float(dice.randrange(5, 20) * 1000)) if won else None,
            )
        )
    return journeys


async def written(store: Store, tenant: str, journeys: list[Journey]) -> None:
    """Bring these journeys into the graph, as threading would have left them."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in ("journeys", "touches", "conversions", "storms")}
    edges: dict[str, list[dict[str, str]]] = {"NEXT": [], "STARTS_WITH": [], "ENDS_WITH": [], "ENDED_IN": []}
    rows["storms"] = [_node(tenant, (storm,), storm_id=storm, name=storm) for storm in STORMS if storm]
    for journey in journeys:
        key = f"{tenant}/{journey.journey_id}"
        rows["journeys"].append(
            _node(
                tenant,
                (journey.journey_id,),
                journey_id=journey.journey_id,
                household_id=f"h-{journey.journey_id[1:3]}",  # ten journeys share a household
                storm_id=journey.storm,
                zip=journey.zip,
                anonymous=journey.anonymous,
                opened_at=moment(journey.opened),
                window_end=moment(journey.window_end),
                closed_at=moment(journey.conversion[0] if journey.conversion else journey.touches[-1][0]),
                outcome="converted" if journey.conversion else "null",
                value_usd=journey.conversion[1] if journey.conversion else 0.0,
            )
        )
        names = [f"{journey.journey_id}-{place}" for place in range(len(journey.touches))]
        for name, (at, channel, play) in zip(names, journey.touches, strict=True):
            when = {"at": at, "occurred_at": moment(at)}
            rows["touches"].append(
                _node(tenant, ("log", name), event_id=name, source="log", channel=channel, play=play, **when)
            )
        steps = [f"{tenant}/log/{name}" for name in names]
        edges["NEXT"] += [{"a": a, "b": b} for a, b in pairwise(steps)]
        if steps:
            edges["STARTS_WITH"].append({"a": key, "b": steps[0]})
            edges["ENDS_WITH"].append({"a": key, "b": steps[-1]})
        if journey.conversion:
            at, value = journey.conversion
            own = f"{journey.journey_id}-c"
            rows["conversions"].append(_node(tenant, ("log", own), event_id=own, source="log", at=at, value_usd=value))
            edges["ENDED_IN"].append({"a": key, "b": f"{tenant}/log/{own}"})
    for label, name in NODES.items():
        await asked(store, tenant, f"UNWIND $rows AS row CREATE (n:{label}) SET n = row", rows=rows[name])
    for kind, pairs in edges.items():
        labels = ("Touch" if kind == "NEXT" else "Journey", "Conversion" if kind == "ENDED_IN" else "Touch")
        statement = (
            f"UNWIND $rows AS row MATCH (a:{labels[0]} {{key: row.a}}) MATCH (b:{labels[1]} {{key: row.b}}) "
            f"CREATE (a)-[:{kind}]->(b)"
        )
        await asked(store, tenant, statement, rows=pairs)


def _node(tenant: str, own: tuple[str, ...], **rest: Any) -> dict[str, Any]:
    kept = {name: value for name, value in rest.items() if value is not None}
    return {"tenant": tenant, "key": "/".join((tenant, *own)), **kept}
