"""Commands about identity: match, grade, resolve, show."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store
from graph_service.errors import BadInput

commands = typer.Typer()
households_app = typer.Typer(no_args_is_help=True, help="Households.")
commands.add_typer(households_app, name="households")


@commands.command("match")
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


@commands.command()
def runs(tenant: TenantOption, limit: int = 100, json: Json = False) -> None:
    """List the match runs of a tenant."""
    from graph_service.records import service

    tell(with_store(lambda store: service.runs(store, tenant, limit=limit), tenant), json, screen.table)


@commands.command()
def evaluate(
    tenant: TenantOption,
    truth: Annotated[Path, typer.Option(help="CSV or Parquet with source, record_id, person and household.")],
    json: Json = False,
) -> None:
    """Compare the graph with a known truth; the matcher never sees it."""
    from graph_service.identity.run.grading import grade, read_truth

    table = read_truth(truth)
    tell(with_store(lambda store: grade(store, tenant, table), tenant), json, screen.grades)


@commands.command()
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
