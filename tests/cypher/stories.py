"""Stories: examples of a query, written as data beside no code, one YAML file for each query."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from graph_service.graph.library import Query

HERE = Path(__file__).parent
GRAPHS = HERE.parent / "graphs"


class BrokenStory(Exception):
    """A story file that cannot be told; the message names the file."""


@dataclass(frozen=True)
class Then:
    """What the graph must hold after a write: a statement and the rows it answers."""

    query: str
    returns: list[dict[str, Any]]


@dataclass(frozen=True)
class Case:
    """One call of the query, and what must come of it."""

    name: str
    params: dict[str, Any] = field(default_factory=dict)
    returns: list[dict[str, Any]] | None = None
    raises: str | None = None
    then: Then | None = None
    tenant: str | None = None
    twice: bool = True


@dataclass(frozen=True)
class Story:
    """A sentence, a graph, a query and its cases."""

    path: Path
    says: str
    query: str
    given: tuple[str, ...]
    cases: tuple[Case, ...]


def read(path: Path) -> Story:
    """Read one story. Raises BrokenStory with the file and what is wrong."""
    try:
        written = yaml.safe_load(path.read_text(encoding="utf-8"))
        _only(written, {"story", "query", "given", "cases"}, {"story", "cases"})
        return Story(
            path=path,
            says=written["story"],
            query=written.get("query", f"{path.parent.name}.{path.stem}"),
            given=_given(written.get("given", [])),
            cases=tuple(_case(case) for case in written["cases"]),
        )
    except (BrokenStory, TypeError, yaml.YAMLError, OSError) as error:
        raise BrokenStory(f"{path}: {error}") from error


def paths(root: Path = HERE) -> list[Path]:
    """The files of all stories."""
    return sorted(root.glob("*/*.yaml"))


def for_tenant(written: Any, tenant: str) -> Any:
    """A value of a story as this tenant has it: `$t` at the beginning of a string stands for the tenant."""
    if isinstance(written, str) and (written == "$t" or written.startswith("$t/")):
        return tenant + written[2:]
    if isinstance(written, list):
        return [for_tenant(each, tenant) for each in written]
    if isinstance(written, Mapping):
        return {key: for_tenant(value, tenant) for key, value in written.items()}
    return written


def same(left: Any, right: Any) -> bool:
    """Are two answers the same? Floats to one part in a thousand million; a float is never an integer."""
    if isinstance(left, float) and isinstance(right, float):
        return left == right or math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and bool(left == right)


def settled(query: Query, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An answer in which what the query declares to be in no order is in one."""
    bags = {column.name for column in query.returns if column.type == "BAG"}
    return [{name: _sorted(value) if name in bags else value for name, value in row.items()} for row in rows]


def _sorted(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    found = [_sorted(each) for each in value]
    return sorted(found, key=repr) if all(isinstance(each, list) for each in found) else found


def _case(written: Any) -> Case:
    _only(written, {"name", "tenant", "params", "returns", "raises", "then", "twice"}, {"name"})
    if not {"returns", "raises", "then"} & written.keys():
        raise BrokenStory(f"case '{written['name']}' expects nothing: say returns, raises or then")
    if "raises" in written and {"returns", "then"} & written.keys():
        raise BrokenStory(f"case '{written['name']}' either raises or answers")
    then = written.get("then")
    if then is not None:
        _only(then, {"query", "returns"}, {"query", "returns"})
    return Case(**{**written, "then": then and Then(**then), "params": written.get("params") or {}})


def _given(written: Any) -> tuple[str, ...]:
    pieces = [written] if isinstance(written, str) else written
    if not isinstance(pieces, list) or not all(isinstance(piece, str) for piece in pieces):
        raise BrokenStory("given is the name of a graph in tests/graphs, or a list of names and statements")
    texts = (graph(piece) if piece.isidentifier() else piece for piece in pieces)
    return tuple(statement for text in texts for statement in _statements(text))


def graph(name: str) -> str:
    """The text of a graph in tests/graphs."""
    return (GRAPHS / f"{name}.cypher").read_text(encoding="utf-8")


def _statements(text: str) -> list[str]:
    ended = (piece.strip().removesuffix(";") for piece in text.split(";\n"))
    return [piece for piece in ended if piece]


def _only(written: Any, known: set[str], needed: set[str]) -> None:
    if not isinstance(written, dict):
        raise BrokenStory(f"expected a map with {sorted(known)}, found {type(written).__name__}")
    if written.keys() - known:
        raise BrokenStory(f"unknown {sorted(written.keys() - known)}; known are {sorted(known)}")
    if needed - written.keys():
        raise BrokenStory(f"{sorted(needed - written.keys())} is missing")
