"""A real Neo4j for the tests: one that is named, one in Docker, or one that Maven brings and Java runs."""

import contextlib
import fcntl
import os
import secrets
import shutil
import socket
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

HERE = Path(__file__).parent / "neo4j"
START_SECONDS = 300  # six on a machine at rest; tests share theirs
OPEN = ("java.nio", "sun.nio.ch", "java.io", "java.util.concurrent", "java.lang")


class NoServer(Exception):
    """There is no Neo4j to test against; the message says what is missing."""


@dataclass(frozen=True)
class Server:
    """A Neo4j that answers."""

    url: str
    user: str
    password: str


@contextlib.contextmanager
def ended_with_us(pid: int) -> Iterator[None]:
    """End that process even when the tests are killed: the guard's standard input closes with us, however we end."""
    command = ["/bin/sh", "-c", 'read -r _; kill "$1"', "sh", str(pid)]
    guard = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        yield
    finally:
        guard.kill()
        guard.communicate()


@contextlib.contextmanager
def neo4j_server(home: Path) -> Iterator[Server]:
    """A Neo4j for as long as the tests run: named by STORMGRAPH_TEST_NEO4J_URL, else from Docker, else from Maven."""
    if url := os.environ.get("STORMGRAPH_TEST_NEO4J_URL"):
        user = os.environ.get("STORMGRAPH_TEST_NEO4J_USER", "neo4j")
        yield Server(url, user, os.environ.get("STORMGRAPH_TEST_NEO4J_PASSWORD", ""))
    elif _docker_answers():
        with _from_docker() as server:
            yield server
    else:
        with _from_maven(home) as server:
            yield server


def _docker_answers() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=3)
        client.ping()
        client.close()
    except DockerException:
        return False
    return True


@contextlib.contextmanager
def _from_docker() -> Iterator[Server]:
    from testcontainers.community.neo4j import Neo4jContainer

    password = secrets.token_urlsafe(12)
    box = Neo4jContainer("neo4j:5.26-community", password=password)
    box.with_env("NEO4J_server_memory_heap_max__size", "1G")
    box.with_env("NEO4J_dbms_security_allow__csv__import__from__file__urls", "false")
    with box:
        yield Server(box.get_connection_url(), "neo4j", password)


@contextlib.contextmanager
def _from_maven(home: Path) -> Iterator[Server]:
    java, jars = _java(), _jars()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (home / "conf").mkdir(parents=True)
    conf = (HERE / "neo4j.conf").read_text(encoding="utf-8")
    (home / "conf" / "neo4j.conf").write_text(conf.format(home=home, port=port), encoding="utf-8")
    log = home / "console.log"
    command = [
        java,
        "-Xmx1g",
        "-XX:+UseSerialGC",
        "-XX:InlineSmallCode=800",  # a quarter less CPU in the short life of a test run: its compiler works less
        *(f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in OPEN),
        "-Dfile.encoding=UTF-8",
        "-cp",
        f"{jars}/*",
        "org.neo4j.server.CommunityEntryPoint",
        f"--home-dir={home}",
        f"--config-dir={home / 'conf'}",
    ]
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        server = Server(f"bolt://127.0.0.1:{port}", "neo4j", secrets.token_urlsafe(12))
        with ended_with_us(process.pid):
            _first_login(server, process, log)
            yield server
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(home, ignore_errors=True)


def _first_login(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until it answers, and replace the password that every new server has."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            with neo4j.GraphDatabase.driver(server.url, auth=("neo4j", "neo4j"), connection_timeout=2) as driver:
                with driver.session(
                    database="system"
                ) as session:  # a managed transaction would wait long between tries
                    statement = "ALTER CURRENT USER SET PASSWORD FROM 'neo4j' TO $password"
                    session.run(statement, password=server.password).consume()
                return
        except (DriverError, Neo4jError, OSError) as error:
            if process.poll() is not None or time.monotonic() > deadline:
                end = log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"The Neo4j for the tests does not start: {error}\n{end}") from error
            time.sleep(0.2)


def _java() -> str:
    java = shutil.which("java")
    if java is None:
        raise NoServer("no Docker engine, and no Java 17 or newer")
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = answer.partition('"')[2].partition(".")[0].partition('"')[0]
    if not version.isdigit() or int(version) < 17:
        raise NoServer(f"no Docker engine, and Java is {version or 'broken'} where Neo4j needs 17")
    return java


def _jars() -> Path:
    """The server's jars, brought by Maven once for each version and kept in the user's cache folder."""
    spaces = {"m": "http://maven.apache.org/POM/4.0.0"}
    version = ET.parse(HERE / "pom.xml").getroot().findtext("m:properties/m:neo4j.version", namespaces=spaces)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stormgraph"
    jars = cache / f"neo4j-{version}"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "neo4j.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.exists():
            _bring(jars)
    return jars


def _bring(jars: Path) -> None:
    maven = shutil.which("mvn")
    if maven is None:
        raise NoServer("no Docker engine, and no Maven to bring a Neo4j")
    half = jars.with_name(jars.name + ".new")
    shutil.rmtree(half, ignore_errors=True)
    command = [maven, "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, "-DincludeScope=runtime", f"-DoutputDirectory={half}"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise NoServer(f"no Docker engine, and Maven could not bring Neo4j: {done.stdout.strip()[-500:]}")
    half.rename(jars)
