"""The secret of an installation, and the seals made with it: what is kept instead of what must not be kept."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from graph_service.settings import Settings


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
