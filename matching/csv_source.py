"""Delimited text as batches of strings: blocks through pyarrow's reader, blocks it refuses through a careful one."""

from __future__ import annotations

import codecs
import csv
import io
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from matching.encodings import detect_encoding
from matching.errors import SourceError
from matching.headers import check_header, sniff_delimiter
from matching.sources import BadRow, RawBatch, bad_row, only_good, open_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE = 1 << 20  # bytes; a longer row is broken
MAX_JOINED = 200  # lines that one quoted value may span
BLOCK = 4 << 20  # bytes


@dataclass
class _Layout:
    """How the file is written, and how many of its rows were read."""

    names: list[str]
    delimiter: str
    rows_read: int = 0
    notices: list[str] = field(default_factory=list)


def read_csv(path: Path, batch_rows: int) -> Iterator[RawBatch]:
    """Every row of a delimited file, its delimiter (, ; tab |) and encoding found from the content."""
    with open_bytes(path) as file:
        encoding, notice = detect_encoding(file.read(16 << 20))
    with open_bytes(path) as raw:
        lines = _utf8_lines(raw, encoding)
        layout = _layout(path, lines, notice)
        waiting: list[RawBatch] = []
        for batch in _batches(lines, layout):
            waiting.append(batch)
            if sum(b.table.num_rows + len(b.bad) for b in waiting) >= batch_rows:
                whole, waiting = _cut(_joined(waiting, layout), batch_rows)
                yield from whole
        if waiting or layout.rows_read == 0:
            yield _joined(waiting, layout)


def _cut(batch: RawBatch, batch_rows: int) -> tuple[list[RawBatch], list[RawBatch]]:
    """Full batches, and what is left over for the next."""
    parts: list[RawBatch] = []
    bad, notices = batch.bad, batch.notices
    for start in range(0, max(batch.table.num_rows, 1), batch_rows):
        end = start + batch_rows
        parts.append(RawBatch(batch.table.slice(start, batch_rows), batch.row_numbers[start:end], bad, notices))
        bad, notices = (), ()
    last = parts[-1]
    if last.table.num_rows == batch_rows or len(parts) == 1:
        return parts, []
    return parts[:-1], [last]


def _joined(batches: list[RawBatch], layout: _Layout) -> RawBatch:
    schema = pa.schema([(name, pa.string()) for name in layout.names])
    table = pa.concat_tables([b.table for b in batches]) if batches else schema.empty_table()
    numbers = [b.row_numbers for b in batches] or [np.empty(0, dtype=np.int64)]
    notices, layout.notices = tuple(layout.notices), []
    return only_good(RawBatch(table, np.concatenate(numbers), tuple(r for b in batches for r in b.bad), notices))


def _layout(path: Path, lines: _Lines, notice: str | None) -> _Layout:
    sample = lines.peek(20)
    if not sample:
        raise SourceError(f"{path.name} is empty; export it again.")
    delimiter = sniff_delimiter([line.decode("utf-8", "replace") for line in sample])
    first = _first_record(lines)
    try:
        names = next(csv.reader([first.decode("utf-8", "replace")], delimiter=delimiter))
    except csv.Error as error:
        raise SourceError(f"{path.name}: the header cannot be read ({error}).") from error
    names = [name.strip() for name in names]
    check_header(path.name, names)
    return _Layout(names, delimiter, notices=[notice] if notice else [])


def _first_record(lines: _Lines) -> bytes:
    record = b""
    while line := lines.readline():
        record += line
        if record.strip() and record.count(b'"') % 2 == 0:
            break
    return record.strip(b"\r\n")


def _batches(lines: _Lines, layout: _Layout) -> Iterator[RawBatch]:
    while block := lines.block():
        batch = None if block.count(b'"') % 2 else _fast(block, layout)
        yield batch or _careful(block, lines, layout)


