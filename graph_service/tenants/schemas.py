"""What is said of tenants and their API keys."""

from pydantic import BaseModel, Field


class Tenant(BaseModel):
    """A contractor."""

    tenant: str = Field(description="The slug.")
    name: str = Field(description="What people call it.")
    created_at: str = Field(description="When it was made (ISO 8601, UTC).")
    arriving: str | None = Field(None, description="Since when a restore or a copy brings its graph.")


class ApiKey(BaseModel):
    """An API key as it is listed: never its secret."""

    key_id: str = Field(description="Its public part.")
    label: str = Field(description="What it is for.")
    scopes: list[str] = Field(description="What it may do.")
    created_at: str = Field(description="When it was made (ISO 8601, UTC).")
    revoked_at: str | None = Field(None, description="When it stopped opening anything.")
    expires_at: str | None = Field(None, description="When it stops by itself, once another has taken its place.")
    replaces: str | None = Field(None, description="The key whose place it takes.")


class NewApiKey(ApiKey):
    """An API key as it is handed out, this once."""

    token: str = Field(description="The key itself; it cannot be shown again.")
