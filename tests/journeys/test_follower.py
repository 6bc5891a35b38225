"""A served tenant's journeys follow by themselves what happens to persons and households."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import pytest_asyncio

from graph_service.errors import EngineUnavailable
from graph_service.graph.store import Row, Store
from graph_service.identity.live.news import News
from graph_service.identity.waiting import rounds
from graph_service.identity.waiting.acknowledge import acknowledge
from graph_service.identity.waiting.backlog import Backlog
from graph_service.identity.waiting.decide import waiting
from graph_service.journeys import follower as room
from graph_service.journeys import jobs, service
from graph_service.journeys.chain.threader import Threader
from graph_service.journeys.follower import Follower, following
from graph_service.lifecycle import service as lifecycle
from graph_service.lifecycle.schemas import MergeRequest
from graph_service.settings import Settings
from graph_service.tenants import service as tenants
from tests.doors import Door, door
from tests.ground import asked
from tests.identity.test_live import newcomer
from tests.journeys.history import event, phone

__all__ = ["door"]
pytestmark = pytest.mark.engine
PATIENCE = 60.0  # seconds; what is waited for comes within one or two
KIMS = {"full_name": "Sun Kim", "email": "sun@kim.org", "street_address": "9 Oak Ave", "zip": "75209"}
BELLS = {"full_name": "Ann Bell", "email": "ann@bell.com", "street_address": "77 Pine Rd", "zip": "75220"}
OWNERS = """
MATCH (h:Household)-[:TOOK]->(:Journey)-[:STARTS_WITH|NEXT*1..]->(e:Touch) WHERE e.tenant = $t
RETURN DISTINCT e.event_id AS event, h.household_id AS household
"""


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds; fail where it does not in good time."""
    async with asyncio.timeout(PATIENCE):
        while not await holds():
            await asyncio.sleep(0.05)


async def owners(store: Store, tenant: str) -> dict[str, str]:
    """The household of each touch, by the journey that it is part of."""
    return {row["event"]: row["household"] for row in await asked(store, tenant, OWNERS)}


