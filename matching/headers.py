"""What does the first line of a delimited file say: the delimiter, and whether it is a header at all."""

from __future__ import annotations

import csv
import re
from collections import Counter

from matching.errors import SourceError

DELIMITERS = ",;\t|"
_DATA = re.compile(
    r"""[^@\s]+@[^@\s]+\.\w+          # an e-mail address
    | [-+]?\d[\d,]*(\.\d+)?           # a number
    | \d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T\ ].*)?   # a date
    | \+?[\d\ ().-]{7,}               # a phone number""",
    re.VERBOSE,
)


def sniff_delimiter(sample: list[str]) -> str:
    """Which of , ; tab | splits the header, and most lines likewise? A file of one column gets a comma."""

    def agreement(delimiter: str) -> tuple[float, int]:
        try:
            widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        except csv.Error:
            return 0.0, 0
        if not widths or widths[0] < 2:
            return 0.0, 0
        return Counter(widths)[widths[0]] / len(widths), widths[0]

    # Sorted by how many lines agree first; half of them are enough to prefer the delimiter with more columns.
    scores = {d: agreement(d) for d in DELIMITERS}
    best = max(DELIMITERS, key=lambda d: (scores[d][0] > 0.5, scores[d][1], scores[d][0]))
    return best if scores[best][1] else ","


def check_header(file: str, names: list[str]) -> None:
    """Refuse a header that is missing, holds an unnamed column or repeats a name."""
    data = [name for name in names if _DATA.fullmatch(name)]
    if data:
        raise SourceError(
            f"{file}: the first line looks like data, not a header ({data[0]!r}); add a line with the columns' names."
        )
    unnamed = [str(at) for at, name in enumerate(names, start=1) if not name]
    if unnamed:
        raise SourceError(f"{file}: the header has no name for column {', '.join(unnamed)}; name every column.")
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise SourceError(f"{file}: the header names {', '.join(map(repr, twice))} more than once; rename one of them.")
