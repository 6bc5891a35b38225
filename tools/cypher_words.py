"""Which labels, edges and properties does a Cypher statement speak of, and does the vocabulary declare them?

A misspelt word is no error in Cypher, it is an empty answer; so every word is looked up in `cypher/schema.yaml`.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from graph_service.graph.statements import bare

VARIABLE = r"(?P<variable>[A-Za-z_]\w*)?\s*"
NAMES = r"(?P<names>:\s*!?\s*`?\w+`?(?:\s*[:|&!]+\s*`?\w+`?)*)?\s*"
NODE_START = rf"(?<!\w)\(\s*{VARIABLE}{NAMES}"
EDGE_START = rf"-\s*\[\s*{VARIABLE}{NAMES}(?:\*[\d.\s]*)?"
NODE_HEAD = re.compile(NODE_START + "$")
EDGE_HEAD = re.compile(EDGE_START + "$")
NODE = re.compile(NODE_START + r"(?=\)|WHERE\b)", re.IGNORECASE)
EDGE = re.compile(EDGE_START + r"(?=\]|WHERE\b)", re.IGNORECASE)
LABELLED = re.compile(r"(?<![\w(\[$.])(?P<variable>[A-Za-z_]\w*)(?P<names>(?::\w+)+)")
INNERMOST_BRACES = re.compile(r"\{([^{}]*)\}")
MAP_ENTRY = re.compile(r"(?:^|,)\s*`?([A-Za-z_]\w*)`?\s*:(?!:)")
PROJECTED = re.compile(r"(?:^|,)\s*\.([A-Za-z_]\w*)")
CALLED = re.compile(r"\b\w+(?:\.\w+)+\s*\(")
ACCESS = re.compile(r"(?<![\w.$])([A-Za-z_]\w*)\.`?([A-Za-z_]\w*)")
ALIAS = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s+AS\s+([A-Za-z_]\w*)", re.IGNORECASE)
SET_MAP = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\s*\+?=\s*$")


@dataclass
class Words:
    """The words of one statement; a property is kept under the variable that carries it."""

    labels: set[str] = field(default_factory=set)
    edges: set[str] = field(default_factory=set)
    kinds: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # variable -> its labels or edges
    bound: set[str] = field(default_factory=set)  # variables that stand for a node or an edge
    properties: set[tuple[str, str]] = field(default_factory=set)  # (variable, property)
    owned: set[tuple[frozenset[str], str]] = field(default_factory=set)  # (labels or edges of a pattern, property)


@dataclass(frozen=True)
class Vocabulary:
    """What `cypher/schema.yaml` declares: the properties of every label and edge."""

    labels: Mapping[str, frozenset[str]]
    edges: Mapping[str, frozenset[str]]

    @classmethod
    def read(cls, path: Path) -> "Vocabulary":
        """The vocabulary of a schema file."""
        declared: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
        return cls(*({name: frozenset(kind["properties"]) for name, kind in declared[part].items()} for part in PARTS))

    def allows(self, kinds: set[str] | frozenset[str], word: str) -> bool:
        """Whether a node or edge of (one of) these kinds has that property; of unknown kind: whether any has."""
        every = {**self.labels, **self.edges}
        among = [every[kind] for kind in kinds if kind in every] or list(every.values())
        return any(word in properties for properties in among)


PARTS = ("labels", "edges")


def words(statement: str) -> Words:
    """The words of a statement, comments and strings left aside."""
    text = bare(statement)
    found = Words()
    flat = _without_maps(text, found)
    for pattern, names in ((NODE, found.labels), (EDGE, found.edges), (LABELLED, found.labels)):
        for match in pattern.finditer(flat):
            _take(found, names, match)
    for old, new in ALIAS.findall(flat):
        if old in found.bound:
            found.bound.add(new)
            found.kinds[new] |= found.kinds[old]
    found.properties |= set(ACCESS.findall(CALLED.sub("(", text)))
    return found


def undeclared(statement: str, vocabulary: Vocabulary) -> list[str]:
    """The words of a statement that the vocabulary lacks, each as it would be declared; empty when all is well."""
    found = words(statement)
    missing = [f"label {name}" for name in found.labels - vocabulary.labels.keys()]
    missing += [f"edge {name}" for name in found.edges - vocabulary.edges.keys()]
    for variable, word in found.properties:
        if variable in found.bound and not vocabulary.allows(found.kinds[variable], word):
            missing.append(f"property {'|'.join(sorted(found.kinds[variable])) or variable}.{word}")
    for kinds, word in found.owned:
        if not vocabulary.allows(kinds, word):
            missing.append(f"property {'|'.join(sorted(kinds)) or '?'}.{word}")
    return sorted(missing)


def _take(found: Words, names: set[str], match: re.Match[str]) -> set[str]:
    named = set(re.findall(r"\w+", match["names"] or ""))
    names |= named
    if match["variable"]:
        found.bound.add(match["variable"])
        found.kinds[match["variable"]] |= named
    return named


def _without_maps(text: str, found: Words) -> str:
    """Blank the maps of a statement, innermost first, noting the words of those that belong to a node or edge."""
    while True:
        match = next((m for m in INNERMOST_BRACES.finditer(text)), None)
        if match is None:
            return text
        inside, before = match[1], text[: match.start()]
        if _is_map(inside):
            _note_map(inside, before, found)
            text = before + " " * len(match[0]) + text[match.end() :]
        else:  # a subquery: its patterns stay readable, only its braces go
            text = f"{before}\n{inside}\n{text[match.end() :]}"


def _is_map(inside: str) -> bool:
    return not inside.strip() or bool(MAP_ENTRY.match(inside) or PROJECTED.match(inside) or inside.strip() == ".*")


def _note_map(inside: str, before: str, found: Words) -> None:
    for head, names in ((NODE_HEAD, found.labels), (EDGE_HEAD, found.edges)):
        match = head.search(before)
        if match:
            named = _take(found, names, match)
            found.owned |= {(frozenset(named), word) for word in MAP_ENTRY.findall(inside)}
            return
    changed = SET_MAP.search(before)
    if changed:
        found.properties |= {(changed[1], word) for word in MAP_ENTRY.findall(inside)}
    projected = re.search(r"([A-Za-z_]\w*)\s*$", before)
    if projected:
        found.properties |= {(projected[1], word) for word in PROJECTED.findall(inside)}
