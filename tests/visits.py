"""Somebody is let in while a job works: behind one of its units of work, or behind each."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from graph_service.graph.store import Store
from graph_service.privacy import service

T = TypeVar("T")


class Visited(Store):
    """A store that lets somebody in behind each of its first units of work."""

    def __init__(self, store: Store, visit: Callable[[], Awaitable[None]], most: int) -> None:
        super().__init__(store.engine, store.library, store.settings)
        self.visit, self.left = visit, most

    async def retried(self, attempt: Callable[[], Awaitable[T]], seconds: float) -> T:
        answer = await super().retried(attempt, seconds)
        if self.left:
            self.left -= 1
            await self.visit()
        return answer


class Eraser:
    """Erases a person behind one of a job's units of work."""

    def __init__(self, store: Store, tenant: str, person: str, moment: int) -> None:
        self.store, self.tenant, self.person, self.moment = store, tenant, person, moment
        self.left = moment

    async def __call__(self) -> None:
        self.left -= 1  # first: units of work that a job does at once come here at once
        if self.left == -1:
            await service.erase(self.store, self.tenant, service.Asked(self.person, "jo"))
