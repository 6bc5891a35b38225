"""A statement of an analyst's own over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from graph_service.analysts import service
from graph_service.analysts.forms import FORMS, as_wanted
from graph_service.analysts.schemas import CypherAnswer, CypherRequest
from graph_service.auth import Caller, requires

router = APIRouter(prefix="/v1/cypher", tags=["queries"])
Asker = Annotated[Caller, requires("graph:query")]
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The rows, in the form that `Accept` asks for.", "content": {form: {} for form in FORMS[1:]}},
    406: {"description": "None of the forms that `Accept` names is spoken here."},
    409: {"description": "Several tenants share the engine's one database."},
    429: {"description": "Two statements of this tenant are running."},
}


@router.post("", responses=ANSWERS, response_model=CypherAnswer)
async def cypher(request: Request, caller: Asker, body: CypherRequest) -> Response:
    """Ask a statement of your own of your own graph: one read, cut off at its time limit, at most two at once.

    Values come as `$parameters`. Clauses and functions are those of an allow-list; what writes, calls procedures, loads
    files or leaves your database is refused before an engine sees it. Without `pii:read` a statement may not read
    personal properties, and nodes show them as `***`. `Accept` chooses JSON, `text/csv` or
    `application/vnd.apache.arrow.stream`; the header `StormGraph-Truncated` says whether rows were left out.

    ```
    curl $URL/v1/cypher -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" -d '{"statement":
      "MATCH (h:Household) WHERE h.persons >= $least RETURN h.household_id AS id, h.persons AS persons ORDER BY id",
      "params": {"least": 4}, "limit": 2}'
    {"columns": ["id", "persons"], "rows": [{"id": "0192...", "persons": 5}, ...], "truncated": true, "as_of": "..."}
    ```
    """
    wanted = as_wanted(request.headers.get("accept", ""))
    store, personal = request.app.state.store, caller.sees_personal_data
    answer = await service.run(store, caller.tenant, body, personal=personal)
    headers = {"StormGraph-Truncated": str(answer.truncated).lower()}
    return Response(wanted.write(answer), media_type=wanted.media_type, headers=headers)
