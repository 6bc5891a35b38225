"""Transition counts: how often journeys stepped from which state to which; from paths or from a Cypher walk alike.

State of order k = the last min(k, touches so far) channels, from START; repeats and self-loops are kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from attribution.errors import AttributionError
from attribution.paths import CONVERSION, NULL, SEPARATOR, START, Codes, Floats, Paths, owned


@dataclass(frozen=True, slots=True)
class Transitions:
    """How often did journeys step from which state to which, and where did they end?

    State s remembers `memory[s]` (order columns, oldest first, -1 before the first touch); state 0 is START. Moves are
    `source[e] -> target[e]` with `counts[e]`; `conversions`, `value`, `nulls` are per state in which journeys ended.
    Counts are plain numbers: they add up across storms and may be made by a Cypher walk instead of from paths.
    """

    channels: tuple[str, ...]
    players: tuple[str, ...]
    player_of: Codes
    memory: Codes
    source: Codes
    target: Codes
    counts: Floats
    conversions: Floats
    value: Floats
    nulls: Floats

    @property
    def order(self) -> int:
        """How many touches does a state remember?"""
        return int(self.memory.shape[1])

    @property
    def totals(self) -> Floats:
        """How often was each state left?"""
        moved = np.bincount(self.source, self.counts, len(self.memory))
        return np.asarray(moved + self.conversions + self.nulls)


def count_transitions(paths: Paths, order: int = 1, *, nulls: bool = True) -> Transitions:
    """Which transitions do these paths hold? Without `nulls` only conversions are walked: P(conversion) is 1."""
    base, weight = len(paths.channels) + 1, paths.conversions + (paths.nulls if nulls else 0.0)
    if order not in (1, 2, 3, 4):
        raise AttributionError(f"no chain of order {order}: take 1, 2, 3 or 4")
    if base ** (order + 1) >= 2**62:
        raise AttributionError(
            f"{base - 1} channels are too many for order {order}: take a lower one or group channels"
        )
    walked = weight > 0
    moves = _keys(paths, order + 1)
    keys, counts = _histogram(moves, np.repeat(weight, paths.lengths), base ** (order + 1))
    last = np.zeros(len(paths), np.int64)
    some = paths.lengths > 0
    last[some] = moves[paths.offsets[1:][some] - 1] % base**order
    states = np.unique(np.concatenate(([0], keys // base, keys % base**order, last[walked])))
    place, size = np.searchsorted(states, last[walked]), len(states)
    ended = (np.bincount(place, amount[walked], size) for amount in (paths.conversions, paths.value, paths.nulls))
    conversions, value, null_ends = (np.asarray(amount, np.float64) for amount in ended)
    digits = [states // base**place % base - 1 for place in range(order - 1, -1, -1)]
    return Transitions(
        channels=paths.channels,
        players=paths.players,
        player_of=paths.player_of,
        memory=np.stack(digits, axis=1),
        source=np.searchsorted(states, keys // base),
        target=np.searchsorted(states, keys % base**order),
        counts=counts,
        conversions=conversions,
        value=value,
        nulls=null_ends if nulls else np.zeros(size),
    )


def _keys(paths: Paths, digits: int) -> Codes:
    """The last `digits` channels at each touch as one number in base channels + 1, the newest in the lowest digit."""
    base, codes, position = len(paths.channels) + 1, paths.codes, paths.positions
    key = np.zeros(len(codes), np.int64)
    for back in range(digits - 1, 0, -1):
        key *= base
        inside = position[back:] >= back
        key[back:] += np.where(inside, codes[:-back] + 1, 0)
    return key * base + codes + 1


def _histogram(keys: Codes, weight: Floats, space: int) -> tuple[Codes, Floats]:
    if space <= 2**22:
        sums = np.bincount(keys, weight, space)
        found = np.flatnonzero(sums)
        return found, np.asarray(sums[found], np.float64)
    found, inverse = np.unique(keys, return_inverse=True)
    sums = np.bincount(inverse, weight, len(found))
    return found[sums != 0], np.asarray(sums[sums != 0], np.float64)


def transitions_from_table(table: pa.Table, *, channels: Sequence[str] = ()) -> Transitions:
    """Which chain do counted transitions make, for instance those of a Cypher walk?

    Columns: `from_state` and `to_state` (lists of channels, or text joined by " > "; START, CONVERSION, NULL by name;
    of a `to_state` the last word counts), `count`, and `value` (USD, on rows to CONVERSION). The order is that of the
    longest state. Rows of the same step add up, so corrections may come as negative rows; the sums may not be negative.
    """
    if missing := {"from_state", "to_state", "count"} - set(table.column_names):
        raise AttributionError(f"no column {', '.join(sorted(missing))} in the table of transitions")
    sources = [_state(state) for state in table["from_state"].to_pylist()]
    nexts = [_state(state)[-1] for state in table["to_state"].to_pylist()]
    order = max((len(state) for state in sources), default=1) or 1
    names = tuple(dict.fromkeys([*channels, *(w for s in sources for w in s), *nexts]))
    names = tuple(name for name in names if name not in (CONVERSION, NULL))
    counts: dict[tuple[tuple[str, ...], str], list[float]] = {}
    values = table["value"].to_pylist() if "value" in table.column_names else [0.0] * len(nexts)
    for source, word, count, value in zip(sources, nexts, table["count"].to_pylist(), values, strict=True):
        cell = counts.setdefault((source, word), [0.0, 0.0])
        cell[0] += count
        cell[1] += value or 0.0
    if wrong := [key for key, (count, _) in counts.items() if count < 0]:
        raise AttributionError(
            f"the counts from {wrong[0][0]} to {wrong[0][1]} sum to less than 0: a step was undone twice"
        )
    return _assemble({key: cell for key, cell in counts.items() if cell[0] > 0}, names, order)


def credit_counts_to(transitions: Transitions, owners: Mapping[str, str]) -> Transitions:
    """Who gets the credit of counted steps, if not each channel for itself? `owners`: channel -> play, or the like.

    So counts by channel x play serve both: states stay as they are, and removing a play removes all that hold it.
    """
    players, player_of = owned(transitions.channels, owners)
    return replace(transitions, players=players, player_of=player_of)


def _state(state: str | Sequence[str] | None) -> tuple[str, ...]:
    words = state.split(SEPARATOR) if isinstance(state, str) else list(state or ())
    return tuple(word for word in words if word and word != START)


def _assemble(
    counts: dict[tuple[tuple[str, ...], str], list[float]], channels: tuple[str, ...], order: int
) -> Transitions:
    code = {name: i for i, name in enumerate(channels)}
    moves = {key: (*key[0], key[1])[-order:] for key in counts if key[1] in code}
    states = list(dict.fromkeys([(), *(key[0] for key in counts), *moves.values()]))
    place = {state: i for i, state in enumerate(states)}
    ends = np.zeros((3, len(states)))
    for (source, word), (count, value) in counts.items():
        if word == CONVERSION:
            ends[:2, place[source]] += count, value
        elif word == NULL:
            ends[2, place[source]] += count
    memory = [[-1] * (order - len(state)) + [code[word] for word in state] for state in states]
    return Transitions(
        channels=channels,
        players=channels,
        player_of=np.arange(len(channels)),
        memory=np.array(memory, np.int64).reshape(-1, order),
        source=np.array([place[key[0]] for key in moves], np.int64),
        target=np.array([place[state] for state in moves.values()], np.int64),
        counts=np.array([counts[key][0] for key in moves], np.float64),
        conversions=ends[0],
        value=ends[1],
        nulls=ends[2],
    )


def transition_matrix(transitions: Transitions) -> pa.Table:
    """How likely is each step? Rows: from_state, to_state (text joined by " > "), count, value, probability.

    `transitions_from_table` reads it back; tables of several storms, one after the other, make the chain of all.
    """
    names = [SEPARATOR.join(transitions.channels[c] for c in row if c >= 0) or START for row in transitions.memory]
    totals = transitions.totals
    source = [transitions.source, np.flatnonzero(transitions.conversions), np.flatnonzero(transitions.nulls)]
    counts = [transitions.counts, transitions.conversions[source[1]], transitions.nulls[source[2]]]
    to_state = [names[t] for t in transitions.target] + [CONVERSION] * len(source[1]) + [NULL] * len(source[2])
    left, count = np.concatenate(source), np.concatenate(counts)
    value = np.concatenate([np.zeros(len(source[0])), transitions.value[source[1]], np.zeros(len(source[2]))])
    columns = {"from_state": [names[s] for s in left], "to_state": to_state, "count": count, "value": value}
    return pa.table(columns | {"probability": count / totals[left]})


def choose_order(paths: Paths, orders: Sequence[int] = (1, 2, 3, 4), *, folds: int = 5, seed: int = 0) -> pa.Table:
    """Which order foretells journeys best that it has not seen? (Held-out likelihood.)

    Rows: order, log_likelihood (per held-out journey), standard_error (of its difference to the best order, over
    folds), chosen: the lowest order within one standard error of the best. A step is foretold from the training folds,
    backing off to the order below with the weight of .1 a possible step: a step never seen costs, it does not forbid.
    """
    journeys = np.rint(np.stack([paths.conversions, paths.nulls], axis=1)).astype(np.int64)
    if not np.allclose(journeys, np.stack([paths.conversions, paths.nulls], axis=1)):
        raise AttributionError("choosing an order splits whole journeys: give whole numbers of conversions and nulls")
    if folds < 2 or journeys.sum() < folds:
        raise AttributionError(f"{int(journeys.sum())} journeys cannot be split into {folds} folds of at least one")
    split = np.random.default_rng(seed).multinomial(journeys, np.full(folds, 1 / folds))
    steps = [_step_keys(paths, order) for order in range(max(orders) + 1)]
    scores = np.array([_foretold(paths, steps, split, fold)[list(orders)] for fold in range(folds)])
    mean = scores.mean(axis=0)
    error = (scores - scores[:, [mean.argmax()]]).std(axis=0, ddof=1) / np.sqrt(folds)
    chosen = min(order for order, short in zip(orders, mean.max() - mean <= error, strict=True) if short)
    rows = {"order": list(orders), "log_likelihood": mean, "standard_error": error}
    return pa.table(rows | {"chosen": [order == chosen for order in orders]})


def _step_keys(paths: Paths, order: int) -> tuple[Codes, Codes]:
    """For every step (touches, then each row's conversion, then its null): its state and its state with its outcome."""
    outcomes, base = len(paths.channels) + 2, len(paths.channels) + 1
    before = _keys(paths, order + 1) // base if order else np.zeros(len(paths.codes), np.int64)
    last = np.zeros(len(paths), np.int64)
    some = paths.lengths > 0
    if order:
        last[some] = _keys(paths, order)[paths.offsets[1:][some] - 1]
    state = np.unique(np.concatenate([before, last, last]), return_inverse=True)[1]
    ends = np.repeat([outcomes - 2, outcomes - 1], len(paths))
    step = state * outcomes + np.concatenate([paths.codes, ends])
    return state, np.unique(step, return_inverse=True)[1]


def _foretold(paths: Paths, steps: list[tuple[Codes, Codes]], split: Codes, fold: int) -> Floats:
    held = split[:, :, fold].astype(np.float64)
    train = split.sum(axis=2) - held
    trained, tested = (
        np.concatenate([np.repeat(part.sum(axis=1), paths.lengths), part[:, 0], part[:, 1]]) for part in (train, held)
    )
    outcomes = len(paths.channels) + 2
    prior, foretold = 0.1 * outcomes, np.full(len(trained), 1 / outcomes)
    scores = []
    for state, step in steps:
        seen, left = np.bincount(step, trained)[step], np.bincount(state, trained)[state]
        foretold = (seen + prior * foretold) / (left + prior)
        scores.append(float(tested @ np.log(foretold)) / max(held.sum(), 1.0))
    return np.array(scores)
