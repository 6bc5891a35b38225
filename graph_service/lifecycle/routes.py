"""The life of an identity over HTTP: merge, split, judge, undo; history and the feed of changes."""

from typing import Annotated, TypeVar

from fastapi import APIRouter, Header, Path, Query, Request

from graph_service.auth import Caller, requires
from graph_service.errors import BadInput
from graph_service.identity.view import View
from graph_service.lifecycle import jobs, service
from graph_service.lifecycle import schemas as say
from graph_service.once import Once

C = TypeVar("C", bound=say.Command)
MOST_GROUPS = 200  # of persons that a run changed, taken back in one request
router = APIRouter(prefix="/v1", tags=["life of an identity"], route_class=Once)
Asker = Annotated[Caller, requires("identity:read")]
Editor = Annotated[Caller, requires("identity:merge")]
OwnId = Annotated[str, Path(max_length=200, examples=["01930000-0000-7000-8000-000000000001"])]


@router.post("/identity/merge")
async def merge(request: Request, caller: Editor, body: say.MergeRequest) -> say.Done:
    """These persons are one. The oldest id stays; the others answer it from now on.

    `expect` holds the versions you have seen; 409 `stale` if one has changed since. `dry_run` shows what would happen.

    ```
    curl $URL/v1/identity/merge -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"persons": ["0192...", "0193..."], "expect": {"0192...": 3, "0193...": 1}, "reason": "same call"}'
    {"change_id": "0194...", "judgement_id": "0194...", "persons": [{"person_id": "0192...", "version": 4, ...}], ...}
    ```
    """
    return await service.merge(request.app.state.store, caller.tenant, _by(caller, body))


@router.post("/identity/split")
async def split(
    request: Request,
    caller: Editor,
    body: say.SplitRequest,
    if_match: Annotated[str | None, Header(description="The ETag of the person as you know it.")] = None,
) -> say.Done:
    """Some rows of a person are somebody else. The larger part keeps the id and names the other in `also`.

    ```
    curl $URL/v1/identity/split -H "Authorization: Bearer $KEY" -H 'If-Match: "4"' \\
      -H "Content-Type: application/json" \\
      -d '{"person_id": "0192...", "rows": [{"source": "crm", "record_id": "17"}], "reason": "father and son"}'
    {"change_id": "0194...", "persons": [{"person_id": "0192...", ...}, {"person_id": "0195...", ...}], ...}
    ```
    """
    expected = None if if_match is None else _version(if_match)
    return await service.split(request.app.state.store, caller.tenant, _by(caller, body), expected=expected)


@router.post("/identity/judgements")
async def judge(request: Request, caller: Editor, body: say.JudgementRequest) -> say.Done:
    """Two sets of rows are (`same`), or are not (`different`), one person; where judgements disagree, the later holds.

    ```
    curl $URL/v1/identity/judgements -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"verdict": "different", "left": [{"source": "crm", "record_id": "1"}],
           "right": [{"source": "crm", "record_id": "2"}]}'
    {"change_id": "0194...", "judgement_id": "0194...", "persons": [...], "changes": [...]}
    ```
    """
    return await service.judge(request.app.state.store, caller.tenant, _by(caller, body))


@router.post("/identity/undo/{change_id}")
async def undo(request: Request, caller: Editor, change_id: OwnId, body: say.UndoRequest | None = None) -> say.Done:
    """Take back what was decided behind a change: the ids return that were there, where nothing arrived since.

    409 where a later judgement builds on it (named), where it was taken back already, or where rows were erased.

    ```
    curl -X POST $URL/v1/identity/undo/0194... -H "Authorization: Bearer $KEY"
    {"change_id": "0195...", "persons": [{"person_id": "0192...", ...}, {"person_id": "0193...", ...}], ...}
    ```
    """
    own = _by(caller, body or say.UndoRequest(actor="", reason="", dry_run=False))
    return await service.undo(request.app.state.store, caller.tenant, change_id, own)


@router.post("/identity/runs/{run_id}/undo")
async def undo_run(
    request: Request, caller: Editor, run_id: OwnId, body: say.UndoRunRequest | None = None
) -> say.RunUndone:
    """Take back what a match run did to persons: whom it merged is apart again, whom it split is whole, by former ids.

    Kept as judgements, so that the next run does not do it again. `dry_run` shows what would happen; `persons` names
    those whose part of the run is meant; 409 names persons that moved on since, unless `skip` leaves them as they are.

    ```
    curl $URL/v1/identity/runs/0194.../undo -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"reason": "trained on the wrong file", "dry_run": true}'
    {"dry_run": true, "run_id": "0194...", "groups": 2, "persons": 5, "rows": 17, "judgements": 3, "skipped": [], ...}
    ```
    """
    own = _by(caller, body or say.UndoRunRequest(actor="", reason="", dry_run=False, skip=False))
    return await jobs.undo_run(request.app.state.store, caller.tenant, run_id, own, most=MOST_GROUPS)


@router.post("/identity/links")
async def link(request: Request, caller: Editor, body: say.LinkRequest) -> say.Linked:
    """Whoever these identifiers lead to has to do with this building. Again changes nothing.

    ```
    curl $URL/v1/identity/links -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"property_id": "P-14", "identifiers": [{"kind": "email", "value": "jane@example.com"}]}'
    {"person_id": "0192...", "household_id": "0192...", "property_id": "P-14", "row": {...}, "change_id": "0195..."}
    ```
    """
    own = body if body.actor else body.model_copy(update={"actor": f"key {caller.key_id}"})
    return await service.link(request.app.state.store, caller.tenant, own)


@router.get("/identity/changes")
async def changes(
    request: Request,
    caller: Asker,
    after: Annotated[str, Query(max_length=100, description="`next` of the last answer; without it, all.")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> say.Feed:
    """The feed of changes, in an order that never loses one: follow it with `next`.

    ```
    curl "$URL/v1/identity/changes?limit=2" -H "Authorization: Bearer $KEY"
    {"changes": [{"change_id": "0193...", "kind": "person_merged", "subject": "0192...", "others": ["0193..."], ...}],
     "next": "AAAAAAAAAAJm...", "more": false}
    ```
    """
    return await service.changes(request.app.state.store, caller.tenant, after=after, limit=limit)


@router.get("/persons/{person_id}/history")
async def history(request: Request, caller: Asker, person_id: OwnId) -> say.History:
    """What happened to a person, the oldest first, with who did it and why.

    ```
    curl $URL/v1/persons/$PERSON/history -H "Authorization: Bearer $KEY"
    {"person_id": "0192...", "requested_id": "0193...", "changes": [{"kind": "person_merged", "actor": "jo", ...}]}
    ```
    """
    return await service.history(View(request.app.state.store, caller.tenant, False), person_id)


def _by(caller: Caller, body: C) -> C:
    """The command with its actor: the one it names, else the key that it came with."""
    return body if body.actor else body.model_copy(update={"actor": f"key {caller.key_id}"})


def _version(if_match: str) -> int:
    text = if_match.strip().removeprefix("W/").strip('"')
    if not text.isdigit():
        raise BadInput('If-Match holds the ETag of the person, such as "4".')
    return int(text)
