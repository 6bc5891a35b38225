"""Credit of channels and plays: which walk answers a question, and what is told with the answer."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from graph_service import moments
from graph_service.credit import model
from graph_service.credit import schemas as say
from graph_service.credit.schemas import EVERY, OUTSIDE, By, Filters, Question
from graph_service.errors import NotFound
from graph_service.graph.store import Row, Store
from graph_service.identity.schemas import QueryUsed

TRANSITIONS = (
    "journeys.transition_counts_o1",
    "journeys.transition_counts_o2",
    "journeys.transition_counts_o3",
    "journeys.transition_counts_o4",
)
WHOLE = "journeys.transition_counts_o1_whole"  # the first of them, cheaper where all journeys are asked for as they are
DAY = 86_400_000
SILENT_SECONDS = 60  # a run that has not said a word for so long has died with its process
BOTH: tuple[By, By] = ("channel", "play")


@dataclass(slots=True)
class Walk:
    """Reads of one storm's journeys for one question; remembers each as the query it was."""

    store: Store
    tenant: str
    filters: dict[str, Any]
    queries: list[QueryUsed] = field(default_factory=list)

    async def rows(self, name: str, *, whole: bool = False, **more: Any) -> list[Row]:
        """The rows of a walk; `whole` streams them, for there is one for each journey."""
        params = {**self.filters, **more}
        bound = self.store.library[name].bind(self.tenant, params)
        self.queries.append(QueryUsed(name=name, parameters=bound, as_of=self.filters["as_of"]))
        if not whole:
            return await self.store.read(self.tenant, name, **params)
        columns = [column.name for column in self.store.library[name].returns]
        return [
            dict(zip(columns, row, strict=True))
            async for some in self.store.stream(self.tenant, name, **params)
            for row in some
        ]

    async def steps(self, order: int, **more: Any) -> list[Row]:
        """How often journeys stepped from which touches to which: by the cheapest query that answers the question."""
        all_of_them = self.filters.keys() == {"storm", "as_of"} and self.filters["storm"] == EVERY
        # where tenants share a database it would visit the touches of all of them
        all_of_them = all_of_them and self.store.engine.isolation == "database"
        if order == 1 and all_of_them and more.keys() == {"anonymous", "open", "by"} and more["by"] == "channel":
            asked = {name: self.filters[name] for name in self.filters if name != "storm"}
            parts = Walk(self.store, self.tenant, asked, self.queries)
            return model.added(await parts.rows(WHOLE, anonymous=more["anonymous"], open=more["open"]))
        return await self.rows(TRANSITIONS[order - 1], **more)


def walk_of(store: Store, tenant: str, storm_id: str, asked: Filters) -> tuple[Walk, dict[str, Any]]:
    """The walk of these journeys, and the parameters of the queries that look back and leave out."""
    filters = {
        "storm": "" if storm_id == OUTSIDE else storm_id,
        "as_of": moments.text(asked.as_of) if asked.as_of else moments.now(),
        **({} if asked.zip is None else {"zip": asked.zip}),
        **({} if asked.opened_from is None else {"opened_from": moments.text(asked.opened_from)}),
        **({} if asked.opened_until is None else {"opened_until": moments.text(asked.opened_until)}),
    }
    back: dict[str, Any] = {"anonymous": asked.anonymous}
    if asked.lookback_days is not None:
        back["lookback_days"] = asked.lookback_days
    if asked.lookback_steps is not None:
        back["lookback_steps"] = asked.lookback_steps
    return Walk(store, tenant, filters), back


async def storm_credit(store: Store, tenant: str, storm_id: str, question: Question) -> say.CreditAnswer:
    """Who earns which share of a storm's conversions? `*`: of all journeys, `-`: of those outside storms.

    Raises NotFound for a storm that is not there.
    """
    await require_storm(store, tenant, storm_id)
    walk, back = walk_of(store, tenant, storm_id, question)
    credited = [await _credited(walk, back, question, by) for by in ([question.by] if question.by else BOTH)]
    counts = await _counts(walk, question)
    rows = [row for one in credited for row in model.earned(one)]
    answer = credited[0].answer
    return say.CreditAnswer(
        storm_id=storm_id,
        zip=question.zip,
        as_of=walk.filters["as_of"],
        method=answer.method,
        estimand=answer.estimand,
        leaves_out=answer.leaves_out,
        level=answer.settings.level,
        **model.maps(rows),
        conversions=answer.conversions,
        value=answer.value,
        counts=counts,
        earned=rows,
        settings=question.model_dump(mode="json", exclude={"storm_id", "methods"}),
        fingerprint=model.fingerprint([{"by": one.by, "rows": one.fingerprint} for one in credited]),
        queries=walk.queries,
    )


async def require_storm(store: Store, tenant: str, storm_id: str) -> None:
    """Is there such a storm? Raises NotFound."""
    known = storm_id in (EVERY, OUTSIDE) or await store.read_one(tenant, "credit.storm", storm=storm_id)
    if not known:
        raise NotFound("There is no storm of this id.")


async def _credited(walk: Walk, back: dict[str, Any], question: Question, by: By) -> model.Credited:
    if model.walks_counts(question):
        rows = await walk.steps(question.order, **back, open=question.open, by=by)
        return await asyncio.to_thread(model.of_counts, rows, question, by)
    if model.needs_households(question):
        rows = await walk.rows("journeys.paths_converted", whole=True, **back, by=by)
    else:
        rows = await walk.rows("journeys.paths", whole=True, **back, open=question.open, by=by)
    return await asyncio.to_thread(model.of_paths, rows, question, by)


