"""Who is meant by identifiers: never an arbitrary person, and always the household where it is sure."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from graph_service.identity.model import Found, Lead, answer_of
from graph_service.identity.schemas import masked, shown

ANN = Lead("ann", "hendersons", 0.6, 2)
BOB = Lead("bob", "hendersons", 0.4, 1)
MAYA = Lead("maya", "lopez", 1.0, 2)

leads = st.builds(
    Lead,
    st.sampled_from(["p1", "p2", "p3", "p4"]),
    st.sampled_from([None, "h1", "h2"]),
    st.floats(0, 1),
    st.integers(1, 5),
)
finds = st.lists(leads, min_size=1, max_size=4, unique_by=lambda lead: lead.person_id).flatmap(
    lambda some: st.integers(0, 3).map(lambda more: Found(len(some) + more, tuple(some)))
)


def found(*leads_to: Lead, persons: int | None = None) -> Found:
    return Found(len(leads_to) if persons is None else persons, leads_to)


def test_nothing_found_is_no_ambiguity() -> None:
    answer = answer_of([])
    assert (answer.person_id, answer.household_id, answer.ambiguous, answer.candidates) == (None, None, False, ())


def test_one_person_carries_everything() -> None:
    answer = answer_of([found(ANN, BOB), found(ANN)])
    assert (answer.person_id, answer.household_id, answer.ambiguous) == ("ann", "hendersons", False)
    assert answer.strength is not None
    assert abs(answer.strength - (1 - 0.4 * 0.4)) < 1e-12


def test_a_shared_landline_answers_the_household_and_both_persons() -> None:
    answer = answer_of([found(ANN, BOB)])
    assert (answer.person_id, answer.household_id, answer.ambiguous) == (None, "hendersons", True)
    assert [one.person_id for one in answer.candidates] == ["ann", "bob"]
    assert answer.strength == 1.0


def test_identifiers_of_two_strangers_answer_nobody() -> None:
    answer = answer_of([found(ANN), found(MAYA)])
    assert (answer.person_id, answer.household_id, answer.ambiguous) == (None, None, True)


def test_identifiers_of_two_members_answer_their_household() -> None:
    answer = answer_of([found(ANN), found(BOB)])
    assert (answer.person_id, answer.household_id, answer.ambiguous) == (None, "hendersons", True)


def test_an_over_shared_identifier_decides_nothing_while_another_does() -> None:
    assert answer_of([found(MAYA, persons=5000), found(ANN)]).person_id == "ann"
    alone = answer_of([found(ANN, persons=5000)])
    assert (alone.person_id, alone.household_id, alone.ambiguous) == (None, None, True)


@given(st.lists(finds, max_size=4))
def test_a_person_is_answered_only_if_exactly_one_carries_every_identifier(some: list[Found]) -> None:
    answer = answer_of(some)
    decisive = [one for one in some if not one.over_shared]
    carriers = [{lead.person_id for lead in one.leads} for one in decisive]
    everywhere = set.intersection(*carriers) if carriers else set()
    assert (answer.person_id is not None) == (len(everywhere) == 1)
    assert answer.person_id is None or answer.person_id in everywhere
    assert answer.ambiguous == (bool(some) and answer.person_id is None)
    assert answer.strength is None or 0 <= answer.strength <= 1


@given(st.lists(finds, max_size=3))
def test_the_order_of_identifiers_does_not_matter(some: list[Found]) -> None:
    answers = [answer_of(order) for order in permutations(some)]
    assert len({(one.person_id, one.ambiguous, len(one.candidates)) for one in answers}) == 1


@given(st.lists(finds, max_size=4))
def test_the_best_candidates_come_first(some: list[Found]) -> None:
    ranks = [(one.matched, one.strength) for one in answer_of(some).candidates]
    assert ranks == sorted(ranks, reverse=True)


def test_personal_values_are_masked_and_others_are_not() -> None:
    assert masked("email", "jane@x.com") == "j***@x.com"
    assert masked("phone", "+12145552368") == "+1***2368"
    assert masked("name", "jane") == "j***"
    assert shown("address", "14 elm st|2b|dallas|tx|75209") == "***||dallas|tx|75209"
    assert shown("crm_id", "C-7") == "C-7"
    assert shown("property_id", "P-14") == "P-14"
    assert shown("property_id", "14 elm st||||75209") == "***||||75209"
    assert shown("a kind of tomorrow", "secret") == "***"


@given(st.text(min_size=5, max_size=30, alphabet=st.characters(categories=["L", "N"])))
def test_a_mask_never_shows_the_value(value: str) -> None:
    for kind in ("email", "phone", "address", "name", "unknown"):
        assert value not in masked(kind, f"{value}@x.com" if kind == "email" else value)
