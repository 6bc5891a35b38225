"""Commands about the life of an identity: merge, split, judge, undo, history."""

import getpass
from typing import Annotated, Any

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store
from graph_service.errors import BadInput

commands = typer.Typer()
Reason = Annotated[str, typer.Option(help="Why; kept in the history.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would happen, and change nothing.")]


def _row(text: str) -> dict[str, str]:
    source, slash, record_id = text.partition("/")
    if not slash or not record_id:
        raise BadInput(f"'{text}' is no row: write source/record_id, such as crm/17.")
    return {"source": source, "record_id": record_id}


def _said(reason: str, dry_run: bool, **rest: Any) -> dict[str, Any]:
    return {"actor": getpass.getuser(), "reason": reason, "dry_run": dry_run, **rest}


@commands.command()
def merge(  # noqa: PLR0917 - typer passes by name
    persons: Annotated[list[str], typer.Argument(help="Their ids.")],
    tenant: TenantOption,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Say that persons are one; the oldest id stays and the others answer it."""
    from graph_service.lifecycle import schemas, service

    request = schemas.MergeRequest(**_said(reason, dry_run, persons=persons))
    tell(with_store(lambda store: service.merge(store, tenant, request), tenant), json)


@commands.command()
def split(  # noqa: PLR0917 - typer passes by name
    person: Annotated[str, typer.Argument(help="The person's id.")],
    rows: Annotated[list[str], typer.Argument(help="The rows that are somebody else, as source/record_id.")],
    tenant: TenantOption,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Say that some rows of a person are somebody else; the larger part keeps the id."""
    from graph_service.lifecycle import schemas, service

    request = schemas.SplitRequest(**_said(reason, dry_run, person_id=person, rows=[_row(row) for row in rows]))
    tell(with_store(lambda store: service.split(store, tenant, request), tenant), json)


@commands.command()
def judge(  # noqa: PLR0917 - typer passes by name
    verdict: Annotated[str, typer.Argument(help="same or different.")],
    left: Annotated[str, typer.Argument(help="A row, as source/record_id.")],
    right: Annotated[str, typer.Argument(help="The other row.")],
    tenant: TenantOption,
    reason: Reason = "",
    json: Json = False,
) -> None:
    """Say that two rows are, or are not, the same person; effective at once, and kept through every match run."""
    from graph_service.lifecycle import schemas, service

    if verdict not in {"same", "different"}:
        raise BadInput("A verdict is `same` or `different`.")
    sides = {"left": [_row(left)], "right": [_row(right)]}
    request = schemas.JudgementRequest(**_said(reason, False, verdict=verdict, **sides))
    tell(with_store(lambda store: service.judge(store, tenant, request), tenant), json)


@commands.command()
def undo(  # noqa: PLR0917 - typer passes by name
    change: Annotated[str, typer.Argument(help="The change's id, as `stormgraph history` tells it.")],
    tenant: TenantOption,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Take back what was decided by hand behind a change."""
    from graph_service.lifecycle import schemas, service

    request = schemas.UndoRequest(**_said(reason, dry_run))
    tell(with_store(lambda store: service.undo(store, tenant, change, request), tenant), json)


@commands.command("undo-run")
def undo_run(  # noqa: PLR0917 - typer passes by name
    what: Annotated[list[str], typer.Argument(help="The run's id, and persons if only what concerns them is meant.")],
    tenant: TenantOption,
    skip: Annotated[bool, typer.Option("--skip", help="Leave persons that moved on since as they are.")] = False,
    reason: Reason = "",
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Take back what a match run did to persons; later runs heed it."""
    from graph_service.lifecycle import jobs, schemas

    run, *persons = what
    request = schemas.UndoRunRequest(**_said(reason, dry_run, persons=persons, skip=skip))
    tell(with_store(lambda store: jobs.undo_run(store, tenant, run, request), tenant), json)


@commands.command()
def history(
    person: Annotated[str, typer.Argument(help="The person's id; without one, everything that happened.")] = "",
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")] = "",
    limit: int = 100,
    json: Json = False,
) -> None:
    """Tell what happened to a person, or to all, the oldest first: merged, split, moved, judged; by whom and why."""
    from graph_service.identity.view import View
    from graph_service.lifecycle import service

    async def act(store: Any) -> list[Any]:
        if person:
            return list((await service.history(View(store, tenant, True), person)).changes)
        return list((await service.changes(store, tenant, after="", limit=limit)).changes)

    tell(with_store(act, tenant), json, screen.table)
