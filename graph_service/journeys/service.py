"""Events in, journeys and timelines out: what the room does for one caller."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from graph_service import moments
from graph_service.errors import BadInput, NotFound, ServiceError
from graph_service.graph.store import Row, Store
from graph_service.identity.schemas import QueryUsed
from graph_service.identity.view import View
from graph_service.journeys import model
from graph_service.journeys import schemas as say
from graph_service.journeys.chain.arrivals import Arrival, Reader, Unfit
from graph_service.journeys.chain.mapping import EventMapping, preset
from graph_service.journeys.chain.threader import ROOM, Fate, Threader

MOST_ROWS = 10_000
MOST_WAITING = 1000
LONGEST_ALIAS_CHAIN = 20
SOURCE = re.compile(r"[a-z0-9_.-]{1,64}")


async def reader_of(store: Store, tenant: str) -> Reader:
    """What reads the events of a tenant: it knows the registry of channels and the tenant's own words."""
    own = {row["channel"]: row["aliases"] for row in await store.read(tenant, "journeys.channels")}
    return Reader(model.channel_names(own))


async def take_events(threader: Threader, tenant: str, events: Sequence[Mapping[str, Any]]) -> say.EventsAnswer:
    """Take events in, each for itself: one that cannot be read keeps no other out. The journeys stand on return."""
    reader = await reader_of(threader.store, tenant)
    read = [reader.read(one) for one in events]
    fates = iter(await threader.take(tenant, [one for one in read if isinstance(one, Arrival)]))
    taken = [_taken(one, None if isinstance(one, Unfit) else next(fates)) for one in read]
    counts = dict.fromkeys(("accepted", "unchanged", "superseded", "retracted", "rejected"), 0)
    for one in taken:
        counts[one.status] += 1
    return say.EventsAnswer(**counts, events=taken)


def _taken(read: Arrival | Unfit, fate: Fate | None) -> say.Taken:
    if isinstance(read, Unfit):
        return say.Taken(event_id=read.event_id, source=read.source, status="rejected", reason=read.reason)
    assert fate is not None
    return say.Taken.model_construct(
        event_id=read.event.event_id,
        source=read.event.source,
        status=fate.status,
        reason=None,
        household_id=fate.household_id,
        journey_id=fate.journey_id,
    )


def request_of(source: str, files: Sequence[Path]) -> None:
    """Can these files be taken in as this source's? Raises BadInput."""
    for path in files:
        if not path.is_file():
            raise BadInput(f"There is no file {path}.")
    if not SOURCE.fullmatch(source):
        raise BadInput(f"'{source}' is no source name: use up to 64 of a-z, 0-9, '_', '.', '-'.")


def mapping_of(path: Path | None, name: str | None) -> EventMapping:
    """The mapping of a file, or the packaged one of a name; with neither, columns go by their own names."""
    if path and name:
        raise BadInput("Either a mapping of your own or a preset.")
    if name:
        return preset(name)
    try:
        return EventMapping.from_toml(path.read_text(encoding="utf-8") if path else "")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The mapping {path} cannot be read.") from error


async def household_journeys(view: View, household_id: str) -> say.Journeys:
    """The journeys of a household; an id that was merged away answers the survivor. Raises NotFound."""
    living = await _living(view, household_id)
    asked = {"household": living, "as_of": moments.now(), "limit": MOST_ROWS}
    rows = await view.store.read(view.tenant, "journeys.household_journeys", **asked)
    return say.Journeys(
        household_id=living,
        requested_id=household_id,
        journeys=[say.Journey(**row) for row in rows],
        followed=await followed(view.store, view.tenant),
        query=view.query("journeys.household_journeys", **asked),
    )


async def journey(view: View, journey_id: str) -> say.JourneyAnswer:
    """One journey with its chain. Raises NotFound."""
    asked = {"journey": journey_id, "as_of": moments.now()}
    row = await view.store.read_one(view.tenant, "journeys.journey", **asked)
    if row is None:
        raise NotFound("There is no journey of this id: it may have been threaded anew, after an earlier event came.")
    steps, queries = await _steps(view, [journey_id])
    return say.JourneyAnswer(**row, chain=steps, queries=[view.query("journeys.journey", **asked), *queries])


async def timeline(view: View, household_id: str) -> say.Timeline:
    """Everything that happened between a household and the contractor. Raises NotFound."""
    living = await _living(view, household_id)
    asked = {"household": living, "as_of": moments.now(), "limit": MOST_ROWS}
    rows = await view.store.read(view.tenant, "journeys.household_journeys", **asked)
    steps, queries = await _steps(view, [row["journey_id"] for row in rows], household_id=living)
    return say.Timeline(
        household_id=living,
        requested_id=household_id,
        steps=steps[:MOST_ROWS],
        truncated=len(steps) > MOST_ROWS,
        followed=await followed(view.store, view.tenant),
        queries=[view.query("journeys.household_journeys", **asked), *queries],
    )


