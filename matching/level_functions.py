"""One comparison as one Python function: which level does a pair reach?

A level is asked of thousands of pairs a second, so its SQL is written out as Python once, with plain tests where SQL's
"unknown" can only mean "no". What is rarer stays as `matching.conditions` evaluates it; a test holds the two together.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from matching.conditions import FUNCTIONS, columns_of, compiled_pair, parsed

__all__ = ["Grader", "Values", "grader"]

Values = tuple[Any, ...]
Grader = Callable[[Values, Values], int]
OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "==", exp.NEQ: "!=", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="
}  # fmt: skip


def grader(columns: Sequence[str], unknown: str, levels: Sequence[tuple[int, str]]) -> Grader:
    """Which function of (left, right) numbers a pair: 0 where `unknown` holds, else the first level reached, else 1?

    left and right are what two records say in `columns`, in that order; any other column is empty. Raises
    ConditionError where an expression cannot be evaluated without a database.
    """
    named = sorted({name for sql in (unknown, *(sql for _, sql in levels)) for name in columns_of(sql)})
    writer = _Writer(columns, {name: f"{name[-1]}_{at}" for at, name in enumerate(named)})
    lines = ["def grade(left, right):"]
    for side in ("left", "right"):
        own = [writer.variables.get(f"{column}_{side[0]}", "_") for column in columns]
        lines += [f"    {', '.join(own)}, = {side}"] if own else []
    told = {f"{column}_{side}" for column in columns for side in "lr"}
    lines += [f"    {variable} = None" for name, variable in writer.variables.items() if name not in told]
    lines.append(f"    if {writer.holds(parsed(unknown))}: return 0")
    writer.known = {writer.variables[name] for name in _missing(parsed(unknown))}
    lines += [f"    if {writer.holds(parsed(sql))}: return {number}" for number, sql in levels]
    lines.append("    return 1")
    exec(compile("\n".join(lines), "<levels>", "exec"), writer.scope)  # noqa: S102 - written here, names and literals quoted
    made: Grader = writer.scope["grade"]
    return made


def _missing(node: exp.Expr) -> set[str]:
    """The columns that are known to have a value where this test is not met: it asks whether any of them has none."""
    if isinstance(node, exp.Paren):
        return _missing(node.this)
    if isinstance(node, exp.Or):
        return _missing(node.this) | _missing(node.expression)
    empty = isinstance(node, exp.Is) and isinstance(node.expression, exp.Null) and isinstance(node.this, exp.Column)
    return {node.this.name} if empty else set()


class _Writer:
    """Writes expressions as Python; `scope` holds the functions that they call."""

    def __init__(self, columns: Sequence[str], variables: dict[str, str]) -> None:
        self.columns, self.variables = columns, variables
        self.known: set[str] = set()  # variables that need no test any more
        self.scope: dict[str, Any] = {}
        self.count = 0

    def holds(self, node: exp.Expr) -> str:
        """A test that is met where the expression is true (not false, not unknown)."""
        if isinstance(node, exp.Paren):
            return self.holds(node.this)
        if isinstance(node, exp.And | exp.Or):
            word = "and" if isinstance(node, exp.And) else "or"
            return f"({self.holds(node.this)} {word} {self.holds(node.expression)})"
        inner = node.this if isinstance(node, exp.Not) else node
        if isinstance(inner, exp.Is) and isinstance(inner.expression, exp.Null):
            return f"({self._value(inner.this)} {'is' if inner is node else 'is not'} None)"
        if isinstance(node, exp.Case) and node.this is None:
            return self._chosen(node)
        if operator := OPERATORS.get(type(node)):
            tests, (one, other) = self._known([node.this, node.expression])
            return "(" + " and ".join([*tests, f"{one} {operator} {other}"]) + ")"
        return self._value(node)

    def _chosen(self, node: exp.Case) -> str:
        default = node.args.get("default")
        last = self.holds(default) if default is not None else "False"
        for way in reversed(node.args["ifs"]):
            last = f"({self.holds(way.args['true'])} if {self.holds(way.this)} else {last})"
        return last

    def _value(self, node: exp.Expr) -> str:
        """An expression for the value, None where it is unknown."""
        if isinstance(node, exp.Paren):
            return self._value(node.this)
        if isinstance(node, exp.Column):
            return self.variables[node.name]
        if isinstance(node, exp.Boolean):
            return str(bool(node.this))
        name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
        if name not in FUNCTIONS or type(node) in OPERATORS:
            return f"{self._named(self._as_evaluated(node))}(left, right)"
        function, parts = FUNCTIONS[name]
        given = node.expressions if isinstance(node, exp.Anonymous) else [node.args.get(part) for part in parts]
        tests, values = self._known([part for part in given if isinstance(part, exp.Expr)])
        call = f"{self._named(function)}({', '.join(values)})"
        return f"({call} if {' and '.join(tests)} else None)" if tests else call

    def _as_evaluated(self, node: exp.Expr) -> Callable[[Values, Values], Any]:
        columns, value = self.columns, compiled_pair(node)
        return lambda left, right: value(dict(zip(columns, left, strict=True)), dict(zip(columns, right, strict=True)))

    def _known(self, nodes: Sequence[exp.Expr]) -> tuple[list[str], list[str]]:
        """Tests that the values are known, and how each is called where they are."""
        tests, values = [], []
        for node in nodes:
            if isinstance(node, exp.Literal):
                values.append(self._named(compiled_pair(node)({}, {})))
                continue
            value = self._value(node)
            if value in self.known:
                pass
            elif not value.isidentifier():
                self.count += 1
                value, written = f"t{self.count}", value
                tests.append(f"({value} := {written}) is not None")
            else:
                tests.append(f"{value} is not None")
            values.append(value)
        return tests, values

    def _named(self, thing: Any) -> str:
        name = f"f{len(self.scope)}"
        self.scope[name] = thing
        return name
