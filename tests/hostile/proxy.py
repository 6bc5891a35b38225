"""A small TCP proxy that can lose, delay or cut what passes, and engines that are reached through it."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from typing import Any

from graph_service.graph.engines import EmbeddedEngine, Engine, Neo4jEngine
from graph_service.settings import Settings

CHUNK = 65_536


@dataclass
class Proxy:
    """Passes bytes between clients and one server; `fault` is what goes wrong from now on.

    away: connections are refused or dropped; slow: nothing comes back; cut: the connection breaks after `spare` bytes
    of an answer.
    """

    port: int
    fault: str = ""
    spare: int = 0
    own_port: int = 0
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen on a port of its own."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.own_port = self._server.sockets[0].getsockname()[1]

    def strike(self, fault: str, *, spare: int = 0) -> None:
        """Let something go wrong; what is open breaks at once where the server is away."""
        self.fault, self.spare = fault, spare
        if fault == "away":
            self._drop()

    def heal(self) -> None:
        """Let everything pass again."""
        self.fault = ""
        self._drop()

    async def stop(self) -> None:
        """Listen no more."""
        assert self._server
        self._server.close()
        self._drop()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _drop(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.fault == "away":
            writer.transport.abort()
            return
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, back}
        both = [
            asyncio.create_task(self._pass(reader, back, False)),
            asyncio.create_task(self._pass(there, writer, True)),
        ]
        self._tasks.update(both)
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for one in (writer, back):
            one.transport.abort()
        for task in both:
            task.cancel()
        self._tasks.difference_update(both)
        self._open -= {writer, back}

    async def _pass(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, answers: bool) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if answers and self.fault == "slow":
                    await asyncio.Event().wait()
                if answers and self.fault == "cut":
                    self.spare -= len(data)
                    if self.spare < 0:
                        return
                sink.write(data)
                await sink.drain()


def behind(engine: Engine, proxy: Proxy) -> Engine:
    """The same engine, reached through the proxy; impatient."""
    given: Settings = engine.settings  # type: ignore[attr-defined]
    update: dict[str, Any] = {"read_seconds": 1.0, "write_seconds": 2.0, "retry_seconds": 1.0}
    if engine.name != "embedded":
        update["graph_url"] = f"bolt://127.0.0.1:{proxy.own_port}"
        return Neo4jEngine(given.model_copy(update=update))

    class Behind(EmbeddedEngine):
        """An embedded engine whose Bolt passes the proxy."""

        def _connect(self, url: str, user: str, password: str) -> None:
            super()._connect(f"bolt://127.0.0.1:{proxy.own_port}", user, password)

    return Behind(given.model_copy(update=update))


def bolt_port(engine: Engine) -> int:
    """Where the engine itself listens."""
    if engine.name == "embedded":
        return int(engine.state.bolt_port)  # type: ignore[attr-defined]
    return int(str(engine.settings.graph_url).rpartition(":")[2])  # type: ignore[attr-defined]
