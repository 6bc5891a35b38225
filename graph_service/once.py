"""A write that comes with an Idempotency-Key is done once, however often it is sent.

The graph keeps the seal of the key, a hash of what was asked, the status and the id of the answer; never its body.
"""

import hashlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from fastapi import Request, Response
from fastapi.routing import APIRoute

from graph_service.auth import Requires
from graph_service.errors import BadInput, Refused, ServiceError
from graph_service.graph import keys
from graph_service.graph.store import Row, Store
from graph_service.seals import sealing_secret, tombstone

HEADER = "idempotency-key"
LONGEST = 255
REMEMBERED = timedelta(hours=24)
MARGIN = timedelta(seconds=30)  # beyond the longest that a write may take, a request that has not ended is given up
IDS = ("change_id", "run_id", "person_id")
PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": LONGEST},
    "description": "Any text of your own, such as a UUID: the same request with the same key is done once within 24 "
    "hours. Sent again it answers `replayed`, the first answer's status and its id; 409 while it is being done, 422 "
    "where the same key comes with another request.",
}
REFUSED = "It contradicts what is there, or the same request is being done; `name` says which."
REPLAYED = {
    "type": "object",
    "title": "Replayed",
    "description": "A request with an Idempotency-Key was done before: what it was answered with, and about which id.",
    "required": ["replayed", "status", "id"],
    "properties": {
        "replayed": {"const": True},
        "status": {"type": "integer"},
        "id": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
}


class InProgress(Refused):
    """The same request is being done at this moment, or was cut off a short while ago."""

    name = "in_progress"


class Reused(BadInput):
    """The Idempotency-Key was used for another request."""

    name = "key_reused"


def document_replays(document: dict[str, Any]) -> None:
    """Say in an OpenAPI document what a write that was done before, or is being done, answers where a key is heeded."""
    document["components"]["schemas"]["Replayed"] = REPLAYED
    for operation in (one for operations in document["paths"].values() for one in operations.values()):
        if PARAMETER in operation.get("parameters", ()):
            refused = {**operation["responses"]["422"], "description": REFUSED}
            operation["responses"] = dict(sorted({"409": refused, **operation["responses"]}.items()))
            for status, answer in operation["responses"].items():
                if status.startswith("2"):
                    said = answer["content"]["application/json"]
                    said["schema"] = {"anyOf": [said["schema"], {"$ref": "#/components/schemas/Replayed"}]}


class Once(APIRoute):
    """A route whose POST heeds `Idempotency-Key`."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        self.writes = "POST" in (kwargs.get("methods") or ())
        if self.writes:
            kwargs["openapi_extra"] = {"parameters": [PARAMETER], **(kwargs.get("openapi_extra") or {})}
        super().__init__(path, endpoint, **kwargs)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, behind the memory of what was done."""
        handle = super().get_route_handler()

        async def remembered(request: Request) -> Response:
            text = request.headers.get(HEADER) if self.writes else None
            if text is None:
                return await handle(request)
            if not 0 < len(text) <= LONGEST:
                raise BadInput(f"An Idempotency-Key has 1 to {LONGEST} characters.")
            tenant = (await self._door()(request)).tenant
            asked = hashlib.sha256(f"{request.method} {request.url.path}\n".encode() + await request.body())
            return await _done_once(_Memory(request.app.state.store, tenant, text), asked.hexdigest(), handle, request)

        return remembered

    def _door(self) -> Requires:
        """What asks for a key and its scope here: nobody hears of a write who could not have done it."""
        return next(one.call for one in self.dependant.dependencies if isinstance(one.call, Requires))


async def _done_once(
    memory: "_Memory", fingerprint: str, handle: Callable[[Request], Coroutine[Any, Any, Response]], request: Request
) -> Response:
    """Do it, or tell what became of it. Raises InProgress, Reused, and what the route raises."""
    held = await memory.claim(fingerprint)
    if held is not None:
        answer = {"replayed": True, "status": held["status"], "id": held["answer_id"] or None}
        headers = {"idempotent-replayed": "true"}
        return Response(orjson.dumps(answer), held["status"], headers, media_type="application/json")
    try:
        response = await handle(request)
    except ServiceError as error:
        if error.status < 500:  # refused before anything was written; else nobody knows, and it stays claimed
            await memory.release()
        raise
    if response.status_code < 400:
        await memory.settle(response.status_code, _id_in(bytes(response.body)))
    else:
        await memory.release()
    return response


class _Memory:
    """What one tenant's graph remembers of one Idempotency-Key."""

    def __init__(self, store: Store, tenant: str, text: str) -> None:
        self._store, self._tenant, self._claim = store, tenant, keys.mint()
        self._own = tombstone(sealing_secret(store.settings), tenant, "request", text)

    async def claim(self, fingerprint: str) -> Row | None:
        """None where it is ours to do; else what it was answered with. Raises InProgress, Reused."""
        now, settings = datetime.now(UTC), self._store.settings
        longest = timedelta(seconds=settings.write_seconds + settings.retry_seconds) + MARGIN
        rows = await self._store.write(
            self._tenant,
            "tenants.claim_request",
            own=self._own,
            request=self._own,
            claim=self._claim,
            fingerprint=fingerprint,
            now=now.isoformat(),
            abandoned=(now - longest).isoformat(),
            forgotten=(now - REMEMBERED).isoformat(),
        )
        held = rows[0]
        if held["mine"]:
            return None
        if held["fingerprint"] != fingerprint:
            raise Reused("This Idempotency-Key came with another request before: use a new one.")
        if held["state"] != "done":
            raise InProgress("The same request is being done: ask again in a moment.", retry_after=1)
        return held

    async def settle(self, status: int, answer_id: str) -> None:
        """It was done."""
        await self._store.write(
            self._tenant, "tenants.settle_request", own=self._own, claim=self._claim, status=status, answer=answer_id
        )

    async def release(self) -> None:
        """It was refused, and may be sent again."""
        await self._store.write(self._tenant, "tenants.release_request", own=self._own, claim=self._claim)


def _id_in(body: bytes) -> str:
    """The id that an answer is about, or the empty text."""
    said = orjson.loads(body) if body else None
    found = [said[name] for name in IDS if said.get(name)] if isinstance(said, dict) else []
    return str(found[0]) if found else ""
