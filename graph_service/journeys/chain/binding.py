"""To which household does an event belong, and to which storm? By its identifiers, at the moment it happened."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from graph_service.graph import keys
from graph_service.graph.store import Work
from graph_service.identity.model import KINDS, Found, Lead, answer_of
from graph_service.journeys import model
from graph_service.journeys.chain.arrivals import Own

MOST_PERSONS = 100  # per identifier: one that leads to more decides nothing
PLACED = {"address", "property_id"}
# An unknown household is held by the identifier that says most about who it is.
STEADY = {kind: rank for rank, kind in enumerate(
    ("crm_id", "email", "phone", "cookie_id", "device_id", "property_id", "address")
)}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ask:
    """What binding needs to know of an event."""

    identifiers: tuple[Own, ...]
    at: int
    storm_id: str | None


@dataclass(frozen=True, slots=True)
class Bond:
    """The household and the storm ('' for none) of an event; `unknown` is the identifier of an anonymous household."""

    household_id: str
    storm_id: str
    unknown: Own | None = None


@dataclass(slots=True)
class Path:
    """How an identifier leads to a person, and the households of that person."""

    person_id: str
    strength: float
    records: int
    spans: list[model.Span] = field(default_factory=list)


@dataclass(slots=True)
class Surroundings:
    """What the graph says around some events: who their identifiers lead to, where these live, which storms came."""

    tenant: str
    secret: bytes
    leads: dict[Own, dict[str, Path]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    places: dict[Own, list[str]] = field(default_factory=dict)
    homes: dict[str, list[model.Span]] = field(default_factory=dict)
    zips: dict[str, str] = field(default_factory=dict)
    storms: dict[str, list[model.Storm]] = field(default_factory=dict)
    windows: dict[str, model.Storm] = field(default_factory=dict)

    async def read(self, work: Work, asks: Sequence[Ask]) -> None:
        """Read all that binding these events needs."""
        identifiers = list({own for ask in asks for own in ask.identifiers})
        await self._read_leads(work, identifiers)
        await self._read_places(work, [own for own in identifiers if own[0] in PLACED])
        await self.read_homes(work, self.versions)
        await self.read_windows(work, {ask.storm_id for ask in asks if ask.storm_id})

    async def _read_leads(self, work: Work, identifiers: Sequence[Own]) -> None:
        own_of = {keys.compose(self.tenant, own): own for own in identifiers}
        [answer] = await work.run("journeys.leads", identifiers=identifiers)
        for identifier, person, household, version, strength, records, since, until in answer["leads"]:
            persons = self.leads.setdefault(own_of[identifier], {})
            path = persons.setdefault(person, Path(person, strength, records))
            path.spans.append(model.Span(household, since, until))
            self.versions[household] = version

    async def _read_places(self, work: Work, identifiers: Sequence[Own]) -> None:
        if not identifiers:
            return
        own_of = {keys.compose(self.tenant, own): own for own in identifiers}
        for row in await work.run("journeys.places", identifiers=identifiers):
            self.places[own_of[row["identifier"]]] = row["properties"]
        for own in identifiers:  # a building that is not in any record goes by its register number, or its address
            self.places.setdefault(own, [own[2]])

    async def read_homes(self, work: Work, households: Iterable[str]) -> None:
        """Read where these households live, from when to when, and which storms came over the buildings."""
        wanted = [own for own in households if own not in self.homes]
        self.homes.update({own: [] for own in wanted})
        answers = await work.run("journeys.homes", households=wanted) if wanted else []
        for household, building, code, since, until, *storm in (home for one in answers for home in one["homes"]):
            span = model.Span(building, since, until)
            spans = self.homes[household]
            if span not in spans:
                spans.append(span)
            self.zips[building] = code
            self._note(building, [storm] if storm[0] is not None else [])
        buildings = sorted({one for places in self.places.values() for one in places} - self.storms.keys())
        for row in await work.run("journeys.exposures", properties=buildings) if buildings else []:
            self.zips[row["property_id"]] = row["zip"]
            self._note(row["property_id"], row["storms"])
        self.storms.update({one: [] for one in buildings if one not in self.storms})

    def _note(self, building: str, storms: Iterable[Sequence[str | None]]) -> None:
        """Note that these storms came over a building."""
        known = self.storms.setdefault(building, [])
        for storm_id, start, until in storms:
            storm = model.Storm(str(storm_id), _ms(start), _ms(until))
            self.windows[storm.storm_id] = storm
            if storm not in known:
                known.append(storm)

    async def read_windows(self, work: Work, storms: Iterable[str]) -> None:
        """Read the windows of these storms."""
        wanted = [storm for storm in storms if storm and storm not in self.windows]
        if wanted:
            for row in await work.run("journeys.storm_windows", storms=wanted):
                self.windows[row["storm_id"]] = model.Storm(row["storm_id"], _ms(row["from"]), _ms(row["until"]))

    def bind(self, ask: Ask) -> Bond:
        """The household and storm of an event."""
        day = model.moment(ask.at)[:10]
        household_id = _household_of([self._found(own, day) for own in ask.identifiers if own in self.leads])
        unknown = None
        if household_id is None:
            unknown = min(ask.identifiers, key=lambda own: (STEADY.get(own[0], len(STEADY)), own))
            household_id = anonymous_id(self.secret, self.tenant, unknown)
            self.homes[household_id] = [model.Span(place, "", "") for place in self.places.get(unknown, [])]
        return Bond(household_id, ask.storm_id or self._storm_of(household_id, ask.at), unknown)

    def _found(self, own: Own, day: str) -> Found:
        """The persons an identifier leads to, each with its household of that day; for a place who lived there then."""
        leads = []
        for path in self.leads[own].values():
            span = model.held_on(day, path.spans)
            if span:
                leads.append(Lead(path.person_id, span.value, path.strength, path.records))
        places = self.places.get(own)
        if places and KINDS[own[0]].level != "person":
            there = [lead for lead in leads if self._home(lead.household_id, day) in places]
            leads = there or leads
        leads.sort(key=lambda lead: (-lead.strength, lead.person_id))
        return Found(len(leads), tuple(leads[:MOST_PERSONS]))

    def _home(self, household_id: str | None, day: str) -> str | None:
        span = model.held_on(day, self.homes.get(household_id or "", []))
        return span.value if span else None

    def _storm_of(self, household_id: str, at: int) -> str:
        home = self._home(household_id, model.moment(at)[:10])
        return model.storm_at(at, self.storms.get(home, [])) if home else ""

    def zip_of(self, household_id: str, at: int) -> str:
        """The ZIP of a household's home at a moment; '' where unknown."""
        return self.zips.get(self._home(household_id, model.moment(at)[:10]) or "", "")

    def rule(self, storm_id: str, idle_ms: int) -> model.Rule:
        """When journeys for this storm end."""
        storm = self.windows.get(storm_id)
        return model.Rule(idle_ms, storm.until if storm else None)


def _household_of(found: Sequence[Found]) -> str | None:
    """The household that is meant; the usual case, one identifier of one person, needs no ranking."""
    if len(found) == 1 and found[0].persons == 1:
        return found[0].leads[0].household_id
    return answer_of(found).household_id


def anonymous_id(secret: bytes, tenant: str, identifier: Own) -> str:
    """The id of the household that only this identifier is known of; it does not betray the identifier."""
    sealed = hmac.new(secret, keys.compose(tenant, identifier).encode(), hashlib.sha256).hexdigest()
    return f"anonymous-{sealed[:32]}"


@lru_cache(maxsize=10_000)
def _ms(written: str | None) -> int | None:
    return model.read_moment(written) if written else None
