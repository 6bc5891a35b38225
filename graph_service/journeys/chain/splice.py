"""Events that come, go or move are spliced into the chains of their households, in one transaction.

Whether two neighbouring events belong to one journey depends on these two alone, so a change reaches no further than
the journeys it falls into and their neighbours. An event behind all others continues the last journey unread.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from graph_service.graph.store import Row, Work
from graph_service.journeys import model
from graph_service.journeys.chain.binding import Ask, Bond, Surroundings
from graph_service.journeys.chain.writing import GROWN, LABELS, Behind, Difference, Own, Pair

PORTION = 100  # households whose events are written while those of as many others are planned


class Stale(Exception):
    """What was read before the households were locked has changed meanwhile: begin again."""


@dataclass(slots=True)
class Held:
    """An event as the graph holds it, the storm being that of its journey."""

    event: model.Event
    household_id: str
    journey_id: str | None = None
    storm_id: str = ""
    identifiers: tuple[Own, ...] = ()
    given_storm: str | None = None

    @property
    def label(self) -> str:
        """touch, conversion or signal."""
        return LABELS[self.event.kind]


@dataclass(slots=True)
class Coming:
    """An event on its way in; one that the graph holds already, and that only moves, has no content."""

    event: model.Event
    bond: Bond
    content: Row | None = None
    identifiers: tuple[Own, ...] = ()


@dataclass(slots=True)
class _Group:
    """What changes among the journeys of one household for one storm."""

    gone: list[model.Event] = field(default_factory=list)
    coming: list[model.Event] = field(default_factory=list)
    whole: bool = False


@dataclass(slots=True)
class Splice:
    """One transaction's work on the chains of some households."""

    work: Work
    around: Surroundings
    idle_ms: int
    heads: dict[str, list[model.Head]] = field(default_factory=dict)
    stored: dict[str, Row] = field(default_factory=dict)
    anonymous: dict[str, bool] = field(default_factory=dict)
    chains: dict[str, list[Held]] = field(default_factory=dict)
    bound: dict[Pair, tuple[str, str | None]] = field(default_factory=dict)
    _difference: Difference = field(default_factory=Difference)
    _old_links: set[tuple[Pair, Pair]] = field(default_factory=set)

    async def lock(self, households: Iterable[str]) -> None:
        """Keep others from these households until we are done, and read their journeys. Raises Stale."""
        wanted = sorted(set(households) - self.anonymous.keys())
        if not wanted:
            return
        for household in wanted:
            self.heads[household], self.anonymous[household] = [], household.startswith("anonymous-")
        [answer] = await self.work.run("journeys.lock_households", households=wanted)
        for household, kind, version, *journey in answer["held"]:
            if self.around.versions.get(household, version) != version:
                raise Stale
            self.anonymous[household] = kind == "anonymous"
            if journey[0] is not None:
                stored = self.stored[journey[0]] = _stored(household, journey)
                self.heads[household].append(_head(stored))
        there = {row[0] for row in answer["held"]}
        if any(household in self.around.versions for household in wanted if household not in there):
            raise Stale  # an identifier led to it, and it was erased since
        for household in wanted:
            self.heads[household].sort(key=lambda head: head.first_order)

    async def chain_of(self, journeys: Iterable[str]) -> None:
        """Read the events of these journeys."""
        wanted = sorted(set(journeys) - self.chains.keys())
        if not wanted:
            return
        self.chains.update({journey: [] for journey in wanted})
        for name in ("journeys.journey_touches", "journeys.journey_conversions"):
            for row in await self.work.run(name, journeys=wanted):
                self.chains[row["journey_id"]].append(held_as(row, self.stored))

    async def apply(self, gone: list[Held], coming: list[Coming], whole: Iterable[str] = ()) -> None:
        """Take these events out and those in, and write what follows from it.

        An event that is in both with no content moves. Households of `whole` are threaded anew from end to end.
        """
        moving = {one.event.own for one in coming if one.content is None}
        self._take_out(gone, moving)
        groups = self._groups(gone, coming, whole)
        await self.around.read_windows(self.work, {storm for _, storm in groups})
        slow = {own: self._stretch(own, group) for own, group in groups.items()}
        await self.chain_of(head.journey_id for heads in slow.values() if heads is not None for head in heads)
        await self._settle_unknown(own[0] for own, heads in slow.items() if heads)
        dropped = {one.event.own for one in gone if one.event.own not in moving}
        for own, stretch in slow.items():
            if stretch is not None:
                self._rethread(own, groups[own], stretch=stretch, dropped=dropped)
        plain = [own for own, stretch in slow.items() if stretch is None]
        if not gone and all(one.content is not None for one in coming):
            coming = await self._append_at_once(plain, groups, coming)
        else:
            for own in plain:
                self._append(own, groups[own])
        self._bring_in(coming)
        links = self._difference.link
        self._difference.link, self._difference.unlink = links - self._old_links, self._old_links - links
        await self._difference.write(self.work)

    async def _append_at_once(
        self, plain: list[tuple[str, str]], groups: Mapping[tuple[str, str], _Group], coming: list[Coming]
    ) -> list[Coming]:
        """Plan what only continues journeys, and write a portion of it while the next is planned; what else comes.

        Only where nothing goes or moves: then no statement has to run before these.
        """
        events: dict[tuple[str, str], list[Coming]] = {own: [] for own in plain}
        others: list[Coming] = []
        for one in coming:
            place = (one.bond.household_id, one.bond.storm_id)
            known = LABELS[one.event.kind] != "signal" and place in events
            (events[place] if known else others).append(one)
        async with Behind(self.work) as behind:
            for start in range(0, len(plain), PORTION):
                for own in plain[start : start + PORTION]:
                    self._append(own, groups[own])
                    self._bring_in(events[own])
                await behind.run("journeys.append_touches", rows=self._difference.appended())
        return others

    def _take_out(self, gone: list[Held], moving: set[Pair]) -> None:
        for held in gone:
            if held.event.own not in moving:
                self._difference.drop[held.label].add(held.event.own)
            elif held.label == "signal":
                self._difference.hide.add(held.event.own)

    def _groups(self, gone: list[Held], coming: list[Coming], whole: Iterable[str]) -> dict[tuple[str, str], _Group]:
        groups: dict[tuple[str, str], _Group] = {}
        for household in whole:
            for head in self.heads[household]:
                groups.setdefault((household, head.storm_id), _Group()).whole = True
        for held in gone:
            if held.label != "signal":
                groups.setdefault((held.household_id, held.storm_id), _Group()).gone.append(held.event)
        for one in coming:
            if LABELS[one.event.kind] != "signal":
                groups.setdefault((one.bond.household_id, one.bond.storm_id), _Group()).coming.append(one.event)
        return groups

    def _stretch(self, own: tuple[str, str], group: _Group) -> list[model.Head] | None:
        """The journeys that a change falls into, and their neighbours; None where it only continues the last one."""
        heads = self._heads(own)
        if group.whole:
            return heads
        orders = [event.order for event in (*group.gone, *group.coming)]
        first, last = min(orders), max(orders)
        if not group.gone and (not heads or first > heads[-1].last.order):
            return None
        reached = [n for n, head in enumerate(heads) if head.last.order >= first and head.first_order <= last]
        before = sum(head.last.order < first for head in heads)
        begin, end = (reached[0], reached[-1] + 1) if reached else (before, before)
        return heads[max(0, begin - 1) : end + 1]

    def _heads(self, own: tuple[str, str]) -> list[model.Head]:
        return [head for head in self.heads[own[0]] if head.storm_id == own[1]]

    def _append(self, own: tuple[str, str], group: _Group) -> None:
        heads = self._heads(own)
        rule = self.around.rule(own[1], self.idle_ms)
        for thread in model.thread(group.coming, rule, heads[-1] if heads else None):
            if thread.touches or thread.conversion:
                self._hold(own, thread, rule)

    def _rethread(self, own: tuple[str, str], group: _Group, *, stretch: list[model.Head], dropped: set[Pair]) -> None:
        old = {head.journey_id: [held.event for held in self.chains[head.journey_id]] for head in stretch}
        left = {event.own for event in group.gone}
        events = [event for chain in old.values() for event in chain if event.own not in left]
        rule = self.around.rule(own[1], self.idle_ms)
        threads = {t.journey_id(self.around.tenant): t for t in model.thread([*events, *group.coming], rule)}
        for journey, chain in old.items():
            self._old_links |= {pair for pair in _pairs(chain) if not dropped & set(pair)}
            thread = threads.get(journey)
            whole = dropped.isdisjoint(event.own for event in chain)  # with an event goes the journey's edge to it
            if thread and whole and _same(chain, thread) and self._content(own, thread, rule) == self.stored[journey]:
                self._difference.link |= set(_pairs(chain))
                self.bound.update({event.own: (own[0], journey) for event in chain})
                del threads[journey]
            else:
                self._difference.drop_journeys.add(journey)
        for thread in threads.values():
            self._hold(own, thread, rule)
        self._rename(old, left)

    def _rename(self, old: dict[str, list[model.Event]], left: set[Pair]) -> None:
        """Tell the events that stayed, but are in another journey now, which."""
        for journey, chain in old.items():
            for event in chain:
                now = self.bound.get(event.own)
                if event.own not in left and now is not None and now[1] != journey:
                    self._difference.bind(LABELS[event.kind], event.own, *now)

    def _hold(self, own: tuple[str, str], thread: model.Thread, rule: model.Rule) -> None:
        """Note what the graph must hold of a journey that is new, or longer than it was."""
        plan, content = self._difference, self._content(own, thread, rule)
        journey = content["journey_id"]
        chain = [event.own for event in thread.touches]
        ends = {"journey": journey, "first": chain[0], "last": chain[-1]} if chain else {"journey": journey}
        if thread.head:
            (plan.go_on if chain else plan.extend).append({name: content[name] for name in GROWN} | ends)
        else:
            plan.open.append({**content, "journey": journey, "household": own[0], "storm": own[1]})
            if chain:
                plan.start.append(ends)
        plan.link |= set(pairwise(chain))
        if thread.conversion:
            plan.close.append({"journey": journey, "conversion": thread.conversion.own})
        members = [*thread.touches, *([thread.conversion] if thread.conversion else [])]
        self.bound.update({event.own: (own[0], journey) for event in members})

    def _content(self, own: tuple[str, str], thread: model.Thread, rule: model.Rule) -> Row:
        """What a journey's node says."""
        household, storm = own
        head, last = thread.head, thread.last
        first = thread.first
        return {
            "journey_id": thread.journey_id(self.around.tenant),
            "storm_id": storm,
            "household_id": household,
            "zip": head.zip if head else self.around.zip_of(household, first.at if first else 0),
            "opened_at": head.opened_at if head else model.moment(first.at if first else 0),
            "closed_at": model.moment(last.at),
            "window_end": model.moment(rule.end_of(last)),
            "outcome": "converted" if thread.conversion else "null",
            "touches": (head.touches if head else 0) + len(thread.touches),
            "value_usd": thread.conversion.value_usd if thread.conversion else 0.0,
            "anonymous": self.anonymous[household],
            "first_order": head.first_order if head else (first.order if first else ""),
            "last_order": last.order,
        }

    async def _settle_unknown(self, households: Iterable[str]) -> None:
        """Find again where anonymous households live: only the identifiers of their events know it."""
        unknown = {own for own in households if self.anonymous[own] and not self.around.homes.get(own)}
        asks = [
            Ask(held.identifiers, held.event.at, held.given_storm)
            for chain in self.chains.values()
            for held in chain
            if held.household_id in unknown and held.identifiers
        ]
        if asks:
            await self.around.read(self.work, asks)
            for ask in asks:
                self.around.bind(ask)

    def _bring_in(self, coming: list[Coming]) -> None:
        plan = self._difference
        for one in coming:
            label, own = LABELS[one.event.kind], one.event.own
            household, journey = self.bound.setdefault(own, (one.bond.household_id, None))
            if one.content is not None:
                plan.bring(
                    label, own, {**one.content, "household_id": household, "journey_id": journey}, one.identifiers
                )
                continue
            plan.bind(label, own, household, journey)
            if label == "signal":
                plan.show.append({"household": household, "signal": own})


