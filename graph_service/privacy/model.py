"""What must go with a person: entries that name it; and the seals that remain."""

from collections.abc import Iterable, Mapping, Sequence

from graph_service.graph.store import Row
from graph_service.identity.live.surroundings import Known, Own
from graph_service.seals import tombstone

SEALED_KINDS = ("email", "phone", "device_id", "cookie_id", "crm_id")
SHORTEST_NAMED = 5  # characters: a shorter value occurs in entries about anybody


def naming(entries: Iterable[Row], rows: Sequence[Known]) -> list[str]:
    """The quarantined entries that hold a value by which one of these rows can be found, or the row's own id."""
    values = {value.lower() for row in rows for value in _values(row)}
    digits = {value.removeprefix("+1").removeprefix("+") for value in values if value.startswith("+")}
    sought = {value for value in values | digits if len(value) >= SHORTEST_NAMED}
    return [str(entry["quarantine_id"]) for entry in entries if _names(entry, sought, digits)]


def seals_of(secret: bytes, tenant: str, rows: Sequence[Known], alone: Iterable[Own]) -> list[Row]:
    """What keeps these rows out: seals of the rows, and of the identifiers of persons that were theirs alone."""
    sealed = [("record", row.key) for row in rows]
    sealed += [(kind, (scope, value)) for kind, scope, value in alone if kind in SEALED_KINDS]
    return [sealed_as(secret, tenant, kind, *parts) for kind, parts in sealed]


def sealed_as(secret: bytes, tenant: str, kind: str, *parts: str) -> Row:
    """One tombstone, without its date."""
    seal = tombstone(secret, tenant, kind, *parts)
    return {"tombstone": seal, "seal": seal, "kind": kind}


def _values(row: Known) -> Iterable[str]:
    skipped = {"state", "zip", "city", "sex", "suffix", "source", "unit", "seen_at", "first_name", "last_name"}
    fields: Mapping[str, str | None] = row.fields
    return (value for name, value in fields.items() if value and name not in skipped)


def _names(entry: Row, sought: set[str], digits: set[str]) -> bool:
    text = f"{entry['place'] or ''} {entry['content'] or ''}".lower()
    bare = "".join(letter for letter in text if letter.isdigit())
    return any(value in text for value in sought) or any(len(one) > 9 and one in bare for one in digits)
