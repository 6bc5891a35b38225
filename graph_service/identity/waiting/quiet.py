"""When work that nobody waits for may begin: callers go first, within reason."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

QUIET_SECONDS = 0.25  # without a caller, before the work begins: a sender pauses shorter between two batches
LOOK_SECONDS = 0.05  # between two looks whether it is quiet


class Quiet:
    """Whether it is quiet. patience: seconds that callers may hold work up; busy: tells of callers not seen here."""

    def __init__(self, patience: float, busy: Callable[[], bool] = lambda: False) -> None:
        self._patience, self._busy = patience, busy
        self._callers, self._last = 0, float("-inf")

    @contextmanager
    def broken(self) -> Iterator[None]:
        """A caller is being served."""
        self._callers += 1
        try:
            yield
        finally:
            self._callers -= 1
            self.heard()

    def heard(self) -> None:
        """A caller was served a moment ago."""
        self._last = time.monotonic()

    async def comes(self) -> None:
        """Wait until it is quiet, or patience is over."""
        began = time.monotonic()
        while (now := time.monotonic()) - began < self._patience:
            if self._busy():
                self._last = now
            elif not self._callers and now - self._last > QUIET_SECONDS:
                return
            await asyncio.sleep(LOOK_SECONDS)
