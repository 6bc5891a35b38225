"""The store: nothing is lost among many writers, time limits hold, and an engine that comes back is used again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import neo4j
import pytest
import pytest_asyncio

from graph_service.errors import BadInput, EngineUnavailable, NotFound, ServiceError, TookTooLong
from graph_service.graph import library
from graph_service.graph.engines import Engine
from graph_service.graph.library import Library
from graph_service.graph.store import Store, Work
from graph_service.settings import Settings

WRITERS, EACH = 8, 5
ONE = "// param person KEY the person\n"
WHOSE = "// param tenant STRING whose it is\n"
VERSION = "// returns version INTEGER its version\n"
FOUND = "MATCH (p:Person {key: $person})"
ANSWER = "RETURN p.version AS version"
QUERIES = {
    "version": f"// A version.\n// mode read\n{ONE}{VERSION}{FOUND} {ANSWER}",
    "count_up": (
        f"// Count in one statement.\n// mode write\n{ONE}{WHOSE}{VERSION}MERGE (p:Person {{key: $person}}) "
        f"SET p.tenant = $tenant, p.version = coalesce(p.version, 0) + 1 {ANSWER}"
    ),
    # A lock writes a property of its own: to set p.version to itself would write back what was read before the lock.
    "lock": f"// Lock it.\n// mode write\n{ONE}{VERSION}{FOUND} SET p.confidence = 1.0 {ANSWER}",
    "set_version": (
        f"// Set it.\n// mode write\n{ONE}// param to INTEGER it\n{VERSION}{FOUND} SET p.version = $to {ANSWER}"
    ),
    "refused": f"// Fails.\n// mode write\n{ONE}{VERSION}{FOUND} SET p.version = 1 RETURN 1 / 0 AS version",
    "slow": (
        f"// Takes seconds.\n// mode read\n{ONE}// returns pairs INTEGER many\n{FOUND} UNWIND range(1, 5000) AS a "
        "UNWIND range(1, 5000) AS b WITH a, b WHERE a * b % 7 = 3 RETURN count(*) AS pairs"
    ),
    "make": (
        f"// Make many.\n// mode write\n{WHOSE}// param rows ROWS the persons\n// row person KEY the person\n"
        "// row name STRING its name\n// returns made INTEGER how many\nUNWIND $rows AS row "
        "MERGE (p:Person {key: row.person}) SET p.tenant = $tenant, p.first_name = row.name RETURN count(p) AS made"
    ),
    "everybody": (
        "// Everybody.\n// mode read\n// param after KEY ='' behind\n// param end END last\n"
        "// returns key STRING key\n// returns name STRING name\n"
        "MATCH (p:Person) WHERE p.key > $after AND p.key < $end RETURN p.key AS key, p.first_name AS name ORDER BY key"
    ),
    "some_by_page": (
        "// Those of one name.\n// mode read\n// pages Person\n// param after KEY ='' behind\n// param end END last\n"
        "// param name STRING which\n// returns key STRING key\n"
        "MATCH (p:Person) WHERE p.key > $after AND p.key <= $end AND p.first_name = $name "
        "RETURN p.key AS key ORDER BY key"
    ),
}


@pytest.fixture(scope="session")
def queries(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """A library of trials."""
    root: Path = tmp_path_factory.mktemp("cypher")
    (root / "trial").mkdir()
    for name, text in QUERIES.items():
        (root / "trial" / f"{name}.cypher").write_text(text)
    return library.load(root)


@pytest.fixture
def store(engine: Engine, queries: Library) -> Store:
    """The store on each engine in turn."""
    return Store(engine, queries, Settings())


async def test_what_was_written_is_read(store: Store, tenant: str) -> None:
    assert await store.read_one(tenant, "trial.version", person="ann") is None
    assert await store.write(tenant, "trial.count_up", person="ann") == [{"version": 1}]
    assert await store.read_one(tenant, "trial.version", person="ann") == {"version": 1}


async def test_another_tenants_own_id_is_not_there(store: Store, tenant: str) -> None:
    await store.write(tenant, "trial.count_up", person="ann")
    rival = "rival-of-all"
    await store.engine.create_tenant_database(rival)
    assert await store.read(rival, "trial.version", person="ann") == []
    assert await store.read(rival, "trial.version", person=f"../{tenant}/ann") == []


async def test_writers_who_make_the_same_node_make_one(store: Store, tenant: str) -> None:
    rows = [{"person": "twin", "name": str(number)} for number in range(3)]
    await asyncio.gather(*(store.write(tenant, "trial.make", rows=rows) for _ in range(WRITERS)))
    assert len(await store.read(tenant, "trial.everybody")) == 1


async def test_one_statement_loses_no_count_among_many_writers(store: Store, tenant: str) -> None:
    async def count() -> None:
        for _ in range(EACH):
            await store.write(tenant, "trial.count_up", person="ann")

    await asyncio.gather(*(count() for _ in range(WRITERS)))
    assert await store.read_one(tenant, "trial.version", person="ann") == {"version": WRITERS * EACH}


async def test_reading_then_writing_under_a_lock_loses_no_count(store: Store, tenant: str) -> None:
    async def one_more(work: Work) -> int:
        await work.run("trial.lock", person="ann")
        (row,) = await work.run("trial.version", person="ann")
        await asyncio.sleep(0.001)  # others get their turn between reading and writing
        (row,) = await work.run("trial.set_version", person="ann", to=row["version"] + 1)
        return int(row["version"])

    async def count() -> list[int]:
        return [await store.work(tenant, one_more) for _ in range(EACH)]

    await store.write(tenant, "trial.count_up", person="ann")
    seen = await asyncio.gather(*(count() for _ in range(WRITERS)))
    assert sorted(number for some in seen for number in some) == list(range(2, WRITERS * EACH + 2))


async def test_work_that_fails_leaves_nothing_behind(store: Store, tenant: str) -> None:
    async def half(work: Work) -> None:
        await work.run("trial.count_up", person="ann")
        raise BadInput("no further")

    with pytest.raises(BadInput, match="no further"):
        await store.work(tenant, half)
    assert await store.read(tenant, "trial.version", person="ann") == []


async def test_a_rehearsal_tells_the_answer_and_leaves_nothing_behind(store: Store, tenant: str) -> None:
    async def count(work: Work) -> list[dict[str, Any]]:
        return await work.run("trial.count_up", person="ann")

    assert await store.work(tenant, count, keep=False) == [{"version": 1}]
    assert await store.read(tenant, "trial.version", person="ann") == []
    assert await store.work(tenant, count) == [{"version": 1}]
    assert await store.read(tenant, "trial.version", person="ann") == [{"version": 1}]


async def test_what_is_posted_goes_out_before_what_is_run_next_and_with_the_commit(store: Store, tenant: str) -> None:
    async def act(work: Work) -> list[dict[str, Any]]:
        work.post("trial.count_up", person="ann")
        work.post("trial.count_up", person="ann")
        seen = await work.run("trial.count_up", person="ann")
        work.post("trial.count_up", person="ann")
        work.post("trial.count_up", person="bob")
        return seen

    assert await store.work(tenant, act, keep=False) == [{"version": 3}]
    assert await store.read(tenant, "trial.version", person="ann") == []
    assert await store.work(tenant, act) == [{"version": 3}]
    assert await store.read(tenant, "trial.version", person="ann") == [{"version": 4}]
    assert await store.read(tenant, "trial.version", person="bob") == [{"version": 1}]


async def test_what_is_told_is_heard_once_it_is_kept(store: Store, tenant: str) -> None:
    heard: list[Any] = []
    store.hear = lambda *news: heard.append(news)

    async def act(work: Work) -> None:
        work.tell("counted")
        await work.run("trial.count_up", person="p-1")
        assert not heard

    async def failing(work: Work) -> None:
        await act(work)
        raise BadInput("no")

    try:
        await store.work(tenant, act, keep=False)
        with pytest.raises(BadInput):
            await store.work(tenant, failing)
        assert heard == []
        await store.work(tenant, act)
        assert heard == [(tenant, "counted")]
    finally:
        store.hear = None


async def test_of_what_is_posted_nothing_is_kept_where_one_fails(store: Store, tenant: str) -> None:
    await store.write(tenant, "trial.count_up", person="ann")

    async def act(work: Work) -> None:
        await work.run("trial.count_up", person="ann")
        work.post("trial.count_up", person="ann")
        work.post("trial.refused", person="ann")
        work.post("trial.count_up", person="ann")

    for _ in range(3):  # the connection is whole again afterwards
        with pytest.raises(ServiceError):
            await store.work(tenant, act)
        assert await store.read(tenant, "trial.version", person="ann") == [{"version": 1}]


async def test_many_writers_who_post_lose_no_count(store: Store, tenant: str) -> None:
    async def one_more(work: Work) -> int:
        seen = (await work.run("trial.lock", person="ann"))[0]["version"]
        work.post("trial.set_version", person="ann", to=seen + 1)
        return int(seen) + 1

    async def count() -> list[int]:
        return [await store.work(tenant, one_more) for _ in range(EACH)]

    await store.write(tenant, "trial.count_up", person="ann")
    seen = await asyncio.gather(*(count() for _ in range(WRITERS)))
    assert sorted(number for some in seen for number in some) == list(range(2, WRITERS * EACH + 2))


async def test_many_rows_go_in_by_batches_and_come_out_as_a_stream(store: Store, tenant: str) -> None:
    rows = [{"person": f"p{number:05}", "name": f"name {number}"} for number in range(2_500)]
    seen: list[int] = []
    assert await store.write_many(tenant, "trial.make", rows, batch=1000, on_batch=seen.append) == 2_500
    assert seen == [1000, 1000, 500]
    streamed = [row async for rows in store.stream(tenant, "trial.everybody") for row in rows]
    assert streamed == [(f"{tenant}/p{number:05}", f"name {number}") for number in range(2_500)]


@pytest.mark.parametrize("rows", [0, 1, 49, 50, 51, 100])
async def test_a_query_that_pages_loses_no_row_at_the_edge_of_a_page(
    store: Store, tenant: str, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("graph_service.graph.store.PAGE", 50)
    made = ({"person": f"p{number:05}", "name": "even" if number % 2 == 0 else "odd"} for number in range(rows))
    await store.write_many(tenant, "trial.make", made)
    for name, first in (("even", 0), ("odd", 1), ("nobody's", rows)):
        pages = [page async for page in store.stream(tenant, "trial.some_by_page", name=name)]
        assert all(pages)
        assert [key for page in pages for (key,) in page] == [f"{tenant}/p{n:05}" for n in range(first, rows, 2)]


async def test_a_read_may_not_be_asked_to_write_nor_a_write_to_read(store: Store, tenant: str) -> None:
    with pytest.raises(BadInput, match="count_up is a write, not a read"):
        await store.read(tenant, "trial.count_up", person="ann")
    with pytest.raises(BadInput, match="version is a read, not a write"):
        await store.write(tenant, "trial.version", person="ann")
    with pytest.raises(NotFound, match=r"no query 'trial\.none'"):
        await store.read(tenant, "trial.none")


async def test_an_answer_of_many_rows_is_no_answer_of_one(store: Store, tenant: str) -> None:
    await store.write(tenant, "trial.make", rows=[{"person": each, "name": each} for each in "ab"])
    with pytest.raises(ServiceError, match="answered 2 rows"):
        await store.read_one(tenant, "trial.everybody")


async def test_what_the_engine_refuses_is_an_error_and_changes_nothing(store: Store, tenant: str) -> None:
    await store.write(tenant, "trial.count_up", person="ann")
    await store.write(tenant, "trial.count_up", person="ann")
    with pytest.raises(ServiceError):
        await store.write(tenant, "trial.refused", person="ann")
    assert await store.read_one(tenant, "trial.version", person="ann") == {"version": 2}


async def test_a_query_over_its_time_is_cut_off(engine: Engine, queries: Library, tenant: str) -> None:
    hasty = Store(engine, queries, Settings(read_seconds=0.1))
    await hasty.write(tenant, "trial.count_up", person="ann")
    with pytest.raises(TookTooLong):
        await hasty.read(tenant, "trial.slow", person="ann")
    assert await hasty.read(tenant, "trial.version", person="ann") == [{"version": 1}]


class Line:
    """A wire to the engine that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._target, self.port = port, 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        if self._server:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pour(reader, far_writer), self._pour(far_reader, writer))

    async def _pour(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        self._open.discard(writer)
        writer.transport.abort()


class Wired:
    """An engine, reached over a line of our own."""

    def __init__(self, engine: Engine, driver: neo4j.AsyncDriver) -> None:
        self._engine, self.driver = engine, driver

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


@pytest_asyncio.fixture(loop_scope="session")
async def wired(engine: Any, queries: Library) -> AsyncIterator[tuple[Store, Line]]:
    """A store, and the line between it and the engine."""
    embedded = engine.name == "embedded"
    line = Line(urlsplit(engine.state.bolt_url if embedded else engine.settings.graph_url).port or 7687)
    await line.mend()
    auth = engine._root() if embedded else engine._auth()
    options = engine._options()
    driver = neo4j.AsyncGraphDatabase.driver(f"bolt://127.0.0.1:{line.port}", auth=auth, **options)
    yield Store(Wired(engine, driver), queries, Settings()), line  # type: ignore[arg-type]
    await driver.close()
    await line.cut()


async def test_an_engine_that_is_away_is_said_to_be_and_is_used_again_when_back(
    wired: tuple[Store, Line], tenant: str
) -> None:
    store, line = wired
    await asyncio.gather(*(store.write(tenant, "trial.count_up", person="ann") for _ in range(4)))
    await line.cut()
    for _ in range(3):
        with pytest.raises(EngineUnavailable) as away:
            await store.read(tenant, "trial.version", person="ann")
        assert (away.value.status, away.value.retry_after) == (503, 2)
    await line.mend()
    answers = await asyncio.gather(*(store.read(tenant, "trial.version", person="ann") for _ in range(4)))
    assert answers == [[{"version": 4}]] * 4


async def test_an_engine_that_was_away_while_nobody_asked_is_not_missed(wired: tuple[Store, Line], tenant: str) -> None:
    store, line = wired
    await asyncio.gather(*(store.write(tenant, "trial.count_up", person="ann") for _ in range(4)))
    await line.cut()
    await line.mend()
    answers = await asyncio.gather(*(store.read(tenant, "trial.version", person="ann") for _ in range(4)))
    assert answers == [[{"version": 4}]] * 4
