"""How do clerks, forms and exports damage a value? Every damage has a rate; `level` multiplies them all.

Columns are numpy object arrays of strings, None where missing. Only the few damaged cells are touched one by one, so a
million records stay cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[np.object_]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

BESIDE = {
    "a": "sqz", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "wa", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "xa", "0": "9", "1": "2", "2": "13", "3": "24",
    "4": "35", "5": "46", "6": "57", "7": "68", "8": "79", "9": "80",
}  # fmt: skip
HEARD = (
    ("ph", "f"), ("ck", "k"), ("sch", "sh"), ("tt", "t"), ("ll", "l"), ("nn", "n"), ("ie", "y"), ("ey", "y"),
    ("ei", "ie"), ("ae", "e"), ("mc", "mac"), ("c", "k"), ("s", "z"), ("y", "i"), ("z", "s"), ("ou", "u"), ("ea", "ee"),
)  # fmt: skip


def strings(values: Sequence[str | None]) -> Column:
    """Make an object column of these values."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def only(flags: Flags, column: Column) -> Column:
    """Keep the values where the flag is set, None elsewhere."""
    kept = column.copy()
    kept[~flags] = None
    return kept


def mistyped(value: str, draw: float, where: float) -> str:
    """Slip once on the keyboard: replace, drop, double or swap a letter; `draw` and `where` are uniform in [0, 1)."""
    if len(value) < 3:
        return value
    at = int(where * (len(value) - 1))
    letter = value[at]
    if draw < 0.4 and letter.lower() in BESIDE:
        options = BESIDE[letter.lower()]
        wrong = options[int(draw / 0.4 * len(options))]
        return value[:at] + (wrong.upper() if letter.isupper() else wrong) + value[at + 1 :]
    if draw < 0.6:
        return value[: at + 1] + value[at + 2 :]
    if draw < 0.75:
        return value[: at + 1] + letter.lower() + value[at + 1 :]
    return value[:at] + value[at + 1] + letter.lower() + value[at + 2 :]


def misheard(value: str, draw: float, where: float) -> str:
    """Write a name down by its sound; where no sound has a second spelling, slip on the keyboard."""
    low = value.lower()
    start = int(where * len(HEARD))
    for step in range(len(HEARD)):
        sound, spelling = HEARD[(start + step) % len(HEARD)]
        at = low.find(sound, 1)
        if at > 0:
            return value[:at] + spelling + value[at + len(sound) :]
    return mistyped(value, draw, where)


def misdialled(value: str, draw: float, where: float) -> str:
    """Change one of the last seven digits of a telephone or post code, or swap it with the next."""
    digits = [at for at, letter in enumerate(value) if letter.isdigit()][-7:]
    if len(digits) < 2:
        return value
    pick = int(where * (len(digits) - 1))
    at, after = digits[pick], digits[pick + 1]
    letters = list(value)
    if draw < 0.5:
        letters[at], letters[after] = letters[after], letters[at]
    else:
        letters[at] = str((int(letters[at]) + 1 + int((draw - 0.5) * 16)) % 10)
    return "".join(letters)


class Noise:
    """The damage of one source: a random stream and a level that multiplies every rate (0 = clean, 1 = as designed)."""

    def __init__(self, rng: np.random.Generator, level: float) -> None:
        if level < 0:
            raise ValueError(f"noise is a multiplier of the designed error rates and cannot be {level}: pass 0 or more")
        self.rng = rng
        self.level = level

    def strikes(self, size: int, rate: float) -> Flags:
        """Which of `size` cells does a damage of this rate hit, at our level?"""
        return self.rng.random(size) < min(rate * self.level, 0.95)

    def chance(self, size: int, rate: float) -> Flags:
        """Which cells have a trait that is a fact of life, not damage (so `level` leaves it alone)?"""
        return self.rng.random(size) < rate

    def bend(self, column: Column, rate: float, how: Callable[[str, float, float], str]) -> Column:
        """Damage some values by a function of (value, draw, where)."""
        hit = np.flatnonzero(self.strikes(len(column), rate))
        draws, places = self.rng.random(len(hit)), self.rng.random(len(hit))
        bent = column.copy()
        for cell, draw, where in zip(hit.tolist(), draws.tolist(), places.tolist(), strict=True):
            if bent[cell] is not None:
                bent[cell] = how(bent[cell], draw, where)
        return bent

    def typos(self, column: Column, rate: float) -> Column:
        """Slip on the keyboard in some values."""
        return self.bend(column, rate, mistyped)

    def drop(self, column: Column, rate: float) -> Column:
        """Leave a share of the values out: `rate` is the system's own habit, so `level` leaves it alone."""
        kept = column.copy()
        kept[self.chance(len(column), rate)] = None
        return kept

    def junk(self, column: Column, rate: float, values: Sequence[str]) -> Column:
        """Put a placeholder or an invalid value in place of some values."""
        hit = np.flatnonzero(self.strikes(len(column), rate))
        spoilt = column.copy()
        spoilt[hit] = strings(values)[self.rng.integers(0, len(values), len(hit))]
        return spoilt
