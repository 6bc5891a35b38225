"""What is asked of the identity graph and what it answers, and how personal values show masked."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from graph_service.identity.model import KINDS

MOST_IDENTIFIERS = 20
MOST_ITEMS = 500
MOST_FIELDS = 40
LONGEST_VALUE = 500


def masked(kind: str, value: str) -> str:
    """A personal value as a caller without `pii:read` sees it: `j***@x.com`, `+1***1234`, `***||||75209`, `j***`."""
    if kind == "email":
        name, _, domain = value.rpartition("@")
        return f"{name[:1]}***@{domain}"
    if kind == "phone" and len(value) > 8:
        return f"{value[:2]}***{value[-4:]}"
    if value.count("|") == 4:  # street|unit|city|state|zip
        return "|".join(["***", "", *value.split("|")[2:]])
    return f"{value[:1]}***" if kind == "name" else "***"


def shown(kind: str, value: str) -> str:
    """A value as a caller without `pii:read` sees it: masked if its kind is personal, or not one that we know."""
    known = KINDS.get(kind)
    # A building without a register number goes by its address.
    an_address = kind == "property_id" and ("|" in value or " " in value)
    clear = known is not None and not known.personal and not an_address
    return value if clear else masked(kind, value)


class GivenIdentifier(BaseModel):
    """One identifier as the caller knows it; it is normalised as records were."""

    kind: str = Field(max_length=64, description="email, phone, address, device_id, cookie_id, crm_id, property_id.")
    value: str = Field(min_length=1, max_length=LONGEST_VALUE, description="The value, in any usual spelling.")
    scope: str = Field(
        "", max_length=100, description="The system whose ids these are, for kinds told apart by system."
    )


FieldName = Annotated[str, Field(max_length=64)]
FieldValue = Annotated[str, Field(max_length=LONGEST_VALUE)]


class ResolveItem(BaseModel):
    """Identifiers of somebody."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"identifiers": [{"kind": "email", "value": "jane@example.com"}]}}
    )
    identifiers: list[GivenIdentifier] = Field(min_length=1, max_length=MOST_IDENTIFIERS)