async def _steps(
    view: View, journeys: Sequence[str], *, household_id: str | None = None
) -> tuple[list[say.Step], list[QueryUsed]]:
    """The events of journeys, and what else a household showed, in their order; and the queries they came from."""
    asks: list[tuple[str, dict[str, Any]]] = [
        ("journeys.chain", {"journeys": journeys, "limit": MOST_ROWS + 1}),
        ("journeys.outcomes", {"journeys": journeys}),
    ]
    if household_id is not None:
        asks.append(("journeys.signals", {"household": household_id, "limit": MOST_ROWS + 1}))
    rows = [row for name, params in asks for row in await view.store.read(view.tenant, name, **params)]
    rows.sort(key=lambda row: (row["occurred_at"], row["kind"] == "conversion", row["source"], row["event_id"]))
    return [_step(view, row) for row in rows], [view.query(name, **params) for name, params in asks]


def _step(view: View, row: Row) -> say.Step:
    attributes = orjson.loads(row["attributes"]) if row["attributes"] and view.personal else None
    return say.Step(**{**row, "attributes": attributes})


async def funnel(view: View, storm_id: str, *, anonymous: bool, limit: int) -> say.Funnel:
    """How far households came after a storm, the ways most of them took, and how long it took. Raises NotFound."""
    if not await view.store.read(view.tenant, "journeys.storm_windows", storms=[storm_id]):
        raise NotFound("There is no storm of this id.")
    asked: dict[str, Any] = {"storm": storm_id, "anonymous": anonymous}
    asks = {
        "journeys.storm_funnel": asked,
        "journeys.top_paths": {**asked, "limit": limit},
        "journeys.time_to_conversion": asked,
    }
    reached, ways, durations = [await view.store.read(view.tenant, name, **params) for name, params in asks.items()]
    return say.Funnel(
        storm_id=storm_id,
        reached=say.Reached(**reached[0]),
        top_paths=[say.Way(**row) for row in ways],
        time_to_conversion=[say.Duration(**row) for row in durations],
        queries=[view.query(name, **params) for name, params in asks.items()],
    )


async def followed(store: Store, tenant: str) -> say.Followed:
    """How far the journeys have followed what happened to persons, households, homes and storms."""
    row = await store.read_one(tenant, "journeys.follower", own=ROOM, limit=MOST_WAITING)
    return say.Followed(**row) if row else say.Followed(run_id=None, position=None, followed_at=None, waiting=0)


async def channels(store: Store, tenant: str) -> say.Channels:
    """Every channel that events may name."""
    own = {row["channel"]: row["aliases"] for row in await store.read(tenant, "journeys.channels")}
    names = sorted({*model.CHANNELS, *own})
    words = [say.ChannelWords(channel=one, aliases=[*model.CHANNELS.get(one, ()), *own.get(one, ())]) for one in names]
    return say.Channels(channels=words)


async def register_channel(store: Store, tenant: str, words: say.ChannelWords) -> say.Channels:
    """Make a channel of the tenant's own, or give one of the registry further names. Raises BadInput."""
    name = model.folded(words.channel)
    if not name or name != words.channel:
        raise BadInput(f"'{words.channel}' is no channel's name: use lower-case words joined by '_'.")
    if name in {model.folded(word) for word in model.RESERVED}:
        raise BadInput(f"'{name}' is what a walk calls something else; name the channel otherwise.")
    aliases = [model.folded(alias) for alias in words.aliases]
    taken = [alias for alias in aliases if alias in model.CHANNELS and alias != name]
    if taken or not all(aliases):
        raise BadInput(f"An alias may not be empty or itself a channel: {', '.join(taken)}.")
    await store.write(tenant, "journeys.register_channel", own=name, channel=name, aliases=aliases)
    return await channels(store, tenant)


async def _living(view: View, household_id: str) -> str:
    """The household that an id stands for now. Raises NotFound."""
    wanted = household_id
    for _ in range(LONGEST_ALIAS_CHAIN):
        row = await view.store.read_one(view.tenant, "journeys.household", household=wanted)
        if row is None:
            raise NotFound("There is no household of this id.")
        if row["alias_of"] is None:
            return wanted
        wanted = row["alias_of"]
    raise ServiceError(f"More than {LONGEST_ALIAS_CHAIN} merges lead from this household to its survivor.")
