"""Which parts of the documents are written from the code, and are they fresh?

`python tools/docs.py write` writes them: the settings and commands of README.md, and all of cypher/README.md.
`python tools/docs.py check` names those that differ; `tests/test_docs.py` does the same inside the test run.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from itertools import groupby
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import typer
import yaml
from pydantic import SecretStr

ROOT = Path(__file__).parents[1]
if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))

from graph_service.graph import library  # noqa: E402
from graph_service.graph.library import Param, Query  # noqa: E402
from graph_service.settings import Settings  # noqa: E402

START, END = "<!-- generated: {name}, by `make docs` -->", "<!-- /generated: {name} -->"


def settings_table() -> str:
    """Every setting: its environment variable, kind, default and meaning."""
    rows = ["| setting | kind | default | what it does |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        rows.append(f"| `STORMGRAPH_{name.upper()}` | {_kind(field.annotation)} | {default} | {field.description} |")
    return "\n".join(rows)


def commands_table() -> str:
    """Every command of `stormgraph` with the first paragraph of its help."""
    rows = ["| command | what it does |", "|---|---|"]
    rows += [f"| `stormgraph {name}` | {_first_paragraph(told)} |" for name, told in commands().items()]
    return "\n".join(rows)


def commands() -> dict[str, str]:
    """Every command of the command line by its words (`engine start`), with its help; hidden ones left out."""
    return dict(_flat(typer.main.get_command(import_module("graph_service.cli").app), ()))


def catalogue() -> str:
    """cypher/README.md: every query by room from its header, and the vocabulary."""
    queries = [query for query in library.load() if not query.control]
    control = [query for query in library.load() if query.control]
    parts = [OPENING]
    for room, members in groupby(queries, key=lambda query: query.name.partition(".")[0]):
        parts.append(f"## {room}\n")
        parts += [_entry(query) for query in members]
    if control:
        parts.append("## Control data\n\nThe operator's own, outside every tenant's graph.\n")
        parts += [_entry(query) for query in control]
    parts.append(_vocabulary())
    return "\n".join(parts).rstrip() + "\n"


OPENING = """# The Cypher library

Written by `make docs` from the headers of the files and from `schema.yaml`; do not edit. A query is one file, run by
its dotted name: `stormgraph query NAME key=value`, `POST /v1/queries/{name}`, `store.read(tenant, name, ...)`. Each
file opens with the parameters of an example, ready to paste into a Cypher client, and has a story in `tests/cypher/`.
Parameters of type KEY are composed of the tenant and the own id that is passed; END is the end of a range of keys.
"""

DOCUMENTS: Mapping[str, Callable[[], str]] = {"settings": settings_table, "commands": commands_table}


def with_blocks(text: str) -> str:
    """A document with each of its generated blocks written afresh. Raises ValueError where a block is missing."""
    for name, write in DOCUMENTS.items():
        start, end = START.format(name=name), END.format(name=name)
        before, opened, rest = text.partition(start)
        _, closed, after = rest.partition(end)
        if not (opened and closed):
            raise ValueError(f"README.md lacks the block {start} ... {end}")
        text = f"{before}{start}\n{write()}\n{end}{after}"
    return text


def fresh() -> dict[Path, str]:
    """Every document that has generated parts, as it should read."""
    readme = ROOT / "README.md"
    return {readme: with_blocks(readme.read_text(encoding="utf-8")), ROOT / "cypher" / "README.md": catalogue()}


def stale() -> list[str]:
    """The documents that differ from what the code says now."""
    wanted = fresh().items()
    differ = [path for path, text in wanted if not path.exists() or path.read_text(encoding="utf-8") != text]
    return [f"{path.relative_to(ROOT)}: run `make docs`" for path in differ]


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return " or ".join(f"`{value}`" for value in get_args(annotation))
    if get_origin(annotation) in {Union, UnionType}:
        return " or ".join(_kind(each) for each in get_args(annotation) if each is not type(None))
    names = {str: "text", int: "whole number", float: "number", bool: "yes or no", Path: "folder", SecretStr: "secret"}
    return names.get(annotation, getattr(annotation, "__name__", str(annotation)))


def _flat(command: Any, words: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if not hasattr(command, "commands"):
        yield " ".join(words), command.help or ""
        return
    for name, inside in command.commands.items():
        if not inside.hidden:
            yield from _flat(inside, (*words, name))


def _first_paragraph(told: str) -> str:
    return " ".join(told.partition("\n\n")[0].split()).replace("|", "\\|")


def _entry(query: Query) -> str:
    scans = f" It scans: {query.scans}." if query.scans else ""
    calls = f" Used by `{'`, `'.join(query.calls)}`." if query.calls else ""
    variants = f" Written apart for: {', '.join(sorted(query.variants))}." if query.variants else ""
    lines = [f"### `{query.name}` ({query.mode})", "", f"{query.says}{scans}{calls}{variants}", ""]
    for title, members in (("takes", query.params), ("each row has", query.row), ("returns", query.returns)):
        lines += [f"- {title} {_param(param)}" for param in members]
    return "\n".join([*lines, ""])


def _param(param: Param) -> str:
    default = "" if param.default is None else f", by default `{param.default!r}`"
    return f"`{param.name}` {param.type}{default}{': ' + param.says if param.says else ''}"


def _vocabulary() -> str:
    declared: dict[str, Any] = yaml.safe_load((ROOT / "cypher" / "schema.yaml").read_text(encoding="utf-8"))
    lines = ["## The vocabulary", "", "| node | what it is | properties |", "|---|---|---|"]
    for name, kind in declared["labels"].items():
        lines.append(f"| `:{name}` | {kind['says']} | {_names(kind)} |")
    lines += ["", "| edge | what it says | properties |", "|---|---|---|"]
    for name, kind in declared["edges"].items():
        lines.append(f"| `(:{kind['from']})-[:{name}]->(:{kind['to']})` | {kind['says']} | {_names(kind)} |")
    return "\n".join(lines)


def _names(kind: Mapping[str, Any]) -> str:
    return " ".join(f"`{name}`" for name in kind["properties"])


def main(argument: str) -> int:
    """Write the generated documents, or name the stale ones; the exit code."""
    if argument == "write":
        for path, text in fresh().items():
            path.write_text(text, encoding="utf-8")
        return 0
    if argument == "check":
        for line in stale():
            print(line, file=sys.stderr)
        return 1 if stale() else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) == 2 else ""))
