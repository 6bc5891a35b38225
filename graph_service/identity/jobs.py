"""A match run: every record of a tenant read, decided on, and the difference written back; then its history."""

import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph_service import logs
from graph_service.errors import Refused
from graph_service.graph import keys
from graph_service.graph.store import Row, Store
from graph_service.identity.live.blocks import index
from graph_service.identity.live.judged import standing
from graph_service.identity.run import answer, writing
from graph_service.identity.run.inherit import Inheritance, assign_ids
from graph_service.identity.run.models import current_model, save_model
from graph_service.identity.run.reading import Rows, rows_to_match, table_of
from graph_service.identity.schemas import MatchReport
from graph_service.records import model as records
from matching import MatchingError, MatchResult, Means, match

Progress = Callable[[str, float], None]
Seen = Callable[[pa.Table, MatchResult], None]
log = logs.get("identity")


async def match_tenant(
    store: Store, tenant: str, *, retrain: bool = False, progress: Progress | None = None, seen: Seen | None = None
) -> MatchReport:
    """Decide who is who among all records of a tenant, and bring the graph up to date.

    Reuses the tenant's model unless `retrain`. The same run again changes nothing; a run that was cut off is completed
    by the next. `seen` is handed the records and the matcher's whole answer, for charts. Raises Refused when there is
    nothing to match.
    """
    tell = progress or (lambda stage, done: None)
    run = Run(store, tenant, tell)
    await run.begin()
    try:
        return await run.work(retrain=retrain, seen=seen)
    except BaseException as error:
        await run.end("failed", message=type(error).__name__)
        if isinstance(error, MatchingError):  # judgements that contradict each other through a third row
            raise Refused(f"{error}.") from error
        raise


