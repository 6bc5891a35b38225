"""The guided run, as a command."""

from pathlib import Path
from typing import Annotated

import typer

from graph_service import screen
from graph_service.cli.operations import serve
from graph_service.cli.terminal import Json, tell, with_store

commands = typer.Typer()


@commands.command()
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
