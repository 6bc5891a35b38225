"""The storm's simulator: the same seed, the same storm; its truth is what its own plans lose without a cause."""

from pathlib import Path

import numpy as np
import pytest

from graph_service.demo import jobs, model
from graph_service.demo.storm import causes, logs
from graph_service.demo.storm.causes import DAY, OPENED, Plan, Planned
from graph_service.demo.storm.grading import distance

HOUSEHOLDS = [f"h{number}" for number in range(1500)]
PLANS = causes.draw_plans(5, HOUSEHOLDS)


def test_the_same_seed_draws_the_same_storm() -> None:
    assert causes.draw_plans(5, HOUSEHOLDS) == PLANS
    assert causes.draw_plans(6, HOUSEHOLDS) != PLANS


def test_true_shares_sum_to_one_and_what_convinces_nobody_is_worth_nothing() -> None:
    truth = causes.truth(PLANS)
    for shares in truth.values():
        assert sum(shares.values()) == pytest.approx(1)
        assert min(shares.values()) >= 0
    assert truth["channel"]["direct"] == 0
    assert truth["channel"]["call"] > truth["channel"]["sms"]


def test_signatures_come_as_often_as_expected() -> None:
    signed = sum(plan.signed is not None for plan in PLANS)
    expected = causes.expected(PLANS)
    assert abs(signed - expected) < 4 * np.sqrt(expected)


def test_without_a_cause_what_it_prompted_is_gone_and_what_it_paved_is_harder() -> None:
    mail = Planned(OPENED, "mail", "no_play", None, 0.9)
    call = Planned(OPENED + DAY, "call", "no_play", 0, 0.9)
    knock = Planned(OPENED + 2 * DAY, "door_knock", "no_play", None, 0.9)
    plan = Plan("h", (mail, call, knock), 10_000.0, DAY)
    whole, alone = causes.expected([plan]), causes.expected([plan], lambda touch: touch.channel == "mail")
    assert alone == pytest.approx(causes.chances_of([knock])[0])
    assert causes.chances_of([mail, knock])[1] > causes.chances_of([knock])[0]
    assert alone < whole
    assert causes.expected([plan], lambda touch: True) == 0


def test_nothing_is_logged_behind_a_signature() -> None:
    town = model.draw_town(3, 1500)
    known = logs.known_by(town.sources, town.truth)
    plans = causes.draw_plans(3, sorted(known))
    rows = logs.logs_of(plans, known, 3)
    touches = sum(len(some) for some in rows.values()) - 2 * sum(plan.signed is not None for plan in plans)
    assert touches == sum(len(plan.touches) if plan.signed is None else plan.signed + 1 for plan in plans)
    signed = [row for row in rows["crm"] if row["what"] == "signed"]
    assert len(signed) == sum(plan.signed is not None for plan in plans) > 20
    assert all(float(row["amount"]) > 0 for row in signed)
    assert logs.logs_of(plans, known, 3) == rows


def test_a_town_is_written_with_its_storm(tmp_path: Path) -> None:
    told = jobs.write_files(tmp_path, seed=3, size=1500)
    names = {Path(path).name for path in told["files"]}
    assert set(logs.FILES.values()) <= names
    assert {path.name for path in tmp_path.glob("storm_*.toml")} == {
        Path(name).with_suffix(".toml").name for name in logs.FILES.values()
    }
    assert (tmp_path / "storm_truth.json").is_file()


def test_the_distance_is_the_credit_that_must_be_moved() -> None:
    assert distance({"a": 0.5, "b": 0.5}, {"a": 0.5, "b": 0.5}) == 0
    assert distance({"a": 1.0}, {"b": 1.0}) == 1
    assert distance({"a": 0.4, "b": 0.4, "unattributed": 0.2}, {"a": 0.5, "b": 0.5}) == pytest.approx(0)
