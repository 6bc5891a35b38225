"""Moments as the graph writes them: ISO 8601 in UTC to the millisecond, so that texts sort as moments do."""

from datetime import UTC, datetime, timedelta

from graph_service.errors import BadInput


def now(*, ahead: timedelta = timedelta()) -> str:
    """The present moment, or one so far ahead."""
    return text(datetime.now(UTC) + ahead)


def text(when: datetime) -> str:
    """A moment that knows its time zone. Raises BadInput where UTC has no such year."""
    try:
        return when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    except OverflowError as error:
        raise BadInput(f"{when.isoformat()} is outside the years 1 to 9999 in UTC.") from error
