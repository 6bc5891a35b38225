"""May this statement be asked? Decided from its tokens, before any engine sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import yaml

from graph_service.analysts.grammar import (
    BEGINNINGS,
    CLEAR,
    FUNCTIONS,
    KEYWORDS,
    REFUSED,
    TEXT_FUNCTIONS,
    VALUES,
)
from graph_service.errors import BadInput, Forbidden
from graph_service.graph import tokens
from graph_service.graph.library import CYPHER
from graph_service.graph.tokens import NOTHING, Kind, Token

LONGEST = 10_000  # characters of a statement
DEEPEST = 40  # brackets inside brackets
LARGEST = 1_000_000  # bytes of parameters
LONGEST_RANGE, MOST_RANGES = 10_000, 2  # a range is a list in the engine's memory
BIGGEST = 2**63
PAIRS = {")": "(", "]": "[", "}": "{"}
JOINING = {"STARTS", "ENDS", "CONTAINS"}
VEILED = "needs the scope pii:read, without which a statement may not read or take apart personal values"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that may be asked: its text without comments."""

    text: str


def accept(statement: str, params: Mapping[str, Any], *, personal: bool) -> Statement:
    """The statement as the engine may get it. Raises BadInput for what is not on the allow-list.

    Without `personal`, Forbidden for one that reads personal properties or could take a text apart.
    """
    if len(statement) > LONGEST:
        raise BadInput(f"A statement has at most {LONGEST:,} characters.")
    found, text = tokens.read(statement)
    _check_order(found)
    _check_depth(found)
    _check_functions(found, params)
    _check_parameters(found, params)
    if not personal:
        _check_veil(found)
    return Statement(text)


def hidden(name: str) -> bool:
    """Whether a property is to be masked for callers who may not see personal values."""
    return CLEAR.fullmatch(name) is None


@cache
def _declared() -> frozenset[str]:
    """Every property that the vocabulary declares; there are no others in the graph."""
    schema = yaml.safe_load((CYPHER / "schema.yaml").read_text(encoding="utf-8"))
    kinds = (kind for part in ("labels", "edges") for kind in schema[part].values())
    return frozenset(name for kind in kinds for name in kind["properties"])


def _check_order(found: Sequence[Token]) -> None:
    """Between two operands there must be an operator, or a keyword of the allow-list: so no other clause can begin."""
    if not found or found[0].kind != Kind.WORD or found[0].text.upper() not in BEGINNINGS:
        raise BadInput(f"A statement begins with {', '.join(sorted(BEGINNINGS))}: it reads, and nothing else.")
    operand, before = False, NOTHING
    for token, after in zip(found, [*found[1:], NOTHING], strict=True):
        word = token.text.upper() if token.kind == Kind.WORD else ""
        member = before.text == "." and before.kind == Kind.SIGN
        if word in REFUSED and not member:
            raise BadInput(f"{word} is not taken: an analyst's statement matches, computes and returns.")
        if word in KEYWORDS and not member and after.text != "(":
            operand = word in VALUES
        elif token.kind == Kind.SIGN:
            operand = token.text in PAIRS
        elif operand and word not in KEYWORDS:
            raise BadInput(
                f"'{token.text[:40]}' cannot stand where a clause begins: {', '.join(sorted(BEGINNINGS))} may."
            )
        else:
            operand = word not in KEYWORDS or word in VALUES
        before = token
    if not any(token.kind == Kind.WORD and token.text.upper() == "RETURN" for token in found):
        raise BadInput("The statement returns nothing: end it with RETURN.")


def _check_depth(found: Sequence[Token]) -> None:
    open_: list[str] = []
    for token in found:
        if token.kind == Kind.SIGN and token.text in PAIRS.values():
            open_.append(token.text)
        elif token.kind == Kind.SIGN and token.text in PAIRS and (not open_ or open_.pop() != PAIRS[token.text]):
            raise BadInput(f"A '{token.text}' closes nothing.")
        if len(open_) > DEEPEST:
            raise BadInput(f"Brackets stand at most {DEEPEST} deep.")
    if open_:
        raise BadInput(f"A '{open_[-1]}' is not closed.")


def _check_functions(found: Sequence[Token], params: Mapping[str, Any]) -> None:
    ranges = 0
    for at, token in enumerate(found[:-1]):
        if not token.is_name or found[at + 1].text != "(" or found[at + 1].kind != Kind.SIGN:
            continue
        name = _dotted(found, at)
        if token.kind == Kind.WORD and "." not in name and name.upper() in KEYWORDS:
            continue
        if name.lower() not in FUNCTIONS:
            raise BadInput(f"The function {name[:60]} is not on the list of those that may be used.")
        if name.lower() == "range":
            ranges += 1
            _check_range(found[at + 2 :], params)
    if ranges > MOST_RANGES:
        raise BadInput(f"At most {MOST_RANGES} ranges in a statement.")


