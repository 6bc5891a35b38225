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


@commands.command("decide")
def decide_command(tenant: TenantOption, json: Json = False) -> None:
    """Decide on rows that were taken in over HTTP and still wait; again changes nothing."""
    from graph_service.identity.waiting import decide

    async def act(store: Any) -> dict[str, int]:
        decided = await decide.catch_up(store, tenant)
        return {"decided": decided, "waiting": await decide.waiting(store, tenant)}

    tell(
        with_store(act, tenant),
        json,
        lambda told: print(f"{told['decided']:,} rows decided on, {told['waiting']:,} wait (claimed, or put off)"),
    )


@commands.command("match")
def match_command(  # noqa: PLR0917 - typer passes by name
    tenant: TenantOption,
    retrain: Annotated[bool, typer.Option(help="Learn a new model instead of reusing the tenant's.")] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write charts of model and merges, and NAME.pairs.html; of a plan, the plan.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="Change nothing: say what would change, and keep it here.")] = None,
    apply: Annotated[Path | None, typer.Option(help="Do exactly what this plan says, or refuse.")] = None,
    json: Json = False,
) -> None:
    """Decide who is who and who lives together, and bring the graph up to date; again changes nothing.

    `--plan FILE` only says what would change, with the evidence; `--apply FILE` then does exactly that, or refuses
    where the graph moved on.
    """
    if (plan is not None) + (apply is not None) + (retrain and apply is not None) > 1:
        raise BadInput("Give --plan or --apply; a plan says itself whether a new model is used.")
    if plan is not None:
        planned(tenant, plan, by={"retrain": retrain}, html=html, json=json)
        return
    from graph_service.identity.jobs import apply_plan, match_tenant
    from graph_service.identity.run.charts import write_charts
    from graph_service.identity.run.plan import read_plan
    from graph_service.identity.schemas import MatchReport
    from graph_service.journeys.jobs import follow_match

    if html and not html.absolute().parent.is_dir():
        raise BadInput(f"There is no folder {html.absolute().parent} to write the page into.")
    following = None if apply is None else read_plan(apply)

    async def act(store: Any) -> MatchReport:
        drawn: list[Any] = []
        keep = (lambda records, result: drawn.append((records, result))) if html else None
        with screen.staged("match") as progress:
            if following is not None:
                report = await apply_plan(store, tenant, following, progress=progress, seen=keep)
            else:
                report = await match_tenant(store, tenant, retrain=retrain, progress=progress, seen=keep)
        followed = await follow_match(store, tenant)
        if followed:
            screen.err.print(f"journeys: {followed.households:,} households looked at, {followed.moved:,} events moved")
        if html:
            for file in await write_charts(store, tenant, html, drawn[0]):
                screen.err.print(f"written: {file}")
        return report

    tell(with_store(act, tenant), json, screen.match_report)


def planned(tenant: str, path: Path, *, by: dict[str, Any], html: Path | None = None, json: bool) -> None:
    """Say what a match run would change, and keep it. `by`: retrain, or the model_id of a kept model."""
    from graph_service.identity.jobs import plan_match
    from graph_service.identity.run.plan import Plan
    from graph_service.identity.run.plan_page import keep

    async def act(store: Any) -> Plan:
        with screen.staged("plan") as progress:
            found = await plan_match(store, tenant, **by, progress=progress)
        keep(found, path, html)
        return found

    tell(with_store(act, tenant), json, screen.plan)


@commands.command()
def adopt(
    model: Annotated[Path, typer.Argument(help="The settings that Splink saved of a trained model, JSON.")],
    tenant: TenantOption,
    column: Annotated[
        list[str] | None, typer.Option(help="COLUMN=FIELD: which field of ours a column of Splink's is; repeatable.")
    ] = None,
    json: Json = False,
) -> None:
    """Use a trained Splink model as the tenant's, without training; `match` then decides by it."""
    from graph_service.identity.run.models import adopt_model

    columns = dict(_assigned(text) for text in column or [])
    tell(with_store(lambda store: adopt_model(store, tenant, model, columns), tenant), json)


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
    *,
    tenant: TenantOption,
    identifiers: Annotated[
        list[str] | None, typer.Argument(help="Such as email:jane@example.com phone:214-555-2368.")
    ] = None,
    field: Annotated[
        list[str] | None, typer.Option(help="NAME=VALUE, such as full_name='Jane Low' or zip=75209; repeatable.")
    ] = None,
    create: Annotated[bool, typer.Option(help="Make a person of somebody unknown.")] = False,
    json: Json = False,
) -> None:
    """Say who is behind identifiers, a name and an address, or any mix of fields, and in which household."""
    from graph_service.identity import resolving
    from graph_service.identity.schemas import GivenIdentifier, ResolveRequest
    from graph_service.identity.view import View

    given = []
    for text in identifiers or []:
        kind, colon, value = text.partition(":")
        if not colon:
            raise BadInput(f"'{text}' is no identifier: write kind:value, such as email:jane@example.com.")
        given.append(GivenIdentifier(kind=kind, value=value))
    asked = ResolveRequest(identifiers=given, fields=dict(_assigned(text) for text in field or []), create=create)

    async def act(store: Any) -> Any:
        view = View(store, tenant, True)
        if asked.fields or asked.create:
            return await resolving.resolve_fields(view, asked, may_create=True)
        return await resolving.resolve(view, given)

    tell(with_store(act, tenant), json)


@households_app.command("show")
def households_show(household_id: str, tenant: TenantOption, json: Json = False) -> None:
    """Show a household: its members, where it lives, and the identifiers that lead to it."""
    from graph_service.identity import service
    from graph_service.identity.view import View

    async def act(store: Any) -> dict[str, Any]:
        view = View(store, tenant, True)
        home = await service.household(view, household_id)
        members = await service.household_members(view, household_id)
        found = await service.household_identifiers(view, household_id)
        return {**home.model_dump(), "members": members.model_dump(), "identifiers": found.model_dump()}

    tell(with_store(act, tenant), json)


def _assigned(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not (sign and name):
        raise BadInput(f"'{text}' assigns nothing: write NAME=VALUE.")
    return name, value
