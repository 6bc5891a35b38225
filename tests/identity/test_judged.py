"""Which of several judgements holds: the later one, pair by pair."""

from hypothesis import given
from hypothesis import strategies as st

from graph_service.identity.live.judged import Held, effective
from matching import Judgement

A, B, C, D = (("crm", name) for name in "abcd")
KEYS = st.sampled_from([A, B, C, D])
SIDES = st.lists(KEYS, min_size=1, max_size=4, unique=True).flatmap(
    lambda rows: st.integers(1, len(rows)).map(lambda cut: (tuple(rows[:cut]), tuple(rows[cut:])))
)


def held(number: int, same: bool, left: tuple[tuple[str, str], ...], right: tuple[tuple[str, str], ...]) -> Held:
    return Held(f"j{number:02}", same, left, right, {})


def test_a_later_split_parts_what_was_merged() -> None:
    said = [held(1, True, (A, B), (C, D)), held(2, False, (A,), (B, C, D))]
    assert effective(said) == [Judgement(True, (B,), (C, D)), Judgement(False, (A,), (B, C, D))]


def test_a_later_merge_joins_what_was_split() -> None:
    said = [held(1, False, (A,), (B, C)), held(2, True, (A,), (B,))]
    assert effective(said) == [Judgement(True, (A,), (B,)), Judgement(False, (A,), (C,))]


def test_the_order_of_reading_does_not_matter() -> None:
    said = [held(1, True, (A,), (B,)), held(2, False, (A,), (B,))]
    assert effective(said) == effective(reversed(said)) == [Judgement(False, (A,), (B,))]


@given(st.lists(st.tuples(st.booleans(), SIDES), max_size=6))
def test_the_last_word_on_a_pair_is_heard(said: list[tuple[bool, tuple[tuple[tuple[str, str], ...], ...]]]) -> None:
    last: dict[frozenset[tuple[str, str]], bool] = {}
    for same, (left, right) in said:
        crossing = {frozenset((a, b)) for a in left for b in right}
        within = {frozenset((a, b)) for a in (*left, *right) for b in (*left, *right) if a != b}
        last.update(dict.fromkeys(within if same else crossing, same))
    told = effective([held(at, same, *sides) for at, (same, sides) in enumerate(said)])
    apart = {frozenset((a, b)) for one in told if not one.same for a in one.left for b in one.right}
    assert apart == {pair for pair, same in last.items() if not same}
