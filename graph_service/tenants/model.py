"""What an API key looks like, how it is sealed, and what it may open."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from graph_service.errors import BadInput
from graph_service.graph.keys import SLUG
from graph_service.seals import sealing_secret

__all__ = ["SCOPES", "Token", "check_scopes", "fits", "mint_token", "moment", "read_token", "seal", "sealing_secret"]

SCOPES: dict[str, str] = {
    "ingest:write": "send records in",
    "identity:read": "resolve identifiers, read persons and households",
    "identity:merge": "merge and split persons",
    "graph:query": "run the library's read queries by name",
    "attribution:read": "read credit and journeys",
    "profiles:read": "read profiles",
    "profiles:write": "write profiles",
    "experiments:write": "make experiments and assign to them",
    "recommendations:read": "ask for the next best action",
    "pii:read": "see e-mails, phones, names and addresses unmasked",
    "erase:write": "erase persons",
    "admin": "administer the tenant",
}
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"  # without letters that are read as another
NOBODYS_SEAL = "0" * 64


@dataclass(frozen=True, slots=True)
class Token:
    """An API key as the caller sends it: `sg_<tenant>_<key id>_<secret>`."""

    tenant: str
    key_id: str
    text: str


def mint_token(tenant: str) -> Token:
    """A new API key; 160 bits of it are secret."""
    key_id, secret = _random(10), _random(32)
    return Token(tenant, key_id, f"sg_{tenant}_{key_id}_{secret}")


def read_token(text: str) -> Token | None:
    """The parts of an API key, or None where it cannot be one."""
    parts = text.split("_")
    if len(parts) != 4 or parts[0] != "sg" or len(text) > 200:
        return None
    _, tenant, key_id, secret = parts
    well_formed = SLUG.fullmatch(tenant) and key_id.isalnum() and key_id.isascii() and secret
    return Token(tenant, key_id, text) if well_formed else None


def seal(secret: bytes, token: str) -> str:
    """HMAC-SHA256 of a whole API key, in hex: what is kept instead of the key."""
    return hmac.digest(secret, token.encode(), hashlib.sha256).hex()


def fits(secret: bytes, token: str, kept: str) -> bool:
    """Does this API key fit the kept seal? Takes the same time whatever the answer."""
    return hmac.compare_digest(seal(secret, token), kept)


def check_scopes(scopes: list[str]) -> list[str]:
    """The scopes in their order, once each. Raises BadInput for none, or one that does not exist."""
    unknown = sorted(set(scopes) - SCOPES.keys())
    if unknown or not scopes:
        problem = f"{', '.join(unknown)} is no scope" if unknown else "A key needs a scope"
        raise BadInput(f"{problem}: choose from {', '.join(SCOPES)}.")
    return [scope for scope in SCOPES if scope in scopes]


def moment(hours: float = 0) -> str:
    """The present moment, or one so many hours ahead (ISO 8601, UTC)."""
    return (datetime.now(UTC) + timedelta(hours=hours)).isoformat(timespec="seconds").replace("+00:00", "Z")


def _random(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
