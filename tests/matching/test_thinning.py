"""Rules that find next to nothing of their own are given up, and never more than the promised share of matches."""

import numpy as np
import numpy.typing as npt
import pytest

from matching import blocking
from matching.scratch import load, open_scratch
from matching.thinning import MOST_LOST, thinned
from tests.matching.people import FIELDS, draw

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class SureBelow:
    """Pairs numbered below the bound are one person, no others are; keeps how many it was asked for."""

    def __init__(self, bound: int) -> None:
        self.bound, self.asked = bound, 0

    def __call__(self, pairs: Ints) -> Floats:
        assert (np.diff(pairs) > 0).all()
        self.asked += len(pairs)
        return (pairs < self.bound).astype(np.float64)


def test_a_rule_whose_own_pairs_hold_no_match_is_given_up() -> None:
    good, barren = np.arange(20_000), np.arange(19_000, 60_000)
    assert thinned({"good": good, "barren": barren}, SureBelow(20_000)) == {"good"}


def test_of_two_rules_that_find_the_same_one_is_enough() -> None:
    pairs = np.arange(5_000)
    assert len(thinned({"one": pairs, "other": pairs}, SureBelow(5_000))) == 1


def test_a_rule_that_alone_finds_more_than_may_be_lost_is_kept() -> None:
    good, own = np.arange(20_000), np.arange(10_000_000, 11_000_000)
    lost = round(2 * MOST_LOST * len(good))

    def likely(pairs: Ints) -> Floats:
        return ((pairs < 20_000) | ((pairs >= 10_000_000) & (pairs % 1_000_000 < 50 * lost))).astype(np.float64)

    assert thinned({"good": good, "own": own}, likely) == {"good", "own"}


def test_many_small_losses_together_stay_within_the_bound() -> None:
    rules = {"good": np.arange(10_000)}
    for number in range(50):  # each finds as much as a tenth of what may be lost
        start = 100_000 * (number + 1)
        rules[f"rule {number:02}"] = np.arange(start, start + 1_000)

    def likely(pairs: Ints) -> Floats:
        return ((pairs < 100_000) | (pairs % 100_000 < 2)).astype(np.float64)

    given_up = rules.keys() - thinned(rules, likely)
    assert 0 < 2 * len(given_up) <= MOST_LOST * (10_000 + 50 * 2) + 1e-9


def test_a_large_run_is_judged_by_a_sample_that_is_the_same_every_time() -> None:
    rng = np.random.default_rng(7)
    rules = {f"rule {i}": np.unique(rng.integers(0, 1 << 40, 400_000)) for i in range(4)}
    one, other = SureBelow(1 << 39), SureBelow(1 << 39)
    assert thinned(rules, one) == thinned(dict(reversed(rules.items())), other)
    assert one.asked == other.asked < 300_000


@pytest.mark.parametrize("rules", [{}, {"only": np.empty(0, np.int64)}])
def test_nothing_is_given_up_where_nothing_is(rules: dict[str, Ints]) -> None:
    assert thinned(rules, SureBelow(0)) == rules.keys()


def test_a_small_run_keeps_every_rule_and_a_large_one_is_thinned(monkeypatch: pytest.MonkeyPatch) -> None:
    records, _, _ = draw(80)
    with open_scratch() as connection:
        load(connection, records, FIELDS)
        barren = SureBelow(0)
        full = blocking.block(connection, FIELDS, rows=records.num_rows, match_probability=barren)
        assert barren.asked == 0
        monkeypatch.setattr(blocking, "THIN_FROM", 0)
        thin = blocking.block(connection, FIELDS, rows=records.num_rows, match_probability=SureBelow(1 << 60))
    assert thin.taken.keys() < full.taken.keys()
    assert thin.left_out.keys() | thin.taken.keys() == full.left_out.keys() | full.taken.keys()
    assert (1.0 - MOST_LOST) * full.pairs <= thin.pairs <= full.pairs
