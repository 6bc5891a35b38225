"""What ingest is asked, and what it answers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from matching import Mapping


class IngestRequest(BaseModel):
    """Take these files in as rows of one source."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    source: str = Field(pattern=r"^[a-z0-9_.-]{1,64}$", description="The system the rows come from.")
    files: Sequence[Path]
    mapping: Mapping | None = Field(None, description="How columns become ours; guessed, or as before, without one.")


class IngestReport(BaseModel):
    """What became of every row: read = new + changed + unchanged + replaced + quarantined + erased."""

    source: str
    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    replaced: int = Field(0, description="Rows that a later row of the same batch with the same id replaced.")
    quarantined: int = 0
    erased: int = Field(0, description="Rows left out because they, or who carried their identifiers, were erased.")
    withdrawn: int = Field(0, description="Rows taken out again: erased while they came in, as new or changed.")
    identifiers: int = Field(0, description="Links from rows to identifiers written.")
    seconds: float = 0.0
    mapping: str = Field("", description="The mapping used, as TOML.")
    guessed: bool = Field(False, description="Whether the mapping was guessed from the columns.")
    notices: list[str] = []


class Source(BaseModel):
    """A system that records come from."""

    source: str
    mapping: str
    fields: str
    last_ingest_at: str | None


class Listed(BaseModel):
    """What every list says beside its entries."""

    next: str | None = Field(description="Send it as `after` to go on; null at the end.")
    query: dict[str, Any] = Field(description="The library query it came from: name, parameters, as_of.")


class Sources(Listed):
    """The systems that records come from, by name."""

    sources: list[Source]


class SetAside(BaseModel):
    """One entry of the quarantine."""

    quarantine_id: str
    stage: str | None = Field(description="ingest or match.")
    source: str | None = Field(description="The system it came from; empty for what a match run set aside.")
    place: str | None = Field(description="File and row number, or the records concerned; hidden without `pii:read`.")
    reason: str | None = Field(description="Which rule it tripped.")
    quarantined_at: str | None


class Quarantine(Listed):
    """What was set aside, and why."""

    entries: list[SetAside]
