"""Commands about identity: match, grade, resolve, show."""

from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store
from graph_service.errors import BadInput

commands = typer.Typer()
DEFAULT_SAMPLE = 200
households_app = typer.Typer(no_args_is_help=True, help="Households.")
commands.add_typer(households_app, name="households")


@commands.command("match")
def match_command(
    tenant: TenantOption,
    retrain: Annotated[bool, typer.Option(help="Learn a new model instead of reusing the tenant's.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write charts of model and merges, and NAME.pairs.html: all inside.")
    ] = None,
    json: Json = False,
) -> None:
    """Decide who is who and who lives together, and bring the graph up to date; again changes nothing."""
    from graph_service.identity.jobs import match_tenant
    from graph_service.identity.run.charts import write_charts
    from graph_service.identity.schemas import MatchReport

    if html and not html.absolute().parent.is_dir():
        raise BadInput(f"There is no folder {html.absolute().parent} to write the page into.")

    async def act(store: Any) -> MatchReport:
        drawn: list[Any] = []
        keep = (lambda records, result: drawn.append((records, result))) if html else None
        with screen.staged("match") as progress:
            report = await match_tenant(store, tenant, retrain=retrain, progress=progress, seen=keep)
        if html:
            for file in await write_charts(store, tenant, html, drawn[0]):
                screen.err.print(f"written: {file}")
        return report

    tell(with_store(act, tenant), json, screen.match_report)


@commands.command()
def runs(tenant: TenantOption, limit: int = 100, json: Json = False) -> None:
    """List the match runs of a tenant."""
    from graph_service.records import service

    tell(with_store(lambda store: service.runs(store, tenant, limit=limit), tenant), json, screen.table)


@commands.command()
def evaluate(
    *,
    tenant: TenantOption,
    truth: Annotated[
        Path | None, typer.Option(help="CSV or Parquet with source, record_id, person and household.")
    ] = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Judge this many pairs yourself instead.")] = None,
    answers: Annotated[Path | None, typer.Option(help="CSV that holds the sample and its answers (y, n, s).")] = None,
    json: Json = False,
) -> None:
    """Say how right the graph is, by a known truth or by your own answers on a sample of pairs.

    A sample is asked for in the terminal, in the file's open places, and can be taken up again. Without a terminal
    the file is written, or read as it stands.
    """
    if (truth is None) == (sample is None and answers is None):
        raise BadInput("Give either --truth FILE, or --sample N (with --answers FILE, if you like).")
    if truth is not None:
        from graph_service.identity.run.grading import grade, read_truth

        table = read_truth(truth)
        tell(with_store(lambda store: grade(store, tenant, table), tenant), json, screen.grades)
        return

    async def act(store: Any) -> dict[str, Any]:
        from graph_service.identity.run.sampling import judged_sample

        file = answers or store.settings.data_dir / "samples" / f"{tenant}.csv"
        asking = screen.ask_pair if screen.at_a_terminal() else None
        return await judged_sample(store, tenant, file, size=sample or DEFAULT_SAMPLE, ask=asking)

    tell(with_store(act, tenant), json, screen.sample_report)


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
