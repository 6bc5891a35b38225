"""What is the canonical record of every raw row?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching import addresses, contacts, dates, names
from matching.address_words import ZIP, unit_value
from matching.errors import MappingError
from matching.folding import fold, words
from matching.guess import guess_mapping
from matching.mapping import IGNORE, SOURCE, Mapping
from matching.placeholders import is_placeholder
from matching.records import CANONICAL, KEY_COLUMNS, FieldType, matchable

POOL_FROM = 10_000  # addresses for the library from which a pool of processes pays

Reader = Callable[[str], str | None]


@dataclass(frozen=True)
class Standardised:
    """Canonical records with the types of their columns, and the rows that made none.

    `rejects` names a row by its record id, or by its position in the raw table (from 1) where it has none. Of rows with
    one record id the last stands: `repeated` counts those dropped that said the same, `superseded` those that differed.
    `unread` counts per column the values that were there and say nothing (unreadable, or a placeholder).
    """

    records: pa.Table
    rejects: list[tuple[str | int, str]]
    fields: dict[str, FieldType]
    repeated: int = 0
    superseded: int = 0
    unread: dict[str, int] = field(default_factory=dict)


def standardise(
    raw: pa.Table, mapping: Mapping, *, source: str, workers: int | None = None, region: str = "US"
) -> Standardised:
    """What are the canonical records of these raw rows (all columns strings)?

    Every distinct value is read once. `workers` bounds the processes for addresses that need the slow library (None:
    one a core, 1: none but this). `region` is the country whose phone numbers may lack their country code. A value that
    cannot be read becomes null, but names and addresses stay as text; a row is rejected only without an id or without
    any value.
    """
    if set(raw.column_names) - set(mapping.columns) - set(mapping.record_id):
        mapping = guess_mapping(raw, mapping)
    missing = [name for name in mapping.record_id if name not in raw.column_names]
    if missing:
        raise MappingError(f"the file has no column {missing[0]!r} that its mapping names as record_id")
    fields = _fields(raw, mapping, workers=workers, region=region)
    keys = {"source": _sources(raw, mapping, source), "record_id": _record_ids(raw, mapping)}
    order = [name for name in CANONICAL if name in fields] + sorted(fields.keys() - CANONICAL.keys())
    records = pa.table({**keys, **{name: fields[name] for name in order}})
    unread = _unread(raw, mapping, records)
    kept, rejects = _usable(records, matchable(order, mapping.extras))
    kept, repeated, superseded = _last_of_each(kept)
    types = matchable(kept.column_names, mapping.extras)
    return Standardised(kept, rejects, types, repeated, superseded, unread)


def reader_of(kind: FieldType, region: str = "US") -> Reader:
    """How is one value of this matching type brought to its canonical form?"""
    readers: dict[FieldType, Reader] = {
        FieldType.SUFFIX: names.suffix,
        FieldType.DATE: dates.day,
        FieldType.CATEGORY: _category,
        FieldType.EMAIL: contacts.email,
        FieldType.PHONE: partial(contacts.phone, region=region),
        FieldType.ADDRESS: lambda value: addresses.address(value).street,
        FieldType.UNIT: unit_value,
        FieldType.PLACE: addresses.city,
        FieldType.REGION: addresses.state,
        FieldType.ZIP: addresses.zip_code,
        FieldType.CODE: contacts.code,
        FieldType.TEXT: _text,
        FieldType.DEVICE: contacts.system_id,
        FieldType.PROPERTY: contacts.property_id,
        FieldType.NONE: lambda value: value.strip() or None,
    }
    return readers.get(kind) or partial(names.other_name, kind=kind)


def _fields(raw: pa.Table, mapping: Mapping, *, workers: int | None, region: str) -> dict[str, pa.Array]:
    """Every field of the records, as arrays as long as the raw table."""
    columns = _columns_by_target(raw, mapping)
    fields = _names(columns) | _places(columns, workers)
    for target, inputs in columns.items():
        if target in CANONICAL and target not in fields:
            read: Reader = {"sex": contacts.sex, "seen_at": dates.moment, "crm_id": contacts.system_id}.get(
                target, reader_of(CANONICAL[target], region)
            )
            fields[target] = _first([_once(column, _for_column(column, CANONICAL[target], read)) for column in inputs])
        elif target in mapping.extras:
            kind = mapping.extras[target]
            reads = [_once(column, _for_column(column, kind, reader_of(kind, region))) for column in inputs]
            fields[target] = _first(reads)
    return fields


def _columns_by_target(raw: pa.Table, mapping: Mapping) -> dict[str, list[pa.DictionaryArray]]:
    found: dict[str, list[pa.DictionaryArray]] = {}
    for name in raw.column_names:
        target = mapping.columns.get(name, IGNORE)
        if target not in (IGNORE, SOURCE):
            column = raw.column(name).cast(pa.string()).combine_chunks()
            found.setdefault(target, []).append(pc.dictionary_encode(column))
    return found


def _for_column(column: pa.DictionaryArray, kind: FieldType, read: Reader) -> Reader:
    """The reader, told what only the whole column can tell: day-first dates, zips that lost their zeros."""
    if kind is FieldType.DATE and read is dates.day:
        return partial(dates.day, day_first=dates.is_day_first(column.dictionary.to_pylist()))
    if kind is FieldType.ZIP:
        values = column.dictionary.to_pylist()
        us = sum(ZIP.fullmatch(value.strip()) is not None for value in values)
        return partial(addresses.zip_code, five_digits=us > 0.5 * len(values))
    return read


def _once(column: pa.DictionaryArray, read: Reader) -> pa.Array:
    """The column with every distinct value read once."""
    return pa.array([read(value) for value in column.dictionary.to_pylist()], pa.string()).take(column.indices)


def _parts(column: pa.DictionaryArray, read: Callable[[str], Any], parts: tuple[str, ...]) -> dict[str, pa.Array]:
    """The column taken apart, every distinct value once."""
    rows = [read(value) for value in column.dictionary.to_pylist()]
    return _spread(column, rows, parts)


def _spread(column: pa.DictionaryArray, rows: list[Any], parts: tuple[str, ...]) -> dict[str, pa.Array]:
    lists = zip(*rows, strict=True) if rows else ([] for _ in parts)
    return {part: pa.array(x, pa.string()).take(column.indices) for part, x in zip(parts, lists, strict=True)}


def _first(arrays: list[pa.Array]) -> pa.Array:
    return pc.coalesce(*arrays) if len(arrays) > 1 else arrays[0]


def _names(columns: dict[str, list[pa.DictionaryArray]]) -> dict[str, pa.Array]:
    """First, middle and last name and suffix, from their own columns first, then from the full name."""
    named = ("first_name", "middle_name", "last_name", "suffix")
    given = [_parts(c, names.first_name, named) for c in columns.get("first_name", [])]
    middle = [_once(c, partial(names.other_name, kind=FieldType.MIDDLE)) for c in columns.get("middle_name", [])]
    family = [_parts(c, names.last_name, named) for c in columns.get("last_name", [])]
    suffixes = [_once(c, names.suffix) for c in columns.get("suffix", [])]
    whole = [_parts(c, names.full_name, named) for c in columns.get("full_name", [])]
    if not (given or middle or family or suffixes or whole):
        return {}
    every = {
        "first_name": [p["first_name"] for p in given + whole],
        "middle_name": middle + [p["middle_name"] for p in given],
        "last_name": [p["last_name"] for p in family + whole],
        "suffix": suffixes + [p["suffix"] for p in family + given + whole],
    }
    first = _first(every["first_name"]) if every["first_name"] else None
    for parts in whole:
        # The middle of a full name belongs to this record only when its first name is the same.
        same = pc.fill_null(pc.equal(parts["first_name"], first), False)
        every["middle_name"].append(pc.if_else(same, parts["middle_name"], pa.scalar(None, pa.string())))
    found = {name: _first(arrays) for name, arrays in every.items() if arrays}
    return {name: array for name, array in found.items() if name in columns or array.null_count < len(array)}


def _places(columns: dict[str, list[pa.DictionaryArray]], workers: int | None) -> dict[str, pa.Array]:
    """Street, unit, city, state and zip, from their own columns first, then from whole addresses."""
    own: dict[str, list[pa.Array]] = {
        name: [_once(c, _for_column(c, kind, reader_of(kind))) for c in columns.get(name, [])]
        for name, kind in CANONICAL.items()
        if name in ("unit", "city", "state", "zip")
    }
    streets = columns.get("street_address", [])
    if streets and "street_number" in columns:
        # Joining with null_handling="skip" would drop the rows that have neither.
        numbers, names = (
            [pc.fill_null(c.dictionary_decode(), "") for c in found] for found in (columns["street_number"], streets)
        )
        whole = [pc.utf8_trim(pc.binary_join_element_wise(numbers[0], name, " "), " ") for name in names]
        streets = [pc.dictionary_encode(pc.if_else(pc.equal(x, ""), pa.scalar(None, pa.string()), x)) for x in whole]
    parts = ("street_address", "unit", "city", "state", "zip")
    split = [_spread(c, read_addresses(c.dictionary.to_pylist(), workers), parts) for c in streets]
    found = {name: _first(arrays) for name in parts if (arrays := own.get(name, []) + [s[name] for s in split])}
    return {name: array for name, array in found.items() if name in columns or array.null_count < len(array)}


def read_addresses(values: list[str], workers: int | None = None) -> list[addresses.Address]:
    """The parts of every address; those that need the slow library in a pool of processes when they are many."""
    found = [addresses.plain_address(value) for value in values]
    open_ = [at for at, parts in enumerate(found) if parts is None]
    left = [values[at] for at in open_]
    workers = workers or os.cpu_count() or 1
    if len(left) >= POOL_FROM and workers > 1:
        # Spawned, not forked: the caller may hold threads (DuckDB, Arrow, an event loop).
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
            read = list(pool.map(addresses.parsed_address, left, chunksize=500))
    else:
        read = [addresses.parsed_address(value) for value in left]
    for at, parts in zip(open_, read, strict=True):
        found[at] = parts
    return [parts or addresses.Address() for parts in found]


def _sources(raw: pa.Table, mapping: Mapping, source: str) -> pa.Array:
    columns = [
        pc.utf8_trim_whitespace(raw.column(n).combine_chunks()) for n, t in mapping.columns.items() if t == SOURCE
    ]
    columns = [pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in columns]
    return pc.coalesce(*columns, pa.scalar(source)) if columns else pa.repeat(source, raw.num_rows)


def _record_ids(raw: pa.Table, mapping: Mapping) -> pa.Array:
    """The ids as the file has them, several columns joined by '/'; without any, a hash of the row's content."""
    if not mapping.record_id:
        return _content_hashes(raw)
    columns = [pc.utf8_trim_whitespace(raw.column(name).combine_chunks()) for name in mapping.record_id]
    columns = [pc.if_else(pc.equal(c, ""), pa.scalar(None, pa.string()), c) for c in columns]
    return pc.binary_join_element_wise(*columns, "/", null_handling="emit_null") if len(columns) > 1 else columns[0]


