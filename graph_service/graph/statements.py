"""Reading a Cypher statement as text: what it uses, what it returns, whether it writes."""

import re

STRING = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
STRINGS = re.compile(STRING)
STRINGS_OR_COMMENTS = re.compile(rf"({STRING})|/\*.*?\*/|//[^\n]*", re.DOTALL)
WRITES = re.compile(
    r"\b(CREATE|INSERT|MERGE|SET|DELETE|DETACH|REMOVE|DROP|FOREACH|LOAD\s+CSV|USE|SHOW|TERMINATE|GRANT|DENY|REVOKE|ALTER)\b",
    re.IGNORECASE,
)
CALLS = re.compile(r"\bCALL\s+([\w.`]+)", re.IGNORECASE)
ALLOWED_PROCEDURES: frozenset[str] = frozenset()
PARAMETERS = re.compile(r"\$(\w+)")
RETURN = re.compile(r"\bRETURN\b", re.IGNORECASE)
TAIL = re.compile(r"\b(ORDER\s+BY|SKIP|LIMIT)\b", re.IGNORECASE)


def body(text: str) -> str:
    """The statement alone, without header and example, as the engine gets it."""
    without = STRINGS_OR_COMMENTS.sub(lambda match: match[1] or "", text)
    return re.sub(r"\n{2,}", "\n", without).strip().removesuffix(";")


def bare(text: str) -> str:
    """The statement with the insides of its strings blanked, of the same length after comments went."""
    return STRINGS.sub(lambda match: "'" + "_" * (len(match[0]) - 2) + "'", body(text))


def example(text: str) -> str:
    """The paste-able parameters of a file: the `:params` line of its block comment."""
    match = re.search(r"/\*\s*(:params.*?)\*/", text, re.DOTALL)
    return match[1].strip() if match else ""


def parameters(statement: str) -> set[str]:
    """The names of the `$parameters` that a statement uses."""
    return set(PARAMETERS.findall(statement))


def writes(statement: str) -> list[str]:
    """The clauses of a statement that change something, or reach outside the graph; empty for a pure read."""
    found = [re.sub(r"\s+", " ", match[1]).upper() for match in WRITES.finditer(statement)]
    return found + [f"CALL {name}" for name in CALLS.findall(statement) if name not in ALLOWED_PROCEDURES]


def returned(statement: str) -> list[str]:
    """The aliases of the final RETURN in their order; empty where the statement returns nothing."""
    start = _final_return(statement)
    if start < 0:
        return []
    clause = statement[start:]
    tail = next((match.start() for match in TAIL.finditer(clause) if _depth(clause, match.start()) == 0), len(clause))
    clause = re.sub(r"^\s*DISTINCT\b", "", clause[:tail], flags=re.IGNORECASE)
    return [_alias(part) for part in _split(clause)]


def collected(statement: str) -> str:
    """The statement with its rows as one list of lists, `rows`: `RETURN a AS b` becomes `WITH a AS b RETURN ...`."""
    blanked = bare(statement)
    start = _final_return(blanked)
    names = ", ".join(returned(blanked))
    return f"{statement[: start - len('RETURN')]}WITH{statement[start:]}\nRETURN collect([{names}]) AS rows"


def line_of_return(text: str) -> int:
    """The line of a file on which its final RETURN stands."""
    at = max((match.start() for match in RETURN.finditer(text)), default=0)
    return text.count("\n", 0, at) + 1


def _final_return(statement: str) -> int:
    ends = [match.end() for match in RETURN.finditer(statement) if _depth(statement, match.start()) == 0]
    return ends[-1] if ends else -1


def _depth(text: str, until: int) -> int:
    before = text[:until]
    return sum(before.count(opening) for opening in "([{") - sum(before.count(closing) for closing in ")]}")


def _split(clause: str) -> list[str]:
    pieces, depth, start = [], 0, 0
    for at, character in enumerate(clause):
        depth += (character in "([{") - (character in ")]}")
        if character == "," and depth == 0:
            pieces.append(clause[start:at])
            start = at + 1
    return [*pieces, clause[start:]]


def _alias(part: str) -> str:
    match = re.search(r"\bAS\s+`?(\w+)`?\s*$", part, re.IGNORECASE)
    if match:
        return match[1]
    return part.strip().rpartition(".")[2]
