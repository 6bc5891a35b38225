"""A synchronous Python client of the HTTP facade."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

KIND_OF = {"ga4_cookie": "cookie_id"}  # shorthand that marketers know
Document = dict[str, Any]


class StormGraphError(Exception):
    """The service answered with a problem; `problem` is the whole document (RFC 9457)."""

    def __init__(self, problem: Mapping[str, Any]) -> None:
        super().__init__(f"{problem.get('name')}: {problem.get('detail')} (request {problem.get('request_id')})")
        self.problem = dict(problem)

    @property
    def name(self) -> str:
        """The machine name of what went wrong, as `not_found`."""
        return str(self.problem.get("name"))

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.problem.get("status", 0))


class NotKnown(StormGraphError):
    """Nobody is known by this id or identifier (404), or the id was erased (410)."""


class NotAllowed(StormGraphError):
    """The key is not valid (401), or lacks the scope (403)."""


class NotUsable(StormGraphError):
    """The request cannot be used as it is (422); `problem['errors']` says where."""


class Unavailable(StormGraphError):
    """The service or its engine does not answer now (503, 504, or no connection); the same may work later."""

    @property
    def retry_after(self) -> int | None:
        """How many seconds to wait, where the service said so."""
        return self.problem.get("retry_after")


ERRORS: dict[int, type[StormGraphError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotKnown,
    410: NotKnown,
    422: NotUsable,
    503: Unavailable,
    504: Unavailable,
}


class IdentityGraph:
    """Who is behind an identifier, and who lives together.

    `key` is an API key with the scope `identity:read`; with `pii:read` too, personal values come unmasked.
    `transport` lets tests answer without a network. Use it as a context manager, or close it.
    """

    def __init__(
        self, url: str, key: str, *, timeout: float = 10.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)

    def resolve_identity(self, identifier: str) -> Document:
        """Who is behind one `kind:value`, as `email:jane@x.com`? Raises NotKnown where it leads to nobody."""
        return self._ask("GET", f"/v1/identity/{quote(identifier, safe=':')}")

    def resolve(self, **identifiers: str | None) -> Document:
        """Who is meant by these identifiers together: `resolve(ga4_cookie=..., address=..., phone=..., email=...)`?

        Identifiers that are None are left out, so that a form's fields can be passed as they are.
        """
        given = [
            {"kind": KIND_OF.get(kind, kind), "value": value}
            for kind, value in identifiers.items()
            if value is not None and value != ""
        ]
        return self._ask("POST", "/v1/identity/resolve", {"identifiers": given})

    def get_profile(self, identity_id: str) -> Document:
        """One person with its identifiers, its household and the household's members. Raises NotKnown."""
        person = self._ask("GET", f"/v1/persons/{quote(identity_id, safe='')}")
        known = self._ask("GET", f"/v1/persons/{quote(person['person_id'], safe='')}/identifiers")
        profile = {**person, "identifiers": known["identifiers"], "household": None}
        if person["household_id"] is not None:
            path = f"/v1/households/{quote(person['household_id'], safe='')}"
            members = self._ask("GET", f"{path}/members")["members"]
            profile["household"] = {**self._ask("GET", path), "members": members}
        return profile

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, method: str, path: str, body: Document | None = None) -> Document:
        try:
            answer = self._http.request(method, path, json=body)
        except httpx.TransportError as error:
            problem = {"name": "unreachable", "status": 503, "detail": f"{self._http.base_url} does not answer"}
            raise Unavailable(problem) from error
        if answer.is_success:
            document: Document = answer.json()
            return document
        raise _error_of(answer)


def _error_of(answer: httpx.Response) -> StormGraphError:
    problem: Document = {
        "name": "not_ours",
        "status": answer.status_code,
        "detail": "the answer is no problem document",
    }
    if answer.headers.get("content-type", "").startswith("application/problem+json"):
        problem = answer.json()
    if answer.headers.get("retry-after", "").isdigit():
        problem["retry_after"] = int(answer.headers["retry-after"])
    return ERRORS.get(answer.status_code, StormGraphError)(problem)
