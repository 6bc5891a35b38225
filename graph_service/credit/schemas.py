"""What may be asked about credit, and what is answered: never a point without its interval."""

from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from graph_service.identity.schemas import QueryUsed

By = Literal["channel", "play"]
Method = Literal["markov", "shapley", "first", "last", "last_non_direct", "linear", "position", "time_decay"]
METHODS: tuple[Method, ...] = (
    "markov", "shapley", "first", "last", "last_non_direct", "linear", "position", "time_decay",
)  # fmt: skip
EVERY, OUTSIDE = "*", "-"
LONGEST_ID = 200


class Filters(BaseModel):
    """Which journeys are walked, and how far back."""

    model_config = ConfigDict(extra="forbid")

    zip: str | None = Field(None, max_length=20, description="Only homes in this ZIP.")
    as_of: AwareDatetime | None = Field(
        None, description="What had happened by this moment, with its zone; now if left out."
    )
    opened_from: AwareDatetime | None = Field(None, description="Only journeys opened at this moment or later.")
    opened_until: AwareDatetime | None = Field(None, description="Only journeys opened before this moment.")
    lookback_days: float | None = Field(
        None, gt=0, le=100_000, description="Touches so many days before the conversion, else before the last touch."
    )
    lookback_steps: int | None = Field(None, ge=1, le=100_000, description="And of these so many of the last.")
    open: bool = Field(True, description="Journeys that may still convert count as NULL; false leaves them out.")
    anonymous: bool = Field(False, description="Count households too that only events know.")
    order: int = Field(1, ge=0, le=4, description="Touches a state of the chain remembers; 0: by held-out likelihood.")


class Question(Filters):
    """How credit is to be divided."""

    method: Method = Field("markov", description="Each has its own estimand, which the answer repeats.")
    by: By | None = Field(None, description="channel or play; both if left out.")
    variant: Literal["redirect", "fail", "detour"] = Field("redirect", description="What removing means, for markov.")
    nulls: bool = Field(True, description="Whether the chain walks journeys without a conversion.")
    direct: Literal["keep", "drop", "last_non_direct"] = Field("keep", description="What becomes of direct touches.")
    transform: Literal["unique", "exposure", "first", "frequency"] = Field(
        "unique", description="How repeats count: each, in a row once, the first alone, the first with its number."
    )
    half_life_days: float = Field(7.0, gt=0, le=10_000, description="For time_decay.")


class TransitionsQuestion(Filters):
    """Which transitions are to be counted."""

    storm: str = Field(EVERY, max_length=LONGEST_ID, description="The storm; `*` for all journeys, `-` outside storms.")
    order: int = Field(1, ge=1, le=4, description="How many touches a state remembers.")
    by: Literal["channel", "play", "channel_play"] = Field("channel", description="What names a touch.")


class Earned(BaseModel):
    """What one channel or play earns; each figure with the ends of its 90 % interval."""

    name: str
    by: By
    share: float = Field(description="Of all conversions.")
    share_interval: tuple[float, float]
    conversions: float
    conversions_interval: tuple[float, float]
    value: float = Field(description="In USD.")
    value_interval: tuple[float, float]
    rank: int | None = Field(description="1 earns most; null for what nobody touched.")
    rank_interval: tuple[int, int] | None
    rank_held: float | None = Field(description="How often the rank stays the same when the data are drawn again.")


class Counts(BaseModel):
    """What was walked, and what was left out."""

    journeys: int = Field(description="Journeys in the answer.")
    conversions: int
    nulls: int = Field(description="Journeys that ended without a conversion, and open ones where these count.")
    open: int = Field(description="Journeys that may still convert, of known households or those counted.")
    open_counted: bool = Field(description="Whether they count as NULL, or are left out.")
    anonymous: int = Field(description="Journeys of households that only events know.")
    anonymous_counted: bool = Field(description="Whether they are in the answer.")


class CreditAnswer(BaseModel):
    """Who gets which credit, how sure is that, what does it mean, and where does it come from?"""

    storm_id: str
    zip: str | None
    as_of: str
    method: str = Field(description="As it was computed, such as markov_1_redirect.")
    estimand: str = Field(description="What a share says.")
    leaves_out: str = Field(description="What the intervals do not hold.")
    level: float = Field(description="How much the intervals hold, as a share.")
    channels: dict[str, float] = Field(
        description="Share of conversions by channel; with `unattributed` they sum to 1."
    )
    plays: dict[str, float] = Field(description="The same by play; `no_play` are touches without one.")
    uncertainty: dict[str, tuple[float, float]] = Field(
        description="The interval of every share above; a play that has a channel's name stands as `play:name`."
    )
    conversions: float
    value: float = Field(description="In USD.")
    counts: Counts
    earned: list[Earned] = Field(description="The same in full: conversions, value and rank too.")
    settings: dict[str, Any]
    fingerprint: str = Field(description="Hash of the rows it was computed from.")
    queries: list[QueryUsed]


class TouchCredit(BaseModel):
    """What one touch of a journey earns."""

    source: str
    event_id: str
    occurred_at: str
    channel: str
    play: str | None
    share: float
    share_interval: tuple[float, float]


class JourneyCredit(BaseModel):
    """How the conversion of one journey is divided among its touches."""

    journey_id: str
    storm_id: str
    household_id: str
    outcome: Literal["converted", "null", "open"]
    as_of: str
    method: str
    estimand: str
    leaves_out: str
    level: float
    channels: dict[str, float] = Field(description="Empty where there is no conversion to divide.")
    plays: dict[str, float]
    uncertainty: dict[str, tuple[float, float]]
    conversions: float
    value: float
    touches: list[TouchCredit]
    settings: dict[str, Any]
    queries: list[QueryUsed]


class Transition(BaseModel):
    """One step of the chain."""

    from_state: list[str] = Field(description="The last touches, oldest first; empty at START.")
    to_state: str = Field(description="The next touch, CONVERSION or NULL.")
    count: int
    value: float
    probability: float
    probability_interval: tuple[float, float] = Field(description="90 %, of the Dirichlet posterior of its row.")


class TransitionsAnswer(BaseModel):
    """The counted chain, row by row."""

    as_of: str
    order: int
    by: str
    transitions: list[Transition]
    counts: Counts
    queries: list[QueryUsed]


class RunRequest(Question):
    """A batch of credit to compute and keep."""

    storm_id: str = Field(
        min_length=1, max_length=LONGEST_ID, description="The storm; `*` for all, `-` outside storms."
    )
    methods: list[Method] = Field(["markov"], min_length=1, max_length=8, description="Computed one after the other.")
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"storm_id": "DFW_STORM_24", "methods": ["markov", "linear"]}}
    )


class KeptResult(BaseModel):
    """One method's answer, as it was when the run computed it."""

    method: str
    fingerprint: str
    model: dict[str, Any]
    answer: CreditAnswer


class RunAnswer(BaseModel):
    """A run of credit: how far it is, and what it kept."""

    run_id: str
    version: int = Field(description="The how-manieth run of this question, from 1.")
    state: Literal["running", "done", "failed"]
    progress: float = Field(description="0 to 1.")
    stage: str
    storm_id: str
    settings: dict[str, Any]
    started_at: str
    ended_at: str | None
    message: str | None = Field(description="Why it failed.")
    results: list[KeptResult]
    query: QueryUsed


class RunLine(BaseModel):
    """A run, without its results."""

    run_id: str
    version: int
    state: str
    progress: float
    storm_id: str
    started_at: str
    ended_at: str | None


class Runs(BaseModel):
    """The runs of a tenant, the latest first."""

    runs: list[RunLine]
    query: QueryUsed