class Run:
    """One match run from its first line in the graph to its last."""

    def __init__(self, store: Store, tenant: str, tell: Progress) -> None:
        self.store, self.tenant, self.tell = store, tenant, tell
        self.run_id, self.started = keys.mint(), records.now()
        self.seconds: dict[str, float] = {}
        self.clock = time.monotonic()

    async def begin(self) -> None:
        """Write down that the run has begun."""
        content = {"run_id": self.run_id, "job": "match", "state": "running", "started_at": self.started}
        await self.store.write(self.tenant, "records.record_run", run=self.run_id, content=content)

    async def end(self, state: str, **content: str) -> None:
        """Write down how it ended."""
        ended = {"state": state, "ended_at": records.now(), **content}
        await self.store.write(self.tenant, "records.record_run", run=self.run_id, content=ended)

    def lap(self, stage: str, done: float) -> None:
        """Note the seconds since the last lap under a stage's name."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self.clock, 3)
        self.clock = now
        self.tell(stage, done)

    async def work(self, *, retrain: bool, seen: Seen | None = None) -> MatchReport:
        """Read, decide, inherit ids, derive, write; in that order."""
        self.tell("read", 0.0)
        rows = await rows_to_match(self.store, self.tenant)
        if not rows.records.num_rows:
            raise Refused("There are no records to match: `stormgraph ingest` takes some in.")
        self.lap("read", 0.1)
        result, model_id = await self._decide(rows, retrain=retrain)
        self.lap("decide", 0.6)
        if seen is not None:
            seen(rows.records, result)
        with tempfile.TemporaryDirectory(dir=scratch_of(self.store)) as folder:
            connection = duckdb.connect(str(Path(folder) / "run.duckdb"))
            connection.execute(f"set memory_limit='{self.store.settings.match_memory}'")
            counts = await self._remember(rows, result, connection=connection, model_id=model_id)
            connection.close()
        await index(self.store, self.tenant, (rows.records, result.links))
        self.lap("place in blocks", 1.0)
        report = MatchReport(
            run_id=self.run_id, model_id=model_id, counts=counts, seconds=self.seconds, card=result.card
        )
        await self.end(
            "done",
            counts=orjson.dumps(counts).decode(),
            card=orjson.dumps(result.card, default=str).decode(),
            fingerprint=rows.fingerprint,
        )
        log.info("matched", tenant=self.tenant, run=self.run_id, persons=counts["persons"])
        return report

    async def _decide(self, rows: Rows, *, retrain: bool) -> tuple[MatchResult, str]:
        held = None if retrain else await current_model(self.store, self.tenant)
        settings, judgements = self.store.settings, await standing(self.store, self.tenant)
        # The slowest stage reports its own progress between a tenth and six tenths of the whole.
        result = await asyncio.to_thread(
            lambda: match(
                rows.records,
                rows.fields,
                judgements=judgements,
                model=held.model if held else None,
                means=Means(
                    workers=settings.workers,
                    memory=settings.match_memory,
                    scratch=scratch_of(self.store),
                    progress=lambda stage, done: self.tell(stage, 0.1 + 0.5 * done),
                ),
            )
        )
        if held:
            return result, held.model_id
        return result, await save_model(self.store, self.tenant, result.model)

    async def _remember(
        self, rows: Rows, result: MatchResult, *, connection: duckdb.DuckDBPyConnection, model_id: str
    ) -> dict[str, int]:
        await self._load_old(connection)
        persons, households = self._inherit(rows, result, connection=connection)
        named = answer.Named(persons.ids, households.ids)
        await asyncio.to_thread(answer.remembered, rows, result, named, connection)
        counts = await asyncio.to_thread(writing.differences, connection)
        self.lap("derive", 0.7)
        now = records.now()
        await writing.write_nodes(self.store, self.tenant, connection, now=now)
        self.lap("write nodes", 0.8)
        changes = self._changes("person", persons, now=now) + self._changes("household", households, now=now)
        await self._retire("person", persons, now=now)
        await self._retire("household", households, now=now)
        await self.store.write_many(self.tenant, "identity.record_changes", changes)
        await writing.write_edges(self.store, self.tenant, connection, model=model_id, now=now)
        await writing.drop_empty(self.store, self.tenant, connection)
        await self._quarantine(result)
        self.lap("write edges", 1.0)
        return {
            "records": rows.records.num_rows,
            "persons": len(persons.ids),
            "households": len(households.ids),
            "matches": result.links.num_rows,
            "persons_minted": persons.minted,
            "persons_merged": len(persons.alias_of),
            "persons_split": len(persons.also),
            "changes": len(changes),
            "quarantined": len(result.quarantined),
            **counts,
        }

    async def _load_old(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make the tables `old_*` of what the graph says now."""
        for table in (*writing.NODES, *(edge.table for edge in writing.EDGES)):
            known = await table_of(self.store, self.tenant, f"identity.{table}")
            if "alias_of" in known.column_names:
                known = known.filter(pc.is_null(known["alias_of"]))
            connection.register("arriving", known)
            connection.execute(f"create or replace table old_{table} as from arriving")
            connection.unregister("arriving")

    def _inherit(
        self, rows: Rows, result: MatchResult, *, connection: duckdb.DuckDBPyConnection
    ) -> tuple[Inheritance, Inheritance]:
        connection.register("here", rows.records.select(["source", "record_id"]).append_column(
            "row", pa.array(np.arange(rows.records.num_rows))
        ))  # fmt: skip
        # Two runs at once may have left a row with two persons: it keeps the older, and this run takes the other back.
        held: pa.Table = connection.sql(
            "select p.person_id, m.household_id from here "
            "left join (select source, record_id, min(person_id) as person_id from old_row_persons group by all) p "
            "using (source, record_id) "
            "left join (select person_id, min(household_id) as household_id from old_memberships group by all) m "
            "using (person_id) order by here.row"
        ).to_arrow_table()
        connection.unregister("here")
        persons = assign_ids(held["person_id"].to_pylist(), result.persons, keys.mint)
        homes = result.households[result.persons]
        households = assign_ids(held["household_id"].to_pylist(), homes, keys.mint)
        return persons, households

    async def _retire(self, noun: str, inheritance: Inheritance, *, now: str) -> None:
        """Old ids that were merged point to their survivor; those that were split name where the rest went."""
        emptied = {"persons": 0} if noun == "household" else {"records": 0, "household_id": None}
        rows: list[Row] = [
            {"alias_of": survivor, **emptied, "own": name} for name, survivor in inheritance.alias_of.items()
        ]
        rows += [{"also": others, "own": name} for name, others in inheritance.also.items()]
        written = [{noun: row["own"], f"{noun}_id": row.pop("own"), "created_at": now, "content": row} for row in rows]
        await self.store.write_many(self.tenant, f"identity.write_{noun}s", written)

    def _changes(self, noun: str, inheritance: Inheritance, *, now: str) -> list[Row]:
        ids = set(inheritance.ids)
        merged: dict[str, list[str]] = {}
        for name, survivor in inheritance.alias_of.items():
            merged.setdefault(survivor, []).append(name)
        happened = [(f"{noun}_merged", survivor, sorted(names)) for survivor, names in sorted(merged.items())]
        happened += [
            (f"{noun}_{'split' if name in ids else 'moved'}", name, others)
            for name, others in sorted(inheritance.also.items())
        ]
        rows = []
        for kind, subject, others in happened:
            change = keys.mint()
            content = {"change_id": change, "kind": kind, "subject": subject, "others": others,
                       "run_id": self.run_id, "changed_at": now}  # fmt: skip
            rows.append({"change": change, "content": content})
        return rows

    async def _quarantine(self, result: MatchResult) -> None:
        entries = [
            records.set_aside(
                source="",
                place=orjson.dumps(entry.get("records", []), default=str).decode()[: records.LONGEST_SHOWN],
                reason=str(entry.get("reason", "a limit")),
                stage="match",
                content=orjson.dumps(entry, default=str).decode(),
            )
            for entry in result.quarantined
        ]
        await self.store.write_many(self.tenant, "records.quarantine_rows", entries)


def scratch_of(store: Store) -> Path:
    """The folder for files that a job needs only while it runs."""
    folder = store.settings.data_dir / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
