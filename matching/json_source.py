"""JSON lines (or one JSON array of objects) as batches of strings."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING, Any

import numpy as np
import orjson
import pyarrow as pa

from matching.errors import SourceError
from matching.sources import BadRow, RawBatch, bad_row, only_good, open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE = 1 << 20  # bytes; a longer line is a broken row
MAX_ARRAY = 1 << 30  # bytes; a JSON array is read as a whole


def read_json(path: Path, batch_rows: int) -> Iterator[RawBatch]:
    """Every object of the file as a row; a line that is not a JSON object is a bad row.

    Columns are those seen so far in the file, so that a later batch may have more. Nested values stay JSON text.
    """
    columns: dict[str, None] = {}
    rows: list[dict[str, Any]] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    for number, row, reason, raw in _objects(path):
        if row is None:
            bad.append(bad_row(number, reason, raw))
        else:
            rows.append(row)
            numbers.append(number)
        if len(rows) >= batch_rows or len(bad) >= batch_rows:
            yield _batch(rows, numbers, bad, columns)
            rows, numbers, bad = [], [], []
    if rows or bad or not columns:
        yield _batch(rows, numbers, bad, columns)


def _batch(rows: list[dict[str, Any]], numbers: list[int], bad: list[BadRow], columns: dict[str, None]) -> RawBatch:
    for row in rows:
        if not columns.keys() >= row.keys():
            columns.update(dict.fromkeys(row))
    texts = {name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in columns}
    return only_good(RawBatch(pa.table(texts), np.array(numbers, dtype=np.int64), tuple(bad)))


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    return orjson.dumps(value).decode()


def _objects(path: Path) -> Iterator[tuple[int, dict[str, Any] | None, str, str]]:
    with open_bytes(path) as file:
        first = file.read(1 << 16).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    with open_bytes(path) as file:
        if first == b"[":
            yield from _array(path, file)
            return
        for number, line in enumerate(_lines(file), start=1):
            yield number, *_parsed(line)


def _array(path: Path, file: IO[bytes]) -> Iterator[tuple[int, dict[str, Any] | None, str, str]]:
    content = file.read(MAX_ARRAY + 1)
    if len(content) > MAX_ARRAY:
        raise SourceError(f"{path.name} is one JSON array of over 1 GB; write one object a line instead.")
    try:
        values = orjson.loads(content.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        raise SourceError(f"{path.name} is a broken JSON array ({error}); write one object a line instead.") from error
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict):
            yield number, value, "", ""
        else:
            yield number, None, "is not a JSON object", str(value)


def _parsed(line: bytes) -> tuple[dict[str, Any] | None, str, str]:
    if len(line) > MAX_LINE:
        return None, "the line is longer than 1 MB", line[:200].decode("utf-8", "replace")
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return None, f"is not valid JSON: {error}", line[:800].decode("utf-8", "replace")
    if not isinstance(value, dict):
        return None, "is not a JSON object", line[:800].decode("utf-8", "replace")
    return value, "", ""


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines without blanks; of an over-long line only its beginning is kept, so that memory stays bounded."""
    while line := file.readline(MAX_LINE + 1):
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            rest = file.readline(MAX_LINE)
            while rest and not rest.endswith(b"\n"):
                rest = file.readline(MAX_LINE)
        text = line.removeprefix(b"\xef\xbb\xbf").strip()
        if text:
            yield text if len(line) <= MAX_LINE else line
