"""The mark of a row that waits to be decided on: when it is due, and an id of its own, so that one alone takes it."""

from collections.abc import Iterable
from datetime import timedelta

from graph_service import moments
from graph_service.graph import keys

Mark = tuple[str, str]
UNKNOWN = "records"  # who is said to change persons where nobody knows any more who sent the row that waited
CLAIMED = timedelta(seconds=90)  # a row that was taken by somebody who died is due again after this
REFUSED = timedelta(hours=1)  # one that cannot be decided on by itself waits for a match run, and is tried again


def due_in(by: timedelta) -> Mark:
    """A new mark."""
    due = moments.now(ahead=by)
    return due, keys.mint()


def of_key(waiting: str) -> Mark:
    """The mark that a row holds, as `Record.waiting` has it."""
    _, due, own = keys.parts(waiting)
    return due, own


def lost(listed: Iterable[str] | None) -> frozenset[tuple[str, str, str]]:
    """What `Record.lost` names: identifiers of earlier versions, not yet heard of by those they lead to."""
    found = (keys.parts(key)[1:] for key in listed or ())
    return frozenset((kind, scope, value) for kind, scope, value in found)
