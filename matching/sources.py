"""What rows does a file hold? CSV, Parquet and JSON lines as tables of strings; broken rows apart."""

from __future__ import annotations

import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator

RAW_CUT = 200  # characters of a broken row that are kept


class BadRow(NamedTuple):
    """A row that could not be read: its number, why, and its text cut to 200 characters."""

    row_number: int
    reason: str
    raw: str


@dataclass(frozen=True)
class RawBatch:
    """Some rows of a file: every column as strings (null where empty), and the rows that were broken.

    `row_numbers` counts the records of the file from 1, the header and blank lines not counted; good and bad rows share
    the one count. `notices` says once, on the first batch, what was assumed about the file (its encoding, ...).
    """

    table: pa.Table
    row_numbers: np.ndarray[tuple[int], np.dtype[np.int64]]
    bad: tuple[BadRow, ...] = ()
    notices: tuple[str, ...] = ()


def read_source(path: str | Path, batch_rows: int = 50_000) -> Iterator[RawBatch]:
    """Which rows does this file hold? Batches of about `batch_rows` rows; broken rows are listed and reading goes on.

    The kind of file is told by its content, not by its name. JSON batches may differ in their columns, CSV and Parquet
    never. Raises SourceError for a file that cannot be read at all: missing, empty, half a Parquet file, a header that
    is missing or repeats a name.
    """
    path = Path(path)
    kind = _kind(path)
    if kind == "parquet":
        from matching.parquet_source import read_parquet as reader
    elif kind == "json":
        from matching.json_source import read_json as reader
    else:
        from matching.csv_source import read_csv as reader
    try:
        yield from reader(path, batch_rows)
    except MemoryError:  # which Arrow has a kind of, too: it says nothing of the file
        raise
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise SourceError(f"{path.name}: {_plain(error)}; is the file complete? Fetch or export it again.") from error


def open_bytes(path: Path) -> IO[bytes]:
    """The file's bytes, unpacked where it is gzipped (told by its first two bytes)."""
    file = path.open("rb")
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return io.BufferedReader(gzip.GzipFile(fileobj=file)) if packed else file


def only_good(batch: RawBatch) -> RawBatch:
    """The batch with rows that hold a NUL character moved to its bad rows."""
    marked = np.zeros(batch.table.num_rows, dtype=bool)
    for column in batch.table.columns:
        hit = pc.any(pc.match_substring(column, "\0")).as_py()
        if hit:
            marked |= pc.fill_null(pc.match_substring(column, "\0"), False).to_numpy(zero_copy_only=False)
    if not marked.any():
        return batch
    rows = batch.table.filter(pa.array(marked)).to_pylist()
    numbers = batch.row_numbers[marked]
    bad = [bad_row(int(n), "holds a NUL character", str(list(r.values()))) for n, r in zip(numbers, rows, strict=True)]
    kept = batch.table.filter(pa.array(~marked))
    return RawBatch(kept, batch.row_numbers[~marked], tuple(sorted((*batch.bad, *bad))), batch.notices)


def bad_row(row_number: int, reason: str, raw: str) -> BadRow:
    """A bad row whose raw text is cut and free of control characters."""
    return BadRow(row_number, reason, raw[:RAW_CUT].replace("\0", "\\0"))


def _kind(path: Path) -> str:
    if not path.exists():
        raise SourceError(f"{path} does not exist; check the path.")
    if path.is_dir():
        raise SourceError(f"{path} is a folder; name the files in it.")
    try:
        with open_bytes(path) as file:
            head = file.read(4096)
    except (OSError, EOFError, zlib.error) as error:
        raise SourceError(f"{path.name} cannot be read: {_plain(error)}.") from error
    if not head.strip():
        raise SourceError(f"{path.name} is empty; export it again.")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PK\x03\x04"):
        raise SourceError(f"{path.name} is a zip archive or an Excel workbook; unpack it, or save the sheet as CSV.")
    if ".parquet" in path.suffixes:
        raise SourceError(f"{path.name} is not a Parquet file (it lacks the PAR1 mark); is the file complete?")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    return "json" if start in (b"{", b"[") else "csv"


def _plain(error: BaseException) -> str:
    return " ".join(str(error).split())[:300] or type(error).__name__
