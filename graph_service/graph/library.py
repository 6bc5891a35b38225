"""The library of Cypher files: each is one statement with a checked header, known by its dotted path."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from graph_service.errors import BadInput, BrokenLibrary, NotFound
from graph_service.graph import keys, rows, statements

CYPHER = Path(__file__).parents[2] / "cypher"
TYPES: dict[str, tuple[type, ...]] = {
    "KEY": (str, list, tuple),
    "KEYS": (list, tuple),
    "END": (str, list, tuple),
    "ROWS": (list, tuple),
    "STRING": (str,),
    "STRINGS": (list, tuple),
    "INTEGER": (int,),
    "FLOAT": (float, int),
    "BOOLEAN": (bool,),
    "MAP": (dict,),
    "LIST": (list, tuple),
    "BAG": (list, tuple),  # a list in no order, and the lists of lists in it: to sort costs an engine more than to find
}
DIALECTS = {"neo4j", "embedded"}
LABEL = re.compile(r"[A-Z][A-Za-z]*")
PARAM = re.compile(r"([\w.]+)\s+([A-Z]+)(?:\s*=\s*(\S+))?\s*(.*)")


@dataclass(frozen=True, slots=True)
class Param:
    """One declared parameter; `default` is None where the caller must pass it."""

    name: str
    type: str
    says: str
    default: Any = None


@dataclass(frozen=True, slots=True)
class Query:
    """A Cypher file as read: its header, and its statement per dialect, which says `row[0]` for `row.name`."""

    name: str
    path: Path
    says: str
    mode: str
    params: tuple[Param, ...]
    row: tuple[Param, ...]
    returns: tuple[Param, ...]
    calls: tuple[str, ...]
    example: str
    text: str
    scans: str = ""
    pages: str = ""
    control: bool = False
    columns: rows.Declared = ()
    variants: Mapping[str, str] = field(default_factory=dict)

    def text_for(self, dialect: str) -> str:
        """The statement that an engine of this dialect runs."""
        return self.variants.get(dialect, self.text)

    @property
    def shape(self) -> rows.Shape:
        """What each of its rows holds."""
        return rows.shape_of(self.columns)

    @property
    def one_list(self) -> bool:
        """Is everything on a page of it one list?"""
        return bool(self.pages) and [column.type for column in self.returns] == ["LIST"]

    @property
    def contract(self) -> tuple[Any, ...]:
        """What a caller relies on: a variant for one engine must declare the same."""
        return self.mode, self.params, self.row, self.columns, self.returns, self.control

    def bind(self, tenant: str, given: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as the engine gets them: keys composed, defaults filled. Raises BadInput."""
        bound: dict[str, Any] = {}
        for param in self.params:
            bound[param.name] = tenant if param.name == "tenant" else self._bound(tenant, param, given)
        unknown = given.keys() - (bound.keys() - {"tenant"})  # the tenant comes from the credentials only
        if unknown:
            raise BadInput(f"Query {self.name} has no parameter {', '.join(sorted(unknown))}.")
        return bound

    def _bound(self, tenant: str, param: Param, given: Mapping[str, Any]) -> Any:
        value = given.get(param.name, param.default)
        if value is None and param.type == "END":
            value = ()
        if value is None:
            raise BadInput(f"Query {self.name} needs the parameter {param.name} ({param.type}): {param.says}.")
        if not _fits(value, param):
            raise BadInput(f"Query {self.name} wants {param.name} as {param.type}, not {_shown(value)}.")
        try:
            return self._composed(tenant, param, value)
        except (AttributeError, KeyError, TypeError) as error:
            wanted = ", ".join(f"{column.name} {column.type}" for column in self.row) or "strings"
            raise BadInput(f"Query {self.name} wants {param.name} as {param.type} of {wanted} ({error}).") from error

    def _composed(self, tenant: str, param: Param, value: Any) -> Any:
        if param.type == "KEY":
            return f"{tenant}/" if value == "" else keys.compose(tenant, value)
        if param.type == "KEYS":
            return [keys.compose(tenant, own) for own in value]
        if param.type == "END":
            return keys.end_of(tenant, value)
        if param.type == "ROWS":
            return rows.bound(tenant, value, self.shape, what=f"Query {self.name}: row")
        return value


class Library:
    """Every query under `cypher/`, by name."""

    def __init__(self, queries: Mapping[str, Query]) -> None:
        self._queries = dict(queries)

    def __getitem__(self, name: str) -> Query:
        try:
            return self._queries[name]
        except KeyError:
            raise NotFound(f"There is no query '{name}': `stormgraph query` names them all.") from None

    def __contains__(self, name: object) -> bool:
        return name in self._queries

    def __iter__(self) -> Iterator[Query]:
        return iter(sorted(self._queries.values(), key=lambda query: query.name))

    def __len__(self) -> int:
        return len(self._queries)


@cache
def load(root: Path = CYPHER) -> Library:
    """Read and check every query file, once a process. Raises BrokenLibrary with file and line."""
    queries: dict[str, Query] = {}
    variants: list[tuple[str, Query]] = []
    for path in sorted(root.glob("*/*.cypher")):
        if path.parent.name == "migrations":
            continue
        room, stem = path.parent.name, path.name.removesuffix(".cypher")
        base, _, dialect = stem.partition(".")
        query = parse(path, f"{room}.{base}")
        if not dialect:
            queries[query.name] = query
        elif dialect in DIALECTS:
            variants.append((dialect, query))
        else:
            raise BrokenLibrary(f"{path}:1: '{dialect}' is no dialect; use one of {sorted(DIALECTS)}.")
    for dialect, variant in variants:
        original = queries.get(variant.name)
        if original is None:
            raise BrokenLibrary(f"{variant.path}:1: a variant, but {variant.name} has no file of its own.")
        if variant.contract != original.contract:
            raise BrokenLibrary(f"{variant.path}:1: its header differs from that of {original.path.name}.")
        queries[variant.name] = replace(original, variants={**original.variants, dialect: variant.text})
    return Library(queries)


