"""What is learnt from a file, and that a kept model is the same model."""

import json

import numpy as np
import pytest

from matching import Model, match, train
from matching.model import ModelError
from tests.matching.people import FIELDS, draw, same_partition


@pytest.fixture(scope="module")
def model() -> Model:
    return train(draw(120)[0], FIELDS)


def test_probabilities_of_known_levels_sum_to_one(model: Model) -> None:
    for grades in model.grades:
        for name in ("m", "raw", "home"):
            assert getattr(grades, name)[1:].sum() == pytest.approx(1, abs=1e-6)


def test_agreement_speaks_for_a_match_and_disagreement_against(model: Model) -> None:
    for comparison, grades in zip(model.comparisons, model.grades, strict=True):
        bits = grades.match_bits()
        assert bits[1] < 0 < bits[-1], comparison.name
        assert bits[0] == 0


def test_near_agreement_never_outweighs_exact_agreement_where_guarded(model: Model) -> None:
    for comparison, grades in zip(model.comparisons, model.grades, strict=True):
        if comparison.guarded:
            assert grades.match_bits()[1:].max() <= grades.match_bits()[-1] + 1e-9


def test_the_prior_is_near_the_true_share_of_matching_pairs(model: Model) -> None:
    _, person, _ = draw(120)
    sizes = np.bincount(person)
    true = (sizes * (sizes - 1) / 2).sum() / (len(person) * (len(person) - 1) / 2)
    assert model.prior == pytest.approx(true, rel=0.25)


def test_household_members_are_a_class_of_their_own(model: Model) -> None:
    assert model.household > 0.1 * model.prior
    family = [c.name for c in model.comparisons].index("last_name")
    assert model.grades[family].home_bits()[-1] > 1


def test_a_kept_model_decides_as_the_fresh_one(model: Model) -> None:
    records, _, _ = draw(120)
    kept = Model.from_json(model.to_json())
    assert kept.to_json() == model.to_json()
    assert same_partition(match(records, FIELDS, model=kept).persons, match(records, FIELDS).persons)


def test_a_model_meets_records_without_one_of_its_columns(model: Model) -> None:
    records, _, _ = draw(20, seed=5)
    assert len(match(records.drop_columns(["email"]), FIELDS, model=model).persons) == records.num_rows


def test_another_version_is_refused_with_advice(model: Model) -> None:
    data = json.loads(model.to_json())
    with pytest.raises(ModelError, match="train again"):
        Model.from_json(json.dumps({**data, "format": 99}))
    with pytest.raises(ModelError, match="train again"):
        Model.from_json("{}")
