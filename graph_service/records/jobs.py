"""Ingest: files of one source become records and identifiers in the graph, and nothing of them is lost."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa

from graph_service import logs, moments
from graph_service.errors import BadInput, Conflict
from graph_service.graph import keys
from graph_service.graph.ahead import InTurn, Turn, ahead
from graph_service.graph.store import Prepared, Row, Store, Work
from graph_service.records import model
from graph_service.records.schemas import IngestReport, IngestRequest
from graph_service.records.service import Graveyard, graveyard
from matching import Mapping, MatchingError, RawBatch, Standardised, guess_mapping, read_source, standardise

Progress = Callable[[str, int], None]
log = logs.get("records")
BATCH = 50_000  # rows standardised together
CHUNK = 2_500  # rows a transaction
AHEAD = BATCH // CHUNK  # transactions made ready while earlier ones are written: the next batch is among them


@dataclass(slots=True)
class _Batch:
    """One batch of a file, standardised."""

    path: Path
    raw: RawBatch
    standard: Standardised


@dataclass(slots=True)
class _Chunk:
    """The rows of one transaction as the graph keeps them.

    batch: that which begins with them, if one does; create: how they are written if none of them is there.
    """

    path: Path
    batch: _Batch | None
    rows: list[Row]
    create: Prepared | None


@dataclass(slots=True)
class _Plan:
    """How this ingest reads its source; the mapping is found with the first batch.

    first: the source was never seen before, so that its rows need not be looked up (None: not known yet, `registered`
    tells); seen: their ids so far; left: rows of the source that were erased are there, of an ingest that was cut off.
    """

    request: IngestRequest
    mapping: Mapping | None
    region: str
    workers: int
    fields: dict[str, str] = field(default_factory=dict)
    guessed: bool = False
    ingest_id: str = field(default_factory=keys.mint)
    first: bool | None = None
    registered: bool = False
    seen: set[str] = field(default_factory=set)
    graves: Graveyard | None = None
    left: bool = False

    def read(self, prepare: Callable[[list[Row]], Prepared]) -> Iterator[_Chunk]:
        """What is to be written, a transaction at a time; runs in a thread."""
        for path in self.request.files:
            for raw in read_source(path, BATCH):
                if raw.table.num_rows or raw.bad:
                    yield from self._chunks(_Batch(path, raw, self._standard(raw.table)), prepare)

    def parted(self, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        """The rows that cannot be in the graph, and those that may be."""
        if not self.first:
            return [], rows
        known = [row for row in rows if row["record"][1] in self.seen]
        fresh = [row for row in rows if row["record"][1] not in self.seen] if known else rows
        self.seen.update(row["record"][1] for row in fresh)
        return fresh, known

    def _chunks(self, batch: _Batch, prepare: Callable[[list[Row]], Prepared]) -> Iterator[_Chunk]:
        scope = self.mapping.scope if self.mapping else None
        records = batch.standard.records
        for start in range(0, max(records.num_rows, 1), CHUNK):
            rows = list(model.contents(records.slice(start, CHUNK), scope))
            create = prepare(rows) if rows and self.first is not False else None
            yield _Chunk(batch.path, None if start else batch, rows, create)

    def _standard(self, table: pa.Table) -> Standardised:
        if self.mapping is None:
            self.mapping, self.guessed = guess_mapping(table), True
        return standardise(table, self.mapping, source=self.request.source, workers=self.workers, region=self.region)


async def ingest(
    store: Store, tenant: str, request: IngestRequest, *, progress: Progress | None = None
) -> IngestReport:
    """Take files in. Rows we have in this content already change nothing; bad rows are set aside with their reason.

    Raises BadInput when a file cannot be read at all or its mapping does not fit; what was taken in before stays, and
    the same ingest again completes it.
    """
    began = time.monotonic()
    known = {row["source"]: row for row in await store.read(tenant, "records.sources")}
    plan = _Plan(request, request.mapping, store.settings.phone_region, store.settings.workers, fields={})
    if request.source in known:
        plan.fields = orjson.loads(known[request.source]["fields"])
        plan.mapping = plan.mapping or Mapping.from_toml(known[request.source]["mapping"])
        plan.first = False
    report = IngestReport(source=request.source)
    try:
        async with InTurn() as writes, aclosing(ahead(plan.read(partial(_creation, store, tenant)), AHEAD)) as chunks:
            async for chunk in chunks:
                await _take(store, tenant, plan, chunk=chunk, report=report, writes=writes)
                if progress:
                    progress(chunk.path.name, report.read)
    except MatchingError as error:
        raise BadInput(str(error)) from error
    await _register(store, tenant, plan)
    report.withdrawn = await _withdrawn(store, tenant, plan)
    report.seconds = round(time.monotonic() - began, 3)
    report.mapping = plan.mapping.to_toml() if plan.mapping else ""
    report.guessed = plan.guessed
    log.info("ingested", tenant=tenant, source=request.source, read=report.read, new=report.new)
    return report


async def _take(store: Store, tenant: str, plan: _Plan, *, chunk: _Chunk, report: IngestReport, writes: InTurn) -> None:
    """Write the rows of one transaction, and what is to be said of the batch that begins with them.

    Rows that cannot be there are on their way when this returns; others are looked for, when all before them are in.
    """
    if chunk.batch:
        await _begin(store, tenant, plan, batch=chunk.batch, report=report)
    plan.graves = plan.graves or await graveyard(store, tenant)
    rows = plan.graves.spared(chunk.rows)
    if len(rows) < len(chunk.rows):
        report.erased += len(chunk.rows) - len(rows)
        buried = sorted({row["record"] for row in chunk.rows} - {row["record"] for row in rows})
        plan.left = plan.left or bool(await store.read(tenant, "records.known_rows", records=buried))
    fresh, known = plan.parted(rows)
    if known:
        await writes.done()
        await _compare(store, tenant, known, report)
    if fresh:
        if chunk.create is None or len(fresh) < len(chunk.rows):
            chunk = replace(chunk, rows=fresh, create=_creation(store, tenant, fresh))
        await writes.follow(_create(store, tenant, plan, chunk=chunk, report=report, turn=writes.turn))


async def _withdrawn(store: Store, tenant: str, plan: _Plan) -> int:
    """How many rows were taken out again, because they were erased while they came in?"""
    if plan.graves is None:  # there was no row
        return 0
    now = await graveyard(store, tenant)
    wrong = now if plan.left else now.since(plan.graves)
    return await _withdraw(store, tenant, wrong) if wrong.seals else 0


async def _withdraw(store: Store, tenant: str, graves: Graveyard) -> int:
    """Take out again every row that came in although it was erased, with what only such rows carry; how many went.

    What is there of an erased row came after the erasure, which would have found it otherwise.
    """
    gone = 0
    async for page in store.stream(tenant, "records.rows_carrying"):
        rows = [row for row in map(_kept, page) if graves.holds(row)]
        if rows:
            await store.work(tenant, partial(_without, rows))
        gone += len(rows)
    return gone


async def _without(rows: Sequence[Row], work: Work) -> None:
    carried = {(link["kind"], link["scope"], link["value"]) for row in rows for link in row["carried"]}
    await work.run("privacy.erase_rows", records=[row["record"] for row in rows])
    await work.run("privacy.erase_identifiers", identifiers=sorted(carried))


def _kept(found: Sequence[Any]) -> Row:
    """What the graph keeps of a row, as far as seals are made of it."""
    record, carried = found
    _, source, record_id = keys.parts(record)
    links = [dict(zip(("kind", "scope", "value"), keys.parts(one)[1:], strict=True)) for one in carried]
    return {"record": (source, record_id), "carried": links}


async def _begin(store: Store, tenant: str, plan: _Plan, *, batch: _Batch, report: IngestReport) -> None:
    """Count what became of a batch's rows, and set aside those that none can use."""
    standard, raw = batch.standard, batch.raw
    declared = plan.request.mapping.extras if plan.request.mapping else {}
    plan.fields = model.merged_fields(plan.fields, standard.fields, declared)
    report.notices += [notice for notice in raw.notices if notice not in report.notices]
    aside = _rejected(plan.request.source, batch)
    report.read += raw.table.num_rows + len(raw.bad)
    report.quarantined += len(aside)
    report.replaced += standard.repeated + standard.superseded
    if not plan.registered:
        first = await _register(store, tenant, plan)
        plan.first, plan.registered = first and plan.first is not False, True
    await store.write_many(tenant, "records.quarantine_rows", aside)


