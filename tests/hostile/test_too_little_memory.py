"""Too little memory for the engine, a command or matching: a clear error, nothing broken, and it works again after."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyarrow as pa
import pytest
import pytest_asyncio

from graph_service.errors import EngineUnavailable, ServiceError
from graph_service.graph import embedded
from graph_service.graph.asking import Question, ask
from graph_service.graph.engines import EmbeddedEngine, Engine
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants
from matching import CANONICAL, MatchingError, Means, match
from tests.ground import asked, emptied, families, store_on, write_csv
from tests.hostile.test_crashes import Shop, whole
from tests.lifecycle.scenes import take, without_ids

OUT_OF_MEMORY = "stormgraph: There is not enough memory"
LIMITED = 'ulimit -v "$1"; shift; exec "$@"'
ROOM = [340, 400, 460, 540, 620, 700, 900]  # MB of address space: from too little to begin to enough to end
NATIVE = {127, 134, -6, -11, 139}  # a library that gets no memory ends its process at once


@pytest.mark.engine
async def test_a_heap_that_is_too_small_to_start_is_named(tmp_path: Path) -> None:
    engine = EmbeddedEngine(Settings(graph_url="embedded:", data_dir=tmp_path, engine_heap="1m"))
    with pytest.raises(EngineUnavailable, match="STORMGRAPH_ENGINE_HEAP") as told:
        await engine.open()
    assert "Too small maximum heap" in told.value.message


@pytest.mark.engine
async def test_a_statement_that_holds_more_than_the_engine_gives_is_told_why(tmp_path: Path) -> None:
    sort = "UNWIND range(1, 2000000) AS x WITH x ORDER BY x DESC RETURN count(x) AS n"
    async with running(tmp_path / "var", "600m") as store:
        await tenants.add(store, "small")
        with pytest.raises(EngineUnavailable, match="STORMGRAPH_ENGINE_HEAP"):
            await ask(store.engine, "small", Question(sort, {}, 60.0, 10, hide=lambda _: False), ended=lambda: None)
        await take(store, "small", tmp_path, families(1))  # it goes on serving


def test_matching_says_that_its_limit_is_too_low() -> None:
    rows = families(40)
    names = [name for name in rows[0] if name in CANONICAL]
    columns = {name: [row[name] for row in rows] for name in names}
    table = pa.table({"source": ["crm"] * len(rows), "record_id": [row["id"] for row in rows], **columns})
    with pytest.raises(MatchingError, match="more memory than the limit of 1MB"):
        match(table, {name: CANONICAL[name] for name in names}, means=Means(memory="1MB"))


@asynccontextmanager
async def running(folder: Path, heap: str, *, patience: float = 120) -> AsyncIterator[Store]:
    """The embedded engine on that folder with so large a heap, until the block ends; a write may take `patience` s."""
    given = Settings(graph_url="embedded:", data_dir=folder, engine_heap=heap, retry_seconds=1, write_seconds=patience)
    engine = EmbeddedEngine(given)
    try:
        await engine.open()
        yield store_on(engine)
    finally:
        await engine.close()
        await asyncio.to_thread(embedded.stop, engine.settings)


@pytest.mark.engine
@pytest.mark.siege
async def test_an_engine_that_runs_out_of_memory_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    rows = [{**row, "id": f"{number}-{row['id']}"} for number in range(2) for row in families(500)]
    ends = [200, 300, *range(1_300, len(rows) + 1, 1_000)]
    async with running(tmp_path / "var", "600m") as store:
        await tenants.add(store, "small")
        await take(store, "small", tmp_path, rows[:100])
        acknowledged = {f"small/crm/{row['id']}" for row in rows[:100]}
    with pytest.raises(ServiceError) as told:
        async with running(tmp_path / "var", "28m", patience=15) as store:
            for end in ends:
                await take(store, "small", tmp_path, rows[len(acknowledged) : end])
                acknowledged = {f"small/crm/{row['id']}" for row in rows[:end]}
    assert told.value.status in {503, 504}
    async with running(tmp_path / "var", "600m") as store:
        assert acknowledged <= await rows_held(store)
        await take(store, "small", tmp_path, rows)
        assert len(await rows_held(store)) == len(rows)


async def rows_held(store: Store) -> set[str]:
    """The rows that are there, with their identifiers."""
    rows = await asked(store, "small", "MATCH (r:Record {tenant: $t})-[:HAS]->(i) RETURN DISTINCT r.key AS row")
    return {row["row"] for row in rows}


@pytest_asyncio.fixture(loop_scope="session")
async def shop(engine: Engine, lot: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """A tenant, and a file of two thousand rows."""
    one = Shop(engine, lot, write_csv(tmp_path / "rows.csv", families(500)))
    await tenants.add(one.store, lot)
    yield one
    await emptied(one.store, lot)


async def limited(shop: Shop, megabytes: int, *words: str) -> tuple[int, str]:
    """A command in so much address space; its exit code and what it said of its failure."""
    command = ["/bin/sh", "-c", LIMITED, "sh", str(megabytes * 1024), sys.executable, "-m", "graph_service", *words]
    ran = await asyncio.to_thread(
        subprocess.run, command, env=shop.environment(), capture_output=True, text=True, check=False
    )
    return ran.returncode, ran.stderr


@pytest.mark.engine
@pytest.mark.siege
async def test_commands_in_too_little_memory_end_and_run_again_like_a_clean_run(shop: Shop) -> None:
    await shop.run(*shop.ingest())
    await shop.run(*shop.match())
    wanted, clear, done = await without_ids(shop.store, shop.slug), 0, 0
    for megabytes in ROOM:
        await shop.emptied()
        for words in (shop.ingest(), shop.match()):
            code, said = await limited(shop, megabytes, *words)
            interrupted = code == 130 and "OpenBLAS blas_thread_init" in said  # it interrupts itself
            assert code in {0, 1} | NATIVE or interrupted, (megabytes, words, said[-2000:])
            clear += code == 1 and OUT_OF_MEMORY in said
            done += code == 0
            await whole(shop)
            await shop.run(*words)
        assert await without_ids(shop.store, shop.slug) == wanted, megabytes
    assert clear >= 3
    assert done >= 1
