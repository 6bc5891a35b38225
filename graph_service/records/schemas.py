"""What ingest is asked, and what it answers."""

from collections.abc import Sequence
from pathlib import Path

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
