"""Same person, same household, or strangers? The three-class step that sets u, the priors and the household class.

Winkler's three-class idea (1993), on grouped patterns: pairs alike in all levels, and in rarity to half a bit, are one.
"""

from dataclasses import dataclass, replace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparisons import Comparison, Sharing
from matching.links import Frequencies, Graded, rarity_bits
from matching.model import Grades, Model

__all__ = ["learn_classes", "source_penalties"]

Floats = npt.NDArray[np.float64]
ROUNDS, WARM_UP, TOLERANCE = 60, 8, 1e-4
RARE_CAP, U_FLOOR, LEAST_HOUSEHOLD, IDENTIFYING = 0.05, 0.05, 0.1, 0.05
LEAST_ROWS, LEAST_PENALTY, STRONGEST_PENALTY = 30, -0.5, -10.0


@dataclass(frozen=True, slots=True)
class _Patterns:
    grades: npt.NDArray[np.uint8]
    rarity: Floats
    shared_rarity: Floats
    count: Floats


@dataclass(frozen=True, slots=True)
class _State:
    prior: float
    household: float
    grades: tuple[Grades, ...]
    matched: Floats
    shared: Floats


def learn_classes(
    connection: duckdb.DuckDBPyConnection, model: Model, rarity: Frequencies, pairs: Graded, *, rows: int
) -> Model:
    """Which priors, cleaned u and household probabilities fit the candidate pairs best? m stays as it was learnt."""
    patterns = _grouped(connection, model, rarity, pairs)
    all_pairs = rows * (rows - 1) / 2
    home = tuple(replace(g, home=_start_home(c, g)) for c, g in zip(model.comparisons, model.grades, strict=True))
    household = min(2 * model.prior, 0.3) if _tells_kin_apart(model) else 0.0
    start = np.full(len(home), 1.0)
    state = _State(model.prior, household, home, start * model.prior, start * 0.0)
    for turn in range(ROUNDS):
        following = _turn(model, patterns, state, all_pairs)
        if turn + 1 == WARM_UP and following.household < LEAST_HOUSEHOLD * following.prior:
            following = replace(following, household=0.0)
        moved = abs(np.log(following.prior / state.prior))
        state = following
        if moved < TOLERANCE and turn >= WARM_UP:
            break
    cleaned = _cleaned(model.comparisons, state)
    return replace(model, prior=state.prior, household=state.household, grades=cleaned)


def source_penalties(
    sources: npt.NDArray[np.int64], names: list[str], pairs: Graded, *, weights: Floats, prior: float
) -> dict[str, float]:
    """Which sources repeat people less than chance has it, and by how many bits (0 to -10) each such pair loses?"""
    p = 1.0 / (1.0 + np.exp2(-weights))
    left = sources[pairs.left]
    inside = left == sources[pairs.right]
    found = np.bincount(left[inside], weights=p[inside], minlength=len(names))
    rows = np.bincount(sources, minlength=len(names)).astype(np.float64)
    penalties = {}
    for number, name in enumerate(names):
        if rows[number] >= LEAST_ROWS:
            # half a pair of smoothing: a small source that shows no repeats proves little
            chance = prior * rows[number] * (rows[number] - 1) / 2
            bits = float(np.clip(np.log2((found[number] + 0.5) / (chance + 0.5)), STRONGEST_PENALTY, 0.0))
            penalties[name] = bits
    return penalties if min(penalties.values(), default=0.0) < LEAST_PENALTY and len(names) > 1 else {}


def _grouped(connection: duckdb.DuckDBPyConnection, model: Model, rarity: Frequencies, pairs: Graded) -> _Patterns:
    total, shared = np.zeros(len(pairs), np.float32), np.zeros(len(pairs), np.float32)
    for i, comparison in enumerate(model.comparisons):
        bits = rarity_bits(model, rarity, pairs, i)
        total += bits
        if comparison.sharing is not Sharing.NEVER:
            shared += bits
    columns: dict[str, Any] = {f"g{i}": pairs.grades[:, i] for i in range(len(model.comparisons))}
    columns |= {"t": np.round(total * 2).astype(np.int16), "s": np.round(shared * 2).astype(np.int16)}
    connection.register("graded_pairs", pa.table(columns))
    names = ", ".join(columns)
    found = connection.execute(
        f"select {names}, count(*) as n from graded_pairs group by {names} order by {names}"
    ).fetchnumpy()
    connection.unregister("graded_pairs")
    grades = np.stack([np.asarray(found[f"g{i}"], np.uint8) for i in range(len(model.comparisons))], axis=1)
    halves = [np.asarray(found[name], np.float64) / 2 for name in ("t", "s")]
    return _Patterns(grades, halves[0], halves[1], np.asarray(found["n"], np.float64))


