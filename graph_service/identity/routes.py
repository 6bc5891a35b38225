"""Identity over HTTP: who is behind an identifier, who is in a household."""

from datetime import date
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Header, Path, Query, Request, Response

from graph_service.auth import Caller, requires
from graph_service.identity import neighbourhood, resolving, service
from graph_service.identity import schemas as say
from graph_service.identity.view import View

router = APIRouter(prefix="/v1", tags=["identity"])
READS = requires("identity:read")
Asker = Annotated[Caller, READS]
Sender = Annotated[Caller, requires("ingest:write")]
OwnId = Annotated[str, Path(max_length=200, examples=["01930000-0000-7000-8000-000000000001"])]
KNOWN: dict[int | str, dict[str, Any]] = {304: {"description": "Nothing changed since the ETag you sent."}}
TOO_MANY: dict[int | str, dict[str, Any]] = {409: {"description": "More is concerned than can be decided on at once."}}
IfNoneMatch = Annotated[str | None, Header(description="The ETag of the answer that you have.", max_length=1000)]
AsOf = Annotated[date | None, Query(description="The day that is asked about; without it, today.")]
A = TypeVar("A", say.Person, say.Household)
AT_ONCE = 16  # rows that are decided on before they are answered, unless the caller says otherwise


def _view(request: Request, caller: Caller) -> View:
    state = request.app.state
    return View(state.store, caller.tenant, caller.sees_personal_data, state.finder)


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _unless_known(response: Response, answer: A, if_none_match: str | None, *, merged: bool) -> A | Response:
    """The answer with its ETag; or 304, where the caller has this version of this very id."""
    etag = f'"{answer.version}"'
    known = {tag.strip().removeprefix("W/") for tag in (if_none_match or "").split(",")}
    if etag in known and not merged:
        return Response(status_code=304, headers={"etag": etag})
    response.headers["etag"] = etag
    return answer


@router.post("/identity/resolve", responses=TOO_MANY)
async def resolve(request: Request, caller: Asker, body: say.ResolveRequest) -> say.ResolveAnswer:
    """Who is behind these identifiers, or behind a name, an address or any mix of fields?

    A person is answered only if exactly one carries every identifier that was found. A shared landline or a family
    e-mail answers `ambiguous: true`, the household if all leading candidates share it, and the ranked candidates.
    Nothing found is an answer too: no candidates. `fields` are compared as a new row's would be, misspellings
    and all; identifiers beside them count as fields. With `create`, and the scope `ingest:write`, somebody unknown
    becomes a person.

    ```
    curl $URL/v1/identity/resolve -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"identifiers": [{"kind": "email", "value": "jane@example.com"}, {"kind": "phone", "value": "214-555-2368"}]}'
    curl $URL/v1/identity/resolve -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"fields": {"full_name": "Jane Henderson", "street_address": "14 Elm St", "zip": "75209"}, "create": true}'
    {"person_id": "0193...", "household_id": "0193...", "strength": 0.97, "ambiguous": false, "candidates": [...],
     "evidence": [{"kind": "email", "value": "j***@example.com", "found": true, "persons": 1, "strength": 1.0}, ...],
     "query": {"name": "identity.resolve_identifiers", "parameters": {...}, "as_of": "2026-11-21T12:00:00.000Z"}}
    ```
    """
    if body.fields or body.create:
        request.scope["writes"] = body.create
        return await resolving.resolve_fields(_view(request, caller), body, may_create="ingest:write" in caller.scopes)
    return await resolving.resolve(_view(request, caller), body.identifiers)


@router.post("/identity/resolve/batch")
async def resolve_batch(request: Request, caller: Asker, body: say.ResolveBatchRequest) -> say.ResolveBatchAnswer:
    """The same for up to 500 questions at once; the results come in the order of the items.

    ```
    curl $URL/v1/identity/resolve/batch -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"items": [{"identifiers": [{"kind": "email", "value": "jane@example.com"}]},
                     {"identifiers": [{"kind": "cookie_id", "value": "GA1.2.77"}]}]}'
    {"results": [{"person_id": "0193...", ...}, {"person_id": null, "candidates": [], ...}], "query": {...}}
    ```
    """
    return await resolving.resolve_batch(_view(request, caller), body.items)


