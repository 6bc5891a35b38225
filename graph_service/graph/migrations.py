"""Migrations of the graph: files in a chain, checksummed, recorded in the graph (neo4j-migrations style)."""

import asyncio
from pathlib import Path

from neo4j_python_migrations.executor import Executor

from graph_service.errors import BrokenLibrary, Refused
from graph_service.graph.engines import Engine
from graph_service.graph.library import CYPHER

MIGRATIONS = CYPHER / "migrations"


async def pending(engine: Engine, database: str | None, path: Path = MIGRATIONS) -> list[str]:
    """The migrations that a database still lacks, by file name. Raises BrokenLibrary when the chain is wrong."""
    return await asyncio.to_thread(_pending, engine, database, path)


async def apply(engine: Engine, database: str | None, path: Path = MIGRATIONS) -> list[str]:
    """Bring a database up to date; returns the file names applied. Safe to run twice at once or again."""
    return await asyncio.to_thread(_apply, engine, database, path)


async def require_current(engine: Engine, database: str | None) -> None:
    """Refuse to go on while a migration is pending."""
    missing = await pending(engine, database)
    if missing:
        raise Refused(f"The graph lacks {len(missing)} migrations ({missing[0]} first): run `stormgraph migrate`.")


def _pending(engine: Engine, database: str | None, path: Path) -> list[str]:
    with engine.sync_driver() as driver:
        result = Executor(driver, path, database=database).analyze()
    for wrong in result.invalid_versions:
        raise BrokenLibrary(f"Migration V{wrong.version} is {wrong.status.name.lower().replace('_', ' ')}.")
    return [migration.source or migration.version for migration in result.pending_migrations]


def _apply(engine: Engine, database: str | None, path: Path) -> list[str]:
    if not _pending(engine, database, path):
        return []
    applied: list[str] = []
    with engine.sync_driver() as driver:
        Executor(driver, path, database=database).migrate(lambda migration: applied.append(migration.source or "?"))
    return applied
