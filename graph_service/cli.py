"""The command line: verbs of the workflow, each a few lines over the same services that answer HTTP."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import orjson
import typer
from pydantic import BaseModel

from graph_service import logs, screen
from graph_service.errors import BadInput, ServiceError
from graph_service.settings import Settings

T = TypeVar("T")
app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Who is behind an identifier, and who lives together.",
)
engine_app = typer.Typer(no_args_is_help=True, help="The embedded graph engine.")
tenants_app = typer.Typer(no_args_is_help=True, help="Tenants: the contractors whose graphs these are.")
keys_app = typer.Typer(no_args_is_help=True, help="API keys of a tenant.")
households_app = typer.Typer(no_args_is_help=True, help="Households.")
for name, inner in {
    "engine": engine_app,
    "tenants": tenants_app,
    "keys": keys_app,
    "households": households_app,
}.items():
    app.add_typer(inner, name=name)

TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
ALL_READS = "ingest:write,identity:read,graph:query,pii:read"


def main() -> None:
    """Run a command; an error of ours becomes one line that says what to do next."""
    try:
        app()
    except ServiceError as error:
        print(f"stormgraph: {error.message}", file=sys.stderr)
        sys.exit(2 if isinstance(error, BadInput) else 1)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Any]:
    """A store on the engine that the settings name, migrated where that is ours to do."""
    from graph_service.graph import library
    from graph_service.graph.engines import engine_for
    from graph_service.graph.store import Store
    from graph_service.tenants import service as tenants

    engine = engine_for(settings)
    await engine.open()
    try:
        store = Store(engine, library.load(), settings)
        await tenants.prepare(store)
        yield store
    finally:
        await engine.close()


def with_store(act: Callable[[Any], Awaitable[T]], tenant: str | None = None) -> T:
    """Open the store, make sure that there is such a tenant, do one thing, close it."""
    from graph_service.tenants import service

    settings = Settings(log_level="warning")
    logs.configure(settings)

    async def inside() -> T:
        async with opened(settings) as store:
            if tenant is not None:
                await service.require(store, tenant)
            return await act(store)

    return asyncio.run(inside())


def tell(answer: Any, as_json: bool, show: Callable[[Any], None] = screen.pairs) -> None:
    """Print an answer: as JSON, or as a person reads it."""
    if isinstance(answer, BaseModel):
        answer = answer.model_dump()
    elif isinstance(answer, list):
        answer = [item.model_dump() if isinstance(item, BaseModel) else item for item in answer]
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    else:
        show(answer)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes that answer.")] = 1,
) -> None:
    """Serve the graph over HTTP."""
    import uvicorn

    settings = Settings()
    logs.configure(settings)
    uvicorn.run(
        "graph_service.app:from_environment",
        factory=True,
        host=host or settings.host,
        port=port or settings.port,
        workers=workers,
        access_log=False,
        log_level="warning",
    )


@app.command()
def migrate(json: Json = False) -> None:
    """Bring the graph's constraints and indexes up to date."""
    from graph_service.graph import library
    from graph_service.graph.engines import engine_for
    from graph_service.graph.store import Store
    from graph_service.tenants import service

    async def act() -> dict[str, list[str]]:
        engine = engine_for(Settings())
        await engine.open()
        try:
            return await service.migrate(Store(engine, library.load(), Settings()))
        finally:
            await engine.close()

    tell(asyncio.run(act()), json)


@app.command()
def doctor(json: Json = False) -> None:
    """Check the engine, the library of queries, the migrations and the tenants."""
    from graph_service.tenants import service

    async def act(store: Any) -> dict[str, Any]:
        await store.engine.ping()
        return {
            "engine": store.engine.name,
            "isolation": store.engine.isolation,
            "queries": len(store.library),
            "tenants": [tenant.tenant for tenant in await service.listed(store)],
            "data folder": str(store.settings.data_dir.resolve()),
            "state": "well",
        }

    tell(with_store(act), json)


@engine_app.command("start")
def engine_start(json: Json = False) -> None:
    """Start the embedded engine of the data folder, or find it running."""
    _tell_engine("start", json)


@engine_app.command("stop")
def engine_stop(json: Json = False) -> None:
    """Stop the embedded engine of the data folder."""
    _tell_engine("stop", json)


