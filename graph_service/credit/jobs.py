"""Runs of credit: several methods one after the other, kept with their settings, fingerprint and model."""

import asyncio
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson

from graph_service import logs, moments
from graph_service.credit import service
from graph_service.credit.schemas import CreditAnswer, Method, Question, RunRequest
from graph_service.errors import ServiceError
from graph_service.graph import keys
from graph_service.graph.store import Store

Progress = Callable[[str, float], None]
log = logs.get("credit")
_under_way: set[asyncio.Task[None]] = set()  # the loop keeps no task alive by itself


async def begin(store: Store, tenant: str, request: RunRequest) -> str:
    """Begin a run beside the requests; returns its id. Raises NotFound for a storm that is not there."""
    run_id, request = await _written_down(store, tenant, request)
    task = asyncio.create_task(_in_the_end(store, tenant, (run_id, request)))
    _under_way.add(task)
    task.add_done_callback(_under_way.discard)
    return run_id


async def compute(store: Store, tenant: str, request: RunRequest, *, progress: Progress | None = None) -> str:
    """Compute a run and wait for it; returns its id. Raises what went wrong, after it was written down."""
    run_id, request = await _written_down(store, tenant, request)
    await _work(store, tenant, (run_id, request), progress or (lambda stage, done: None))
    return run_id


async def _written_down(store: Store, tenant: str, request: RunRequest) -> tuple[str, RunRequest]:
    """The run as it begins; from here on it speaks of one moment."""
    await service.require_storm(store, tenant, request.storm_id)
    now, run_id = datetime.now(UTC), keys.mint()
    asked = request.model_dump(mode="json")
    request = request.model_copy(update={"as_of": request.as_of or now})
    content = {
        "run_id": run_id,
        "state": "running",
        "progress": 0.0,
        "stage": "begin",
        "storm_id": request.storm_id,
        "settings": orjson.dumps(request.model_dump(mode="json")).decode(),
        "started_at": moments.text(now),
        "beat_at": moments.text(now),
    }
    question = hashlib.sha256(orjson.dumps(asked, option=orjson.OPT_SORT_KEYS)).hexdigest()
    await store.write(tenant, "credit.begin_run", run=run_id, question=question, content=content)
    return run_id, request


async def _in_the_end(store: Store, tenant: str, run: tuple[str, RunRequest]) -> None:
    try:
        await _work(store, tenant, run, lambda stage, done: None)
    except Exception as error:  # nobody waits for this task: what went wrong stands in the run
        log.error("credit_run_failed", tenant=tenant, run=run[0], error=type(error).__name__)


async def _work(store: Store, tenant: str, run: tuple[str, RunRequest], tell: Progress) -> None:
    run_id, request = run
    try:
        for number, method in enumerate(dict.fromkeys(request.methods)):
            done = number / len(set(request.methods))
            tell(method, done)
            await _note(store, tenant, run_id, progress=done, stage=method)
            question = Question(**request.model_dump(exclude={"storm_id", "methods", "method"}), method=method)
            beating = asyncio.create_task(_beat(store, tenant, run_id))
            try:
                answer = await service.storm_credit(store, tenant, request.storm_id, question)
            finally:
                beating.cancel()
            await _keep(store, tenant, (run_id, method), answer)
        tell("done", 1.0)
        await _note(store, tenant, run_id, progress=1.0, stage="done", state="done", ended_at=moments.now())
        log.info("credited", tenant=tenant, run=run_id, methods=len(request.methods))
    except BaseException as error:
        message = error.message if isinstance(error, ServiceError) else type(error).__name__
        await _note(store, tenant, run_id, state="failed", message=message, ended_at=moments.now())
        raise


async def _keep(store: Store, tenant: str, name: tuple[str, Method], answer: CreditAnswer) -> None:
    run_id, method = name
    content = {
        "run_id": run_id,
        "method": method,
        "fingerprint": answer.fingerprint,
        "model": orjson.dumps({**answer.settings, "method": answer.method, "estimand": answer.estimand}).decode(),
        "answer": answer.model_dump_json(),
    }
    rows = [{"result": (run_id, method), "content": content}]
    await store.write(tenant, "credit.keep_results", run=run_id, rows=rows)


async def _beat(store: Store, tenant: str, run_id: str) -> None:
    """Say now and then that the run lives, while a method takes long."""
    while True:
        await asyncio.sleep(service.SILENT_SECONDS / 4)
        await _note(store, tenant, run_id)


async def _note(store: Store, tenant: str, run_id: str, **content: Any) -> None:
    await store.write(tenant, "credit.note_run", run=run_id, content={**content, "beat_at": moments.now()})
