"""Judgements make a better model, if held-out ones say that it is better; it is used once somebody adopts it."""

import asyncio
from itertools import islice, product

import numpy as np
import orjson

from graph_service import logs
from graph_service.errors import Refused
from graph_service.graph.store import Row, Store
from graph_service.identity.live.judged import Held, Key
from graph_service.identity.live.scorers import scorer_in_use
from graph_service.identity.live.surroundings import Known
from graph_service.identity.run.models import keep_model, use_model
from graph_service.identity.run.reading import table_of
from graph_service.review import schemas as say
from matching import Judged, Recalibrated, Scorer, TooFew, importance, recalibrate

PAIRS_OF_ONE = 25  # of one judgement: that of two large persons is no more than one
READ_AT_ONCE = 500
log = logs.get("review")


async def recalibrated(store: Store, tenant: str, request: say.RecalibrateRequest) -> say.Recalibration:
    """What do the standing judgements say about the weights of the model in use?

    Where held-out judgements are told better, the new model is kept, with what it was measured at; nothing uses it
    until it is adopted. Pairs count by how common pairs of their weight are among all that the graph keeps, because
    reviewers are asked about the doubtful ones. Raises Refused where there are too few judgements.
    """
    in_use = await scorer_in_use(store, tenant)
    verdicts = await _verdicts(store, tenant)
    rows = await _rows(store, tenant, {key for pair in verdicts for key in pair})
    known = [(pair, said) for pair, said in verdicts.items() if pair[0] in rows and pair[1] in rows]
    links = await table_of(store, tenant, "identity.row_matches")
    population = np.asarray(links["weight"], dtype=np.float64)
    try:
        found = await asyncio.to_thread(_asked, in_use.scorer, known, rows, population)
    except TooFew as error:
        raise Refused(f"{error}.") from error
    model_id = None
    if found.model is not None and request.keep:
        said: Row = {"derived_from": in_use.model_id, "measured": orjson.dumps(found.measured).decode()}
        said |= {"blocks": list(in_use.blocks)} if in_use.blocks is not None and in_use.model_id else {}
        model_id = await keep_model(store, tenant, found.model, said)
    log.info("recalibrated", tenant=tenant, model=model_id, judgements=found.judgements, better=found.better)
    return say.Recalibration(model_id=model_id, derived_from=in_use.model_id, better=found.better, **found.measured)


async def adopt(store: Store, tenant: str, model_id: str) -> say.Adopted:
    """Use a kept model from now on, for rows that arrive and for match runs. Raises NotFound."""
    await use_model(store, tenant, model_id)
    log.info("model_adopted", tenant=tenant, model=model_id)
    return say.Adopted(model_id=model_id)


Pair = tuple[Key, Key]
Verdict = tuple[bool, int]


async def _verdicts(store: Store, tenant: str) -> dict[Pair, Verdict]:
    """What was judged of each pair of rows, and by which judgement (a number); where two speak of it, the later."""
    names = [param.name for param in store.library["lifecycle.judgements_standing"].returns]
    found: dict[Pair, Verdict] = {}
    number = 0
    async for page in store.stream(tenant, "lifecycle.judgements_standing"):
        for held in (Held.of(dict(zip(names, row, strict=True))) for row in page):
            for one, other in islice(product(sorted(held.left), sorted(held.right)), PAIRS_OF_ONE):
                found[min(one, other), max(one, other)] = (held.same, number)
            number += 1
    return found


async def _rows(store: Store, tenant: str, wanted: set[Key]) -> dict[Key, Row]:
    every, found = sorted(wanted), {}
    for start in range(0, len(every), READ_AT_ONCE):
        some = every[start : start + READ_AT_ONCE]
        for row in await store.read(tenant, "identity.rows_of_records", records=some):
            known = Known.of(row)
            found[known.key] = dict(known.fields)
    return found


def _asked(
    scorer: Scorer, known: list[tuple[Pair, Verdict]], rows: dict[Key, Row], population: np.ndarray
) -> Recalibrated:
    place = {key: at for at, key in enumerate(rows)}
    left, right = (np.array([place[pair[side]] for pair, _ in known], np.int64) for side in (0, 1))
    records = list(rows.values())
    weights = scorer.score(records, left, right).matches.weight
    judged = Judged(
        records, left, right, np.array([same for _, (same, _) in known], np.bool_),
        np.array([number for _, (_, number) in known], np.int64), importance(weights, population),
    )  # fmt: skip
    return recalibrate(scorer.model, judged)
