"""What is learnt without labels: which codes a household shares, and m from every session that has pairs."""

import numpy as np
import pyarrow as pa

from matching import FieldType, train
from matching.comparisons import Sharing, comparisons_for
from matching.scratch import load, open_scratch
from matching.training import learn_sharing
from tests.matching.people import FIELDS, draw

CODED = {**FIELDS, "policy": FieldType.CODE, "member": FieldType.CODE}


def _coded(families: int) -> pa.Table:
    records, person, household = draw(families)
    policy = pa.array([f"P{700 + 13 * number}" for number in household.tolist()])
    member = pa.array([f"M{9000 + 7 * number}" for number in person.tolist()])
    return records.append_column("policy", policy).append_column("member", member)


def test_a_policy_belongs_to_the_household_and_a_member_number_to_the_person() -> None:
    with open_scratch() as connection:
        load(connection, _coded(60), CODED)
        learnt = {c.name: c for c in learn_sharing(connection, CODED, tuple(comparisons_for(CODED)))}
    assert learnt["policy"].sharing is Sharing.FREE
    assert learnt["member"].sharing is Sharing.RARE


def test_codes_stay_personal_where_no_names_tell() -> None:
    fields = {"policy": FieldType.CODE, "phone": FieldType.PHONE}
    with open_scratch() as connection:
        load(connection, _coded(20), fields)
        learnt = learn_sharing(connection, fields, tuple(comparisons_for(fields)))
    assert [c.sharing for c in learnt if c.name == "policy"] == [Sharing.RARE]


def test_a_shared_code_does_not_teach_that_one_person_has_many_given_names() -> None:
    model = train(_coded(120), CODED)
    place = [c.name for c in model.comparisons].index("first_name")
    assert model.grades[place].m[1] < 0.1
    assert "policy" not in model.card["sessions"]


def test_every_session_with_pairs_is_learnt_from() -> None:
    sessions = train(draw(300)[0], FIELDS).card["sessions"]
    assert {"first_name + last_name", "date_of_birth", "email", "phone + first_name"} <= set(sessions)


def test_a_file_of_which_every_row_comes_twice_word_for_word_is_learnt_from() -> None:
    rng = np.random.default_rng(0)
    names = ["".join(letters) for letters in rng.choice(list("abcdefghijklmnoprstuvw"), (3 * 1_200, 7))]
    people = {
        "first_name": names[:1_200],
        "last_name": names[1_200:2_400],
        "date_of_birth": [f"19{40 + n % 60}-{1 + n % 12:02}-{1 + n % 28:02}" for n in rng.integers(0, 9**9, 1_200)],
        "email": [f"{name}@x.com" for name in names[2_400:]],
        "phone": [f"+1817{2_360_000 + n}" for n in range(1_200)],
        "street_address": [f"{n} oak st" for n in range(1_200)],
        "zip": [f"76{100 + n % 40}" for n in range(1_200)],
    }
    twice = {name: values * 2 for name, values in people.items()}
    records = pa.table({"source": ["crm"] * 2_400, "record_id": [f"{n:04}" for n in range(2_400)], **twice})
    model = train(records, {name: FIELDS[name] for name in people})
    assert {"date_of_birth", "phone + first_name"} <= set(model.card["sessions"])
    assert 0.0 < model.prior < 1.0


def test_grades_are_probabilities() -> None:
    for grades in train(_coded(60), CODED).grades:
        for part in (grades.m, grades.u, grades.home, grades.raw):
            assert np.isclose(part[1:].sum(), 1.0, atol=0.1)
            assert (part >= 0).all()
