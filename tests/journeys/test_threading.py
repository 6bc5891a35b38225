"""Events become journeys in the graph: late, twice, changed or taken back, as if threaded from scratch."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from graph_service.errors import BadInput
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store, Work
from graph_service.journeys import model, service
from graph_service.journeys.chain.arrivals import Arrival, Reader, Unfit
from graph_service.journeys.chain.binding import Surroundings
from graph_service.journeys.chain.splice import Splice, Stale
from graph_service.journeys.chain.threader import Threader
from graph_service.journeys.schemas import ChannelWords
from tests.ground import asked, emptied, lent, store_on
from tests.journeys import history
from tests.journeys.history import event, take, told

pytestmark = pytest.mark.engine
DAY = 24 * 60


class Room:
    """A tenant whose journeys a test makes."""

    def __init__(self, store: Store, tenant: str) -> None:
        self.store, self.tenant = store, tenant
        self.threader = Threader(store)

    async def take(self, *rows: dict[str, Any]) -> list[str]:
        """What became of these events."""
        return [fate.status for fate in await take(self.threader, self.tenant, *rows)]

    async def chains(self) -> list[tuple[str, str, list[str], str | None]]:
        """Per journey: household, storm, its touches in the order of NEXT, and its conversion."""
        state = await told(self.store, self.tenant)
        following = {row["key"]: row["next"] for row in state["touches"]}
        found = []
        for row in sorted(state["journeys"], key=lambda row: row["content"]["first_order"]):
            chain, at = [], row["first"]
            while at is not None:
                chain.append(at.split("/")[-1])
                last, at = at, following[at]
            assert not chain or last == row["last"]
            assert len(chain) == row["content"]["touches"]
            sold = row["conversion"] and row["conversion"].split("/")[-1]
            found.append((row["household"], row["content"]["storm_id"], chain, sold))
        return found


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    async with lent(engine) as tenant:
        yield store_on(engine), tenant


@pytest_asyncio.fixture(loop_scope="session")
async def room(ground: tuple[Store, str]) -> Room:
    store, tenant = ground
    await emptied(store, tenant)
    await history.settle(store, tenant, ("0", "bells", "P-1"), ("1", "bells", "P-1"), ("2", "kims", "P-2"))
    await history.storm(store, tenant, "hail", ("03-01", "03-20"), ["P-1"])
    return Room(store, tenant)


async def test_touches_of_a_household_for_a_storm_are_chained_up_to_the_conversion(room: Room) -> None:
    await room.take(event(1, 10), event(2, 20, "1"), event(3, 30, kind="conversion"), event(4, 40))
    assert await room.chains() == [("bells", "hail", ["e1", "e2"], "e3"), ("bells", "hail", ["e4"], None)]


async def test_one_by_one_or_shuffled_the_graph_is_the_same(room: Room) -> None:
    rows = [event(n, 10 * n, str(n % 3), kind="conversion" if n % 5 == 0 else "touch") for n in range(1, 16)]
    for row in rows:
        assert await room.take(row) == ["accepted"]
    in_order = await told(room.store, room.tenant)
    dice = random.Random(4)
    for _ in range(3):
        await emptied_of_events(room)
        dice.shuffle(rows)
        for start in range(0, len(rows), 4):
            await room.take(*rows[start : start + 4])
        assert await told(room.store, room.tenant) == in_order


@pytest.mark.parametrize("number", [1, 2, 3, 4], ids=["first touch", "touch between", "last touch", "conversion"])
async def test_an_event_corrected_where_it_stands_keeps_its_place_in_its_journey(room: Room, number: int) -> None:
    rows = [event(n, 10 * n, kind="conversion" if n == 4 else "touch") for n in range(1, 5)]
    await room.take(*rows)
    chains = await room.chains()
    assert chains == [("bells", "hail", ["e1", "e2", "e3"], "e4")]
    assert await room.take({**rows[number - 1], "attributes": {"agent": "jo"}}) == ["superseded"]
    assert await room.chains() == chains


async def test_the_same_event_changes_nothing_another_body_supersedes(room: Room) -> None:
    assert await room.take(event(1, 10), event(2, 20)) == ["accepted", "accepted"]
    before = await told(room.store, room.tenant)
    assert await room.take(event(2, 20), event(1, 10)) == ["unchanged", "unchanged"]
    assert await told(room.store, room.tenant) == before
    assert await room.take(event(1, 30)) == ["superseded"]
    assert await room.chains() == [("bells", "hail", ["e2", "e1"], None)]
    assert await room.take(event(2, 20, "2"), event(2, 20, kind="conversion")) == ["superseded", "superseded"]
    assert await room.chains() == [("bells", "hail", [], "e2"), ("bells", "hail", ["e1"], None)]


async def test_a_cancelled_contract_joins_what_it_had_parted(room: Room) -> None:
    await room.take(event(1, 10), event(2, 20, kind="conversion"), event(3, 30))
    cancel = {"event_id": "x2", "source": "test", "retracts": "e2"}
    assert await room.take(cancel) == ["retracted"]
    assert await room.chains() == [("bells", "hail", ["e1", "e3"], None)]
    assert await room.take(cancel, event(2, 20, kind="conversion")) == ["unchanged", "retracted"]
    assert await room.chains() == [("bells", "hail", ["e1", "e3"], None)]


async def test_a_retraction_that_comes_first_keeps_its_event_out(room: Room) -> None:
    cancel = {"event_id": "x1", "source": "test", "retracts": "e1"}
    assert await room.take(cancel) == ["accepted"]
    assert await room.take(event(1, 10)) == ["retracted"]
    assert await room.chains() == []


async def test_the_end_of_the_window_closes_a_journey_and_no_storm_is_one_too(room: Room) -> None:
    late = 25 * DAY
    await room.take(event(1, 10), event(2, late), event(3, 10, "2"), event(4, late + 1, storm_id="hail"))
    assert await room.chains() == [
        ("bells", "hail", ["e1"], None),
        ("kims", "", ["e3"], None),
        ("bells", "", ["e2"], None),
        ("bells", "hail", ["e4"], None),
    ]


async def test_days_of_silence_end_a_journey_outside_every_storm(room: Room) -> None:
    far = 100 * DAY
    await room.take(event(1, 0, "2"), event(2, far, "2", kind="conversion"))
    assert await room.chains() == [("kims", "", ["e1"], None), ("kims", "", [], "e2")]


async def test_a_storm_that_nobody_declared_still_has_its_journeys(room: Room) -> None:
    await room.take(event(1, 0, storm_id="unheard-of"))
    assert await room.chains() == [("bells", "unheard-of", ["e1"], None)]
    placed = await asked(
        room.store, room.tenant, "MATCH (:Journey {tenant: $t})-[:DURING]->(s) RETURN s.storm_id AS storm"
    )
    assert placed == [{"storm": "unheard-of"}]


async def test_unknown_identifiers_make_an_anonymous_household(room: Room) -> None:
    await room.take(event(1, 10, "77"), event(2, 20, "77"), event(3, 30, "78"))
    chains = await room.chains()
    assert [chain for _, _, chain, _ in chains] == [["e1", "e2"], ["e3"]]
    assert all(household.startswith("anonymous-") for household, *_ in chains)
    assert history.phone("77") not in str(chains)


async def test_responses_and_milestones_are_shown_and_part_no_chain(room: Room) -> None:
    await room.take(event(1, 10), event(2, 15, kind="milestone"), event(3, 16, kind="response"), event(4, 20))
    assert await room.chains() == [("bells", "hail", ["e1", "e4"], None)]
    state = await told(room.store, room.tenant)
    assert [row["household"] for row in state["signals"]] == ["bells", "bells"]


async def test_eight_writers_on_one_household_lose_nothing(room: Room) -> None:
    rows = [event(n, n, kind="conversion" if n % 10 == 0 else "touch") for n in range(1, 49)]
    random.Random(1).shuffle(rows)
    writers = [Threader(room.store) for _ in range(8)]
    await asyncio.gather(*(
        write(room, writer, rows[number::8]) for number, writer in enumerate(writers)
    ))  # fmt: skip
    there = await told(room.store, room.tenant)
    await emptied_of_events(room)
    await room.take(*sorted(rows, key=lambda row: row["occurred_at"]))
    assert await told(room.store, room.tenant) == there


async def write(room: Room, writer: Threader, rows: list[dict[str, Any]]) -> None:
    """One writer, an event at a time."""
    for row in rows:
        await take(writer, room.tenant, row)


async def emptied_of_events(room: Room) -> None:
    """Take all events and what was made of them away again."""
    await asked(
        room.store,
        room.tenant,
        "MATCH (n) WHERE n.tenant = $t AND (n:Touch OR n:Conversion OR n:Signal OR n:Journey OR n:Retraction) "
        "DETACH DELETE n",
    )


@pytest.mark.parametrize("play", sorted(model.RESERVED))
def test_a_play_that_a_walk_could_take_for_its_own_word_is_refused(play: str) -> None:
    read = Reader(model.channel_names({})).read(event(1, 10, play_id=play))
    assert isinstance(read, Unfit)
    assert play in read.reason
    assert isinstance(Reader(model.channel_names({})).read(event(1, 10, play_id=play + "-1")), Arrival)


@pytest.mark.parametrize("when", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+12:00", "1969-12-31T00:00:00Z"])
@pytest.mark.parametrize("more", [{}, {"retracts": "e2"}])
def test_an_event_outside_of_time_is_set_aside_alone(when: str, more: dict[str, str]) -> None:
    read = Reader(model.channel_names({})).read({**event(1, 10), "occurred_at": when, **more})
    assert isinstance(read, Unfit)
    assert "outside 1970 to 2200" in read.reason


async def test_a_channel_that_a_walk_could_take_for_its_own_word_is_refused(room: Room) -> None:
    for word in ("unattributed", "no_play", "start", "conversion", "null"):
        with pytest.raises(BadInput, match=word):
            await service.register_channel(room.store, room.tenant, ChannelWords(channel=word, aliases=[]))


def test_events_of_one_moment_are_in_the_order_of_their_sources() -> None:
    sources = ("a", "a-b", "a.b", "a1", "ab", "b")
    for kind in ("conversion", "touch"):
        events = [
            model.Event(source, number, kind, 0) for source in sources[::-1] for number in ("1", "1|2", "1 2", "2")
        ]
        in_order = sorted(events, key=lambda one: (one.source, one.event_id))
        assert sorted(events, key=lambda one: one.order) == in_order


async def test_a_household_that_is_erased_while_events_are_bound_to_it_is_looked_up_again(room: Room) -> None:
    async def act(work: Work) -> None:
        around = Surroundings(room.tenant, b"secret", versions={"erased": 1, "bells": 1})
        await Splice(work, around, idle_ms=1).lock(["bells", "erased"])

    with pytest.raises(Stale):
        await room.store.work(room.tenant, act)
