"""Credit with its interval: never a point alone, and every answer says what its interval leaves out."""

from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.sparse import csr_array
from scipy.special import ndtr, stdtrit

from attribution import markov, rules, shapley
from attribution.errors import AttributionError
from attribution.paths import UNATTRIBUTED, Codes, Floats, Paths
from attribution.transitions import Transitions, count_transitions

Method = Literal["markov", "shapley", rules.Rule]
ALPHA = 0.1  # prior weight of a step that was seen; unseen steps keep probability 0
CHUNK = 4_000_000  # numbers drawn at once

CHAIN_LEAVES_OUT = (
    "posterior of each state's next step (Dirichlet, alpha 0.1 on the steps that were seen). It leaves out: steps "
    "never seen, whether a chain of this order describes the journeys, likeness among the journeys of one household, "
    "for over 256 channels the curvature of credit (draws follow its gradient), how the values of jobs vary, and "
    "whether a channel causes the conversions that it meets"
)
BOOTSTRAP_LEAVES_OUT = (
    "bootstrap by {unit}. It leaves out: whether the rule is the right one, touches that were never recorded, and "
    "whether a channel causes the conversions that it takes part in"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How shall credit be computed? `half_life_days` and `direct` concern rules; order, variant, nulls the chains."""

    order: int = 1
    variant: markov.Variant = "redirect"
    nulls: bool = True
    half_life_days: float = 7.0
    direct: str = "direct"
    draws: int = 400
    level: float = 0.9
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """Who gets which credit, how sure is that, and what does it mean?

    `table`: player, share, share_low, share_high (of all conversions), conversions and value with _low and _high, rank,
    rank_low, rank_high, rank_held (how often the rank stays when the data are redrawn). The last row, `unattributed`,
    holds the conversions without a touch; all rows sum to `conversions` and `value`.
    """

    method: str
    estimand: str
    leaves_out: str
    conversions: float
    value: float
    nulls: float
    settings: Settings
    table: pa.Table


def attribute(paths: Paths, method: Method = "markov", settings: Settings | None = None) -> Answer:
    """Which share of conversions and value does each player earn under this method, with 90 % intervals?"""
    chosen = settings or Settings()
    if method == "markov":
        return attribute_counts(count_transitions(paths, chosen.order, nulls=chosen.nulls), chosen)
    if method == "shapley":
        share = shapley.touch_credit(paths)
    elif method in get_args(rules.Rule):
        share = rules.touch_credit(paths, method, half_life_days=chosen.half_life_days, direct=chosen.direct)
    else:
        raise AttributionError(f"no method {method!r}; take markov, shapley, {', '.join(rules.ESTIMANDS)}")
    totals = np.array([paths.conversions.sum(), paths.value.sum(), paths.nulls.sum()])
    point, (draws, units) = _shared(paths, share), _bootstrap(paths, share, chosen)
    unit = "journey, for these paths name no household" if paths.households is None else "household"
    names = method, estimand_of(method), BOOTSTRAP_LEAVES_OUT.format(unit=unit)
    low, high = _between(draws, _expanded_tail(chosen.level, units))
    if units == 1:  # one witness cannot disagree with itself
        low, high = np.zeros_like(point), np.ones_like(point)
    return _answer(names, (paths.players, totals), (point, low, high, draws), chosen)


def estimand_of(method: Method, variant: markov.Variant = "redirect") -> str:
    """What does a share under this method say?"""
    if method == "markov":
        return markov.ESTIMANDS[variant]
    return shapley.ESTIMAND if method == "shapley" else rules.ESTIMANDS[method]


def divide_journey(
    path: Paths, method: Method, settings: Settings | None = None, *, chain: Transitions | None = None
) -> pa.Table:
    """Which share of its own conversion does each touch of one journey get? Columns share, share_low, share_high.

    Markov divides by what each player is worth in the `chain` of all journeys, so the interval is that of the chain's
    posterior; what a rule divides does not depend on other journeys, so its interval has no width.
    """
    chosen = settings or Settings()
    if method == "markov":
        if chain is None:
            raise AttributionError("one journey does not make a chain: give the counted transitions of all of them")
        effects = markov.removal_effects(chain, variant=chosen.variant)[:, 0]
        drawn = _posterior(chain, chosen)[:, :-1, 0]
        share, *draws = (markov.touch_credit(path, _of_players(path, chain, each)) for each in (effects, *drawn))
        low, high = _between(np.array(draws), (1 - chosen.level) / 2)
        return pa.table({"share": share, "share_low": np.minimum(low, share), "share_high": np.maximum(high, share)})
    share = shapley.touch_credit(path) if method == "shapley" else rules.touch_credit(
        path, method, half_life_days=chosen.half_life_days, direct=chosen.direct
    )  # fmt: skip
    return pa.table({"share": share, "share_low": share, "share_high": share})


def _of_players(path: Paths, chain: Transitions, effects: Floats) -> Floats:
    """What the chain says of the players of this path; 0 of those that it never met."""
    worth = dict(zip(chain.players, effects.tolist(), strict=True))
    return np.array([worth.get(player, 0.0) for player in path.players])


def attribute_counts(transitions: Transitions, settings: Settings | None = None) -> Answer:
    """Which share does each player earn in the chain of these transition counts, with 90 % intervals?

    The order is that of the counts. The posterior of every row of the chain is Dirichlet(counts + .1 on seen steps).
    """
    chosen = settings or Settings()
    effects = markov.removal_effects(transitions, variant=chosen.variant)
    ends = np.stack([transitions.conversions, transitions.value], axis=1)
    whole = ends.sum(axis=0)
    point = _with_unattributed(effects, ends[0], whole)
    totals = np.append(whole, transitions.nulls.sum())
    names = f"markov_{transitions.order}_{chosen.variant}", markov.ESTIMANDS[chosen.variant], CHAIN_LEAVES_OUT
    draws = _posterior(transitions, chosen)
    low, high = _between(draws, (1 - chosen.level) / 2)
    return _answer(names, (transitions.players, totals), (point, low, high, draws), chosen)


def _answer(
    words: tuple[str, str, str],
    facts: tuple[tuple[str, ...], Floats],
    shares: tuple[Floats, Floats, Floats, Floats],
    settings: Settings,
) -> Answer:
    (players, totals), (point, low, high, draws) = facts, shares
    if not totals[0]:  # nothing converted: any division is possible
        low, high = np.zeros_like(point), np.ones_like(point)
    low, high = np.minimum(low, point), np.maximum(high, point)
    columns = {
        "player": [*players, UNATTRIBUTED],
        "share": point[:, 0],
        "share_low": low[:, 0],
        "share_high": high[:, 0],
    }
    for place, word in enumerate(("conversions", "value")):
        for suffix, part in (("", point), ("_low", low), ("_high", high)):
            columns[word + suffix] = part[:, place] * totals[place]
    columns |= rank_stability(point[:-1, 0], draws[:, :-1, 0], level=settings.level)
    conversions, value, nulls = totals.tolist()
    return Answer(*words, conversions, value, nulls, settings, pa.table(columns))


def _between(draws: Floats, tail: float) -> tuple[Floats, Floats]:
    low, high = np.quantile(draws, [tail, 1 - tail], axis=0, method="weibull")
    return np.asarray(low), np.asarray(high)


def _expanded_tail(level: float, units: int) -> float:
    """Which percentile keeps its promise with few witnesses? As far out as Student's t lies beyond the normal curve.

    Source: Hesterberg 2015, "What teachers should know about the bootstrap", The American Statistician 69(4), expanded
    percentile interval: the bootstrap's own spread is too small by sqrt((n - 1) / n), and its tails are normal.
    """
    if units < 2:
        return 0.0
    return float(ndtr(stdtrit(units - 1, (1 - level) / 2) * np.sqrt(units / (units - 1))))


def rank_stability(point: Floats, draws: Floats, *, level: float = 0.9) -> dict[str, pa.Array]:
    """How firm is the order of the players? Rank 1 earns most; equals share the better rank; unattributed has none.

    rank_low and rank_high hold `level` of the redrawn ranks; rank_held is how often the rank came out the same.
    """
    rank, tail = _ranks(point[None])[0], (1 - level) / 2
    redrawn = np.concatenate([_ranks(part) for part in np.array_split(draws, max(1, draws.size * len(rank) // CHUNK))])
    low = np.quantile(redrawn, tail, axis=0, method="lower").astype(int) if len(rank) else rank
    high = np.quantile(redrawn, 1 - tail, axis=0, method="higher").astype(int) if len(rank) else rank
    held = (redrawn == rank).mean(axis=0) if len(rank) else rank.astype(float)
    columns = {"rank": rank, "rank_low": low, "rank_high": high, "rank_held": held}
    return {word: pa.array([*column.tolist(), None]) for word, column in columns.items()}


def _ranks(shares: Floats) -> Codes:
    ascending = np.sort(shares, axis=1)
    above = [
        shares.shape[1] - np.searchsorted(row, own, side="right") for row, own in zip(ascending, shares, strict=True)
    ]
    return np.asarray(above, np.int64).reshape(shares.shape) + 1


def _ratio(part: Floats, whole: Floats) -> Floats:
    return np.asarray(part / np.where(whole > 0, whole, np.inf))


def _with_unattributed(effects: Floats, untouched: Floats, whole: Floats) -> Floats:
    """Shares of all conversions and value (... x player + 1 x 2); what no player earns stays unattributed."""
    earned = markov.shares(effects)
    some = earned.any(axis=-2) & (whole > 0)
    rest = np.where(some, _ratio(untouched, whole), whole > 0)
    return np.concatenate([earned * np.where(some, 1 - rest, 0.0)[..., None, :], rest[..., None, :]], axis=-2)


def _posterior(transitions: Transitions, settings: Settings) -> Floats:
    """Shares in chains drawn from the posterior: draws x player + 1 x 2."""
    rng = np.random.default_rng(settings.seed)
    closed = transitions.order == 1 and settings.variant == "redirect" and markov.own_states(transitions)
    size = len(transitions.memory)
    if closed and size - 1 <= markov.DENSE_ALWAYS:
        per = max(1, CHUNK // size**2)
        counts = [min(per, settings.draws - at) for at in range(0, settings.draws, per)]
        return np.concatenate([_draw_closed(transitions, _rows(transitions, rng, count)) for count in counts])
    fitted = markov.fit(transitions)
    if closed:
        return _linearised(fitted, transitions, rng, settings.draws)
    drawn = (_redrawn(fitted, transitions, _rows(transitions, rng, 1)) for _ in range(settings.draws))
    return np.stack([_draw_one(transitions, chain, settings) for chain in drawn])


Rows = tuple[Floats, Floats]  # moves (draws x E) and ends (draws x S x 3: conversion, value, null) as probabilities


def _rows(transitions: Transitions, rng: np.random.Generator, draws: int) -> Rows:
    size, cells = len(transitions.memory), (transitions.counts, transitions.conversions, transitions.nulls)
    moves, converts, leaves = (
        np.where(cell > 0, rng.standard_gamma(np.where(cell > 0, cell + ALPHA, 1.0), (draws, len(cell))), 0.0)
        for cell in cells
    )
    place = np.arange(draws)[:, None] * size + transitions.source
    total = np.bincount(place.ravel(), moves.ravel(), draws * size).reshape(draws, size) + converts + leaves
    total = np.where(total > 0, total, 1.0)
    worth = _ratio(transitions.value, transitions.conversions)
    ends = np.stack([converts, converts * worth, leaves], axis=2) / total[:, :, None]
    return moves / total[:, transitions.source], ends


def _draw_closed(transitions: Transitions, rows: Rows) -> Floats:
    (moves, ends), size = rows, len(transitions.memory)
    dense = np.zeros((len(moves), size, size))
    dense[:, transitions.source, transitions.target] = moves
    lost, touched = markov.lost_without(dense[:, 0, 1:], dense[:, 1:, 1:], ends[:, 1:, :2])
    effects = np.zeros((len(moves), len(transitions.players), 2))
    effects[:, transitions.player_of[transitions.memory[1:, 0]]] = lost
    return _with_unattributed(effects, ends[:, 0, :2], touched + ends[:, 0, :2])


def _linearised(fitted: markov.Chain, transitions: Transitions, rng: np.random.Generator, draws: int) -> Floats:
    """The same draws for a chain of very many channels: one inverse, then each draw along the gradient of each loss."""
    system = np.eye(len(fitted.ends) - 1) - fitted.moves[1:, 1:].toarray()
    inverse = np.asarray(np.linalg.inv(system), np.float64)
    visits = fitted.moves[[0]].toarray()[0, 1:] @ inverse
    moved, ended = _deviations(fitted, transitions, rng, draws)
    source, target = transitions.source, transitions.target
    lost, whole = np.zeros((draws, len(transitions.players), 2)), np.zeros((draws, 2))
    worth = np.stack([np.ones(len(fitted.ends)), _ratio(transitions.value, transitions.conversions)], axis=1)
    player = transitions.player_of[transitions.memory[1:, 0]]
    start_visits = np.append(1.0, visits)
    for place in range(1 + bool(transitions.value.any())):
        onward = inverse @ fitted.ends[1:, place]
        ahead = np.append(0.0, onward)[target]
        whole[:, place] = start_visits @ fitted.ends[:, place] + moved @ (start_visits[source] * ahead)
        whole[:, place] += ended @ (start_visits * worth[:, place])
        for block in np.array_split(np.arange(len(visits)), 1 + len(visits) * len(source) // (4 * CHUNK)):
            into, out = _along(inverse, block, visits, onward)
            slope = start_visits[source] * into[:, target] + out[:, source] * (ahead - into[:, target])
            change = moved @ slope.T.astype(np.float32) + ended @ (out * worth[:, place]).T
            at = visits[block] * onward[block] / np.diagonal(inverse)[block]
            lost[:, player[block], place] = np.maximum(at + change, 0.0)
    untouched = (fitted.ends[0, 0] + ended[:, [0]]) * worth[0]
    return _with_unattributed(lost, untouched, whole)


def _along(inverse: Floats, block: Codes, visits: Floats, onward: Floats) -> tuple[Floats, Floats]:
    """The gradient's parts, channel x state: x = N_.c h_c / N_cc and y = v_c N_c. / N_cc, both 0 for START.

    With N the inverse, v the visits and h what follows: d lost_c / d P_ij = v_i x_j + y_i (h_j - x_j).
    """
    diagonal = np.diagonal(inverse)[block]
    into = np.pad(inverse[:, block].T * (onward[block] / diagonal)[:, None], ((0, 0), (1, 0)))
    return into, np.pad(inverse[block] * (visits[block] / diagonal)[:, None], ((0, 0), (1, 0)))


def _deviations(
    fitted: markov.Chain, transitions: Transitions, rng: np.random.Generator, draws: int
) -> tuple[npt.NDArray[np.float32], Floats]:
    """How far drawn rows lie from the fitted ones: draws x moves (of which there may be very many), draws x states."""
    moved = np.empty((draws, len(transitions.source)), np.float32)
    ended, fit = np.empty((draws, len(fitted.ends))), transitions.counts / transitions.totals[transitions.source]
    per = max(1, CHUNK // max(1, len(fit)))
    for at in range(0, draws, per):
        moves, ends = _rows(transitions, rng, min(per, draws - at))
        moved[at : at + per], ended[at : at + per] = moves - fit, ends[:, :, 0] - fitted.ends[:, 0]
    return moved, ended


def _redrawn(fitted: markov.Chain, transitions: Transitions, rows: Rows) -> markov.Chain:
    moves = csr_array((rows[0][0], (transitions.source, transitions.target)), shape=fitted.moves.shape)
    return replace(fitted, moves=moves, ends=rows[1][0])


def _draw_one(transitions: Transitions, chain: markov.Chain, settings: Settings) -> Floats:
    effects = markov.chain_effects(transitions, chain, variant=settings.variant, tolerance=1e-9)
    return _with_unattributed(effects, chain.ends[0, :2], markov.yields(chain)[0])


def _credit_rows(paths: Paths, share: Floats) -> "csr_array[np.float64, tuple[int, int]]":
    """Row x player + 1: how each row's conversions are divided; rows without a touch go to the last column."""
    empty = np.flatnonzero(paths.lengths == 0)
    row = np.concatenate([paths.rows, empty])
    column = np.concatenate([paths.player_of[paths.codes], np.full(len(empty), len(paths.players))])
    weight = np.concatenate([share, np.ones(len(empty))])
    return csr_array((weight, (row, column)), shape=(len(paths), len(paths.players) + 1))


def _shared(paths: Paths, share: Floats) -> Floats:
    amounts = np.stack([paths.conversions, paths.value], axis=1)
    return _ratio(np.asarray(_credit_rows(paths, share).T @ amounts), amounts.sum(axis=0))


def _bootstrap(paths: Paths, share: Floats, settings: Settings) -> tuple[Floats, int]:
    """Shares when the converting households (or journeys) are drawn again: draws x player + 1 x 2; and how many."""
    rng = np.random.default_rng(settings.seed)
    credit, value, copies = _units(paths, _credit_rows(paths, share))
    drawn = np.zeros((settings.draws, credit.shape[1], 2))
    if not len(copies):
        return drawn, 0
    owner = np.repeat(np.arange(len(copies)), copies)
    per = max(1, CHUNK // len(owner))
    for at in range(0, settings.draws, per):
        weight = _resample(rng, owner, copies, min(per, settings.draws - at))
        drawn[at : at + per, :, 0] = np.asarray(credit.T @ weight.T).T
        drawn[at : at + per, :, 1] = np.asarray(value.T @ weight.T).T
    return _ratio(drawn, drawn.sum(axis=1, keepdims=True)), len(owner)


def _units(
    paths: Paths, rows: "csr_array[np.float64, tuple[int, int]]"
) -> tuple["csr_array[np.float64, tuple[int, int]]", "csr_array[np.float64, tuple[int, int]]", Codes]:
    """What is drawn again: credit and value per unit, and how many equal copies of each unit there are."""
    some = np.flatnonzero(paths.conversions > 0)
    conversions, value, rows = paths.conversions[some], paths.value[some], rows[some]
    if paths.households is None:
        copies = np.rint(conversions).astype(np.int64)
        if not np.allclose(copies, conversions):
            raise AttributionError("the bootstrap draws whole conversions again: give whole numbers of conversions")
        return rows, csr_array(rows.multiply((value / conversions)[:, None])), copies
    found, household = np.unique(paths.households[some], return_inverse=True)
    place = (household, np.arange(len(some)))
    shape = (len(found), len(some))
    credit, worth = csr_array((conversions, place), shape=shape) @ rows, csr_array((value, place), shape=shape) @ rows
    return credit, worth, np.ones(len(found), np.int64)


def _resample(rng: np.random.Generator, owner: Codes, copies: Codes, draws: int) -> Floats:
    if len(copies) * 4 < len(owner):
        return rng.multinomial(len(owner), copies / len(owner), draws).astype(np.float64)
    picks = rng.integers(len(owner), size=(draws, len(owner)))
    return np.stack([np.bincount(owner[pick], minlength=len(copies)) for pick in picks]).astype(np.float64)
