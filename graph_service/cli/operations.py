"""Commands of the operator: serve, migrate, look after the engine."""

import asyncio
from typing import Annotated, Any

import typer

from graph_service import logs
from graph_service.cli.terminal import Json, tell, with_store
from graph_service.settings import Settings

commands = typer.Typer()
engine_app = typer.Typer(no_args_is_help=True, help="The embedded graph engine.")
commands.add_typer(engine_app, name="engine")


@commands.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 0,
    workers: Annotated[int, typer.Option(help="Processes that answer.")] = 1,
) -> None:
    """Serve the graph over HTTP."""
    import uvicorn

    settings = Settings()
    logs.configure(settings)
    uvicorn.run(
        "graph_service.app:from_environment",
        factory=True,
        host=host or settings.host,
        port=port or settings.port,
        workers=workers,
        access_log=False,
        log_level="warning",
    )


@commands.command()
def migrate(json: Json = False) -> None:
    """Bring the graph's constraints and indexes up to date."""
    from graph_service.graph import library
    from graph_service.graph.engines import engine_for
    from graph_service.graph.store import Store
    from graph_service.tenants import service

    async def act() -> dict[str, list[str]]:
        engine = engine_for(Settings())
        await engine.open()
        try:
            return await service.migrate(Store(engine, library.load(), Settings()))
        finally:
            await engine.close()

    tell(asyncio.run(act()), json)


@commands.command()
def doctor(json: Json = False) -> None:
    """Check the engine, the library of queries, the migrations and the tenants."""
    from graph_service.tenants import service

    async def act(store: Any) -> dict[str, Any]:
        await store.engine.ping()
        return {
            "engine": store.engine.name,
            "isolation": store.engine.isolation,
            "queries": len(store.library),
            "tenants": [tenant.tenant for tenant in await service.listed(store)],
            "data folder": str(store.settings.data_dir.resolve()),
            "state": "well",
        }

    tell(with_store(act), json)


@engine_app.command("start")
def engine_start(json: Json = False) -> None:
    """Start the embedded engine of the data folder, or find it running."""
    _tell_engine("start", json)


@engine_app.command("stop")
def engine_stop(json: Json = False) -> None:
    """Stop the embedded engine of the data folder."""
    _tell_engine("stop", json)


@engine_app.command("status")
def engine_status(json: Json = False) -> None:
    """Say whether the embedded engine runs, and where."""
    _tell_engine("status", json)


def _tell_engine(verb: str, json: bool) -> None:
    from dataclasses import asdict

    from graph_service.graph import embedded

    answer = getattr(embedded, verb)(Settings())
    if isinstance(answer, bool):
        answer = {"stopped": answer}
    tell({"running": False} if answer is None else answer if isinstance(answer, dict) else asdict(answer), json)
