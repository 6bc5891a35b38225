"""What does a model say of a handful of records, at once and without a database? The same as the batch run.

Levels, derived columns and blocking keys come from the model's own SQL, evaluated by `matching.conditions`; bits,
weights and decisions from the functions that the batch run uses.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from matching.clusters import Judgement, Limits, Matches, Partition, Records, decide
from matching.comparisons import Comparison, derived_columns, frequency_columns
from matching.conditions import Record, Unary, columns_of, of_record
from matching.few_households import few_households
from matching.level_functions import Values, grader
from matching.links import pair_weights, worse_place
from matching.model import Model
from matching.profiles import Merges

__all__ = ["Links", "LiveDecision", "Scored", "Scorer", "prior_model"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Given = Mapping[str, str | None]
DEFAULT_LIMITS = Limits()
SPARSE = 8  # places in a table for each that is asked for, beyond which sorting costs less


@dataclass(frozen=True, slots=True)
class Scored:
    """Pairs with what the model says of each: `grades` (pairs, comparisons) level numbers; `rarity` the bits that a
    value's frequency adds, part of `matches.match`; `matches` as `decide` takes them."""

    grades: npt.NDArray[np.uint8]
    rarity: npt.NDArray[np.float32]
    matches: Matches


@dataclass(frozen=True, slots=True)
class Links:
    """The scored pairs that are kept, strongest first: places of the records, log-odds in bits, probability."""

    left: Ints
    right: Ints
    weight: Floats
    probability: Floats


@dataclass(frozen=True, slots=True)
class LiveDecision:
    """The answer about some records, by their places as handed in.

    persons: a number per record; households: a number per person; kinds: per household "family" or "group_quarters";
    merges: every merge with its evidence; links: the pairs to keep.
    """

    persons: Ints
    households: Ints
    kinds: list[str]
    merges: Merges
    links: Links