class Town:
    """A tenant of the served app with two households, a touch each, and a stranger with one."""

    def __init__(self, door: Door, tenant: str, key: dict[str, str]) -> None:
        self.door, self.tenant, self.key, self.persons = door, tenant, key, dict[str, str]()

    async def post(self, path: str, body: Any = None) -> Any:
        """One request that must be answered well; sent again, as clients do, where a cold engine is too slow."""
        async with asyncio.timeout(2 * PATIENCE):
            answer = await self.door.ask("POST", path, self.key, body)
            while answer.status_code == 503:
                answer = await self.door.ask("POST", path, self.key, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def records(self, *rows: dict[str, str], wait: bool = True) -> list[Any]:
        """Rows taken in, or only acknowledged."""
        said = await self.post(f"/v1/records?wait={str(wait).lower()}", {"source": "crm", "records": rows})
        results: list[Any] = said["results"]
        self.persons |= {one["record_id"]: one["person_id"] for one in results}
        return results

    async def owners(self) -> dict[str, str]:
        """The household of each touch."""
        return await owners(self.door.store, self.tenant)

    async def followed(self, **wanted: str) -> bool:
        """Wait until these touches are those of these persons; then, does a look at everything find nothing to do?"""

        async def follow() -> bool:
            found = await self.owners()
            homes = {event: await self.household(row) for event, row in wanted.items()}
            return all(found.get(event) == home for event, home in homes.items())

        await until(follow)
        await self.settled()
        return (await jobs.catch_up(self.door.store, self.tenant, everything=True)).moved == 0

    async def strange(self, event: str) -> None:
        """Wait until a touch is nobody's that we know."""

        async def strange() -> bool:
            return (await self.owners()).get(event, "").startswith("anonymous-")

        await until(strange)

    async def settled(self) -> None:
        """Wait until the follower has nothing in hand."""
        follower: Follower = self.door.app.state.follower

        async def idle() -> bool:
            return follower.waiting == 0 and self.door.app.state.backlog.waiting == 0

        await until(idle)

    async def household(self, row: str) -> str:
        """The household of whom a row described when it came."""
        answer = await self.door.ask("GET", f"/v1/persons/{self.persons[row]}", self.key)
        return str(answer.json()["household_id"])


@pytest_asyncio.fixture(loop_scope="session")
async def town(door: Door) -> Town:
    tenant = await door.tenant(empty=True)
    town = Town(door, tenant, await door.key(tenant))
    await town.records(
        {"record_id": "kim", **KIMS, "phone": phone("1")}, {"record_id": "bell", **BELLS, "phone": phone("2")}
    )
    await town.post("/v1/events", {"events": [event(1, 10, "1"), event(2, 20, "2"), event(3, 30, "3")]})
    await town.settled()
    return town


async def test_a_merge_makes_one_journey_and_undone_two(town: Town) -> None:
    before = await town.owners()
    assert len(set(before.values())) == 3
    done = await town.post("/v1/identity/merge", {"persons": [town.persons["kim"], town.persons["bell"]]})
    await until(lambda: together(town, "e1", "e2"))
    assert await town.followed(e1="kim", e2="kim")
    told = await service.followed(town.door.store, town.tenant)
    assert int(told.position or 0) >= 1 and told.followed_at is not None
    await town.post(f"/v1/identity/undo/{done['change_id']}")
    await until(lambda: apart(town, "e1", "e2"))
    assert await town.followed(e1="kim", e2="bell")
    assert await town.owners() == before


async def together(town: Town, *events: str) -> bool:
    found = await town.owners()  # on the embedded engine a reader may find a chain while it is being threaded anew
    return found.keys() >= set(events) and len({found[one] for one in events}) == 1


async def apart(town: Town, *events: str) -> bool:
    found = await town.owners()
    return found.keys() >= set(events) and len({found[one] for one in events}) == len(events)


@pytest.mark.parametrize("wait", [True, False])
async def test_a_stranger_who_becomes_known_brings_its_journey(town: Town, wait: bool) -> None:
    assert (await town.owners())["e3"].startswith("anonymous-")
    await town.records({"record_id": "new", "full_name": "Otto Low", "phone": phone("3"), "zip": "75209"}, wait=wait)
    assert await town.followed(e3="new", e1="kim", e2="bell")


async def test_who_asks_for_somebody_unknown_and_has_them_made_is_followed(town: Town) -> None:
    fields = {"full_name": "Otto Low", "phone": phone("3"), "zip": "75209"}
    made = await town.post("/v1/identity/resolve", {"fields": fields, "create": True})
    town.persons["new"] = made["person_id"]
    assert await town.followed(e3="new")


async def test_a_value_that_a_row_loses_leads_nowhere_any_more(town: Town) -> None:
    await town.records({"record_id": "kim", **KIMS, "phone": phone("4")})
    await town.strange("e1")
    assert await town.followed(e2="bell")


async def test_who_shared_a_value_with_somebody_erased_keeps_it_alone(town: Town) -> None:
    otto = {"full_name": "Otto Low", "email": "otto@low.org", "street_address": "14 Elm St", "zip": "75209"}
    await town.records({"record_id": "two", **otto, "phone": phone("2")})
    await town.strange("e2")  # two households, none of them likelier
    erased = await town.door.ask("DELETE", f"/v1/persons/{town.persons['two']}", town.key)
    assert erased.status_code == 200, erased.text
    assert await town.followed(e2="bell")


async def test_events_beside_changes_of_identities_end_as_if_these_had_come_first(town: Town) -> None:
    async def events(sender: int) -> None:
        for at in range(8):
            rows = [event(100 + sender * 100 + at * 4 + who, 100 + at, str(who + 1)) for who in range(4)]
            await town.post("/v1/events", {"events": rows})

    async def identities() -> None:
        for _ in range(4):
            done = await town.post("/v1/identity/merge", {"persons": [town.persons["kim"], town.persons["bell"]]})
            await town.post(f"/v1/identity/undo/{done['change_id']}")

    async def newcomers() -> None:
        for who in ("3", "4"):
            await town.records({"record_id": f"new{who}", "full_name": f"Otto L{who}w", "phone": phone(who)})
            await town.records({"record_id": f"new{who}", "full_name": f"Otto L{who}w", "phone": phone("9")})

    await asyncio.gather(events(0), events(1), identities(), newcomers())
    assert await town.followed(e1="kim", e2="bell")


async def test_what_commands_changed_is_followed_by_a_new_process(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(town.door.engine, town.door.store.library, town.door.store.settings)  # of another process
    persons = [town.persons["kim"], town.persons["bell"]]
    await lifecycle.merge(store, town.tenant, MergeRequest(persons=persons, actor="jo", reason="", dry_run=False))
    assert await apart(town, "e1", "e2")
    async with following(store, Threader(store)):
        await until(lambda: together(town, "e1", "e2"))
    assert await town.followed(e1="kim", e2="kim")


async def test_a_tenant_without_events_is_left_alone(door: Door) -> None:
    tenant = await door.tenant(empty=True)
    town = Town(door, tenant, await door.key(tenant))
    await town.records({"record_id": "kim", **KIMS}, {"record_id": "bell", **BELLS})
    await town.post("/v1/identity/merge", {"persons": list(town.persons.values())})
    await town.settled()
    assert await asked(door.store, tenant, "MATCH (n) WHERE n.tenant = $t AND n:Follower RETURN n.key AS key") == []
    assert "stormgraph_tenants_to_follow " in (await door.http.get("/metrics")).text


async def test_an_engine_that_fails_is_asked_again_and_nothing_heard_is_lost(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed, follow = [], jobs.follow_news

    async def failing(threader: Threader, tenant: str, news: News, report: Any) -> None:
        if news and tenant == town.tenant and len(failed) < 2:
            failed.append(tenant)
            raise EngineUnavailable("away") if len(failed) == 1 else RuntimeError("something else")
        await follow(threader, tenant, news, report)

    monkeypatch.setattr(rounds, "PAUSE", 0.01)
    monkeypatch.setattr(jobs, "follow_news", failing)
    await town.records({"record_id": "new", "full_name": "Otto Low", "phone": phone("3"), "zip": "75209"})
    assert await town.followed(e3="new")
    assert len(failed) == 2


async def test_a_match_run_that_nobody_followed_is_followed_in_the_end(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(town.door.engine, town.door.store.library, town.door.store.settings)
    await asked(store, town.tenant, "CREATE (:Run {tenant: $t, key: $t + '/r-1', run_id: 'r-1', job: 'match', "
                                    "state: 'done'})")  # fmt: skip
    other = Follower(store, Threader(store))
    await other._sweep()
    assert not other._run_is_due(town.tenant)  # its own command is about to
    monkeypatch.setattr(room, "RUN_SECONDS", -1.0)
    await other._sweep()
    await other._one(town.tenant)
    assert (await service.followed(store, town.tenant)).run_id == "r-1"
    assert not other._run_is_due(town.tenant)


class Turns:
    """A store that is asked whose turn it is."""

    settings = Settings()

    def __init__(self, *holders: str | None) -> None:
        self.holders = list(holders)

    async def read_one(self, *_: Any, **__: Any) -> Row | None:
        """The next answer."""
        holder = self.holders.pop(0)
        return None if holder == "nobody ever" else {"holder": holder, "held_until": "2999-01-01T00:00:00.000Z"}


@pytest.mark.parametrize(
    ("holders", "settled"),
    [(["w-1", "w-1", None], True), (["w-1", "w-1", "w-2"], True), ([None], True), (["nobody ever"], False)],
)
async def test_events_that_are_being_written_are_waited_for(holders: list[str | None], settled: bool) -> None:
    turns = Turns(*holders)
    assert await Threader(cast(Store, turns)).settled("acme") == settled
    assert turns.holders == []


async def test_a_tenant_whose_graph_is_on_its_way_is_left_alone_until_it_is_there(town: Town) -> None:
    store, tenant = town.door.store, town.tenant
    await town.settled()
    before, told = await town.owners(), await service.followed(store, tenant)
    follower, backlog = Follower(store, Threader(store)), Backlog(store)
    async with tenants.arriving(store, tenant):
        request = MergeRequest(
            persons=[town.persons["kim"], town.persons["bell"]], actor="jo", reason="", dry_run=False
        )
        await lifecycle.merge(store, tenant, request)
        await acknowledge(store, tenant, [newcomer("late", email="late@example.com")])
        follower.wake(tenant)
        await follower._one(tenant)
        await follower._sweep()
        await backlog._sweep()
        assert (await town.owners(), await service.followed(store, tenant)) == (before, told)
        assert tenant not in follower._heard
        assert tenant not in backlog._open
    await backlog._sweep()
    assert tenant in backlog._open or await waiting(store, tenant) == 0  # the service's own may have been faster
    await follower._sweep()
    if tenant in follower._heard:
        await follower._one(tenant)
    found = await town.owners()
    assert found["e1"] == found["e2"] != found["e3"]
