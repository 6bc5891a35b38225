"""Standard records in, persons and households out: the whole of matching in its order."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute

from matching.blocking import block, rules_for
from matching.clusters import Judgement, Limits, Matches, Partition, Records, joined_groups
from matching.comparisons import comparisons_for
from matching.confidence import Decided, expected_quality
from matching.household_class import learn_classes, source_penalties
from matching.households import households
from matching.links import (
    Frequencies,
    Graded,
    count_values,
    frequencies,
    gather,
    grade_pairs,
    home_bits,
    match_bits,
    match_probability,
    pair_weights,
    score,
    weigh,
    worse_place,
)
from matching.model import Model
from matching.parallel import PAIRS_AT_ONCE, Crew, Part, crew, decide_parts, shares, whole
from matching.records import FieldType
from matching.scratch import LazyKeys, load, open_scratch, sorted_order, usable_fields
from matching.training import deterministic_prior, learn_m, learn_sharing, random_pair_levels
from matching.traps import find_traps, forget_values

__all__ = ["MatchResult", "Means", "match", "train"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Progress = Callable[[str, float], None]
SCORE_FLOOR = -12.0
DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Means:
    """What may a run use? workers: processes (None: one a core); memory: DuckDB's, beyond which it spills into
    `scratch` (None: the system's folder); progress: told of every stage and the share that is done."""

    workers: int | None = None
    memory: str = "2GB"
    scratch: Path | None = None
    progress: Progress | None = None


DEFAULT_MEANS = Means()


@dataclass(frozen=True, slots=True)
class MatchResult:
    """The answer of a run, in the row numbers of the records handed in.

    links: left, right, weight (log-odds, bits), probability. persons: a number per row; households: a number per
    person; kinds: per household "family" or "group_quarters"; living: the evidence per person. merges: per merge.
    quarantined: rows and reason of what tripped a limit. card: parameters, data profile, traps, timings.
    """

    model: Model
    links: pa.Table
    persons: Ints
    households: Ints
    kinds: list[str]
    living: pa.Table
    merges: pa.Table
    quarantined: list[dict[str, Any]]
    card: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Weighed:
    left: Ints
    right: Ints
    weight: Floats

    @classmethod
    def of(cls, pairs: Graded, weight: Floats) -> "_Weighed":
        return cls(pairs.left.astype(np.int64), pairs.right.astype(np.int64), weight)


@dataclass(frozen=True, slots=True)
class _Asked:
    judgements: Sequence[Judgement]
    limits: Limits
    crew: Crew


class _Run:
    """One run's sorted records, scratch database and clock."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, records: pa.Table, fields: Mapping[str, FieldType]
    ) -> None:
        self.connection = connection
        self.order = sorted_order(records)
        self.records = records.take(self.order)
        self.fields = usable_fields(self.records, fields)
        self.rows = records.num_rows
        names = self.records.column("source").combine_chunks().dictionary_encode()
        self.source_names: list[str] = sorted(names.dictionary.to_pylist())
        place = {name: i for i, name in enumerate(self.source_names)}
        lookup = np.array([place[name] for name in names.dictionary.to_pylist()], dtype=np.int64)
        self.sources: Ints = lookup[names.indices.to_numpy()] if self.rows else np.empty(0, np.int64)
        self.keys = LazyKeys(self.records)
        self.seconds: dict[str, float] = {}
        self.progress: Progress | None = None
        self.rarity: Frequencies | None = None
        self.blocked: dict[str, int] = {}

    def take_fields(self, fields: dict[str, FieldType]) -> None:
        """Use the columns a model was trained on; those that are not there are unknown."""
        self.fields = dict(fields)
        for column in fields:
            if column not in self.records.column_names:
                self.records = self.records.append_column(column, pa.nulls(self.rows, pa.string()))

    def take_traps(self, model: Model | None) -> None:
        """Find the values that too many share (those known to the model, if there is one) and forget them."""
        known = model.card.get("traps") if model is not None else None
        found = known if known is not None else find_traps(self.connection, self.fields, rows=self.rows)
        self.traps: list[dict[str, Any]] = found
        forget_values(self.connection, self.fields, found)

    @contextmanager
    def stage(self, name: str, done: float) -> Iterator[None]:
        if self.progress is not None:
            self.progress(name, done)
        began = time.perf_counter()
        yield
        self.seconds[name] = round(self.seconds.get(name, 0.0) + time.perf_counter() - began, 3)


def train(records: pa.Table, fields: Mapping[str, FieldType], *, means: Means = DEFAULT_MEANS) -> Model:
    """Which model do these records teach, without labels?"""
    with open_scratch(memory_limit=means.memory, folder=means.scratch) as connection:
        run = _Run(connection, records, fields)
        load(connection, run.records, run.fields)
        run.take_traps(None)
        return _learn(run)


def match(
    records: pa.Table,
    fields: Mapping[str, FieldType],
    *,
    judgements: Sequence[Judgement] = (),
    limits: Limits = DEFAULT_LIMITS,
    model: Model | None = None,
    means: Means = DEFAULT_MEANS,
) -> MatchResult:
    """Which of these canonical records are the same person, and who lives together?

    Without `model` one is trained first; a run that is given it answers the same. The answer does not depend on the
    order of rows or columns.
    """
    with (
        open_scratch(memory_limit=means.memory, folder=means.scratch) as connection,
        crew(means.workers or 1, rows=records.num_rows) as workers,
    ):
        run = _Run(connection, records, fields)
        run.progress = means.progress
        with run.stage("load", 0.0):
            if model is not None:
                run.take_fields(model.fields)
            load(connection, run.records, run.fields)
            run.take_traps(model)
        model = model or _learn(run)
        with run.stage("count values", 0.35):
            rarity = run.rarity or frequencies(connection, model.counts, model.sizes)
        # It was trained on pairs chosen before it knew households; a run that is given it chooses by what it knows.
        scored = _candidates(run, model, rarity, done=0.4)
        return _answer(run, model, rarity, scored=scored, asked=_Asked(judgements, limits, workers))


def _learn(run: _Run) -> Model:
    connection = run.connection
    comparisons = tuple(comparisons_for(run.fields))
    if run.rows < 2 or not comparisons:
        return Model.untrained(run.fields)
    if len(comparisons) == 1:
        return Model.of_equality(run.fields, comparisons[0], rules_for(run.fields))
    with run.stage("random pairs", 0.05):
        comparisons = learn_sharing(connection, run.fields, comparisons)
        random = random_pair_levels(connection, comparisons, run.rows)
        prior = deterministic_prior(connection, run.fields, run.rows)
    with run.stage("train", 0.1):
        grades, sessions = learn_m(connection, run.fields, comparisons, random=random, prior=prior)
        counts, sizes = count_values(connection, comparisons)
    rules = rules_for(run.fields)
    card = {"sessions": sessions, "rows": run.rows, "start_prior": prior, "traps": run.traps}
    model = Model(run.fields, comparisons, tuple(grades), prior, 0.0, {}, counts, sizes, rules, card)
    run.rarity = rarity = frequencies(connection, counts, sizes)
    candidates = _candidates(run, model, rarity, done=0.2, purpose=" to learn")
    with run.stage("classes", 0.3):
        model = learn_classes(connection, model, rarity, candidates, rows=run.rows)
        weights = weigh(model, rarity, candidates)
        penalties = source_penalties(run.sources, run.source_names, candidates, weights=weights, prior=model.prior)
    return replace(model, penalties=penalties)


def _candidates(run: _Run, model: Model, rarity: Frequencies, *, done: float, purpose: str = "") -> Graded:
    if not model.comparisons:
        return gather([], 0)
    with run.stage(f"block{purpose}", done):
        likely = partial(match_probability, run.connection, model, rarity)
        blocked = block(run.connection, run.fields, rows=run.rows, match_probability=likely)
        run.blocked = {"pairs": blocked.pairs, **blocked.taken}
    with run.stage(f"score{purpose}", done + 0.05):
        return score(run.connection, model, rarity, pairs="pairs", floor=SCORE_FLOOR)


def _inside(
    run: _Run, model: Model, rarity: Frequencies, *, scored: Graded, asked: _Asked
) -> tuple[Graded, Floats, Ints]:
    """Every pair inside a component, graded and weighed: candidates, and those that blocking did not bring together;
    and the component of every record."""
    with run.stage("components", 0.6):
        weight = weigh(model, rarity, scored)
        group = joined_groups(run.keys, _Weighed.of(scored, weight), asked.judgements, asked.limits)
    with run.stage("score inside", 0.65):
        within = group[scored.left] == group[scored.right]
        inside = scored.take(within)
        left, right = _unscored(group, inside)
        run.connection.register("inside_pairs", pa.table({"l": left, "r": right}))
        further = list(grade_pairs(run.connection, model.comparisons, "inside_pairs")) if len(left) else []
        new = gather(further, len(model.comparisons))
        weight = np.insert(weight[within], np.searchsorted(inside.packed, new.packed), weigh(model, rarity, new))
        return gather([inside, new], len(model.comparisons)), weight, group


def _parts(run: _Run, model: Model, rarity: Frequencies, *, pairs: Graded, group: Ints) -> Iterator[Part]:
    """The components, some at a time, with the evidence that only they need to have in memory."""
    penalties = np.array([model.penalties.get(name, 0.0) for name in run.source_names])
    place = np.empty(run.rows, np.int64)
    for rows, chosen in shares(group, pairs.left.astype(np.int64)):
        place[rows] = np.arange(len(rows))
        matches = evidence(model, rarity, pairs.take(chosen))
        matches = replace(matches, left=place[matches.left], right=place[matches.right])
        yield Part(rows, Records(run.keys.of(rows), run.sources[rows], penalties), matches)


def evidence(model: Model, rarity: Frequencies, pairs: Graded) -> Matches:
    """What does the model say of each graded pair, field by field?"""
    matched, home = match_bits(model, rarity, pairs), home_bits(model, rarity, pairs)
    return Matches(
        pairs.left.astype(np.int64),
        pairs.right.astype(np.int64),
        matched,
        home,
        pairs.grades > 0,
        pair_weights(model, matched, home),
        tuple(model.shareable),
        model.prior,
        model.household,
    )


def _unscored(group: Ints, scored: Graded) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """Which pairs inside components have no score yet?"""
    sizes = np.bincount(group)
    order = np.argsort(group, kind="stable")
    starts = np.cumsum(sizes) - sizes
    packed = []
    for size in np.unique(sizes[sizes > 2]):
        rows = order[starts[sizes == size][:, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        packed.append((rows[:, one].ravel() << 32) | rows[:, other].ravel())
    everything = np.sort(np.concatenate(packed)) if packed else np.empty(0, np.int64)
    missing = np.setdiff1d(everything, scored.packed, assume_unique=True)
    return (missing >> 32).astype(np.int32), (missing & 0xFFFFFFFF).astype(np.int32)


def _answer(run: _Run, model: Model, rarity: Frequencies, *, scored: Graded, asked: _Asked) -> MatchResult:
    limits = asked.limits
    pairs, weight, group = _inside(run, model, rarity, scored=scored, asked=asked)
    with run.stage("decide", 0.75):
        found = decide_parts(
            _parts(run, model, rarity, pairs=pairs, group=group),
            asked.judgements,
            limits,
            count=1 + len(pairs) // PAIRS_AT_ONCE,
            crew=asked.crew,
        )
        partition = whole(found, rows=run.rows, width=len(model.comparisons))
    persons = np.empty(run.rows, np.int64)
    persons[run.order] = partition.persons
    with run.stage("households", 0.85):
        homes = households(run.connection, run.records, partition.persons, limits)
    with run.stage("links", 0.95):
        links = _links(run, _Weighed.of(pairs, weight), limits)
    with run.stage("confidence", 0.97):
        rows = run.keys, run.sources, run.source_names
        decided = Decided(scored, pairs, weight, group, partition, *rows, asked.judgements, limits)
        confidence = expected_quality(model, rarity, decided)
    if run.progress is not None:
        run.progress("done", 1.0)
    return MatchResult(
        model=model,
        links=links,
        persons=persons,
        households=homes.household,
        kinds=homes.kind,
        living=homes.evidence,
        merges=_merges(run, model, partition),
        quarantined=_quarantined(run, persons, limits),
        card={**_card(run, model), "confidence": confidence},
    )


def _card(run: _Run, model: Model) -> dict[str, Any]:
    filled = {c: run.rows - run.records.column(c).null_count for c in sorted(run.fields)}
    return {
        **model.card,
        "prior": model.prior,
        "household_prior": model.household,
        "source_penalties": model.penalties,
        "fields": {c: str(kind) for c, kind in sorted(run.fields.items())},
        "filled": filled,
        "sources": dict(zip(run.source_names, np.bincount(run.sources).tolist(), strict=True)),
        "traps": run.traps,
        "blocking": run.blocked,
        "seconds": run.seconds,
    }


def _quarantined(run: _Run, persons: Ints, limits: Limits) -> list[dict[str, Any]]:
    """What tripped a limit: values that too many share, persons that reached the largest size."""
    found: list[dict[str, Any]] = []
    for trap in run.traps:
        rows = pa.compute.indices_nonzero(pa.compute.equal(run.records.column(trap["column"]), trap["value"]))
        reason = f"{trap['column']} shared by {trap['names']} names: not used"
        found.append({"rows": run.order[rows.to_numpy()].tolist(), "reason": reason})
    for person in np.flatnonzero(np.bincount(persons) >= limits.cluster):
        reason = f"a person of {limits.cluster} records, the most allowed"
        found.append({"rows": np.flatnonzero(persons == person).tolist(), "reason": reason})
    return found


def _links(run: _Run, matches: _Weighed, limits: Limits) -> pa.Table:
    strong = np.flatnonzero(matches.weight >= limits.floor)
    strong = strong[np.argsort(-matches.weight[strong], kind="stable")]
    kept = strong[worse_place(matches.left[strong], matches.right[strong], run.rows) < limits.links]
    weight = matches.weight[kept]
    return pa.table(
        {
            "left": run.order[matches.left[kept]],
            "right": run.order[matches.right[kept]],
            "weight": weight,
            "probability": 1.0 / (1.0 + np.exp2(-weight)),
        }
    )


def _merges(run: _Run, model: Model, partition: Partition) -> pa.Table:
    merges = partition.merges
    bits = {c.name: merges.bits[:, i] for i, c in enumerate(model.comparisons)}
    own = {"left": run.order[merges.left], "right": run.order[merges.right], "weight": merges.weight}
    return pa.table(
        {
            **own,
            "household_evidence": merges.household,
            "source_penalty": merges.sources,
            **{f"bits_{name}": values for name, values in bits.items()},
        }
    )
