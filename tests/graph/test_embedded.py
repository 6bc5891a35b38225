"""The embedded engine lives once per data folder, keeps its secrets, survives kills, and lets readers only read."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import neo4j
import pytest
from neo4j.exceptions import ClientError, Neo4jError

from graph_service.errors import EngineUnavailable, Refused, ServiceError
from graph_service.graph import embedded
from graph_service.graph.engines import EmbeddedEngine, Engine
from graph_service.settings import Settings

STARTER = """
import sys, time
from pathlib import Path
from graph_service.graph import embedded
from graph_service.settings import Settings
state = embedded.start(Settings(data_dir=Path(sys.argv[1]), engine_heap="256m"))
print(state.pid, flush=True)
time.sleep(float(sys.argv[2]))
"""


@pytest.fixture
def settings(tmp_path: Path) -> Iterator[Settings]:
    """A data folder of a test's own; whatever runs on it ends with the test."""
    own = Settings(graph_url="embedded:", data_dir=tmp_path / "var", engine_heap="256m")
    yield own
    embedded.stop(own)


def starter(settings: Settings, seconds: float = 0) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", STARTER, str(settings.data_dir), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_two_starts_at_once_end_in_one_engine_that_outlives_a_killed_parent(settings: Settings) -> None:
    starters = [starter(settings, 60), starter(settings, 60)]
    pids = {first_line(process) for process in starters}
    for process in starters:
        process.kill()
        process.wait()
    assert len(pids) == 1
    state = embedded.start(settings)
    assert {str(state.pid)} == pids
    assert embedded.status(settings) == state


