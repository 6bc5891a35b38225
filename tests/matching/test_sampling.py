"""A sample of pairs: unbiased over many draws, honest intervals, every stratum asked."""

import numpy as np
import pyarrow as pa
import pytest

from matching import MatchingError, compare_partitions, draw_pairs, estimate, pairs_to_judge

ROWS = 300


@pytest.fixture(scope="module")
def answer() -> tuple[pa.Table, np.ndarray, dict[str, float]]:
    """A frame of pairs, the true person of each row, and the true figures over that frame."""
    random = np.random.default_rng(5)
    true = random.integers(0, 100, ROWS)
    found = np.where(random.random(ROWS) < 0.9, true, random.integers(0, 130, ROWS))
    home = true // 3
    a, b = np.triu_indices(ROWS, 1)
    likely = np.where(true[a] == true[b], 0.9, np.where(home[a] == home[b], 0.3, 0.0))
    probability = np.clip(likely + random.normal(0, 0.2, len(a)), 0.001, 0.999)
    kept = probability > 0.25
    links = pa.table({"left": a[kept], "right": b[kept], "probability": probability[kept]})
    frame = pairs_to_judge(found, home, links)
    left, right, merged = (frame[name].to_numpy(zero_copy_only=False) for name in ("left", "right", "merged"))
    same = true[left] == true[right]
    precision, recall = same[merged].mean(), same[merged].sum() / same.sum()
    figures = {"precision": precision, "recall": recall, "f1": 2 * precision * recall / (precision + recall)}
    assert precision == pytest.approx(compare_partitions(found, true)["precision"])
    return frame, true, figures


def _judge(sample: pa.Table, true: np.ndarray) -> list[bool]:
    return (true[sample["left"].to_numpy()] == true[sample["right"].to_numpy()]).tolist()


def test_estimates_are_unbiased_and_intervals_hold_the_truth(
    answer: tuple[pa.Table, np.ndarray, dict[str, float]],
) -> None:
    frame, true, figures = answer
    draws = [draw_pairs(frame, 200, seed=seed) for seed in range(150)]
    told = [estimate(sample, _judge(sample, true)) for sample in draws]
    for name, truth in figures.items():
        estimates = np.array([one[name]["estimate"] for one in told])
        error = estimates.std() / np.sqrt(len(estimates))
        assert estimates.mean() == pytest.approx(truth, abs=4 * error + 0.002)
        held = np.mean([one[name]["low"] <= truth <= one[name]["high"] for one in told])
        assert held >= 0.9


def test_answers_at_random_skipped_leave_no_bias(answer: tuple[pa.Table, np.ndarray, dict[str, float]]) -> None:
    frame, true, figures = answer
    estimates = []
    for seed in range(60):
        sample = draw_pairs(frame, 200, seed=seed)
        skipped = np.random.default_rng(seed).random(sample.num_rows) < 0.2
        answers = [None if skip else said for skip, said in zip(skipped, _judge(sample, true), strict=True)]
        estimates.append(estimate(sample, answers)["precision"]["estimate"])
    assert np.mean(estimates) == pytest.approx(figures["precision"], abs=0.01)


def test_judging_every_pair_gives_the_truth_itself(answer: tuple[pa.Table, np.ndarray, dict[str, float]]) -> None:
    frame, true, figures = answer
    sample = draw_pairs(frame, frame.num_rows + 10, seed=1)
    assert sample.num_rows == frame.num_rows
    told = estimate(sample, _judge(sample, true))
    for name, truth in figures.items():
        assert told[name]["estimate"] == pytest.approx(truth, abs=1e-4)
        assert told[name]["low"] == told[name]["high"] == told[name]["estimate"]


def test_every_stratum_is_asked_and_no_pair_twice(answer: tuple[pa.Table, np.ndarray, dict[str, float]]) -> None:
    frame, _, _ = answer
    sample = draw_pairs(frame, 60, seed=1)
    assert sample.num_rows == 60
    assert set(sample["stratum"].to_pylist()) == set(frame["stratum"].to_pylist())
    assert sample.select(["left", "right"]).group_by(["left", "right"]).aggregate([]).num_rows == 60
    assert draw_pairs(frame, 60, seed=1).equals(sample)


def test_a_pair_is_in_the_frame_once_with_its_own_probability() -> None:
    links = pa.table({"left": [1, 2], "right": [0, 3], "probability": [0.95, 0.3]})
    frame = pairs_to_judge(np.array([0, 0, 1, 2, 2]), np.array([0, 0, 1, 1, 1]), links)
    rows = {(row["left"], row["right"]): (row["merged"], row["stratum"]) for row in frame.to_pylist()}
    assert rows == {
        (0, 1): (True, "one person: likely"),
        (2, 3): (False, "two persons: likely"),
        (2, 4): (False, "two persons of one household"),
        (3, 4): (True, "one person: no match of their own"),
    }


def test_nothing_answered_tells_nothing(answer: tuple[pa.Table, np.ndarray, dict[str, float]]) -> None:
    frame, _, _ = answer
    sample = draw_pairs(frame, 50, seed=1)
    told = estimate(sample, [None] * 50)
    assert told["f1"] == {"estimate": None, "low": None, "high": None}
    assert told["covered"] == 0


def test_a_sample_of_nothing_is_refused(answer: tuple[pa.Table, np.ndarray, dict[str, float]]) -> None:
    frame, _, _ = answer
    with pytest.raises(MatchingError, match="no pairs"):
        draw_pairs(frame.slice(0, 0), 10, seed=1)
    with pytest.raises(MatchingError, match="at least one"):
        draw_pairs(frame, 0, seed=1)
