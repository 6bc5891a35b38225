"""Commands about review: explain a pair or a person, and answer what is worth a judgement."""

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer

from graph_service.cli.terminal import Json, TenantOption, tell, with_store
from graph_service.errors import BadInput

commands = typer.Typer()
ANSWERS = {"y": "same", "n": "different"}


@commands.command()
def explain(  # noqa: PLR0917 - typer passes by name
    what: Annotated[str, typer.Argument(help="A person's id, or a row as source/record_id.")],
    other: Annotated[str, typer.Argument(help="The row to compare it with.")] = "",
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write the explanation as a self-contained page.")] = None,
    json: Json = False,
) -> None:
    """Say why two rows are one person or not, or how a person's rows came together and what would part them."""
    from graph_service.identity.view import View
    from graph_service.review import page, service

    async def act(store: Any) -> Any:
        view = View(store, tenant, True)
        if other:
            return await service.explain_pair(view, service.row_of(what), service.row_of(other))
        return await service.explain_person(view, what)

    said = with_store(act, tenant)
    if html:
        html.write_text(page.pair_page(said) if other else page.person_page(said), encoding="utf-8")
    tell(said, json)


@commands.command()
def review(
    tenant: TenantOption,
    limit: Annotated[int, typer.Option(help="How many pairs to ask about.")] = 20,
    json: Json = False,
) -> None:
    """Ask about the pairs whose answer tells most: y the same person, n not, s skip, q quit; effective at once."""
    from graph_service.identity.view import View
    from graph_service.review import service

    async def act(store: Any) -> Any:
        view = View(store, tenant, True)
        queue = await service.queue(view, limit=limit)
        return queue if json else await _ask(store, tenant, queue.pairs)

    tell(with_store(act, tenant), json)


@commands.command()
def recalibrate(  # noqa: PLR0917 - typer passes by name
    tenant: TenantOption,
    model: Annotated[
        str, typer.Argument(help="A model kept earlier: plan by it or adopt it; without one, make one.")
    ] = "",
    plan: Annotated[
        Path | None, typer.Option(help="Say what a match by MODEL would change; `match --apply` does it.")
    ] = None,
    adopt: Annotated[bool, typer.Option("--adopt", help="Use MODEL from now on.")] = False,
    json: Json = False,
) -> None:
    """Ask what the judgements say about the model's weights, measured on held-out ones; a better model is kept."""
    from graph_service.cli.identity import planned
    from graph_service.review import jobs, schemas

    if (plan is not None) + adopt != bool(model):
        raise BadInput("Name a model with either --plan or --adopt, or none to make one.")
    if plan is not None:
        planned(tenant, plan, by={"model_id": model}, json=json)
        return
    asked = schemas.RecalibrateRequest(keep=True)
    act = (lambda store: jobs.adopt(store, tenant, model)) if adopt else (
        lambda store: jobs.recalibrated(store, tenant, asked))  # fmt: skip
    tell(with_store(act, tenant), json)


async def _ask(store: Any, tenant: str, pairs: Any) -> dict[str, int]:
    from graph_service.identity.view import View
    from graph_service.lifecycle import schemas, service
    from graph_service.review.service import explain_pair

    told = {"asked": 0, "same": 0, "different": 0}
    for pair in pairs:
        said = await explain_pair(View(store, tenant, True), pair.left.key, pair.right.key)
        print(f"\n{'/'.join(pair.left.key)}  |  {'/'.join(pair.right.key)}   ({pair.weight:+.1f} bits)")
        for step in said.steps:
            values = [" ".join(value or "-" for value in side) for side in (step.left, step.right)]
            print(f"  {step.comparison:<20} {values[0]:<32} {values[1]:<32} {step.weight:+.1f}")
        answer = typer.prompt("Same person? (y/n/s/q)", default="s").strip().lower()[:1]
        told["asked"] += 1
        if answer == "q":
            break
        if answer in ANSWERS:
            verdict = ANSWERS[answer]
            sides = {"left": [pair.left.model_dump()], "right": [pair.right.model_dump()]}
            said_so = {"actor": getpass.getuser(), "reason": "review", "verdict": verdict}
            request = schemas.JudgementRequest.model_validate({**said_so, **sides})
            await service.judge(store, tenant, request)
            told[verdict] += 1
    return told
