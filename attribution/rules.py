"""Rules: credit divided by a touch's place in its path, with no model of what would have happened otherwise."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from attribution.errors import AttributionError
from attribution.paths import Codes, Flags, Floats, Paths

Rule = Literal["first", "last", "last_non_direct", "linear", "position", "time_decay"]

TOGETHER = 10_000  # paths decayed at once
MOST_HALVINGS = 500  # 2^-500 is far from the smallest number that keeps all its digits, 2^-1022
ESTIMANDS: dict[Rule, str] = {
    "first": "who opened the journeys that converted; says nothing of what would have happened without them",
    "last": "who made the last touch before the conversion; says nothing of what would have happened without it",
    "last_non_direct": "who made the last touch that was not direct; the last touch where all were direct",
    "linear": "who took part in the journeys that converted, each touch alike",
    "position": "who opened (40 %) and closed (40 %) the journeys that converted, the touches between sharing 20 %",
    "time_decay": "who touched nearest to the conversion: a touch's weight halves with every half-life of its age",
}


def touch_credit(paths: Paths, rule: Rule, *, half_life_days: float = 7.0, direct: str = "direct") -> Floats:
    """Which share of its path's conversions does each touch get? One number per touch; they sum to 1 in every path.

    position: 40/20/40, two touches 50/50. time_decay needs `paths.days`; its weights are 2^(-age / half-life), and
    only differences of age within a path matter. Rules as in Google Analytics' model comparison (2011-2023).
    """
    match rule:
        case "first":
            return _at(paths, paths.offsets[:-1][paths.lengths > 0])
        case "last":
            return _at(paths, paths.offsets[1:][paths.lengths > 0] - 1)
        case "last_non_direct":
            return _last_non_direct(paths, direct)
        case "linear":
            return np.asarray(np.repeat(1.0 / np.maximum(paths.lengths, 1), paths.lengths))
        case "position":
            return _position(paths)
        case "time_decay":
            return _time_decay(paths, half_life_days)
    raise AttributionError(f"no rule {rule!r}; take one of {', '.join(ESTIMANDS)}")


def touch_totals(paths: Paths, share: Floats, amount: Floats) -> Floats:
    """How much credit gets each player when every touch takes its share of its path's amount?"""
    paid = np.flatnonzero(amount)  # most journeys come to nothing: their touches need no arithmetic
    starts = paths.offsets[paid]
    lengths = paths.offsets[paid + 1] - starts
    ahead = np.cumsum(lengths)
    touches = np.repeat(starts - ahead + lengths, lengths) + np.arange(ahead[-1] if len(ahead) else 0)
    weight = share[touches] * np.repeat(amount[paid], lengths)
    by_channel = np.bincount(paths.codes[touches], weight, len(paths.channels))
    return np.bincount(paths.player_of, by_channel, len(paths.players)).astype(np.float64, copy=False)


def untouched(paths: Paths) -> Flags:
    """Which rows have no touch, so that their conversions stay unattributed?"""
    return np.asarray(paths.lengths == 0)


def rule_share(rule: Rule, *, half_life_days: float = 7.0, direct: str = "direct") -> Callable[[Paths], Floats]:
    """Which function divides a path under this rule? For callers that treat every linear method alike."""
    return lambda paths: touch_credit(paths, rule, half_life_days=half_life_days, direct=direct)


def _at(paths: Paths, touches: Codes) -> Floats:
    share = np.zeros(len(paths.codes))
    share[touches] = 1.0
    return share


def _last_non_direct(paths: Paths, direct: str) -> Floats:
    if direct not in paths.channels:
        return touch_credit(paths, "last")
    other = paths.codes != paths.channels.index(direct)
    index = np.where(other, np.arange(len(other)), -1)
    some = paths.lengths > 0
    starts, ends = paths.offsets[:-1][some], paths.offsets[1:][some]
    last = np.maximum.accumulate(index)[ends - 1] if len(index) else ends
    return _at(paths, np.where(last >= starts, last, ends - 1))


def _position(paths: Paths) -> Floats:
    lengths = paths.lengths
    ends = np.where(lengths == 1, 1.0, np.where(lengths == 2, 0.5, 0.4))
    share: Floats = np.repeat(0.2 / np.maximum(lengths - 2, 1), lengths)
    some = lengths > 0
    share[paths.offsets[:-1][some]] = ends[some]
    share[paths.offsets[1:][some] - 1] = ends[some]
    return share


def _time_decay(paths: Paths, half_life_days: float) -> Floats:
    if paths.days is None:
        raise AttributionError("time decay needs the times of the touches: read the paths with a `days` column")
    if not half_life_days > 0:
        raise AttributionError("the half-life must be more than 0 days")
    offsets = paths.offsets[np.append(paths.lengths > 0, True)]
    share = np.empty(len(paths.codes))
    for first in range(0, len(offsets) - 1, TOGETHER):  # some paths at a time: what lies between stays in the cache
        some = offsets[first : first + TOGETHER + 1]
        part = slice(some[0], some[-1])
        share[part] = _decayed(paths.days[part], some - some[0], half_life_days)
    return share


def _decayed(days: Floats, offsets: Codes, half_life_days: float) -> Floats:
    """The shares of the touches of some paths, each of which has one."""
    starts, lengths = offsets[:-1], np.diff(offsets)
    latest = days.max()
    if latest - days.min() > MOST_HALVINGS * half_life_days:  # too small for a number: count from each path's own
        latest = np.repeat(np.maximum.reduceat(days, starts), lengths)
    share: Floats = days - latest
    share /= half_life_days
    np.exp2(share, out=share)
    share /= np.repeat(np.add.reduceat(share, starts), lengths)
    return share