def _content_hashes(raw: pa.Table) -> pa.Array:
    ordered = sorted(raw.column_names)
    rows = zip(*(raw.column(name).to_pylist() for name in ordered), strict=True)
    texts = ("\x1f".join("" if value is None else value for value in row) for row in rows)
    return pa.array([hashlib.blake2b(t.encode(), digest_size=12).hexdigest() for t in texts], pa.string())


def _usable(records: pa.Table, types: dict[str, FieldType]) -> tuple[pa.Table, list[tuple[str | int, str]]]:
    """The rows that have an id and some value, and why the others have not."""
    unnamed = pc.is_null(records["record_id"]).to_numpy(zero_copy_only=False)
    empty = np.ones(records.num_rows, dtype=bool)
    for name in types:
        empty &= pc.is_null(records[name]).to_numpy(zero_copy_only=False)
    rejects: list[tuple[int, str | int, str]] = [
        (int(at), int(at) + 1, "has no record id; fill the column that names the record")
        for at in np.flatnonzero(unnamed)
    ]
    for at in np.flatnonzero(empty & ~unnamed):
        rejects.append((int(at), records["record_id"][int(at)].as_py(), "holds no value that tells who it is"))
    kept = records.filter(pa.array(~(unnamed | empty))) if rejects else records
    return kept, [(where, why) for _, where, why in sorted(rejects, key=lambda reject: reject[0])]


