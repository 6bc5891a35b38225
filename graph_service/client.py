"""A synchronous Python client of the HTTP facade."""

from collections.abc import Mapping, Sequence
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


class NotDone(StormGraphError):
    """The request is understood and was not done (409): stale, built upon, or contradicting itself."""


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
    409: NotDone,
    410: NotKnown,
    422: NotUsable,
    503: Unavailable,
    504: Unavailable,
}


class _Client:
    """What every client has: connections that carry the key, and problems that come back as exceptions."""

    def __init__(
        self, url: str, key: str, *, timeout: float = 10.0, transport: httpx.BaseTransport | None = None
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(
        self, method: str, path: str, body: Document | None = None, params: Mapping[str, Any] | None = None
    ) -> Document:
        try:
            answer = self._http.request(method, path, json=body, params=params or None)
        except httpx.TransportError as error:
            problem = {"name": "unreachable", "status": 503, "detail": f"{self._http.base_url} does not answer"}
            raise Unavailable(problem) from error
        if answer.is_success:
            document: Document = answer.json()
            return document
        raise _error_of(answer)


class IdentityGraph(_Client):
    """Who is behind an identifier, and who lives together.

    `key` is an API key with the scope `identity:read`; with `pii:read` too, personal values come unmasked.
    `transport` lets tests answer without a network. Use it as a context manager, or close it.
    """

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

    def merge_identities(
        self, a: str, b: str, *, reason: str = "", expect: Mapping[str, int] | None = None
    ) -> Document:
        """Two persons are one: the older id stays, the other answers it. Raises NotDone where `expect` is stale."""
        body = {"persons": [a, b], "reason": reason, "expect": dict(expect or {})}
        return self._ask("POST", "/v1/identity/merge", body)

    def link_property(self, property_id: str, identifiers: Mapping[str, str]) -> Document:
        """Whoever these identifiers lead to (`{"email": ..., "phone": ...}`) has to do with this building."""
        given = [{"kind": KIND_OF.get(kind, kind), "value": value} for kind, value in identifiers.items()]
        return self._ask("POST", "/v1/identity/links", {"property_id": property_id, "identifiers": given})

    def split_identity(self, identity_id: str, rows: Sequence[str], *, reason: str = "") -> Document:
        """These rows (`source/record_id`) of a person are somebody else; the larger part keeps the id."""
        body = {"person_id": identity_id, "rows": [_row(row) for row in rows], "reason": reason}
        return self._ask("POST", "/v1/identity/split", body)

    def judge(self, left: str, right: str, *, same: bool, reason: str = "") -> Document:
        """Two rows (`source/record_id`) are, or are not, one person; effective at once and for ever."""
        sides = {"left": [_row(left)], "right": [_row(right)]}
        body = {"verdict": "same" if same else "different", **sides, "reason": reason}
        return self._ask("POST", "/v1/identity/judgements", body)

    def undo(self, change_id: str, *, reason: str = "") -> Document:
        """Take back what was decided by hand behind a change. Raises NotDone where later judgements build on it."""
        return self._ask("POST", f"/v1/identity/undo/{quote(change_id, safe='')}", {"reason": reason})

    def history(self, identity_id: str) -> list[Document]:
        """What happened to a person, the oldest first."""
        changes: list[Document] = self._ask("GET", f"/v1/persons/{quote(identity_id, safe='')}/history")["changes"]
        return changes

    def changes(self, after: str = "", *, limit: int = 100) -> Document:
        """The feed of changes behind a cursor: `changes`, `next` (the cursor to go on with) and `more`."""
        return self._ask("GET", f"/v1/identity/changes?limit={limit}&after={quote(after, safe='')}")

    def explain(self, left: str, right: str) -> Document:
        """Why two rows (`source/record_id`) are, or are not, one person."""
        return self._ask("GET", f"/v1/identity/explain?left={quote(left, safe='')}&right={quote(right, safe='')}")

    def erase_identity(self, identity_id: str) -> Document:
        """Erase a person from everywhere, for ever; its id raises NotKnown from now on."""
        return self._ask("DELETE", f"/v1/persons/{quote(identity_id, safe='')}")


class AttributionEngine(_Client):
    """Which channels and plays have earned the conversions of a storm, or of one journey.

    `key` is an API key with the scope `attribution:read`. Every further name is a parameter of the route, such as
    `method="shapley"`, `lookback_days=30` or `as_of="2026-06-01T00:00:00Z"`; those that are None are left out.
    """

    def attribute_journey(self, journey_id: str, **asked: Any) -> Document:
        """How is one journey's conversion divided among its touches? Raises NotKnown."""
        return self._ask("GET", f"/v1/attribution/journeys/{quote(journey_id, safe='')}", params=_given(asked))

    def attribute_storm(self, storm_id: str, **asked: Any) -> Document:
        """Which share of a storm's conversions has each channel and play earned? Raises NotKnown."""
        return self._ask("GET", f"/v1/attribution/storms/{quote(storm_id, safe='')}", params=_given(asked))

    def get_channel_attribution(self, zip_code: str, event_id: str, **asked: Any) -> Document:
        """The same by channel in one ZIP; `event_id` is the storm's id. Raises NotKnown."""
        return self.attribute_storm(event_id, **{"zip": zip_code, "by": "channel", **asked})


def _given(asked: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _row(text: str) -> Document:
    source, _, record_id = text.partition("/")
    return {"source": source, "record_id": record_id}


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
