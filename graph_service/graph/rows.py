"""The rows of a query travel as lists, in the order in which its header declares their columns.

As maps they would say every name again in every row, and an engine reads each of them. The files keep saying
`row.name`; that becomes `row[0]` on its way to the engine.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from graph_service.errors import BadInput
from graph_service.graph import keys, statements

Declared = tuple[tuple[str, str], ...]  # name and type; `carried.value` is a column within the column `carried`
LISTED = re.compile(r"\bUNWIND\s+\$(\w+)\s+AS\s+(\w+)")
UNWOUND = re.compile(r"\bUNWIND\s+(?P<outer>\w+)\.(?P<column>\w+)\s+AS\s+(?P<alias>\w+)")
TAKEN = re.compile(r"(?<![.\w$])(?P<alias>\w+)\s+IN\s+(?P<outer>\w+)\.(?P<column>\w+)")  # FOREACH, comprehensions


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a row in their order, which of them are keys, and what is inside those that hold more."""

    columns: tuple[str, ...]
    keys: tuple[int, ...]
    rows: Mapping[int, "Shape"]
    maps: Mapping[int, "Shape"]
    pick: Callable[[Mapping[str, Any]], tuple[Any, ...]]


@cache
def shape_of(declared: Declared) -> Shape:
    """The shape that a header declares."""
    own = [(name, kind) for name, kind in declared if "." not in name]
    rows, maps = dict[int, Shape](), dict[int, Shape]()
    for at, (name, kind) in enumerate(own):
        inner = tuple((each.removeprefix(f"{name}."), of) for each, of in declared if each.startswith(f"{name}."))
        if inner:
            (rows if kind == "ROWS" else maps)[at] = shape_of(inner)
    columns = tuple(name for name, _ in own)
    key = tuple(at for at, (_, kind) in enumerate(own) if kind == "KEY")
    return Shape(columns, key, rows, maps, itemgetter(*columns) if len(columns) > 1 else lambda row: (row[columns[0]],))


def bound(tenant: str, given: Sequence[Mapping[str, Any]], shape: Shape, *, what: str) -> list[list[Any]]:
    """Rows as an engine gets them, their keys composed. What is not declared stays here. Raises BadInput."""
    compose, pick, composed, maps = keys.compose, shape.pick, shape.keys, shape.maps.items()
    rows = []
    for number, one in enumerate(given):
        try:
            row = list(pick(one))
        except KeyError as error:  # an engine would read null, each in its own way
            lacking = [name for name in shape.columns if name not in one]
            raise BadInput(f"{what} {number} lacks {', '.join(lacking)}.") from error
        for at in composed:
            row[at] = compose(tenant, row[at])
        for at, inner in maps:
            row[at] = [*map(row[at].get, inner.columns)]  # a map has those that it has
        rows.append(row)
    for at, inner in shape.rows.items():
        for number, row in enumerate(rows):
            row[at] = bound(tenant, row[at], inner, what=f"{what} {number}: {shape.columns[at]}")
    return rows


def with_members(declared: Declared, statement: str, lists: set[str]) -> Declared:
    """The columns declared, and within each map of which a statement uses single members only, those members.

    Such a map travels as a list too; one that is used whole stays a map.
    """
    members: dict[str, set[str | None]] = {}
    for prefix, column, member in _used(statement, _within(statement, lists, declared)):
        members.setdefault(prefix + column, set()).add(member)
    further = (
        (f"{name}.{member}", "STRING")
        for name, kind in declared
        if kind == "MAP" and None not in members.get(name, {None})
        for member in sorted(filter(None, members[name]))
    )
    return (*declared, *further)


def placed(statement: str, lists: set[str], declared: Declared) -> str:
    """The statement with every column of a row by its place; `lists` are the parameters that are rows.

    Raises KeyError with the column that is used and not declared.
    """
    prefixes = _within(statement, lists, declared)

    def by_place(found: re.Match[str]) -> str:
        string, alias, column, member = found.groups()
        if string is not None:
            return string
        shape = shape_of(declared)
        for outer in prefixes[alias].split(".")[:-1]:
            shape = shape.rows[_place(shape, outer)]
        at = _place(shape, column)
        if member is None:
            return f"{alias}[{at}]"
        inner = shape.maps.get(at)
        return f"{alias}[{at}]" + (f"[{_place(inner, member)}]" if inner else f".{member}")

    return _use(prefixes).sub(by_place, statement) if prefixes else statement


def _within(statement: str, lists: set[str], declared: Declared) -> dict[str, str]:
    """What a statement calls a row of each list: `row` for one of $rows is '', `one` for a row within it `carried.`."""
    prefixes = {alias: "" for name, alias in LISTED.findall(statement) if name in lists}
    for found in (*UNWOUND.finditer(statement), *TAKEN.finditer(statement)):
        column = f"{prefixes.get(found['outer'], '-')}{found['column']}"
        if (column, "ROWS") in declared:
            prefixes[found["alias"]] = f"{column}."
    return prefixes


def _use(aliases: Iterable[str]) -> re.Pattern[str]:
    """A use of a row's column, and of its member where it is a map; or a string, which may look like one."""
    return re.compile(rf"({statements.STRING})|(?<![.\w$])({'|'.join(aliases)})\.(\w+)(?:\.(\w+))?")


def _used(statement: str, prefixes: Mapping[str, str]) -> Iterator[tuple[str, str, str | None]]:
    """Every column of a row that a statement uses: what it is within, its name, its member."""
    for found in _use(prefixes).finditer(statement) if prefixes else ():
        if found[1] is None:
            yield prefixes[found[2]], found[3], found[4]


def _place(shape: Shape, column: str) -> int:
    try:
        return shape.columns.index(column)
    except ValueError:
        raise KeyError(column) from None
