"""What the guided run answers."""

from pydantic import BaseModel


class DemoReport(BaseModel):
    """What was made, how right it is, and commands to try."""

    tenant: str
    counts: dict[str, int]
    accuracy: list[dict[str, str]]
    credit: list[dict[str, str]]
    seconds: dict[str, float]
    api_key: str
    commands: list[str]
