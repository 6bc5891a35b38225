"""What is written down of every request and command, and what a check of it says."""

from pydantic import BaseModel, Field


class Entry(BaseModel):
    """Who did what, when: ids only, never a value or a body."""

    n: int = Field(description="Its place in the tenant's log, from 1.")
    at: str = Field(description="When it was answered (ISO 8601, UTC).")
    who: str = Field(
        description="`key` and the key's id, `jwt` and a hash of the subject, or `cli` and the user's number."
    )
    what: str = Field(description="Method and route template, or the command.")
    status: int = Field(description="The HTTP status; of a command 0.")
    ids: list[str] = Field(description="Whom or what it was about, where it was done.")
    request_id: str = Field("", description="The request's id, as log lines have it.")


class Verdict(BaseModel):
    """Whether a log is whole."""

    tenant: str
    whole: bool
    entries: int = Field(description="How many entries hold together from the first.")
    head: str = Field(description="The seal of the last of them: keep it elsewhere, and ask for it later.")
    problem: str | None = Field(None, description="What is wrong with the next one.")
