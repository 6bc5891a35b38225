"""The one in this process who has journeys follow what happens to persons and households, beside the requests."""

import contextlib
import time
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass

from graph_service import logs
from graph_service.errors import NotFound
from graph_service.graph.store import Row, Store
from graph_service.identity.live.feed import FEED
from graph_service.identity.live.news import News
from graph_service.identity.waiting.quiet import Quiet
from graph_service.identity.waiting.rounds import Rounds, beside
from graph_service.journeys import jobs
from graph_service.journeys.chain.threader import ROOM, Threader
from graph_service.journeys.schemas import CatchUpReport
from graph_service.tenants import service as tenants

STRANGERS_SECONDS = 3600.0  # between two looks at all strangers of a tenant
RUN_SECONDS = 600.0  # after which a match run that nobody followed is followed here: its own command does it at once
PATIENCE = 2.0  # seconds that callers may hold following up
log = logs.get("journeys")


@dataclass(frozen=True, slots=True)
class _Unfollowed:
    """A match run that the journeys have not taken in, and since when we know."""

    run_id: str
    since: float


class Follower(Rounds):
    """Hears whose identity changed, and binds the events concerned anew soon after.

    Changes are in the graph's feed, so nothing of them is lost with this process. What is news and no Change (a
    newcomer, a value that a row lost) is held in memory; strangers who became known unheard are looked for hourly.
    """

    def __init__(self, store: Store, threader: Threader, busy: Callable[[], bool] = lambda: False) -> None:
        super().__init__(Quiet(PATIENCE, lambda: threader.taking > 0 or busy()))
        self._store, self._threader = store, threader
        self._heard: dict[str, News] = {}
        self._in_hand: set[str] = set()
        self._strangers_at: dict[str, float] = {}
        self._unfollowed: dict[str, _Unfollowed] = {}

    @property
    def waiting(self) -> int:
        """How many tenants' identities changed, as far as this process knows, with journeys that may not follow yet."""
        return len(self._heard.keys() | self._in_hand)

    def wake(self, tenant: str, news: News | None = None) -> None:
        """Follow this tenant soon: its identities changed, or its households wait for their journeys."""
        held = self._heard.setdefault(tenant, News())
        if news:
            held.add(news)
        self._quiet.heard()
        self._wake.set()

    def _tenants(self) -> Collection[str]:
        return self._heard.keys()

    async def _one(self, tenant: str) -> None:
        """Follow one tenant; what was heard is kept until it is done."""
        news = self._heard.pop(tenant)
        self._in_hand.add(tenant)
        try:
            await self._follow(tenant, news)
        except NotFound:  # the tenant is gone
            log.info("nobody_to_follow", tenant=tenant)
        except Exception:
            self._heard.setdefault(tenant, News()).add(news)
            raise
        finally:
            self._in_hand.discard(tenant)

    async def _follow(self, tenant: str, news: News) -> None:
        behind = await self._behind(tenant)
        if behind is None:
            return
        if (await tenants.require(self._store, tenant)).arriving:
            self._strangers_at.pop(tenant, None)  # once it is there, the next sweep finds all that it is behind
            return
        if self._run_is_due(tenant):
            await jobs.catch_up(self._store, tenant, threader=self._threader)  # looks at everything
            self._unfollowed.pop(tenant, None)
            return
        report = CatchUpReport()
        position = await jobs.follow_changes(self._threader, tenant, int(behind["position"] or 0), report)
        await jobs.follow_news(self._threader, tenant, news, report)
        if self._strangers_are_due(tenant):
            await jobs.follow_strangers(self._threader, tenant, report)
            self._strangers_at[tenant] = time.monotonic()
        report.add(await jobs.rethread(self._threader, tenant))
        await jobs.keep_place(self._store, tenant, position)
        log.info("followed", tenant=tenant, changes=report.changes, households=report.households, moved=report.moved)

    async def _sweep(self) -> None:
        """Look which tenants changed unheard: by commands, by other processes, or before this one began."""
        for tenant in await tenants.listed(self._store):
            with contextlib.suppress(NotFound):
                if tenant.arriving is None and await self._is_behind(tenant.tenant):
                    self._heard.setdefault(tenant.tenant, News())

    async def _is_behind(self, tenant: str) -> bool:
        row = await self._behind(tenant)
        if row is None:
            self._strangers_at[tenant] = time.monotonic()  # there are none: who becomes known from now on is heard
            return False
        latest = await self._store.read_one(tenant, "journeys.latest_match")
        self._note_run(tenant, latest["run_id"] if latest else None, row["run_id"])
        unheard = row["unplaced"] or int(row["position"] or 0) < (row["last"] or 0)
        return unheard or row["waiting"] or self._strangers_are_due(tenant) or self._run_is_due(tenant)

    async def _behind(self, tenant: str) -> Row | None:
        """How far the journeys are behind; None where nobody ever sent an event."""
        return await self._store.read_one(tenant, "journeys.behind", own=ROOM, feed=FEED)

    def _note_run(self, tenant: str, latest: str | None, followed: str | None) -> None:
        known = self._unfollowed.get(tenant)
        if latest is None or latest == followed:
            self._unfollowed.pop(tenant, None)
        elif known is None or known.run_id != latest:
            self._unfollowed[tenant] = _Unfollowed(latest, time.monotonic())

    def _run_is_due(self, tenant: str) -> bool:
        run = self._unfollowed.get(tenant)
        return run is not None and time.monotonic() - run.since > RUN_SECONDS

    def _strangers_are_due(self, tenant: str) -> bool:
        return time.monotonic() - self._strangers_at.get(tenant, float("-inf")) > STRANGERS_SECONDS


@asynccontextmanager
async def following(
    store: Store, threader: Threader, busy: Callable[[], bool] = lambda: False
) -> AsyncIterator[Follower]:
    """A follower beside what the caller does, who hears of every unit of work of this store. busy: others go first."""
    follower = Follower(store, threader, busy)
    store.hear = follower.wake
    try:
        async with beside(follower):
            yield follower
    finally:
        store.hear = None
