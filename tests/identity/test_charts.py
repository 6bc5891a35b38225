"""The page of charts is made of what the graph keeps: the model in use and the card of the last run."""

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pytest

from graph_service.errors import BadInput, Refused
from graph_service.graph.store import Store
from graph_service.identity.run.charts import write_charts
from graph_service.identity.run.models import save_model
from matching import FieldType, MatchResult, match

FIELDS = {"email": FieldType.EMAIL}


async def matched(store: Store, tenant: str) -> tuple[str, tuple[pa.Table, MatchResult]]:
    """Keep the model and the card of a run over a few records; returns the model's id, and the run."""
    emails = [f"p{number}@mail.com" for number in np.repeat(np.arange(6), 2)]
    names = pa.array([str(number) for number in range(len(emails))])
    records = pa.table({"source": ["crm"] * len(emails), "record_id": names, "email": emails})
    result = match(records, FIELDS)
    card, ended = orjson.dumps(result.card, default=str).decode(), "2026-05-04T06:01:00Z"
    content = {"run_id": "r1", "job": "match", "state": "done", "ended_at": ended, "card": card}
    await store.write(tenant, "records.record_run", run="r1", content=content)
    return await save_model(store, tenant, result.model), (records, result)


async def test_the_page_tells_of_the_model_in_use_and_the_last_run(store: Store, tenant: str, tmp_path: Path) -> None:
    model_id, _ = await matched(store, tenant)
    file = tmp_path / "charts.html"
    await write_charts(store, tenant, file)
    page = file.read_text(encoding="utf-8")
    for told in (tenant, model_id, "r1", "2026-05-04T06:01:00Z", 'draw("match-weights"', 'draw("parameters"'):
        assert told in page
    assert "p1@mail.com" not in page


async def test_a_tenant_without_a_model_is_told_what_to_do(store: Store, tenant: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"stormgraph match --tenant {tenant}"):
        await write_charts(store, tenant, tmp_path / "charts.html")
    assert list(tmp_path.iterdir()) == []


async def test_a_card_of_another_version_is_refused(store: Store, tenant: str, tmp_path: Path) -> None:
    await matched(store, tenant)
    content = {"run_id": "r2", "job": "match", "state": "done", "card": "{}"}
    await store.write(tenant, "records.record_run", run="r2", content=content)
    with pytest.raises(Refused, match="match again"):
        await write_charts(store, tenant, tmp_path / "charts.html")


async def test_a_page_that_cannot_be_written_says_where(store: Store, tenant: str, tmp_path: Path) -> None:
    await matched(store, tenant)
    with pytest.raises(BadInput, match="nowhere"):
        await write_charts(store, tenant, tmp_path / "nowhere" / "charts.html")


async def test_a_run_adds_its_merges_and_the_viewer_beside(store: Store, tenant: str, tmp_path: Path) -> None:
    _, run = await matched(store, tenant)
    file = tmp_path / "charts.html"
    assert await write_charts(store, tenant, file, run) == [file, tmp_path / "charts.pairs.html"]
    assert 'draw("merges"' in file.read_text(encoding="utf-8")
    assert "comparison_vector_data = " in (tmp_path / "charts.pairs.html").read_text(encoding="utf-8")
