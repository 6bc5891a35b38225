"""What waits in all tenants, and the one in this process who works it off beside the requests."""

import contextlib
import time
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractContextManager, asynccontextmanager

from graph_service.errors import NotFound
from graph_service.graph.store import Row, Store
from graph_service.identity.waiting.acknowledge import Acknowledged, acknowledge
from graph_service.identity.waiting.decide import decide_some, waiting
from graph_service.identity.waiting.quiet import Quiet
from graph_service.identity.waiting.rounds import Rounds, beside
from graph_service.tenants import service as tenants

TIDY_SECONDS = 3600.0  # between two clean-ups of what is no longer needed
PATIENCE = 10.0  # seconds that acknowledging may hold deciding up


class Backlog(Rounds):
    """Acknowledges rows, and decides on them in the background: on its own, and on those that a crash left waiting.

    The graph is the queue: rows that wait are marked there, so nothing is lost with this process, and memory holds no
    more than the names of the tenants that have some.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(Quiet(PATIENCE))
        self._store = store
        self._open: dict[str, int] = {}
        self._tidied = float("-inf")

    @property
    def waiting(self) -> int:
        """How many rows wait in all tenants, as far as this process knows: it looks once a minute."""
        return sum(self._open.values())

    def receiving(self) -> AbstractContextManager[None]:
        """A batch is being read or acknowledged: what waits is left alone meanwhile."""
        return self._quiet.broken()

    async def acknowledge(self, tenant: str, rows: Sequence[Row], *, actor: str) -> list[Acknowledged]:
        """Keep rows now and decide on them soon. Raises what the store raises; then nothing of them is kept."""
        with self.receiving():
            found = await acknowledge(self._store, tenant, rows, actor=actor)
        if fresh := sum(one.waiting for one in found):
            self._open[tenant] = self._open.get(tenant, 0) + fresh
            self._wake.set()
        return found

    def _tenants(self) -> Collection[str]:
        return self._open.keys()

    async def _one(self, tenant: str) -> None:
        try:
            found = await decide_some(self._store, tenant)
        except NotFound:  # the tenant is gone
            found = 0
        if found:
            self._open[tenant] = max(1, self._open.get(tenant, 0) - found)
        else:
            self._open.pop(tenant, None)

    async def _sweep(self) -> None:
        """Look which tenants have rows that wait; now and then, delete what is remembered of old requests."""
        tidy = time.monotonic() - self._tidied > TIDY_SECONDS
        for tenant in await tenants.listed(self._store):
            with contextlib.suppress(NotFound):
                if tidy:
                    await tenants.forget_requests(self._store, tenant.tenant)
                count = await waiting(self._store, tenant.tenant) if tenant.arriving is None else 0
                if count:
                    self._open[tenant.tenant] = count
                else:
                    self._open.pop(tenant.tenant, None)
        self._tidied = time.monotonic() if tidy else self._tidied


@asynccontextmanager
async def worked_off(store: Store) -> AsyncIterator[Backlog]:
    """A backlog that is worked off beside what the caller does."""
    async with beside(Backlog(store)) as backlog:
        yield backlog
