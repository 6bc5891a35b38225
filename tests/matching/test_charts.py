"""The page of charts: it draws the model we score with, needs nothing from outside, and names no person."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from splink.internals.html_utils import load_chart_libraries

from matching import (
    FieldType,
    MatchingError,
    MatchResult,
    Model,
    charts_page,
    comparison_viewer,
    doubtful_merges,
    match,
)
from matching.comparisons import Comparison, comparisons_for
from matching.model import Grades
from tests.matching.people import FIELDS, draw

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CARD: dict[str, Any] = {
    "sessions": ["first_name + last_name", "email"],
    "prior": 0.002,
    "household_prior": 0.001,
    "source_penalties": {"crm": -3.25},
    "fields": {name: str(kind) for name, kind in FIELDS.items()},
    "filled": dict.fromkeys(FIELDS, 750),
    "sources": {"crm": 600, "web": 400},
    "traps": [{"column": "phone", "value": "+18175550000", "value_rows": 1200, "names": 345, "most": 12.0}],
    "blocking": {"pairs": 23456, "email": 617},
    "seconds": {"load": 0.1, "train": 7.25},
    "tenant": "anytown",
}


def grades(comparison: Comparison) -> Grades:
    """Made-up probabilities: a match favours the best levels, two strangers the worst."""
    rising = np.array([0.0, *np.geomspace(0.01, 1, comparison.size - 1)])
    m, u = rising / rising.sum(), np.array([0.0, *rising[:0:-1]]) / rising.sum()
    return Grades(m=m, u=u, home=u, raw=u)


def model_of(fields: dict[str, FieldType]) -> Model:
    comparisons = tuple(comparisons_for(fields))
    counts = pa.table({"column": ["last_name"], "value": ["zzyzxworth"], "count": [7]})
    learnt = tuple(grades(comparison) for comparison in comparisons)
    rules = {"email": '"email"', "zip": '"zip"'}
    return Model(fields, comparisons, learnt, 0.002, 0.001, {}, counts, {"last_name": 750}, rules)


@pytest.fixture(scope="module")
def model() -> Model:
    return model_of(FIELDS)


@pytest.fixture(scope="module")
def page(model: Model) -> str:
    return charts_page(model, CARD)


def drawn(page: str) -> dict[str, dict[str, Any]]:
    """The charts of a page: name -> Vega-Lite specification."""
    return {name: json.loads(spec) for name, spec in re.findall(r'draw\("([\w-]+)", ({.*})\)</script>', page)}


def own_part(page: str) -> str:
    """The page without Vega's own code."""
    return "".join(part for part in page.split("<script>") if len(part) < 60_000)


