"""Commands about privacy: erase."""

import getpass
from typing import Annotated, Any

import typer

from graph_service.cli.terminal import Json, TenantOption, tell, with_store

commands = typer.Typer()


@commands.command()
def erase(  # noqa: PLR0917 - typer passes by name
    person: Annotated[str, typer.Argument(help="The person's id.")],
    tenant: TenantOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")] = False,
    shred: Annotated[
        bool,
        typer.Option(
            "--shred", help="Also overwrite what the engine's files still hold; nothing should write meanwhile."
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Erase a person from everywhere, for ever; what the same rows bring again is left out."""
    from graph_service.privacy import service

    asked = service.Asked(person, getpass.getuser(), dry_run)

    async def act(store: Any) -> Any:
        erased = await service.erase(store, tenant, asked)
        if shred and not dry_run:
            await service.shred(store, tenant)
        return erased

    tell(with_store(act, tenant), json)
