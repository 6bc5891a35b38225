"""The Shapley family: a conversion shared among the players that took part, as if in a cooperative game.

Here stands its first member, the cumulative set game of Zhao et al. (2018), solved in linear time.
"""

import numpy as np

from attribution.paths import Floats, Paths

ESTIMAND = (
    "the Shapley value of the game in which a set of players is worth the conversions of all paths that hold no other "
    "player; repeats and order do not count"
)


def touch_credit(paths: Paths) -> Floats:
    """Which share of its path's conversions does each touch get under cumulative-set Shapley?

    v(S) = conversions of the paths whose set of players lies within S. The Shapley value of that game is the sum over
    converting paths with the player of conversions / size of the path's set, so no subset is enumerated: each player's
    first touch carries 1 / size, its repeats 0. Source: Zhao, Mahboobi, Bagheri 2018, "Shapley Value Methods for
    Attribution Modeling in Online Advertising" (arXiv:1804.05327), simplified method.
    """
    players = max(1, len(paths.players))
    _, first = np.unique(paths.rows * players + paths.player_of[paths.codes], return_index=True)
    share = np.zeros(len(paths.codes))
    share[first] = 1.0
    sizes = np.bincount(paths.rows, share, len(paths))
    shared: Floats = share / np.repeat(np.maximum(sizes, 1.0), paths.lengths)
    return shared
