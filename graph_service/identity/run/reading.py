"""From the graph to tables: the rows to match, and what we said of them before."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from graph_service.graph.store import Store
from graph_service.identity.run.writing import EDGES, NODES
from matching import CANONICAL, FieldType

READ = (
    "source", "record_id", "scope", "seen_at", "content_hash", "first_name", "middle_name", "last_name", "suffix",
    "date_of_birth", "sex", "email", "phone", "street_address", "unit", "city", "state", "zip", "device_id",
    "cookie_id", "crm_id", "property_id", "extras",
)  # fmt: skip
"""The columns of `records.rows_to_match`, in the order of its lists."""

DROPPED = {"scope", "content_hash", "extras"}


@dataclass(frozen=True, slots=True)
class Rows:
    """What a match run reads: canonical records, their fields, scopes, and a fingerprint of it all."""

    records: pa.Table
    fields: dict[str, FieldType]
    scopes: pa.Array
    fingerprint: str


async def rows_to_match(store: Store, tenant: str) -> Rows:
    """Every record of a tenant as a canonical table, columns that nobody fills left out."""
    columns: dict[str, list[Any]] = {name: [] for name in READ}
    async for page in store.pages(tenant, "records.rows_to_match"):
        for name, values in zip(READ, zip(*page, strict=True), strict=False):  # an empty page has no columns
            columns[name].extend(values)
    declared = await declared_fields(store, tenant)
    extras = _extras(columns["extras"], declared)
    table = {name: pa.array(values, pa.string()) for name, values in columns.items() if name not in DROPPED}
    table.update(extras)
    kept = {name: array for name, array in table.items() if array.null_count < len(array)}
    records = pa.table({"source": table["source"], "record_id": table["record_id"], **kept})
    fields = {name: CANONICAL.get(name) or declared[name] for name in kept if name in CANONICAL or name in declared}
    usable: dict[str, FieldType] = {name: kind for name, kind in fields.items() if kind != FieldType.NONE}
    scopes = pa.array(columns["scope"], pa.string())
    return Rows(records, usable, scopes, _fingerprint(columns["content_hash"]))


async def table_of(store: Store, tenant: str, name: str, **params: Any) -> pa.Table:
    """All rows of a streamed query as a table, columns named and typed as its header says."""
    nothing = nothing_of(store, name)
    columns: list[list[Any]] = [[] for _ in nothing.column_names]
    async for page in store.stream(tenant, name, **params):
        for column, values in zip(columns, zip(*page, strict=True), strict=True):
            column.extend(values)
    arrays = [pa.array(values, kind) for kind, values in zip(nothing.schema.types, columns, strict=True)]
    return pa.table(arrays, schema=nothing.schema)


def nothing_of(store: Store, name: str) -> pa.Table:
    """The table of a query that finds nothing."""
    types = {"STRING": pa.string(), "FLOAT": pa.float64(), "INTEGER": pa.int64(), "BOOLEAN": pa.bool_()}
    return pa.schema([(param.name, types[param.type]) for param in store.library[name].returns]).empty_table()


async def known_before(store: Store, tenant: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables `old_*` of what the graph says now.

    Edges are not looked for where there are no nodes that they need: a tenant's first run would read all rows for them.
    """
    there: set[str] = set()
    for table, needed in (*((node, None) for node in NODES), *((edge.table, edge.needs) for edge in EDGES)):
        name = f"identity.{table}"
        known = await table_of(store, tenant, name) if needed is None or needed in there else nothing_of(store, name)
        there |= {table} if known.num_rows else set()
        if "alias_of" in known.column_names:
            known = known.filter(pc.is_null(known["alias_of"]))
        connection.register("arriving", known)
        connection.execute(f"create or replace table old_{table} as from arriving")
        connection.unregister("arriving")


async def declared_fields(store: Store, tenant: str) -> dict[str, FieldType]:
    """The matching types of the columns that sources brought beside the canonical ones."""
    found: dict[str, FieldType] = {}
    for source in await store.read(tenant, "records.sources"):
        fields: Mapping[str, str] = orjson.loads(source["fields"])
        found.update({name: FieldType(kind) for name, kind in fields.items() if name not in CANONICAL})
    return found


def _extras(documents: Iterable[str | None], declared: Mapping[str, FieldType]) -> dict[str, pa.Array]:
    if not declared:
        return {}
    rows = [orjson.loads(document) if document else {} for document in documents]
    return {name: pa.array([row.get(name) for row in rows], pa.string()) for name in sorted(declared)}


def _fingerprint(hashes: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for value in hashes:
        digest.update(value.encode())
    return digest.hexdigest()
