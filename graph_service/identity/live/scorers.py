"""A tenant's model made ready to score, kept in this process for as long as it is the one in use."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from weakref import WeakKeyDictionary

from graph_service.graph.store import Store
from graph_service.identity.run.models import current_model, forget, model_in_use
from matching import Scorer, prior_model

MOST_KEPT = 8
_KEPT: "OrderedDict[str, Scorer]" = OrderedDict()
_TURNS: WeakKeyDictionary[Store, dict[str, asyncio.Lock]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class InUse:
    """The scorer of a tenant, and the id of its model; without a trained one, the packaged prior model's.

    `blocks`: by which of the model's rules rows are put into blocks; None until that was chosen.
    """

    scorer: Scorer
    model_id: str | None
    blocks: Sequence[str] | None = None


async def scorer_in_use(store: Store, tenant: str) -> InUse:
    """What decides about this tenant's rows now?"""
    row = await model_in_use(store, tenant)
    if row is None:
        return await asyncio.to_thread(_prior)
    model_id = row["model_id"]
    while model_id not in _KEPT:
        turn = _TURNS.setdefault(store, {}).setdefault(model_id, asyncio.Lock())
        async with turn:  # a model of a million rows takes seconds to make ready: whoever else asks waits for it
            kept = model_id in _KEPT or await _keep(store, tenant, model_id)
        _TURNS[store].pop(model_id, None)
        if not kept:
            forget(store, tenant)  # a model was trained between the two questions
            return await scorer_in_use(store, tenant)
    _KEPT.move_to_end(model_id)
    return InUse(_KEPT[model_id], model_id, row["blocks"])


async def _keep(store: Store, tenant: str, model_id: str) -> bool:
    """Make a model ready and keep it; False where another is in use by now."""
    held = await current_model(store, tenant)
    if held is None or held.model_id != model_id:
        return False
    _KEPT[model_id] = await asyncio.to_thread(Scorer, held.model)
    while len(_KEPT) > MOST_KEPT:
        _KEPT.popitem(last=False)
    return True


@cache
def _prior() -> InUse:
    model = prior_model()
    return InUse(Scorer(model), None, tuple(model.card["blocks"]))
