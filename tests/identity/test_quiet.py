"""Work that nobody waits for leaves the cores to callers that are on their way, within reason."""

from contextlib import ExitStack
from types import SimpleNamespace

import pytest

from graph_service.identity.waiting import quiet
from graph_service.identity.waiting.quiet import LOOK_SECONDS, QUIET_SECONDS, Quiet

PATIENCE = 10.0


async def waited(monkeypatch: pytest.MonkeyPatch, *, until: float, unseen: bool = False) -> float:
    """How long, by a clock of our own, work waits where a batch is read until that moment, here or somewhere else."""
    now, batch = [100.0], ExitStack()

    async def sleep(seconds: float) -> None:
        now[0] += seconds
        if now[0] - 100.0 >= until:
            batch.close()

    monkeypatch.setattr(quiet, "time", SimpleNamespace(monotonic=lambda: now[0]))
    monkeypatch.setattr(quiet, "asyncio", SimpleNamespace(sleep=sleep))
    calm = Quiet(PATIENCE, lambda: unseen and now[0] - 100.0 < until)
    if until and not unseen:
        batch.enter_context(calm.broken())
    await calm.comes()
    return now[0] - 100.0


async def test_nothing_is_waited_for_where_no_batch_came(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waited(monkeypatch, until=0.0) == 0.0


@pytest.mark.parametrize("unseen", [False, True])
async def test_work_begins_a_moment_after_the_last_batch(monkeypatch: pytest.MonkeyPatch, unseen: bool) -> None:
    after = await waited(monkeypatch, until=2.0, unseen=unseen) - 2.0
    assert QUIET_SECONDS < after < QUIET_SECONDS + 3 * LOOK_SECONDS


async def test_batches_hold_it_up_no_longer_than_there_is_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    assert await waited(monkeypatch, until=1000.0) == pytest.approx(PATIENCE, abs=2 * LOOK_SECONDS)
