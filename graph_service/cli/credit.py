"""Commands about credit: what channels and plays have earned."""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import NoneType
from typing import Annotated, Any, get_args

import typer
from pydantic import ValidationError

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store
from graph_service.credit.schemas import CreditAnswer, Question
from graph_service.errors import BadInput

commands = typer.Typer()
PLAIN = (bool, int, float)


def _asking(command: Callable[..., None]) -> Callable[..., None]:
    """The command with an option for each field of a question, in the place of its parameter `question`."""

    def asked(**given: Any) -> None:
        fields = {name: given.pop(name) for name in Question.model_fields}
        try:
            question = Question.model_validate({name: value for name, value in fields.items() if value is not None})
        except ValidationError as error:
            first = error.errors()[0]
            raise BadInput(f"--{'-'.join(map(str, first['loc'])).replace('_', '-')}: {first['msg']}.") from None
        command(**given, question=question)

    own = [each for name, each in inspect.signature(command).parameters.items() if name != "question"]
    options = [_option(name) for name in Question.model_fields]
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in (*own[:2], *options, *own[2:])]
    asked.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    asked.__annotations__ = {each.name: each.annotation for each in parameters}
    asked.__name__, asked.__doc__ = command.__name__, command.__doc__
    return asked


def _option(name: str) -> inspect.Parameter:
    field = Question.model_fields[name]
    kinds = [kind for kind in _members(field.annotation) if kind is not NoneType]
    kind: Any = kinds[0] if kinds[0] in PLAIN else str
    choice = f" One of {', '.join(kinds)}." if isinstance(kinds[0], str) else ""
    usual = "" if field.default is None else f" By default {str(field.default).lower()}."
    told = typer.Option(help=f"{field.description}{choice}{usual}")
    return inspect.Parameter(
        name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind | None, told]
    )


def _members(annotation: Any) -> list[Any]:
    """The members of a union, and those of a Literal in it."""
    inner = get_args(annotation)
    return [leaf for each in inner for leaf in (_members(each) if get_args(each) else [each])] or [annotation]


@commands.command()
@_asking
def attribute(
    tenant: TenantOption,
    storm: Annotated[str, typer.Option(help="The storm's id; * for all journeys, - for those outside every storm.")],
    *,
    question: Question,
    html: Annotated[Path | None, typer.Option(help="Write a page of credit, methods, chain and paths.")] = None,
    json: Json = False,
) -> None:
    """Say which share of a storm's conversions each channel and play has earned, with 90 % intervals."""
    from graph_service.credit import service
    from graph_service.credit.page.storm import write_page

    if html and not html.absolute().parent.is_dir():
        raise BadInput(f"There is no folder {html.absolute().parent} to write the page into.")

    async def act(store: Any) -> CreditAnswer:
        answer = await service.storm_credit(store, tenant, storm, question)
        if html:
            await write_page(store, tenant, storm, question=question, path=html)
        return answer

    tell(with_store(act, tenant), json, screen.credit)
