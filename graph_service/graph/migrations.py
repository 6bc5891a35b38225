"""Migrations of the graph: files in a chain, checksummed, recorded in the graph (neo4j-migrations style)."""

import asyncio
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from neo4j import Driver
from neo4j.exceptions import DriverError, Neo4jError
from neo4j_python_migrations.analyzer import InvalidVersionStatus
from neo4j_python_migrations.executor import Executor

from graph_service import logs
from graph_service.errors import BrokenLibrary, EngineUnavailable, Refused, ServiceError
from graph_service.graph.engines import Engine
from graph_service.graph.library import CYPHER

MIGRATIONS = CYPHER / "migrations"
TURNS = 8
UNIQUE = """CREATE CONSTRAINT migration_version IF NOT EXISTS
FOR (m:__Neo4jMigration) REQUIRE m.version IS UNIQUE"""
WRONG = {
    InvalidVersionStatus.DIFFERENT: "was changed after it was applied: restore its file, and write a new one.",
    InvalidVersionStatus.MISSED_LOCALLY: "was applied to this graph, but has no file here: run the newer StormGraph.",
    InvalidVersionStatus.MISSED_REMOTELY: "comes before one that was applied already: give it the next free number.",
}
log = logs.get("graph")


async def pending(engine: Engine, database: str | None, path: Path = MIGRATIONS) -> list[str]:
    """The migrations that a database still lacks, by file name. Raises BrokenLibrary when the chain is wrong."""
    return await asyncio.to_thread(_pending, engine, database, path)


async def apply(engine: Engine, database: str | None, path: Path = MIGRATIONS) -> list[str]:
    """Bring a database up to date; returns the file names applied. Safe to run twice at once or again."""
    applied = await asyncio.to_thread(_apply, engine, database, path)
    if applied:
        await engine.declare_keys(database)
    return applied


async def require_current(engine: Engine, database: str | None) -> None:
    """Refuse to go on while a migration is pending."""
    missing = await pending(engine, database)
    if missing:
        raise Refused(f"The graph lacks {len(missing)} migrations ({missing[0]} first): run `stormgraph migrate`.")


def _pending(engine: Engine, database: str | None, path: Path) -> list[str]:
    with _executor(engine, database, path) as executor:
        result = executor.analyze()
    for wrong in result.invalid_versions:
        raise BrokenLibrary(f"Migration V{wrong.version} {WRONG[wrong.status]}")
    return [migration.source or migration.version for migration in result.pending_migrations]


def _apply(engine: Engine, database: str | None, path: Path) -> list[str]:
    for turn in range(1, TURNS + 1):
        missing = _pending(engine, database, path)
        if not missing:
            return []
        try:
            with _executor(engine, database, path) as executor:
                _prepare(executor.driver, database)
                executor.migrate()
            return missing
        except (Neo4jError, ValueError) as error:  # most likely another process applies the same files
            reason = error.code if isinstance(error, Neo4jError) else str(error)
            log.warning("migration_interrupted", turn=turn, reason=reason)
            if turn == TURNS:
                raise ServiceError(f"Migration {missing[0]} cannot be applied ({reason}).") from error
        time.sleep(turn * random.uniform(0.1, 0.4))  # noqa: S311 - spreads processes, guards nothing
    return []


def _prepare(driver: Driver, database: str | None) -> None:
    """Make sure that two processes which begin at once share one chain: its versions are unique, its start too."""
    with driver.session(database=database) as session:
        session.run(UNIQUE).consume()
        session.run("MERGE (:__Neo4jMigration {version: 'BASELINE'})").consume()


@contextmanager
def _executor(engine: Engine, database: str | None, path: Path) -> Iterator[Executor]:
    try:
        with engine.sync_driver() as driver:
            try:
                executor = Executor(driver, path, database=database)
            except ValueError as error:
                raise BrokenLibrary(f"{path}: {error}.") from error
            yield executor
    except (DriverError, OSError) as error:
        raise EngineUnavailable("The graph engine does not answer.") from error