@router.post("/records", responses=TOO_MANY)
async def take_records_in(
    request: Request,
    caller: Sender,
    body: say.RecordsRequest,
    *,
    wait: Annotated[bool | None, Query(description="Whether to answer only when all is decided.")] = None,
) -> say.RecordsAnswer:
    """Take rows of one source in, and say whom each describes.

    The same row again changes nothing; a row with an id that is known and other content is a new version of it. A row
    that cannot be kept is refused with its reason, the others are taken in.

    Up to 16 rows are compared with everybody before they are answered, as with `wait=true`. More, as with `wait=false`,
    are kept, found by what they carry, and answered with `waiting: true`: a new row has a person of its own until it
    was compared, soon after. If it is somebody known, that person's id is merged, and goes on answering.

    ```
    curl $URL/v1/records -H "Authorization: Bearer $KEY" -H "Content-Type: application/json" \\
      -d '{"source": "web", "records": [{"record_id": "17", "full_name": "Jane Low", "email": "jane@example.com"}]}'
    {"source": "web", "waiting": 0, "results": [
      {"record_id": "17", "outcome": "new", "person_id": "0193...", "household_id": "0193...", "matched": 3,
       "skipped": 0, "waiting": false, "reason": null}]}
    ```
    """
    later = None if wait or (wait is None and len(body.records) <= AT_ONCE) else request.app.state.backlog
    return await resolving.take_in(_view(request, caller), body, actor=caller.key_id, later=later)


@router.get("/identity/{identifier:path}")
async def resolve_one(
    request: Request,
    caller: Asker,
    identifier: Annotated[str, Path(description="`kind:value`, percent-encoded.", examples=["email:jane@example.com"])],
    scope: Annotated[str, Query(max_length=100, description="The system whose id it is, for kinds kept apart.")] = "",
) -> say.ResolveAnswer:
    """Who is behind one identifier? 404 where it leads to nobody.

    ```
    curl $URL/v1/identity/email:jane%40example.com -H "Authorization: Bearer $KEY"
    {"person_id": "0193...", "household_id": "0193...", "strength": 1.0, "ambiguous": false, ...}
    ```
    """
    return await resolving.resolve_one(_view(request, caller), identifier, scope=scope)


@router.get("/persons/{person_id}", response_model=say.Person, responses=KNOWN)
async def person(
    request: Request, response: Response, caller: Asker, person_id: OwnId, *, if_none_match: IfNoneMatch = None
) -> say.Person | Response:
    """One person; names are masked without `pii:read`. The id of a person that was merged answers its survivor.

    The ETag is its version: with `If-None-Match`, 304 while nothing changed.

    ```
    curl $URL/v1/persons/$PERSON -H "Authorization: Bearer $KEY"
    {"person_id": "0193...", "requested_id": "0193...", "first_name": "j***", "records": 7, ...}
    ```
    """
    answer = await service.person(_view(request, caller), person_id)
    return _unless_known(response, answer, if_none_match, merged=answer.person_id != person_id)


@router.get("/persons/{person_id}/identifiers")
async def person_identifiers(request: Request, caller: Asker, person_id: OwnId) -> say.PersonIdentifiers:
    """By what a person is known, the surest first; personal values are masked without `pii:read`.

    ```
    curl $URL/v1/persons/$PERSON/identifiers -H "Authorization: Bearer $KEY"
    {"person_id": "0193...", "identifiers": [{"kind": "email", "value": "j***@example.com", "strength": 1.0, ...}], ...}
    ```
    """
    return await service.person_identifiers(_view(request, caller), person_id)


