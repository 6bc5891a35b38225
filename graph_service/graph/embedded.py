"""The process life of the embedded engine: one ArcadeDB server per data folder, shared by all who use that folder."""

import contextlib
import fcntl
import importlib.metadata
import importlib.util
import json
import os
import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import httpx
import neo4j
from neo4j.exceptions import AuthError, DriverError, Neo4jError

from graph_service import logs
from graph_service.errors import EngineUnavailable, ServiceError
from graph_service.graph import heap
from graph_service.settings import Settings

HOST = "127.0.0.1"
ROOT = "root"
LOG_BYTES = 8_000_000
STOP_SECONDS = 30
ATTEMPTS = 3  # a free port that we found may be taken by another before the engine binds it
# Servers of other protocols: what is not on the class path cannot listen.
UNUSED_JARS = ("arcadedb-mcp", "arcadedb-postgresw", "arcadedb-redisw", "arcadedb-console", "arcadedb-graphql")
# The shell writes the pid itself, so no engine ever lives without one; then it becomes the engine.
LAUNCH = 'umask 077; echo $$ > "$1"; shift; exec "$@"'

BROKEN = 'Exception in thread "main"'
log = logs.get("graph")
_children: list[subprocess.Popen[bytes]] = []


@dataclass(frozen=True)
class EngineState:
    """A running engine: where it listens and which process it is."""

    pid: int
    bolt_port: int
    http_port: int
    version: str
    heap: str

    @property
    def bolt_url(self) -> str:
        """The address for the Bolt driver."""
        return f"bolt://{HOST}:{self.bolt_port}"

    @property
    def http_url(self) -> str:
        """The address for administration: databases and database users."""
        return f"http://{HOST}:{self.http_port}/api/v1"


def folder(settings: Settings) -> Path:
    """Where the engine keeps its databases, secrets and log."""
    return settings.data_dir.resolve() / "engine"


def start(settings: Settings) -> EngineState:
    """Which engine serves this data folder? Starts one unless it runs; raises EngineUnavailable with the log's end."""
    home = folder(settings)
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _held(home / "start.lock", settings.engine_start_seconds):
            for _ in range(ATTEMPTS):
                if state := _start_or_join(home, settings):
                    return state
    except OSError as error:
        raise EngineUnavailable(
            f"The data folder {home} cannot be used ({error.strerror}): make it writable or set STORMGRAPH_DATA_DIR."
        ) from error
    raise EngineUnavailable(f"No free port was found for the embedded engine.{_log_end(home)}")


def status(settings: Settings) -> EngineState | None:
    """The engine that lives on this data folder, or None."""
    home = folder(settings)
    return _read_state(home) if _alive(home) else None


def stop(settings: Settings) -> bool:
    """End the engine, orderly if it can; answers whether one was running."""
    home = folder(settings)
    if not home.exists():
        return False
    with _held(home / "start.lock", settings.engine_start_seconds):
        if not _alive(home):
            return False
        _end(home)
        (home / "pid").unlink(missing_ok=True)  # says that it was meant
    return True


def was_stopped(settings: Settings) -> bool:
    """Did an operator end the engine, so that nobody may start it again unasked?"""
    return not (folder(settings) / "pid").exists()


