"""Commands about the audit log: who did what, when, and whether the log is whole."""

from typing import Annotated

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell
from graph_service.graph.keys import check_tenant
from graph_service.settings import Settings

commands = typer.Typer()
audit_app = typer.Typer(no_args_is_help=True, help="The audit log of a tenant.")
commands.add_typer(audit_app, name="audit")


@audit_app.command("list")
def audit_list(tenant: TenantOption, limit: int = 50, json: Json = False) -> None:
    """Tell who did what to a tenant's graph, the latest last; ids only."""
    from graph_service.audit import service

    tell(service.entries(Settings(), check_tenant(tenant), limit=limit), json, screen.table)


@audit_app.command("verify")
def audit_verify(
    tenant: TenantOption,
    head: Annotated[str, typer.Option(help="The seal of an entry that must still be there.")] = "",
    json: Json = False,
) -> None:
    """Check that no entry of the audit log was changed or taken out; exit 1 where one was."""
    from graph_service.audit import service

    verdict = service.verify(Settings(), check_tenant(tenant), head=head)
    tell(verdict, json)
    if not verdict.whole:
        raise typer.Exit(1)