def _check_range(behind: Sequence[Token], params: Mapping[str, Any]) -> None:
    """A range of two numbers, written or passed, that is not longer than memory can bear."""
    bounds: list[int] = []
    sign = 1
    for token in behind:
        if token.text == "-" and token.kind == Kind.SIGN:
            sign = -1
        elif token.kind == Kind.NUMBER and token.text.isdigit():
            bounds.append(sign * int(token.text))
            sign = 1
        elif token.kind == Kind.PARAMETER and isinstance(params.get(token.text), int):
            bounds.append(sign * params[token.text])
            sign = 1
        elif token.text == ")" and token.kind == Kind.SIGN:
            break
        elif token.text != ",":
            raise BadInput("range() takes whole numbers, written or as parameters.")
    if len(bounds) < 2 or abs(bounds[1] - bounds[0]) > LONGEST_RANGE:
        raise BadInput(f"range() takes two bounds at most {LONGEST_RANGE:,} apart.")


def _dotted(found: Sequence[Token], at: int) -> str:
    """The whole name of a function that ends here: `date.truncate`."""
    names = [found[at].text]
    while at >= 2 and found[at - 1].text == "." and found[at - 2].is_name:
        at -= 2
        names.insert(0, found[at].text)
    if at >= 1 and found[at - 1].text == "." and found[at - 1].kind == Kind.SIGN:
        names.insert(0, "")  # called on an expression: on no list
    return ".".join(names)


def _check_parameters(found: Sequence[Token], params: Mapping[str, Any]) -> None:
    used = {token.text for token in found if token.kind == Kind.PARAMETER}
    if used != params.keys():
        wrong = ", ".join(sorted(used ^ params.keys()))[:200]
        raise BadInput(f"Parameters used and given differ: {wrong}.")
    try:
        size = len(orjson.dumps(params))
    except (TypeError, ValueError) as error:
        raise BadInput("Parameters hold a number of more than 64 bits, or text that is not Unicode.") from error
    if size > LARGEST or not _storable(params):
        raise BadInput(f"Parameters are JSON of at most {LARGEST:,} bytes, whole numbers of 64 bits.")


def _storable(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(map(_storable, value.values()))
    if isinstance(value, list):
        return all(map(_storable, value))
    return not isinstance(value, int) or -BIGGEST <= value < BIGGEST


def _check_veil(found: Sequence[Token]) -> None:
    """Nothing that reads a personal property, or by which one could be read from a node as text."""
    padded = [NOTHING, *found, NOTHING]
    for before, token, after in zip(padded, found, padded[2:], strict=False):
        _check_veiled(before, token, after)
    for at, token in enumerate(found):
        if token.text == "[" and token.kind == Kind.SIGN and at and _ends_operand(found[at - 1]):
            _check_subscript(found[at + 1 :])


def _check_veiled(before: Token, token: Token, after: Token) -> None:
    sign = token.text if token.kind == Kind.SIGN else ""
    if token.is_name:
        named = before.text == "." or after.text == ":"
        if named and token.text in _declared() and hidden(token.text):
            raise Forbidden(f"To read {token.text} {VEILED}.")
        if token.text.lower() in TEXT_FUNCTIONS and after.text == "(":
            raise Forbidden(f"The function {token.text} {VEILED}.")
        if token.kind == Kind.WORD and token.text.upper() in JOINING:
            raise Forbidden(f"{token.text.upper()} {VEILED}.")
    elif sign in {"+", "~"} or (sign == "|" and after.text == "|") or (sign == "." and after.text == "*"):
        raise Forbidden(f"'{sign}{after.text if sign in {'|', '.'} else ''}' {VEILED}.")


def _ends_operand(token: Token) -> bool:
    if token.kind == Kind.SIGN:
        return token.text in PAIRS
    return not (token.kind == Kind.WORD and token.text.upper() in KEYWORDS - VALUES)


def _check_subscript(behind: Sequence[Token]) -> None:
    for token in behind:
        if token.kind == Kind.SIGN and token.text == "]":
            return
        if token.kind != Kind.NUMBER and token.text not in {"..", "-"}:
            raise Forbidden(f"A place in a list is written as a number; a property by its name in brackets {VEILED}.")
