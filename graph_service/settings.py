"""Every setting of the service, read once from the environment and handed down."""

import re
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PUBLIC_KEY_ALGORITHMS = {
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
}  # fmt: skip


class Settings(BaseSettings):
    """What an operator may set; each field is the environment variable `STORMGRAPH_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="STORMGRAPH_", frozen=True, extra="ignore")

    graph_url: str = Field(
        "embedded:",
        description="Where the graph lives: `embedded:` (an engine of our own under the data folder), or "
        "`neo4j://host:7687`, `neo4j+s://host:7687`, `bolt://host:7687`.",
    )
    graph_user: str = Field("neo4j", description="User for a Neo4j server; the embedded engine makes its own.")
    graph_password: SecretStr | None = Field(None, description="Password for a Neo4j server.")
    data_dir: Path = Field(
        Path("var"), description="Folder for the embedded engine, its secrets, and scratch files of running jobs."
    )
    engine_heap: str = Field(
        "auto",
        description="Largest Java heap of the embedded engine, such as `2g` or `1500m`; `auto` is a quarter of the "
        "memory that there is, from 1 to 8 GB.",
    )
    engine_start_seconds: int = Field(60, ge=5, description="How long the embedded engine may take to start.")
    read_seconds: float = Field(10.0, gt=0, description="Longest time one read may take before it is cut off.")
    write_seconds: float = Field(120.0, gt=0, description="Longest time one write may take before it is cut off.")
    retry_seconds: float = Field(10.0, ge=0, description="How long a conflicting write is tried again.")
    pool_size: int = Field(50, ge=1, description="Most Bolt connections one process holds.")
    match_memory: str = Field("1500MB", description="Most memory DuckDB may take while matching; it spills beyond it.")
    workers: int = Field(2, ge=1, description="Processes that standardise and cluster records.")
    phone_region: str = Field("US", description="Country whose numbering plan reads phones written without a prefix.")
    request_hours: float = Field(
        48.0, ge=24.0, description="Hours after which the service deletes what it kept of a write with Idempotency-Key."
    )
    journey_idle_days: int = Field(
        90, ge=1, description="Days of silence after which a journey outside every storm's window is over."
    )
    host: str = Field("127.0.0.1", description="Address that `stormgraph serve` listens on.")
    port: int = Field(8080, ge=0, le=65535, description="Port that `stormgraph serve` listens on.")
    requests_per_second: float = Field(
        2000.0, gt=0, description="Requests a second that one key may send for long, in each process that serves."
    )
    requests_at_once: int = Field(20_000, ge=1, description="Requests that one key may send at once, beyond that rate.")
    jwt_issuer: str = Field(
        "", description="The `iss` of tokens (OAuth2, JWT) that are taken beside API keys; empty: none are."
    )
    jwt_audience: str = Field("stormgraph", description="The `aud` that such a token must name.")
    jwt_keys: str = Field("", description="The issuer's public keys: a JWKS file, or its address (https).")
    jwt_algorithms: str = Field(
        "RS256,ES256,EdDSA", description="Algorithms that may have signed it, by commas; public-key ones only."
    )
    jwt_tenant_claim: str = Field("tenant", description="The claim that names the tenant; `scope` names the scopes.")
    secret: SecretStr | None = Field(
        None,
        description="Key that seals API keys and cursors; without it one is made and kept in the data folder. "
        "Set it when several machines serve one graph.",
    )
    log_format: Literal["console", "json"] = Field("console", description="Shape of the log lines on stderr.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least severe line logged.")

    @model_validator(mode="after")
    def _trusts_whom_it_can_verify(self) -> Self:
        unfit = sorted(set(self.jwt_algorithms.split(",")) - PUBLIC_KEY_ALGORITHMS)
        if unfit:
            choice = ", ".join(sorted(PUBLIC_KEY_ALGORITHMS))
            raise ValueError(f"jwt_algorithms: {', '.join(unfit)}: choose from {choice}")
        if self.jwt_issuer and not (self.jwt_keys and self.jwt_audience):
            raise ValueError("jwt_issuer needs jwt_keys and jwt_audience")
        if self.jwt_keys.startswith("http://") and not re.match(r"http://(127\.0\.0\.1|localhost)[:/]", self.jwt_keys):
            raise ValueError("jwt_keys: keys that come over http may be anybody's; use https")
        return self
