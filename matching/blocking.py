"""Which pairs of records are worth comparing? Many keys, each as narrow as the data allow, and a bound on the pairs."""

import math
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import combinations

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparisons import quoted
from matching.records import FieldType
from matching.thinning import thinned

__all__ = ["BLOCK_CAP", "Blocking", "block", "pairs_per_record", "rules_for"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
BLOCK_CAP = 50
THIN_FROM = 5_000_000  # pairs of all rules; fewer are scored in less time than it is worth to choose among them
NEIGHBOURS = 5
BETWEEN = " || chr(31) || "  # the parts of a key
_IDENTIFIERS = (FieldType.CODE, FieldType.EMAIL, FieldType.PHONE, FieldType.DEVICE, FieldType.PROPERTY)
_PLACES = (FieldType.ADDRESS, FieldType.ZIP, FieldType.PLACE)


@dataclass(frozen=True, slots=True)
class Blocking:
    """What was blocked: the rules taken with their pairs, those left out, and the candidate pairs in table `pairs`."""

    taken: dict[str, int]
    left_out: dict[str, int]
    pairs: int


def pairs_per_record(rows: int) -> float:
    """How many candidate pairs a record may we afford? More for small files, where each costs little."""
    return min(max(40.0 * math.sqrt(50_000 / max(rows, 1)), 10.0), 40.0)


def rules_for(fields: Mapping[str, FieldType]) -> dict[str, str]:
    """Which blocking keys suit these columns? Name -> SQL expression over a record, null where it has no key."""
    first = {kind: min((c for c, k in fields.items() if k is kind), default=None) for kind in FieldType}
    rules = {column: quoted(column) for column, kind in sorted(fields.items()) if kind in _IDENTIFIERS}
    given, family, date = (first[k] for k in (FieldType.GIVEN, FieldType.FAMILY, FieldType.DATE))
    rules |= _name_rules(given, family)
    rules |= _date_rules(given, family, date, first[FieldType.CATEGORY])
    for column, kind in sorted(fields.items()):
        if kind in _PLACES:
            rules |= _place_rules(column, kind, (given, family, date))
    rules |= _other_rules(fields, bool(given or family))
    return {name: sql for name, sql in rules.items() if sql}


def block(
    connection: duckdb.DuckDBPyConnection,
    fields: Mapping[str, FieldType],
    *,
    rows: int,
    match_probability: Callable[[Ints], Floats] | None = None,
) -> Blocking:
    """Which pairs are candidates? Fills table `pairs(l, r)`, l < r, each pair once; nothing grows as rows squared.

    Blocks above `BLOCK_CAP` are dropped; rules enter by their pairs, fewest first, up to 1.6 x the affordable number.
    Where they bring more than `THIN_FROM` pairs, those that find next to nothing of their own by `match_probability`
    (of different pairs, each left row x 2^32 + right row) are left out again.
    Large blocks of an identifier keep their nearest neighbours by name: many records of one person hold together.
    """
    rules = rules_for(fields)
    with ThreadPoolExecutor(_threads(connection)) as pool:
        found = pool.map(partial(_blocks, connection), rules.values())
        blocks = dict(zip(rules, found, strict=True))
        taken = _affordable({name: one.pairs for name, one in blocks.items()}, 1.6 * pairs_per_record(rows) * rows)
        left_out = {name: blocks.pop(name).pairs for name in rules if name not in taken}
        packed = dict(zip(blocks, pool.map(_Blocks.packed, blocks.values()), strict=True))
    if match_probability is not None and sum(taken.values()) > THIN_FROM:
        for name in taken.keys() - thinned(packed, match_probability):
            left_out[name] = taken.pop(name)
            del packed[name]
    pairs = _each_once([*packed.values(), *_neighbours(connection, fields)])
    del packed
    incoming = pa.table({"l": (pairs >> 32).astype(np.int32), "r": (pairs & 0xFFFFFFFF).astype(np.int32)})
    connection.register("incoming_pairs", incoming)
    connection.execute("create or replace temp table pairs as select l, r from incoming_pairs")
    connection.unregister("incoming_pairs")
    return Blocking(taken, left_out, len(pairs))


@dataclass(frozen=True, slots=True)
class _Blocks:
    """One rule's blocks, one after the other: the rows in them, and how many each has (2 to BLOCK_CAP)."""

    rows: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.uint8]

    @property
    def pairs(self) -> int:
        sizes = self.sizes.astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())

    def packed(self) -> Ints:
        """The pairs, each as one number: the lower row times 2^32, plus the higher."""
        sizes = self.sizes.astype(np.int64)
        ends = np.repeat(np.cumsum(sizes), sizes)
        at = np.arange(len(self.rows))
        found = []
        for step in range(1, int(sizes.max(initial=0))):
            at = at[at + step < ends[at]]
            found.append(_packed(self.rows[at], self.rows[at + step]))
        return np.concatenate([np.empty(0, np.int64), *found])


def _threads(connection: duckdb.DuckDBPyConnection) -> int:
    return int(connection.execute("select current_setting('threads')").fetchall()[0][0])


