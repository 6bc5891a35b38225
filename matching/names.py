"""What are the parts of a name?"""

from __future__ import annotations

import re
from typing import NamedTuple

from matching.folding import fold, word_set, words
from matching.placeholders import is_placeholder
from matching.records import FieldType

SUFFIXES = {
    **dict.fromkeys(("jr", "jnr", "junior"), "jr"),
    **dict.fromkeys(("sr", "snr", "senior"), "sr"),
    **dict.fromkeys(("ii", "2nd", "second"), "ii"),
    **dict.fromkeys(("iii", "3rd", "third"), "iii"),
    **dict.fromkeys(("iv", "4th", "fourth"), "iv"),
    **dict.fromkeys(("v", "5th"), "v"),
}
_TRAILING = frozenset(SUFFIXES) - {"second", "third", "fourth", "v"}  # at the end of a name; the others may be names
_TITLES = word_set(
    "mr mrs ms miss mx dr doctor prof professor rev reverend hon sir madam fr pastor capt lt sgt col maj mister"
)
_DEGREES = word_set("esq esquire md phd dds dvm cpa rn jd mba pe dmd pharmd")
_PARTICLES = word_set(
    "van von der den de del della dela la las los le du da das dos di do el al bin ibn ter ten st saint san zu zur"
)
_ORGANISATION = re.compile(
    r"\b(llc|inc|ltd|corp|corporation|company|trust|trustee|estate of|properties|holdings|bank|church|"
    r"lp|llp|association|hoa|apartments|partners|partnership|investments|homes|city of|county of|school)\b"
)
_MC = re.compile(r"\b(mc|o) (?=[a-z]{3,})")
_JOINT = re.compile(r"\s+(?:&|and)\s+")


class Name(NamedTuple):
    """A name in its parts, folded; None for a part that is not there."""

    first: str | None = None
    middle: str | None = None
    last: str | None = None
    suffix: str | None = None


def full_name(value: str) -> Name:
    """Which parts has this whole name, in 'First Middle Last Suffix' or 'Last, First Middle' order?

    Titles and degrees are dropped, particles (van der, de la) stay with the last name. Of 'John & Mary Smith' the first
    person is taken. The name of an organisation stays whole, as a last name.
    """
    text = fold(value)
    if _empty(text, FieldType.GIVEN) or _empty(text, FieldType.FAMILY):
        return Name()
    if _ORGANISATION.search(text):
        return Name(last=words(text))
    text, suffix, last = _before_comma(text)
    joint = _JOINT.split(text, maxsplit=1)
    tokens = _without_titles(_tokens(joint[0]))
    if last is None and len(joint) == 2 and len(tokens) < 2:
        tokens += _without_titles(_tokens(joint[1]))[-1:]
    elif last is None and len(joint) == 2 and len(_tokens(joint[1])) == 1:
        # Land registers write 'SMITH JOHN & MARY'.
        last, tokens = _family(tokens[0]), tokens[1:]
    if suffix is None:
        tokens, suffix = _without_suffix(tokens)
    if last is not None:
        return Name(_joined(tokens[:1]), _joined(tokens[1:]), last, suffix)
    if len(tokens) == 1 and _tokens(text)[0] in _TITLES:
        return Name(last=_family(tokens[0]), suffix=suffix)
    start = _last_name_start(tokens)
    last = _family(" ".join(tokens[start:])) if start else None
    return Name(_joined(tokens[: min(start, 1) or 1]), _joined(tokens[1:start]), last, suffix)


def first_name(value: str) -> Name:
    """The given name in a first-name column, with a middle initial that was written behind it ('John Q')."""
    text = fold(value)
    if _empty(text, FieldType.GIVEN):
        return Name()
    tokens, suffix = _without_suffix(_without_titles(words(_JOINT.split(text, maxsplit=1)[0]).split()))
    if len(tokens) == 2 and len(tokens[1]) == 1 and len(tokens[0]) > 1:
        return Name(first=tokens[0], middle=tokens[1], suffix=suffix)
    return Name(first=_joined(tokens), suffix=suffix)


def last_name(value: str) -> Name:
    """The family name in a last-name column, with a suffix that was written behind it ('Smith Jr')."""
    text = fold(value)
    if _empty(text, FieldType.FAMILY):
        return Name()
    tokens, suffix = _without_suffix(words(text).split())
    return Name(last=_family(" ".join(tokens)), suffix=suffix)


def other_name(value: str, kind: FieldType = FieldType.NAME) -> str | None:
    """A middle name, maiden name or nickname, folded."""
    text = fold(value)
    return None if _empty(text, kind) else words(text) or None


def suffix(value: str) -> str | None:
    """The suffix of a generation: jr, sr, ii, iii, iv, v; anything else is none."""
    return SUFFIXES.get(words(value))


def _empty(text: str, kind: FieldType) -> bool:
    return not text or is_placeholder(text, kind)


def _before_comma(text: str) -> tuple[str, str | None, str | None]:
    """The text without its commas: (rest, suffix, last name) of 'smith, john, jr' or 'john smith, jr'."""
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = None
    while len(parts) > 1 and (words(parts[-1]) in SUFFIXES or words(parts[-1]).replace(" ", "") in _DEGREES):
        found = SUFFIXES.get(words(parts.pop()), found)
    if len(parts) < 2:
        alone = text.strip().endswith(",")
        return ("", found, _family(words(parts[0]))) if parts and alone else (" ".join(parts), found, None)
    tokens, behind = _without_suffix(words(parts[0]).split())
    if words(parts[1]) in SUFFIXES and len(parts) > 2:
        behind = SUFFIXES[words(parts.pop(1))]
    return " ".join(parts[1:]), found or behind, _family(" ".join(tokens))


def _tokens(text: str) -> list[str]:
    """The words of a name; a hyphen keeps its two words together ('lee-jones' is the one token 'lee jones')."""
    return [token for token in map(words, text.split()) if token]


def _without_titles(tokens: list[str]) -> list[str]:
    while tokens and tokens[0] in _TITLES:
        tokens = tokens[1:]
    while len(tokens) > 1 and tokens[-1] in _DEGREES:
        tokens = tokens[:-1]
    return tokens


def _without_suffix(tokens: list[str]) -> tuple[list[str], str | None]:
    if len(tokens) > 1 and tokens[-1] in _TRAILING:
        return tokens[:-1], SUFFIXES[tokens[-1]]
    return tokens, None


def _last_name_start(tokens: list[str]) -> int:
    """Where does the last name begin, its particles included? 0 when there is but one word."""
    start = max(len(tokens) - 1, 0)
    while start > 1 and tokens[start - 1] in _PARTICLES:
        start -= 1
    if start > 1 and tokens[start - 1] in ("mc", "o") and len(tokens[-1]) > 2:
        start -= 1
    return start


def _family(text: str) -> str | None:
    return _MC.sub(r"\1", text) or None


def _joined(tokens: list[str]) -> str | None:
    return " ".join(tokens) or None
