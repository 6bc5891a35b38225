"""The charts of a tenant's matching model, as a page for people."""

import asyncio
from pathlib import Path

import orjson

from graph_service.errors import BadInput, Refused
from graph_service.graph.store import Store
from graph_service.identity.run.models import current_model
from matching import MatchingError, charts_page


async def write_charts(store: Store, tenant: str, path: Path) -> None:
    """Write Splink's charts of the tenant's model and the card of its last match run into one HTML file.

    Raises Refused where nothing was matched yet, BadInput where the file cannot be written.
    """
    held = await current_model(store, tenant)
    run = await store.read_one(tenant, "records.run_card")
    if held is None or run is None:
        raise Refused(f"There is no model of {tenant} to draw: `stormgraph match --tenant {tenant}` learns one.")
    known = {"tenant": tenant, "matched_at": run["ended_at"], "run_id": run["run_id"], "model_id": held.model_id}
    try:
        page = await asyncio.to_thread(charts_page, held.model, {**orjson.loads(run["card"]), **known})
    except MatchingError as error:
        raise Refused(f"{error}.") from error
    try:
        await asyncio.to_thread(path.write_text, page, encoding="utf-8")
    except OSError as error:
        raise BadInput(f"The page cannot be written to {path}: {error.strerror}.") from error
