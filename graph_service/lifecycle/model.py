"""A place in the feed as callers hold it: opaque, and of use to its own tenant only."""

import base64
import hashlib
import hmac

from graph_service.errors import BadInput

SEAL = 16  # bytes


def cursor(secret: bytes, tenant: str, place: int) -> str:
    """The cursor of a place."""
    body = place.to_bytes(8, "big")
    return base64.urlsafe_b64encode(body + _seal(secret, tenant, body)).decode().rstrip("=")


def place_of(secret: bytes, tenant: str, text: str) -> int:
    """The place of a cursor; the empty one is the beginning. Raises BadInput for one that we did not give out."""
    if not text:
        return 0
    try:
        whole = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        whole = b""
    body, seal = whole[:8], whole[8:]
    if len(body) < 8 or not hmac.compare_digest(seal, _seal(secret, tenant, body)):
        raise BadInput("This cursor is not one of ours: begin without one, and send back what the last answer said.")
    return int.from_bytes(body, "big")


def _seal(secret: bytes, tenant: str, body: bytes) -> bytes:
    return hmac.digest(secret, b"changes/" + tenant.encode() + b"/" + body, hashlib.sha256)[:SEAL]