def _last_of_each(records: pa.Table) -> tuple[pa.Table, int, int]:
    """One row for each record, the last; how many said the same as the one kept, and how many something else."""
    at = pa.array(np.arange(records.num_rows))
    groups = records.select(KEY_COLUMNS).append_column("at", at).group_by(list(KEY_COLUMNS))
    last = groups.aggregate([("at", "max")])
    if last.num_rows == records.num_rows:
        return records, 0, 0
    kept = records.take(pa.array(np.sort(last["at_max"].to_numpy())))
    # Distinct rows that are more than the keys differ from the one that stands.
    differing = records.group_by(records.column_names).aggregate([]).num_rows - last.num_rows
    dropped = records.num_rows - last.num_rows
    return kept, dropped - differing, differing


def _unread(raw: pa.Table, mapping: Mapping, records: pa.Table) -> dict[str, int]:
    """Per input column that alone fills its field: how many of its values were lost?"""
    targets = list(mapping.columns.values())
    lost = {}
    for name, target in mapping.columns.items():
        if target in records.column_names and targets.count(target) == 1 and name in raw.column_names:
            both = pc.and_(pc.is_valid(raw[name]), pc.is_null(records[target]))
            if count := pc.sum(both).as_py():
                lost[name] = count
    return lost


def _category(value: str) -> str | None:
    text = words(value)
    return None if not text or is_placeholder(fold(value), FieldType.CATEGORY) else text


def _text(value: str) -> str | None:
    text = words(value)
    return None if not text or is_placeholder(fold(value), FieldType.TEXT) else text
