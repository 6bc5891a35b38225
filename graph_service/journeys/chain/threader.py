"""Events are taken in and bound anew: each batch is one transaction that leaves the graph as if built from scratch."""

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from graph_service import moments
from graph_service.errors import Conflict
from graph_service.graph import keys
from graph_service.graph.store import Row, Store, Work
from graph_service.journeys import model
from graph_service.journeys.chain.arrivals import Arrival
from graph_service.journeys.chain.binding import Ask, Bond, Surroundings
from graph_service.journeys.chain.splice import Coming, Held, Splice, Stale, held_as
from graph_service.journeys.chain.writing import Pair
from graph_service.tenants.model import sealing_secret

T = TypeVar("T")
KNOWN = (
    "source", "event_id", "kind", "at", "value_usd", "household_id", "journey_id", "content_hash", "version",
    "retracted_by",
)  # fmt: skip
Status = Literal["accepted", "unchanged", "superseded", "retracted"]
ROOM = "journeys"
TURN_SECONDS = 20  # a writer that takes longer still loses nothing: the graph sees the collision
WAIT = (0.005, 0.03)  # seconds
TRIES = 20  # a household that is merged or moved while its events are written is read again


@dataclass(slots=True)
class Fate:
    """What became of an arrival."""

    status: Status
    household_id: str | None = None
    journey_id: str | None = None


@dataclass(slots=True)
class _Known:
    """What the graph, and the batch so far, say of one event id."""

    held: Held | None = None
    content_hash: str | None = None
    version: int = 0
    retracted_by: str | None = None
    latest: Arrival | None = None
    at: int = 0
    touched: bool = field(default=False)

    def meet(self, arrival: Arrival) -> Status:
        """The fate of one more arrival about this event id."""
        if arrival.retracts:
            return self._taken_back(arrival)
        if self.retracted_by is not None:
            return "retracted"
        if self.content_hash == arrival.content_hash:
            return "unchanged"
        fate: Status = "superseded" if self.content_hash is not None else "accepted"
        self.content_hash, self.latest, self.touched = arrival.content_hash, arrival, True
        self.version += 1
        return fate

    def _taken_back(self, arrival: Arrival) -> Status:
        if self.retracted_by is not None:
            return "unchanged"
        fate: Status = "retracted" if self.content_hash is not None else "accepted"
        self.retracted_by, self.at = arrival.event.event_id, arrival.event.at
        self.content_hash, self.latest, self.touched = None, None, True
        return fate


