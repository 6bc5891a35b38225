"""Which blocking rules bring almost nothing that the others do not bring too? A sample of their pairs tells."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

__all__ = ["MOST_LOST", "thinned"]

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
SAMPLE = 250_000
MOST_LOST = 0.002  # of all expected matches, by all rules given up together
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / the golden ratio: multiplicative hashing, Knuth, TAOCP 3, 6.4


def thinned(pairs: Mapping[str, Ints], match_probability: Callable[[Ints], Floats]) -> set[str]:
    """Which rules are worth their pairs? All but those that together find less than `MOST_LOST` of what all find.

    pairs: per rule its pairs, each as one number, none twice. match_probability: of each of some different pairs, in
    their order. Given up one at a time: the rule whose own pairs, which no other rule that is left finds, hold the
    fewest expected matches a pair. The sample is drawn by a hash of the pair, so it is the same in every run.
    """
    sampled = {name: _sampled(found, SAMPLE / max(sum(map(len, pairs.values())), 1)) for name, found in pairs.items()}
    every = np.unique(np.concatenate([np.empty(0, np.int64), *sampled.values()]))
    matches = match_probability(every)
    places = {name: np.searchsorted(every, found) for name, found in sampled.items()}
    finders = np.bincount(np.concatenate([np.empty(0, np.int64), *places.values()]), minlength=len(every))
    to_lose = MOST_LOST * float(matches.sum())
    while len(places) > 1:
        own = {name: at[finders[at] == 1] for name, at in places.items()}
        lost = {name: float(matches[at].sum()) for name, at in own.items()}
        worst = min(places, key=lambda name: (lost[name] / max(len(own[name]), 1), name))
        if lost[worst] > to_lose:
            break
        to_lose -= lost[worst]
        finders[places.pop(worst)] -= 1
    return set(places)


def _sampled(pairs: Ints, share: float) -> Ints:
    drawn = (pairs.astype(np.uint64) * _MULTIPLIER) >> np.uint64(32)
    return pairs[drawn < np.uint64(min(share, 1.0) * 2**32)]