class Scorer:
    """A model made ready to score records as they come. Safe to share between threads: it holds nothing of them."""

    def __init__(self, model: Model) -> None:
        """Raises ConditionError where a level of the model cannot be evaluated without a database."""
        self.model = model
        self._derived = {name: of_record(sql) for name, sql in derived_columns(model.fields).items()}
        told = {*model.fields, *self._derived}
        self._levels = [_Levels(comparison, told) for comparison in model.comparisons]
        self._traps: dict[str, set[str]] = {}
        for trap in model.card.get("traps", ()):
            self._traps.setdefault(trap["column"], set()).add(trap["value"])
        self._rarity = _Rarity(model)
        self._weights = _Weights(model, self._rarity.columns)
        self._rules: dict[str, Unary] = {name: of_record(sql) for name, sql in model.rules.items()}

    def score(self, records: Sequence[Given], left: Ints, right: Ints) -> Scored:
        """How strongly does each pair (places in `records`) belong together? As the batch run has it, to 1e-6."""
        prepared = [self._prepared(record) for record in records]
        grades = self._graded(prepared, left, right)
        model = self.model
        lefts = int(left.max(initial=-1)) + 1  # only what stands left is asked for its rarity
        matched, home, told = self._weights.of(grades, self._rarity.bits(prepared[:lefts])[left])
        matches = Matches(
            left.astype(np.int64),
            right.astype(np.int64),
            matched,
            home,
            grades > 0,
            pair_weights(model, matched, home),
            tuple(model.shareable),
            model.prior,
            model.household,
        )
        return Scored(grades, told, matches)

    def _graded(self, records: Sequence[Record], left: Ints, right: Ints) -> npt.NDArray[np.uint8]:
        """The level number that each pair reaches in each comparison. The same values are compared once: kin share
        most of theirs."""
        spelt = [levels.told_apart(records) for levels in self._levels]
        codes = np.array([codes for codes, _ in spelt], np.int64).reshape(len(spelt), len(records))
        sizes = np.array([len(said) for _, said in spelt], np.int64)
        ends = np.cumsum(sizes * sizes)  # a place for every two values of a comparison, one comparison after the other
        starts = ends - sizes * sizes
        asked = codes[:, left] * sizes[:, None] + codes[:, right] + starts[:, None]
        places, at = _different(asked, int(ends[-1]) if spelt else 0)
        bounds = places.searchsorted([0, *ends])
        counts = np.diff(bounds)
        lefts, rights = np.divmod(places - starts.repeat(counts), sizes.repeat(counts))
        one, other, found = lefts.tolist(), rights.tolist(), list[int]()
        for levels, (_, said), begin, end in zip(
            self._levels, spelt, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True
        ):
            found += map(levels.number, [said[i] for i in one[begin:end]], [said[i] for i in other[begin:end]])
        return np.array(found, np.uint8)[at].T

    def decide(
        self, records: Sequence[Given], judgements: Sequence[Judgement] = (), limits: Limits = DEFAULT_LIMITS
    ) -> LiveDecision:
        """Which of these records are one person, and who lives together?

        Every pair of them is scored, so a handful is meant: one component and its surroundings. Each record carries
        `source` and `record_id`. Raises JudgementError where judgements contradict each other.
        """
        order, matches, found = self._decided(records, judgements, limits)
        homes = few_households([records[i] for i in order.tolist()], found.persons, limits)
        placed = _placed(found, order)
        return LiveDecision(placed.persons, homes.household, homes.kind, placed.merges, _kept(matches, order, limits))

    def partition(
        self, records: Sequence[Given], judgements: Sequence[Judgement] = (), limits: Limits = DEFAULT_LIMITS
    ) -> Partition:
        """Which of these records are one person? As `decide` has it, without asking who lives together."""
        order, _, found = self._decided(records, judgements, limits)
        return _placed(found, order)

    def _decided(
        self, records: Sequence[Given], judgements: Sequence[Judgement], limits: Limits
    ) -> tuple[Ints, Matches, Partition]:
        """The working order of these records, and in it their matches and persons."""
        order = np.array(sorted(range(len(records)), key=lambda i: key_of(records[i])), dtype=np.int64)
        ordered = [records[i] for i in order.tolist()]
        one, other = np.triu_indices(len(records) if self.model.comparisons else 0, 1)
        matches = self.score(ordered, one.astype(np.int64), other.astype(np.int64)).matches
        return order, matches, decide(self._positions(ordered), matches, judgements, limits)

    def blocking_keys(self, record: Given, only: Collection[str] | None = None) -> dict[str, str]:
        """By which keys do the model's rules find this record's candidates? Rule name -> key, where it has one.

        Two records are candidates if they share the key of a rule, as in the batch run. `only`: of these rules alone.
        """
        prepared = self._prepared(record)
        rules = self._rules if only is None else {name: self._rules[name] for name in only if name in self._rules}
        found = {name: rule(prepared) for name, rule in rules.items()}
        return {name: str(key) for name, key in found.items() if key is not None}

    def _prepared(self, record: Given) -> Record:
        values = {column: record.get(column) for column in self.model.fields}
        for column, forgotten in self._traps.items():
            if values.get(column) in forgotten:
                values[column] = None
        return {**values, **{name: value(values) for name, value in self._derived.items()}}

    def _positions(self, ordered: Sequence[Given]) -> Records:
        keys = [key_of(record) for record in ordered]
        names = sorted({source for source, _ in keys})
        place = {name: i for i, name in enumerate(names)}
        sources = np.array([place[source] for source, _ in keys], dtype=np.int64)
        return Records(keys, sources, np.array([self.model.penalties.get(name, 0.0) for name in names]))


class _Levels:
    """One comparison's levels as a function of two records, and what it reads of each."""

    def __init__(self, comparison: Comparison, told: Collection[str]) -> None:
        levels = [(comparison.number(i), level.sql) for i, level in enumerate(comparison.levels)]
        expressions = (comparison.unknown, *(level.sql for level in comparison.levels))
        self.columns = sorted({column[:-2] for sql in expressions for column in columns_of(sql)} & {*told})
        self.number = grader(self.columns, comparison.unknown, levels)

    def told_apart(self, records: Sequence[Record]) -> tuple[list[int], list[Values]]:
        """A number per record, the same where it says the same; and what the records of each number say."""
        numbers: dict[Values, int] = {}
        said = [tuple([record[column] for column in self.columns]) for record in records]
        codes = [numbers.setdefault(values, len(numbers)) for values in said]
        return codes, [*numbers]


