"""Where do the records lie while they are matched? One bounded DuckDB database, thrown away afterwards."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from matching.comparisons import derived_columns, quoted
from matching.errors import MemoryLimitError
from matching.records import FieldType

__all__ = ["LazyKeys", "load", "open_scratch", "sorted_order", "usable_fields"]

_ONLY_EQUAL = (FieldType.CODE, FieldType.DEVICE, FieldType.PROPERTY, FieldType.TEXT, FieldType.CATEGORY)
Ints = npt.NDArray[np.int64]
KEYS = ("source", "record_id")


@contextmanager
def open_scratch(*, memory_limit: str = "2GB", folder: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Which database may be used for this run? It spills to a temporary folder beyond `memory_limit`.

    Raises MemoryLimitError where that is too little even so.
    """
    with TemporaryDirectory(prefix="stormgraph-match-", dir=folder) as spill:
        connection = duckdb.connect(":memory:")
        try:
            connection.execute(f"set memory_limit = '{memory_limit}'")
            connection.execute(f"set temp_directory = '{spill}'")
            connection.execute("set preserve_insertion_order = false")
            connection.execute("set enable_progress_bar = false")
            yield connection
        except duckdb.OutOfMemoryException as error:
            raise MemoryLimitError(f"this needs more memory than the limit of {memory_limit}: allow more") from error
        finally:
            connection.close()


def sorted_order(records: pa.Table) -> Ints:
    """In which order are the records worked on, so that the order they came in cannot matter?"""
    order = pa.compute.sort_indices(records, sort_keys=[("source", "ascending"), ("record_id", "ascending")])
    return np.asarray(order.to_numpy(), dtype=np.int64)


def usable_fields(records: pa.Table, fields: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """Which of the mapped columns can tell records apart: present, and with two values at least?

    A code that never repeats numbers the rows: its near values (…12, …13) would only mislead.
    """
    usable: dict[str, FieldType] = {}
    for column, kind in sorted(fields.items()):
        if kind is FieldType.NONE or column not in records.column_names:
            continue
        values = records.column(column)
        distinct = pa.compute.count_distinct(values, mode="only_valid").as_py()
        numbering = kind in _ONLY_EQUAL and distinct == len(values) - values.null_count
        if distinct > 1 and not numbering:
            usable[column] = kind
    return usable


def load(connection: duckdb.DuckDBPyConnection, records: pa.Table, fields: Mapping[str, FieldType]) -> None:
    """Lay the (sorted) records down as table `rec`: row number `rid`, source, the usable columns, the derived ones."""
    columns = [quoted(column) for column in sorted(fields)]
    derived = [f"{sql} as {quoted(name)}" for name, sql in derived_columns(fields).items()]
    view = records.select(["source", *sorted(fields)]).append_column(
        "rid", pa.array(np.arange(records.num_rows, dtype=np.int32))
    )
    connection.register("incoming", view)
    connection.execute(
        f"create or replace table rec as select rid, source, {', '.join([*columns, *derived])} from incoming"
        if columns
        else "create or replace table rec as select rid, source from incoming"
    )
    connection.unregister("incoming")


class LazyKeys(Sequence[tuple[str, str]]):
    """The records' keys, looked up only when somebody asks."""

    def __init__(self, records: pa.Table) -> None:
        self.columns = records.column("source"), records.column("record_id")

    def of(self, rows: Ints) -> "LazyKeys":
        """The keys of these rows."""
        taken = [column.take(pa.array(rows)) for column in self.columns]
        return LazyKeys(pa.table(dict(zip(KEYS, taken, strict=True))))

    def __len__(self) -> int:
        return len(self.columns[0])

    def __getitem__(self, place: Any) -> Any:
        return self.columns[0][int(place)].as_py(), self.columns[1][int(place)].as_py()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return zip(self.columns[0].to_pylist(), self.columns[1].to_pylist(), strict=True)
