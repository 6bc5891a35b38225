"""The order of events, and how they become journeys: the pure part, alike for one event and for a whole history."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from operator import attrgetter

from graph_service.graph.keys import escape

RANK = {"conversion": "1"}  # at the same moment a touch comes before a conversion
NAMESPACE = uuid.UUID("6f1d5c0e-8a4b-5f7e-9c3d-2b1a0f9e8d7c")  # of journey ids
DAY_MS = 86_400_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILESTONES = ("lead", "inspection", "claim_filed")

# Words that the walk and credit use for themselves: a channel or play of such a name could not be told from them.
RESERVED = frozenset({"START", "CONVERSION", "NULL", "unattributed", "no_play"})

# The registry that every tenant has: channel -> other names that events use for it.
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "door_knock": ("door", "doors", "canvass", "canvassing", "knock"),
    "call": ("phone", "phone_call", "telephone", "calls"),
    "sms": ("text", "text_message", "texting"),
    "email": ("e_mail", "mailing_list", "newsletter"),
    "mail": ("direct_mail", "postcard", "letter", "flyer", "door_hanger"),
    "web": ("website", "site", "landing_page"),
    "direct": ("none", "typed_in"),
    "organic_search": ("seo", "organic"),
    "paid_search": ("sem", "cpc", "ppc", "search_ad"),
    "organic_social": ("social",),
    "paid_social": ("social_ad", "facebook_ads"),
    "display": ("display_ad", "banner", "programmatic"),
    "video": ("paid_video", "organic_video", "youtube"),
    "referral": ("referred", "word_of_mouth"),
    "yard_sign": ("sign", "signage"),
    "event": ("home_show", "fair"),
    "chat": ("live_chat", "webchat"),
    "radio": (),
    "tv": ("television",),
    "other": ("unassigned", "cross_network"),
}


@lru_cache(maxsize=100_000)
def moment(at: int) -> str:
    """Milliseconds since 1970 as ISO 8601 in UTC, of fixed width, so that texts sort as moments do."""
    return (EPOCH + timedelta(milliseconds=at)).isoformat(timespec="milliseconds")[:23] + "Z"


def milliseconds(when: datetime) -> int:
    """A moment with its time zone as whole milliseconds since 1970."""
    since = when - EPOCH
    return since.days * DAY_MS + since.seconds * 1000 + since.microseconds // 1000


@lru_cache(maxsize=100_000)
def read_moment(written: str) -> int:
    """ISO 8601 with a time zone as milliseconds since 1970. Raises ValueError."""
    return milliseconds(datetime.fromisoformat(written))


@lru_cache(maxsize=10_000)
def folded(name: str) -> str:
    """A channel's name as it is compared: lower case, words joined by `_`."""
    return "_".join("".join(letter if letter.isalnum() else " " for letter in name.lower()).split())


