"""Batch work of the journeys: event files taken in, and the history of identities followed."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from graph_service import logs, moments
from graph_service.errors import BadInput
from graph_service.graph.store import Row, Store
from graph_service.identity.live.feed import changes_after
from graph_service.identity.live.news import News
from graph_service.journeys.chain.arrivals import Arrival, Reader, Unfit
from graph_service.journeys.chain.mapping import EventMapping, Skipped
from graph_service.journeys.chain.threader import ROOM, Threader
from graph_service.journeys.schemas import CatchUpReport, EventsReport
from graph_service.journeys.service import followed, reader_of
from graph_service.records import model as records
from matching import MatchingError, RawBatch, read_source

Progress = Callable[[str, int], None]
log = logs.get("journeys")
BATCH = 20_000  # rows read at once
CHUNK = 1_000  # events a transaction
TOGETHER = 50  # households bound anew in a transaction
CHANGES = 200  # changes read at once
ASKED = 500  # persons, households or identifiers asked about at once


async def ingest_events(
    store: Store,
    tenant: str,
    source: str,
    *,
    files: Sequence[Path],
    mapping: EventMapping,
    progress: Progress | None = None,
) -> EventsReport:
    """Take event files in: the same again changes nothing, rows that are no events are set aside with their reason.

    Raises BadInput when a file cannot be read at all; what was taken in before stays, and the same again completes it.
    """
    began = time.monotonic()
    report = EventsReport(source=source, mapping=mapping.text)
    threader, reader = Threader(store), await reader_of(store, tenant)
    try:
        for path in files:
            for raw in read_source(path, BATCH):
                report.notices += [notice for notice in raw.notices if notice not in report.notices]
                rows = _Rows(source, mapping, reader, path.name, raw)
                await _take(threader, tenant, rows, report=report, progress=progress)
    except MatchingError as error:
        raise BadInput(str(error)) from error
    report.seconds = round(time.monotonic() - began, 3)
    log.info("events_ingested", tenant=tenant, source=source, read=report.read, accepted=report.accepted)
    return report


class _Rows:
    """The rows of one batch of a file as events, and those that are none."""

    def __init__(self, source: str, mapping: EventMapping, reader: Reader, *place: Any) -> None:
        self.source, self.mapping, self.reader = source, mapping, reader
        self.file, self.raw = place
        self.aside: list[Row] = [self._aside(row.row_number, row.reason, row.raw) for row in self.raw.bad]
        self.skipped = 0

    def events(self) -> Iterator[Arrival]:
        """The rows that are events; the others are in `aside`, or counted as skipped."""
        raw: RawBatch = self.raw
        for number, row in zip(raw.row_numbers, raw.table.to_pylist(), strict=True):
            try:
                read = self.reader.read(self.mapping.event(row, self.source))
            except Skipped:
                self.skipped += 1
                continue
            except BadInput as error:
                read = Unfit(error.message)
            if isinstance(read, Arrival):
                yield read
            else:
                self.aside.append(self._aside(int(number), read.reason, ""))

    def _aside(self, number: int, reason: str, content: str) -> Row:
        return records.set_aside(
            source=self.source, place=f"{self.file}:{number}", reason=reason, stage="ingest", content=content
        )


async def _take(
    threader: Threader, tenant: str, rows: _Rows, *, report: EventsReport, progress: Progress | None
) -> None:
    events = rows.events()
    while some := list(islice(events, CHUNK)):
        for fate in await threader.take(tenant, some):
            setattr(report, fate.status, getattr(report, fate.status) + 1)
        report.read += len(some)
        if progress:
            progress(rows.file, report.read)
    report.read += len(rows.aside) + rows.skipped
    report.quarantined += len(rows.aside)
    report.skipped += rows.skipped
    await threader.store.write_many(tenant, "records.quarantine_rows", rows.aside)


async def catch_up(
    store: Store, tenant: str, *, everything: bool = False, threader: Threader | None = None
) -> CatchUpReport:
    """Follow what happened to persons, households, homes and storms: bind the events concerned anew.

    After a match run, and with `everything`, all events are looked at; else those of the changes since the last time,
    and those of strangers who are known by now.
    Idempotent: cut off, the next one completes it.
    """
    threader, report = threader or Threader(store), CatchUpReport()
    before = await followed(store, tenant)
    latest = await store.read_one(tenant, "journeys.latest_match")
    run_id = latest["run_id"] if latest else None
    position = int(before.position or 0)
    if everything or run_id != before.run_id:
        position = await _last_change(store, tenant, position, report)
        await threader.settled(tenant)
        rows = [row async for rows in store.stream(tenant, "journeys.households_with_events") for row in rows]
        await _rebind(threader, tenant, (row[0] for row in rows), report)
    else:
        position = await follow_changes(threader, tenant, position, report)
        await follow_strangers(threader, tenant, report)
    report.add(await rethread(threader, tenant))
    await keep_place(store, tenant, position, run_id=run_id)
    report.followed = await followed(store, tenant)
    log.info("caught_up", tenant=tenant, households=report.households, moved=report.moved)
    return report


async def follow_match(store: Store, tenant: str) -> CatchUpReport | None:
    """Catch up after a match run; None where the tenant has never sent an event, so that nothing follows."""
    known = await store.read_one(tenant, "journeys.turn", own=ROOM)
    return await catch_up(store, tenant) if known else None


async def _last_change(store: Store, tenant: str, position: int, report: CatchUpReport) -> int:
    """The place of the last change there is: a look at all events needs none of them."""
    more = True
    while more:
        told = await changes_after(store, tenant, position, limit=CHANGES)
        position, more = told.last, told.more
        report.changes += len(told.changes)
    return position


async def keep_place(store: Store, tenant: str, position: int, **content: str | None) -> None:
    """Remember how far the journeys have followed."""
    content |= {"position": str(position), "followed_at": moments.now()}
    await store.write(tenant, "journeys.follow", own=ROOM, room=ROOM, content=content)


async def follow_changes(threader: Threader, tenant: str, position: int, report: CatchUpReport) -> int:
    """Bind anew what each change since a place concerns; the place that was reached."""
    more = True
    while more:
        told = await changes_after(threader.store, tenant, position, limit=CHANGES)
        concerned: dict[str, set[str]] = {"person": set(), "household": set()}
        for change in told.changes:
            noun = (change["kind"] or "").partition("_")[0]
            concerned.get(noun, set()).update([change["subject"], *(change["others"] or [])])
        await follow_news(threader, tenant, News(concerned["person"], concerned["household"]), report)
        report.changes += len(told.changes)
        position, more = told.last, told.more
    return position


async def follow_news(threader: Threader, tenant: str, news: News, report: CatchUpReport) -> None:
    """Bind anew the events that news concerns, those that were being taken in when it was told included."""
    if news:
        await threader.settled(tenant)
        found = await _around(threader.store, tenant, news)
        await _rebind(threader, tenant, sorted(found), report)


async def follow_strangers(threader: Threader, tenant: str, report: CatchUpReport) -> None:
    """Bind anew the events of strangers of whom an identifier is known by now: a look at all strangers."""
    await threader.settled(tenant)
    strangers = [row async for rows in threader.store.stream(tenant, "journeys.strangers_known") for row in rows]
    await _rebind(threader, tenant, (row[0] for row in strangers), report)


async def _around(store: Store, tenant: str, news: News) -> set[str]:
    """The households that have events, are these, or whose events carried what leads to these persons and members."""

    async def asked(name: str, noun: str, owns: Iterable[Any], answer: str = "household_id") -> set[str]:
        return {
            row[answer]
            for some in _pages(sorted(owns))
            for row in await store.read(tenant, name, **{noun: some})
        }  # fmt: skip

    persons = news.persons | await asked("journeys.members", "households", news.households, "person_id")
    found = await asked("journeys.those_with_events", "households", news.households)
    found |= await asked("journeys.households_of_persons", "persons", persons)
    return found | await asked("context.households_of_events_carrying", "identifiers", news.identifiers)


def _pages(owns: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (owns[start : start + ASKED] for start in range(0, len(owns), ASKED))


async def rethread(threader: Threader, tenant: str, most: int | None = None) -> CatchUpReport:
    """Bind anew the households that wait because their homes or storms changed: all, or about so many."""
    report = CatchUpReport()
    while most is None or report.households < most:
        rows = await threader.store.read(tenant, "journeys.unthreaded", limit=TOGETHER)
        if not rows:
            break
        await _rebind(threader, tenant, [row["household_id"] for row in rows], report)
        done = [{"household": row["household_id"], "since": row["since"]} for row in rows]
        await threader.store.write(tenant, "journeys.mark_threaded", rows=done)
    return report


async def _rebind(threader: Threader, tenant: str, households: Iterable[str], report: CatchUpReport) -> None:
    waiting = iter(households)
    while some := list(islice(waiting, TOGETHER)):
        report.moved += await threader.rebind(tenant, some)
        report.households += len(some)
