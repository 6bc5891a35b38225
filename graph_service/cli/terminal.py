"""What every command needs: the store it works on, and one way of telling the answer."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import orjson
import typer
from pydantic import BaseModel

from graph_service import logs, screen
from graph_service.settings import Settings

T = TypeVar("T")
TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")]
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
    """Open the store, make sure that there is such a tenant, do one thing, close it."""
    from graph_service.tenants import service

    settings = Settings(log_level="warning")
    logs.configure(settings)

    async def inside() -> T:
        async with opened(settings) as store:
            if tenant is not None:
                await service.require(store, tenant)
            return await act(store)

    return asyncio.run(inside())


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
