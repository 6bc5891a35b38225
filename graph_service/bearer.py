"""Tokens of an issuer that the operator trusts (OAuth2, JWT): whose they are, and what they may do.

The algorithms are public-key ones that the operator allows; a token never chooses how it is verified, nor by which kind
of key (RFC 8725). Keys come from a JWKS document (RFC 7517), a file or an address.
"""

import asyncio
import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jwt
import orjson

from graph_service import logs
from graph_service.errors import ServiceError, Unauthorised
from graph_service.graph.keys import SLUG
from graph_service.graph.store import Store
from graph_service.tenants.model import SCOPES

KEPT_SECONDS = 60.0  # a verified token is believed without another look, if it lives that long
KEPT_TOKENS = 10_000
FRESH_SECONDS = 300.0  # keys are read again after this long,
AGAIN_SECONDS = 10.0  # and sooner for a key that is not known, but no more often than this
LEEWAY_SECONDS = 30  # clocks differ
LONGEST_TOKEN = 8_192
LONGEST_JWKS = 1_000_000
FAMILY = {"RSA": ("RS", "PS"), "EC": ("ES",), "OKP": ("Ed",)}
log = logs.get("bearer")


class KeysUnavailable(ServiceError):
    """The issuer's keys cannot be read, so no token of theirs can be verified."""

    name, status = "issuer_unavailable", 503


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whom a token speaks for. `own_id` is a hash of the subject, which may be an e-mail address."""

    tenant: str
    own_id: str
    scopes: frozenset[str]


class Issuer:
    """The issuer of the settings; verified tokens are remembered for a minute at most."""

    def __init__(self, store: Store, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._store, self._settings, self._transport = store, store.settings, transport
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_at = self._tried_at = -FRESH_SECONDS
        self._reading = asyncio.Lock()
        self._kept: OrderedDict[bytes, tuple[Bearer, float]] = OrderedDict()

    @property
    def trusted(self) -> bool:
        """Whether the operator named an issuer at all."""
        return bool(self._settings.jwt_issuer)

    async def verify(self, text: str) -> Bearer:
        """Whose token is this? Raises Unauthorised alike for whatever is wrong with it, KeysUnavailable."""
        own = hashlib.sha256(text.encode()).digest()
        bearer, until = self._kept.get(own, (None, 0.0))
        if bearer is not None and time.time() < until:
            return bearer
        try:
            claims = await self._claims(text)
        except jwt.PyJWTError as error:
            log.info("token_refused", reason=type(error).__name__)
            raise Unauthorised("This token is not one that is trusted here, or not any more.") from error
        bearer = await self._bearer(claims)
        self._kept[own] = (bearer, min(float(claims["exp"]), time.time() + KEPT_SECONDS))
        if len(self._kept) > KEPT_TOKENS:
            self._kept.popitem(last=False)
        return bearer

    async def _claims(self, text: str) -> dict[str, Any]:
        if len(text) > LONGEST_TOKEN:
            raise jwt.InvalidTokenError
        header = jwt.get_unverified_header(text)
        key = await self._key(str(header.get("kid", "")))
        fitting = [
            name for name in self._settings.jwt_algorithms.split(",") if name.startswith(FAMILY[str(key.key_type)])
        ]
        claims: dict[str, Any] = jwt.decode(
            text,
            key.key,
            algorithms=fitting,
            audience=self._settings.jwt_audience,
            issuer=self._settings.jwt_issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )
        return claims

    async def _bearer(self, claims: dict[str, Any]) -> Bearer:
        tenant = claims.get(self._settings.jwt_tenant_claim)
        if not isinstance(tenant, str) or not SLUG.fullmatch(tenant):
            raise Unauthorised("This token names no tenant.")
        if await self._store.read_one(tenant, "tenants.tenant") is None:
            raise Unauthorised("This token names no tenant.")
        said = claims.get("scope", claims.get("scp", ""))
        scopes = said.split() if isinstance(said, str) else [one for one in said if isinstance(one, str)]
        own_id = hashlib.sha256(f"{tenant}\x1f{claims['sub']}".encode()).hexdigest()[:16]
        return Bearer(tenant, own_id, frozenset(scopes) & SCOPES.keys())

    async def _key(self, kid: str) -> jwt.PyJWK:
        """The issuer's key of this name; a token that names none has the only one there is."""
        async with self._reading:
            now = time.monotonic()
            stale = now - self._read_at > FRESH_SECONDS
            if (stale or kid not in self._keys) and now - self._tried_at > AGAIN_SECONDS:
                self._tried_at = now
                await self._read()
        if not kid and len(self._keys) == 1:
            return next(iter(self._keys.values()))
        if kid not in self._keys:
            raise jwt.InvalidKeyError
        return self._keys[kid]

    async def _read(self) -> None:
        """Read the issuer's keys. Where that fails the ones we have go on; without any, raises KeysUnavailable."""
        try:
            document = orjson.loads(await self._document())
            keys = [jwt.PyJWK.from_dict(one) for one in document["keys"] if one.get("kty") in FAMILY]
        except (OSError, httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError) as error:
            log.error("issuer_keys_unread", problem=type(error).__name__)
            if not self._keys:
                self._tried_at = -FRESH_SECONDS
                raise KeysUnavailable("The issuer's keys cannot be read.", retry_after=5) from error
            return
        self._keys = {one.key_id or "": one for one in keys}
        self._read_at = time.monotonic()

    async def _document(self) -> bytes:
        where = self._settings.jwt_keys
        if not where.startswith(("https://", "http://")):
            return await asyncio.to_thread(Path(where).read_bytes)
        async with (
            httpx.AsyncClient(timeout=5, transport=self._transport) as http,
            http.stream("GET", where, headers={"accept": "application/json"}) as answer,
        ):
            answer.raise_for_status()
            read = b""
            async for part in answer.aiter_bytes():
                read += part
                if len(read) > LONGEST_JWKS:
                    raise ValueError
            return read