def parse(path: Path, name: str) -> Query:
    """Read one file: its header, its example parameters, its statement. Raises BrokenLibrary."""
    text = path.read_text(encoding="utf-8")
    query = _with_header(path, name, text)
    body = statements.bare(text)
    declared = {param.name for param in query.params}
    used = statements.parameters(body)
    if declared != used:
        wrong = ", ".join(sorted(declared ^ used))
        raise BrokenLibrary(f"{path}:1: parameters declared and used differ: {wrong}.")
    found = statements.returned(body)
    if [column.name for column in query.returns] != found:
        line = statements.line_of_return(text)
        raise BrokenLibrary(f"{path}:{line}: returns {found}, but declares {[c.name for c in query.returns]}.")
    if query.mode == "read":
        forbidden = statements.writes(body)
        if forbidden:
            raise BrokenLibrary(f"{path}:1: declared a read, but holds {forbidden}.")
    lists = {column.name for column in query.row if column.type == "ROWS"}
    for column in query.row:
        within, dot, _ = column.name.rpartition(".")
        if dot and within not in lists:
            raise BrokenLibrary(f"{path}:1: {column.name} is within {within}, which is no column of type ROWS.")
    if query.pages and not (LABEL.fullmatch(query.pages) and "after" in declared and "<= $end" in body):
        raise BrokenLibrary(f"{path}:1: `pages` names a label, for a query of keys > $after and <= $end.")
    if not (query.control or _bound_to_tenant(query)):
        raise BrokenLibrary(f"{path}:1: nothing binds it to a tenant (a KEY, KEYS, END, keyed rows or $tenant).")
    return _placed(query)


def _placed(query: Query) -> Query:
    """The query with its statement as an engine gets it."""
    lists = {param.name for param in query.params if param.type == "ROWS"}
    declared = tuple((column.name, column.type) for column in query.row)
    columns = rows.with_members(declared, query.text, lists)
    try:
        return replace(query, columns=columns, text=rows.placed(query.text, lists, columns))
    except KeyError as error:
        raise BrokenLibrary(f"{query.path}:1: its rows have no column {error.args[0]}.") from error


def _bound_to_tenant(query: Query) -> bool:
    binding = {"KEY", "KEYS", "END"}
    return any(param.type in binding or param.name == "tenant" for param in (*query.params, *query.row))


def _with_header(path: Path, name: str, text: str) -> Query:
    says: list[str] = []
    words: dict[str, list[str]] = {"mode": [], "scans": [], "pages": [], "control": [], "calls": []}
    declared: dict[str, list[Param]] = {"param": [], "row": [], "returns": []}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.startswith("//"):
            break
        word, _, rest = line[2:].strip().partition(" ")
        if word in declared:
            param = _param(path, number, rest.strip())
            if param.name in {earlier.name for earlier in declared[word]}:
                raise BrokenLibrary(f"{path}:{number}: {param.name} is declared twice.")
            declared[word].append(param)
        elif word in words and (rest or word == "control"):
            words[word].append(rest.strip() or "yes")
        elif line[2:].strip():
            says.append(line[2:].strip())
    if not says or len(words["mode"]) != 1 or words["mode"][0] not in {"read", "write"}:
        raise BrokenLibrary(f"{path}:1: the header needs a sentence and `mode read` or `mode write`.")
    return Query(
        name=name,
        path=path,
        says=" ".join(says),
        mode=words["mode"][0],
        params=tuple(declared["param"]),
        row=tuple(declared["row"]),
        returns=tuple(declared["returns"]),
        calls=tuple(words["calls"]),
        example=statements.example(text),
        text=statements.body(text),
        scans=" ".join(words["scans"]),
        pages=" ".join(words["pages"]),
        control=bool(words["control"]),
    )


def _param(path: Path, number: int, rest: str) -> Param:
    match = PARAM.fullmatch(rest)
    if not match or match[2] not in TYPES:
        raise BrokenLibrary(f"{path}:{number}: cannot read '{rest}': write name, TYPE, sentence.")
    try:
        default = _default(match[2], match[3]) if match[3] is not None else None
    except (KeyError, ValueError) as error:
        raise BrokenLibrary(f"{path}:{number}: '{match[3]}' is no default for {match[2]}.") from error
    return Param(match[1], match[2], match[4], default)


def _fits(value: object, param: Param) -> bool:
    if isinstance(value, bool) and param.type != "BOOLEAN":
        return False  # to Python a truth value is a number
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return False
    if param.name == "limit" and isinstance(value, int) and value < 0:
        return False
    return isinstance(value, TYPES[param.type])


def _shown(value: object) -> str:
    """A value as a refusal may name it: numbers as they are, anything else, which may be personal, by its type."""
    return f"the {type(value).__name__} {value}" if isinstance(value, int | float) else type(value).__name__


def _default(kind: str, written: str) -> Any:
    if kind in {"STRING", "KEY"}:
        return written.strip("'")
    if kind == "BOOLEAN":
        return {"true": True, "false": False}[written]
    return {"INTEGER": int, "FLOAT": float}[kind](written)
