"""Who is calling, and may they? API keys and tokens are verified here, and nowhere else."""

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from fastapi import Depends, Request
from fastapi.security import HTTPBearer

from graph_service.bearer import Issuer
from graph_service.errors import Forbidden, Unauthorised
from graph_service.graph.store import Store
from graph_service.limits import Buckets, TooMany
from graph_service.tenants import model

KEPT_SECONDS = 2.0  # a revoked key opens nothing after this long
KEPT_KEYS = 10_000
WRITES = frozenset(  # what they do is in the audit log before it is answered
    {"ingest:write", "identity:merge", "profiles:write", "experiments:write", "erase:write", "admin"}
)
REFUSAL = "A valid API key is needed: send `Authorization: Bearer sg_...`."


@dataclass(frozen=True, slots=True)
class Caller:
    """The tenant that a request speaks for, by which key, and what it may do."""

    tenant: str
    scopes: frozenset[str]
    key_id: str

    @property
    def who(self) -> str:
        """Whom the audit log names."""
        return self.key_id if self.key_id.startswith("jwt-") else f"key:{self.key_id}"

    @property
    def sees_personal_data(self) -> bool:
        """Whether personal values are shown unmasked."""
        return "pii:read" in self.scopes


@dataclass(frozen=True, slots=True)
class Kept:
    """What the graph says of a key, and until when we believe it."""

    seal: str
    caller: Caller | None
    until: float


class KeyRing:
    """The API keys that this process has lately verified; each is read again after two seconds."""

    def __init__(self, store: Store, issuer: Issuer | None = None) -> None:
        self._store, self._issuer = store, issuer or Issuer(store)
        self._secret = model.sealing_secret(store.settings)
        self._kept: OrderedDict[tuple[str, str], Kept] = OrderedDict()
        self._asked: dict[tuple[str, str], asyncio.Task[Kept]] = {}

    async def verify(self, text: str) -> Caller:
        """Whose key or token is this? Raises Unauthorised alike for unknown, revoked, expired and wrong ones."""
        token = model.read_token(text)
        if token is None and self._issuer.trusted and text.count(".") == 2:
            bearer = await self._issuer.verify(text)
            return Caller(bearer.tenant, bearer.scopes, f"jwt-{bearer.own_id}")
        if token is None:
            raise Unauthorised(REFUSAL)
        kept = self._kept.get((token.tenant, token.key_id))
        if kept is None or kept.until < time.monotonic() or not self._fits(token, kept):
            kept = await self._asked_once(token)  # also for a wrong secret: its time must not tell that the id is known
        if not self._fits(token, kept) or kept.caller is None:
            raise Unauthorised(REFUSAL)
        return kept.caller

    def _fits(self, token: model.Token, kept: Kept) -> bool:
        return model.fits(self._secret, token.text, kept.seal)

    async def _asked_once(self, token: model.Token) -> Kept:
        """Ask the graph; requests that come meanwhile wait for the same answer."""
        name = (token.tenant, token.key_id)
        task = self._asked.get(name)
        if task is None:
            task = self._asked[name] = asyncio.create_task(self._ask(token))
            task.add_done_callback(lambda _: self._asked.pop(name, None))
        return await asyncio.shield(task)

    async def _ask(self, token: model.Token) -> Kept:
        name, asked_at = (token.tenant, token.key_id), time.monotonic()
        row = await self._store.read_one(token.tenant, "tenants.api_key", own=token.key_id)
        if row is None:
            return Kept(model.NOBODYS_SEAL, None, 0)  # not kept: a flood of guesses must not push good keys out
        caller = Caller(token.tenant, frozenset(row["scopes"]), token.key_id)
        expired = row["expires_at"] is not None and row["expires_at"] <= model.moment()
        kept = Kept(row["seal"], None if row["revoked_at"] or expired else caller, asked_at + KEPT_SECONDS)
        self._kept[name] = kept
        self._kept.move_to_end(name)
        if len(self._kept) > KEPT_KEYS:
            self._kept.popitem(last=False)
        return kept


async def caller_of(request: Request) -> Caller:
    """Who calls, whatever it may do. Raises Unauthorised without a valid key."""
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        raise Unauthorised(REFUSAL)
    ring: KeyRing = request.app.state.key_ring
    caller = request.scope["caller"] = await ring.verify(text.strip())
    return caller


class Requires(HTTPBearer):
    """A dependency that answers the Caller, if its key has the scope."""

    def __init__(self, scope: str) -> None:
        says = "An API key, `sg_<tenant>_<id>_<secret>` (`stormgraph keys add` makes one), or a trusted issuer's JWT."
        super().__init__(scheme_name="api_key", description=says, auto_error=False)
        self.scope = scope

    async def __call__(self, request: Request) -> Caller:  # type: ignore[override]
        """Who calls. Raises Unauthorised without a valid key, TooMany beyond its limit, Forbidden without the scope."""
        caller = await caller_of(request)
        request.scope["writes"] = self.scope in WRITES
        buckets: Buckets = request.app.state.buckets
        owner = (caller.tenant, caller.key_id)
        try:
            left = buckets.take(owner)
        except TooMany:
            left = buckets.told(owner)
            raise
        finally:
            request.scope["told"] = [(b"ratelimit", left), (b"ratelimit-policy", buckets.policy)]
        if self.scope not in caller.scopes:
            raise Forbidden(f"This key lacks the scope {self.scope}.")
        return caller


def requires(scope: str) -> Any:
    """The default value of a route's `caller` parameter."""
    if scope not in model.SCOPES:
        raise ValueError(f"{scope} is no scope.")
    return Depends(Requires(scope))
