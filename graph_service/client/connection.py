"""What every client has: connections that carry the key, problems as exceptions, retries, and pages as iterators."""

import random
from collections.abc import Iterator, Mapping
from time import sleep
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote
from uuid import uuid4

import httpx

Document = dict[str, Any]
LONGEST_WAIT = 30.0  # seconds between two tries, whatever the service says
FIRST_WAIT = 0.2


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

    @property
    def retry_after(self) -> int | None:
        """How many seconds to wait, where the service said so."""
        return self.problem.get("retry_after")


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


class TooMany(StormGraphError):
    """The key has sent more than it may (429)."""


ERRORS: dict[int, type[StormGraphError]] = {
    401: NotAllowed,
    403: NotAllowed,
    404: NotKnown,
    409: NotDone,
    410: NotKnown,
    422: NotUsable,
    429: TooMany,
    503: Unavailable,
    504: Unavailable,
}


class Connection:
    """A client's connection to the service.

    `key` is an API key or a token; `transport` lets tests answer without a network. Everything may be sent twice (for
    writes that are done by hand we make an Idempotency-Key), so it is tried `retries` times more where the service is
    away or says that it was too much, after as long as it says. Use it as a context manager, or close it.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        timeout: float = 10.0,
        retries: int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout, transport=transport)
        self._retries = retries

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def alive(self) -> Document:
        """Is the process there? Raises Unavailable."""
        return self._ask("GET", "/healthz")

    def ready(self) -> Document:
        """Does its graph engine answer? Raises Unavailable."""
        return self._ask("GET", "/readyz")

    def metrics(self) -> str:
        """Counts and timings in Prometheus' text form."""
        return self._sent("GET", "/metrics").text

    def _ask(self, method: str, path: str, *, params: Mapping[str, Any] | None = None) -> Document:
        """A read, or a removal: the same again changes nothing."""
        document: Document = self._sent(method, path, params=params).json()
        return document

    def _send(self, method: str, path: str, body: Mapping[str, Any]) -> Document:
        """A write that may be sent again as it is."""
        document: Document = self._sent(method, path, body=body).json()
        return document

    def _once(self, path: str, body: Mapping[str, Any], *, once: str | None, made: str = "change_id") -> Document:
        """A write that is done once, however often it is sent. A replayed answer holds `replayed` and the id alone."""
        headers = {"Idempotency-Key": once or str(uuid4())}
        document: Document = self._sent("POST", path, body=body, headers=headers).json()
        return {**document, made: document["id"]} if document.get("replayed") else document

    def _pages(self, path: str, name: str, params: Mapping[str, Any]) -> Iterator[Document]:
        """Every entry of a list, page by page as they are asked for."""
        after: str | None = ""
        while after is not None:
            page = self._ask("GET", path, params={**params, "after": after} if after else params)
            yield from page[name]
            after = page["next"]

    def _sent(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, Any] | None = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        tried = 0
        while True:
            request = self._http.build_request(method, path, json=body, params=params or None, headers=headers)
            try:
                return self._sent_once(request)
            except StormGraphError as error:
                if tried >= self._retries or not _worth_another(error):
                    raise
                said = error.retry_after
            spread = FIRST_WAIT * 2**tried * random.uniform(0.5, 1)  # noqa: S311 - spreads callers, guards nothing
            sleep(min(LONGEST_WAIT, spread if said is None else said))
            tried += 1

    def _sent_once(self, request: httpx.Request) -> httpx.Response:
        try:
            answer = self._http.send(request)
        except httpx.TransportError as error:
            problem = {"name": "unreachable", "status": 503, "detail": f"{self._http.base_url} does not answer"}
            raise Unavailable(problem) from error
        if answer.is_success:
            return answer
        raise _error_of(answer)


def given(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters that were given at all."""
    return {name: value for name, value in asked.items() if value is not None}


def part(own_id: str) -> str:
    """An id as a part of a path."""
    return quote(own_id, safe="")


def _worth_another(error: StormGraphError) -> bool:
    """Was it too much, or may the same be sent again and work?"""
    return isinstance(error, TooMany | Unavailable) or error.name == "in_progress"


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
