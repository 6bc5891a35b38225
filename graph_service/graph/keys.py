"""How a node's unique key is composed: tenant/own id, separators inside a part escaped."""

import re
from collections.abc import Sequence

import uuid_utils

from graph_service.errors import BadInput

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])")
OwnId = str | Sequence[str]


def check_tenant(slug: str) -> str:
    """Is this a tenant's slug? Two to 32 of a-z, 0-9 and `-`, not at the ends. Raises BadInput."""
    if not SLUG.fullmatch(slug):
        raise BadInput(f"'{slug}' is not a tenant: use 2 to 32 lower-case letters, digits and inner hyphens.")
    return slug


def escape(part: str) -> str:
    """One part of a key, so that no part can reach into the next."""
    if "/" in part or "%" in part:
        return part.replace("%", "%25").replace("/", "%2F")
    return part


def compose(tenant: str, own: OwnId) -> str:
    """The key of a node: `compose('acme', ('crm', '17/b'))` is `acme/crm/17%2Fb`."""
    if isinstance(own, str):
        return f"{tenant}/{escape(own)}"
    joined = "/".join(own)
    if "%" in joined or joined.count("/") >= len(own):  # a part holds a separator: seldom, so looked for once in all
        joined = "/".join(map(escape, own))
    return f"{tenant}/{joined}"


def end_of(tenant: str, prefix: OwnId = ()) -> str:
    """The first key after every key of a tenant (below a prefix): the upper bound of a page's range."""
    if not prefix:
        return f"{tenant}0"  # '0' follows '/' in every code page
    return f"{compose(tenant, prefix)}0"


def parts(key: str) -> list[str]:
    """What a key was composed of, tenant first."""
    return [part.replace("%2F", "/").replace("%25", "%") for part in key.split("/")]


def mint() -> str:
    """A new id: UUIDv7, so that ids sort by the time they were made."""
    return str(uuid_utils.uuid7())