class ResolveRequest(BaseModel):
    """What is known of somebody: identifiers, or any mix of fields such as a name and an address."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"identifiers": [{"kind": "email", "value": "jane@example.com"}]}}
    )
    identifiers: list[GivenIdentifier] = Field([], max_length=MOST_IDENTIFIERS)
    fields: dict[FieldName, FieldValue] = Field(
        {}, max_length=MOST_FIELDS, description="full_name, first_name, last_name, street_address, zip, email, ..."
    )
    create: bool = Field(False, description="Take an unknown identity in as a new person (scope `ingest:write`).")


class ResolveBatchRequest(BaseModel):
    """Up to 500 questions at once."""

    items: list[ResolveItem] = Field(min_length=1, max_length=MOST_ITEMS)


class RecordsRequest(BaseModel):
    """Rows of one source, at once."""

    source: str = Field(pattern=r"^[a-z0-9_.-]{1,64}$", description="The system the rows come from.")
    records: list[dict[FieldName, FieldValue | None]] = Field(
        min_length=1,
        max_length=MOST_ITEMS,
        description="Each with its `record_id` and any of the fields that `stormgraph ingest` knows.",
    )


class TakenIn(BaseModel):
    """What became of one row."""

    record_id: str
    outcome: Literal["new", "changed", "unchanged", "refused"]
    person_id: str | None = Field(
        None, description="Whom the row describes. While it waits, its own: merged later, this id goes on answering."
    )
    household_id: str | None = None
    matched: int = Field(0, description="How many rows it was matched with.")
    skipped: int = Field(0, description="How many of its keys lead to a crowd, and were passed over.")
    waiting: bool = Field(False, description="Kept, and found by what it carries; it is compared with others soon.")
    reason: str | None = Field(None, description="Why it was refused.")


class RecordsAnswer(BaseModel):
    """What became of each row, in the order given."""

    source: str
    waiting: int = Field(description="How many of these rows are still to be compared with others.")
    results: list[TakenIn]


class QueryUsed(BaseModel):
    """The library query that an answer came from, so that every number can be asked again."""

    name: str = Field(description="Its name in `GET /v1/queries`.")
    parameters: dict[str, Any] = Field(description="As the engine got them; personal values are masked.")
    as_of: str = Field(description="When it was asked (ISO 8601, UTC).")


class Evidence(BaseModel):
    """What one identifier says."""

    kind: str
    scope: str
    value: str = Field(description="Normalised; masked where it is personal and the key lacks `pii:read`.")
    readable: bool = Field(description="False where it cannot be a value of its kind; it is then left aside.")
    found: bool = Field(description="Whether it leads to anybody.")
    persons: int = Field(description="How many persons it leads to.")
    over_shared: bool = Field(description="True where it leads to so many that it decides nothing; it is left aside.")
    strength: float | None = Field(description="How surely it leads to the first candidate, 0 to 1.")


class Candidate(BaseModel):
    """A person who may be meant."""

    person_id: str
    household_id: str | None
    strength: float = Field(description="1 - product of (1 - strength) over the identifiers that lead here.")
    records: int = Field(description="Most records of this person that carry one of the identifiers.")
    matched: int = Field(description="How many of the identifiers lead here.")


class Resolved(BaseModel):
    """Who is meant, as far as the identifiers decide it."""

    person_id: str | None = Field(description="Only if exactly one candidate carries every identifier that was found.")
    household_id: str | None = Field(description="The person's, or the one that all leading candidates share.")
    strength: float | None = Field(description="Of the person, or of the household where only that is sure; 0 to 1.")
    ambiguous: bool = Field(description="True where somebody was found, but not exactly one person.")
    candidates: list[Candidate] = Field(description="The leading 20, best first.")
    candidates_found: int = Field(description="How many there are.")
    evidence: list[Evidence] = Field(description="One entry per identifier, in the order given.")


class ResolveAnswer(Resolved):
    """Who is meant, and the query that says so."""

    created: bool = Field(False, description="True where nobody was known, and a person was made as asked.")

    query: QueryUsed


class ResolveBatchAnswer(BaseModel):
    """One answer per question, in the order asked."""

    results: list[Resolved]
    query: QueryUsed


class Person(BaseModel):
    """A human being, as far as the records tell."""

    person_id: str
    requested_id: str = Field(description="The id asked for; another one where that person was merged into this.")
    household_id: str | None
    first_name: str | None
    last_name: str | None
    records: int = Field(description="How many live records describe this person.")
    confidence: float | None = Field(description="How sure the weakest join among them is, 0 to 1.")
    version: int
    created_at: str | None
    also: list[str] = Field(description="The other persons its records went to, if it was split.")
    query: QueryUsed


class Home(BaseModel):
    """Where a household lives."""

    property_id: str | None
    street_address: str | None
    unit: str | None
    city: str | None
    state: str | None
    zip: str | None
    since: str | None


class Household(BaseModel):
    """Persons who live together."""

    household_id: str
    requested_id: str = Field(description="The id asked for; another one where that household was merged into this.")
    kind: str | None = Field(description="family or group_quarters.")
    persons: int = Field(description="How many members it has now.")
    home: Home | None
    version: int
    created_at: str | None
    also: list[str] = Field(description="The other households its persons went to, if it was split.")
    query: QueryUsed


class Member(BaseModel):
    """A person in a household."""

    person_id: str
    first_name: str | None
    last_name: str | None
    records: int | None
    confidence: float | None
    since: str | None = Field(description="First day in the household, where known.")
    until: str | None = Field(description="Last day; null while it lasts.")


class Members(BaseModel):
    """Who belongs to a household on a day."""

    household_id: str
    requested_id: str
    members: list[Member]
    truncated: bool = Field(description="True where there are more than fit.")
    query: QueryUsed


class KnownIdentifier(BaseModel):
    """An identifier that leads to a person, or to members of a household."""

    kind: str
    scope: str
    value: str = Field(description="Masked where it is personal and the key lacks `pii:read`.")
    strength: float = Field(description="How surely it leads here (for a household: to the member it fits best).")
    records: int
    persons: int = Field(1, description="How many of these persons it leads to.")
    last_seen: str | None


class PersonIdentifiers(BaseModel):
    """By what a person is known."""

    person_id: str
    requested_id: str
    identifiers: list[KnownIdentifier]
    truncated: bool = Field(description="True where there are more than fit.")
    query: QueryUsed


class HouseholdIdentifiers(BaseModel):
    """By what the members of a household are known."""

    household_id: str
    requested_id: str
    identifiers: list[KnownIdentifier]
    truncated: bool = Field(description="True where there are more than fit.")
    query: QueryUsed


class HouseholdEntry(BaseModel):
    """One household of a list."""

    household_id: str
    kind: str | None = Field(description="family, group_quarters or anonymous.")
    persons: int | None = Field(description="How many members it has now.")
    home: Home | None
    version: int | None
    created_at: str | None


class Wanted(BaseModel):
    """Which households are listed."""

    kind: str = Field("", max_length=32, description="family, group_quarters or anonymous.")
    least: int = Field(0, ge=0, description="Fewest members.")
    most: int = Field(1_000_000, ge=0, description="Most members.")
    zip: str = Field("", max_length=16, description="The ZIP of its home today.")
    since: str = Field("", max_length=40, description="Made at this moment or later (ISO 8601, UTC).")


class Households(BaseModel):
    """A stretch of the households, in the order of their ids."""

    households: list[HouseholdEntry]
    next: str | None = Field(description="Send it as `after` to go on; null at the end. A page may hold fewer.")
    query: QueryUsed


class Node(BaseModel):
    """Something in the drawing of a household."""

    id: int = Field(description="Its number in this answer; edges name it.")
    label: str = Field(description="Household, Person, Record, Identifier or Property.")
    own_id: str = Field(description="Its own id; of an identifier its value, masked where personal without `pii:read`.")
    hops: int = Field(description="How many steps from the household.")
    kind: str | None = Field(None, description="Of an identifier or household.")
    shown: str = Field("", description="What to write beside it; masked where personal without `pii:read`.")


class Edge(BaseModel):
    """What joins two of them."""

    kind: str = Field(description="MEMBER_OF, LIVES_AT, DESCRIBES, IDENTIFIES, HAS, MATCHES or LOCATES.")
    start: int
    finish: int
    weight: float | None = Field(None, description="Strength of IDENTIFIES, bits of MATCHES.")
    since: str | None = None
    until: str | None = Field(None, description="Null while it lasts.")


class HouseholdGraph(BaseModel):
    """A household and what is around it, for drawing."""

    household_id: str
    requested_id: str
    nodes: list[Node]
    edges: list[Edge]
    truncated: bool = Field(description="True where there are more edges within these hops.")
    queries: list[QueryUsed] = Field(description="One for the first two hops, then one for each.")


class AdoptionReport(BaseModel):
    """What became of somebody's Splink model."""

    model_id: str
    comparisons: list[str]
    columns: dict[str, str] = Field(description="Splink's columns that are fields of another name here.")
    notices: list[str] = Field(description="What was left out, and why.")
    rows: int = Field(description="How many rows the value frequencies were counted from.")


class MatchReport(BaseModel):
    """What a match run did."""

    run_id: str
    model_id: str
    counts: dict[str, int]
    seconds: dict[str, float]
    card: dict[str, Any] = Field(description="The model card: parameters, data profile, timings.")