def test_secrets_and_data_are_for_their_owner_only(settings: Settings) -> None:
    embedded.start(settings)
    home = embedded.folder(settings)
    assert stat.S_IMODE((home / "root.secret").stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    password = (home / "root.secret").read_text(encoding="utf-8")
    state = embedded.status(settings)
    assert state is not None
    if Path("/proc").exists():
        assert password not in Path(f"/proc/{state.pid}/cmdline").read_text(encoding="utf-8")
    assert embedded.stop(settings)
    assert embedded.status(settings) is None
    assert not embedded.stop(settings)
    assert password not in (home / "engine.log").read_text(encoding="utf-8")


async def test_an_answered_write_survives_kill_9_and_the_service_finds_the_engine_again(settings: Settings) -> None:
    engine = EmbeddedEngine(settings)
    await engine.open()
    try:
        await engine.create_tenant_database("acme")
        before = engine.state
        async with engine.driver.session(database="t_acme") as session:
            await (await session.run("UNWIND range(1, 1000) AS i CREATE (:Record {key: 'acme/' + i})")).consume()
        os.kill(before.pid, signal.SIGKILL)
        assert await _counted(engine) == 1000
        assert engine.state.pid != before.pid
    finally:
        await engine.close()


async def _counted(engine: EmbeddedEngine) -> int:
    """Ask until the engine is back; only a missing answer is forgiven, a wrong one is not."""
    deadline = time.monotonic() + engine.settings.engine_start_seconds
    while time.monotonic() < deadline:
        try:
            async with engine.driver.session(database="t_acme") as session:
                record = await (await session.run("MATCH (n:Record) RETURN count(n) AS n")).single(strict=True)
                return int(record["n"])
        except (neo4j.exceptions.DriverError, Neo4jError, OSError):
            await asyncio.sleep(0.2)
    raise AssertionError("the engine did not come back")


async def test_an_engine_that_an_operator_stopped_stays_stopped(settings: Settings) -> None:
    engine = EmbeddedEngine(settings)
    await engine.open()
    try:
        assert await asyncio.to_thread(embedded.stop, settings)
        await asyncio.sleep(2.5)
        assert embedded.status(settings) is None
        with pytest.raises(EngineUnavailable):
            await engine.ping()
    finally:
        await engine.close()


def test_a_wrong_heap_is_told_with_the_end_of_the_log(settings: Settings) -> None:
    with pytest.raises(EngineUnavailable, match="Invalid maximum heap size: -Xmx12parsecs") as raised:
        embedded.start(settings.model_copy(update={"engine_heap": "12parsecs"}))
    assert "STORMGRAPH_ENGINE_HEAP" in raised.value.message


@pytest.mark.parametrize("which", [0, 1], ids=["bolt", "http"])
def test_a_port_taken_at_the_last_moment_costs_only_another_try(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    with socket.create_server((embedded.HOST, 0)) as rival:
        taken, chosen = rival.getsockname()[1], []

        def free_port(_: int) -> int:
            with socket.create_server((embedded.HOST, 0)) as probe:
                chosen.append(taken if len(chosen) == which else probe.getsockname()[1])
            return chosen[-1]

        monkeypatch.setattr(embedded, "_free_port", free_port)
        state = embedded.start(settings)
        assert taken in chosen
        assert taken not in (state.bolt_port, state.http_port)


def test_a_data_folder_that_cannot_be_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EngineUnavailable, match="STORMGRAPH_DATA_DIR"):
        embedded.start(Settings(data_dir=tmp_path / "file"))


def test_a_password_file_that_was_exchanged_is_named(settings: Settings) -> None:
    embedded.start(settings)
    (embedded.folder(settings) / "root.secret").write_text("somebody-elses", encoding="utf-8")
    with pytest.raises(ServiceError, match=r"root\.secret"):
        embedded.start(settings)


def test_a_process_that_is_not_the_engine_is_never_stopped_in_its_place(settings: Settings) -> None:
    state = embedded.start(settings)
    pid = embedded.folder(settings) / "pid"
    bystander = subprocess.Popen(["sleep", "60"])
    try:
        pid.write_text(str(bystander.pid), encoding="utf-8")
        with pytest.raises(EngineUnavailable, match="another container"):
            embedded.stop(settings)
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()
        pid.write_text(str(state.pid), encoding="utf-8")


def test_a_secret_is_made_once_however_many_ask(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        seen = set(pool.map(lambda _: embedded.secret(tmp_path, "x"), range(64)))
    assert len(seen) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["x.secret"]


def test_the_log_stays_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(data_dir=tmp_path)
    home = embedded.folder(settings)
    home.mkdir()
    monkeypatch.setattr(embedded, "LOG_BYTES", 10)
    (home / "engine.log").write_text("short", encoding="utf-8")
    embedded.trim_log(settings)
    assert (home / "engine.log").stat().st_size == 5
    (home / "engine.log").write_text("much longer than that", encoding="utf-8")
    embedded.trim_log(settings)
    assert (home / "engine.log").stat().st_size == 0


REFUSED = [
    "CREATE (n:Record {key: 'x'})",
    "CREATE (n:NeverSeen {key: 'x'})",
    "MATCH (n:Record) SET n.key = 'y'",
    "MATCH (n:Record) REMOVE n.key",
    "MATCH (n:Record) DETACH DELETE n",
    "MERGE (n:Record {key: 'z'})",
    "CREATE INDEX sly IF NOT EXISTS FOR (n:Record) ON (n.source)",
    "CREATE CONSTRAINT sly IF NOT EXISTS FOR (n:Record) REQUIRE n.source IS UNIQUE",
    "DROP CONSTRAINT record_key",
    "LOAD CSV FROM 'file:///etc/passwd' AS line RETURN line",
    "LOAD CSV FROM 'http://127.0.0.1/' AS line RETURN line",
]


async def test_a_reader_reads_its_tenant_and_nothing_else(embedded_engine: Engine) -> None:
    for slug in ("reader-home", "reader-away"):
        await embedded_engine.create_tenant_database(slug)
        async with embedded_engine.driver.session(database=embedded_engine.database_of(slug)) as session:
            await (await session.run("CREATE (:Record {key: $key})", key=f"{slug}/1")).consume()
    login = await embedded_engine.reader_login("reader-home")
    assert await embedded_engine.reader_login("reader-home") == login
    try:
        await asyncio.to_thread(_reads_only, login.bolt_url, login.user, login.password, login.database)
    finally:
        for slug in ("reader-home", "reader-away"):
            await embedded_engine.drop_tenant_database(slug)
    with (
        pytest.raises(neo4j.exceptions.AuthError),
        neo4j.GraphDatabase.driver(login.bolt_url, auth=(login.user, login.password)) as driver,
    ):
        driver.verify_connectivity()
    with pytest.raises(Refused):
        await embedded_engine.reader_login("reader-home")


def _reads_only(url: str, user: str, password: str, database: str) -> None:
    with neo4j.GraphDatabase.driver(url, auth=(user, password)) as driver:

        def keys(where: str | None) -> list[str]:
            with driver.session(database=where) as session:
                return [record["key"] for record in session.run("MATCH (n:Record) RETURN n.key AS key")]

        assert keys(database) == keys(None) == ["reader-home/1"]
        for statement in REFUSED:
            with pytest.raises(ClientError), driver.session(database=database) as session:
                session.run(statement).consume()
        for other in ("t_reader_away", "control", "system"):
            with pytest.raises(ClientError):
                keys(other)
        with driver.session(database=database) as session:
            seen = {record["name"] for record in session.run("SHOW DATABASES")}
        assert seen <= {database, "system"}
        assert keys(database) == ["reader-home/1"]
