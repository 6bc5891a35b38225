"""Erasure over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request

from graph_service.auth import Caller, requires
from graph_service.privacy import service
from graph_service.privacy.schemas import Erased

router = APIRouter(prefix="/v1", tags=["privacy"])
Eraser = Annotated[Caller, requires("erase:write")]


TOO_MANY = {"description": "More of others is concerned than can be decided on again at once."}


@router.delete("/persons/{person_id}", responses={409: TOO_MANY})
async def erase(
    request: Request,
    caller: Eraser,
    person_id: Annotated[str, Path(max_length=200, examples=["01930000-0000-7000-8000-000000000001"])],
    dry_run: Annotated[bool, Query(description="Say what would go, and change nothing.")] = False,
) -> Erased:
    """Erase a person from everywhere: rows, identifiers nobody else has, matches, models, what was set aside, reasons.

    What the same rows bring again is left out. The id answers 410 from now on.

    ```
    curl -X DELETE $URL/v1/persons/$PERSON -H "Authorization: Bearer $KEY"
    {"person_id": "0192...", "dry_run": false, "rows": 4, "identifiers": 3, "tombstones": 9, ...}
    ```
    """
    asked = service.Asked(person_id, f"key {caller.key_id}", dry_run)
    return await service.erase(request.app.state.store, caller.tenant, asked)
