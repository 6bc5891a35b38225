"""An analyst's statement, and its answer."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from graph_service.analysts.model import LONGEST

MOST_ROWS = 10_000
EXAMPLE: dict[str, Any] = {
    "statement": "UNWIND $days AS day RETURN date(day) AS day",
    "params": {"days": ["2026-05-04"]},
}


class CypherRequest(BaseModel):
    """One statement."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": EXAMPLE})
    statement: str = Field(
        min_length=1, max_length=LONGEST, description="MATCH, OPTIONAL MATCH, UNWIND, WITH, UNION, RETURN; reads only."
    )
    params: dict[str, Any] = Field(default_factory=dict, description="A value for every `$name`, and no other.")
    limit: int = Field(1000, ge=1, le=MOST_ROWS, description="Most rows of the answer; `truncated` tells of more.")


class CypherAnswer(BaseModel):
    """The rows of a statement; a node is `{labels, properties}`, an edge `{type, properties}`, a time ISO 8601."""

    columns: list[str]
    rows: list[dict[str, Any]]
    truncated: bool = Field(description="True where there are more rows than `limit`, or than fit into an answer.")
    as_of: str = Field(description="When it was asked (ISO 8601, UTC).")
