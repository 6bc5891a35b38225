"""What is asked of the life of an identity, and what it answers."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

MOST_ROWS = 500
Actor = Annotated[str, StringConstraints(max_length=100)]
Reason = Annotated[str, StringConstraints(max_length=500)]


class RowKey(BaseModel):
    """One row, by the system it came from and its id there."""

    source: str = Field(max_length=64)
    record_id: str = Field(max_length=500)

    @property
    def key(self) -> tuple[str, str]:
        """The row's own id."""
        return self.source, self.record_id


class Command(BaseModel):
    """What every change by hand says: who does it, why, and whether it is only to be tried."""

    actor: Actor = Field("", description="Who decides; without one, the key's id.")
    reason: Reason = Field("", description="Why; kept in the history.")
    dry_run: bool = Field(False, description="Say what would happen, and change nothing.")


class MergeRequest(Command):
    """Two or more persons are one."""

    persons: list[str] = Field(min_length=2, max_length=20, description="Their ids.")
    expect: dict[str, int] = Field(
        default_factory=dict, description="The version of each as you know it; 409 where one has changed since."
    )


class SplitRequest(Command):
    """Some rows of a person are somebody else."""

    person_id: str
    rows: list[RowKey] = Field(min_length=1, max_length=MOST_ROWS, description="The rows that are not this person.")


class JudgementRequest(Command):
    """Two sets of rows are, or are not, the same person."""

    verdict: Literal["same", "different"]
    left: list[RowKey] = Field(min_length=1, max_length=MOST_ROWS)
    right: list[RowKey] = Field(min_length=1, max_length=MOST_ROWS)


class LinkedIdentifier(BaseModel):
    """By what somebody is known."""

    kind: str = Field(max_length=64, description="email, phone, address, device_id, cookie_id or crm_id.")
    value: str = Field(min_length=1, max_length=500)


class LinkRequest(BaseModel):
    """Whoever these identifiers lead to has to do with this building."""

    property_id: str = Field(min_length=1, max_length=200, description="The parcel register's id.")
    identifiers: list[LinkedIdentifier] = Field(min_length=1, max_length=20)
    create: bool = Field(True, description="Begin a person where the identifiers lead to nobody; else 404.")
    actor: Actor = ""
    reason: Reason = ""


class Linked(BaseModel):
    """Whom the building is linked to now."""

    person_id: str
    household_id: str | None
    property_id: str
    row: RowKey = Field(description="The row that holds the assertion, of source `asserted`.")
    change_id: str | None = Field(description="Undo it to take the link to a known person back; null for a new one.")


class UndoRequest(Command):
    """Take back what was decided behind a change."""


class UndoRunRequest(Command):
    """Take back what a match run did to persons."""

    persons: list[str] = Field(
        default_factory=list, max_length=200, description="Only what concerns these persons; without any, all of it."
    )
    skip: bool = Field(False, description="Leave persons that moved on since as they are; else 409 names them.")


class PersonNow(BaseModel):
    """A person as it is after the change."""

    person_id: str
    version: int
    household_id: str | None
    rows: list[RowKey]


class Change(BaseModel):
    """One entry of the history."""

    change_id: str
    kind: str = Field(description="person_merged, person_split, person_moved, the same of household, or person_judged.")
    subject: str = Field(description="The person or household it happened to.")
    others: list[str]
    judgement_id: str | None = None
    run_id: str | None = None
    actor: str | None = None
    reason: str | None = None
    undoes: str | None = Field(None, description="The change it takes back.")
    changed_at: str


class Done(BaseModel):
    """What was done, or would be."""

    dry_run: bool
    change_id: str = Field(description="Take it back with `POST /v1/identity/undo/{change_id}`; gone after a dry run.")
    judgement_id: str
    persons: list[PersonNow] = Field(description="Whom the judged rows describe now.")
    changes: list[Change] = Field(description="Everything that happened, households too.")


class RunUndone(BaseModel):
    """What of a match run was taken back, or would be."""

    dry_run: bool
    run_id: str
    groups: int = Field(description="Groups of persons, each taken back in one transaction.")
    persons: int = Field(description="Persons that hold their rows again; their former ids answer.")
    rows: int = Field(description="Rows that describe whom they described before.")
    judgements: int = Field(description="Judgements that keep it so through later runs; each may be undone by itself.")
    skipped: list[str] = Field(description="Persons left as they are because they moved on since.")
    changes: list[Change] = Field(description="Everything that happened, households too.")


class History(BaseModel):
    """What happened to a person, the oldest first."""

    person_id: str
    requested_id: str
    changes: list[Change]


class Feed(BaseModel):
    """A stretch of the feed."""

    changes: list[Change]
    next: str = Field(description="Send it as `after` to hear what comes next; keep it even if nothing was told.")
    more: bool = Field(description="Whether more waits already.")