def _fast(block: bytes, layout: _Layout) -> RawBatch | None:
    """The block through pyarrow; None where a row needs the careful reader."""
    refused: list[pacsv.InvalidRow] = []

    def note(row: pacsv.InvalidRow) -> str:
        refused.append(row)
        return "skip"

    if not block.strip():
        return RawBatch(pa.table({n: pa.array([], pa.string()) for n in layout.names}), np.empty(0, dtype=np.int64))
    parse = pacsv.ParseOptions(
        delimiter=layout.delimiter, newlines_in_values=b'"' in block, invalid_row_handler=note, ignore_empty_lines=True
    )
    convert = pacsv.ConvertOptions(
        column_types=dict.fromkeys(layout.names, pa.string()), null_values=[""], strings_can_be_null=True
    )
    read = pacsv.ReadOptions(column_names=layout.names, use_threads=False, block_size=len(block) + 1)
    try:
        table = pacsv.read_csv(io.BytesIO(block), read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowException:
        return None
    if any("\n" in row.text or "\0" in row.text for row in refused) or _torn(table):
        return None
    if len(layout.names) == 1 and table.num_rows and table.column(0).null_count:
        return None
    numbers = np.arange(1, table.num_rows + len(refused) + 1, dtype=np.int64)
    bad_at = np.array([row.number - 1 for row in refused], dtype=np.int64)
    bad = [_wrong_width(layout.rows_read + row.number, row.actual_columns, row.text, layout) for row in refused]
    good = np.delete(numbers, bad_at) + layout.rows_read
    layout.rows_read += len(numbers)
    return RawBatch(table, good, tuple(bad))


def _torn(table: pa.Table) -> bool:
    """Did a stray quote swallow lines? Then some value spans many."""
    return any(
        pc.any(pc.greater(pc.count_substring(column, "\n"), 20)).as_py()
        or pc.any(pc.greater(pc.binary_length(column), MAX_LINE)).as_py()
        for column in table.columns
    )


def _careful(block: bytes, lines: _Lines, layout: _Layout) -> RawBatch:
    """The block record by record, in plain Python; may read on where its last record is unfinished."""
    lines.push_back(block)
    end = lines.left - len(block)
    rows: list[list[str | None]] = []
    numbers: list[int] = []
    bad: list[BadRow] = []
    while lines.left > end and (record := lines.record()):
        if not record.strip():
            continue
        layout.rows_read += 1
        cells = _cells(record, layout)
        if isinstance(cells, BadRow):
            bad.append(cells)
        else:
            rows.append(cells)
            numbers.append(layout.rows_read)
    columns = zip(*rows, strict=True) if rows else ([] for _ in layout.names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return RawBatch(pa.table(arrays, names=layout.names), np.array(numbers, dtype=np.int64), tuple(bad))


def _cells(record: bytes, layout: _Layout) -> list[str | None] | BadRow:
    number = layout.rows_read
    raw = record.decode("utf-8", "replace").rstrip("\r\n")
    if reason := _unreadable(record):
        return bad_row(number, reason, raw)
    try:
        rows = list(csv.reader(io.StringIO(raw, newline=""), delimiter=layout.delimiter, strict=True))
    except csv.Error as error:
        return bad_row(number, f"its quotes do not match ({error})", raw)
    if len(rows) != 1:
        return bad_row(number, "its quotes do not match", raw)
    if len(rows[0]) != len(layout.names):
        return _wrong_width(number, len(rows[0]), raw, layout)
    return [cell or None for cell in rows[0]]


def _unreadable(record: bytes) -> str | None:
    if len(record) > MAX_LINE:
        return "the row is longer than 1 MB"
    if b"\0" in record:
        return "holds a NUL character"
    return None if _is_utf8(record) else "holds bytes that are not UTF-8; save the file as UTF-8"


def _wrong_width(number: int, found: int, raw: str, layout: _Layout) -> BadRow:
    return bad_row(number, f"has {found} columns where the header has {len(layout.names)}", raw)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _utf8_lines(raw: IO[bytes], encoding: str) -> _Lines:
    if encoding in ("utf-8", "utf-8-sig"):
        return _Lines(raw, None)
    return _Lines(raw, codecs.getincrementaldecoder(encoding)("replace"))


class _Lines:
    """The file as UTF-8 blocks, lines and records, with what was read too far put back."""

    def __init__(self, raw: IO[bytes], decoder: codecs.IncrementalDecoder | None) -> None:
        self._raw = raw
        self._decoder = decoder
        self._held = b""
        self._at = 0
        self._ended = False
        self._started = False
        self._returns = False  # whether lines end as they did on old Macs

    @property
    def left(self) -> int:
        """How many bytes are held and not yet handed out?"""
        return len(self._held) - self._at

    def push_back(self, data: bytes) -> None:
        """Put bytes back in front."""
        self._held, self._at = data + self._held[self._at :], 0

    def peek(self, lines: int) -> list[bytes]:
        """The first lines that are not blank, without taking them."""
        self._fill(1 << 16)
        return [line for line in self._held[self._at : self._at + (1 << 18)].splitlines() if line.strip()][:lines]

    def block(self) -> bytes:
        """About four megabytes of whole lines; b'' at the end."""
        self._fill(BLOCK)
        end = self._held.rfind(b"\n", self._at, self._at + BLOCK) + 1
        if end <= self._at:
            end = min(self._at + BLOCK, len(self._held))
        return self._take(end)

    def readline(self, limit: int = 4 * MAX_LINE) -> bytes:
        """One line with its end; b'' at the end of the file."""
        while (end := self._held.find(b"\n", self._at) + 1) == 0 and not self._ended and self.left < limit:
            self._fill(self.left + BLOCK)
        return self._take(end or len(self._held))

    def record(self) -> bytes:
        """One record: a line, and those that an open quote joins to it; a quote that never closes joins nothing."""
        first = self.readline()
        record, joined = first, 1
        while record.count(b'"') % 2 and joined < MAX_JOINED and len(record) <= MAX_LINE:
            line = self.readline()
            if not line:
                break
            record += line
            joined += 1
        if record.count(b'"') % 2 and joined > 1:
            self.push_back(record[len(first) :])
            return first
        return record

    def _take(self, end: int) -> bytes:
        data = self._held[self._at : end]
        self._at = end
        if self._at > 2 * BLOCK:
            self._held, self._at = self._held[self._at :], 0
        return data

    def _fill(self, wanted: int) -> None:
        """Have `wanted` bytes at hand, and whole lines of text."""
        if self.left >= wanted or self._ended:
            return
        parts = [self._held[self._at :]]
        size = len(parts[0])
        while size < wanted and not self._ended:
            data = self._raw.read(wanted - size + 1)
            self._ended = not data
            data = self._utf8(data)
            parts.append(data)
            size += len(data)
        self._held, self._at = b"".join(parts), 0

    def _utf8(self, data: bytes) -> bytes:
        if self._decoder is not None:
            data = self._decoder.decode(data, final=not data).encode()
        if not self._started and data:
            data = data.removeprefix(codecs.BOM_UTF8)
            self._returns = b"\r" in data and b"\n" not in data
            self._started = True
        return data.replace(b"\r", b"\n") if self._returns else data