async def _create(store: Store, tenant: str, plan: _Plan, *, chunk: _Chunk, report: IngestReport, turn: Turn) -> None:
    """Write rows that cannot be there, when it is their turn."""
    assert chunk.create is not None
    try:
        await store.write_prepared(chunk.create, turn)
    except Conflict:
        plan.first = False  # somebody else brings rows of this source too: from now on we look before we write
        await _compare(store, tenant, chunk.rows, report)
    else:
        report.new += len(chunk.rows)
        report.identifiers += sum(len(row["carried"]) for row in chunk.rows)


async def _compare(store: Store, tenant: str, rows: list[Row], report: IngestReport) -> None:
    """Write those of these rows that are new or changed, with their identifiers, in one transaction."""
    fresh, changed = await _sorted(store, tenant, rows)
    if fresh or changed:
        await store.work(tenant, partial(_put, fresh=fresh, changed=changed))
    report.new += len(fresh)
    report.changed += len(changed)
    report.unchanged += len(rows) - len(fresh) - len(changed)
    report.identifiers += sum(len(row["carried"]) for row in (*fresh, *changed))


async def _put(work: Work, *, fresh: list[Row], changed: list[Row]) -> None:
    taken = moments.now()
    if changed:
        await work.run("records.drop_identifiers", records=[row["record"] for row in changed])
    rows = [*changed, *fresh]  # another ingest may have brought what is fresh to us meanwhile: these are merged
    await work.run("records.record_rows", rows=[_node(row, taken) for row in rows])
    await work.run("records.record_identifiers", rows=model.links(rows))