def _pairs(chain: list[model.Event]) -> list[tuple[Pair, Pair]]:
    touches = [event.own for event in chain if event.kind == "touch"]
    return list(pairwise(touches))


def _same(chain: list[model.Event], thread: model.Thread) -> bool:
    return chain == [*thread.touches, *([thread.conversion] if thread.conversion else [])]


WIDTH = len("2026-04-02T15:30:00.000Z")  # of a moment
STORED = (
    "journey_id", "storm_id", "zip", "opened_at", "closed_at", "window_end", "outcome", "touches", "value_usd",
    "anonymous", "first_order", "last_order",
)  # fmt: skip


def _stored(household: str, journey: list[Any]) -> Row:
    return {**dict(zip(STORED, journey, strict=True)), "household_id": household}


def _head(journey: Row) -> model.Head:
    order = journey["last_order"]
    written, rank, source, event_id = order.split(order[WIDTH], 3)  # by what it was joined
    kind = "conversion" if rank == model.RANK["conversion"] else "touch"
    last = model.Event(source, event_id, kind, model.read_moment(written), order=order)
    return model.Head(
        journey_id=journey["journey_id"], storm_id=journey["storm_id"], first_order=journey["first_order"],
        opened_at=journey["opened_at"], touches=journey["touches"], last=last, zip=journey["zip"],
    )  # fmt: skip


def held_as(row: Row, storms: Mapping[str, Row]) -> Held:
    """A row of an event that the graph holds; `storms` says for which storm its journey is."""
    event = model.Event(row["source"], row["event_id"], row["kind"], row["at"], value_usd=row.get("value_usd") or 0.0)
    journey = row.get("journey_id")
    carried = tuple(sorted((kind, scope, value) for kind, scope, value in row.get("identifiers", ())))
    return Held(
        event,
        row["household_id"],
        journey,
        storm_id=storms[journey]["storm_id"] if journey else "",
        identifiers=carried,
        given_storm=row.get("storm_id"),
    )
