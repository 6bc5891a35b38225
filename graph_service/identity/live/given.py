"""Rows as a caller gives them, read as the columns of a file are read."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from graph_service.errors import BadInput
from graph_service.graph.store import Row, Store
from graph_service.identity.run.reading import declared_fields
from graph_service.records.model import contents, hashed
from matching import CANONICAL, FieldType, standardise
from matching import Mapping as Columns

SOURCE = "resolve"  # the source of those who were created while they were looked for
FURTHER = ("full_name", "street_number")  # raw columns that standardising takes apart or joins
Given = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Read:
    """What became of the rows given: those that can be kept, by their id, and why the others cannot."""

    rows: Sequence[Row]
    refused: Mapping[str, str]


async def read(store: Store, tenant: str, source: str, given: Sequence[Given]) -> Read:
    """The rows given, standardised as `stormgraph ingest` does. Raises BadInput on a field that nobody declared.

    Each row has a `record_id`; of several with the same id the last counts.
    """
    extras = await declared_fields(store, tenant)
    columns = {name: name for row in given for name in row if name != "record_id"}
    allowed = [*CANONICAL, *FURTHER, *sorted(extras)]
    if unknown := sorted(set(columns) - set(allowed)):
        raise BadInput(f"No field is called {', '.join(unknown)}: use {', '.join(allowed)}.")
    return await asyncio.to_thread(_read, source, given, extras, store.settings.phone_region)


def _read(source: str, given: Sequence[Given], extras: Mapping[str, FieldType], region: str) -> Read:
    names = list({name: None for row in given for name in row})
    table = pa.table({name: pa.array([row.get(name) or None for row in given], pa.string()) for name in names})
    used = {name: kind for name, kind in extras.items() if name in names}
    mapping = Columns({name: name for name in names if name != "record_id"}, used, record_id=("record_id",))
    standard = standardise(table, mapping, source=source, workers=1, region=region)
    refused = {
        str(given[who - 1].get("record_id") or who) if isinstance(who, int) else str(who): reason
        for who, reason in standard.rejects
    }
    return Read(list(contents(standard.records)), refused)


async def asked_for(store: Store, tenant: str, fields: Given) -> Row:
    """A row made of fields that somebody asks for; the same fields are the same row. Raises BadInput."""
    own = hashed(*(f"{name}={value}" for name, value in sorted(fields.items())))
    found = await read(store, tenant, SOURCE, [{**fields, "record_id": own}])
    if not found.rows:
        raise BadInput(f"These fields say of nobody who it is: {', '.join(found.refused.values())}.")
    return found.rows[0]