def _creation(store: Store, tenant: str, rows: list[Row]) -> Prepared:
    """How rows are written of which none is there."""
    taken = moments.now()
    created = [{**_node(row, taken), "carried": row["carried"]} for row in rows]
    return store.prepared(tenant, "records.create_rows", rows=created)


async def _sorted(store: Store, tenant: str, rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """The rows that are new, and those whose content changed."""
    held = await store.read(tenant, "records.known_rows", records=[row["record"] for row in rows])
    known = {row["key"]: row["content_hash"] for row in held}
    fresh, changed = [], []
    for row in rows:
        before = known.get(keys.compose(tenant, row["record"]))
        if before is None:
            fresh.append(row)
        elif before != row["content_hash"]:
            changed.append(row)
    return fresh, changed


def _node(row: Row, taken: str) -> Row:
    return {
        "record": row["record"],
        "content": row["content"],
        "content_hash": row["content_hash"],
        "ingested_at": taken,
    }


def _rejected(source: str, batch: _Batch) -> list[Row]:
    name = batch.path.name
    bad = [
        model.set_aside(source=source, place=f"{name}:{row.row_number}", reason=row.reason, stage="ingest",
                        content=row.raw)
        for row in batch.raw.bad
    ]  # fmt: skip
    numbers = batch.raw.row_numbers
    refused = []
    for who, reason in batch.standard.rejects:
        place = f"{name}:{numbers[who - 1]}" if isinstance(who, int) else f"{name} record {who}"
        refused.append(model.set_aside(source=source, place=place, reason=reason, stage="ingest", content=""))
    return bad + refused


async def _register(store: Store, tenant: str, plan: _Plan) -> bool:
    """Remember the source; says whether nobody had registered it before this ingest."""
    found = await store.write(
        tenant,
        "records.register_source",
        source=plan.request.source,
        name=plan.request.source,
        mapping=plan.mapping.to_toml() if plan.mapping else "",
        fields=orjson.dumps(plan.fields, option=orjson.OPT_SORT_KEYS).decode(),
        ingest=plan.ingest_id,
        now=moments.now(),
    )
    return bool(found[0]["first"])
