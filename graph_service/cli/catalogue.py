"""Commands of analysts: the library's queries by name, and the way in for a client of their own."""

from typing import Annotated

import typer

from graph_service import screen
from graph_service.cli.terminal import Json, TenantOption, tell, with_store

commands = typer.Typer()


@commands.command()
def query(
    name: Annotated[str, typer.Argument(help="The query's name; without one, all are listed.")] = "",
    params: Annotated[list[str] | None, typer.Argument(help="key=value, values as JSON or plain text.")] = None,
    tenant: Annotated[str, typer.Option("--tenant", "-t", help="The tenant's slug.")] = "",
    json: Json = False,
) -> None:
    """Run a read query of the library by its name."""
    from graph_service.catalogue import service
    from graph_service.graph import library

    if not name:
        listed = [{"query": entry.name, "says": entry.says} for entry in service.catalogue(library.load()).queries]
        return tell(listed, json, screen.table)
    given = screen.given(params or [])
    answer = with_store(lambda store: service.run(store, tenant, name, given=given, personal=True), tenant)
    return tell(answer, json, lambda found: screen.table(found["rows"]))


@commands.command()
def cypher(tenant: TenantOption, json: Json = False) -> None:
    """Print how an analyst connects with a Neo4j driver, read-only."""
    from dataclasses import asdict

    tell(asdict(with_store(lambda store: store.engine.reader_login(tenant), tenant)), json)
