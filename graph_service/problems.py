"""Errors as problem documents (RFC 9457): one shape for every answer that is not what was asked for."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

from graph_service.errors import ServiceError

MEDIA_TYPE = "application/problem+json"


def problem(error: ServiceError, request_id: str, *, errors: Sequence[dict[str, Any]] = ()) -> Response:
    """The answer to a request that ended in this error."""
    return written(
        error.name, error.status, error.message, request_id=request_id, errors=errors, retry=error.retry_after
    )


def written(  # every part of the document, by name
    name: str,
    status: int,
    detail: str,
    *,
    request_id: str,
    errors: Sequence[dict[str, Any]] = (),
    retry: int | None = None,
) -> Response:
    """A problem document: machine name, status, sentence, and the request's id."""
    document: dict[str, Any] = {
        "type": f"urn:stormgraph:problem:{name}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "name": name,
        "detail": detail,
        "request_id": request_id,
    }
    if errors:
        document["errors"] = list(errors)
    headers = {"retry-after": str(retry)} if retry is not None else {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return Response(orjson.dumps(document), status, headers, media_type=MEDIA_TYPE)