def _blocks(connection: duckdb.DuckDBPyConnection, sql: str) -> _Blocks:
    """Which blocks does a rule make? With a cursor of its own, so that rules can be followed side by side."""
    parts = sql.split(BETWEEN)
    present = " and ".join(f"{part} is not null" for part in parts)
    with connection.cursor() as cursor:
        found = cursor.execute(f"select rid, hash({', '.join(parts)}) as key from rec where {present}").fetchnumpy()
    order = np.argsort(found["key"])
    key, rows = found["key"][order], found["rid"][order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]])) if len(key) else np.empty(0, np.int64)
    sizes = np.diff(np.append(starts, len(key)))
    kept = (sizes > 1) & (sizes <= BLOCK_CAP)
    return _Blocks(rows[np.repeat(kept, sizes)], sizes[kept].astype(np.uint8))


def _affordable(counts: Mapping[str, int], budget: float) -> dict[str, int]:
    """Which rules are taken, fewest pairs first, while all their pairs stay within the budget?"""
    taken: dict[str, int] = {}
    spent = 0
    for name, pairs in sorted(counts.items(), key=lambda item: (item[1], item[0])):
        spent += pairs
        if spent > budget:
            break
        taken[name] = pairs
    return taken


def _packed(one: npt.NDArray[np.int32], other: npt.NDArray[np.int32]) -> Ints:
    return (np.minimum(one, other).astype(np.int64) << 32) | np.maximum(one, other)


def _each_once(packed: list[Ints]) -> Ints:
    """All different numbers, in order."""
    everything = np.concatenate([np.empty(0, np.int64), *packed])
    everything.sort()
    new = np.ones(len(everything), np.bool_)
    np.not_equal(everything[1:], everything[:-1], out=new[1:])
    return everything[new]


def _neighbours(connection: duckdb.DuckDBPyConnection, fields: Mapping[str, FieldType]) -> Iterator[Ints]:
    """Which pairs do blocks over the cap still give: each record with those next to it when sorted by name?"""
    order = [
        quoted(c)
        for k in (FieldType.FAMILY, FieldType.GIVEN, FieldType.DATE)
        for c, t in sorted(fields.items())
        if t is k
    ]
    for name in (quoted(column) for column, kind in sorted(fields.items()) if kind in _IDENTIFIERS):
        window = f"(partition by {name} order by {', '.join([*order, 'rid'])})"
        steps = [f"coalesce(lead(rid, {step}) over {window}, -1) as n{step}" for step in range(1, NEIGHBOURS + 1)]
        found = connection.execute(
            f"""select rid, {", ".join(steps)} from rec where {name} in
            (select {name} from rec where {name} is not null group by {name} having count(*) > {BLOCK_CAP})"""
        ).fetchnumpy()
        for step in range(1, NEIGHBOURS + 1):
            known = found[f"n{step}"] >= 0
            yield _packed(found["rid"][known], found[f"n{step}"][known])


def _key(*parts: str | None) -> str:
    """A key of several parts: null as soon as one is missing; no rule at all where a column is not there."""
    return "" if any(part is None for part in parts) else BETWEEN.join(f"({part})" for part in parts)


def _start(column: str | None, letters: int) -> str | None:
    return column and f"left({quoted(column)}, {letters})"


def _name_rules(given: str | None, family: str | None) -> dict[str, str]:
    g, f = given and quoted(given), family and quoted(family)
    both = bool(g and f)
    return {
        "both names, either order": f"least({g}, {f}){BETWEEN}greatest({g}, {f})" if both else "",
        "given 3 + family 4": _key(_start(given, 3), _start(family, 4)),
        "given": _key(g),
        "family": _key(f),
        "family + initial": _key(f, _start(given, 1)),
    }


def _date_rules(given: str | None, family: str | None, date: str | None, category: str | None) -> dict[str, str]:
    g, f, d = given and quoted(given), family and quoted(family), date and quoted(date)
    year = _start(date, 4)
    return {
        "date": _key(d),
        "date + given": _key(d, g),
        "date + initial": _key(d, _start(given, 1)),
        "date + family": _key(d, f),
        "date + family 1": _key(d, _start(family, 1)),
        "family + year": _key(f, year),
        "given 2 + family 2 + year": _key(_start(given, 2), _start(family, 2), year),
        "given + month": _key(g, _start(date, 7)),
        "date + category": _key(d, category and quoted(category)),
    }


def _place_rules(column: str, kind: FieldType, people: tuple[str | None, str | None, str | None]) -> dict[str, str]:
    given, family, date = people
    p, g, f = quoted(column), given and quoted(given), family and quoted(family)
    rules = {
        column: _key(p),
        f"{column} + given": _key(p, g),
        f"{column} + family": _key(p, f),
        f"{column} + family 4": _key(p, _start(family, 4)),
        f"{column} + date": _key(p, date and quoted(date)),
        f"{column} + year": _key(p, _start(date, 4)),
    }
    if kind is not FieldType.ADDRESS:
        rules[f"both names + {column}"] = _key(g, f, p)
    if kind is FieldType.ZIP:
        rules[f"{column} 3 + given"] = _key(_start(column, 3), g)
        rules[f"{column} 3 + family"] = _key(_start(column, 3), f)
    return rules


def _other_rules(fields: Mapping[str, FieldType], named: bool) -> dict[str, str]:
    """Keys for files without names: every column alone, and every two together."""
    further = (FieldType.NAME, FieldType.TEXT)
    rules = {column: quoted(column) for column, kind in sorted(fields.items()) if kind in further}
    if not named:
        rules |= {column: quoted(column) for column in sorted(fields)}
        for one, other in combinations(sorted(fields), 2):
            rules[f"{one} + {other}"] = _key(quoted(one), quoted(other))
    return rules
