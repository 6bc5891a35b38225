"""Bad input files, each with what it is and how many rows of it can be used."""

import gzip
import io
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq

HEAD = "id,full_name,email,phone,street_address,zip,date_of_birth\n"
MAPPING = 'record_id = "id"'


def line(number: int, **given: str) -> str:
    """One good row."""
    row = {"id": f"r{number}", "full_name": f"Ann Bell{'abcdefghij'[number % 10]}", "email": f"ann{number}@bell.com",
           "phone": "", "street_address": f"{100 + number} Oak St", "zip": "76101", "date_of_birth": ""}  # fmt: skip
    return ",".join((row | given).values())


def table(*lines: str, end: str = "\n") -> str:
    """A file of these rows."""
    return HEAD.replace("\n", end) + end.join(lines) + end


@dataclass(frozen=True)
class BadFile:
    """A file; `taken`: rows that must come in, None where the whole file must be refused with a reason."""

    name: str
    content: Callable[[], bytes]
    taken: int | None
    holds: str = ""  # what the graph must hold as it was written


def parquet() -> bytes:
    """Three rows as Parquet."""
    out = io.BytesIO()
    names = HEAD.strip().split(",")
    rows = [dict(zip(names, line(number).split(","), strict=True)) for number in range(3)]
    pq.write_table(pa.Table.from_pylist(rows), out)
    return out.getvalue()


TWELVE = (
    "1970-05-04", "05/04/1970", "5/4/70", "4 May 1970", "May 4, 1970", "19700504", "1970/05/04", "04-May-1970",
    "1970-05-04T00:00:00Z", "1970-05-04 00:00:00", "04.05.1970", "Monday, May 4 1970",
)  # fmt: skip
GOOD = [line(number) for number in range(3)]
FILES = [
    BadFile("latin-1", lambda: table(*GOOD, line(3, full_name="José Muñoz")).encode("latin-1"), 4, "munoz"),
    BadFile("utf-16 with a mark", lambda: table(*GOOD).encode("utf-16"), 3),
    BadFile("utf-8 with a mark", lambda: b"\xef\xbb\xbf" + table(*GOOD).encode(), 3),
    BadFile("NUL bytes", lambda: table(*GOOD, line(3, full_name="An\0n Bell")).encode(), 3),
    BadFile("a line of 10 MB", lambda: table(*GOOD, line(3, full_name="x" * 10_000_000)).encode(), 3),
    BadFile("an unclosed quote", lambda: table(*GOOD, '"r3,Ann', line(4)).encode(), 4),
    BadFile("columns twice", (HEAD.strip() + ",email\n" + f"{line(0)},b@bell.com\n").encode, None),
    BadFile("mixed newlines", (HEAD + GOOD[0] + "\r\n" + GOOD[1] + "\n" + GOOD[2] + "\r\n").encode, 3),
    BadFile("a lone return in the header", lambda: HEAD.replace("zip", "z\rip").encode() + GOOD[0].encode(), None),
    BadFile("old Mac newlines", lambda: table(*GOOD, end="\r").encode(), 3),
    BadFile("formulas", lambda: table(*GOOD, line(3, full_name="=cmd|' /C calc'!A0")).encode(), 4),
    BadFile("emoji", lambda: table(*GOOD, line(3, full_name="Ann 😀 Bell")).encode(), 4),
    BadFile("right to left", lambda: table(*GOOD, line(3, full_name="מאיה לופז")).encode(), 4, "מאיה"),
    BadFile("an overriding direction", lambda: table(*GOOD, line(3, full_name="Ann \u202eBell")).encode(), 4),
    BadFile("dates in 12 spellings", lambda: table(
        *(line(at, date_of_birth=f'"{day}"') for at, day in enumerate(TWELVE))).encode(), 12, "1970-05-04"),
    BadFile("fields too many and too few", lambda: table(*GOOD, line(3) + ",more,more", "r4,Ann").encode(), 3),
    BadFile("rows without an id", lambda: table(*GOOD, line(3, id="")).encode(), 3),
    BadFile("the same row often", lambda: table(*([GOOD[0]] * 2_000)).encode(), 1),
    BadFile("a header alone", HEAD.encode, 0),
    BadFile("half a Parquet file", lambda: parquet()[:-40], None),
    BadFile("nothing", bytes, None),
    BadFile("noise", lambda: bytes(range(256)) * 64, None),
    BadFile("half a gzip", lambda: gzip.compress(table(*GOOD).encode())[:-20], None),
    BadFile("a picture", lambda: b"\x89PNG\r\n\x1a\n" + bytes(500), 0),
]  # fmt: skip