class _Rarity:
    """How rare is a value in its column? Counts kept as sorted hashes: a tenth of the memory of a dict."""

    def __init__(self, model: Model) -> None:
        self.columns = frequency_columns(model.comparisons)
        pairs = zip(model.counts.column("column").to_pylist(), model.counts.column("value").to_pylist(), strict=True)
        hashes = np.array([hash(pair) for pair in pairs], dtype=np.int64)
        order = np.argsort(hashes)
        # One hash behind all others, so that there is always a place to look at.
        self.hashes = np.append(hashes[order], np.iinfo(np.int64).max)
        self.counts = np.append(model.counts.column("count").to_numpy()[order], 1)
        self.sizes = np.array([max(model.sizes[column], 1) for column in self.columns], dtype=np.int64)

    def bits(self, records: Sequence[Record]) -> npt.NDArray[np.float32]:
        """How rare, in bits, is each record's value in each column? As `links.frequencies` has it; 0 for none."""
        values = [[record.get(column) for column in self.columns] for record in records]
        asked = np.array([[hash(pair) for pair in zip(self.columns, row, strict=True)] for row in values], np.int64)
        asked = asked.reshape(len(records), len(self.columns))
        place = np.searchsorted(self.hashes, asked)
        seen = np.where(self.hashes[place] == asked, self.counts[place], 1).astype(np.float64)
        missing = np.array([[value is None for value in row] for row in values], np.bool_).reshape(asked.shape)
        return np.where(missing, 0.0, np.log2(self.sizes / seen)).astype(np.float32)


class _Weights:
    """The bits of every level of every comparison, laid out so that all pairs are weighed at once.

    The same sums, in the same precision, as `links.match_bits` and `links.home_bits`.
    """

    def __init__(self, model: Model, columns: Sequence[str]) -> None:
        count, most = len(model.comparisons), max((c.size for c in model.comparisons), default=1)
        self.first = np.arange(count) * most  # of each comparison, where its levels stand one after the other
        self.shareable = np.array(model.shareable, dtype=np.int64)
        self.match, self.home = np.zeros((count, most)), np.zeros((count, most))
        self.column = np.full((count, most), -1, np.int64)
        self.common = np.zeros((count, most), np.float32)
        for i, (comparison, grades) in enumerate(zip(model.comparisons, model.grades, strict=True)):
            self.match[i, : comparison.size] = grades.match_bits()
            self.home[i, : comparison.size] = grades.home_bits()
            for at, level in enumerate(comparison.levels):
                if level.frequency is not None:
                    number = comparison.number(at)
                    self.column[i, number] = columns.index(level.frequency)
                    self.common[i, number] = np.log2(grades.raw[number])

    def of(
        self, grades: npt.NDArray[np.uint8], rarity: npt.NDArray[np.float32]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """What speaks for one person, for one household, and the part of either that rarity adds. rarity: (pairs,
        columns) of the left record."""
        level = grades + self.first
        told = np.zeros(grades.shape, np.float32)
        if rarity.shape[1]:
            column = self.column.take(level)
            found = np.take_along_axis(rarity, np.maximum(column, 0), axis=1) + self.common.take(level)
            told = np.where(column >= 0, found, told)
        matched = (self.match.take(level) + told).astype(np.float32)
        home = (self.home.take(level[:, self.shareable]) + told[:, self.shareable]).astype(np.float32)
        return matched, home, told


def _different(asked: Ints, below: int) -> tuple[Ints, Ints]:
    """The different numbers among these, rising, and for each of these its place among them. Where most of all numbers
    `below` are asked for, as in a component, a table of them is faster than sorting; elsewhere it could be huge."""
    if below > SPARSE * asked.size:
        different, at = np.unique(asked, return_inverse=True)
        return different, at.reshape(asked.shape)
    seen = np.zeros(below, np.bool_)
    seen[asked] = True
    return seen.nonzero()[0], (np.cumsum(seen) - 1)[asked]


@cache
def prior_model() -> Model:
    """Which model serves a tenant that has trained none? Learnt from made-up towns by `bench/prior_model.py`."""
    return Model.from_json(Path(__file__).with_name("prior_model.json").read_text(encoding="utf-8"))


def key_of(record: Given) -> tuple[str, str]:
    """By which (source, record_id) is a record known?"""
    return str(record["source"]), str(record["record_id"])


def _placed(found: Partition, order: Ints) -> Partition:
    """The persons and merges by the places at which the records were handed in."""
    persons = np.empty(len(order), np.int64)
    persons[order] = found.persons
    return Partition(persons, replace(found.merges, left=order[found.merges.left], right=order[found.merges.right]))


def _kept(matches: Matches, order: Ints, limits: Limits) -> Links:
    strong = np.flatnonzero(matches.weight >= limits.floor)
    strong = strong[np.argsort(-matches.weight[strong], kind="stable")]
    strong = strong[worse_place(matches.left[strong], matches.right[strong], len(order)) < limits.links]
    weight = matches.weight[strong]
    probability = 1.0 / (1.0 + np.exp2(-weight))
    return Links(order[matches.left[strong]], order[matches.right[strong]], weight, probability)
