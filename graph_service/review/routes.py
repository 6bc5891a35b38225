"""Explanations and the review queue over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from graph_service.auth import Caller, requires
from graph_service.errors import BadInput
from graph_service.identity.view import View
from graph_service.review import jobs, page, service
from graph_service.review import schemas as say

router = APIRouter(prefix="/v1", tags=["review"])
Asker = Annotated[Caller, requires("identity:read")]
Editor = Annotated[Caller, requires("identity:merge")]
Format = Annotated[Literal["json", "html"], Query(description="`html` answers a page that needs nothing else.")]
RowText = Annotated[str, Query(max_length=600, description="source/record_id", examples=["crm/17"])]
POLICY = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}


def _view(request: Request, caller: Caller) -> View:
    return View(request.app.state.store, caller.tenant, caller.sees_personal_data)


@router.get("/identity/explain", response_model=say.PairExplained)
async def explain_pair(
    request: Request, caller: Asker, left: RowText, right: RowText, *, format: Format = "json"
) -> say.PairExplained | Response:
    """Why are two rows, or why are they not, one person? Every comparison with its level, bits and values.

    ```
    curl "$URL/v1/identity/explain?left=crm/1&right=calls/7" -H "Authorization: Bearer $KEY"
    {"same_person": true, "weight": 9.8, "steps": [{"comparison": "email", "level": "equal", "weight": 12.1, ...}], ...}
    ```
    """
    said = await service.explain_pair(_view(request, caller), service.row_of(left), service.row_of(right))
    return HTMLResponse(page.pair_page(said), headers=POLICY) if format == "html" else said


@router.get("/persons/{person_id}/explain", response_model=say.PersonExplained)
async def explain_person(
    request: Request,
    caller: Asker,
    person_id: Annotated[str, Path(max_length=200, examples=["01930000-0000-7000-8000-000000000001"])],
    *,
    left: RowText = "",
    right: RowText = "",
    format: Format = "json",
) -> say.PersonExplained | Response:
    """How did a person's rows come together? The joins, the weakest of them, and what would part them.

    With `left` and `right`, also the path of joins from one row to the other.

    ```
    curl $URL/v1/persons/$PERSON/explain -H "Authorization: Bearer $KEY"
    {"rows": [...], "weakest": {"left": {...}, "right": {...}, "weight": 1.3}, "would_part": [[...], [...]], ...}
    ```
    """
    if bool(left) != bool(right):
        raise BadInput("A path needs both `left` and `right`.")
    between = (service.row_of(left), service.row_of(right)) if left else None
    said = await service.explain_person(_view(request, caller), person_id, between)
    return HTMLResponse(page.person_page(said), headers=POLICY) if format == "html" else said


@router.get("/identity/review")
async def review(request: Request, caller: Asker, limit: Annotated[int, Query(ge=1, le=500)] = 50) -> say.Queue:
    """What is worth somebody's judgement, the most informative first: doubtful pairs, over-shared values, limits.

    Answer a pair with `POST /v1/identity/judgements`; it is effective at once and not asked again.

    ```
    curl "$URL/v1/identity/review?limit=10" -H "Authorization: Bearer $KEY"
    {"pairs": [{"left": {...}, "right": {...}, "weight": 0.2, "information": 1.9, ...}], "shared": [...], "limits": []}
    ```
    """
    return await service.queue(_view(request, caller), limit=limit)


@router.post("/identity/recalibrations", responses={409: {"description": "Too few judgements to learn from."}})
async def recalibrate(
    request: Request, caller: Editor, body: say.RecalibrateRequest | None = None
) -> say.Recalibration:
    """What do the judgements say about the model's weights? Measured on judgements that were held out.

    Where they are told better, the new model is kept under `model_id`; nothing uses it until it is adopted, and
    `stormgraph recalibrate ID --plan FILE` shows what it would change. 409 where there are too few judgements.

    ```
    curl -X POST $URL/v1/identity/recalibrations -H "Authorization: Bearer $KEY"
    {"model_id": "0195...", "better": true, "judgements": 120, "before": 0.41, "after": 0.23, "error": 0.04, ...}
    ```
    """
    asked = body or say.RecalibrateRequest(keep=True)
    return await jobs.recalibrated(request.app.state.store, caller.tenant, asked)


@router.post("/identity/models/{model_id}/adopt")
async def adopt(
    request: Request, caller: Editor, model_id: Annotated[str, Path(max_length=200, examples=["0195..."])]
) -> say.Adopted:
    """Use a kept model from now on, for rows that arrive and for match runs; who is there changes with the next run.

    ```
    curl -X POST $URL/v1/identity/models/0195.../adopt -H "Authorization: Bearer $KEY"
    {"model_id": "0195..."}
    ```
    """
    return await jobs.adopt(request.app.state.store, caller.tenant, model_id)
