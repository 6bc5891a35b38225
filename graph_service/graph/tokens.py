"""A Cypher statement as tokens, read so strictly that no engine can read it otherwise.

What two parsers might read in two ways is refused: unicode escapes (Neo4j replaces them before it looks for strings and
comments), letters beyond ASCII outside strings (to Java, `ſET` is SET), unknown escapes, strings without end.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from graph_service.errors import BadInput

ESCAPED_LETTER = re.compile(r"\\u", re.IGNORECASE)
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u0085\u2028\u2029\ud800-\udfff]")
STRING = r"'(?:[^'\\]|\\['\"\\bfnrt])*'|\"(?:[^\"\\]|\\['\"\\bfnrt])*\""
TOKEN = re.compile(
    rf"(?P<blank>[ \t\r\n]+|//[^\r\n]*|/\*(?:(?!/\*).)*?\*/)|(?P<string>{STRING})|(?P<name>`[A-Za-z0-9_ ]+`)"
    r"|(?P<parameter>\$[A-Za-z_][A-Za-z0-9_]*)|(?P<number>0[xX][0-9A-Fa-f]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<word>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign>\.\.|[()\[\]{}.,:|&!+\-*/%^<>=~])",
    re.DOTALL,
)


class Kind(StrEnum):
    """What a token is."""

    WORD = "word"  # a keyword, or a name
    NAME = "name"  # a name between backticks: never a keyword
    STRING = "string"
    NUMBER = "number"
    PARAMETER = "parameter"
    SIGN = "sign"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a statement; a name comes without its backticks, a parameter without its `$`."""

    kind: Kind
    text: str

    @property
    def is_name(self) -> bool:
        """Whether it may name a function, property, label or variable."""
        return self.kind in {Kind.WORD, Kind.NAME}


NOTHING = Token(Kind.SIGN, "")


def read(statement: str) -> tuple[list[Token], str]:
    """The tokens of one statement, and the statement without its comments. Raises BadInput where it is ambiguous."""
    if ESCAPED_LETTER.search(statement):
        raise BadInput("Unicode escapes are not taken: write the letter itself, or pass it as a parameter.")
    if CONTROL.search(statement):
        raise BadInput("The statement holds control characters: pass such values as parameters.")
    text = statement.rstrip(" \t\r\n").removesuffix(";")
    tokens: list[Token] = []
    pieces: list[str] = []
    at = 0
    while at < len(text):
        match = TOKEN.match(text, at)
        if match is None or (text.startswith("/*", at) and match.lastgroup != "blank"):
            raise BadInput(_unread(text, at))
        at = match.end()
        kind = str(match.lastgroup)
        pieces.append(" " if kind == "blank" else match[0])
        if kind != "blank":
            tokens.append(Token(Kind(kind), match[0].strip("`$") if kind in {"name", "parameter"} else match[0]))
    return tokens, "".join(pieces).strip()


def _unread(text: str, at: int) -> str:
    if text[at] == ";":
        return "One statement at a time: there is something behind the `;`."
    return f"The statement cannot be read at character {at + 1}: something without end, or a strange letter."