@router.get("/households")
async def households(
    request: Request,
    caller: Asker,
    wanted: Annotated[say.Wanted, Query()],
    *,
    after: Annotated[str, Query(max_length=1000, description="`next` of the last answer; without it, all.")] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> say.Households:
    """The households that fit, in the order of their ids; the street is masked without `pii:read`.

    A page may hold fewer than `limit`, even none, while `next` is not null: the filters are tried on 5,000 households
    at a time.

    ```
    curl "$URL/v1/households?least=3&zip=75209&limit=2" -H "Authorization: Bearer $KEY"
    {"households": [{"household_id": "0193...", "kind": "family", "persons": 3, "home": {...}, ...}, ...],
     "next": "MDE5My4uLg...", "query": {"name": "identity.households_that_fit", ...}}
    ```
    """
    return await service.households(_view(request, caller), wanted, after=after, limit=limit)


@router.get("/households/{household_id}", response_model=say.Household, responses=KNOWN)
async def household(
    request: Request,
    response: Response,
    caller: Asker,
    household_id: OwnId,
    *,
    as_of: AsOf = None,
    if_none_match: IfNoneMatch = None,
) -> say.Household | Response:
    """One household and where it lives, or lived on the day `as_of`; the street is masked without `pii:read`.

    The ETag is its version: with `If-None-Match`, 304 while nothing changed.

    ```
    curl "$URL/v1/households/$HOUSEHOLD?as_of=2025-06-01" -H "Authorization: Bearer $KEY"
    {"household_id": "0193...", "kind": "family", "persons": 3, "home": {"city": "dallas", "zip": "75209", ...}, ...}
    ```
    """
    answer = await service.household(_view(request, caller), household_id, as_of=_day(as_of))
    return _unless_known(response, answer, if_none_match, merged=answer.household_id != household_id)


@router.get("/households/{household_id}/members")
async def household_members(request: Request, caller: Asker, household_id: OwnId, *, as_of: AsOf = None) -> say.Members:
    """Who belongs to a household today, or had come to it by the day `as_of`; those with most records first.

    ```
    curl $URL/v1/households/$HOUSEHOLD/members -H "Authorization: Bearer $KEY"
    {"household_id": "0193...", "members": [{"person_id": "0193...", "first_name": "j***", "since": "2019-05-01"}], ...}
    ```
    """
    return await service.household_members(_view(request, caller), household_id, as_of=_day(as_of))


@router.get("/households/{household_id}/identifiers")
async def household_identifiers(request: Request, caller: Asker, household_id: OwnId) -> say.HouseholdIdentifiers:
    """By what the members of a household are known today, the most shared first.

    ```
    curl $URL/v1/households/$HOUSEHOLD/identifiers -H "Authorization: Bearer $KEY"
    {"household_id": "0193...", "identifiers": [{"kind": "phone", "value": "+1***0101", "persons": 2, ...}], ...}
    ```
    """
    return await service.household_identifiers(_view(request, caller), household_id)


@router.get("/households/{household_id}/graph")
async def household_graph(
    request: Request,
    caller: Asker,
    household_id: OwnId,
    *,
    hops: Annotated[int, Query(ge=1, le=4, description="How many steps from the household.")] = 2,
    limit: Annotated[int, Query(ge=1, le=2000, description="How many edges at most, the nearest first.")] = 300,
) -> say.HouseholdGraph:
    """What is around a household, for drawing: nodes and edges within so many steps; `truncated` where there is more.

    One step leads to its members and homes, two to their rows and identifiers, three to what those share.

    ```
    curl "$URL/v1/households/$HOUSEHOLD/graph?hops=2" -H "Authorization: Bearer $KEY"
    {"household_id": "0193...", "nodes": [{"id": 0, "label": "Household", "own_id": "0193...", "hops": 0, ...}, ...],
     "edges": [{"kind": "MEMBER_OF", "start": 1, "finish": 0, "since": "2019-05-01", ...}], "truncated": false, ...}
    ```
    """
    return await neighbourhood.household_graph(_view(request, caller), household_id, hops=hops, limit=limit)
