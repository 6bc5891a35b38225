"""One comparison as one Python function: which level does a pair reach?

A level is asked of thousands of pairs a second, so its SQL is written out as Python once, with plain tests where SQL's
"unknown" can only mean "no". What is rarer stays as `matching.conditions` evaluates it; a test holds the two together.
"""

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from matching.conditions import FUNCTIONS, Record, columns_of, compiled_pair, parsed

__all__ = ["Grader", "grader"]

Grader = Callable[[Record, Record], int]
OPERATORS: dict[type[exp.Expr], str] = {
    exp.EQ: "==", exp.NEQ: "!=", exp.GT: ">", exp.GTE: ">=", exp.LT: "<", exp.LTE: "<="
}  # fmt: skip


def grader(unknown: str, levels: Sequence[tuple[int, str]]) -> Grader:
    """Which function of (left, right) numbers a pair: 0 where `unknown` holds, else the first level reached, else 1?

    Raises ConditionError where an expression cannot be evaluated without a database.
    """
    columns = sorted({name for sql in (unknown, *(sql for _, sql in levels)) for name in columns_of(sql)})
    writer = _Writer({name: f"{name[-1]}{at}" for at, name in enumerate(columns)})
    lines = ["def grade(left, right):"]
    for name, variable in writer.variables.items():
        side = "left" if name.endswith("_l") else "right"
        lines.append(f"    {variable} = {side}.get({name[:-2]!r})")
    lines.append(f"    if {writer.holds(parsed(unknown))}: return 0")
    lines += [f"    if {writer.holds(parsed(sql))}: return {number}" for number, sql in levels]
    lines.append("    return 1")
    exec(compile("\n".join(lines), "<levels>", "exec"), writer.scope)  # noqa: S102 - written here, names and literals quoted
    made: Grader = writer.scope["grade"]
    return made


class _Writer:
    """Writes expressions as Python; `scope` holds the functions that they call."""

    def __init__(self, variables: dict[str, str]) -> None:
        self.variables = variables
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
        name = node.name.lower() if isinstance(node, exp.Anonymous) else type(node).__name__.lower()
        if name not in FUNCTIONS or type(node) in OPERATORS:
            return f"{self._named(compiled_pair(node))}(left, right)"
        function, parts = FUNCTIONS[name]
        given = node.expressions if isinstance(node, exp.Anonymous) else [node.args.get(part) for part in parts]
        tests, values = self._known([part for part in given if isinstance(part, exp.Expr)])
        call = f"{self._named(function)}({', '.join(values)})"
        return f"({call} if {' and '.join(tests)} else None)" if tests else call

    def _known(self, nodes: Sequence[exp.Expr]) -> tuple[list[str], list[str]]:
        """Tests that the values are known, and how each is called where they are."""
        tests, values = [], []
        for node in nodes:
            if isinstance(node, exp.Literal):
                values.append(self._named(compiled_pair(node)({}, {})))
                continue
            value = self._value(node)
            if not value.isidentifier():
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
