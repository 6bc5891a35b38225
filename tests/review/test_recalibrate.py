"""Enough judgements make a better model: kept with what it was measured at, planned with, and used once adopted."""

from dataclasses import replace

import numpy as np
import orjson
import pytest

from graph_service.errors import NotFound, Refused
from graph_service.graph import keys
from graph_service.graph.store import Store
from graph_service.identity.jobs import apply_plan, plan_match
from graph_service.identity.run.models import current_model, save_model
from graph_service.review import jobs
from graph_service.review import schemas as say
from tests.ground import asked
from tests.identity.test_live import known
from tests.matching.people import draw

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]
ASKED = say.RecalibrateRequest(keep=True)


async def judged(store: Store, tenant: str, count: int) -> None:
    """Pairs of one person and of kin, judged as they are."""
    records, truth, homes = draw(25)
    own = list(zip(records["source"].to_pylist(), records["record_id"].to_pylist(), strict=True))
    one, other = np.triu_indices(records.num_rows, 1)
    rng = np.random.default_rng(2)
    for same in (True, False):
        of_kind = np.flatnonzero((truth[one] == truth[other]) if same else
                                 (truth[one] != truth[other]) & (homes[one] == homes[other]))  # fmt: skip
        for at in rng.permutation(of_kind)[: count // 2]:
            judgement = keys.mint()
            content = {"judgement_id": judgement, "verdict": "same" if same else "different", "records": 2}
            await store.write(
                tenant, "lifecycle.record_judgement", judgement=judgement, content=content,
                left=[own[one[at]]], right=[own[other[at]]],
            )  # fmt: skip


async def test_judgements_make_a_model_that_is_used_when_adopted(store: Store, tenant: str) -> None:
    await known(store, tenant, draw(25)[0])
    with pytest.raises(Refused, match="too few"):
        await jobs.recalibrated(store, tenant, ASKED)
    held = await current_model(store, tenant)
    assert held is not None
    off = await save_model(store, tenant, replace(held.model, prior=held.model.prior * 2.0**-12))
    await judged(store, tenant, 60)
    tried = await jobs.recalibrated(store, tenant, say.RecalibrateRequest(keep=False))
    assert (tried.model_id, tried.better) == (None, True)
    found = await jobs.recalibrated(store, tenant, ASKED)
    assert (found.derived_from, found.judgements, found.same) == (off, 60, 30)
    assert found.after < found.before
    assert found.intercept > 0
    kept = await asked(
        store, tenant, "MATCH (m:Model {tenant: $t, model_id: $own}) RETURN m.current AS current, m.measured AS said",
        own=found.model_id,
    )  # fmt: skip
    assert not kept[0]["current"]
    assert orjson.loads(kept[0]["said"])["after"] == found.after
    in_use = await current_model(store, tenant)
    assert in_use is not None
    assert in_use.model_id == off  # never silently
    plan = await plan_match(store, tenant, model_id=found.model_id)
    assert plan.model is not None
    report = await apply_plan(store, tenant, plan)
    now = await current_model(store, tenant)
    assert now is not None
    assert now.model_id == report.model_id != off
    assert now.model.card["recalibrated"]["after"] == found.after
    assert found.model_id is not None
    await jobs.adopt(store, tenant, found.model_id)
    adopted = await current_model(store, tenant)
    assert adopted is not None
    assert adopted.model_id == found.model_id
    with pytest.raises(NotFound):
        await jobs.adopt(store, tenant, "nobody's")
    with pytest.raises(NotFound):
        await plan_match(store, tenant, model_id="nobody's")
