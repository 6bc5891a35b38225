"""What events look like, and what the journeys room answers."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from graph_service.identity.schemas import GivenIdentifier, QueryUsed

MOST_EVENTS = 1000
LONGEST_ID = 200
LONGEST_ATTRIBUTES = 10_000
Kind = Literal["touch", "response", "milestone", "conversion"]
OwnId = Field(min_length=1, max_length=LONGEST_ID)


class Event(BaseModel):
    """Something that happened between the contractor and a household."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    event_id: str = Field(min_length=1, max_length=LONGEST_ID, description="Its id in its source.")
    source: str = Field(pattern=r"^[a-z0-9_.-]{1,64}$", description="The system it comes from.")
    occurred_at: AwareDatetime | None = Field(None, description="When it happened, with its time zone.")
    kind: Kind | None = Field(None, description="touch, response, milestone or conversion.")
    milestone: Literal["lead", "inspection", "claim_filed"] | None = None
    direction: Literal["outbound", "inbound"] | None = None
    channel: str | None = Field(None, max_length=100, description="A channel of the registry, or an alias of one.")
    play_id: str | None = Field(None, min_length=1, max_length=LONGEST_ID, description="The sales tactic, if any.")
    identifiers: list[GivenIdentifier] = Field(default_factory=list, max_length=20)
    storm_id: str | None = Field(None, min_length=1, max_length=LONGEST_ID, description="The storm, where known.")
    value_usd: float | None = Field(None, ge=0, allow_inf_nan=False, description="What a conversion is worth.")
    attributes: dict[str, Any] = Field(default_factory=dict, description="Whatever else the source says.")
    retracts: str | None = Field(
        None, min_length=1, max_length=LONGEST_ID, description="The event_id, of this source, that is taken back."
    )


EXAMPLE: dict[str, Any] = {
    "event_id": "c-1001",
    "source": "calls",
    "occurred_at": "2026-05-04T15:12:00-05:00",
    "kind": "touch",
    "direction": "inbound",
    "channel": "phone",
    "identifiers": [{"kind": "phone", "value": "214-555-2368"}],
}


def _as_documented() -> dict[str, Any]:
    """The schema of one event as a part of the OpenAPI document, which knows the identifiers already."""
    schema = Event.model_json_schema(ref_template="#/components/schemas/{model}")
    return {name: part for name, part in schema.items() if name != "$defs"}


class Events(BaseModel):
    """Up to 1,000 events; each is answered for itself, so a bad one keeps no other out."""

    events: list[dict[str, Any]] = Field(
        min_length=1,
        max_length=MOST_EVENTS,
        json_schema_extra={"items": _as_documented(), "example": [EXAMPLE]},
    )


class Taken(BaseModel):
    """What became of one event."""

    event_id: str | None
    source: str | None
    status: Literal["accepted", "unchanged", "superseded", "retracted", "rejected"]
    reason: str | None = Field(None, description="Why it was rejected.")
    household_id: str | None = Field(None, description="The household it is bound to.")
    journey_id: str | None = Field(None, description="The journey it is part of.")


class EventsAnswer(BaseModel):
    """What became of every event, in the order given."""

    accepted: int
    unchanged: int
    superseded: int
    retracted: int
    rejected: int
    events: list[Taken]


class Reached(BaseModel):
    """How far the households of a storm's journeys came."""

    households: int = Field(description="With a journey for the storm.")
    responded: int = Field(description="Of these, answered.")
    leads: int
    inspections: int
    claims: int
    converted: int


class Way(BaseModel):
    """A way from first touch to signature."""

    path: list[str] = Field(description="The channels in order; none where the signature came untouched.")
    conversions: int
    value_usd: float


class Duration(BaseModel):
    """How long it took from the first touch to the signature where a channel began, in days."""

    channel: str
    conversions: int
    least_days: float
    mean_days: float
    most_days: float


class Funnel(BaseModel):
    """What became of a storm's journeys."""

    storm_id: str
    reached: Reached
    top_paths: list[Way]
    time_to_conversion: list[Duration]
    queries: list[QueryUsed]


class Step(BaseModel):
    """One entry of a timeline or of a journey's chain."""

    kind: str = Field(description="touch, conversion, response or milestone.")
    occurred_at: str
    source: str
    event_id: str
    channel: str | None
    direction: str | None
    play_id: str | None
    milestone: str | None = None
    value_usd: float | None = None
    journey_id: str | None = None
    attributes: dict[str, Any] | None = Field(None, description="Shown with `pii:read` only.")


class Journey(BaseModel):
    """The ordered touches of one household for one storm, up to a conversion or to the end of the window."""

    journey_id: str
    household_id: str
    storm_id: str = Field(description="Empty where the journey belongs to no storm.")
    zip: str = Field(description="ZIP of the home when it opened; empty where unknown.")
    opened_at: str
    closed_at: str
    window_end: str
    outcome: Literal["converted", "null", "open"] = Field(
        description="open: no conversion yet, and its window is not over."
    )
    touches: int
    value_usd: float
    anonymous: bool = Field(description="True where only an identifier is known of the household.")


class Followed(BaseModel):
    """How far the journeys have followed what happened to persons and households."""

    run_id: str | None = Field(description="The last match run taken in.")
    position: str | None = Field(description="The last change taken in.")
    followed_at: str | None
    waiting: int = Field(description="Households whose journeys are to be derived again.")


class JourneyAnswer(Journey):
    """One journey with its chain."""

    chain: list[Step]
    queries: list[QueryUsed]


class Journeys(BaseModel):
    """The journeys of a household, the oldest first."""

    household_id: str
    requested_id: str
    journeys: list[Journey]
    followed: Followed
    query: QueryUsed


class Timeline(BaseModel):
    """Everything that happened between a household and the contractor, the oldest first."""

    household_id: str
    requested_id: str
    steps: list[Step]
    truncated: bool = Field(description="True where there are more than fit.")
    followed: Followed
    queries: list[QueryUsed]


class ChannelWords(BaseModel):
    """A channel of the tenant's own, or further names for one of the registry."""

    channel: str = Field(min_length=1, max_length=64)
    aliases: list[str] = Field(default_factory=list, max_length=100)


class Channels(BaseModel):
    """Every channel that events may name, with its aliases."""

    channels: list[ChannelWords]


class EventsReport(BaseModel):
    """What became of every row of event files: read = the sum of the other counts of events."""

    source: str
    read: int = 0
    accepted: int = 0
    unchanged: int = 0
    superseded: int = 0
    retracted: int = 0
    skipped: int = Field(0, description="Rows that the mapping leaves out, such as page views.")
    quarantined: int = Field(0, description="Rows that are no events, set aside with their reason.")
    seconds: float = 0.0
    mapping: str = Field("", description="The mapping used, as TOML.")
    notices: list[str] = []


class CatchUpReport(BaseModel):
    """What following the identities changed."""

    changes: int = Field(0, description="Changes of persons and households taken in.")
    households: int = Field(0, description="Households looked at.")
    moved: int = Field(0, description="Events that are bound elsewhere now.")
    followed: Followed | None = None

    def add(self, other: "CatchUpReport") -> None:
        """Count what another part of the work changed, too."""
        self.changes += other.changes
        self.households += other.households
        self.moved += other.moved
