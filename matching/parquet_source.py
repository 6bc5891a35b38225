"""Parquet files as batches of strings."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from matching.errors import SourceError
from matching.sources import RawBatch, only_good, open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_parquet(path: Path, batch_rows: int) -> Iterator[RawBatch]:
    """Every row of a Parquet file; a page that is damaged ends the reading with SourceError."""
    file = _open(path)
    names = file.schema_arrow.names
    if len(set(names)) < len(names):
        raise SourceError(f"{path.name} has two columns of one name; rename one of them.")
    done = 0
    for batch in file.iter_batches(batch_size=batch_rows):
        table = pa.table({name: as_text(column) for name, column in zip(names, batch.columns, strict=True)})
        yield only_good(RawBatch(table, np.arange(done + 1, done + 1 + batch.num_rows, dtype=np.int64)))
        done += batch.num_rows
    if done == 0:
        yield RawBatch(pa.table({name: pa.array([], pa.string()) for name in names}), np.empty(0, dtype=np.int64))


def as_text(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """The values as strings: whole floats without '.0', lists and structs as JSON, '' as null."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_nested(column.type):
        texts = [None if v is None else orjson.dumps(v, default=str).decode() for v in column.to_pylist()]
        return pa.array(texts, pa.string())
    if pa.types.is_floating(column.type):
        column = _whole_numbers(column)
    text = column.cast(pa.string())
    return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)


def _whole_numbers(column: pa.Array) -> pa.Array:
    """Pandas turns whole numbers beside nulls into floats; 75209.0 is the zip 75209."""
    known = pc.fill_null(pc.is_finite(column), False)
    column = pc.if_else(known, column, pa.scalar(None, column.type))
    whole = pc.all(pc.equal(column, pc.floor(column))).as_py() is not False
    small = (pc.max(pc.abs(column)).as_py() or 0) < 2**53
    return column.cast(pa.int64()) if whole and small else column


def _open(path: Path) -> pq.ParquetFile:
    try:
        if path.open("rb").read(2) == b"\x1f\x8b":
            with open_bytes(path) as file:
                return pq.ParquetFile(io.BytesIO(file.read()))
        return pq.ParquetFile(path)
    except pa.ArrowException as error:
        message = f"{path.name} is not a complete Parquet file ({str(error)[:120]}); fetch or export it again."
        raise SourceError(message) from error
