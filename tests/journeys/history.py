"""Event histories for tests: people with identifiers, made-up events, and what the graph then holds of journeys."""

from collections.abc import Sequence
from typing import Any

from graph_service.graph.store import Store
from graph_service.journeys import model
from graph_service.journeys.chain.arrivals import Arrival, Reader
from graph_service.journeys.chain.threader import Fate, Threader
from tests.ground import asked

Row = dict[str, Any]
FAMILY = """
UNWIND $rows AS row
MERGE (h:Household {key: $t + '/' + row.household})
SET h.tenant = $t, h.household_id = row.household, h.kind = 'family', h.version = 1
MERGE (b:Property {key: $t + '/' + row.home})
SET b.tenant = $t, b.property_id = row.home, b.zip = row.zip
CREATE (p:Person {tenant: $t, key: $t + '/' + row.person, person_id: row.person, household_id: row.household})
CREATE (i:Identifier {tenant: $t, key: $t + '/phone//' + row.phone, kind: 'phone', scope: '', value: row.phone})
CREATE (i)-[:IDENTIFIES {strength: 1.0, records: 1}]->(p)-[:MEMBER_OF {from: '2026-01-01'}]->(h)
MERGE (h)-[l:LIVES_AT]->(b)
"""
STORM = """
MERGE (s:Storm {key: $t + '/' + $storm})
SET s.tenant = $t, s.storm_id = $storm, s.from = $start, s.until = $until
WITH s
UNWIND $homes AS home
MATCH (b:Property {key: $t + '/' + home})
CREATE (b)-[:EXPOSED_TO {sii: 50.0}]->(s)
"""
JOURNEYS = """
MATCH (h:Household)-[:TOOK]->(j:Journey)
WHERE j.tenant = $t
OPTIONAL MATCH (j)-[:STARTS_WITH]->(first:Touch)
OPTIONAL MATCH (j)-[:ENDS_WITH]->(last:Touch)
OPTIONAL MATCH (j)-[:ENDED_IN]->(c:Conversion)
OPTIONAL MATCH (j)-[:DURING]->(s:Storm)
RETURN h.household_id AS household, properties(j) AS content, first.key AS first, last.key AS last, c.key AS conversion,
       c.journey_id AS closed, c.household_id AS bought, s.storm_id AS storm
ORDER BY j.key
"""
TOUCHES = """
MATCH (t:Touch)
WHERE t.tenant = $t
OPTIONAL MATCH (t)-[:NEXT]->(u:Touch)
OPTIONAL MATCH (t)-[:UNDER]->(p:Play)
RETURN t.key AS key, t.order AS order, t.channel AS channel, t.household_id AS household, t.journey_id AS journey,
       t.content_hash AS content, u.key AS next, p.play_id AS play
ORDER BY key, next
"""
SIGNALS = """
MATCH (h:Household)-[:SHOWED]->(s:Signal)
WHERE s.tenant = $t
RETURN s.key AS key, h.household_id AS household, s.household_id AS said, s.content_hash AS content
ORDER BY key
"""
CARRIED = """
MATCH (e)-[:CARRIED]->(i:Identifier)
WHERE e.tenant = $t
RETURN e.key AS event, i.key AS identifier
ORDER BY event, identifier
"""
LEFT_OVER = """
MATCH (n)
WHERE n.tenant = $t AND (n:Journey OR n:Conversion OR n:Touch OR n:Signal) AND NOT (n)--()
RETURN n.key AS key ORDER BY key
"""
COUNTS = """
MATCH (n)
WHERE n.tenant = $t AND (n:Journey OR n:Conversion OR n:Touch OR n:Signal OR n:Retraction)
RETURN labels(n)[0] AS label, count(*) AS many ORDER BY label
"""


def event(number: int, minute: int, who: str = "0", kind: str = "touch", **said: Any) -> Row:
    """A made-up event, so many minutes after the first of March 2026."""
    row: Row = {
        "event_id": f"e{number}",
        "source": "test",
        "occurred_at": model.moment(model.read_moment("2026-03-01T00:00:00Z") + minute * 60_000),
        "kind": kind,
        "identifiers": [{"kind": "phone", "value": phone(who)}],
        **({"channel": "call"} if kind == "touch" else {}),
        **({"milestone": "lead"} if kind == "milestone" else {}),
        **({"value_usd": 100.0 * number} if kind == "conversion" else {}),
    }
    return {**row, **said}


def phone(who: str) -> str:
    """The phone number of somebody."""
    return f"+1214555{2300 + int(who):04}"


async def settle(store: Store, tenant: str, *people: tuple[str, str, str]) -> None:
    """People: (number, household, home); all homes stand in 75209."""
    rows = [
        {"person": f"p{number}", "household": household, "home": home, "zip": "75209", "phone": phone(number)}
        for number, household, home in people
    ]
    await asked(store, tenant, FAMILY, rows=rows)


async def storm(store: Store, tenant: str, storm_id: str, window: tuple[str, str], homes: Sequence[str]) -> None:
    """A storm over homes; its window are two days of 2026, as `03-01`."""
    start, until = (f"2026-{day}T00:00:00.000Z" for day in window)
    await asked(store, tenant, STORM, storm=storm_id, start=start, until=until, homes=list(homes))


def arrivals(rows: Sequence[Row]) -> list[Arrival]:
    """Rows as the room reads them; none may be unfit."""
    reader = Reader(model.channel_names({}))
    read = [reader.read(row) for row in rows]
    assert all(isinstance(one, Arrival) for one in read), read
    return [one for one in read if isinstance(one, Arrival)]


async def take(threader: Threader, tenant: str, *rows: Row) -> list[Fate]:
    """Send events in, all at once."""
    return await threader.take(tenant, arrivals(rows))


async def told(store: Store, tenant: str) -> dict[str, list[Row]]:
    """Everything of journeys that a tenant's graph holds; anonymous households included."""
    queries = {"journeys": JOURNEYS, "touches": TOUCHES, "signals": SIGNALS, "carried": CARRIED,
               "left over": LEFT_OVER, "counts": COUNTS}  # fmt: skip
    answer = {name: await asked(store, tenant, query) for name, query in queries.items()}
    for row in answer["journeys"]:
        assert row["content"].pop("tenant") == tenant
    assert not answer["left over"], answer["left over"]
    return answer
