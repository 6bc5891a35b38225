"""Whatever happens in whatever order, the graph equals the one built from scratch from the sorted events.

hypothesis draws the steps: events come late, twice, changed, taken back; persons move, strangers become known, storms
and exposures change.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Coroutine
from typing import Any, ClassVar, TypeVar

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.journeys import jobs
from graph_service.journeys.chain.threader import Threader
from tests.ground import asked, emptied, lent, store_on
from tests.journeys import history
from tests.journeys.history import Row, event, take, told

T = TypeVar("T")
LIVES = int(os.environ.get("STORMGRAPH_LIVES", "200"))  # long histories: with 25 a fault was found by chance only
DAY = 24 * 60
HOUSEHOLDS = ("bells", "kims", "lees")
MOVE = """
MATCH (p:Person {key: $t + '/p' + $who})-[m:MEMBER_OF]->(:Household)
DELETE m
WITH p
MATCH (h:Household {key: $t + '/' + $household})
SET h.version = coalesce(h.version, 0) + 1
CREATE (p)-[:MEMBER_OF {from: '2026-01-01'}]->(h)
"""
KNOW = """
MATCH (h:Household {key: $t + '/' + $household})
MERGE (i:Identifier {key: $t + '/phone//' + $phone})
SET i.tenant = $t, i.kind = 'phone', i.scope = '', i.value = $phone
MERGE (p:Person {key: $t + '/p' + $who})
SET p.tenant = $t, p.person_id = 'p' + $who
WITH h, i, p
WHERE NOT (i)-[:IDENTIFIES]->(p)
CREATE (i)-[:IDENTIFIES {strength: 1.0, records: 1}]->(p)-[:MEMBER_OF {from: '2026-01-01'}]->(h)
"""
WINDOW = "MATCH (s:Storm {key: $t + '/' + $storm}) SET s.from = $start, s.until = $until"
EXPOSE = """
MATCH (b:Property {key: $t + '/' + $home}), (s:Storm {key: $t + '/' + $storm})
WHERE NOT (b)-[:EXPOSED_TO]->(s)
CREATE (b)-[:EXPOSED_TO]->(s)
"""
FORGET = """
MATCH (n)
WHERE n.tenant = $t AND (n:Touch OR n:Conversion OR n:Signal OR n:Journey OR n:Retraction)
DETACH DELETE n
"""
KIND_OF = {5: "conversion", 6: "milestone"}
KINDS = st.sampled_from(["touch", "touch", "touch", "touch", "conversion", "response", "milestone"])
EVENTS = st.lists(
    st.tuples(
        st.integers(0, 25),
        st.integers(0, 60).map(lambda step: step * DAY // 2),
        st.integers(0, 5).map(str),
        KINDS,
        st.sampled_from([None, None, None, "hail", "wind", "unheard-of"]),
    ),
    min_size=2,
    max_size=8,
)


class History(RuleBasedStateMachine):
    """One tenant's events, and what happens to the people behind them."""

    store: ClassVar[Store]
    tenant: ClassVar[str]
    loop: ClassVar[asyncio.AbstractEventLoop]
    compared: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.threader = Threader(self.store)
        self.bodies: dict[str, Row] = {}
        self.retracted: dict[str, Row] = {}

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(timeout=120)

    def ask(self, statement: str, **params: Any) -> None:
        self.do(asked(self.store, self.tenant, statement, **params))

    @initialize()
    def begin(self) -> None:
        self.do(self._begin())

    async def _begin(self) -> None:
        await emptied(self.store, self.tenant)
        people = [("0", "bells", "P-1"), ("1", "bells", "P-1"), ("2", "kims", "P-2"), ("3", "lees", "P-3")]
        await history.settle(self.store, self.tenant, *people)
        await history.storm(self.store, self.tenant, "hail", ("03-01", "03-15"), ["P-1", "P-3"])
        await history.storm(self.store, self.tenant, "wind", ("03-10", "03-25"), ["P-1", "P-2"])
        rows = [event(n, n * n * 97 % (30 * DAY), str(n % 6), KIND_OF.get(n % 7, "touch")) for n in range(20)]
        self.bodies = {row["event_id"]: row for row in rows}
        await take(self.threader, self.tenant, *rows)

    @rule(drawn=EVENTS)
    def send(self, drawn: list[tuple[int, int, str, str, str | None]]) -> None:
        rows = [event(n, minute, who, kind, storm_id=storm) for n, minute, who, kind, storm in drawn]
        fates = self.do(take(self.threader, self.tenant, *rows))
        for row, fate in zip(rows, fates, strict=True):
            assert (fate.status == "retracted") == (row["event_id"] in self.retracted)
            if fate.status != "retracted":
                self.bodies[row["event_id"]] = row

    @rule(number=st.integers(0, 25))
    def retract(self, number: int) -> None:
        row = {"event_id": f"x{number}", "source": "test", "retracts": f"e{number}"}
        self.do(take(self.threader, self.tenant, row))
        self.bodies.pop(f"e{number}", None)
        self.retracted[f"e{number}"] = row

    @rule(who=st.integers(0, 3).map(str), household=st.sampled_from(HOUSEHOLDS))
    def move(self, who: str, household: str) -> None:
        self.ask(MOVE, who=who, household=household)
        self.do(jobs.catch_up(self.store, self.tenant, everything=True))

    @rule(who=st.integers(4, 5).map(str), household=st.sampled_from(HOUSEHOLDS))
    def become_known(self, who: str, household: str) -> None:
        self.ask(KNOW, who=who, household=household, phone=history.phone(who))
        self.do(jobs.catch_up(self.store, self.tenant, everything=True))

    @rule(storm=st.sampled_from(["hail", "wind"]), start=st.integers(1, 12), days=st.integers(1, 18))
    def shift(self, storm: str, start: int, days: int) -> None:
        window = {"start": f"2026-03-{start:02}T00:00:00.000Z", "until": f"2026-03-{start + days:02}T00:00:00.000Z"}
        self.ask(WINDOW, storm=storm, **window)
        self.do(jobs.catch_up(self.store, self.tenant, everything=True))

    @rule(home=st.sampled_from(["P-1", "P-2", "P-3"]), storm=st.sampled_from(["hail", "wind"]))
    def expose(self, home: str, storm: str) -> None:
        self.ask(EXPOSE, home=home, storm=storm)
        self.do(jobs.catch_up(self.store, self.tenant, everything=True))

    def teardown(self) -> None:
        self.do(self._compare())

    async def _compare(self) -> None:
        live = await told(self.store, self.tenant)
        await asked(self.store, self.tenant, FORGET)
        in_order = sorted(self.bodies.values(), key=lambda row: (row["occurred_at"], row["event_id"]))
        await take(self.threader, self.tenant, *self.retracted.values(), *in_order)
        scratch = await told(self.store, self.tenant)
        for name in live:
            assert live[name] == scratch[name], name
        History.compared += len(live["touches"])


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    async with lent(engine) as tenant:
        yield store_on(engine), tenant


async def lived(ground: tuple[Store, str], *, lives: int, steps: int) -> int:
    """So many histories of so many steps; how many touches they left that were compared."""
    store, tenant = ground
    before = History.compared
    machine = type("AHistory", (History,), {"store": store, "tenant": tenant, "loop": asyncio.get_running_loop()})
    bounds = settings(
        max_examples=lives, stateful_step_count=steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), derandomize=lives < 20, print_blob=True,
    )  # fmt: skip
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=bounds)
    return History.compared - before


@pytest.mark.engine
async def test_a_short_history(ground: tuple[Store, str]) -> None:
    assert await lived(ground, lives=5, steps=12) > 25


@pytest.mark.engine
@pytest.mark.siege
async def test_long_histories(ground: tuple[Store, str]) -> None:
    assert await lived(ground, lives=LIVES, steps=50) > 5 * LIVES
