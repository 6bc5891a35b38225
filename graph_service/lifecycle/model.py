"""A place in the feed of changes as callers hold it."""

from graph_service import seals

FEED = "changes"


def cursor(secret: bytes, tenant: str, place: int) -> str:
    """The cursor of a place."""
    return seals.cursor(secret, tenant, FEED, place.to_bytes(8, "big"))


def place_of(secret: bytes, tenant: str, text: str) -> int:
    """The place of a cursor; the empty one is the beginning. Raises BadInput for one that we did not give out."""
    return int.from_bytes(seals.place_of(secret, tenant, FEED, text), "big")
