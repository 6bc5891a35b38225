"""What came in over HTTP: the systems that rows come from, and what was set aside."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from graph_service.auth import Caller, requires
from graph_service.records import schemas as say
from graph_service.records import service

router = APIRouter(prefix="/v1", tags=["records"])
Asker = Annotated[Caller, requires("identity:read")]
After = Annotated[str, Query(max_length=1000, description="`next` of the last answer; without it, from the beginning.")]
Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]


@router.get("/sources")
async def sources(request: Request, caller: Asker, after: After = "", limit: Limit = 100) -> say.Sources:
    """The systems that records come from, with the mapping of their columns, by name.

    ```
    curl $URL/v1/sources -H "Authorization: Bearer $KEY"
    {"sources": [{"source": "crm", "mapping": "...", "fields": "{...}", "last_ingest_at": "2026-11-21T12:00:00Z"}],
     "next": null, "query": {"name": "records.sources", ...}}
    ```
    """
    return await service.sources_page(request.app.state.store, caller.tenant, after=after, limit=limit)


@router.get("/quarantine")
async def quarantine(request: Request, caller: Asker, after: After = "", limit: Limit = 100) -> say.Quarantine:
    """What was set aside, and why; where it stood is hidden without `pii:read`, for it may name a row.

    ```
    curl "$URL/v1/quarantine?limit=2" -H "Authorization: Bearer $KEY"
    {"entries": [{"quarantine_id": "5f1c...", "stage": "ingest", "source": "crm", "place": "***",
                  "reason": "holds no value that tells who it is", "quarantined_at": "2026-11-21T12:00:00Z"}, ...],
     "next": "cTE...", "query": {"name": "records.quarantined", ...}}
    ```
    """
    store, personal = request.app.state.store, caller.sees_personal_data
    return await service.quarantine_page(store, caller.tenant, after=after, limit=limit, personal=personal)
