"""What is said of a backup."""

from pydantic import BaseModel, Field

FORMAT = 1


class FileEntry(BaseModel):
    """One file of a backup."""

    bytes: int
    sha256: str


class Manifest(BaseModel):
    """What a backup holds, and how to tell that it is whole."""

    format: int = FORMAT
    tenant: str
    made_at: str = Field(description="When (ISO 8601, UTC).")
    engine: str
    secret: str = Field(description="A fingerprint of the installation's secret, under which erased things are sealed.")
    nodes: dict[str, int] = Field(description="How many of each label.")
    edges: dict[str, int] = Field(description="How many of each type.")
    hash: str = Field(description="The sum of the SHA-256 of every node's and edge's canonical line.")
    files: dict[str, FileEntry]


class Moved(BaseModel):
    """A graph that was written somewhere and read back."""

    tenant: str
    nodes: int
    edges: int
    hash: str = Field(description="The same at both ends.")
    seconds: float = 0
    erased_again: int = Field(0, description="Persons of the backup who had been erased since, and were again.")