class Threader:
    """Takes events in for every tenant; one transaction at a time and tenant in this process, so that few conflict."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._secret = sealing_secret(store.settings)
        self._turns: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.taking = 0  # batches of events that are being taken in, of all tenants
        self._idle_ms = store.settings.journey_idle_days * model.DAY_MS

    async def take(self, tenant: str, arrivals: Sequence[Arrival]) -> list[Fate]:
        """Take events in: each new, changed or taken back one leaves every journey as if threaded from scratch."""
        if not arrivals:
            return []

        async def act(work: Work) -> list[Fate]:
            return await _Taking(work, tenant, self._secret, self._idle_ms).run(arrivals)

        self.taking += 1
        try:
            return await self._turn(tenant, act)
        finally:
            self.taking -= 1

    async def rebind(self, tenant: str, households: Iterable[str]) -> int:
        """Bind the events of these households anew, after persons, homes or storms changed; how many moved."""
        wanted = sorted(set(households))

        async def act(work: Work) -> int:
            return await _Rebinding(work, tenant, self._secret, self._idle_ms).run(wanted)

        return await self._turn(tenant, act)

    async def settled(self, tenant: str) -> bool:
        """Wait until who writes events now is done, so that what was bound by former leads is there to be found.

        False where nobody ever sent an event.
        """
        writing = None
        while whose := await self.store.read_one(tenant, "journeys.turn", own=ROOM):
            holder = whose["holder"]
            if holder is None or whose["held_until"] < model.moment(int(time.time() * 1000)):
                return True
            if holder != (writing := writing or holder):
                return True
            await asyncio.sleep(random.uniform(*WAIT))  # noqa: S311 - spreads writers, guards nothing
        return False

    async def _turn(self, tenant: str, act: Callable[[Work], Awaitable[T]]) -> T:
        async with self._turns[tenant]:  # writers of this process wait here, those of others at the graph
            holder = keys.mint()

            async def act_and_end(work: Work) -> T:
                answer = await act(work)
                work.post("journeys.end_turn", own=ROOM, holder=holder)
                return answer

            await self._wait(tenant, holder)
            try:
                return await self._tried(tenant, act_and_end)
            except BaseException:
                await self.store.write(tenant, "journeys.end_turn", own=ROOM, holder=holder)
                raise

    async def _wait(self, tenant: str, holder: str) -> None:
        """Wait for the turn of this writer. A writer that is gone holds it no longer than TURN_SECONDS."""
        while True:
            at = int(time.time() * 1000)
            present = model.moment(at)
            whose = await self.store.read_one(tenant, "journeys.turn", own=ROOM)  # asking disturbs nobody, taking does
            if whose is None or whose["holder"] is None or whose["held_until"] < present:
                turn = {"now": present, "until": model.moment(at + TURN_SECONDS * 1000)}
                if await self.store.write(tenant, "journeys.take_turn", own=ROOM, room=ROOM, holder=holder, **turn):
                    return
            await asyncio.sleep(random.uniform(*WAIT))  # noqa: S311 - spreads writers, guards nothing

    async def _tried(self, tenant: str, act: Callable[[Work], Awaitable[T]]) -> T:
        for _ in range(TRIES):
            try:
                return await self.store.work(tenant, act)
            except Stale:
                continue
        raise Conflict("The households of these events keep changing; send them again.")


class _Taking:
    """One transaction that takes a batch in."""

    def __init__(self, work: Work, tenant: str, secret: bytes, idle_ms: int) -> None:
        self.work, self.tenant = work, tenant
        self.around = Surroundings(tenant, secret)
        self.splice = Splice(work, self.around, idle_ms)

    async def run(self, arrivals: Sequence[Arrival]) -> list[Fate]:
        """The fate of each, in order."""
        asks = {one.content_hash: _ask(one) for one in arrivals if not one.retracts}
        await self.around.read(self.work, list(asks.values()))
        bonds = {own: self.around.bind(ask) for own, ask in asks.items()}
        await _make_room(self.work, bonds.values())
        await self.splice.lock(bond.household_id for bond in bonds.values())
        known = await self._known({one.target for one in arrivals})
        fates = [Fate(known[one.target].meet(one)) for one in arrivals]
        await self._splice(known, bonds)
        await self._remember_retractions(known)
        for arrival, fate in zip(arrivals, fates, strict=True):
            held = known[arrival.target].held
            standing = (held.household_id, held.journey_id) if held else (None, None)
            fate.household_id, fate.journey_id = self.splice.bound.get(arrival.target, standing)
            if fate.status == "retracted":
                fate.household_id = fate.journey_id = None
        return fates

    async def _known(self, events: set[Pair]) -> dict[Pair, _Known]:
        """What the graph holds of these events, their households locked."""
        rows = await self._rows_of(events)
        former = {row["household_id"] for row in rows if row["household_id"]} - self.splice.anonymous.keys()
        if former:  # what another wrote before we had the lock may have changed
            await self.splice.lock(former)
            rows = await self._rows_of(events)
        known = {own: _Known() for own in events}
        for row in rows:
            one = known[row["source"], row["event_id"]]
            one.retracted_by = row["retracted_by"]
            if row["kind"] is not None:
                one.held = held_as(row, self.splice.stored)
                one.content_hash, one.version = row["content_hash"], row["version"]
        return known

    async def _rows_of(self, events: set[Pair]) -> list[Row]:
        [answer] = await self.work.run("journeys.known_events", events=sorted(events))
        return [dict(zip(KNOWN, row, strict=True)) for row in answer["known"]]

    async def _splice(self, known: dict[Pair, _Known], bonds: dict[str, Bond]) -> None:
        changed = [one for one in known.values() if one.touched]
        gone = [one.held for one in changed if one.held]
        coming = []
        for one in changed:
            arrival = one.latest
            if arrival:
                content = {**arrival.content, "content_hash": arrival.content_hash, "version": one.version}
                bond = bonds[arrival.content_hash]
                coming.append(Coming(arrival.event, bond, content, arrival.identifiers))
        if gone or coming:
            await self.around.read_homes(self.work, self.splice.anonymous)
            await self.splice.apply(gone, coming)

    async def _remember_retractions(self, known: dict[Pair, _Known]) -> None:
        rows: list[Row] = [
            {"event": own, "content": {"source": own[0], "event_id": own[1], "retracted_by": one.retracted_by,
                                       "retracted_at": model.moment(one.at) if one.at else None}}
            for own, one in known.items()
            if one.touched and one.retracted_by is not None
        ]  # fmt: skip
        if rows:
            await self.work.run("journeys.retract_events", rows=rows)


class _Rebinding:
    """One transaction that binds the events of some households anew."""

    def __init__(self, work: Work, tenant: str, secret: bytes, idle_ms: int) -> None:
        self.work, self.tenant = work, tenant
        self.around = Surroundings(tenant, secret)
        self.splice = Splice(work, self.around, idle_ms)

    async def run(self, households: Sequence[str]) -> int:
        """How many events moved. One of which no identifier is left, after an erasure, stays where it is."""
        await self.splice.lock(households)
        held = await self._held(households)
        asks = [Ask(one.identifiers, one.event.at, one.given_storm) for one in held]
        await self.around.read(self.work, asks)
        bonds = [self.around.bind(ask) if ask.identifiers else None for ask in asks]
        await _make_room(self.work, [bond for bond in bonds if bond])
        await self.splice.lock(bond.household_id for bond in bonds if bond)
        await self.around.read_homes(self.work, self.splice.anonymous)
        gone, coming = [], []
        for one, bond in zip(held, bonds, strict=True):
            stays = bond is None or bond.household_id == one.household_id
            if bond is None or (stays and (one.label == "signal" or bond.storm_id == one.storm_id)):
                continue
            gone.append(one)
            coming.append(Coming(one.event, bond))
        await self.splice.apply(gone, coming, households)
        await self._retire(households, held, bonds)
        return len(coming)

    async def _held(self, households: Sequence[str]) -> list[Held]:
        journeys = [head.journey_id for household in households for head in self.splice.heads[household]]
        await self.splice.chain_of(journeys)
        held = [one for journey in journeys for one in self.splice.chains[journey]]
        rows = await self.work.run("journeys.household_signals", households=households)
        return held + [held_as(row, self.splice.stored) for row in rows]

    async def _retire(self, households: Sequence[str], held: Sequence[Held], bonds: Sequence[Bond | None]) -> None:
        """An anonymous household all of whose events went to others stands for the one that most of them went to."""
        went: dict[str, dict[str, int]] = {own: {} for own in households if self.splice.anonymous[own]}
        for one, bond in zip(held, bonds, strict=True):
            if one.household_id in went and bond:
                counts = went[one.household_id]
                counts[bond.household_id] = counts.get(bond.household_id, 0) + 1
        rows = [
            {"household": own, "alias_of": max(sorted(counts), key=counts.__getitem__)}
            for own, counts in went.items()
            if counts and own not in counts
        ]
        if rows:
            await self.work.run("journeys.merge_anonymous_households", rows=rows)


async def _make_room(work: Work, bonds: Iterable[Bond]) -> None:
    """Make the anonymous households that events are bound to."""
    unknown = sorted({bond.household_id for bond in bonds if bond.unknown})
    if unknown:
        rows = [{"household": own, "household_id": own, "created_at": moments.now()} for own in unknown]
        await work.run("journeys.make_anonymous_households", rows=rows)


def _ask(arrival: Arrival) -> Ask:
    return Ask(arrival.identifiers, arrival.event.at, arrival.content["storm_id"])
