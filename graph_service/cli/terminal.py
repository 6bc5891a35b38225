"""What every command needs: the store it works on, and one way of telling the answer."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import orjson
import typer
import typer.main
from pydantic import BaseModel

from graph_service import logs, memory, screen
from graph_service.settings import Settings

T = TypeVar("T")
TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")]
NAMED_BY_ID = ("person", "persons", "household_id", "change_id", "key_id", "storm", "run_id")
Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Any]:
    """A store on the engine that the settings name, migrated where that is ours to do."""
    from graph_service.graph import library
    from graph_service.graph.engines import engine_for
    from graph_service.graph.store import Store
    from graph_service.tenants import service as tenants

    engine = engine_for(settings)
    await engine.open()
    try:
        store = Store(engine, library.load(), settings)
        await tenants.prepare(store)
        yield store
    finally:
        await engine.close()


def with_store(act: Callable[[Any], Awaitable[T]], tenant: str | None = None) -> T:
    """Open the store, make sure that there is such a tenant, do one thing, write down that it was done, close it."""
    from graph_service.tenants import service

    settings = Settings(log_level="warning")
    logs.configure(settings)

    async def inside() -> T:
        async with opened(settings) as store:
            if tenant is not None:
                await service.require(store, tenant)
            memory.settle()  # a tenth less of our CPU time for a match run of 100,000 rows
            answer = await act(store)
            if tenant is not None:
                witnessed(settings, tenant)
            return answer

    return asyncio.run(inside())


def witnessed(settings: Settings, tenant: str) -> None:
    """Write the command that runs into the tenant's audit log: its name and the ids it was given, never a value."""
    from graph_service.audit import service as audit

    context = typer.main.get_current_context(silent=True)  # type: ignore[attr-defined]
    given = context.params if context else {}
    ids = [one for name in NAMED_BY_ID for one in _listed(given.get(name))]
    program = context.find_root().command_path if context else ""
    what = context.command_path.removeprefix(program).strip() if context else "a command"
    audit.append(settings, tenant, [audit.told(what, who=f"cli:{os.getuid()}", ids=ids)])


def _listed(given: Any) -> list[str]:
    return list(given) if isinstance(given, list | tuple) else [given] if given else []


def tell(answer: Any, as_json: bool, show: Callable[[Any], None] = screen.pairs) -> None:
    """Print an answer: as JSON, or as a person reads it."""
    if isinstance(answer, BaseModel):
        answer = answer.model_dump()
    elif isinstance(answer, list):
        answer = [item.model_dump() if isinstance(item, BaseModel) else item for item in answer]
    if as_json:
        sys.stdout.buffer.write(orjson.dumps(answer, option=orjson.OPT_INDENT_2, default=str) + b"\n")
    else:
        show(answer)