async def _counts(walk: Walk, asked: Filters) -> say.Counts:
    [found] = await walk.rows("credit.journey_counts")
    counted = dict(found)
    if not asked.anonymous:
        counted["journeys"] -= found["anonymous"]
        counted["open"] -= found["open_anonymous"]
        counted["conversions"] -= found["conversions_anonymous"]
    if not asked.open:
        counted["journeys"] -= counted["open"]
    return say.Counts(
        journeys=counted["journeys"],
        conversions=counted["conversions"],
        nulls=counted["journeys"] - counted["conversions"],
        open=counted["open"],
        open_counted=asked.open,
        anonymous=found["anonymous"],
        anonymous_counted=asked.anonymous,
    )


async def transitions(store: Store, tenant: str, asked: say.TransitionsQuestion) -> say.TransitionsAnswer:
    """How often do journeys step from which touches to which? Raises NotFound for a storm that is not there."""
    await require_storm(store, tenant, asked.storm)
    walk, back = walk_of(store, tenant, asked.storm, asked)
    rows = await walk.steps(asked.order, **back, open=asked.open, by=asked.by)
    return say.TransitionsAnswer(
        as_of=walk.filters["as_of"],
        order=asked.order,
        by=asked.by,
        transitions=[say.Transition(**row) for row in model.transitions(rows)],
        counts=await _counts(walk, asked),
        queries=walk.queries,
    )


async def paths(store: Store, tenant: str, storm_id: str, asked: Filters, *, by: By) -> list[Row]:
    """Which paths did a storm's journeys take? For pictures of them."""
    walk, back = walk_of(store, tenant, storm_id, asked)
    return await walk.rows("journeys.paths", whole=True, **back, open=asked.open, by=by)


async def journey_credit(store: Store, tenant: str, journey_id: str, question: Question) -> say.JourneyCredit:
    """How is one journey's conversion divided among its touches? Raises NotFound."""
    journey = await store.read_one(tenant, "credit.journey", journey=journey_id)
    if journey is None:
        raise NotFound("There is no journey of this id.")
    walk, back = walk_of(store, tenant, journey["storm_id"] or OUTSIDE, question)
    used = QueryUsed(
        name="credit.journey",
        parameters=store.library["credit.journey"].bind(tenant, {"journey": journey_id}),
        as_of=walk.filters["as_of"],
    )
    walk.queries.append(used)
    seen = model.seen(journey, question, walk.filters["as_of"])
    divided = {by: await _divided(walk, back, question, (seen, by)) for by in BOTH}
    return say.JourneyCredit(
        journey_id=journey["journey_id"],
        storm_id=journey["storm_id"],
        household_id=journey["household_id"],
        outcome=seen.outcome,
        as_of=walk.filters["as_of"],
        **model.told(seen, question),
        **model.journey_maps(seen, {by: divided[by] for by in ([question.by] if question.by else BOTH)}),
        touches=model.touch_credits(seen, divided[question.by or "channel"]),
        settings=question.model_dump(mode="json"),
        queries=walk.queries,
    )


async def _divided(walk: Walk, back: dict[str, Any], question: Question, path: tuple[model.Seen, By]) -> list[Row]:
    seen, by = path
    if not (seen.touches and seen.outcome == "converted"):
        return []
    rows: Sequence[Row] = []
    if question.method == "markov":
        # A household that only events know is divided by the chain that counts such households too.
        more = back | {"anonymous": back["anonymous"] or seen.anonymous}
        rows = await walk.steps(max(question.order, 1), **more, open=question.open, by=by)
    return await asyncio.to_thread(model.divided, seen.touches, rows, question, by)


async def run(store: Store, tenant: str, run_id: str) -> say.RunAnswer:
    """How far is a run, and what has it kept? Raises NotFound."""
    row = await store.read_one(tenant, "credit.run", run=run_id)
    if row is None:
        raise NotFound("There is no run of this id.")
    results = [
        say.KeptResult(method=method, fingerprint=mark, model=orjson.loads(fitted), answer=orjson.loads(answer))
        for method, mark, fitted, answer in row["results"]
    ]
    bound = store.library["credit.run"].bind(tenant, {"run": run_id})
    told = {**_living(row), "settings": orjson.loads(row["settings"]), "results": results}
    return say.RunAnswer(**told, query=_used("credit.run", bound))


async def runs(store: Store, tenant: str, *, limit: int) -> say.Runs:
    """Which runs were there, the latest first?"""
    rows = await store.read(tenant, "credit.runs", limit=limit)
    bound = store.library["credit.runs"].bind(tenant, {"limit": limit})
    return say.Runs(runs=[say.RunLine(**_living(row)) for row in rows], query=_used("credit.runs", bound))


def _used(name: str, bound: dict[str, Any]) -> QueryUsed:
    return QueryUsed(name=name, parameters=bound, as_of=moments.now())


def _living(row: Row) -> Row:
    """A run as it is: one whose process died while it ran has failed, though nobody was left to write it down."""
    beat = datetime.fromisoformat(row.pop("beat_at"))
    if row["state"] == "running" and (datetime.now(UTC) - beat).total_seconds() > SILENT_SECONDS:
        return {**row, "state": "failed", "message": "The process that computed it ended: ask for it again."}
    return row
