"""The errors that a user may meet; each carries its own HTTP status, so that no route ever catches one."""

from pydantic import ValidationError


def first_problem(error: ValidationError) -> str:
    """Where and what the first thing wrong is, without what was given."""
    first = error.errors(include_url=False, include_input=False)[0]
    at = ".".join(map(str, first["loc"]))
    return f"{at}: {first['msg']}" if at else str(first["msg"])


class ServiceError(Exception):
    """Something the caller should know, with the HTTP status and the machine name it is answered under."""

    name = "service_error"
    status = 500

    def __init__(self, message: str, status: int | None = None, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        if status is not None:
            self.status = status


class NotFound(ServiceError):
    """The id is not known to this tenant; another tenant's id is answered the same way."""

    name, status = "not_found", 404


class Gone(ServiceError):
    """The id was erased."""

    name, status = "gone", 410


class Refused(ServiceError):
    """The request is understood and will not be done as asked."""

    name, status = "refused", 409


class Stale(Refused):
    """Somebody changed it since the caller read it; read it again."""

    name = "stale"


class BadInput(ServiceError):
    """The request or file cannot be used as it is; the message says what to change."""

    name, status = "bad_input", 422


class Unauthorised(ServiceError):
    """No valid key came with the request."""

    name, status = "unauthorised", 401


class Forbidden(ServiceError):
    """The key is valid, but lacks the scope."""

    name, status = "forbidden", 403


class EngineUnavailable(ServiceError):
    """The graph engine does not answer now; the same request may work later."""

    name, status = "engine_unavailable", 503

    def __init__(self, message: str, *, retry_after: int = 2) -> None:
        super().__init__(message, retry_after=retry_after)


class TookTooLong(ServiceError):
    """A query was cut off at its time limit; where the engine was busy, the same request may work later."""

    name, status = "took_too_long", 504

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=5)


class Conflict(ServiceError):
    """Others kept writing to the same place until the time for trying again was used up."""

    name, status = "conflict", 503

    def __init__(self, message: str) -> None:
        super().__init__(message, retry_after=1)


class OutOfMemory(ServiceError):
    """The process has no memory left for this; a smaller request may work, and the same one later."""

    name, status = "out_of_memory", 503

    def __init__(self) -> None:
        super().__init__("There is not enough memory for this: ask for less, or give the process more.", retry_after=5)


class BrokenLibrary(ServiceError):
    """A Cypher file, migration or the vocabulary is wrong; the service must not start."""

    name, status = "broken_library", 500
