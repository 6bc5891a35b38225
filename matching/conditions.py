"""What does an SQL expression over one record, or over two, come to without a database?

The levels of a model, its derived columns and its blocking rules are DuckDB SQL. `of_pair` and `of_record` turn such an
expression into a function of plain dicts, with SQL's three-valued logic (None = unknown). What a scalar expression of
Splink's libraries needs is understood; anything else is refused by name.
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from matching import likeness, texts
from matching.errors import MatchingError

__all__ = [
    "FUNCTIONS", "ConditionError", "Pairwise", "Record", "Unary", "columns_of", "compiled_pair", "of_pair", "of_record",
    "parsed",
]  # fmt: skip

Record = Mapping[str, Any]
Pairwise = Callable[[Record, Record], Any]
Unary = Callable[[Record], Any]


class ConditionError(MatchingError):
    """An SQL expression holds what cannot be evaluated without a database."""


def of_pair(sql: str) -> Pairwise:
    """Which function of (left, right) does an expression over `<column>_l` and `<column>_r` stand for?"""
    return compiled_pair(parsed(sql))


def compiled_pair(node: exp.Expr) -> Pairwise:
    """The same of an expression that was read already."""
    return _compiled(node, _side)


def of_record(sql: str) -> Unary:
    """Which function of one record does an expression over its columns stand for?"""
    value = _compiled(parsed(sql), _own)
    return lambda record: value(record, record)


def columns_of(sql: str) -> set[str]:
    """Which columns does an expression name?"""
    return {column.name for column in parsed(sql).find_all(exp.Column)}


def parsed(sql: str) -> exp.Expr:
    """The expression as a tree. Raises ConditionError where it is none."""
    try:
        return parse_one(sql, dialect="duckdb")
    except SqlglotError as error:
        raise ConditionError(f"this is no SQL expression: {sql}") from error


Column = Callable[[str], Pairwise]


def _side(name: str) -> Pairwise:
    column, side = name[:-2], name[-2:]
    if side == "_l":
        return lambda left, right: left.get(column)
    if side == "_r":
        return lambda left, right: right.get(column)
    raise ConditionError(f"a level compares columns of two records (..._l with ..._r), not {name}")


def _own(name: str) -> Pairwise:
    return lambda left, right: left.get(name)


def _compiled(node: exp.Expr, column: Column) -> Pairwise:
    if isinstance(node, exp.Column):
        return column(node.name)
    if column is _side and (quick := _quick(node)) is not None:
        return quick
    special = _SPECIAL.get(type(node))
    if special is not None:
        return special(node, column)
    name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
    found = FUNCTIONS.get(name)
    if found is None:
        raise ConditionError(f"{node.sql(dialect='duckdb')} needs a database: {name} is not known here")
    function, parts = found
    of = node.expressions if isinstance(node, exp.Anonymous) else [node.args.get(part) for part in parts]
    return _strict(function, [_compiled(part, column) for part in of if isinstance(part, exp.Expr)])


def _quick(node: exp.Expr) -> Pairwise | None:
    """What most levels ask of one column, in one step: is it missing, is it equal, is it alike enough?"""
    if isinstance(node, exp.Or) and (missing := _both(_missing(node.this), _missing(node.expression))):
        return lambda left, right: left.get(missing) is None or right.get(missing) is None
    if isinstance(node, exp.EQ) and (same := _both(node.this, node.expression)):
        return lambda left, right: None if (a := left.get(same)) is None or (b := right.get(same)) is None else a == b
    if isinstance(node, exp.GTE | exp.LTE) and isinstance(node.expression, exp.Literal):
        name = node.this.name.lower() if isinstance(node.this, exp.Anonymous) else type(node.this).__name__.lower()
        parts = node.this.expressions if isinstance(node.this, exp.Anonymous) else list(node.this.args.values())[:2]
        if name in _LIKENESSES and len(parts) == 2 and (alike := _both(*parts)):
            function, bound = _LIKENESSES[name], float(node.expression.this)
            more = isinstance(node, exp.GTE)
            return lambda left, right: (
                None
                if (a := left.get(alike)) is None or (b := right.get(alike)) is None
                else function(a, b) >= bound
                if more
                else function(a, b) <= bound
            )
    return None


def _both(one: Any, other: Any) -> str | None:
    """The column whose left and right values these are."""
    if not (isinstance(one, exp.Column) and isinstance(other, exp.Column)):
        return None
    name = one.name[:-2]
    return name if (one.name, other.name) == (f"{name}_l", f"{name}_r") else None


def _missing(node: exp.Expr) -> exp.Expr | None:
    """The operand of `... is null`."""
    return node.this if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null) else None


def _strict(function: Callable[..., Any], parts: list[Pairwise]) -> Pairwise:
    """A function that is unknown as soon as one of its arguments is."""
    if len(parts) == 2:
        one, other = parts

        def of_two(left: Record, right: Record) -> Any:
            first = one(left, right)
            if first is None:
                return None
            second = other(left, right)
            return None if second is None else function(first, second)

        return of_two

    def of_some(left: Record, right: Record) -> Any:
        values = [part(left, right) for part in parts]
        return None if None in values else function(*values)

    return of_some


def _literal(node: exp.Expr, column: Column) -> Pairwise:
    text = str(node.this)
    value: Any = text if node.is_string else float(text) if re.search(r"[.eE]", text) else int(text)
    return lambda left, right: value


def _boolean(node: exp.Expr, column: Column) -> Pairwise:
    value = bool(node.this)
    return lambda left, right: value


def _and(node: exp.Expr, column: Column) -> Pairwise:
    one, other = _compiled(node.this, column), _compiled(node.expression, column)

    def both(left: Record, right: Record) -> bool | None:
        first = one(left, right)
        if first is not None and not first:
            return False
        second = other(left, right)
        if second is not None and not second:
            return False
        return None if first is None or second is None else True

    return both


def _or(node: exp.Expr, column: Column) -> Pairwise:
    one, other = _compiled(node.this, column), _compiled(node.expression, column)

    def either(left: Record, right: Record) -> bool | None:
        first = one(left, right)
        if first:
            return True
        second = other(left, right)
        if second:
            return True
        return None if first is None or second is None else False

    return either


def _is(node: exp.Expr, column: Column) -> Pairwise:
    value = _compiled(node.this, column)
    if isinstance(node.expression, exp.Null):
        return lambda left, right: value(left, right) is None
    wanted = bool(node.expression.this)
    return lambda left, right: (found := value(left, right)) is not None and bool(found) is wanted


def _null_safe(node: exp.Expr, column: Column) -> Pairwise:
    one, other = _compiled(node.this, column), _compiled(node.expression, column)
    equal = isinstance(node, exp.NullSafeEQ)
    return lambda left, right: (one(left, right) == other(left, right)) is equal


def _in(node: exp.Expr, column: Column) -> Pairwise:
    value, among = _compiled(node.this, column), [_compiled(part, column) for part in node.expressions]

    def found(left: Record, right: Record) -> bool | None:
        this = value(left, right)
        if this is None:
            return None
        others = [part(left, right) for part in among]
        return True if this in [o for o in others if o is not None] else None if None in others else False

    return found


def _case(node: exp.Expr, column: Column) -> Pairwise:
    on = _compiled(node.this, column) if node.this is not None else None
    ways = [(_compiled(way.this, column), _compiled(way.args["true"], column)) for way in node.args["ifs"]]
    default = node.args.get("default")
    last = _compiled(default, column) if default is not None else _null(node, column)

    def chosen(left: Record, right: Record) -> Any:
        subject = on(left, right) if on is not None else None
        for condition, value in ways:
            met = condition(left, right)
            if (met == subject and met is not None) if on is not None else met:
                return value(left, right)
        return last(left, right)

    return chosen


def _null(node: exp.Expr, column: Column) -> Pairwise:
    return lambda left, right: None


def _inner(node: exp.Expr, column: Column) -> Pairwise:
    return _compiled(node.this, column)


def _of_known(function: Callable[[list[Any]], Any]) -> Callable[[exp.Expr, Column], Pairwise]:
    """Functions that pass over what is unknown: coalesce, least, greatest, concat."""

    def made(node: exp.Expr, column: Column) -> Pairwise:
        listed = [*([node.this] if isinstance(node.this, exp.Expr) else []), *node.expressions]
        parts = [_compiled(part, column) for part in listed]

        def value(left: Record, right: Record) -> Any:
            known = [found for part in parts if (found := part(left, right)) is not None]
            return function(known)

        return value

    return made


def _first_known(node: exp.Expr, column: Column) -> Pairwise:
    parts = [_compiled(part, column) for part in (node.this, *node.expressions)]

    def value(left: Record, right: Record) -> Any:
        return next((found for part in parts if (found := part(left, right)) is not None), None)

    return value


def _nullif(node: exp.Expr, column: Column) -> Pairwise:
    one, other = _compiled(node.this, column), _compiled(node.expression, column)
    return lambda left, right: None if (value := one(left, right)) == other(left, right) else value


def _cast(node: exp.Expr, column: Column) -> Pairwise:
    kind = node.args["to"].this.name.lower()
    if kind not in _CASTS:
        raise ConditionError(f"{node.sql(dialect='duckdb')} needs a database: casts to {kind} are not known here")
    return _strict(_CASTS[kind], [_compiled(node.this, column)])


def _day_difference(node: exp.Expr, column: Column) -> Pairwise:
    unit = node.args["unit"].name.lower()
    if unit != "day":
        raise ConditionError(f"{node.sql(dialect='duckdb')} needs a database: only days are counted here")
    parts = [_compiled(node.this, column), _compiled(node.expression, column)]
    return _strict(lambda late, early: late.toordinal() - early.toordinal(), parts)


def _starting(node: exp.Expr, column: Column) -> Pairwise:
    start, length = _compiled(node.args["start"], column), node.args.get("length")
    parts = [_compiled(node.this, column), start, *([_compiled(length, column)] if length is not None else [])]
    return _strict(texts.substring, parts)


_SPECIAL: dict[type[exp.Expr], Callable[[exp.Expr, Column], Pairwise]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.And: _and,
    exp.Or: _or,
    exp.Is: _is,
    exp.NullSafeEQ: _null_safe,
    exp.NullSafeNEQ: _null_safe,
    exp.In: _in,
    exp.Case: _case,
    exp.Paren: _inner,
    exp.Coalesce: _first_known,
    exp.Least: _of_known(lambda known: min(known, default=None)),
    exp.Greatest: _of_known(lambda known: max(known, default=None)),
    exp.Concat: _of_known(lambda known: "".join(map(str, known))),
    exp.Nullif: _nullif,
    exp.Cast: _cast,
    exp.TryCast: _cast,
    exp.DateDiff: _day_difference,
    exp.Substring: _starting,
    exp.Chr: lambda node, column: _strict(chr, [_compiled(node.expressions[0], column)]),
}
_TWO = ("this", "expression")
FUNCTIONS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "eq": (lambda a, b: a == b, _TWO),
    "neq": (lambda a, b: a != b, _TWO),
    "gt": (lambda a, b: a > b, _TWO),
    "gte": (lambda a, b: a >= b, _TWO),
    "lt": (lambda a, b: a < b, _TWO),
    "lte": (lambda a, b: a <= b, _TWO),
    "between": (lambda a, low, high: low <= a <= high, ("this", "low", "high")),
    "not": (lambda a: not a, ("this",)),
    "neg": (lambda a: -a, ("this",)),
    "add": (lambda a, b: a + b, _TWO),
    "sub": (lambda a, b: a - b, _TWO),
    "mul": (lambda a, b: a * b, _TWO),
    "div": (lambda a, b: a / b if b else None, _TWO),
    "dpipe": (lambda a, b: f"{a}{b}", _TWO),
    "abs": (abs, ("this",)),
    "length": (len, ("this",)),
    "lower": (str.lower, ("this",)),
    "upper": (str.upper, ("this",)),
    "trim": (lambda text: text.strip(" "), ("this",)),
    "left": (texts.left, _TWO),
    "right": (texts.right, _TWO),
    "splitpart": (texts.split_part, ("this", "delimiter", "part_index")),
    "regexpextract": (texts.extract, ("this", "expression", "group")),
    "timetounix": (datetime.timestamp, ("this",)),
    "try_strptime": (texts.strptime, ()),
    "jarowinklersimilarity": (likeness.jaro_winkler, _TWO),
    "jaro_similarity": (likeness.jaro, ()),
    "levenshtein": (likeness.levenshtein, _TWO),
    "damerau_levenshtein": (likeness.damerau_levenshtein, ()),
    "hamming": (likeness.hamming, ()),
    "strlen": (lambda text: len(text.encode()), ()),
    "jaccard": (likeness.jaccard, ()),
}
_LIKENESSES: dict[str, Callable[[str, str], float]] = {
    name: FUNCTIONS[name][0] for name in ("jarowinklersimilarity", "levenshtein", "damerau_levenshtein")
}
_CASTS: dict[str, Callable[[Any], Any]] = {
    "date": texts.day,
    "double": texts.number,
    "float": texts.number,
    "varchar": str,
    "text": str,
}
