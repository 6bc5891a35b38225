"""How strongly does each pair of records belong together? Grades in SQL, weights in numpy."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparisons import Comparison, frequency_columns, gamma_sql, quoted
from matching.model import COUNTS, Model

__all__ = ["Frequencies", "Graded", "count_values", "grade_pairs", "home_bits", "match_bits", "pair_weights"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
BATCH = 1_000_000
_CALL = "jaro_winkler_similarity"
_LIKENESS = re.compile(_CALL + r"""\(("(?:[^"]|"")*"), ("(?:[^"]|"")*")\)""")


@dataclass(frozen=True, slots=True)
class Graded:
    """Pairs of rows (left < right) with the level number of each comparison, sorted by (left, right)."""

    left: npt.NDArray[np.int32]
    right: npt.NDArray[np.int32]
    grades: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.left)

    @property
    def packed(self) -> Ints:
        """Each pair as one number, in the pairs' order: left times 2^32, plus right."""
        return (self.left.astype(np.int64) << 32) | self.right

    def take(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Graded":
        """Which pairs remain when only these are kept?"""
        return Graded(self.left[chosen], self.right[chosen], self.grades[chosen])


@dataclass(frozen=True, slots=True)
class Frequencies:
    """For each record and frequency column: log2(1 / relative frequency of its value), 0 where it has none."""

    bits: dict[str, npt.NDArray[np.float32]]


def count_values(
    connection: duckdb.DuckDBPyConnection, comparisons: tuple[Comparison, ...]
) -> tuple[pa.Table, dict[str, int]]:
    """How often does each value occur (those seen twice or more), and how many rows does each column fill?"""
    tables, sizes = [COUNTS.empty_table()], {}
    for column in frequency_columns(comparisons):
        name = quoted(column)
        sizes[column] = int(connection.execute(f"select count({name}) from rec").fetchall()[0][0])
        found = connection.sql(
            f"""select '{column.replace("'", "''")}' as "column", {name} as value, count(*) as count from rec
            where {name} is not null group by {name} having count(*) > 1 order by value"""
        ).to_arrow_table()
        tables.append(found.cast(COUNTS))
    return pa.concat_tables(tables), sizes


def frequencies(connection: duckdb.DuckDBPyConnection, counts: pa.Table, sizes: dict[str, int]) -> Frequencies:
    """How rare, in bits, is each record's value? A value never counted twice is as rare as one row."""
    connection.register("value_counts", counts)
    bits = {}
    for column, size in sorted(sizes.items()):
        found = connection.execute(
            f"""select coalesce(c.count, 1) as seen, rec.{quoted(column)} is null as missing
            from rec left join value_counts c on c.value = rec.{quoted(column)} and c."column" = ?
            order by rec.rid""",
            [column],
        ).fetchnumpy()
        rarity = np.log2(max(size, 1) / np.asarray(found["seen"], dtype=np.float64))
        bits[column] = np.where(found["missing"], 0.0, rarity).astype(np.float32)
    connection.unregister("value_counts")
    return Frequencies(bits)


def grade_pairs(
    connection: duckdb.DuckDBPyConnection, comparisons: tuple[Comparison, ...], pairs: str
) -> Iterator[Graded]:
    """Which level does each pair of table `pairs(l, r)` reach in each comparison? In batches, in no certain order."""
    columns = _compared_columns(connection)
    sides = [f"{side}.{quoted(c)} as {quoted(f'{c}_{side}')}" for c in columns for side in ("l", "r")]
    graded = [f"{gamma_sql(c)} as g{i}" for i, c in enumerate(comparisons)]
    likenesses, graded = _once(graded)
    reader = connection.sql(
        f"""select {", ".join(["i_l as l", "i_r as r", *graded])} from
        (select *, {likenesses} from (select l.rid as i_l, r.rid as i_r, {", ".join(sides)} from {pairs} p
         join rec l on l.rid = p.l join rec r on r.rid = p.r))"""
    ).to_arrow_reader(BATCH)
    for batch in reader:
        grades = np.empty((batch.num_rows, len(comparisons)), dtype=np.uint8)
        for i in range(len(comparisons)):
            grades[:, i] = batch.column(i + 2).to_numpy(zero_copy_only=False)
        yield Graded(batch.column(0).to_numpy(), batch.column(1).to_numpy(), grades)


def gather(parts: list[Graded], width: int) -> Graded:
    """Which pairs do these batches hold together, sorted by (left, right)?"""
    if not parts:
        return Graded(np.empty(0, np.int32), np.empty(0, np.int32), np.empty((0, width), np.uint8))
    left, right, grades = (np.concatenate([getattr(part, name) for part in parts]) for name in Graded.__slots__)
    whole = Graded(left, right, grades)
    return whole.take(np.argsort(whole.packed, kind="stable"))


def score(
    connection: duckdb.DuckDBPyConnection, model: Model, rarity: Frequencies, *, pairs: str, floor: float
) -> Graded:
    """Which pairs of table `pairs` weigh at least `floor` bits (before the household class)?"""
    kept = []
    for batch in grade_pairs(connection, model.comparisons, pairs):
        bits = match_bits(model, rarity, batch)
        kept.append(batch.take(bits.sum(axis=1) + np.log2(model.prior) >= floor))
    return gather(kept, len(model.comparisons))


def match_probability(connection: duckdb.DuckDBPyConnection, model: Model, rarity: Frequencies, packed: Ints) -> Floats:
    """How likely is each of these pairs one person? packed: left row x 2^32 + right row, in order, none twice."""
    left, right = (packed >> 32).astype(np.int32), (packed & 0xFFFFFFFF).astype(np.int32)
    connection.register("asked_pairs", pa.table({"l": left, "r": right}))
    graded = gather(list(grade_pairs(connection, model.comparisons, "asked_pairs")), len(model.comparisons))
    connection.unregister("asked_pairs")
    return np.asarray(1.0 / (1.0 + np.exp2(-weigh(model, rarity, graded))))


def match_bits(model: Model, rarity: Frequencies, pairs: Graded) -> npt.NDArray[np.float32]:
    """How many bits does each comparison (columns) of each pair (rows) speak for "same person"?"""
    out = np.empty(pairs.grades.shape, dtype=np.float32)
    for i, grades in enumerate(model.grades):
        out[:, i] = grades.match_bits()[pairs.grades[:, i]] + rarity_bits(model, rarity, pairs, i)
    return out


def home_bits(model: Model, rarity: Frequencies, pairs: Graded) -> npt.NDArray[np.float32]:
    """How many bits does each shareable comparison (columns) speak for "same household, other person"?"""
    out = np.empty((len(pairs), len(model.shareable)), dtype=np.float32)
    for place, i in enumerate(model.shareable):
        out[:, place] = model.grades[i].home_bits()[pairs.grades[:, i]] + rarity_bits(model, rarity, pairs, i)
    return out


def rarity_bits(model: Model, rarity: Frequencies, pairs: Graded, place: int) -> npt.NDArray[np.float32]:
    """How many bits does the rarity of the agreed value add (or take) in one comparison?"""
    comparison, raw = model.comparisons[place], model.grades[place].raw
    out = np.zeros(len(pairs), dtype=np.float32)
    for index, level in enumerate(comparison.levels):
        if level.frequency is not None:
            number = comparison.number(index)
            at = np.flatnonzero(pairs.grades[:, place] == number)
            out[at] = rarity.bits[level.frequency][pairs.left[at]] + np.float32(np.log2(raw[number]))
    return out


def pair_weights(model: Model, matched: npt.NDArray[np.float32], shared: npt.NDArray[np.float32]) -> Floats:
    """What are the log-odds (bits) that each pair is one person, against strangers and household members together?"""
    home = shared.sum(axis=1, dtype=np.float64)
    alternatives = np.logaddexp2(
        np.log2(1.0 - model.prior - model.household), np.log2(model.household) + home if model.household else -np.inf
    )
    return np.asarray(np.log2(model.prior) + matched.sum(axis=1, dtype=np.float64) - alternatives)


def weigh(model: Model, rarity: Frequencies, pairs: Graded) -> Floats:
    """What are the log-odds (bits) of every pair, a bounded number of pairs at a time?"""
    out = np.empty(len(pairs))
    for start in range(0, len(pairs), BATCH // 4):
        some = slice(start, start + BATCH // 4)
        part = Graded(pairs.left[some], pairs.right[some], pairs.grades[some])
        out[some] = pair_weights(model, match_bits(model, rarity, part), home_bits(model, rarity, part))
    return out


def worse_place(left: Ints, right: Ints, rows: int) -> Ints:
    """Which is the worse of a link's two places among its records' links (links come strongest first)?"""
    count = len(left)
    ends = np.concatenate([left, right])
    turn = np.concatenate([np.arange(count), np.arange(count)])
    order = np.lexsort((turn, ends))
    sizes = np.bincount(ends, minlength=rows)
    starts = np.cumsum(sizes) - sizes
    place = np.empty(2 * count, np.int64)
    place[order] = np.arange(2 * count) - np.repeat(starts, sizes)
    return np.maximum(place[:count], place[count:])


def _once(graded: list[str]) -> tuple[str, list[str]]:
    """Compute each Jaro-Winkler similarity once a pair, where the levels ask for it several times.

    One that is asked for once stays where it is, behind the conditions that spare most pairs of it.
    """
    asked = sorted(call for call, times in Counter(_LIKENESS.findall(" ".join(graded))).items() if times > 1)
    named = {call: f"likeness_{i}" for i, call in enumerate(asked)}
    lazily = [f"case when {a} = {b} then 1.0 else {_CALL}({a}, {b}) end as {named[a, b]}" for a, b in asked]
    replaced = [_LIKENESS.sub(lambda found: named.get((found[1], found[2]), found[0]), sql) for sql in graded]
    return ", ".join([*lazily, "0 as nothing"]), replaced


def _compared_columns(connection: duckdb.DuckDBPyConnection) -> list[str]:
    described = connection.execute("select column_name from (describe rec)").fetchall()
    return [name for (name,) in described if name not in ("rid", "source")]