def channel_names(own: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """What every name and alias stands for: the registry, and the tenant's own words, which come first."""
    names = {alias: channel for channel, aliases in CHANNELS.items() for alias in (*aliases, channel)}
    names.update({channel: channel for channel in CHANNELS})
    names.update({folded(alias): channel for channel, aliases in own.items() for alias in aliases})
    names.update({channel: channel for channel in own})
    return names


@dataclass(frozen=True, slots=True)
class Event:
    """What threading needs to know of an event: what it is, and its place among all others."""

    source: str
    event_id: str
    kind: str
    at: int
    value_usd: float = 0.0
    order: str = ""

    def __post_init__(self) -> None:
        if not self.order:
            # joined by what sorts before every letter of a source, so that texts sort as the four values do
            written = f"{moment(self.at)} {RANK.get(self.kind, '0')} {self.source} {self.event_id}"
            object.__setattr__(self, "order", written)

    @property
    def own(self) -> tuple[str, str]:
        """Its own id: (source, event_id)."""
        return self.source, self.event_id


@dataclass(frozen=True, slots=True)
class Rule:
    """When a journey of one household for one storm ends: at the storm's last moment, else after days of silence."""

    idle_ms: int
    until: int | None = None

    def parts(self, before: Event, after: Event) -> bool:
        """Do two events that follow each other belong to different journeys? Only they themselves decide it."""
        if before.kind == "conversion":
            return True
        if self.until is not None and before.at <= self.until:
            return after.at > self.until
        return after.at - before.at > self.idle_ms

    def end_of(self, last: Event) -> int:
        """Until when a conversion could still end the journey whose last event this is."""
        if self.until is not None and last.at <= self.until:
            return self.until
        return last.at + self.idle_ms


@dataclass(frozen=True, slots=True)
class Head:
    """A journey as the graph holds it, without its inner touches; `last` is its last event."""

    journey_id: str
    storm_id: str
    first_order: str
    opened_at: str
    touches: int
    last: Event
    zip: str


@dataclass(slots=True)
class Thread:
    """One journey: what comes after `head` where it continues one, else all of it."""

    touches: list[Event] = field(default_factory=list)
    conversion: Event | None = None
    head: Head | None = None

    @property
    def first(self) -> Event | None:
        """Its first event, where it begins here."""
        if self.head:
            return None
        return self.touches[0] if self.touches else self.conversion

    @property
    def last(self) -> Event:
        """Its last event."""
        if self.conversion:
            return self.conversion
        if self.touches:
            return self.touches[-1]
        assert self.head is not None, "a thread holds an event"
        return self.head.last

    def journey_id(self, tenant: str) -> str:
        """The journey's id: made from its first event, so that it stays while that stays."""
        return self.head.journey_id if self.head else journey_id(tenant, self.first)  # type: ignore[arg-type]


def journey_id(tenant: str, first: Event) -> str:
    """The id of the journey that begins with this event: a name-based UUID (RFC 9562, version 5)."""
    return str(uuid.uuid5(NAMESPACE, f"{tenant}/{escape(first.source)}/{escape(first.event_id)}"))


def thread(events: Iterable[Event], rule: Rule, head: Head | None = None) -> list[Thread]:
    """Which journeys do the touches and conversions of one household for one storm make?

    Events in any order; `head` is the journey before them, which they continue where nothing parts it from the first.
    """
    threads: list[Thread] = [Thread(head=head)] if head else []
    for event in sorted(events, key=attrgetter("order")):
        if not threads or rule.parts(threads[-1].last, event):
            threads.append(Thread())
        if event.kind == "conversion":
            threads[-1].conversion = event
        else:
            threads[-1].touches.append(event)
    return threads


@dataclass(frozen=True, slots=True)
class Storm:
    """A storm's window, in milliseconds since 1970; none while only events have named it."""

    storm_id: str
    start: int | None
    until: int | None


def storm_at(at: int, storms: Iterable[Storm]) -> str:
    """The storm that a moment belongs to: the latest-starting one whose window contains it, else ''."""
    open_then = [
        (storm.start, storm.storm_id)
        for storm in storms
        if storm.start is not None and storm.until is not None and storm.start <= at <= storm.until
    ]
    return max(open_then)[1] if open_then else ""


@dataclass(frozen=True, slots=True)
class Span:
    """Something that held from one day to another; open ends are empty."""

    value: str
    since: str
    until: str


def held_on(day: str, spans: Sequence[Span]) -> Span | None:
    """What held on a day: of those that cover it the latest begun, else the nearest in time.

    The days of a home or a membership are those on which somebody was seen, so the first stands for those before, too.
    """
    if not spans:
        return None
    covering = [span for span in spans if span.since <= day and (not span.until or day <= span.until)]
    if covering:
        return max(covering, key=lambda span: (span.since, span.value))
    past = [span for span in spans if span.until and span.until < day]
    if past:
        return max(past, key=lambda span: (span.until, span.value))
    return min(spans, key=lambda span: (span.since, span.value))
