"""What is said of the library's queries, and how one is run by name."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

MOST_ROWS = 1000


class Named(BaseModel):
    """A parameter or a column of a query."""

    name: str
    type: str = Field(description="KEY and KEYS take your own ids: a string, or a list of its parts.")
    says: str
    default: Any = Field(None, description="What it is where it is left out; null where it must be given.")
    required: bool = False


class QueryEntry(BaseModel):
    """One query of the library."""

    name: str
    says: str = Field(description="The question that it answers.")
    params: list[Named]
    returns: list[Named]
    scans: str = Field(description="What it reads through from end to end; empty where it seeks.")
    calls: list[str] = Field(description="Who asks it.")
    cypher: str = Field(description="The statement.")
    example: str = Field(description="Parameters to paste into a Cypher client.")


class Catalogue(BaseModel):
    """Every read query that may be run by name."""

    queries: list[QueryEntry]


class RunRequest(BaseModel):
    """The parameters of one query."""

    model_config = ConfigDict(json_schema_extra={"example": {"params": {"least": 2, "limit": 20}}})
    params: dict[str, Any] = Field(default_factory=dict)


class RunAnswer(BaseModel):
    """The rows of one query."""

    query: str
    parameters: dict[str, Any] = Field(description="As the engine got them, to paste into a Cypher client.")
    as_of: str = Field(description="When it was asked (ISO 8601, UTC).")
    columns: list[str]
    rows: list[dict[str, Any]]
    truncated: bool = Field(description=f"True where there are more than {MOST_ROWS} rows, or than its limit.")
    masked: list[str] = Field(description="Columns whose personal values are hidden; `pii:read` shows them.")