def shown(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", own_part(page)))


def browsed(page: str, folder: Path) -> str:
    """What a browser without network makes of a page."""
    file = folder / "charts.html"
    file.write_text(page, encoding="utf-8")
    quiet = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-sync"
    still = "--disable-component-update --virtual-time-budget=20000 --dump-dom --proxy-server=127.0.0.1:9"
    command = [str(CHROMIUM), *quiet.split(), *still.split(), f"--user-data-dir={folder / 'profile'}", file.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout


def test_both_charts_of_splink_are_drawn(page: str) -> None:
    assert drawn(page).keys() == {"match-weights", "parameters"}


def test_a_bar_is_as_long_as_the_weight_we_score_with(page: str, model: Model) -> None:
    for chart, rows in ((name, spec["data"]["values"]) for name, spec in drawn(page).items()):
        bars = {(row["comparison_name"], row["label_for_charts"]): row for row in rows}
        for comparison, grade in zip(model.comparisons, model.grades, strict=True):
            for number in range(1, comparison.size):
                bar = bars.pop((comparison.name, comparison.labels[number]))
                assert bar["log2_bayes_factor"] == pytest.approx(grade.match_bits()[number]), chart
                assert (bar["m_probability"], bar["u_probability"]) == (grade.m[number], grade.u[number])
        assert len(bars) == (chart == "match-weights")  # the prior


def test_the_sql_beside_a_level_is_the_level_s_own(page: str, model: Model) -> None:
    rows = drawn(page)["parameters"]["data"]["values"]
    told = {(row["comparison_name"], row["label_for_charts"]): row["sql_condition"] for row in rows}
    for comparison in model.comparisons:
        assert told[comparison.name, "all else"] == "ELSE"
        assert [told[comparison.name, level.label] for level in comparison.levels] == [
            level.sql for level in comparison.levels
        ]


def test_no_two_levels_of_a_comparison_share_a_bar() -> None:
    every_kind = {f"column_{kind}": kind for kind in FieldType}
    for comparison in comparisons_for(every_kind):
        assert len(set(comparison.labels)) == comparison.size


def test_the_page_loads_nothing(page: str) -> None:
    assert "default-src 'none'" in page
    assert page.count("<script") == page.count("<script>") == page.count("</script>")
    assert re.findall(r"<(?:link|img|iframe|object)\b|@import|url\(|https?://", own_part(page)) == []
    libraries = load_chart_libraries()
    assert libraries.keys() == {"vega", "vega-lite", "vega-embed"}
    assert [name for name, code in libraries.items() if f"<script>{code}</script>" not in page] == []
    assert [name for name, code in libraries.items() if "</script" in code or "<!--" in code] == []


def test_the_card_can_be_read(page: str) -> None:
    text = " ".join(shown(page).split())
    for words in (
        "Tenant anytown",
        "Records 1,000",
        "one person once in 500 times",
        "first_name given 750 75.0%",
        "crm 600 -3.25",
        "web 400 none",
        "first_name + last_name",
        "23,456 in all",
        'email "email" 617',
        'zip "zip" not used',
        "phone 1,200 345 12",
        "train 7.25",
    ):
        assert words in text


def test_no_value_of_a_record_is_on_the_page(page: str) -> None:
    assert "18175550000" not in page
    assert "zzyzxworth" not in page


def test_a_name_of_a_column_cannot_become_markup() -> None:
    evil = "</script><script>alert(1)</script><!--"
    model = model_of({**FIELDS, evil: FieldType.CODE})
    card = {**CARD, "fields": {evil: "code"}, "filled": {evil: 3}, "tenant": evil, "sources": {evil: 3}}
    page = charts_page(replace(model, rules={evil: evil}), card)
    assert evil not in page
    assert page.count("<script>") == page.count("</script>") == charts_page(model_of(FIELDS), CARD).count("<script>")
    assert evil in {row["comparison_name"] for row in drawn(page)["parameters"]["data"]["values"]}
    assert evil in unescape(page)


def test_a_model_without_comparisons_says_that_there_is_nothing_to_draw() -> None:
    card = {key: value for key, value in CARD.items() if key != "sessions"}
    page = charts_page(Model.untrained(FIELDS), {**card, "prior": 0.5, "household_prior": 0.0, "blocking": {}})
    assert drawn(page) == {}
    assert "there is no model to draw" in page
    assert "two people of one household never" in " ".join(shown(page).split())


def test_a_level_that_was_never_seen_has_a_finite_bar(model: Model) -> None:
    never = replace(model.grades[0], u=np.array([0.0, 1.0, *[0.0] * (model.comparisons[0].size - 2)]))
    page = charts_page(replace(model, grades=(never, *model.grades[1:])), CARD)
    assert "Infinity" not in own_part(page)
    assert "NaN" not in own_part(page)


@pytest.mark.parametrize("lacking", ["prior", "fields", "traps", "seconds"])
def test_a_card_of_another_make_is_refused(model: Model, lacking: str) -> None:
    with pytest.raises(MatchingError, match=f"{lacking}.*match again"):
        charts_page(model, {key: value for key, value in CARD.items() if key != lacking})


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_browser_without_network_draws_every_bar(page: str, model: Model, tmp_path: Path) -> None:
    dom = browsed(page, tmp_path)
    bars = len(re.findall(r'<path[^>]*aria-roledescription="bar"', dom))
    levels = sum(comparison.size - 1 for comparison in model.comparisons)
    assert "could not be drawn" not in re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)
    assert bars == 1 + 3 * levels  # the prior and each weight; each m and u


@pytest.fixture(scope="module")
def answered() -> tuple[pa.Table, MatchResult]:
    records, _, _ = draw(30)
    return records, match(records, FIELDS)


def test_the_most_doubtful_merges_add_up(answered: tuple[pa.Table, MatchResult]) -> None:
    records, result = answered
    merges = doubtful_merges(records, result.merges, most=25)
    assert len(merges) == 25
    assert [merge["weight"] for merge in merges] == sorted(result.merges["weight"].to_pylist())[:25]
    for merge in merges:
        total = merge["prior"] + sum(merge["bits"].values()) + merge["household"] + merge["sources"]
        assert total == pytest.approx(merge["weight"], abs=1e-3)
        assert merge["prior"] == pytest.approx(np.log2(result.model.prior), abs=1e-3)
        assert min(merge["left_rows"], merge["right_rows"]) >= 1


def test_every_doubtful_merge_has_its_waterfall(answered: tuple[pa.Table, MatchResult]) -> None:
    records, result = answered
    merges = doubtful_merges(records, result.merges, most=5)
    page = charts_page(result.model, {**CARD, **result.card}, merges)
    spec = drawn(page)["merges"]
    bars = spec["data"]["values"]
    assert spec["params"][0]["bind"]["max"] == 4
    for number, merge in enumerate(merges):
        own = {bar["column_name"]: bar["log2_bayes_factor"] for bar in bars if bar["record_number"] == number}
        assert own["Final score"] == pytest.approx(merge["weight"], abs=1e-3)
        assert sum(own.values()) - own["Final score"] == pytest.approx(merge["weight"], abs=0.02)
        assert "/".join(merge["left"]) in shown(page)
    assert len(page) < 2_000_000


def test_the_viewer_shows_the_patterns_of_the_pairs_and_loads_nothing(answered: tuple[pa.Table, MatchResult]) -> None:
    records, result = answered
    page = comparison_viewer(records, result.model, result.links)
    assert page is not None
    assert "default-src 'none'" in page
    own = own_part(page).split("<body>")[0]
    assert re.findall(r"<(?:link|img|iframe|object)\b|https?://", own) == []
    found = re.search(r"comparison_vector_data = (\[.*\]);", page)
    assert found is not None
    rows = json.loads(found[1])
    assert sum(row["count"] for row in rows) == result.links.num_rows
    weights = dict(zip(zip(*(result.links[n].to_pylist() for n in ("left", "right")), strict=True),
                       result.links["weight"].to_pylist(), strict=True))  # fmt: skip
    place = {f"{row['source']}/{row['record_id']}": at for at, row in enumerate(records.to_pylist())}
    for row in rows:
        pair = place[row["row_l"]], place[row["row_r"]]
        assert row["match_weight"] == pytest.approx(weights.get(pair) or weights[pair[::-1]], abs=1e-3)
        prior = np.log2(result.model.prior / (1 - result.model.prior))
        told = sum(value for name, value in row.items() if name.startswith("mw_"))
        assert prior + told == pytest.approx(row["match_weight"], abs=0.02)
    for value in ("email", "phone", "street_address"):
        assert not any(text and text in page for text in records[value].to_pylist())


def test_without_pairs_there_is_no_viewer(answered: tuple[pa.Table, MatchResult]) -> None:
    records, result = answered
    assert comparison_viewer(records, result.model, result.links.slice(0, 0)) is None


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium here: apt-get install chromium")
def test_a_browser_without_network_draws_the_viewer(answered: tuple[pa.Table, MatchResult], tmp_path: Path) -> None:
    records, result = answered
    page = comparison_viewer(records, result.model, result.links)
    dom = browsed(str(page), tmp_path)
    assert re.search(r'<g[^>]*aria-label="[^"]*"|<canvas', dom)
    assert "RuntimeError" not in re.sub(r"<script.*?</script>", "", dom, flags=re.DOTALL)
