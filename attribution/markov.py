"""Markov chains of journeys: remove a channel, solve the chain again, credit what was lost. Exact, never simulated.

State of order k = the last min(k, touches so far) channels, from START; repeats and self-loops are kept. Every answer
is an absorption probability of the fitted chain: solved by one inverse (order 1) or by summing the walk's mass until
what is still under way cannot change the last digit. Source of the chain and of the removal effect: Anderl, Becker,
von Wangenheim, Schumann 2016, "Mapping the customer journey", IJRM 33(3); Archak, Mirrokni, Muthukrishnan 2010 (WWW).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from scipy.linalg import lapack
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import splu

from attribution.errors import AttributionError
from attribution.paths import Flags, Floats, Paths
from attribution.transitions import Transitions

Variant = Literal["redirect", "fail", "detour"]
Sparse: TypeAlias = "csr_array[np.float64, tuple[int, int]]"

ESTIMANDS: dict[Variant, str] = {
    "redirect": "share of conversions the fitted chain loses if whoever would meet the channel leaves instead",
    "fail": "share of conversions the fitted chain loses if nobody converts whose last touches (as many as the "
    "order) hold the channel, while journeys walk on as they did; at order 1 it is the last touch",
    "detour": "share of conversions the fitted chain loses if whoever would meet the channel takes another of the ways "
    "out of the same state, in their old proportions; may be negative",
}
MAX_SWEEPS = 3000
COLUMN_BUDGET = 8_000_000  # numbers held at once while many removals are solved side by side
DENSE_QUICK = 64  # states up to which one dense solve beats summing the walk
DENSE_ALWAYS = 256  # states up to which a plain dense inverse is quickest
DENSE_LIMIT = 20_000  # channels; one dense matrix of that side is 3.2 GB


@dataclass(frozen=True, slots=True)
class Chain:
    """Where does a journey go next from each state? `moves` is the sparse state x state part; `ends` what the next step
    yields: P(conversion), expected value in USD, P(null); `holds` (state x player): which players a state remembers.
    """

    moves: Sparse
    ends: Floats
    holds: Flags
    order: int


def fit(transitions: Transitions) -> Chain:
    """Which chain makes these counts likeliest? Each row of counts divided by its sum."""
    size, totals = len(transitions.memory), np.where(transitions.totals > 0, transitions.totals, 1.0)
    probability = transitions.counts / totals[transitions.source]
    moves = csr_array((probability, (transitions.source, transitions.target)), shape=(size, size))
    ends = np.stack([transitions.conversions, transitions.value, transitions.nulls], axis=1) / totals[:, None]
    return Chain(moves, ends, holds(transitions), transitions.order)


def holds(transitions: Transitions) -> Flags:
    """Which players does each state remember? State x player."""
    held = np.zeros((len(transitions.memory), len(transitions.players)), bool)
    for column in transitions.memory.T:
        state = np.flatnonzero(column >= 0)
        held[state, transitions.player_of[column[state]]] = True
    return held


def conversion_probability(transitions: Transitions) -> float:
    """How likely does a journey convert in the fitted chain? (At every order the share that did convert.)"""
    return float(yields(fit(transitions))[0, 0])


def yields(chain: Chain) -> Floats:
    """What does a journey bring from each state on? State x (P(conversion), expected value in USD)."""
    if len(chain.ends) <= DENSE_QUICK:
        dense = np.eye(len(chain.ends)) - chain.moves.toarray()
        return np.asarray(np.linalg.solve(dense, chain.ends[:, :2]), np.float64)
    total = chain.ends[:, :2].copy()
    step = np.column_stack([total, np.ones(len(total))])
    for _ in range(MAX_SWEEPS):
        step = chain.moves @ step
        total += step[:, :2]
        if step[:, 2].max() <= 1e-17:
            return total
    return _solve_sparse(chain.moves, chain.ends[:, :2])


def _solve_sparse(moves: Sparse, right: Floats) -> Floats:
    system = splu((eye_array(moves.shape[0]) - moves).tocsc())
    return np.asarray(system.solve(right), np.float64)


def removal_effects(
    transitions: Transitions, *, variant: Variant = "redirect", sets: Sequence[Sequence[str]] | None = None
) -> Floats:
    """Which share of conversions, and of value, is lost without each player (or each set of players)?

    Set x 2: 1 - P(conversion without) / P(conversion), and the same of expected value, where a conversion weighs the
    mean value of the conversions that end in its last state. 0 where nothing converts. Variants: see ESTIMANDS.
    """
    chain = fit(transitions)
    if sets is None:
        return chain_effects(transitions, chain, variant=variant)
    return set_effects(chain, _removed(transitions, chain, sets), variant=variant)


def chain_effects(
    transitions: Transitions, chain: Chain, *, variant: Variant = "redirect", tolerance: float = 1e-15
) -> Floats:
    """The removal effects of every player in another chain over the same states, such as one drawn at random."""
    if variant == "redirect" and chain.order == 1 and own_states(transitions):
        lost, whole = _lost_one_by_one(chain)
        return _ratio(_by_player(transitions, lost), whole)
    return set_effects(chain, chain.holds, variant=variant, tolerance=tolerance)


def set_effects(chain: Chain, removed: Flags, *, variant: Variant = "redirect", tolerance: float = 1e-15) -> Floats:
    """Which share of conversions and value is lost without the states of each column of `removed`? Column x 2."""
    onward = yields(chain)
    if variant == "fail":
        visits = _visits(chain)
        return _ratio((removed * visits[:, None]).T @ chain.ends[:, :2], onward[0])
    if variant not in ESTIMANDS:
        raise AttributionError(f"no variant {variant!r}; take one of {', '.join(ESTIMANDS)}")
    width = max(1, COLUMN_BUDGET // len(chain.ends))
    parts = [removed[:, at : at + width] for at in range(0, removed.shape[1], width)]
    if variant == "redirect":
        lost = [_redirect(chain, part, onward, tolerance) for part in parts]
    else:
        lost = [onward[0] - _detour(chain, part, tolerance) for part in parts]
    return _ratio(np.concatenate(lost) if lost else np.zeros((0, 2)), onward[0])


def _redirect(chain: Chain, removed: Flags, onward: Floats, tolerance: float) -> Floats:
    """Conversions and value that enter the removed states: no difference of near-equal numbers is taken."""
    back = chain.moves.T.tocsr()
    keep, caught = (~removed).astype(np.float64), np.zeros(removed.shape)
    alive = _at_start(removed)
    highest = float(onward[:, 0].max(initial=0.0))
    for sweep in range(1, MAX_SWEEPS + 1):
        alive = np.asarray(back @ alive)
        caught += alive
        alive *= keep
        if sweep % 8 == 0:
            lost = np.einsum("sr,s->r", caught * removed, onward[:, 0])
            if np.all(alive.sum(axis=0) * highest <= tolerance * lost + 1e-18 * onward[0, 0]):
                return np.asarray((caught * removed).T @ onward)
    return np.array([_redirect_direct(chain, column, onward) for column in removed.T])


def _redirect_direct(chain: Chain, removed: Flags, onward: Floats) -> Floats:
    kept = np.flatnonzero(~removed)
    start = np.zeros(len(kept))
    start[0] = 1.0
    visits = _solve_sparse(chain.moves[kept][:, kept].T.tocsr(), start)
    return np.asarray((visits @ chain.moves[kept][:, np.flatnonzero(removed)]) @ onward[removed])


def _detour(chain: Chain, removed: Flags, tolerance: float) -> Floats:
    """Conversions and value when each row's steps into the removed states are dropped and the rest scaled up to 1.

    A state that the others cannot leave any more (its only ways out were removed) leads to NULL.
    """
    keep = ~removed
    going = chain.moves @ keep.astype(np.float64) + chain.ends[:, [0, 2]].sum(axis=1)[:, None]
    leads = _reaches_an_end(chain, keep)
    scale = np.where(leads, 1.0 / np.where(going > 0, going, 1.0), 0.0)
    back, total, alive = chain.moves.T.tocsr(), np.zeros((removed.shape[1], 2)), _at_start(removed)
    for _ in range(MAX_SWEEPS):
        alive *= scale
        total += alive.T @ chain.ends[:, :2]
        alive = np.asarray(back @ alive) * leads
        if alive.sum(axis=0).max(initial=0.0) <= tolerance * max(total[:, 0].min(initial=1.0), 1e-6):
            return total
    scaled = ((csr_array(chain.moves.multiply(column[:, None])), column) for column in scale.T)
    return np.array([_solve_sparse(moves, chain.ends[:, :2] * column[:, None])[0] for moves, column in scaled])


def _at_start(removed: Flags) -> Floats:
    alive = np.zeros(removed.shape)
    alive[0] = 1.0
    return alive


def _reaches_an_end(chain: Chain, keep: Flags) -> Flags:
    reaches: Flags = keep & (chain.ends[:, [0, 2]].sum(axis=1) > 0)[:, None]
    while True:
        wider = reaches | (keep & ((chain.moves @ reaches.astype(np.float64)) > 0))
        if np.array_equal(wider, reaches):
            return reaches
        reaches = wider


def _visits(chain: Chain) -> Floats:
    start = np.zeros(len(chain.ends))
    start[0] = 1.0
    return _solve_sparse(chain.moves.T.tocsr(), start)


def lost_without(first: Floats, moves: Floats, ends: Floats) -> tuple[Floats, Floats]:
    """What does an order-1 chain lose without each of its channels? Also for a stack of chains (leading axes).

    `first` (n): START -> channel; `moves` (n, n); `ends` (n, 2): P(conversion) and value per step. With
    N = (I - moves)^-1 a journey meets channel c with probability (first N)_c / N_cc, so removing c loses that times
    what c brings, exactly. Returns lost (n, 2) and what all touched journeys bring (2).
    """
    inverse = np.linalg.inv(np.eye(moves.shape[-1]) - moves)
    visits = np.einsum("...i,...ij->...j", first, inverse)
    meets = visits / np.diagonal(inverse, axis1=-2, axis2=-1)
    return meets[..., None] * (inverse @ ends), np.einsum("...i,...ij->...j", visits, ends)


def _lost_one_by_one(chain: Chain) -> tuple[Floats, Floats]:
    size = len(chain.ends) - 1
    if size > DENSE_LIMIT:
        raise AttributionError(f"{size} channels in one chain: group them, or solve fewer than {DENSE_LIMIT} at a time")
    first, ends = chain.moves[[0]].toarray()[0, 1:], chain.ends[1:, :2]
    if size <= DENSE_ALWAYS:
        lost, touched = lost_without(first, chain.moves[1:, 1:].toarray(), ends)
        return lost, touched + chain.ends[0, :2]
    meets, visits, onward = _factored(chain, first)
    return meets[:, None] * onward, visits @ ends + chain.ends[0, :2]


def _factored(chain: Chain, first: Floats) -> tuple[Floats, Floats, Floats]:
    """The same from one LU factorisation and two triangular inverses in one matrix, cheaper than an inverse."""
    system = -chain.moves[1:, 1:].toarray()
    system[np.diag_indices_from(system)] += 1.0
    factors, pivots, info = lapack.dgetrf(system.T, overwrite_a=1)  # transposed: diagonally dominant by columns
    if info:
        raise AttributionError("some channels lead only to each other and never to an end: check the counts")
    visits = lapack.dgetrs(factors, pivots, first)[0]
    onward = lapack.dgetrs(factors, pivots, chain.ends[1:, :2], trans=1)[0]
    factors = lapack.dtrtri(factors, lower=0, overwrite_c=1)[0]
    factors = lapack.dtrtri(factors, lower=1, unitdiag=1, overwrite_c=1)[0]
    return visits / _diagonal(factors, pivots), visits, onward


def _diagonal(factors: Floats, pivots: npt.NDArray[np.int32]) -> Floats:
    """The diagonal of U^-1 L^-1 P' when both inverses share one matrix (L's unit diagonal is not stored)."""
    size = len(pivots)
    row = np.arange(size)
    for i, pivot in enumerate(pivots):
        row[[i, pivot]] = row[[pivot, i]]
    place = np.argsort(row)
    diagonal = np.empty(size)
    for i, j in enumerate(place):
        low = max(i, j + 1)
        diagonal[i] = factors[i, low:] @ factors[low:, j] + (factors[i, j] if j >= i else 0.0)
    return diagonal


def own_states(transitions: Transitions) -> bool:
    """Is every player exactly one channel, so that order 1 has a closed form?"""
    return len(np.unique(transitions.player_of)) == len(transitions.channels)


def _by_player(transitions: Transitions, lost: Floats) -> Floats:
    whole = np.zeros((len(transitions.players), 2))
    whole[transitions.player_of[transitions.memory[1:, 0]]] = lost
    return whole


def _removed(transitions: Transitions, chain: Chain, sets: Sequence[Sequence[str]]) -> Flags:
    place = {player: i for i, player in enumerate(transitions.players)}
    if unknown := [name for names in sets for name in names if name not in place]:
        raise AttributionError(f"no player {unknown[0]!r} in these transitions; they have {', '.join(place)}")
    columns = [chain.holds[:, [place[name] for name in names]].any(axis=1) for names in sets]
    return np.array(columns, bool).reshape(len(columns), len(chain.ends)).T


def _ratio(lost: Floats, whole: Floats) -> Floats:
    return np.asarray(lost / np.where(whole > 0, whole, np.inf))


def pair_effects(transitions: Transitions, pairs: Sequence[tuple[str, str]] | None = None) -> pa.Table:
    """What is lost without two players at once, and how much of it do both hold in common?

    Columns first, second, removal_effect, overlap = effect of the one + effect of the other - effect of the pair: what
    needs both (each alone would lose it). Every pair by default.
    """
    chosen = list(combinations(transitions.players, 2)) if pairs is None else list(pairs)
    place = {player: i for i, player in enumerate(transitions.players)}
    single = removal_effects(transitions)[:, 0]
    both = removal_effects(transitions, sets=chosen)[:, 0] if chosen else np.zeros(0)
    first, second = [a for a, _ in chosen], [b for _, b in chosen]
    alone = single[[place[a] for a in first]] + single[[place[b] for b in second]] if chosen else both
    return pa.table({"first": first, "second": second, "removal_effect": both, "overlap": alone - both})


def shares(effects: Floats) -> Floats:
    """Which part of the touched conversions does each removal effect earn? Effect / sum; negative ones (detour) earn 0.

    Also for a stack of effects (leading axes): the last axis but one is the player.
    """
    earned = np.maximum(effects, 0.0)
    total = earned.sum(axis=-2, keepdims=True)
    return np.asarray(earned / np.where(total > 0, total, np.inf))


def touch_credit(paths: Paths, effects: Floats) -> Floats:
    """How is one journey's conversion divided by what its players are worth in the whole chain? Sums to 1 in a path.

    `effects` (players): removal effects. A player's weight is its effect (at least 0), shared evenly by its touches in
    the path; where nobody in the path has an effect, touches share evenly. For showing a single journey: summed over
    journeys it is not the Markov credit, which is a statement about the chain as a whole.
    """
    players = max(1, len(paths.players))
    _, place, touches = np.unique(
        paths.rows * players + paths.player_of[paths.codes], return_inverse=True, return_counts=True
    )
    weight = np.maximum(effects, 0.0)[paths.player_of[paths.codes]] / touches[place]
    worth = np.bincount(paths.rows, weight, len(paths))
    even = np.repeat(worth == 0, paths.lengths)
    weight, worth = np.where(even, 1.0, weight), np.where(worth == 0, paths.lengths, worth)
    return np.asarray(weight / np.repeat(worth, paths.lengths))
