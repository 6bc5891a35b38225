"""The secret of an installation, and the seals made with it: what is kept instead of what must not be kept."""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from graph_service.errors import BadInput
from graph_service.settings import Settings

CURSOR_SEAL = 16  # bytes


def sealing_secret(settings: Settings) -> bytes:
    """The secret that seals API keys, cursors and tombstones: the setting, or a file of the data folder."""
    if settings.secret is not None:
        return settings.secret.get_secret_value().encode()
    path = settings.data_dir / "secret"
    if not path.exists():
        _make_secret(path)
    return path.read_bytes()


def tombstone(secret: bytes, tenant: str, *parts: str) -> str:
    """The seal of something erased, in hex: the same for the same thing, and nothing can be read from it."""
    return hmac.digest(secret, "\x1f".join(("tombstone", tenant, *parts)).encode(), hashlib.sha256).hex()


def cursor(secret: bytes, tenant: str, listing: str, place: bytes) -> str:
    """A place in a listing as callers hold it: opaque, and of use to its own tenant and listing only."""
    return base64.urlsafe_b64encode(place + _cursor_seal(secret, tenant, listing, place)).decode().rstrip("=")


def place_of(secret: bytes, tenant: str, listing: str, text: str) -> bytes:
    """The place of a cursor; the empty one is the beginning, b"". Raises BadInput for one that we did not give out."""
    if not text:
        return b""
    try:
        whole = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        whole = b""
    place, seal = whole[:-CURSOR_SEAL], whole[-CURSOR_SEAL:]
    if not place or not hmac.compare_digest(seal, _cursor_seal(secret, tenant, listing, place)):
        raise BadInput("This cursor is not one of ours: begin without one, and send back what the last answer said.")
    return place


def _cursor_seal(secret: bytes, tenant: str, listing: str, place: bytes) -> bytes:
    return hmac.digest(secret, f"{listing}/{tenant}/".encode() + place, hashlib.sha256)[:CURSOR_SEAL]


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"secret.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_hex(32).encode())
    try:
        path.hardlink_to(draft)  # whole or not at all, and the first of two wins
    except FileExistsError:
        return
    finally:
        draft.unlink()
