"""A match run: every record of a tenant read, decided on, and the difference written back; then its history."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import orjson
import pyarrow as pa

from graph_service import logs, moments
from graph_service.errors import BadInput, Refused
from graph_service.graph import keys
from graph_service.graph.ahead import InTurn
from graph_service.graph.store import Row, Store
from graph_service.identity.live.blocks import index
from graph_service.identity.live.judged import standing
from graph_service.identity.run import answer, writing
from graph_service.identity.run.former import Former, changes_of
from graph_service.identity.run.inherit import Inheritance, assign_ids
from graph_service.identity.run.models import current_model, forget_values, held_model, save_model
from graph_service.identity.run.plan import (
    DerivedFrom,
    Ids,
    Plan,
    PlannedChange,
    changed_households,
    fingerprint,
    judged,
    moved,
)
from graph_service.identity.run.reading import Rows, known_before, rows_to_match
from graph_service.identity.schemas import MatchReport
from graph_service.identity.waiting import beside_a_run, decide
from graph_service.records import model as records
from matching import Judgement, MatchingError, MatchResult, Means, Model, match

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
    return await _kept(Run(store, tenant, tell), lambda run: run.work(retrain=retrain, seen=seen))


async def plan_match(
    store: Store, tenant: str, *, retrain: bool = False, model_id: str | None = None, progress: Progress | None = None
) -> Plan:
    """What would a match run change? Nothing is written; the plan says who would be gained, merged, split or moved, and
    why. `apply_plan` does exactly that. With `model_id`, by that kept model, which applying the plan puts to use.
    Raises Refused as `match_tenant` does, NotFound for an unknown model.
    """
    other = None if model_id is None else (await held_model(store, tenant, model_id)).model
    try:
        return await Run(store, tenant, progress or (lambda stage, done: None)).plan(retrain=retrain, other=other)
    except MatchingError as error:
        raise Refused(f"{error}.") from error


async def apply_plan(
    store: Store, tenant: str, plan: Plan, *, progress: Progress | None = None, seen: Seen | None = None
) -> MatchReport:
    """Do exactly what was planned.

    Raises BadInput for another tenant's plan, Refused where rows, judgements, the model or the graph are not what they
    were when it was made: nothing is changed then.
    """
    if plan.tenant != tenant:
        raise BadInput(f"This plan was made for {plan.tenant}, not for {tenant}.")
    tell = progress or (lambda stage, done: None)
    return await _kept(Run(store, tenant, tell), lambda run: run.work(retrain=False, seen=seen, planned=plan))


async def _kept(run: "Run", act: "Callable[[Run], Awaitable[MatchReport]]") -> MatchReport:
    """Do a run, and write down that it began and how it ended."""
    await run.begin()
    try:
        return await act(run)
    except BaseException as error:
        await run.end("failed", message=type(error).__name__)
        if isinstance(error, MatchingError):  # judgements that contradict each other through a third row
            raise Refused(f"{error}.") from error
        raise


@dataclass(frozen=True, slots=True)
class _Given:
    """What a run starts from: rows, judgements, the model in use, and the plan that it follows, if it does."""

    rows: Rows
    judgements: Sequence[Judgement]
    model_id: str | None
    model: Model | None
    planned: Plan | None

    def derived_from(self, graph: str) -> DerivedFrom:
        """The fingerprints of it all."""
        return DerivedFrom(
            rows=self.rows.fingerprint, judgements=judged(self.judgements), graph=graph, model=self.model_id
        )

    def follows(self, graph: str | None = None) -> None:
        """Raises Refused where something is not as it was when the plan was made."""
        if self.planned is not None:
            known = self.planned.derived_from.graph if graph is None else graph
            if changed := moved(self.derived_from(known), self.planned.derived_from):
                raise Refused(f"The graph moved on since the plan was made ({', '.join(changed)}): plan again.")


@dataclass(frozen=True, slots=True)
class _Derived:
    """What a run would write: who inherits which id, the ids handed out anew, and how many rows of what."""

    persons: Inheritance
    households: Inheritance
    minted: list[list[str]]
    counts: dict[str, int]
    graph: str

    @property
    def inherited(self) -> list[tuple[str, Inheritance]]:
        """Who inherits which id, by noun."""
        return [("person", self.persons), ("household", self.households)]


class Run:
    """One match run from its first line in the graph to its last."""

    def __init__(self, store: Store, tenant: str, tell: Progress) -> None:
        self.store, self.tenant, self.tell = store, tenant, tell
        self.run_id, self.started = keys.mint(), moments.now()
        self.seconds: dict[str, float] = {}
        self.clock = time.monotonic()

    async def begin(self) -> None:
        """Write down that the run has begun."""
        content = {"run_id": self.run_id, "job": "match", "state": "running", "started_at": self.started}
        await self.store.write(self.tenant, "records.record_run", run=self.run_id, content=content)

    async def end(self, state: str, **content: str) -> None:
        """Write down how it ended."""
        ended = {"state": state, "ended_at": moments.now(), **content}
        await self.store.write(self.tenant, "records.record_run", run=self.run_id, content=ended)

    def lap(self, stage: str, done: float) -> None:
        """Note the seconds since the last lap under a stage's name."""
        now = time.monotonic()
        self.seconds[stage] = round(now - self.clock, 3)
        self.clock = now
        self.tell(stage, done)

    async def work(self, *, retrain: bool, seen: Seen | None = None, planned: Plan | None = None) -> MatchReport:
        """Read, decide, inherit ids, derive, write; in that order. With a plan: that, or nothing."""
        marked = await beside_a_run.marks(self.store, self.tenant)
        given = await self._given(retrain=retrain, planned=planned)
        result = await self._decided(given)
        if seen is not None:
            seen(given.rows.records, result)
        async with InTurn() as placing:
            if planned is None:
                model_id = await self._put_to_use(given, result, placing)
            with self._scratch() as connection:
                derived = await self._derived(given, result, connection)
                if planned is not None:
                    if planned.difference != fingerprint(connection, ("gone", "put")):
                        raise Refused("What would be done now is not what was planned: plan again.")
                    model_id = await self._put_to_use(given, result, placing)
                counts = await self._written(derived, result, placing, connection=connection, model_id=model_id)
                meanwhile = await beside_a_run.meanwhile(self.store, self.tenant, connection)
        await beside_a_run.settle(self.store, self.tenant, marked)
        await beside_a_run.wait_again(self.store, self.tenant, sorted({*meanwhile.others, *meanwhile.bereaved}))
        if meanwhile.erased:
            await self._forgotten(given.rows, meanwhile)
        self.lap("look back", 1.0)
        report = MatchReport(
            run_id=self.run_id, model_id=model_id, counts=counts, seconds=self.seconds, card=result.card
        )
        await self.end(
            "done",
            counts=orjson.dumps(counts).decode(),
            card=orjson.dumps(result.card, default=str).decode(),
            fingerprint=given.rows.fingerprint,
        )
        log.info("matched", tenant=self.tenant, run=self.run_id, persons=counts["persons"])
        return report

    async def plan(self, *, retrain: bool, other: Model | None = None) -> Plan:
        """Read, decide (by the model in use, or another), inherit ids, derive; and say what would be written."""
        given = await self._given(retrain=retrain)
        given = given if other is None else replace(given, model=other)
        result = await self._decided(given)
        with self._scratch() as connection:
            derived = await self._derived(given, result, connection)
            now = moments.now()
            changes = self._changes(derived, now)
            households = await asyncio.to_thread(changed_households, connection, given.rows.records, result)
            difference = fingerprint(connection, ("gone", "put"))
        self.lap("plan", 1.0)
        return Plan(
            tenant=self.tenant,
            made_at=now,
            derived_from=given.derived_from(derived.graph),
            model=None if given.model is not None and other is None else result.model.to_json(),
            minted=derived.minted,
            difference=difference,
            counts=_counts(derived, result, len(changes)),
            changes=[PlannedChange.model_validate(row["content"]) for row in changes],
            households=households,
        )

    async def _given(self, *, retrain: bool, planned: Plan | None = None) -> _Given:
        self.tell("read", 0.0)
        rows = await rows_to_match(self.store, self.tenant)
        if not rows.records.num_rows:
            raise Refused("There are no records to match: `stormgraph ingest` takes some in.")
        held = await current_model(self.store, self.tenant)
        model = None if held is None or retrain else held.model
        if planned is not None and planned.model is not None:
            model = Model.from_json(planned.model)
        judgements = await standing(self.store, self.tenant)
        self.lap("read", 0.1)
        given = _Given(rows, judgements, held.model_id if held else None, model, planned)
        given.follows()
        return given

    async def _decided(self, given: _Given) -> MatchResult:
        settings = self.store.settings
        # The slowest stage reports its own progress between a tenth and six tenths of the whole.
        result = await asyncio.to_thread(
            lambda: match(
                given.rows.records,
                given.rows.fields,
                judgements=given.judgements,
                model=given.model,
                means=Means(
                    workers=settings.workers,
                    memory=settings.match_memory,
                    scratch=scratch_of(self.store),
                    progress=lambda stage, done: self.tell(stage, 0.1 + 0.5 * done),
                ),
            )
        )
        self.lap("decide", 0.6)
        return result

    @contextmanager
    def _scratch(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with tempfile.TemporaryDirectory(dir=scratch_of(self.store)) as folder:
            connection = duckdb.connect(":memory:")  # a database file is compressed, which took half of the time
            connection.execute(f"set memory_limit='{self.store.settings.match_memory}'")
            connection.execute(f"set temp_directory='{folder}'")  # what does not fit
            try:
                yield connection
            finally:
                connection.close()

    async def _derived(self, given: _Given, result: MatchResult, connection: duckdb.DuckDBPyConnection) -> _Derived:
        """What is to be remembered and how that differs from what is: the run's tables old, new, gone and put."""
        await known_before(self.store, self.tenant, connection)
        await asyncio.to_thread(beside_a_run.spare, connection, given.rows.records)
        graph = await asyncio.to_thread(fingerprint, connection, ("old",))
        given.follows(graph)
        planned = given.planned.minted if given.planned else (None, None)
        minted = [Ids(own) for own in planned]
        persons, households = self._inherit(given.rows, result, connection=connection, mint=minted)
        named = answer.Named(persons.ids, households.ids)
        await asyncio.to_thread(answer.remembered, given.rows, result, named, connection)
        counts = await asyncio.to_thread(writing.differences, connection)
        self.lap("derive", 0.65)
        return _Derived(persons, households, [one.handed for one in minted], counts, graph)

    async def _put_to_use(self, given: _Given, result: MatchResult, placing: InTurn) -> str:
        """Keep the run's model, where it is new, and begin to put rows into its blocks; returns the model's id.

        Blocks need nobody to be a person, so rows are put there while persons are derived and made: the engine would
        wait else. Edges of rows lie on the same pages: they come after it.
        """
        model_id = given.model_id
        if model_id is None or given.model is None or (given.planned is not None and given.planned.model is not None):
            model_id = await save_model(self.store, self.tenant, result.model)
        await placing.follow(index(self.store, self.tenant, (given.rows.records, result.links)))
        return model_id

    async def _written(
        self,
        derived: _Derived,
        result: MatchResult,
        placing: InTurn,
        *,
        connection: duckdb.DuckDBPyConnection,
        model_id: str,
    ) -> dict[str, int]:
        now = moments.now()
        await writing.write_nodes(self.store, self.tenant, connection, now=now)
        self.lap("write nodes", 0.7)
        await placing.done()
        self.lap("place in blocks", 0.75)
        formers = [await Former.of(self.store, self.tenant, *one) for one in derived.inherited]
        named = {own: others for one in formers for own, others in one.named.items()}
        await writing.remember_moves(self.store, self.tenant, connection, run=self.run_id, named=named)
        for one in formers:
            await self.store.write_many(self.tenant, f"identity.write_{one.noun}s", one.rows(now))
        changes = self._changes(derived, now)
        await self.store.write_many(self.tenant, "identity.record_changes", changes)
        await writing.write_edges(self.store, self.tenant, connection, model=model_id, now=now)
        await writing.drop_empty(self.store, self.tenant, connection)
        await self._quarantine(result)
        self.lap("write edges", 1.0)
        return _counts(derived, result, len(changes))

    async def _forgotten(self, rows: Rows, meanwhile: beside_a_run.Meanwhile) -> None:
        """Forget what the run learnt and derived from rows that were erased while it worked."""
        erased = rows.records.take(meanwhile.erased).to_pylist()
        await self.store.work(self.tenant, partial(forget_values, rows=erased))
        await decide.decide_these(self.store, self.tenant, meanwhile.bereaved)
        await self.store.write(self.tenant, "privacy.erase_buildings", properties=meanwhile.buildings)

    def _changes(self, derived: _Derived, now: str) -> list[Row]:
        return [row for one in derived.inherited for row in changes_of(*one, run=self.run_id, now=now)]

    def _inherit(
        self, rows: Rows, result: MatchResult, *, connection: duckdb.DuckDBPyConnection, mint: Sequence[Ids]
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
        persons = assign_ids(held["person_id"].to_pylist(), result.persons, mint[0])
        homes = result.households[result.persons]
        households = assign_ids(held["household_id"].to_pylist(), homes, mint[1])
        return persons, households

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


def _counts(derived: _Derived, result: MatchResult, changes: int) -> dict[str, int]:
    return {
        "records": len(result.persons),
        "persons": len(derived.persons.ids),
        "households": len(derived.households.ids),
        "matches": result.links.num_rows,
        "persons_minted": derived.persons.minted,
        "persons_merged": len(derived.persons.alias_of),
        "persons_split": len(derived.persons.also),
        "changes": changes,
        "quarantined": len(result.quarantined),
        **derived.counts,
    }


def scratch_of(store: Store) -> Path:
    """The folder for files that a job needs only while it runs."""
    folder = store.settings.data_dir / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
