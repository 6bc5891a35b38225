"""What the service counts and logs of each request: the route's template, never the path, which may hold an e-mail."""

import secrets
import time
import traceback
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph_service import logs
from graph_service.errors import ServiceError
from graph_service.problems import problem

log = logs.get("http")
GUARDS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]
LONGEST_BODY = 8_000_000  # a full batch with the longest values; bodies are read before keys are verified
QUIET = {"/healthz", "/readyz", "/metrics"}
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10)


class TooLong(ServiceError):
    """The body is longer than any request of ours."""

    name, status = "too_long", 413

    def __init__(self) -> None:
        super().__init__(f"A request's body may have {LONGEST_BODY:,} bytes: ask in several batches.")


def too_long(scope: Scope) -> bool:
    """Does the request announce a longer body than we read?"""
    said = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
    return not said.isdigit() or int(said) > LONGEST_BODY


def bounded(receive: Receive) -> Receive:
    """The same body, for one that is not announced: reading stops with TooLong once it is too long."""
    length = 0

    async def counted() -> Message:
        nonlocal length
        message = await receive()
        length += len(message.get("body", b""))
        if length > LONGEST_BODY:
            raise TooLong
        return message

    return counted


class Traffic:
    """The outermost layer: gives each request an id, times, counts and logs it, and answers what nobody caught."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        names = ["method", "route", "status"]
        self._requests = Counter("stormgraph_requests", "Requests answered.", names, registry=registry)
        says = "Time from a request's first byte to its answer's last."
        self._seconds = Histogram(
            "stormgraph_request_seconds", says, ["method", "route"], buckets=BUCKETS, registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 0
        scope["request_id"] = request_id = secrets.token_hex(8)

        async def note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                told = scope.get("told", ())  # by the door: how much its key has left
                message["headers"] = [
                    *message.get("headers", ()), *GUARDS, *told, (b"x-request-id", request_id.encode()),
                ]  # fmt: skip
            await send(message)

        try:
            if too_long(scope):
                await problem(TooLong(), request_id)(scope, receive, note)
            else:
                await self._app(scope, bounded(receive), note)
        except Exception as error:
            log.error("request_failed", request_id=request_id, error=type(error).__name__, at=_where(error))
            if status:
                raise
            await problem(ServiceError("Something failed here; the log knows the request id."), request_id)(
                scope, receive, note
            )
        finally:
            self._note(scope, status, time.perf_counter() - began)
        return None

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method, route = scope["method"], template(scope)
        self._requests.labels(method, route, status).inc()
        self._seconds.labels(method, route).observe(seconds)
        if route in QUIET and status < 400:
            return
        caller = scope.get("caller")
        who: dict[str, Any] = {"tenant": caller.tenant, "key_id": caller.key_id} if caller else {}
        log.info(
            "request",
            method=method,
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            request_id=scope["request_id"],
            **who,
        )


def template(scope: Scope) -> str:
    """The route that a request took, as `/v1/persons/{person_id}`; `unknown` where there is none."""
    route = scope.get("route")
    return getattr(route, "path_format", "unknown")


def _where(error: Exception) -> list[str]:
    """The places that an error came through; its text may hold personal data and is left out."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames]
