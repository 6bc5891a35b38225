"""The journeys follow what happens to persons and households: match runs, changes, strangers who become known."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.journeys import jobs, service
from graph_service.journeys.chain.threader import Threader
from tests.ground import asked, emptied, lent, store_on
from tests.journeys import history
from tests.journeys.history import event, take, told
from tests.journeys.test_any_order import KNOW, MOVE

pytestmark = pytest.mark.engine
RUN = "CREATE (:Run {tenant: $t, key: $t + '/r-1', run_id: 'r-1', job: 'match', state: 'done'})"
CHANGE = """
CREATE (:Change {tenant: $t, key: $t + '/c-' + $who, change_id: 'c-' + $who, kind: 'person_moved', subject: 'p' + $who,
                 others: []})
CREATE (:Unplaced {tenant: $t, key: $t + '/c-' + $who})
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    async with lent(engine) as tenant:
        yield store_on(engine), tenant


@pytest_asyncio.fixture(loop_scope="session")
async def held(ground: tuple[Store, str]) -> tuple[Store, str]:
    """Two households with a touch each, and a stranger with one."""
    store, tenant = ground
    await emptied(store, tenant)
    await history.settle(store, tenant, ("0", "bells", "P-1"), ("2", "kims", "P-2"))
    await take(Threader(store), tenant, event(1, 10, "0"), event(2, 20, "2"), event(3, 30, "4"))
    return store, tenant


async def owners(store: Store, tenant: str) -> dict[str, str]:
    """The household of each event."""
    return {row["key"].split("/")[-1]: row["household"] for row in (await told(store, tenant))["touches"]}


async def test_a_match_run_that_knows_a_stranger_gives_the_household_its_events(held: tuple[Store, str]) -> None:
    store, tenant = held
    before = await owners(store, tenant)
    await asked(store, tenant, KNOW, who="4", household="kims", phone=history.phone("4"))
    await asked(store, tenant, RUN)
    report = await jobs.catch_up(store, tenant)
    assert (report.moved, await owners(store, tenant)) == (1, {**before, "e3": "kims"})
    stood = await asked(store, tenant, "MATCH (h:Household {key: $t + '/' + $own}) RETURN h.alias_of AS alias",
                        own=before["e3"])  # fmt: skip
    assert stood == [{"alias": "kims"}]
    again = await jobs.catch_up(store, tenant)
    assert (again.moved, again.households) == (0, 0)
    assert again.followed is not None
    assert again.followed.run_id == "r-1"


async def test_a_change_moves_the_events_of_those_it_concerns_and_of_nobody_else(held: tuple[Store, str]) -> None:
    store, tenant = held
    await jobs.catch_up(store, tenant, everything=True)
    await asked(store, tenant, MOVE, who="0", household="kims")
    await asked(store, tenant, CHANGE, who="0")
    report = await jobs.catch_up(store, tenant)
    assert (report.changes, report.moved) == (1, 1)
    assert (await owners(store, tenant))["e1"] == "kims"
    assert (await jobs.catch_up(store, tenant)).changes == 0


async def test_an_event_of_which_no_identifier_is_left_stays_where_it_is(held: tuple[Store, str]) -> None:
    store, tenant = held
    before = await owners(store, tenant)
    await asked(store, tenant, "MATCH (i:Identifier {tenant: $t}) DETACH DELETE i")
    assert (await jobs.catch_up(store, tenant, everything=True)).moved == 0
    assert await owners(store, tenant) == before
    assert (await service.followed(store, tenant)).waiting == 0


async def test_a_match_run_is_followed_where_events_were_ever_sent(ground: tuple[Store, str]) -> None:
    store, tenant = ground
    await emptied(store, tenant)
    assert await jobs.follow_match(store, tenant) is None
    await history.settle(store, tenant, ("0", "bells", "P-1"))
    await take(Threader(store), tenant, event(1, 10, "4"))
    await asked(store, tenant, KNOW, who="4", household="bells", phone=history.phone("4"))
    await asked(store, tenant, RUN)
    followed = await jobs.follow_match(store, tenant)
    assert followed is not None
    assert (followed.moved, await owners(store, tenant)) == (1, {"e1": "bells"})


async def test_a_newcomer_who_was_a_stranger_is_followed_without_a_match_run(held: tuple[Store, str]) -> None:
    store, tenant = held
    await jobs.catch_up(store, tenant, everything=True)
    before = await owners(store, tenant)
    assert before["e3"].startswith("anonymous-")
    await asked(store, tenant, KNOW, who="4", household="kims", phone=history.phone("4"))
    assert (await jobs.catch_up(store, tenant)).moved == 1
    assert await owners(store, tenant) == {**before, "e3": "kims"}
    assert (await jobs.catch_up(store, tenant)).moved == 0
