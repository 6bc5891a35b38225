"""Commands about what surrounds households: storms."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store

commands = typer.Typer()


@commands.command()
def ingest_storms(  # noqa: PLR0917 - typer passes by name
    files: Annotated[list[Path], typer.Argument(help="Storm event files of NOAA: NCEI (bulk or search) or SPC.")],
    tenant: TenantOption,
    by: Annotated[str, typer.Option(help="One storm per `episode`, or per `event` (report).")] = "episode",
    days: Annotated[int, typer.Option(min=1, max=36_500, help="How long a storm's window is.")] = 180,
    json: Json = False,
) -> None:
    """Take NOAA's storm event files in as storms; the same again changes nothing."""
    from graph_service.context.jobs import ingest_storms as job
    from graph_service.context.schemas import StormsReport
    from graph_service.context.service import grouping_of

    grouping = grouping_of(by, files)

    async def act(store: Any) -> StormsReport:
        with screen.counting("storms") as progress:
            return await job(store, tenant, files, by=grouping, days=days, progress=progress)

    tell(with_store(act, tenant), json, screen.pairs)
