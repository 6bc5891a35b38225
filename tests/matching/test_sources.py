"""A file is read whatever it is; what is broken in it is listed, and the rest is there."""

import csv
import gzip
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import SourceError
from matching.sources import BadRow, read_source

Rows = list[dict[str, str | None]]


def read(path: Path, batch_rows: int = 50_000) -> tuple[Rows, list[BadRow], list[int]]:
    rows: Rows = []
    bad: list[BadRow] = []
    numbers: list[int] = []
    for batch in read_source(path, batch_rows):
        assert len(batch.row_numbers) == batch.table.num_rows
        rows += batch.table.to_pylist()
        bad += batch.bad
        numbers += batch.row_numbers.tolist()
    return rows, bad, numbers


def written(path: Path, content: bytes | str) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


PEOPLE: Rows = [{"id": "1", "name": "José, Jr", "zip": "07030"}, {"id": "2", "name": 'the "Duke"\nof Oak', "zip": None}]


def as_csv(rows: Rows, delimiter: str = ",") -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_every_delimiter_and_encoding_reads_the_same(tmp_path: Path, delimiter: str, encoding: str) -> None:
    path = written(tmp_path / "people.csv", as_csv(PEOPLE, delimiter).encode(encoding))
    assert read(path)[0] == PEOPLE


def test_a_file_that_is_not_utf8_says_so(tmp_path: Path) -> None:
    batch = next(iter(read_source(written(tmp_path / "a.csv", as_csv(PEOPLE).encode("cp1252")))))
    assert "Windows-1252" in batch.notices[0]


@pytest.mark.parametrize("name", ["people.csv", "people.parquet", "people.jsonl", "people.ndjson", "people.json"])
@pytest.mark.parametrize("packed", [False, True])
def test_every_format_reads_the_same_packed_or_not(tmp_path: Path, name: str, packed: bool) -> None:
    path = tmp_path / name
    if name.endswith("parquet"):
        pq.write_table(pa.Table.from_pylist(PEOPLE), path)
    elif name.endswith("csv"):
        written(path, as_csv(PEOPLE))
    else:
        written(path, "\n".join(json.dumps(row) for row in PEOPLE))
    if packed:
        path = written(tmp_path / f"{name}.gz", gzip.compress(path.read_bytes()))
    assert read(path)[0] == PEOPLE


def test_a_json_array_is_read_too(tmp_path: Path) -> None:
    assert read(written(tmp_path / "people.json", json.dumps(PEOPLE)))[0] == PEOPLE


cells = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)


@given(st.lists(st.tuples(st.integers(1, 10**6), cells, cells), min_size=1, max_size=30))
def test_whatever_csv_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, str, str]]
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["id", "name", "note"])
    writer.writerows(rows)
    path = written(tmp_path_factory.mktemp("csv") / "a.csv", text.getvalue())
    found, bad, numbers = read(path)
    assert [(row["id"], row["name"] or "", row["note"] or "") for row in found] == [(str(a), b, c) for a, b, c in rows]
    assert (bad, numbers) == ([], list(range(1, len(rows) + 1)))


BROKEN = (
    b'id,name\n1,ann\n2\n3,bob,extra\n4,cy\n\n5,nul\x00\n6,\xff\xfe\n7,"open\n8,dee\n9,"el ""x"" f"\n10,'
    + b"y" * (1 << 21)
    + b"\n11,gus\n"
)


def test_broken_rows_are_listed_and_reading_goes_on(tmp_path: Path) -> None:
    rows, bad, numbers = read(written(tmp_path / "a.csv", BROKEN))
    assert [row["id"] for row in rows] == ["1", "4", "8", "9", "11"]
    assert numbers == [1, 4, 8, 9, 11]
    reasons = {row.row_number: row.reason for row in bad}
    assert reasons[2] == "has 1 columns where the header has 2"
    assert reasons[3] == "has 3 columns where the header has 2"
    assert "NUL" in reasons[5]
    assert "not UTF-8" in reasons[6]
    assert "quotes" in reasons[7]
    assert "1 MB" in reasons[10]
    assert all(len(row.raw) <= 200 for row in bad)


