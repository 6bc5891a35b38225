"""An analyst's statement: whether it may be asked, when it is its turn, and what comes of it."""

import fcntl
import os
from collections.abc import Callable
from functools import partial
from typing import Any

from graph_service import moments
from graph_service.analysts import model
from graph_service.analysts.schemas import CypherAnswer, CypherRequest
from graph_service.errors import Refused, ServiceError
from graph_service.graph.asking import Question, Rows, ask
from graph_service.graph.keys import check_tenant
from graph_service.graph.store import Store
from graph_service.tenants import service as tenants

AT_ONCE = 2  # statements of a tenant


class TooMany(ServiceError):
    """The tenant's statements that may run at once are running; the same request may be taken in a moment."""

    name, status = "too_many_statements", 429


async def run(store: Store, tenant: str, request: CypherRequest, *, personal: bool) -> CypherAnswer:
    """The rows of an analyst's own statement on the tenant's graph; without `personal`, nothing personal.

    Raises BadInput, Forbidden, Refused where tenants share a database, TooMany, TookTooLong.
    """
    statement = model.accept(request.statement, request.params, personal=personal)
    await _require_own_graph(store, tenant)
    asker, free = _turn(store, tenant)
    question = Question(
        statement.text,
        request.params,
        seconds=store.settings.read_seconds,
        rows=request.limit,
        hide=(lambda _: False) if personal else model.hidden,
        asker=asker,
    )
    rows = await ask(store.engine, tenant, question, ended=free)
    await _require_own_graph(store, tenant)  # a tenant made meanwhile may have been seen
    return _answer(rows)


async def _require_own_graph(store: Store, tenant: str) -> None:
    """A statement sees the whole database, so that must be this tenant's alone."""
    if store.engine.isolation == "database":
        return
    if {one.tenant for one in await tenants.listed(store)} - {tenant}:
        raise Refused(
            "Several tenants share this server's one database, and a statement of your own would see them all. "
            "The library's queries (`GET /v1/queries`) are yours to run."
        )


def _turn(store: Store, tenant: str) -> tuple[int, Callable[[], None]]:
    """A turn among the tenant's statements, and how to give it back; the kernel gives it back if this process ends."""
    folder = store.settings.data_dir / "analysts"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for asker in range(AT_ONCE):
        held = os.open(folder / f"{check_tenant(tenant)}.{asker}", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            continue
        return asker, partial(os.close, held)
    raise TooMany(f"{AT_ONCE} statements of this tenant are running; wait for one to end.", retry_after=1)


def _answer(rows: Rows) -> CypherAnswer:
    named: list[dict[str, Any]] = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    now = moments.now()
    return CypherAnswer(columns=rows.columns, rows=named, truncated=rows.truncated, as_of=now)
