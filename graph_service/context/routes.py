"""Storms, properties and exposures over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Request

from graph_service.auth import Caller, requires
from graph_service.context import schemas as say
from graph_service.context import service

router = APIRouter(prefix="/v1", tags=["context"])
Sender = Annotated[Caller, requires("ingest:write")]


@router.post("/storms")
async def write_storms(request: Request, caller: Sender, body: say.Storms) -> say.Written:
    """Hold up to 1,000 storms; the same again changes nothing, another body replaces the former.

    Journeys follow the windows: the answer's `waiting` households are derived again before it is sent.

    ```
    curl $URL/v1/storms -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"storms": [
      {"storm_id": "DFW_STORM_24", "name": "April hail", "kind": "hail", "from": "2026-04-28T00:00:00-05:00",
       "until": "2026-10-28T00:00:00-05:00", "magnitude": 2.25}]}'
    {"written": 1, "new": 1, "missing": [], "waiting": 0}
    ```
    """
    written = await service.write_storms(request.app.state.store, caller.tenant, body.storms)
    await request.app.state.follow(caller.tenant, written.waiting)
    return written


@router.post("/properties")
async def write_properties(request: Request, caller: Sender, body: say.Properties) -> say.Written:
    """Hold up to 1,000 buildings; what is not said of one stays as it was.

    Journeys follow the ZIP of the home: the answer's `waiting` households are derived again before it is sent.

    ```
    curl $URL/v1/properties -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"properties": [
      {"property_id": "P-14", "street_address": "14 Elm St", "city": "Dallas", "state": "TX", "zip": "75209"}]}'
    {"written": 1, "new": 1, "missing": [], "waiting": 0}
    ```
    """
    written = await service.write_properties(request.app.state.store, caller.tenant, body.properties)
    await request.app.state.follow(caller.tenant, written.waiting)
    return written


@router.post("/exposures")
async def write_exposures(request: Request, caller: Sender, body: say.Exposures) -> say.Written:
    """Hold that storms came over buildings, up to 1,000 at once; ids that are not known are named in `missing`.

    ```
    curl $URL/v1/exposures -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"exposures": [
      {"property_id": "P-14", "storm_id": "DFW_STORM_24", "sii": 82.5, "moe_usd": 14000}]}'
    {"written": 1, "new": 1, "missing": [], "waiting": 1}
    ```
    """
    written = await service.write_exposures(request.app.state.store, caller.tenant, body.exposures)
    await request.app.state.follow(caller.tenant, written.waiting)
    return written
