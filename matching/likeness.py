"""How alike are two texts? The string functions of DuckDB, to the last bit, without a database.

DuckDB compares the bytes of the UTF-8 form. Its Jaro-Winkler may be compiled with fused multiply-adds (one rounding
where there would be two), which differs in the last bit; whether it is, is asked of DuckDB once.
"""

import math
from functools import cache, lru_cache

from rapidfuzz.distance import DamerauLevenshtein, Hamming, Jaro, Levenshtein

__all__ = ["damerau_levenshtein", "hamming", "jaccard", "jaro", "jaro_winkler", "levenshtein"]

REMEMBERED = 1 << 14  # pairs of texts: the levels of a comparison ask for the same ones several times
BOOSTED, PREFIX, PER_LETTER = 0.7, 4, 0.1
SPLITTER = 134_217_729.0  # 2^27 + 1: halves a double (Dekker 1971)
WITNESS = ("日", "日a日漢漢")  # fused and plain arithmetic differ here


@lru_cache(REMEMBERED)
def jaro(left: str, right: str) -> float:
    """Jaro similarity, 0 to 1; 0 where either is empty."""
    return _jaro(left.encode(), right.encode())


@lru_cache(REMEMBERED)
def jaro_winkler(left: str, right: str) -> float:
    """Jaro-Winkler similarity, 0 to 1: a common beginning of up to four bytes counts more; 0 where either is empty."""
    one, other = left.encode(), right.encode()
    likeness = _jaro(one, other)
    if likeness <= BOOSTED:
        return likeness
    boost = PER_LETTER * _common_start(one, other)
    return _boosted(likeness, boost, fused=_duckdb_fuses()) if boost else likeness


@lru_cache(REMEMBERED)
def levenshtein(left: str, right: str) -> int:
    """Insertions, deletions and substitutions of bytes between two texts."""
    return Levenshtein.distance(left.encode(), right.encode())


@lru_cache(REMEMBERED)
def damerau_levenshtein(left: str, right: str) -> int:
    """The same, with swaps of neighbouring bytes as one edit (unrestricted)."""
    return DamerauLevenshtein.distance(left.encode(), right.encode())


def hamming(left: str, right: str) -> int:
    """Bytes that differ between two texts of one length in bytes. Raises ValueError where it is not one."""
    return Hamming.distance(left.encode(), right.encode(), pad=False)


@lru_cache(REMEMBERED)
def jaccard(left: str, right: str) -> float:
    """Shared over all different bytes, 0 to 1. DuckDB refuses empty texts; here they share nothing."""
    one, other = set(left.encode()), set(right.encode())
    return len(one & other) / len(one | other) if one and other else 0.0


def _jaro(one: bytes, other: bytes) -> float:
    return float(Jaro.similarity(one, other)) if one and other else 0.0


def _common_start(left: bytes, right: bytes) -> int:
    count = 0
    for one, other in zip(left[:PREFIX], right[:PREFIX], strict=False):
        if one != other:
            break
        count += 1
    return count


def _boosted(likeness: float, boost: float, *, fused: bool) -> float:
    rest = 1.0 - likeness
    if not fused:
        return likeness + boost * rest
    product = boost * rest
    a, b = _halves(boost), _halves(rest)
    error = ((a[0] * b[0] - product) + a[0] * b[1] + a[1] * b[0]) + a[1] * b[1]
    return math.fsum((product, error, likeness))


def _halves(value: float) -> tuple[float, float]:
    scaled = SPLITTER * value
    high = scaled - (scaled - value)
    return high, value - high


@cache
def _duckdb_fuses() -> bool:
    import duckdb

    left, right = WITNESS
    with duckdb.connect(":memory:") as connection:
        found = connection.execute("select jaro_winkler_similarity(?, ?)", [left, right]).fetchall()[0][0]
    boost = PER_LETTER * _common_start(left.encode(), right.encode())
    return bool(found == _boosted(jaro(left, right), boost, fused=True))
