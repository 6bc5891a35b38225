"""A layer of the service that sees every request of a known caller answered, and has it written down."""

from typing import Any

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph_service.audit.service import AuditLog, NotWritten, told
from graph_service.problems import problem

TOLD = ("change_id", "judgement_id", "run_id", "person_id", "household_id")
LONGEST_ID = 200


class Witness:
    """What a caller changed is in the file before the answer leaves; what it read follows within a moment."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        start: Message | None = None
        noted = False

        async def witnessed(message: Message) -> None:
            nonlocal start, noted
            if message["type"] == "http.response.start":
                start = message  # held back until we know what the answer is about
                return
            if start is not None and not noted:
                noted = True
                if not await _written(scope, start["status"], message.get("body", b"")):
                    unwritten = NotWritten("What was done could not be written down: see the log.", retry_after=5)
                    await problem(unwritten, str(scope.get("request_id", "")))(scope, receive, send)
                    start = None
                    return
                await send(start)
            if start is not None:
                await send(message)

        return await self._app(scope, receive, witnessed)


async def _written(scope: Scope, status: int, body: bytes) -> bool:
    """Have a request written down, if a known caller made it; False where that could not be done in time."""
    caller = scope.get("caller")
    if caller is None:
        return True
    book: AuditLog = scope["app"].state.audit
    writes = bool(scope.get("writes"))
    route = getattr(scope.get("route"), "path_format", "unknown")
    ids = _ids(scope, body if writes else b"") if status < 400 else []
    what, request_id = f"{scope['method']} {route}", str(scope.get("request_id", ""))
    book.note(caller.tenant, told(what, who=caller.who, status=status, ids=ids, request_id=request_id))
    if not (writes or book.crowded):
        return True
    try:
        await book.flush()
    except NotWritten:
        return False
    return True


def _ids(scope: Scope, body: bytes) -> list[str]:
    """What it was about: ids of its path, and those that its answer names. Never a value."""
    path = scope.get("path_params", {})
    found: list[Any] = [value for name, value in path.items() if name.endswith("_id")]
    try:
        said = orjson.loads(body) if body else None
    except ValueError:
        said = None  # the first part of a long answer
    if isinstance(said, dict):
        found += [said[name] for name in TOLD if said.get(name)]
    return [str(one)[:LONGEST_ID] for one in dict.fromkeys(found)]
