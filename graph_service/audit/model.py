"""The chain of an audit log: each line is sealed with the line before it, so that none can be changed or taken out."""

import hashlib
import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

SEAL = b',"seal":"'
HEX = 64


@dataclass(frozen=True, slots=True)
class Head:
    """Where a log ends: how many entries it has, and the seal of the last."""

    n: int = 0
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Broken(Exception):
    """A line that does not follow from the one before it."""

    head: Head
    problem: str


def link(secret: bytes, tenant: str, head: Head, entries: Sequence[dict[str, Any]]) -> tuple[bytes, Head]:
    """The lines of further entries behind a head, and where the log ends then."""
    lines = []
    for entry in entries:
        body = orjson.dumps({"n": head.n + 1, **entry})
        head = Head(head.n + 1, _seal(secret, tenant, head.seal, body))
        lines.append(body[:-1] + SEAL + head.seal.encode() + b'"}\n')
    return b"".join(lines), head


def follow(secret: bytes, tenant: str, head: Head, line: bytes) -> tuple[dict[str, Any], Head]:
    """The entry of the line behind a head, and the head it makes. Raises Broken."""
    at = line.rfind(SEAL)
    body, seal = line[:at] + b"}", line[at + len(SEAL) : -3]
    if at < 0 or not line.endswith(b'"}\n') or len(seal) != HEX:
        raise Broken(head, f"line {head.n + 1} is no entry")
    if not hmac.compare_digest(seal, _seal(secret, tenant, head.seal, body).encode()):
        raise Broken(head, f"line {head.n + 1} was changed, or one before it was taken out")
    entry: dict[str, Any] = orjson.loads(body)
    if entry.get("n") != head.n + 1:
        raise Broken(head, f"line {head.n + 1} says that it is entry {entry.get('n')}")
    return entry, Head(head.n + 1, seal.decode())


def checked(secret: bytes, tenant: str, lines: Iterable[bytes]) -> Head:
    """The head of a whole log. Raises Broken at the first line that does not follow."""
    head = Head()
    for line in lines:
        _, head = follow(secret, tenant, head, line)
    return head


def head_of(line: bytes) -> Head:
    """The head that a last line makes, believed without its forerunners. Raises Broken where it is no entry."""
    at = line.rfind(SEAL)
    try:
        entry = orjson.loads(line)
        return Head(int(entry["n"]), str(entry["seal"]))
    except (ValueError, KeyError, TypeError) as error:
        raise Broken(Head(), f"the last line ({at}) is no entry: `stormgraph audit verify` says more") from error


def _seal(secret: bytes, tenant: str, before: str, body: bytes) -> str:
    return hmac.digest(secret, b"\n".join((b"audit", tenant.encode(), before.encode(), body)), hashlib.sha256).hex()
