"""The library of queries over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from graph_service.auth import Caller, requires
from graph_service.catalogue import service
from graph_service.catalogue.schemas import Catalogue, RunAnswer, RunRequest

router = APIRouter(prefix="/v1/queries", tags=["queries"])
Asker = Annotated[Caller, requires("graph:query")]
Name = Annotated[str, Path(max_length=200, examples=["exploration.shared_identifiers"])]


@router.get("")
async def catalogue(request: Request, caller: Asker) -> Catalogue:
    """Every read query of the library: what it answers, its parameters, its Cypher.

    ```
    curl $URL/v1/queries -H "Authorization: Bearer $KEY"
    {"queries": [{"name": "exploration.largest_households", "says": "The households with most persons ...", ...}]}
    ```
    """
    return service.catalogue(request.app.state.store.library)


@router.post("/{name}")
async def run(request: Request, caller: Asker, name: Name, body: RunRequest) -> RunAnswer:
    """Run one read query by name on your own graph; at most 1,000 rows.

    Parameters of type KEY take your own id (a string, or a list of its parts), never the tenant. Without `pii:read`,
    columns that may hold personal values show `***`.

    ```
    curl $URL/v1/queries/exploration.shared_identifiers -H "Authorization: Bearer $KEY" \\
      -H "Content-Type: application/json" -d '{"params": {"least": 3, "limit": 5}}'
    {"query": "exploration.shared_identifiers", "columns": ["kind", "value", "persons", "households"],
     "rows": [{"kind": "phone", "value": "***", "persons": 4, "households": 2}, ...], "truncated": false, ...}
    ```
    """
    store, personal = request.app.state.store, caller.sees_personal_data
    return await service.run(store, caller.tenant, name, given=body.params, personal=personal)
