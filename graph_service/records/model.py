"""Rows of a canonical table as the graph keeps them: content, its hash, and the identifiers it carries."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import orjson
import pyarrow as pa

from graph_service import moments
from graph_service.graph.store import Row
from matching import CANONICAL, FieldType, address_values

IDENTIFYING = ("email", "phone", "device_id", "cookie_id", "crm_id", "property_id")
LONGEST_SHOWN = 500


def hashed(*parts: str) -> str:
    """A short stable hash of some texts."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


def contents(records: pa.Table, scope: str | None = None) -> Iterator[Row]:
    """One graph row per canonical record: `record` (source, record_id), `content` and its hash, `address`, `carried`.

    Every canonical field is in `content`, null where the row has none, so that a new version forgets the old one's.
    `carried` are the identifiers, each kind once: `identifier` (kind, scope, value), the same apart, and its `field`.
    """
    extras = [name for name in records.column_names if name not in CANONICAL and name not in {"source", "record_id"}]
    absent = dict.fromkeys(CANONICAL)
    addresses = address_values(records).to_pylist()
    for row, address in zip(records.to_pylist(), addresses, strict=True):
        further = {name: value for name in extras if (value := row.pop(name)) is not None}
        content = {**absent, **row, "extras": orjson.dumps(further).decode() if further else None, "scope": scope}
        yield {
            "record": (row["source"], row["record_id"]),
            "content": content,
            "content_hash": hashlib.blake2b(
                orjson.dumps(content, option=orjson.OPT_SORT_KEYS), digest_size=16
            ).hexdigest(),
            "address": address,
            "carried": list(_carried(content, address)),
        }


def links(rows: Iterable[Row]) -> list[Row]:
    """From each row to every identifier that it carries."""
    return [{"record": row["record"], **one} for row in rows for one in row["carried"]]


def _carried(content: Row, address: str | None) -> Iterator[Row]:
    for kind in IDENTIFYING:
        value = content[kind]
        if value is not None:
            within = content["scope"] or "" if kind in {"crm_id", "cookie_id"} else ""
            yield _identifier(kind, within, value, field=kind)
    if address is not None:
        yield _identifier("address", "", address, field="street_address")


def set_aside(*, source: str, place: str, reason: str, stage: str, content: str) -> Row:
    """A quarantine entry; the same row for the same reason is the same entry."""
    entry = hashed(stage, source, place, reason, content)
    return {
        "entry": entry,
        "quarantine_id": entry,
        "source": source,
        "place": place,
        "reason": reason,
        "stage": stage,
        "content": content[:LONGEST_SHOWN],
        "quarantined_at": moments.now(),
    }


def merged_fields(
    known: Mapping[str, str], found: Mapping[str, FieldType], declared: Mapping[str, FieldType]
) -> dict[str, str]:
    """The matching types of a source's fields after one more batch.

    A field keeps the first type it had, for a type guessed from one batch may differ in the next, unless declared anew.
    """
    said = {name: str(kind) for name, kind in declared.items()}
    return {**{name: str(kind) for name, kind in found.items()}, **known, **said}


def _identifier(kind: str, scope: str, value: str, *, field: str) -> Row:
    return {"identifier": (kind, scope, value), "kind": kind, "scope": scope, "value": value, "field": field}
