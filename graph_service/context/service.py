"""Storms, buildings and exposures: upserts that mark the households whose journeys they change."""

from collections.abc import Sequence
from pathlib import Path

from graph_service import moments
from graph_service.context import schemas as say
from graph_service.errors import BadInput
from graph_service.graph.store import Row, Store, Work
from matching import normalise


async def write_storms(store: Store, tenant: str, storms: Sequence[say.Storm]) -> say.Written:
    """Hold these storms. A window that is new or moved marks the households it concerns."""
    rows = [_storm_row(one) for one in storms]

    async def act(work: Work) -> say.Written:
        held = await work.run("context.storms_known", storms=[one.storm_id for one in storms])
        windows = {row["storm_id"]: (row["from"], row["until"]) for row in held}
        await work.run("context.write_storms", rows=rows)
        moved = [
            row["storm"] for row in rows
            if windows.get(row["storm"], (None, None)) != (row["content"]["from"], row["content"]["until"])
        ]  # fmt: skip
        concerned = await work.run("context.households_of_storms", storms=moved) if moved else []
        under = await work.run("context.properties_of_storms", storms=moved) if moved else []
        marked = await _mark(work, concerned, {row["property_id"] for row in under})
        new = len({row["storm"] for row in rows} - windows.keys())
        return say.Written(written=len(rows), new=new, waiting=marked)

    return await store.work(tenant, act)


async def write_properties(store: Store, tenant: str, properties: Sequence[say.Property]) -> say.Written:
    """Hold these buildings; what is not said of one stays as it was.

    A ZIP that is new or another marks the households with journeys there: a journey says the ZIP of the home.
    """

    async def act(work: Work) -> say.Written:
        own, held = await _buildings(work, {one.property_id for one in properties})
        rows = [
            {"property": own[one.property_id], "content": {**_property_row(one), "property_id": own[one.property_id]}}
            for one in properties
        ]
        await work.run("context.write_properties", rows=rows)
        zips = {own[one.property_id]: one.zip for one in properties if one.zip is not None}
        marked = await _mark(work, [], {name for name, code in zips.items() if held.get(name) != code})
        return say.Written(written=len(rows), new=len(set(own.values()) - held.keys()), waiting=marked)

    return await store.work(tenant, act)


async def write_exposures(store: Store, tenant: str, exposures: Sequence[say.Exposure]) -> say.Written:
    """Hold that storms came over buildings; a new one marks the households of the building."""

    async def act(work: Work) -> say.Written:
        own, held = await _buildings(work, {one.property_id for one in exposures})
        storms = {one.storm_id for one in exposures}
        storms -= {row["storm_id"] for row in await work.run("context.storms_known", storms=sorted(storms))}
        fit = [one for one in exposures if own[one.property_id] in held and one.storm_id not in storms]
        pairs = [{"property": own[one.property_id], "storm": one.storm_id} for one in fit]
        made = await work.run("context.expose_properties", rows=pairs)
        rows = [
            {**pair, "content": one.model_dump(include={"sii", "moe_usd"}, exclude_none=True)}
            for pair, one in zip(pairs, fit, strict=True)
        ]
        await work.run("context.grade_exposures", rows=rows)
        marked = await _mark(work, [], {row["property_id"] for row in made})
        missing = storms | {given for given, known_as in own.items() if known_as not in held}
        return say.Written(written=len(fit), new=len(made), missing=sorted(missing), waiting=marked)

    return await store.work(tenant, act)


async def _buildings(work: Work, given: set[str]) -> tuple[dict[str, str], dict[str, str | None]]:
    """As what we know each of these buildings, and the ZIP of those there: records spell their numbers in one form."""
    forms = {one: normalise(one, "property_id") or one for one in given}
    rows = await work.run("context.properties_known", properties=sorted(given | set(forms.values())))
    held = {row["property_id"]: row["zip"] for row in rows}
    return {one: one if one in held else form for one, form in forms.items()}, held


async def _mark(work: Work, concerned: Sequence[Row], buildings: set[str]) -> int:
    """Mark these households, and those with events at these buildings, to be threaded anew; how many."""
    rows = list(concerned)
    if buildings:
        wanted = sorted(buildings)
        rows += await work.run("context.households_of_properties", properties=wanted)
        rows += await work.run("context.households_of_events_at", properties=wanted)
        numbers = [("property_id", "", one) for one in wanted]
        rows += await work.run("context.households_of_events_carrying", identifiers=numbers)
    found = sorted({row["household_id"] for row in rows})
    if found:
        marked = [{"household": own, "household_id": own, "since": moments.now()} for own in found]
        await work.run("context.mark_households", rows=marked)
    return len(found)


def grouping_of(by: str, files: Sequence[Path]) -> say.By:
    """How reports become storms. Raises BadInput on another word, or a file that is not there."""
    for path in files:
        if not path.is_file():
            raise BadInput(f"There is no file {path}.")
    if by == "episode":
        return "episode"
    if by == "event":
        return "event"
    raise BadInput(f"--by {by}: say episode or event.")


def _storm_row(one: say.Storm) -> Row:
    content = one.model_dump(exclude={"start", "until"}, exclude_none=True)
    content |= {"from": moments.text(one.start), "until": moments.text(one.until)}
    if one.kind:
        content["kind"] = one.kind.lower()
    return {"storm": one.storm_id, "content": content}


def _property_row(one: say.Property) -> Row:
    content = one.model_dump(exclude_none=True)
    return {name: value.lower() if name in {"street_address", "unit", "city", "state"} else value
            for name, value in content.items()}  # fmt: skip
