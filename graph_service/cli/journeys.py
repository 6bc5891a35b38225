"""Commands about journeys: take event files in, and follow what happened to identities."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store

commands = typer.Typer()


@commands.command()
def ingest_events(  # noqa: PLR0917 - typer passes by name
    files: Annotated[list[Path], typer.Argument(help="CSV, Parquet or JSON lines, gzip too.")],
    tenant: TenantOption,
    source: Annotated[str, typer.Option(help="The system the events come from, such as calls.")],
    map_file: Annotated[Path | None, typer.Option("--map", help="A mapping of columns (TOML).")] = None,
    preset: Annotated[str | None, typer.Option(help="A packaged mapping: ga4 or calls.")] = None,
    json: Json = False,
) -> None:
    """Thread files of events into journeys; again changes nothing, bad rows are set aside with their reason."""
    from graph_service.journeys.jobs import ingest_events as job
    from graph_service.journeys.schemas import EventsReport
    from graph_service.journeys.service import mapping_of, request_of

    request_of(source, files)
    mapping = mapping_of(map_file, preset)

    async def act(store: Any) -> EventsReport:
        with screen.counting(f"events {source}") as progress:
            return await job(store, tenant, source, files=files, mapping=mapping, progress=progress)

    tell(with_store(act, tenant), json, screen.pairs)


@commands.command()
def catch_up(
    tenant: TenantOption,
    everything: Annotated[bool, typer.Option("--all", help="Look at every event, whatever changed.")] = False,
    json: Json = False,
) -> None:
    """Bind events anew after persons, households, homes or storms changed; again changes nothing."""
    from graph_service.journeys.jobs import catch_up as job

    tell(with_store(lambda store: job(store, tenant, everything=everything), tenant), json, screen.pairs)


@commands.command()
def funnel(
    *,
    tenant: TenantOption,
    storm: Annotated[str, typer.Option(help="The storm.")],
    anonymous: Annotated[
        bool, typer.Option(help="Count households of which only an identifier is known, too.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many paths.")] = 20,
    json: Json = False,
) -> None:
    """Say how far households came after a storm, the paths that most signatures took, and how long it took."""
    from graph_service.identity.view import View
    from graph_service.journeys import service

    async def act(store: Any) -> Any:
        return await service.funnel(View(store, tenant, personal=False), storm, anonymous=anonymous, limit=limit)

    tell(with_store(act, tenant), json, _funnel)


def _funnel(told: dict[str, Any]) -> None:
    screen.pairs(told["reached"])
    screen.table([{**way, "path": " > ".join(way["path"]) or "(untouched)"} for way in told["top_paths"]])
    screen.table(told["time_to_conversion"])
