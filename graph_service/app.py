"""The HTTP facade: the rooms' routes, the probes, and one place where errors become answers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from prometheus_client import CollectorRegistry, Gauge, PlatformCollector, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from graph_service import __version__, logs, memory
from graph_service.analysts.routes import router as analysts
from graph_service.audit.service import kept
from graph_service.audit.witness import Witness
from graph_service.auth import KeyRing
from graph_service.catalogue.routes import router as catalogue
from graph_service.context.routes import router as context
from graph_service.credit.routes import router as credit
from graph_service.errors import BadInput, OutOfMemory, ServiceError
from graph_service.graph import library
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Store
from graph_service.identity.finder import Finder
from graph_service.identity.routes import router as identity
from graph_service.identity.waiting.backlog import worked_off
from graph_service.journeys.chain.threader import Threader
from graph_service.journeys.follower import following
from graph_service.journeys.jobs import rethread
from graph_service.journeys.routes import router as journeys
from graph_service.lifecycle.routes import router as lifecycle
from graph_service.limits import Buckets
from graph_service.metrics import Traffic, template
from graph_service.once import document_replays
from graph_service.privacy.routes import router as privacy
from graph_service.problems import MEDIA_TYPE, problem, written
from graph_service.records.routes import router as records
from graph_service.review.routes import router as review
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

log = logs.get("app")
MOST_AT_ONCE = 500  # households threaded anew before a request is answered
DOCS = Path(__file__).with_name("docs.html")
DOCS_POLICY = (
    "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "name", "detail", "request_id"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "name": {"type": "string", "description": "The machine name of what went wrong."},
        "detail": {"type": "string", "description": "What to do next."},
        "request_id": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "Where the request does not fit."},
    },
}


def _problems(told: dict[int, str]) -> dict[int | str, dict[str, Any]]:
    return {one: {"description": says, "content": {MEDIA_TYPE: {"schema": PROBLEM}}} for one, says in told.items()}


ANSWERS = _problems(
    {
        400: "The body is not JSON in UTF-8.",
        401: "No valid API key.",
        403: "The key lacks the scope.",
        404: "Not known to this tenant.",
        413: "The body is longer than any request of ours.",
        422: "The request cannot be used as it is.",
        429: "The key has sent more than it may; see Retry-After, RateLimit and RateLimit-Policy.",
        503: "The graph engine does not answer; see Retry-After.",
        504: "The query was cut off at its time limit.",
    }
)
ERASED = _problems({410: "The person or household was erased."})


class Service(FastAPI):
    """The application, and what its document says beyond what the routes know."""

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document, made once."""
        if not self.openapi_schema:
            document_replays(super().openapi())
        return super().openapi()


def create_app(settings: Settings) -> FastAPI:
    """The service as an ASGI application; the graph is opened when it starts and closed when it stops."""
    app = Service(
        title="StormGraph",
        version=__version__,
        summary="Who is behind an identifier, and who lives together.",
        lifespan=_lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a path is what it is: an empty id leads to no list
    )
    app.state.settings = settings
    registry = app.state.registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    PlatformCollector(registry=registry)
    waiting = Gauge("stormgraph_records_waiting", "Rows that were acknowledged and not decided on.", registry=registry)
    waiting.set_function(lambda: app.state.backlog.waiting)
    says = "Tenants whose journeys may not follow their persons and households yet."
    Gauge("stormgraph_tenants_to_follow", says, registry=registry).set_function(lambda: app.state.follower.waiting)
    app.add_middleware(Witness)
    app.add_middleware(Traffic, registry=registry)
    # identity's `/{identifier}` takes what comes behind it
    for room in (lifecycle, review, privacy, identity):
        app.include_router(room, responses=ANSWERS | ERASED)
    for room in (records, catalogue, analysts, journeys, credit, context):
        app.include_router(room, responses=ANSWERS)
    _add_probes(app)
    app.add_exception_handler(ServiceError, _service_error)
    app.add_exception_handler(MemoryError, _no_memory)
    app.add_exception_handler(RequestValidationError, _unfit)
    app.add_exception_handler(HTTPException, _no_route)
    return app


def from_environment() -> FastAPI:
    """The service with the environment's settings, for `uvicorn --factory`."""
    settings = Settings()
    logs.configure(settings)
    app = create_app(settings)
    memory.settle()
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    engine = engine_for(settings)
    await engine.open()
    try:
        store = app.state.store = Store(engine, library.load(), settings)
        await tenants.prepare(store)
        app.state.key_ring, app.state.finder = KeyRing(store), Finder(store)
        app.state.buckets = Buckets(settings.requests_per_second, settings.requests_at_once)
        threader = app.state.threader = Threader(store)

        async def follow(tenant: str, waiting: int) -> None:
            """Derive the journeys again that a write of another room left waiting; the follower does the rest."""
            if waiting:
                await rethread(threader, tenant, MOST_AT_ONCE)
            if waiting > MOST_AT_ONCE:
                app.state.follower.wake(tenant)

        app.state.follow = follow
        log.info("ready", engine=engine.name, queries=len(store.library))
        async with (
            kept(settings) as app.state.audit,
            worked_off(store) as app.state.backlog,
            following(store, threader, lambda: app.state.backlog.waiting > 0) as app.state.follower,
        ):
            yield
    finally:
        await engine.close()


def _add_probes(app: FastAPI) -> None:
    @app.get("/healthz", tags=["operations"])
    async def healthz() -> dict[str, str]:
        """The process is alive."""
        return {"status": "alive"}

    @app.get("/readyz", tags=["operations"], responses={503: ANSWERS[503]})
    async def readyz(request: Request) -> dict[str, str]:
        """The graph engine answers; 503 with Retry-After while it does not."""
        await request.app.state.store.engine.ping()
        return {"status": "ready"}

    @app.get("/metrics", tags=["operations"], response_class=Response)
    async def metrics(request: Request) -> Response:
        """Counts and timings in Prometheus' text form, by route; nothing of any tenant."""
        return Response(generate_latest(request.app.state.registry), media_type=CONTENT_TYPE_LATEST)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        """A page that reads openapi.json aloud."""
        return HTMLResponse(DOCS.read_text(encoding="utf-8"), headers={"content-security-policy": DOCS_POLICY})


def _id_of(request: Request) -> str:
    return str(request.scope.get("request_id", ""))


async def _service_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, ServiceError)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log.error("service_error", name=error.name, route=template(request.scope), request_id=_id_of(request))
    return problem(error, _id_of(request))


async def _no_memory(request: Request, error: Exception) -> Response:
    return await _service_error(request, OutOfMemory())


async def _unfit(request: Request, error: Exception) -> Response:
    """What does not fit, and where; never the value itself, which may be personal."""
    assert isinstance(error, RequestValidationError)
    errors = [{"at": ".".join(map(str, one["loc"])), "problem": one["msg"]} for one in error.errors()[:20]]
    first = errors[0] if errors else {"at": "the request", "problem": "does not fit"}
    return problem(BadInput(f"{first['at']}: {first['problem']}."), _id_of(request), errors=errors)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    name = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    detail = {404: "There is no such route: `/docs` lists them.", 405: "This route takes another method."}
    says = detail.get(error.status_code, str(error.detail))
    answer = written(name, error.status_code, says, request_id=_id_of(request))
    answer.headers.update(error.headers or {})
    return answer
