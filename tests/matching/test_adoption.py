"""Somebody's Splink model, adopted: the levels, term frequencies and weights that Splink itself gives."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matching import FieldType, Model, Scorer, adopt, match, with_counts
from matching.adoption import AdoptionError
from tests.matching.people import draw

ALIASES = {"first_name": "forename", "last_name": "surname", "date_of_birth": "dob"}


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str, list[dict[str, Any]]]:
    """A Splink model that its own documentation would have us make, and what it says of every pair it blocks."""
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    records = draw(60)[0]
    renamed = records.rename_columns([ALIASES.get(name, name) for name in records.column_names])
    table = renamed.append_column("unique_id", renamed["record_id"])
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.JaroWinklerAtThresholds("forename", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.NameComparison("surname").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("dob", input_is_string=True),
            cl.EmailComparison("email"),
            cl.DamerauLevenshteinAtThresholds("phone", [1, 2]),
            cl.ExactMatch("zip").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[block_on("surname"), block_on("dob"), block_on("forename")],
        retain_intermediate_calculation_columns=True,
    )
    api = DuckDBAPI()
    linker = Linker(api.register(table.to_pandas()), settings)
    linker.training.estimate_probability_two_random_records_match([block_on("email")], recall=0.8)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e5, seed=1)
    for rule in (block_on("forename", "surname"), block_on("dob")):
        linker.training.estimate_parameters_using_expectation_maximisation(rule)
    path = tmp_path_factory.mktemp("splink") / "model.json"
    linker.misc.save_model_to_json(str(path), overwrite=True)
    again = DuckDBAPI()  # the file is what is adopted, not what Splink still remembers beside it
    read = Linker(again.register(table.to_pandas()), str(path))
    predicted = read.inference.predict(threshold_match_weight=-1000).as_record_list()
    return records, path.read_text(encoding="utf-8"), predicted


def test_levels_term_frequencies_and_weights_are_those_of_splink(trained: Any) -> None:
    records, text, predicted = trained
    adopted = adopt(text, {}, {})
    assert adopted.renamed == {"forename": "first_name", "surname": "last_name", "dob": "date_of_birth"}
    model = Model.from_json(with_counts(adopted.model, records).to_json())
    place = {own: at for at, own in enumerate(records["record_id"].to_pylist())}
    left = np.array([place[row["unique_id_l"]] for row in predicted])
    right = np.array([place[row["unique_id_r"]] for row in predicted])
    scored = Scorer(model).score(records.to_pylist(), left, right)
    assert len(predicted) > 500
    for at, comparison in enumerate(model.comparisons):
        gamma = [row[f"gamma_{comparison.name}"] + 1 for row in predicted]
        assert scored.grades[:, at].tolist() == gamma, comparison.name
        names = [f"mw_tf_adj_{comparison.name}", f"tf_adj_{comparison.name}"]
        key = next((name for name in names if name in predicted[0]), None)
        if key is not None:
            assert np.abs(scored.rarity[:, at] - np.array([row[key] for row in predicted])).max() < 1e-5
    ours = scored.matches.weight
    assert np.abs(ours - np.array([row["match_weight"] for row in predicted])).max() < 1e-4


def test_a_match_run_decides_by_the_adopted_model(trained: Any) -> None:
    records, text, _ = trained
    model = with_counts(adopt(text, {}, {}).model, records)
    found = match(records, model.fields, model=model)
    assert found.model.prior == json.loads(text)["probability_two_random_records_match"]
    assert 1 < len(np.unique(found.persons)) < records.num_rows


def test_what_has_no_counterpart_is_refused_by_name(trained: Any) -> None:
    settings = json.loads(trained[1])
    with pytest.raises(AdoptionError, match="no trained Splink model"):
        adopt("{}", {}, {})
    with pytest.raises(AdoptionError, match="surname"):
        adopt(trained[1], {}, {"surname": "no_such_field"})
    assert adopt(trained[1], {"maiden_name": FieldType.NAME}, {"surname": "maiden_name"}).renamed["surname"] == (
        "maiden_name"
    )
    for comparison in settings["comparisons"]:
        for level in comparison["comparison_levels"]:
            level.pop("m_probability", None)
    with pytest.raises(AdoptionError, match="train the model first"):
        adopt(json.dumps(settings), {}, {})


def test_a_file_that_is_no_json_is_refused(tmp_path: Path) -> None:
    with pytest.raises(AdoptionError):
        adopt("not json", {}, {})


@pytest.mark.parametrize("key", ["m_probability", "u_probability", "tf_adjustment_weight"])
@pytest.mark.parametrize("value", ["x", [1], -1.0, float("nan")])
def test_a_damaged_number_is_told_with_its_comparison(trained: Any, key: str, value: object) -> None:
    settings = json.loads(trained[1])
    exact = settings["comparisons"][0]["comparison_levels"][1]
    assert "tf_adjustment_column" in exact
    exact[key] = value
    with pytest.raises(AdoptionError, match=r"forename|no trained Splink model"):
        adopt(json.dumps(settings), {}, {})


def test_a_prior_is_a_probability(trained: Any) -> None:
    settings = {**json.loads(trained[1]), "probability_two_random_records_match": 7}
    with pytest.raises(AdoptionError, match="prior is 7"):
        adopt(json.dumps(settings), {}, {})
