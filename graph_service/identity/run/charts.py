"""The charts of a tenant's matching model and of its last run, as pages for people."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from graph_service.errors import BadInput, Refused
from graph_service.graph.store import Store
from graph_service.identity.run.models import current_model
from matching import MatchingError, MatchResult, Model, charts_page, comparison_viewer, doubtful_merges


async def write_charts(
    store: Store, tenant: str, path: Path, run: tuple[pa.Table, MatchResult] | None = None
) -> list[Path]:
    """Write Splink's charts of the tenant's model and the card of its last match run into one HTML file.

    With the records and the answer of that `run`, the page shows its most doubtful merges, and Splink's comparison
    viewer goes into a file beside it, NAME.pairs.html. Returns the files written. Raises Refused where nothing was
    matched yet, BadInput where a file cannot be written.
    """
    held = await current_model(store, tenant)
    card = await store.read_one(tenant, "records.run_card")
    if held is None or card is None:
        raise Refused(f"There is no model of {tenant} to draw: `stormgraph match --tenant {tenant}` learns one.")
    known = {"tenant": tenant, "matched_at": card["ended_at"], "run_id": card["run_id"], "model_id": held.model_id}
    try:
        pages = await asyncio.to_thread(_pages, held.model, {**orjson.loads(card["card"]), **known}, run)
    except MatchingError as error:
        raise Refused(f"{error}.") from error
    written = []
    for file, page in zip((path, path.with_suffix(f".pairs{path.suffix}")), pages, strict=False):
        try:
            await asyncio.to_thread(file.write_text, page, encoding="utf-8")
        except OSError as error:
            raise BadInput(f"The page cannot be written to {file}: {error.strerror}.") from error
        written.append(file)
    return written


def _pages(model: Model, card: dict[str, Any], run: tuple[pa.Table, MatchResult] | None) -> list[str]:
    if run is None:
        return [charts_page(model, card)]
    records, result = run
    viewer = comparison_viewer(records, model, result.links)
    charts = charts_page(model, card, doubtful_merges(records, result.merges))
    return [charts, viewer] if viewer is not None else [charts]
