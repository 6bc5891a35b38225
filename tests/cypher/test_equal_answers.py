"""Both engines answer every read query alike, in order where there is one, on 200 random graphs of one database."""

import asyncio
from typing import Any

import pytest

from graph_service.graph.engines import Engine
from graph_service.graph.library import Query
from graph_service.settings import Settings
from tests.cypher.random_graphs import Graph, drawn, load, parameters
from tests.cypher.stage import Stage
from tests.cypher.stories import same, settled

SEEDS = range(200)
AT_ONCE = 16
Asked = tuple[Query, Graph, dict[str, Any]]


@pytest.mark.engine
async def test_both_engines_answer_every_read_alike(both_engines: tuple[Engine, Engine]) -> None:
    graphs = [drawn(f"random-{seed}", seed) for seed in SEEDS]
    patient = Settings(read_seconds=60)  # it is about answers; a cold engine plans some of them for seconds
    stages = [await Stage.on(engine, "random", patient) for engine in both_engines]
    reads = [query for query in stages[0].store.library if query.mode == "read" and not query.control]
    asked = [(query, graph, parameters(query, graph, seed)) for query in reads for seed, graph in enumerate(graphs)]
    try:
        for stage in stages:
            await load(stage, graphs)
        embedded, served = [await answers(stage, asked) for stage in stages]
    finally:
        for stage in stages:
            await stage.strike(*(graph.tenant for graph in graphs))
    assert [unequal(*each) for each in zip(asked, embedded, served, strict=True) if not same(*each[1:])][:3] == []
    silent = {query.name for query in reads} - {
        each[0].name for each, rows in zip(asked, served, strict=True) if found(rows)
    }
    assert silent == set(), "these never found anything, so nothing was compared"


async def answers(stage: Stage, asked: list[Asked]) -> list[list[dict[str, Any]]]:
    """What one engine answers, in the order of asking."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def answer(query: Query, graph: Graph, params: dict[str, Any]) -> list[dict[str, Any]]:
        async with turn:
            return settled(query, await stage.store.read(graph.tenant, query.name, **params))

    return await asyncio.gather(*(answer(*each) for each in asked))


def found(rows: list[dict[str, Any]]) -> bool:
    """Does an answer hold anything at all? An aggregate answers a row even of nothing."""
    return any(value not in (None, 0, []) for row in rows for value in row.values())


def unequal(asked: Asked, embedded: Any, served: Any) -> str:
    """One difference, as a developer needs it to repeat it."""
    query, graph, params = asked
    return f"{query.name} of {graph.tenant} with {params}\n embedded {embedded}\n neo4j    {served}"


def test_a_seed_draws_the_same_graph_again() -> None:
    assert drawn("acme", 7) == drawn("acme", 7)
    assert drawn("acme", 7) != drawn("acme", 8)
