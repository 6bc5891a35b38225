"""Whatever callers do over HTTP, in whatever order, the service tells what a plain model in memory says it must.

hypothesis draws the steps: rows arrive and change, are linked, judged, merged, split, taken back; the service restarts.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, ClassVar, TypeVar

import httpx
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from graph_service.app import create_app
from graph_service.graph.engines import Engine
from tests.doors import Door, door
from tests.ground import asked, person
from tests.hostile.plain import Key, Plain, Row, Said, contradicts

__all__ = ["door"]
T = TypeVar("T")
FORGET_GRAPH = "MATCH (n) WHERE n.tenant = $t AND NOT n:Tenant AND NOT n:ApiKey DETACH DELETE n"
HUMANS, COPIES = 5, 2
HUMAN, COPY, AT = st.integers(0, HUMANS - 1), st.integers(0, COPIES - 1), st.integers(0, 10_000)
ROWS = st.lists(st.tuples(HUMAN, COPY, st.booleans()), min_size=1, max_size=4, unique_by=lambda row: row[:2])


class Served:
    """The service as long as it runs, on an engine that goes on."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.http: httpx.AsyncClient
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start it, and wait until it answers."""
        self._up, self._down = asyncio.Event(), asyncio.Event()
        self._running = asyncio.create_task(self._run())
        await self._up.wait()

    async def stop(self) -> None:
        """End it as an operator would."""
        self._down.set()
        if self._running:
            await self._running

    async def _run(self) -> None:
        app = create_app(self.engine.settings)  # type: ignore[attr-defined]
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://stormgraph", timeout=60) as self.http,
        ):
            self._up.set()
            await self._down.wait()


def email_of(human: int, copy: int, moved: bool) -> str:
    """The address that a row carries: that of the human being, or one of its own."""
    return f"new{human}{copy}@bell.com" if moved else f"ann{human}@bell.com"


class Use(RuleBasedStateMachine):
    """One tenant, its callers, and what they were told."""

    door: ClassVar[Door]
    served: ClassVar[Served]
    tenant: ClassVar[str]
    key: ClassVar[dict[str, str]]
    loop: ClassVar[asyncio.AbstractEventLoop]
    steps: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.plain = Plain()
        self.persons: dict[Key, str] = {}
        self.ids: set[str] = set()
        self.heard: list[str] = []
        self.cursor = ""

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(timeout=120)

    def ask(self, method: str, path: str, body: Any = None, *, wanted: int = 200) -> Any:
        """One request, which must be answered so."""
        answer = self.do(self.served.http.request(method, path, headers=self.key, json=body))
        assert answer.status_code == wanted, (method, path, body, answer.text)
        _, _, room, *rest = path.partition("?")[0].split("/")
        name = f"{rest[0].partition(':')[0] if room == 'identity' else room} {wanted}"
        self.steps[name] = self.steps.get(name, 0) + 1
        return answer.json()

    @initialize()
    def begin(self) -> None:
        self.do(asked(self.door.store, self.tenant, FORGET_GRAPH))
        self.restart()
        self.ingest([(human, copy, False) for human in range(3) for copy in range(COPIES)])

    @rule()
    def restart(self) -> None:
        self.do(self.served.stop())
        self.do(self.served.start())

    @rule(rows=ROWS)
    def ingest(self, rows: list[tuple[int, int, bool]]) -> None:
        sent = [{**person(11 * human), "record_id": f"{human}.{copy}", "email": email_of(human, copy, moved)}
                for human, copy, moved in rows]  # fmt: skip
        records = [{name: value for name, value in row.items() if name != "id"} for row in sent]
        told = self.ask("POST", "/v1/records", {"source": "crm", "records": records})["results"]
        for (human, _, _), row, one in zip(rows, sent, told, strict=True):
            key = ("crm", row["record_id"])
            assert one["outcome"] == self.plain.outcome(key, row["email"])
            self.plain.rows[key] = Row(human, row["email"])
        self.look()
        for row, one in zip(sent, told, strict=True):
            assert one["person_id"] == self.persons["crm", row["record_id"]]

    @rule(human=HUMAN, copy=COPY, moved=st.booleans())
    def resolve(self, human: int, copy: int, moved: bool) -> None:
        email = email_of(human, copy, moved)
        identifiers = {"identifiers": [{"kind": "email", "value": email}]}
        answer = self.ask("POST", "/v1/identity/resolve", identifiers)
        persons = {self.persons[key] for key in self.plain.carriers(email)}
        assert {one["person_id"] for one in answer["candidates"]} == persons
        assert answer["person_id"] == (min(persons) if len(persons) == 1 else None)
        assert answer["ambiguous"] == (len(persons) > 1)
        assert answer["evidence"][0]["found"] == bool(persons)
        self.ask("GET", f"/v1/identity/email:{email}", wanted=200 if persons else 404)

    @rule(human=HUMAN, copy=COPY, moved=st.booleans())
    def link(self, human: int, copy: int, moved: bool) -> None:
        email = email_of(human, copy, moved)
        body = {"property_id": f"P-{human}", "identifiers": [{"kind": "email", "value": email}]}
        persons = {self.persons[key] for key in self.plain.carriers(email)}
        answer = self.ask("POST", "/v1/identity/links", body, wanted=409 if len(persons) > 1 else 200)
        if len(persons) > 1:
            return
        key = (answer["row"]["source"], answer["row"]["record_id"])
        new = key not in self.plain.rows
        assert bool(answer["change_id"]) == (new and bool(persons))
        self.plain.rows[key] = Row(human, email)
        if answer["change_id"]:
            whole = frozenset(row for row, who in self.persons.items() if who in persons)
            self.plain.said.append(Said("", answer["change_id"], True, frozenset({key}), whole))
        self.look()
        assert answer["person_id"] == self.persons[key]

    @rule(one=AT, other=AT, same=st.booleans(), strange=st.integers(0, 9))
    def judge(self, one: int, other: int, same: bool, strange: int) -> None:
        left, right = self._row(one), ("crm", "nobody") if strange == 0 else self._row(other)
        if left != right:
            sides = {"left": [_named(left)], "right": [_named(right)]}
            body = {"verdict": "same" if same else "different", **sides}
            if right not in self.plain.rows:
                self.ask("POST", "/v1/identity/judgements", body, wanted=404)
                return
            self._by_hand("judgements", body, Said("", "", same, frozenset({left}), frozenset({right})))

    @rule(one=AT, other=AT)
    def merge(self, one: int, other: int) -> None:
        persons = [self.persons[self._row(at)] for at in (one, other)]
        body = {"persons": persons}
        if persons[0] == persons[1]:
            self.ask("POST", "/v1/identity/merge", body, wanted=409)
            return
        sides = [frozenset(key for key, who in self.persons.items() if who == each) for each in persons]
        self._by_hand("merge", body, Said("", "", True, sides[0], sides[1]))

    @rule(one=AT)
    def split(self, one: int) -> None:
        left = self._row(one)
        others = frozenset(key for key, who in self.persons.items() if who == self.persons[left]) - {left}
        body = {"person_id": self.persons[left], "rows": [_named(left)]}
        if not others:
            self.ask("POST", "/v1/identity/split", body, wanted=422)
            return
        self._by_hand("split", body, Said("", "", False, frozenset({left}), others))

    @rule(at=AT)
    def undo(self, at: int) -> None:
        both = [*self.plain.said, *self.plain.taken_back]
        if both:
            one = both[at % len(both)]
            rest = [other for other in self.plain.said if other is not one]
            refused = one in self.plain.taken_back or self.plain.later(one) or contradicts(rest)
            self.ask("POST", f"/v1/identity/undo/{one.change_id}", {}, wanted=409 if refused else 200)
            if not refused:
                self.plain.said = rest
                self.plain.taken_back.append(one)
                self.look()

    @rule(at=AT)
    def look_up(self, at: int) -> None:
        """An id that was ever told answers somebody who is there, with its rows."""
        own = sorted(self.ids)[at % len(self.ids)]
        told = self.ask("GET", f"/v1/persons/{own}")
        assert told["requested_id"] == own
        assert told["person_id"] == own or own not in self.persons.values()
        assert told["records"] == list(self.persons.values()).count(told["person_id"]) > 0
        home = self.ask("GET", f"/v1/households/{told['household_id']}/members")
        assert told["person_id"] in {member["person_id"] for member in home["members"]}
        self.ask("GET", f"/v1/persons/nobody-{at}", wanted=404)

    @rule()
    def follow(self) -> None:
        """The feed goes on where it was left, and tells nothing twice."""
        told = self.ask("GET", f"/v1/identity/changes?limit=1000&after={self.cursor}")
        self.cursor = told["next"]
        self.heard += [change["change_id"] for change in told["changes"]]
        assert len(self.heard) == len(set(self.heard))

    @invariant()
    def rows_that_must_be_one_person_are_and_others_are_not(self) -> None:
        for rows in self.plain.must_be_one_person():
            assert len({self.persons[key] for key in rows}) == 1, (rows, self.plain)
        for one, other in map(sorted, self.plain.must_not()):
            assert self.persons[one] != self.persons[other], (one, other, self.plain)

    def teardown(self) -> None:
        self.look()
        self.follow()
        assert {one.change_id for one in (*self.plain.said, *self.plain.taken_back)} <= set(self.heard)

    def look(self) -> None:
        """Whom every row describes, as a query of the library tells it."""
        params = {"records": sorted(map(list, self.plain.rows))}
        told = self.ask("POST", "/v1/queries/identity.rows_of_records", {"params": params})["rows"]
        assert {(row["source"], row["record_id"]): row["email"] for row in told} == {
            key: row.email for key, row in self.plain.rows.items()
        }
        assert len(told) == len(self.plain.rows)
        self.persons = {(row["source"], row["record_id"]): row["person_id"] for row in told}
        assert all(self.persons.values())
        self.ids |= set(self.persons.values())

    def _row(self, at: int) -> Key:
        rows = sorted(self.plain.rows)
        return rows[at % len(rows)]

    def _by_hand(self, verb: str, body: dict[str, Any], said: Said) -> None:
        """Judge, merge or split; refused where it contradicts, through a third row, what was said before."""
        refused = contradicts([*self.plain.said, said])
        told = self.ask("POST", f"/v1/identity/{verb}", body, wanted=409 if refused else 200)
        if not refused:
            self.plain.said.append(Said(told["judgement_id"], told["change_id"], said.same, said.left, said.right))
            self.look()


def _named(key: Key) -> dict[str, str]:
    return {"source": key[0], "record_id": key[1]}


async def used(door: Door, *, lives: int, steps: int) -> dict[str, int]:
    """So many lives of so many steps; how often each route was answered how."""
    slug = await door.tenant(empty=True)
    served = Served(door.engine)
    given = {"door": door, "tenant": slug, "key": await door.key(slug), "served": served, "steps": {}}
    machine = type("AUse", (Use,), {**given, "loop": asyncio.get_running_loop()})
    bounds = settings(
        max_examples=lives, stateful_step_count=steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), derandomize=lives < 10, print_blob=True,
    )  # fmt: skip
    try:
        await asyncio.to_thread(run_state_machine_as_test, machine, settings=bounds)
    finally:
        await served.stop()
    return given["steps"]


@pytest.mark.engine
async def test_a_little_use(door: Door) -> None:
    assert sum((await used(door, lives=3, steps=12)).values()) > 36


@pytest.mark.engine
@pytest.mark.siege
async def test_long_use(door: Door) -> None:
    answered = await used(door, lives=200, steps=50)
    print(answered)
    assert {"judgements 200", "judgements 404", "judgements 409", "links 200", "merge 200", "merge 409", "split 200",
            "undo 200", "undo 409"} <= answered.keys()  # fmt: skip
