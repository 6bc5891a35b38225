"""Who did what, when: an append-only file per tenant in the data folder, which many processes write."""

import asyncio
import fcntl
import os
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from graph_service import logs, moments
from graph_service.audit import model
from graph_service.audit.model import Broken, Head
from graph_service.audit.schemas import Entry, Verdict
from graph_service.errors import ServiceError
from graph_service.seals import sealing_secret
from graph_service.settings import Settings

EVERY_SECONDS = 0.25  # what was only read is written down this much later
MOST_WAITING = 10_000  # more than that is not put off
LONGEST_LINE = 65_536
log = logs.get("audit")


class NotWritten(ServiceError):
    """The audit log cannot be written, so nothing is acknowledged."""

    name, status = "audit_unavailable", 503


class AuditLog:
    """The audit log as one process writes it: reads are gathered, writes go to the file before they are answered."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._waiting: dict[str, list[dict[str, Any]]] = {}
        self._count = 0
        self._writing = asyncio.Lock()

    def note(self, tenant: str, entry: dict[str, Any]) -> None:
        """Remember an entry (of `told`); it reaches the file with the next `flush`."""
        self._waiting.setdefault(tenant, []).append(entry)
        self._count += 1

    @property
    def crowded(self) -> bool:
        """Whether so much waits that no more may be put off."""
        return self._count >= MOST_WAITING

    async def flush(self) -> None:
        """Write what waits. Raises NotWritten, and keeps it waiting."""
        async with self._writing:
            while self._waiting:
                tenant = next(iter(self._waiting))
                entries = self._waiting.pop(tenant)
                try:
                    await asyncio.to_thread(append, self._settings, tenant, entries)
                except BaseException:
                    self._waiting[tenant] = [*entries, *self._waiting.get(tenant, [])]
                    raise
                self._count -= len(entries)

    async def keep(self) -> None:
        """Write what waits, again and again, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            try:
                await self.flush()
            except NotWritten as error:
                log.error("audit_not_written", waiting=self._count, problem=error.message)


@asynccontextmanager
async def kept(settings: Settings) -> AsyncIterator[AuditLog]:
    """The audit log of a process that serves; all of it is in the files when the block ends."""
    book = AuditLog(settings)
    keeper = asyncio.create_task(book.keep())
    try:
        yield book
    finally:
        keeper.cancel()
        await book.flush()


def told(what: str, *, who: str, status: int = 0, ids: Sequence[str] = (), request_id: str = "") -> dict[str, Any]:
    """An entry of this moment."""
    at = moments.now()
    return {"at": at, "who": who, "what": what, "status": status, "ids": list(ids), "request_id": request_id}


def append(settings: Settings, tenant: str, entries: Sequence[dict[str, Any]]) -> None:
    """Write entries behind what the tenant's file holds, whoever else writes it. Raises NotWritten.

    When this returns the operating system has them: the end of this process loses none, a power cut may.
    """
    secret = sealing_secret(settings)
    try:
        with _held(_file(settings, tenant)) as file:
            end, head = _end(file)
            lines, _ = model.link(secret, tenant, head, entries)
            try:
                _write(file, lines)
            except OSError:
                os.ftruncate(file, end)  # all of them or none
                raise
    except (OSError, Broken) as error:
        problem = error.problem if isinstance(error, Broken) else error.strerror
        raise NotWritten(f"The audit log of {tenant} cannot be written: {problem}.", retry_after=5) from error


def entries(settings: Settings, tenant: str, *, limit: int) -> list[Entry]:
    """The latest entries of a tenant, the oldest of them first; lines that are no entries are left to `verify`."""
    kept: deque[bytes] = deque(_lines(settings, tenant), maxlen=limit)
    return [Entry.model_validate_json(line) for line in kept if line.endswith(b'"}\n')]


def verify(settings: Settings, tenant: str, *, head: str = "") -> Verdict:
    """Is the log whole, and does it still hold the entry of this seal?"""
    secret, at, seen = sealing_secret(settings), Head(), not head
    try:
        for line in _lines(settings, tenant):
            _, at = model.follow(secret, tenant, at, line)
            seen = seen or at.seal == head
    except Broken as broken:
        return Verdict(tenant=tenant, whole=False, entries=at.n, head=at.seal, problem=broken.problem)
    problem = None if seen else "the entry of the seal you gave is gone: the log was cut or begun anew"
    return Verdict(tenant=tenant, whole=seen, entries=at.n, head=at.seal, problem=problem)


def _file(settings: Settings, tenant: str) -> Path:
    return settings.data_dir / "audit" / f"{tenant}.jsonl"


def _lines(settings: Settings, tenant: str) -> Iterator[bytes]:
    path = _file(settings, tenant)
    if path.exists():
        with path.open("rb") as file:
            yield from file


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The file, ours alone until the block ends."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def _end(file: int) -> tuple[int, Head]:
    """Where the file ends, and with which entry; a line that somebody was cut off in was acknowledged to nobody."""
    end = os.fstat(file).st_size
    tail = os.pread(file, min(end, 2 * LONGEST_LINE), max(0, end - 2 * LONGEST_LINE))
    torn = len(tail) - (tail.rfind(b"\n") + 1)
    if torn:
        end -= torn
        os.ftruncate(file, end)
        tail = tail[:-torn]
    if not tail:
        return end, Head()
    return end, model.head_of(tail[tail.rfind(b"\n", 0, -1) + 1 :])


def _write(file: int, lines: bytes) -> None:
    while lines:
        lines = lines[os.write(file, lines) :]
