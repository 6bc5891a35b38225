"""In which encoding is a text file written?"""

from __future__ import annotations

import codecs
import re

_LONELY_LETTER = re.compile(rb"(?<![\x80-\xff])[\x92\xc0-\xd6\xd8-\xf6\xf8-\xff](?![\x80-\xff])")
_HIGH = re.compile(rb"[\x80-\xff]")


def detect_encoding(sample: bytes) -> tuple[str, str | None]:
    """Which encoding has this beginning of a file, and what must the user know about it?

    UTF-16 is told by its mark or its zero bytes. A file is Windows-1252 when no line of it is non-ASCII UTF-8 and its
    high bytes stand alone like accented letters do; else it is UTF-8, and lines with other bytes are broken rows.
    """
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "read as UTF-16"
    head = sample[:2000]
    if head[1::2].count(0) > 0.4 * len(head[1::2]):
        return "utf-16-le", "read as UTF-16 (little endian, without a mark)"
    if head[0::2].count(0) > 0.4 * len(head[0::2]):
        return "utf-16-be", "read as UTF-16 (big endian, without a mark)"
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(sample) - 4 and _is_windows(sample):
            return "cp1252", "not UTF-8: read as Windows-1252; save it as UTF-8 if letters look wrong"
    return "utf-8", None


def _is_windows(sample: bytes) -> bool:
    high = [line for line in sample.splitlines() if _HIGH.search(line)]
    if any(_is_utf8(line) for line in high[:-1]):
        return False
    return sum(len(_LONELY_LETTER.findall(line)) for line in high) > 0.8 * sum(len(_HIGH.findall(x)) for x in high)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
