"""Work that nobody waits for, done tenant by tenant beside the requests, by one task of this process."""

import asyncio
import contextlib
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Collection, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from graph_service import logs
from graph_service.errors import ServiceError
from graph_service.identity.waiting.quiet import Quiet

SWEEP_SECONDS = 60.0  # between two looks for what other processes left
PAUSE = 1.0  # seconds after an engine did not answer
log = logs.get("identity")
R = TypeVar("R", bound="Rounds")


class Rounds(ABC):
    """Goes round the tenants that have something to do, when it is quiet; looks at all of them once a minute."""

    def __init__(self, quiet: Quiet) -> None:
        self._quiet = quiet
        self._wake = asyncio.Event()

    @abstractmethod
    def _tenants(self) -> Collection[str]:
        """Those that have something to do, as far as this process knows."""

    @abstractmethod
    async def _one(self, tenant: str) -> None:
        """Do some of it for one tenant."""

    @abstractmethod
    async def _sweep(self) -> None:
        """Look which tenants have something to do that this process has not heard of."""

    async def run(self) -> None:
        """Go round, for as long as the process lives."""
        swept = float("-inf")
        while True:
            if time.monotonic() - swept > SWEEP_SECONDS:
                await self._guarded(self._sweep())
                swept = time.monotonic()
            if not self._tenants():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(SWEEP_SECONDS):
                        await self._wake.wait()
            self._wake.clear()
            for tenant in list(self._tenants()):
                await self._quiet.comes()
                await self._guarded(self._one(tenant))

    async def _guarded(self, act: Coroutine[Any, Any, None]) -> None:
        """Whatever cannot be done now is tried again: what is left to do is known still."""
        try:
            await act
        except Exception as error:
            name = error.name if isinstance(error, ServiceError) else type(error).__name__
            log.warning("held_up", work=type(self).__name__.lower(), error=name)
            await asyncio.sleep(PAUSE)


@asynccontextmanager
async def beside(rounds: R) -> AsyncIterator[R]:
    """Rounds that go on beside what the caller does."""
    worker = asyncio.create_task(rounds.run())
    try:
        yield rounds
    finally:
        worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker
