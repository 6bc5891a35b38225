"""Commands about records: take files in, and see what was set aside."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store

commands = typer.Typer()


@commands.command()
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


@commands.command()
def quarantine(tenant: TenantOption, limit: int = 100, json: Json = False) -> None:
    """List what was set aside, and why."""
    from graph_service.records import service

    tell(with_store(lambda store: service.quarantined(store, tenant, limit=limit), tenant), json, screen.table)
