"""Reads about what came in: sources, quarantine, runs."""

from graph_service.graph.store import Row, Store
from graph_service.records.schemas import Source


async def sources(store: Store, tenant: str) -> list[Source]:
    """The systems that records come from."""
    return [Source.model_validate(row) for row in await store.read(tenant, "records.sources")]


async def quarantined(store: Store, tenant: str, *, limit: int = 100) -> list[Row]:
    """What was set aside, and why."""
    return await store.read(tenant, "records.quarantined", limit=limit)


async def runs(store: Store, tenant: str, *, limit: int = 100) -> list[Row]:
    """The batch jobs of a tenant, oldest first."""
    return await store.read(tenant, "records.runs", limit=limit)
