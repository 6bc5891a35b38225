"""Tokens of a trusted issuer open the door for what they say, and nothing else that looks like one does."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from pydantic import ValidationError

from graph_service.auth import KeyRing
from graph_service.bearer import Issuer, KeysUnavailable
from graph_service.errors import ServiceError, Unauthorised
from graph_service.graph.store import Store
from graph_service.settings import Settings
from tests.doors import EMAIL, Door, door, home

__all__ = ["door", "home"]
ISSUER, AUDIENCE = "https://login.example.com/", "stormgraph"
RSA, OTHER = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
EC, ED = ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate()
ALGORITHM = {"RS256": RSA, "ES256": EC, "EdDSA": ED}
PUBLIC_PEM = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def jwk(key: Any, kid: str, algorithm: str) -> dict[str, Any]:
    return {**jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True), "kid": kid, "alg": algorithm}


JWKS = {"keys": [*(jwk(key, name, name) for name, key in ALGORITHM.items()),
                 {"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(PUBLIC_PEM).decode()}]}  # fmt: skip


def claims(tenant: str, **further: Any) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": ISSUER, "aud": AUDIENCE, "sub": EMAIL, "exp": now + 300, "iat": now, "tenant": tenant,
            "scope": "identity:read graph:query everything", **further}  # fmt: skip


def signed(said: dict[str, Any], algorithm: str = "RS256", key: Any = None, **header: Any) -> str:
    return jwt.encode(said, key or ALGORITHM[algorithm], algorithm, {"kid": algorithm, **header})


def by_hand(header: dict[str, Any], said: dict[str, Any], signature: bytes = b"") -> str:
    parts = [json.dumps(header).encode(), json.dumps(said).encode(), signature]
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def hmac_with_the_public_key(said: dict[str, Any]) -> str:
    head = by_hand({"alg": "HS256", "typ": "JWT", "kid": "RS256"}, said).rpartition(".")[0]
    return f"{head}.{base64.urlsafe_b64encode(jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(head.encode(), PUBLIC_PEM)).rstrip(b'=').decode()}"  # noqa: E501


def without(said: dict[str, Any], name: str) -> dict[str, Any]:
    return {own: value for own, value in said.items() if own != name}


FORGERIES: dict[str, Callable[[dict[str, Any]], str]] = {
    "no algorithm": lambda said: by_hand({"alg": "none", "typ": "JWT", "kid": "RS256"}, said),
    "no algorithm, in other letters": lambda said: by_hand({"alg": "nOnE", "kid": "RS256"}, said, b"x"),
    "HMAC with the public key": hmac_with_the_public_key,
    "HMAC with a key of the document": lambda said: jwt.encode(said, PUBLIC_PEM.hex(), "HS256", {"kid": "shared"}),
    "signed by another": lambda said: signed(said, key=OTHER),
    "a key of its own in the header": lambda said: signed(said, key=OTHER, jwk=jwk(OTHER, "RS256", "RS256")),
    "an address of keys in the header": lambda said: signed(said, key=OTHER, jku="https://evil.example/keys"),
    "a key that nobody knows": lambda said: signed(said, kid="../../etc/passwd"),
    "an algorithm that is not allowed": lambda said: signed(said, "RS512", key=RSA, kid="RS256"),
    "an algorithm of another kind of key": lambda said: signed(said, "ES256", kid="RS256"),
    "another issuer": lambda said: signed({**said, "iss": "https://login.example.com"}),
    "another audience": lambda said: signed({**said, "aud": "another"}),
    "expired": lambda said: signed({**said, "exp": int(time.time()) - 60}),
    "not yet valid": lambda said: signed({**said, "nbf": int(time.time()) + 300}),
    "without an end": lambda said: signed(without(said, "exp")),
    "without an issuer": lambda said: signed(without(said, "iss")),
    "without an audience": lambda said: signed(without(said, "aud")),
    "without a subject": lambda said: signed(without(said, "sub")),
    "without a tenant": lambda said: signed(without(said, "tenant")),
    "of a tenant that is none": lambda said: signed({**said, "tenant": "nobody-here"}),
    "of a tenant in another's folder": lambda said: signed({**said, "tenant": "../acme"}),
    "of several tenants": lambda said: signed({**said, "tenant": [said["tenant"]]}),
    "changed after it was signed": lambda said: signed(said)[:-2] + "AA",
    "cut": lambda said: signed(said)[:-40],
    "too long": lambda said: signed({**said, "more": "x" * 9000}),
}


@pytest.fixture
def trusting(door: Door, tmp_path: Path) -> Iterator[Door]:
    """The service with an issuer whose keys are in a file."""
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(JWKS))
    before = door.app.state.key_ring
    door.app.state.key_ring = KeyRing(door.store, issuer_of(door, str(file)))
    yield door
    door.app.state.key_ring = before


def issuer_of(door: Door, where: str, transport: httpx.AsyncBaseTransport | None = None) -> Issuer:
    settings = door.store.settings.model_copy(
        update={"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_keys": where}
    )
    return Issuer(Store(door.engine, door.store.library, settings), transport)


@pytest.mark.engine
@pytest.mark.parametrize("algorithm", list(ALGORITHM))
async def test_a_token_opens_its_tenant_for_its_scopes(trusting: Door, home: str, algorithm: str) -> None:
    key = {"Authorization": f"Bearer {signed(claims(home), algorithm)}"}
    for _ in range(2):
        assert (await trusting.ask("GET", "/v1/persons/ann", key)).status_code == 200
    refused = await trusting.ask("POST", "/v1/identity/merge", key, {"persons": ["ann", "maya"]})
    assert refused.status_code == 403
    listed = {
        "Authorization": f"Bearer {signed(claims(home, scope=None, scp=['graph:query']) | {'scope': ''}, algorithm)}"
    }
    assert (await trusting.ask("GET", "/v1/persons/ann", listed)).status_code == 403
    assert (await trusting.ask("GET", "/v1/persons/ann", await trusting.key(home))).status_code == 200, "keys go on"


@pytest.mark.engine
async def test_no_forgery_opens_anything(trusting: Door, home: str) -> None:
    for name, forged in FORGERIES.items():
        answer = await trusting.ask("GET", "/v1/persons/ann", {"Authorization": f"Bearer {forged(claims(home))}"})
        assert answer.status_code == 401, name
        assert home not in answer.text
        assert EMAIL not in answer.text


@pytest.mark.engine
async def test_a_subject_is_known_by_its_hash_alone(trusting: Door, home: str) -> None:
    caller = await trusting.app.state.key_ring.verify(signed(claims(home)))
    assert caller.who.startswith("jwt-")
    assert EMAIL not in str(caller)


@pytest.mark.engine
async def test_without_an_issuer_no_token_is_taken(door: Door, home: str) -> None:
    with pytest.raises(Unauthorised):
        await KeyRing(door.store).verify(signed(claims(home)))


@pytest.mark.engine
async def test_keys_come_from_an_address_and_outlive_its_failures(door: Door, home: str) -> None:
    served: list[dict[str, Any]] = [JWKS]
    asked = 0

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal asked
        asked += 1
        return httpx.Response(200, json=served[0]) if served else httpx.Response(500)

    issuer = issuer_of(door, "https://login.example.com/keys", httpx.MockTransport(answer))
    for _ in range(3):
        assert (await issuer.verify(signed(claims(home, jti=str(asked))))).tenant == home
    assert asked == 1
    new = {"keys": [jwk(OTHER, "new", "RS256")]}
    rotated = signed(claims(home), key=OTHER, kid="new")
    served[:] = [new]
    with pytest.raises(Unauthorised):
        await issuer.verify(rotated)
    assert asked == 1, "an unknown key is not asked for again at once"
    issuer._tried_at -= 60
    assert (await issuer.verify(rotated)).tenant == home
    served.clear()
    issuer._read_at -= 1000
    issuer._tried_at -= 1000
    assert (await issuer.verify(signed(claims(home, jti="x"), key=OTHER, kid="new"))).tenant == home
    nothing = issuer_of(door, "https://login.example.com/keys", httpx.MockTransport(answer))
    with pytest.raises(KeysUnavailable) as away:
        await nothing.verify(rotated)
    assert isinstance(away.value, ServiceError)
    assert away.value.status == 503


@pytest.mark.parametrize("wrong", [
    {"jwt_algorithms": "RS256,HS256"}, {"jwt_algorithms": "none"}, {"jwt_algorithms": ""},
    {"jwt_issuer": ISSUER}, {"jwt_keys": "http://login.example.com/keys"},
    {"jwt_keys": "http://localhost.evil.example/keys"},
])  # fmt: skip
def test_settings_that_could_be_fooled_are_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)  # type: ignore[arg-type]