def _start_home(comparison: Comparison, grades: Grades) -> Floats:
    return (grades.m if comparison.sharing is Sharing.FREE else grades.raw).copy()


def _tells_kin_apart(model: Model) -> bool:
    """Is there a field in which people of one household would differ? Without one, the class would eat the matches."""
    return any(
        c.sharing is Sharing.RARE or (c.sharing is Sharing.NEVER and g.raw[-1] < IDENTIFYING)
        for c, g in zip(model.comparisons, model.grades, strict=True)
    )


def _turn(model: Model, patterns: _Patterns, state: _State, all_pairs: float) -> _State:
    cleaned = _cleaned(model.comparisons, state)
    matched, home = patterns.rarity.copy(), patterns.shared_rarity.copy()
    for i, grades in enumerate(cleaned):
        level = patterns.grades[:, i]
        matched += grades.match_bits()[level]
        if model.comparisons[i].sharing is not Sharing.NEVER:
            home += grades.home_bits()[level]
    stranger = np.log2(1.0 - state.prior - state.household)
    household = np.log2(state.household) + home if state.household else np.full_like(home, -np.inf)
    weight = np.log2(state.prior) + matched - np.logaddexp2(stranger, household)
    p = 1.0 / (1.0 + np.exp2(np.clip(-weight, -500, 500)))
    p_home = (1.0 - p) * np.exp2(household - np.logaddexp2(stranger, household)) * patterns.count
    prior = float(np.clip((p * patterns.count).sum() / all_pairs, 0.5 / all_pairs, 0.45))
    share = float(np.clip(p_home.sum() / all_pairs, 0.0, 0.45)) if state.household else 0.0
    homes = [
        _home(c, g, patterns.grades[:, i], p_home)
        for i, (c, g) in enumerate(zip(model.comparisons, state.grades, strict=True))
    ]
    known = np.array([g.raw[0] for g in cleaned]) * all_pairs
    seen = patterns.grades > 0
    matched, shared = ((weight * patterns.count) @ seen / known for weight in (p, p_home / patterns.count))
    learnt = tuple(replace(g, home=h) for g, h in zip(state.grades, homes, strict=True))
    return _State(prior, share, learnt, np.clip(matched, 0, 0.45), np.clip(shared, 0, 0.45))


def _home(comparison: Comparison, grades: Grades, level: npt.NDArray[np.uint8], weight: Floats) -> Floats:
    if comparison.sharing is Sharing.NEVER:
        return grades.raw
    found = np.bincount(level, weights=weight, minlength=comparison.size) + grades.raw
    found[0] = 1.0
    found[1:] /= found[1:].sum()
    if comparison.sharing is Sharing.RARE:
        found[2:] = np.minimum(found[2:], np.maximum(grades.raw[2:], RARE_CAP))
        found[1] = max(1.0 - found[2:].sum(), 1e-6)
    return np.asarray(found, dtype=np.float64)


def _cleaned(comparisons: tuple[Comparison, ...], state: _State) -> tuple[Grades, ...]:
    """u without the matches and household pairs among those pairs of records that know the field.

    Where a comparison is guarded, no near level outweighs the exact one.
    """
    cleaned = []
    for i, (comparison, grades) in enumerate(zip(comparisons, state.grades, strict=True)):
        share = state.matched[i]
        u = np.maximum(
            (grades.raw - share * grades.m - state.shared[i] * grades.home) / (1 - share), U_FLOOR * grades.raw
        )
        u[1:] /= u[1:].sum()
        if comparison.guarded:
            u[2:] = np.maximum(u[2:], grades.m[2:] * u[-1] / grades.m[-1])
        u[0] = 1.0
        home = u if comparison.sharing is Sharing.NEVER else grades.home
        cleaned.append(replace(grades, u=u, home=home))
    return tuple(cleaned)
