"""One journey divided: shares sum to 1, a rule is in no doubt, and the chain's posterior gives Markov its intervals."""

import numpy as np
import pytest

from attribution import AttributionError, Settings, count_transitions, divide_journey, estimand_of, from_lists
from attribution.uncertainty import Method

ALL: tuple[Method, ...] = ("markov", "shapley", "first", "last", "last_non_direct", "linear", "position", "time_decay")
RULES = ALL[1:]
MANY = from_lists(
    [["door", "call"], ["mail"], ["mail", "call"], ["door"], ["mail", "door", "call"]],
    [30.0, 1.0, 9.0, 2.0, 14.0],
    nulls=[20.0, 90.0, 30.0, 60.0, 10.0],
)
ONE = from_lists([["mail", "door", "call"]], [1.0], days=[[-9.0, -4.0, -1.0]])


@pytest.mark.parametrize("method", RULES)
def test_a_rule_divides_one_journey_without_doubt(method: Method) -> None:
    table = divide_journey(ONE, method)
    assert sum(table["share"].to_pylist()) == pytest.approx(1)
    assert table["share_low"] == table["share_high"] == table["share"]


@pytest.mark.parametrize("order", [1, 2])
def test_markov_divides_by_the_worth_in_the_chain_of_all(order: int) -> None:
    table = divide_journey(ONE, "markov", Settings(order=order), chain=count_transitions(MANY, order))
    mail, door, call = table["share"].to_pylist()
    assert mail + door + call == pytest.approx(1)
    assert call > mail
    low, high = np.array(table["share_low"].to_pylist()), np.array(table["share_high"].to_pylist())
    assert np.all(low <= [mail, door, call]) and np.all(high >= [mail, door, call])
    assert np.all(high - low > 0.01) and np.all(high - low < 0.9)


def test_one_journey_is_no_chain() -> None:
    with pytest.raises(AttributionError, match="all of them"):
        divide_journey(ONE, "markov")


def test_a_channel_that_the_chain_never_met_is_worth_nothing() -> None:
    stranger = from_lists([["mail", "radio"]], [1.0])
    assert divide_journey(stranger, "markov", chain=count_transitions(MANY))["share"].to_pylist() == [1.0, 0.0]


def test_every_method_has_an_estimand_of_its_own() -> None:
    assert len({estimand_of(method) for method in ALL}) == len(ALL)
    assert len({estimand_of("markov", variant) for variant in ("redirect", "fail", "detour")}) == 3
