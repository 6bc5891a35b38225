"""Deciding on rows that wait leaves the cores to batches that are on their way, within reason."""

import asyncio
from contextlib import ExitStack
from types import SimpleNamespace
from typing import cast

import pytest

from graph_service.graph.store import Store
from graph_service.identity.waiting import backlog
from graph_service.identity.waiting.backlog import LOOK_SECONDS, PATIENCE, QUIET_SECONDS, Backlog


async def waited(monkeypatch: pytest.MonkeyPatch, *, until: float) -> float:
    """How long, by a clock of our own, deciding waits where a batch is read until that moment."""
    now, batch = [100.0], ExitStack()

    async def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] - 100.0 >= until:
            batch.close()

    monkeypatch.setattr(backlog, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(backlog, "asyncio", SimpleNamespace(sleep=sleep, Event=asyncio.Event))
    waiting = Backlog(cast(Store, None))
    if until:
        batch.enter_context(waiting.receiving())
    await waiting._until_quiet()
    return now[0] - 100.0


async def test_nothing_is_waited_for_where_no_batch_came(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waited(monkeypatch, until=0.0) == 0.0


async def test_deciding_begins_a_moment_after_the_last_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    after = await waited(monkeypatch, until=2.0) - 2.0
    assert QUIET_SECONDS < after < QUIET_SECONDS + 3 * LOOK_SECONDS


async def test_batches_hold_it_up_no_longer_than_there_is_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waited(monkeypatch, until=1000.0) == pytest.approx(PATIENCE, abs=2 * LOOK_SECONDS)
