"""What is the plain form of a text: lower case, Latin accents folded to ASCII, other scripts kept."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_LETTERS = {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"}
_MARKS = {"’": "'", "‘": "'", "`": "'", "´": "'", "–": "-", "—": "-", "‐": "-", "‑": "-", "\u00a0": " "}
_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[^\w]+|_")


def fold(value: str) -> str:
    """The value in lower case, with single spaces, and ASCII where a letter has a plain ASCII base."""
    if not value.isascii():
        value = "".join(map(_plain, unicodedata.normalize("NFC", value)))
    return " ".join(value.lower().split())


def words(value: str) -> str:
    """The folded value with all punctuation turned into single spaces, apostrophes and full stops dropped."""
    return _NOT_WORD.sub(" ", fold(value).replace("'", "").replace(".", " ")).strip()


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as one text, for the tables of this package."""
    return frozenset(text.split())


@lru_cache(maxsize=4096)
def _plain(letter: str) -> str:
    lower = letter.lower()
    if lower in _LETTERS or letter in _MARKS:
        return _LETTERS.get(lower) or _MARKS[letter]
    base = unicodedata.normalize("NFKD", letter)
    if base[0].isascii():
        return "".join(c for c in base if not unicodedata.combining(c))
    return "" if unicodedata.category(letter) in ("Cf", "Cc") else letter
