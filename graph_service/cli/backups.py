"""Commands that move a tenant's graph: into files, back, and between engines."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, opened, tell, with_store
from graph_service.errors import BadInput
from graph_service.settings import Settings

commands = typer.Typer()
graph_app = typer.Typer(no_args_is_help=True, help="A tenant's graph as a whole.")
commands.add_typer(graph_app, name="graph")
Replace = Annotated[bool, typer.Option("--replace", help="Take what the tenant holds there away first.")]


@commands.command()
def backup(
    folder: Annotated[Path, typer.Argument(help="A new folder.")], tenant: TenantOption, json: Json = False
) -> None:
    """Write a tenant's graph to a folder while the service goes on; counts and a hash are in its manifest."""
    from graph_service.backups import jobs

    async def act(store: Any) -> Any:
        with screen.counting("rows") as progress:
            return await jobs.backup(store, tenant, folder, jobs.Wish(progress=progress))

    tell(with_store(act, tenant), json)


@commands.command()
def restore(
    folder: Annotated[Path, typer.Argument(help="The folder of a backup.")],
    replace: Replace = False,
    tombstones: Annotated[
        Path | None, typer.Option(help="The tombstones.jsonl of a newer backup, where the graph itself is lost.")
    ] = None,
    json: Json = False,
) -> None:
    """Bring a tenant's graph back from a backup; who was erased since is erased again."""
    from graph_service.backups import jobs

    if tombstones is not None and not tombstones.is_file():
        raise BadInput(f"There is no file {tombstones}.")

    async def act(store: Any) -> Any:
        with screen.counting("rows") as progress:
            return await jobs.restore(store, folder, jobs.Wish(replace, tombstones, progress))

    tell(with_store(act), json)


@graph_app.command("copy")
def graph_copy(  # noqa: PLR0917 - typer passes by name
    tenant: TenantOption,
    to: Annotated[
        str, typer.Option(help="As STORMGRAPH_GRAPH_URL has it; `scheme://user@host:port` names its user.")
    ] = "",
    come_from: Annotated[str, typer.Option("--from", help="The other way: from there.")] = "",
    password_file: Annotated[Path | None, typer.Option(help="File with its password; else it is asked for.")] = None,
    replace: Replace = False,
    json: Json = False,
) -> None:
    """Copy a tenant's graph to another engine, or from one; both ends are counted and hashed."""
    from graph_service.backups import jobs

    if bool(to) == bool(come_from):
        raise BadInput("Name the other engine with --to or with --from.")
    own = Settings(log_level="warning")
    other = own.model_copy(update=_address(to or come_from, own.graph_user, password_file))

    async def act(here: Any) -> Any:
        async with opened(other) as there:
            with screen.counting("rows") as progress:
                source, target = (here, there) if to else (there, here)
                return await jobs.copy(source, target, tenant, jobs.Wish(replace, progress=progress))

    tell(with_store(act), json)


def _address(url: str, user: str, path: Path | None) -> dict[str, Any]:
    """The settings by which the other engine is reached; `scheme://user@host:port` names its user."""
    from urllib.parse import urlsplit, urlunsplit

    from pydantic import SecretStr

    if url == "embedded:":
        return {"graph_url": url}
    if path is not None and not path.is_file():
        raise BadInput(f"There is no file {path}.")
    word = path.read_text(encoding="utf-8").strip() if path else typer.prompt("Password", hide_input=True, err=True)
    parts = urlsplit(url)
    bare = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return {"graph_url": bare, "graph_user": parts.username or user, "graph_password": SecretStr(word)}