@engine_app.command("status")
def engine_status(json: Json = False) -> None:
    """Say whether the embedded engine runs, and where."""
    _tell_engine("status", json)


def _tell_engine(verb: str, json: bool) -> None:
    from dataclasses import asdict

    from graph_service.graph import embedded

    answer = getattr(embedded, verb)(Settings())
    if isinstance(answer, bool):
        answer = {"stopped": answer}
    tell({"running": False} if answer is None else answer if isinstance(answer, dict) else asdict(answer), json)


@tenants_app.command("add")
def tenants_add(slug: str, name: str = "", json: Json = False) -> None:
    """Make a tenant; the same again changes nothing."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.add(store, slug, name=name)), json)


@tenants_app.command("list")
def tenants_list(json: Json = False) -> None:
    """Every tenant."""
    from graph_service.tenants import service

    tell(with_store(service.listed), json, screen.table)


@keys_app.command("add")
def keys_add(
    tenant: TenantOption,
    scopes: Annotated[str, typer.Option(help="What it may do, separated by commas.")] = "identity:read,graph:query",
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    json: Json = False,
) -> None:
    """Hand out an API key; its text is shown this once."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.add_key(store, tenant, scopes=scopes.split(","), label=label)), json)


@keys_app.command("list")
def keys_list(tenant: TenantOption, json: Json = False) -> None:
    """The API keys of a tenant, revoked ones too."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.list_keys(store, tenant)), json, screen.table)


@keys_app.command("revoke")
def keys_revoke(key_id: str, tenant: TenantOption, json: Json = False) -> None:
    """Stop a key: every server refuses it within two seconds."""
    from graph_service.tenants import service

    tell(with_store(lambda store: service.revoke_key(store, tenant, key_id)), json)


@app.command()
def ingest(  # noqa: PLR0917 - typer passes by name
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet or JSON lines, gzip too.")],
    tenant: TenantOption,
    source: Annotated[str, typer.Option(help="The system the rows come from, such as crm.")],
    map_file: Annotated[
        Path | None, typer.Option("--map", help="A mapping of columns (TOML); guessed without.")
    ] = None,
    save_map: Annotated[Path | None, typer.Option(help="Write the mapping that was used into this file.")] = None,
    json: Json = False,
) -> None:
    """Take files of one source in; the same again changes nothing, bad rows are set aside with their reason."""
    from graph_service.records.jobs import ingest as job
    from graph_service.records.schemas import IngestReport, IngestRequest
    from graph_service.records.service import read_mapping, request_of

    request: IngestRequest = request_of(source, files, read_mapping(map_file) if map_file else None)

    async def act(store: Any) -> IngestReport:
        with screen.counting(f"ingest {source}") as progress:
            return await job(store, tenant, request, progress=progress)

    report = with_store(act, tenant)
    if save_map:
        save_map.write_text(report.mapping, encoding="utf-8")
    tell(report, json, screen.ingest_report)


@app.command("match")
def match_command(
    tenant: TenantOption,
    retrain: Annotated[bool, typer.Option(help="Learn a new model instead of reusing the tenant's.")] = False,
    html: Annotated[Path | None, typer.Option(help="Write the model's charts as a self-contained page.")] = None,
    json: Json = False,
) -> None:
    """Decide who is who and who lives together, and bring the graph up to date; again changes nothing."""
    from graph_service.identity.jobs import match_tenant
    from graph_service.identity.run.charts import write_charts
    from graph_service.identity.schemas import MatchReport

    if html and not html.absolute().parent.is_dir():
        raise BadInput(f"There is no folder {html.absolute().parent} to write the page into.")

    async def act(store: Any) -> MatchReport:
        with screen.staged("match") as progress:
            report = await match_tenant(store, tenant, retrain=retrain, progress=progress)
        if html:
            await write_charts(store, tenant, html)
        return report

    tell(with_store(act, tenant), json, screen.match_report)


@app.command()
def evaluate(
    tenant: TenantOption,
    truth: Annotated[Path, typer.Option(help="CSV or Parquet with source, record_id, person and household.")],
    json: Json = False,
) -> None:
    """Compare the graph with a known truth; the matcher never sees it."""
    from graph_service.identity.run.grading import grade, read_truth

    table = read_truth(truth)
    tell(with_store(lambda store: grade(store, tenant, table), tenant), json, screen.grades)


@app.command()
def resolve(
    identifiers: Annotated[list[str], typer.Argument(help="Such as email:jane@example.com phone:214-555-2368.")],
    tenant: TenantOption,
    json: Json = False,
) -> None:
    """Say who is behind identifiers, and in which household."""
    from graph_service.identity import service
    from graph_service.identity.schemas import GivenIdentifier

    given = []
    for text in identifiers:
        kind, colon, value = text.partition(":")
        if not colon:
            raise BadInput(f"'{text}' is no identifier: write kind:value, such as email:jane@example.com.")
        given.append(GivenIdentifier(kind=kind, value=value))
    tell(with_store(lambda store: service.resolve(service.View(store, tenant, True), given), tenant), json)


@households_app.command("show")
def households_show(household_id: str, tenant: TenantOption, json: Json = False) -> None:
    """Show a household: its members, where it lives, and the identifiers that lead to it."""
    from graph_service.identity import service

    async def act(store: Any) -> dict[str, Any]:
        view = service.View(store, tenant, True)
        home = await service.household(view, household_id)
        members = await service.household_members(view, household_id)
        found = await service.household_identifiers(view, household_id)
        return {**home.model_dump(), "members": members.model_dump(), "identifiers": found.model_dump()}

    tell(with_store(act, tenant), json)


@app.command()
def query(
    name: Annotated[str, typer.Argument(help="The query's name; without one, all are listed.")] = "",
    params: Annotated[list[str] | None, typer.Argument(help="key=value, values as JSON or plain text.")] = None,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")] = "",
    json: Json = False,
) -> None:
    """Run a read query of the library by its name."""
    from graph_service.catalogue import service
    from graph_service.graph import library

    if not name:
        listed = [{"query": entry.name, "says": entry.says} for entry in service.catalogue(library.load()).queries]
        return tell(listed, json, screen.table)
    given = screen.given(params or [])
    answer = with_store(lambda store: service.run(store, tenant, name, given=given, personal=True), tenant)
    return tell(answer, json, lambda found: screen.table(found["rows"]))


@app.command()
def quarantine(tenant: TenantOption, limit: int = 100, json: Json = False) -> None:
    """List what was set aside, and why."""
    from graph_service.records import service

    tell(with_store(lambda store: service.quarantined(store, tenant, limit=limit), tenant), json, screen.table)


@app.command()
def runs(tenant: TenantOption, limit: int = 100, json: Json = False) -> None:
    """List the match runs of a tenant."""
    from graph_service.records import service

    tell(with_store(lambda store: service.runs(store, tenant, limit=limit), tenant), json, screen.table)


@app.command()
def cypher(tenant: TenantOption, json: Json = False) -> None:
    """Print how an analyst connects with a Neo4j driver, read-only."""
    from dataclasses import asdict

    tell(asdict(with_store(lambda store: store.engine.reader_login(tenant), tenant)), json)


@app.command()
def demo(  # noqa: PLR0917 - typer passes by name
    seed: Annotated[int | None, typer.Option(help="Draw a fresh town from this seed.")] = None,
    size: Annotated[int | None, typer.Option(help="About how many records to draw.")] = None,
    out: Annotated[Path | None, typer.Option(help="Only write the town's files and truth into this folder.")] = None,
    tenant: Annotated[
        str, typer.Option("--tenant", "-t", help="The tenant to fill; a town drawn afresh gets one of its own.")
    ] = "",
    serve_after: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve when done.")] = True,
    json: Json = False,
) -> None:
    """Turn the six sources of Anytown into a served household graph, a line per stage."""
    from graph_service.demo import jobs

    if out:
        return tell(jobs.write_files(out, seed=seed, size=size), json)
    tenant = tenant or "anytown" + (f"-s{seed}" if seed is not None else "") + (f"-n{size}" if size else "")
    report = with_store(lambda store: jobs.guided(store, tenant, seed=seed, size=size, say=screen.stage_line))
    tell(report, json, screen.demo_report)
    if serve_after:
        serve()
    return None
