"""The rules of the house that no linter knows, each a function from sources to the sentences of what breaks it."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from graph_service.graph.library import Library
from tools.cypher_words import Vocabulary, undeclared

ROOT = Path(__file__).parents[1]
PACKAGES = ("graph_service", "matching", "attribution")
FOLDERS = (*PACKAGES, "cypher", "tests", "tools", "bench")

LONGEST_FILE, LONGEST_FUNCTION, MOST_PARAMETERS, MOST_POSITIONAL = 400, 50, 6, 4
VAGUE = {"util", "utils", "helper", "helpers", "common", "core", "manager", "managers", "misc"}
ROOM_FILES = {"__init__.py", "routes.py", "service.py", "schemas.py", "model.py", "jobs.py"}
FURNITURE = {  # rooms that are furnished otherwise, and with what
    "graph": {
        "store.py",
        "engines.py",
        "library.py",
        "migrations.py",
        "keys.py",
        "statements.py",
        "embedded.py",
        "tokens.py",
        "ahead.py",
        "asking.py",
        "readers.py",
        "rows.py",
        "transfer.py",
        "flight.py",
        "typed.py",
        "heap.py",
    },
    "analysts": {"grammar.py", "forms.py"},
    "audit": {"witness.py"},
    "client": {"connection.py", "credit.py", "identity.py", "journeys.py"},
    "demo": {"town", "storm"},
    "credit": {"page"},
    "review": {"page.py"},
    "identity": {"run", "live", "waiting", "finder.py", "neighbourhood.py", "resolving.py", "view.py"},
    "journeys": {"chain", "follower.py"},
    "cli": {"terminal.py", "operations.py"},  # besides these, one file per room, named like it
}
UNFINISHED = re.compile("|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "NotImplemented" + "Error")))
ENGINE = re.compile(r"arcadedb|neo4j|bolt(\+\w+)?://", re.IGNORECASE)
ENGINE_PACKAGES = {"neo4j", "neo4j_python_migrations", "arcadedb_embedded", "py2neo"}
MAY_NAME_AN_ENGINE = ("graph_service/graph/", "graph_service/settings.py", "graph_service/analyst.py")
STATEMENT = re.compile(r"\b(MATCH|MERGE|CREATE)\s*\(\s*\w*\s*[:{)]")
INDEX = re.compile(r"\bFOR\s*[^{]*?\b(?:ON|REQUIRE)\s*(?:EACH\s*)?[(\[]?\s*\w+\.(\w+)", re.IGNORECASE)
PERSONAL = {
    "email",
    "phone",
    "first_name",
    "last_name",
    "full_name",
    "address",
    "street_address",
    "identifier",
    "value",
}
SAYS = {"debug", "info", "warning", "error", "exception", "critical"}
ANYTHING = {"Exception", "BaseException", "ServiceError"}
CHECKING = re.compile(r"_?(assert|check|expect|fail|verify|run_story|must|raises)")
CLAIM = re.compile(r"(GET|HEAD|POST|PUT|PATCH|DELETE|stormgraph)\s")
NAMED_TEST = re.compile(r"`(tests/[\w/]+\.py(?:::test_\w+)?)`")
UNREPEATABLE = re.compile(r"\b(datetime|date|localdatetime|timestamp|rand|randomUUID)\s*\(\s*\)|\b(elementId|id)\s*\(")

Sources = Mapping[str, str]
"""Path below the project -> text."""


def sources(suffix: str, *folders: str) -> Sources:
    """The files of these folders (all of them by default) with this suffix."""
    paths = (path for folder in folders or FOLDERS for path in sorted((ROOT / folder).rglob(f"*{suffix}")))
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


@cache
def parsed(text: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(text)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method of a module, nested ones too."""
    yield from (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def spoken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every string of a module with its line, but for docstrings and other strings that nobody uses."""
    unused = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in unused:
            yield node.lineno, node.value


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every module that a module imports, with the line."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module


def vague_names(files: Sources) -> list[str]:
    """Files, folders and classes whose name says nothing (utils, helpers, common, core, manager)."""
    found = []
    for path, text in files.items():
        for part in Path(path).with_suffix("").parts:
            if VAGUE & set(part.lower().split("_")):
                found.append(f"{path}: '{part}' says nothing; name it after its noun")
        for node in ast.walk(parsed(text)):
            if isinstance(node, ast.ClassDef):
                last = re.findall(r"[A-Z][a-z]*", node.name)[-1:]
                if last and last[0].lower() in VAGUE:
                    found.append(f"{path}:{node.lineno}: class {node.name} says nothing; name it after its noun")
    return found


def long_files(files: Sources) -> list[str]:
    """Files of more than 400 lines."""
    counts = {path: len(text.splitlines()) for path, text in files.items()}
    return [f"{path}: {count} lines of {LONGEST_FILE}" for path, count in counts.items() if count > LONGEST_FILE]


def long_functions(files: Sources) -> list[str]:
    """Functions of more than 50 lines."""
    found = []
    for path, text in files.items():
        for node in functions(parsed(text)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > LONGEST_FUNCTION:
                found.append(f"{path}:{node.lineno}: {node.name} has {length} lines of {LONGEST_FUNCTION}")
    return found


def many_parameters(files: Sources) -> list[str]:
    """Functions of more than six parameters, or of more than four that may be given by place.

    What a decorator calls (`@app.command()`, `@router.get(...)`) is given everything by name.
    """
    found = []
    for path, text in files.items():
        for node in functions(parsed(text)):
            placed = [each.arg for each in (*node.args.posonlyargs, *node.args.args) if each.arg not in {"self", "cls"}]
            count = len(placed) + len(node.args.kwonlyargs)
            if count > MOST_PARAMETERS:
                found.append(f"{path}:{node.lineno}: {node.name} has {count} parameters of {MOST_PARAMETERS}")
            elif len(placed) > MOST_POSITIONAL and not any(isinstance(each, ast.Call) for each in node.decorator_list):
                found.append(f"{path}:{node.lineno}: {node.name} takes {len(placed)} by place; name them after a *")
    return found


def environment_reads(files: Sources) -> list[str]:
    """Places that read the environment."""
    found = []
    for path, text in files.items():
        for node in ast.walk(parsed(text)):
            name = node.attr if isinstance(node, ast.Attribute) else node.name if isinstance(node, ast.alias) else ""
            if name in {"environ", "environb", "getenv", "getenvb"}:
                found.append(f"{path}:{getattr(node, 'lineno', 0)}: reads the environment; that is settings.py's")
    return found


def named_engines(files: Sources) -> list[str]:
    """Places that import or name a graph engine, docstrings and comments aside."""
    found = []
    for path, text in files.items():
        tree = parsed(text)
        for line, module in imported(tree):
            if module.partition(".")[0] in ENGINE_PACKAGES:
                found.append(f"{path}:{line}: imports {module}; only graph_service/graph may")
        for line, said in spoken(tree):
            if ENGINE.search(said):
                found.append(f"{path}:{line}: names an engine; only graph_service/graph may")
    return found


def statements_in_python(files: Sources) -> list[str]:
    """Strings that hold a graph statement: a hop is a file under `cypher/`, never Python."""
    strings = ((path, spoken(parsed(text))) for path, text in files.items())
    return [
        f"{path}:{line}: a graph statement" for path, said in strings for line, text in said if STATEMENT.search(text)
    ]


def unfinished(files: Sources) -> list[str]:
    """Lines that say something is still missing."""
    return [
        f"{path}:{number}: unfinished: {line.strip()}"
        for path, text in files.items()
        for number, line in enumerate(text.splitlines(), start=1)
        if UNFINISHED.search(line)
    ]


def swallowed_errors(files: Sources) -> list[str]:
    """Handlers that catch whatever comes and do nothing with it."""
    found = []
    for path, text in files.items():
        for node in ast.walk(parsed(text)):
            if isinstance(node, ast.ExceptHandler) and all(
                isinstance(each, ast.Pass | ast.Continue) for each in node.body
            ):
                caught = (
                    {name.id for name in ast.walk(node.type) if isinstance(name, ast.Name)} if node.type else ANYTHING
                )
                if caught & ANYTHING:
                    found.append(f"{path}:{node.lineno}: an error is swallowed")
    return found


def logged_personal_data(files: Sources) -> list[str]:
    """Log lines that name a personal value among their pairs; ids only."""
    found = []
    for path, text in files.items():
        for node in ast.walk(parsed(text)):
            called = node.func if isinstance(node, ast.Call) else None
            if isinstance(called, ast.Attribute) and called.attr in SAYS and isinstance(node, ast.Call):
                named = {word.arg for word in node.keywords} & PERSONAL
                found += [f"{path}:{node.lineno}: logs {name}; ids only" for name in sorted(filter(None, named))]
    return found


def idle_tests(files: Sources) -> list[str]:
    """Tests that cannot fail of themselves: no assert, no `raises`, and nothing called that could hold one."""
    found = []
    for path, text in files.items():
        for node in functions(parsed(text)):
            checks = any(isinstance(each, ast.Assert | ast.Raise | ast.With | ast.AsyncWith) for each in ast.walk(node))
            calls = (each.func for each in ast.walk(node) if isinstance(each, ast.Call))
            names = (each.attr if isinstance(each, ast.Attribute) else getattr(each, "id", "") for each in calls)
            if node.name.startswith("test_") and not checks and not any(CHECKING.match(name) for name in names):
                found.append(f"{path}:{node.lineno}: {node.name} asserts nothing")
    return found


def strange_furniture(paths: Iterable[str]) -> list[str]:
    """Modules of a room (`graph_service/<room>/...`) that are not of the short list every room is drawn from."""
    found = []
    paths = list(paths)
    rooms = {f"{Path(path).parts[1]}.py" for path in paths if Path(path).name == "service.py"} | {"demo.py"}
    for path in paths:
        _, room, *rest = Path(path).parts
        allowed = ROOM_FILES | FURNITURE.get(room, set()) | (rooms if room == "cli" else set())
        if rest and rest[0] not in allowed:
            found.append(f"{path}: a room holds {', '.join(sorted(allowed - {'__init__.py'}))} and nothing else")
    return found


def undeclared_words(files: Sources, vocabulary: Vocabulary) -> list[str]:
    """Labels, edges and properties that `cypher/schema.yaml` does not declare."""
    return [f"{path}: {word}" for path, text in files.items() for word in undeclared(text, vocabulary)]


def tenant_indexes(files: Sources) -> list[str]:
    """Indexes and constraints that begin with `tenant`: with one, every query that mentions it scans the tenant."""
    return [
        f"{path}: an index begins with tenant"
        for path, text in files.items()
        for statement in text.split(";")
        for first in INDEX.findall(statement)
        if first.lower() == "tenant"
    ]


def unrepeatable(files: Sources) -> list[str]:
    """Queries whose answer depends on the clock, on chance, or on ids of the engine's own."""
    return [
        f"{path}: {match[0]}...: pass $as_of, own ids or values as parameters"
        for path, text in files.items()
        for match in UNREPEATABLE.finditer(re.sub(r"//[^\n]*|'[^'\n]*'", "", text))
    ]


def without_story(names: Iterable[str], stories: Iterable[str]) -> list[str]:
    """Queries (`room.query`) without a story (`tests/cypher/room/query.yaml`), and stories without a query."""
    told = {".".join(Path(story).with_suffix("").parts[-2:]) for story in stories}
    asked = set(names)
    missing = [f"{name}: tests/cypher/{name.replace('.', '/')}.yaml is missing" for name in sorted(asked - told)]
    return missing + [f"{name}: a story without a query" for name in sorted(told - asked)]


def without_example(library: Library) -> list[str]:
    """Queries with parameters whose file lacks the paste-able `:params` line, or names others than it declares."""
    found = []
    for query in library:
        shown = set(re.findall(r"(?:[{,]|:params)\s*(\w+)\s*:", query.example))
        wanted = {param.name for param in query.params}
        if wanted and not query.example:
            found.append(f"{query.path.name}: no /* :params {{ ... }} */")
        elif not wanted <= shown:
            found.append(f"{query.path.name}: its example lacks {', '.join(sorted(wanted - shown))}")
    return found


def unordered(library: Library) -> list[str]:
    """Reads whose rows come in no order, or whose pages have no end.

    One node found by its key needs neither; a walk of all nodes that says so (`scans`) is streamed and needs no end;
    what tells a BAG says that it is in no order.
    """
    found = []
    for query in library:
        kinds = {param.type for param in query.params}
        one = "KEY" in kinds and not kinds & {"END", "KEYS"}
        one |= any(column.type == "BAG" for column in query.returns)
        if query.mode == "read" and not one and not re.search(r"\bORDER\s+BY\b", query.text, re.IGNORECASE):
            found.append(f"{query.name}: may return many rows, in no order")
        if (
            query.mode == "read"
            and "END" in kinds
            and not query.scans
            and not re.search(r"\bLIMIT\b", query.text, re.IGNORECASE)
        ):
            found.append(f"{query.name}: walks a range of keys without a LIMIT")
    return found


def strange_calls(library: Library, routes: Iterable[str], commands: Iterable[str]) -> list[str]:
    """Headers whose `calls` names a route (`GET /v1/...`) or a command (`stormgraph ...`) that is not there."""
    known = {*routes, *(f"stormgraph {command}" for command in commands)}
    claims = ((query.name, call) for query in library for call in query.calls if CLAIM.match(call))
    return [f"{name}: calls {call}, which is not there" for name, call in claims if call not in known]


def strange_names(library: Library, files: Sources) -> list[str]:
    """Query names in Python that no file answers to, and queries that no Python names (an analyst's own need none)."""
    names = {query.name for query in library}
    rooms = {name.partition(".")[0] for name in names}
    found: list[str] = []
    words: set[str] = set()
    for path, text in files.items():
        tree = parsed(text)
        pieces = {id(each) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for each in node.values}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                words.update(re.findall(r"\w+", node.value))
                room, _, own = node.value.partition(".")
                whole = room in rooms and re.fullmatch(r"[a-z_]+", own) and id(node) not in pieces
                if whole and node.value not in names:
                    found.append(f"{path}:{node.lineno}: there is no query {node.value}")
    named = {name for name in names if name.partition(".")[2] in words or name.startswith("exploration.")}
    return found + [f"{name}: no Python names it" for name in sorted(names - named)]


def tests_that_are_not_there(documents: Sources, tests: Sources) -> list[str]:
    """Tests that a document names (`tests/room/test_x.py::test_y`, or a whole file) and that are not there."""
    known = {f"{path}::{node.name}" for path, text in tests.items() for node in functions(parsed(text))} | set(tests)
    named = ((path, name) for path, text in documents.items() for name in NAMED_TEST.findall(text))
    return [f"{path}: there is no {name}" for path, name in named if name not in known]


def promises_without_a_test(document: str) -> list[str]:
    """Rows of a document's tables that name no test in their last column."""
    rows = [
        line for line in document.splitlines() if line.startswith("| ") and not line.startswith(("| promise", "|---"))
    ]
    return [row for row in rows if not NAMED_TEST.search(row.strip("| ").rpartition(" | ")[2])]