def secret(home: Path, name: str) -> str:
    """A random secret kept in the engine's folder, readable by its owner only; made at first use."""
    path = home / f"{name}.secret"
    if not path.exists():
        made = home / f".{name}.{secrets.token_hex(4)}"
        with os.fdopen(os.open(made, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
        with contextlib.suppress(FileExistsError):
            os.link(made, path)  # appears whole or not at all; who comes second reads the first one's
        made.unlink()
    return path.read_text(encoding="utf-8")


def trim_log(settings: Settings) -> None:
    """Keep the engine's log bounded while it runs (it appends, so cutting the file is safe)."""
    path = folder(settings) / "engine.log"
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES:
            os.truncate(path, 0)


def _start_or_join(home: Path, settings: Settings) -> EngineState | None:
    """An engine that answers; None when its port was taken under its hands. The start lock is held."""
    launched = False
    deadline = time.monotonic() + settings.engine_start_seconds
    while time.monotonic() < deadline:
        # Its main thread may have died while other threads keep the process: that is no engine either.
        if launched and (not _alive(home) or BROKEN in _log_end(home, 40)):
            _failed(home)
            return None
        if not _alive(home):  # also when the engine that we joined turns out to be dying
            _launch(home, settings)
            launched = True
        state = _read_state(home)
        if state and _answers(home, state):
            return state
        time.sleep(0.05)
    if launched:
        _end(home, orderly=False)
    raise EngineUnavailable(
        f"The embedded engine did not answer within {settings.engine_start_seconds} s "
        f"(STORMGRAPH_ENGINE_START_SECONDS); `stormgraph engine stop` ends one that hangs.{_log_end(home)}"
    )


def _failed(home: Path) -> None:
    """The engine that we launched is none: worth another port, or an error?"""
    _end(home, orderly=False)
    end = _log_end(home, 40)
    if "Unable to listen" not in end:
        raise EngineUnavailable(f"The embedded engine could not start (STORMGRAPH_ENGINE_HEAP is its heap).{end}")
    (home / "state.json").unlink()


def _end(home: Path, *, orderly: bool = True) -> None:
    """End the engine: orderly if it can, or at once where it serves nobody yet."""
    state = _read_state(home)
    if state is None or not _alive(home):
        return
    if _is_ending(state.pid) and _gone(home, STOP_SECONDS):
        return
    if not _is_engine_of(home, state.pid):
        raise EngineUnavailable(f"The engine on {home} runs in another container: stop it there.")
    for wish in (signal.SIGTERM, signal.SIGKILL) if orderly else (signal.SIGKILL,):
        with contextlib.suppress(ProcessLookupError):
            os.kill(state.pid, wish)
        if _gone(home, STOP_SECONDS):
            return
        log.warning("engine_ignores_stop", pid=state.pid)
    raise EngineUnavailable(f"The embedded engine (process {state.pid}) does not end.")


def _launch(home: Path, settings: Settings) -> None:
    """Start the engine as a process of its own, holding the life lock until it ends, however it ends."""
    before = _recorded(home)
    state = EngineState(
        pid=0,
        bolt_port=_free_port(before.bolt_port if before else 0),
        http_port=_free_port(before.http_port if before else 0),
        version=importlib.metadata.version("arcadedb-embedded"),
        heap=heap.size_of(settings.engine_heap),
    )
    (home / "pid").unlink(missing_ok=True)
    fresh = home / "state.json.new"
    fresh.write_text(json.dumps(asdict(state)), encoding="utf-8")
    fresh.replace(home / "state.json")
    secret(home, "root")
    if (home / "engine.log").exists():
        (home / "engine.log").replace(home / "engine.log.1")
    life = os.open(home / "life.lock", os.O_CREAT | os.O_RDWR, 0o600)
    out = os.open(home / "engine.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    try:
        fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
        command = ["/bin/sh", "-c", LAUNCH, "sh", str(home / "pid"), *_command(home, state, settings)]
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            cwd=home,
            start_new_session=True,
            pass_fds=(life,),
        )
    finally:
        os.close(life)
        os.close(out)
    _children[:] = [*(c for c in _children if c.poll() is None), child]  # reaps those that have ended


def _command(home: Path, state: EngineState, settings: Settings) -> list[str]:
    spec = importlib.util.find_spec("arcadedb_embedded")
    if spec is None or spec.origin is None:
        raise EngineUnavailable("The package arcadedb-embedded is not installed: pip install arcadedb-embedded.")
    wheel = Path(spec.origin).parent
    jars = [str(jar) for jar in sorted((wheel / "jars").glob("*.jar")) if not jar.name.startswith(UNUSED_JARS)]
    options = {
        "server.rootPath": home,
        "server.rootPasswordPath": home / "root.secret",  # on the command line everyone could read it
        "server.logsDirectory": home / "log",
        "server.mode": "production",
        "server.plugins": "Bolt:com.arcadedb.bolt.BoltProtocolPlugin",
        "bolt.host": HOST,
        "bolt.port": state.bolt_port,
        "bolt.defaultDatabase": "control",
        "bolt.maxMessageSize": 256 * 1024 * 1024,  # a batch of rows is one message
        "server.httpIncomingHost": HOST,
        "server.httpIncomingPort": state.http_port,
        "server.httpWorkerThreads": 8,
        **heap.shares_of(state.heap),
        "txWalFlush": 1,  # synced at commit: an answered write survives kill -9 (0 would do) and power loss
        "command.timeout": int(settings.write_seconds * 1000),  # the driver's own timeout is ignored
        "opencypher.loadCsv.allowFileUrls": "false",
        "opencypher.loadCsv.allowRemoteUrls": "false",
        "server.restoreImportAllowLocalUrls": "false",
        "polyglotEngineEnabled": "false",
        "support.autoRegister": "false",
    }
    return [
        str(wheel / "jre" / "bin" / "java"),
        f"-Xmx{state.heap}",
        *heap.young_of(state.heap),
        "-XX:+UseParallelGC",  # a fifth less CPU than G1 where cores are few
        "-XX:InlineSmallCode=800",  # its compiler takes a third less of a cold engine's cores; a warm one is no slower
        "-XX:+ExitOnOutOfMemoryError",  # half an engine is worse than none: the next start recovers
        f"-XX:ErrorFile={home / 'crash.log'}",
        "-Djava.awt.headless=true",
        "-Duser.timezone=UTC",
        "--add-modules=jdk.incubator.vector",
        "--enable-native-access=ALL-UNNAMED",
        "--add-opens=java.base/java.nio=ALL-UNNAMED",
        "--add-exports=java.management/sun.management=ALL-UNNAMED",
        *(f"-Darcadedb.{name}={value}" for name, value in options.items()),
        "-cp",
        os.pathsep.join(jars),
        "com.arcadedb.server.ArcadeDBServer",
    ]


def _answers(home: Path, state: EngineState) -> bool:
    """Is it ready, over HTTP and over Bolt, and does it know our password?"""
    try:
        if httpx.get(f"{state.http_url}/ready", timeout=2, trust_env=False).status_code != httpx.codes.NO_CONTENT:
            return False
        with neo4j.GraphDatabase.driver(
            state.bolt_url, auth=(ROOT, secret(home, "root")), connection_timeout=2
        ) as driver:
            driver.verify_connectivity()
    except AuthError as error:
        raise ServiceError(
            f"The embedded engine refuses the password in {home / 'root.secret'}: put the file back that belongs to it."
        ) from error
    except (httpx.HTTPError, DriverError, Neo4jError):
        return False
    return True


def _recorded(home: Path) -> EngineState | None:
    """What the last start wrote, whether or not that engine still lives."""
    try:
        return EngineState(**json.loads((home / "state.json").read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None


def _read_state(home: Path) -> EngineState | None:
    """What the last start wrote, with the process id, which comes from the process itself."""
    state = _recorded(home)
    try:
        pid = (home / "pid").read_text(encoding="utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return replace(state, pid=int(pid)) if state and pid else None


def _alive(home: Path) -> bool:
    """Does a process hold the life lock? The kernel frees it with the process, so a recycled pid deceives nobody."""
    try:
        life = os.open(home / "life.lock", os.O_RDWR)
    except (FileNotFoundError, NotADirectoryError):
        return False
    try:
        fcntl.flock(life, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(life)
    return False


def _is_engine_of(home: Path, pid: int) -> bool:
    """Is this process id, in our own name space of processes, the engine of this folder?"""
    if not Path("/proc/self/cmdline").exists():
        return True
    try:
        return str(home) in Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return not _alive(home)


def _is_ending(pid: int) -> bool:
    """Is this process dying already? It has no command line any more, though it may still hold its files."""
    try:
        return not Path(f"/proc/{pid}/cmdline").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _gone(home: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _alive(home):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextlib.contextmanager
def _held(path: Path, seconds: float) -> Iterator[None]:
    """Hold a lock between processes; it is free again when its holder ends in any way."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise EngineUnavailable(f"Another process has been starting the engine for {seconds} s.") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _free_port(wanted: int) -> int:
    """The wanted port if nobody listens there, so that clients find the engine again; else one that is free."""
    for port in (wanted, 0):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((HOST, port))
            return int(probe.getsockname()[1])
    raise EngineUnavailable("This machine has no free port.")


def _log_end(home: Path, lines: int = 15) -> str:
    try:
        text = (home / "engine.log").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return "\n".join([f" The end of {home / 'engine.log'}:", *text.strip().splitlines()[-lines:]])