def test_a_stray_quote_far_ahead_of_the_next_loses_one_row_only(tmp_path: Path) -> None:
    lines = [f"{n},name {n}" for n in range(1, 5001)]
    lines[10] = '11,"open'
    lines[4000] = '4001,"open'
    rows, bad, _ = read(written(tmp_path / "a.csv", "id,name\n" + "\n".join(lines)))
    assert len(rows) == 4998
    assert [row.row_number for row in bad] == [11, 4001]


def test_a_file_longer_than_a_block_keeps_its_row_numbers(tmp_path: Path) -> None:
    lines = [f'{n},"{"x" * 90}\n{n}"' for n in range(1, 60_001)]
    lines[50_000] = "50001"
    rows, bad, numbers = read(written(tmp_path / "a.csv", "id,name\n" + "\n".join(lines)), batch_rows=7_000)
    assert [int(row["id"] or 0) for row in rows] == numbers
    assert [row.row_number for row in bad] == [50_001]
    assert len(rows) == 59_999


def test_batches_hold_no_more_than_was_asked(tmp_path: Path) -> None:
    path = written(tmp_path / "a.csv", "id,x\n" + "".join(f"{n},{n}\n" for n in range(1000)))
    assert [batch.table.num_rows for batch in read_source(path, 300)] == [300, 300, 300, 100]


def test_broken_json_lines_are_listed(tmp_path: Path) -> None:
    rows, bad, numbers = read(
        written(tmp_path / "a.jsonl", '{"a": 1}\n{bad\n[1]\n\n{"a": "\\u0000"}\n{"a": 2.0, "b": [1]}\n')
    )
    assert rows == [{"a": "1", "b": None}, {"a": "2", "b": "[1]"}]
    assert numbers == [1, 5]
    assert [row.row_number for row in bad] == [2, 3, 4]


def test_parquet_numbers_read_as_they_were_meant(tmp_path: Path) -> None:
    table = pa.table({"zip": [75209.0, None], "ratio": [0.5, 2.0], "on": [True, False], "tags": [["a"], None]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert read(tmp_path / "a.parquet")[0] == [
        {"zip": "75209", "ratio": "0.5", "on": "true", "tags": '["a"]'},
        {"zip": None, "ratio": "2", "on": "false", "tags": None},
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"id,id\n1,2\n", "more than once"),
        (b"id,,zip\n1,2,3\n", "no name for column 2"),
        (b"1,ann@x.com\n2,bob@x.com\n", "looks like data"),
        (b"PAR1 half a file", "not a complete Parquet file"),
        (b"PK\x03\x04 sheet", "Excel"),
        (b'[{"a": 1}, {"a"', "broken JSON array"),
        (gzip.compress(b"id,x\n" + b"1,2\n" * 10_000, mtime=0)[:-30], "cannot be read|complete"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(SourceError, match=says):
        read(written(tmp_path / "file", content))


def test_half_a_parquet_file_is_no_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [str(n) for n in range(10_000)]}), tmp_path / "a.parquet")
    whole = (tmp_path / "a.parquet").read_bytes()
    with pytest.raises(SourceError, match="fetch or export it again"):
        read(written(tmp_path / "b.parquet", whole[: len(whole) // 2]))


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="does not exist"):
        read(tmp_path / "none.csv")
    with pytest.raises(SourceError, match="is a folder"):
        read(tmp_path)


def test_a_header_alone_has_columns_and_no_rows(tmp_path: Path) -> None:
    batch = next(iter(read_source(written(tmp_path / "a.csv", "id,name\n"))))
    assert (batch.table.column_names, batch.table.num_rows) == (["id", "name"], 0)
