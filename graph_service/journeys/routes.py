"""Journeys over HTTP: events in, journeys and timelines out."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from graph_service.auth import Caller, requires
from graph_service.identity.view import View
from graph_service.journeys import schemas as say
from graph_service.journeys import service

router = APIRouter(prefix="/v1", tags=["journeys"])
Sender = Annotated[Caller, requires("ingest:write")]
Asker = Annotated[Caller, requires("attribution:read")]
OwnId = Annotated[str, Path(max_length=200, examples=["01930000-0000-7000-8000-000000000001"])]


def _view(request: Request, caller: Caller) -> View:
    return View(request.app.state.store, caller.tenant, caller.sees_personal_data)


@router.post("/events")
async def take_events(request: Request, caller: Sender, body: say.Events) -> say.EventsAnswer:
    """Take up to 1,000 events in; the journeys they belong to stand when the answer comes.

    Every event is answered for itself: `accepted`, `unchanged` (we hold it), `superseded` (another body under the same
    id replaced the former), `retracted` (taken back) or `rejected` with the reason. Sending a batch again changes
    nothing. An event of which no identifier is known makes an anonymous household.

    ```
    curl $URL/v1/events -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"events": [
      {"event_id": "c-1001", "source": "calls", "occurred_at": "2026-05-04T15:12:00-05:00", "kind": "touch",
       "channel": "phone", "direction": "inbound", "identifiers": [{"kind": "phone", "value": "214-555-2368"}]},
      {"event_id": "s-17", "source": "crm", "occurred_at": "2026-05-09T10:00:00-05:00", "kind": "conversion",
       "value_usd": 14500, "identifiers": [{"kind": "phone", "value": "214-555-2368"}]},
      {"event_id": "s-16-cancelled", "source": "crm", "retracts": "s-16"}]}'
    {"accepted": 2, "unchanged": 0, "superseded": 0, "retracted": 1, "rejected": 0, "events": [
      {"event_id": "c-1001", "source": "calls", "status": "accepted", "reason": null, "household_id": "0193...",
       "journey_id": "7d0c..."}, ...]}
    ```
    """
    return await service.take_events(request.app.state.threader, caller.tenant, body.events)


@router.get("/households/{household_id}/journeys")
async def household_journeys(request: Request, caller: Asker, household_id: OwnId) -> say.Journeys:
    """The journeys of a household, one for each storm and conversion, the oldest first.

    `followed` says how far journeys have followed what happened to persons and homes meanwhile.

    ```
    curl $URL/v1/households/$HOUSEHOLD/journeys -H "Authorization: Bearer $KEY"
    {"household_id": "0193...", "journeys": [{"journey_id": "7d0c...", "storm_id": "DFW_STORM_24", "touches": 4,
     "outcome": "converted", "value_usd": 14500.0, ...}], "followed": {"waiting": 0, ...}, "query": {...}}
    ```
    """
    return await service.household_journeys(_view(request, caller), household_id)


@router.get("/households/{household_id}/timeline")
async def timeline(request: Request, caller: Asker, household_id: OwnId) -> say.Timeline:
    """Everything that happened between a household and the contractor: touches, responses, milestones, conversions.

    What the source said besides (`attributes`) shows with `pii:read` only.

    ```
    curl $URL/v1/households/$HOUSEHOLD/timeline -H "Authorization: Bearer $KEY"
    {"household_id": "0193...", "steps": [{"kind": "touch", "channel": "door_knock", "occurred_at": "...", ...},
     {"kind": "milestone", "milestone": "inspection", ...}, {"kind": "conversion", "value_usd": 14500.0, ...}], ...}
    ```
    """
    return await service.timeline(_view(request, caller), household_id)


@router.get("/journeys/{journey_id}")
async def journey(request: Request, caller: Asker, journey_id: OwnId) -> say.JourneyAnswer:
    """One journey with its chain of touches, and the conversion that closed it.

    ```
    curl $URL/v1/journeys/$JOURNEY -H "Authorization: Bearer $KEY"
    {"journey_id": "7d0c...", "storm_id": "DFW_STORM_24", "outcome": "converted", "chain": [
      {"kind": "touch", "channel": "door_knock", ...}, {"kind": "conversion", ...}], "queries": [...]}
    ```
    """
    return await service.journey(_view(request, caller), journey_id)


@router.get("/attribution/storms/{storm_id}/funnel")
async def funnel(
    request: Request,
    caller: Asker,
    storm_id: OwnId,
    *,
    anonymous: Annotated[
        bool, Query(description="Count households of which only an identifier is known, too.")
    ] = False,
    limit: Annotated[int, Query(ge=1, le=1000, description="How many paths.")] = 20,
) -> say.Funnel:
    """How far households came after a storm, the paths that most signatures took, and how long it took.

    ```
    curl $URL/v1/attribution/storms/DFW_STORM_24/funnel -H "Authorization: Bearer $KEY"
    {"storm_id": "DFW_STORM_24", "reached": {"households": 1480, "responded": 390, "leads": 301, "inspections": 260,
     "claims": 244, "converted": 211}, "top_paths": [{"path": ["door_knock", "call"], "conversions": 31, ...}, ...],
     "time_to_conversion": [{"channel": "door_knock", "conversions": 96, "mean_days": 11.3, ...}, ...], ...}
    ```
    """
    return await service.funnel(_view(request, caller), storm_id, anonymous=anonymous, limit=limit)


@router.get("/channels")
async def channels(request: Request, caller: Asker) -> say.Channels:
    """Every channel that events may name, with its aliases.

    ```
    curl $URL/v1/channels -H "Authorization: Bearer $KEY"
    {"channels": [{"channel": "call", "aliases": ["phone", "phone_call", "telephone", "calls"]}, ...]}
    ```
    """
    return await service.channels(request.app.state.store, caller.tenant)


@router.put("/channels")
async def register_channel(request: Request, caller: Sender, body: say.ChannelWords) -> say.Channels:
    """Make a channel of your own, or give one of the registry further names; answers all channels.

    ```
    curl -X PUT $URL/v1/channels -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"channel": "drone_flight", "aliases": ["drone"]}'
    {"channels": [..., {"channel": "drone_flight", "aliases": ["drone"]}, ...]}
    ```
    """
    return await service.register_channel(request.app.state.store, caller.tenant, body)
