"""Which values are shared by so many that they say nothing? Work numbers, shared mailboxes, placeholders.

Found from the data: a value that goes with many more names than nearly all values of its column do. Such values are
listed and taken out of their column, so that they neither bring records together nor hold them apart.
"""

from collections.abc import Mapping
from typing import Any

import duckdb

from matching.comparisons import derived_columns, quoted
from matching.records import FieldType

__all__ = ["find_traps", "forget_values"]

_IDENTIFIERS = (FieldType.EMAIL, FieldType.PHONE, FieldType.CODE, FieldType.DEVICE)
LEAST_NAMES, TIMES_USUAL, DATE_SHARE = 10, 4.0, 0.005


def find_traps(
    connection: duckdb.DuckDBPyConnection, fields: Mapping[str, FieldType], *, rows: int
) -> list[dict[str, Any]]:
    """Which values go with too many names? One dict per value: column, value, value_rows, names, most (names allowed).

    The bound of a column is four times what 99 of 100 of its shared values reach, 10 at least; a date must also fill
    half a percent of the rows, since birthdays are shared by chance. Without name columns nothing is found.
    """
    name = _name_sql(fields)
    if name is None:
        return []
    found: list[dict[str, Any]] = []
    for column, kind in sorted(fields.items()):
        if kind in _IDENTIFIERS or kind is FieldType.DATE:
            least_rows = max(LEAST_NAMES, rows * DATE_SHARE if kind is FieldType.DATE else 0)
            found += _crowded(connection, column, name, least_rows)
    return found


def forget_values(
    connection: duckdb.DuckDBPyConnection, fields: Mapping[str, FieldType], traps: list[dict[str, Any]]
) -> None:
    """Take these values out of table `rec`: the records that carry them count as not having any."""
    derived = derived_columns(fields)
    for column in sorted({trap["column"] for trap in traps} & set(fields)):
        names = [column, *(d for d in derived if d.startswith(f"{column}__"))]
        emptied = ", ".join(f"{quoted(name)} = null" for name in names)
        values = [trap["value"] for trap in traps if trap["column"] == column]
        connection.execute(f"update rec set {emptied} where {quoted(column)} in (select unnest(?))", [values])


def _name_sql(fields: Mapping[str, FieldType]) -> str | None:
    """A coarse name that survives most slips: the beginnings of the given and the family name."""
    first = {kind: min((c for c, k in fields.items() if k is kind), default=None) for kind in set(fields.values())}
    given, family = first.get(FieldType.GIVEN), first.get(FieldType.FAMILY)
    if given and family:
        return f"left({quoted(given)}, 1) || ' ' || left({quoted(family)}, 3)"
    column = given or family or first.get(FieldType.NAME)
    return f"left({quoted(column)}, 3)" if column else None


def _crowded(connection: duckdb.DuckDBPyConnection, column: str, name: str, least_rows: float) -> list[dict[str, Any]]:
    rows = connection.execute(
        f"""with shared as (
            select {quoted(column)} as value, count(*) as value_rows, count(distinct {name}) as names
            from rec where {quoted(column)} is not null group by {quoted(column)} having count(*) > 1),
        usual as (
            select greatest({LEAST_NAMES}, {TIMES_USUAL} * quantile_disc(names, 0.99)) as most from shared)
        select value, value_rows, names, most from shared, usual
        where names > most and value_rows >= ? order by value_rows desc, value""",
        [least_rows],
    ).fetchall()
    return [
        {"column": column, "value": value, "value_rows": int(n), "names": int(names), "most": float(most)}
        for value, n, names, most in rows
    ]
