"""What does a model look like? Splink's own charts and the model card, as one page that needs nothing else."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from html import escape
from importlib import resources
from typing import Any

from splink.internals.charts import MatchWeightsChart, MUParametersChart, WaterfallChart
from splink.internals.html_utils import load_chart_libraries
from splink.internals.settings import ModelParameterDetailedRecord

from matching.comparisons import Comparison
from matching.errors import MatchingError
from matching.model import Grades, Model
from matching.waterfall import waterfall_records

__all__ = ["charts_page"]

PRIOR = "probability_two_random_records_match"  # the name by which Splink's chart knows the prior
FACTS = {"tenant": "Tenant", "matched_at": "Matched at", "run_id": "Run", "model_id": "Model"}


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of the card; columns after the first `words` hold numbers."""

    title: str
    says: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    words: int = 1


def charts_page(model: Model, card: Mapping[str, Any], merges: Sequence[Mapping[str, Any]] = ()) -> str:
    """How does this model weigh what it sees? One HTML page: Splink's charts, then the card of a match run.

    Everything is inside the page (Vega comes from Splink's wheel), and its policy forbids the browser to load anything.
    It tells of columns, levels, counts and rows (source/record_id): no value of any record is in it. `card` is
    `MatchResult.card`, with `tenant`, `matched_at`, `run_id`, `model_id` where they are known; `merges` are those to
    draw a waterfall of (see `doubtful_merges`). Raises MatchingError on a card of another make.
    """
    try:
        tables = [*_profile(card), *_course(model, card)]
        facts = _facts(card)
    except (KeyError, TypeError) as error:
        raise MatchingError(f"this model card cannot be shown ({error!r}): match again to get a new one") from error
    if not model.comparisons:
        drawn = "<p>No column of these records can be compared: there is no model to draw.</p>"
        return _page(facts, drawn, *map(_html, tables))
    shown = [_waterfalls(merges), _html(_merges(merges))] if merges else []
    return _page(facts, _charts(model), *shown, *map(_html, [_parameters(model), *tables]))


def _charts(model: Model) -> str:
    records = _records(model)
    code: dict[str, str] = load_chart_libraries()  # type: ignore[no-untyped-call]
    libraries = "".join(f"<script>{text}</script>\n" for text in code.values())
    weights = _chart("match-weights", MatchWeightsChart(records).chart_dict)
    return libraries + weights + _chart("parameters", MUParametersChart(records).chart_dict)


def _waterfalls(merges: Sequence[Mapping[str, Any]]) -> str:
    """Splink's waterfall, one merge per position of its slider."""
    spec = WaterfallChart(waterfall_records(merges)).chart_dict
    spec["params"][0]["bind"]["max"] = len(merges) - 1  # Splink counts the bars
    spec["title"] = {"text": "Why a merge was made", "subtitle": "Move the slider; hover over a bar to see which merge"}
    return _chart("merges", spec)


def _merges(merges: Sequence[Mapping[str, Any]]) -> _Table:
    rows = [
        (
            "/".join(merge["left"]),
            "/".join(merge["right"]),
            str(number),
            f"{merge['left_rows']:,} + {merge['right_rows']:,}",
            *map(_bits, (merge["prior"], sum(merge["bits"].values()), merge["household"], merge["sources"])),
            _bits(merge["weight"]),
        )
        for number, merge in enumerate(merges)
    ]
    says = "The weakest merges of this run, each by the first row of either side; evidence in bits."
    columns = ("One", "Other", "Slider", "Rows", "Prior", "Fields", "Household", "Sources", "Weight")
    return _Table("Merges in doubt", says, columns, rows, words=2)


def _chart(name: str, spec: dict[str, Any]) -> str:
    del spec["$schema"]  # it names a newer Vega-Lite than Splink ships, and the page says which language it is
    return f'<figure id="{name}"></figure>\n<script>draw({_json(name)}, {_json(spec)})</script>\n'


def _records(model: Model) -> list[ModelParameterDetailedRecord]:
    """The model in the form that Splink draws: the prior first, then every level, the unknown one left out."""
    odds = math.log2(model.prior / (1 - model.prior))
    told = {"bayes_factor_description": f"Two random records are one person {_one_in(model.prior)} times"}
    records = [_record(PRIOR, "", odds, prior=model.prior, place=-1, told=told)]
    for place, (comparison, grades) in enumerate(zip(model.comparisons, model.grades, strict=True)):
        bits = grades.match_bits()
        for number in reversed(range(1, comparison.size)):
            told = _level(comparison, grades, number)
            label, weight = comparison.labels[number], float(bits[number])
            records.append(_record(comparison.name, label, weight, prior=model.prior, place=place, told=told))
    return records


def _level(comparison: Comparison, grades: Grades, number: int) -> dict[str, Any]:
    level = comparison.levels[comparison.size - 1 - number] if number > 1 else None
    m, u = float(grades.m[number]), float(grades.u[number])
    return {
        "sql_condition": level.sql if level else "ELSE",
        "has_tf_adjustments": bool(level and level.frequency),
        "tf_adjustment_column": level.frequency if level else None,
        "tf_adjustment_weight": 1.0 if level and level.frequency else None,
        "m_probability": m,
        "u_probability": u,
        "m_probability_description": f"{m:.4%} of the pairs of one person are at this level",
        "u_probability_description": f"{u:.4%} of the pairs of two strangers are at this level",
        "comparison_vector_value": number - 1,
        "max_comparison_vector_value": comparison.size - 2,
    }


def _record(
    name: str, label: str, bits: float, *, prior: float, place: int, told: dict[str, Any]
) -> ModelParameterDetailedRecord:
    unsaid: dict[str, Any] = dict.fromkeys(field.name for field in fields(ModelParameterDetailedRecord))
    times = f"{2.0 ** abs(bits):,.4g} times {'more' if bits >= 0 else 'less'} likely to be one person"
    said = {
        "comparison_name": name,
        "label_for_charts": label,
        "is_null_level": False,
        "has_tf_adjustments": False,
        "bayes_factor": 2.0**bits,
        "log2_bayes_factor": bits,
        "bayes_factor_description": times,
        "comparison_vector_value": 0,
        "max_comparison_vector_value": 0,
        PRIOR: prior,
        "comparison_sort_order": place,
    }
    return ModelParameterDetailedRecord(**(unsaid | said | told))


def _parameters(model: Model) -> _Table:
    rows = []
    for comparison, grades in zip(model.comparisons, model.grades, strict=True):
        match, home = grades.match_bits(), grades.home_bits()
        for number in reversed(range(1, comparison.size)):
            shares = (f"{float(values[number]):.3g}" for values in (grades.m, grades.u, grades.home))
            rows.append(
                (comparison.name, comparison.labels[number], *shares, _bits(match[number]), _bits(home[number]))
            )
    says = (
        "m: share of the pairs of one person that are at this level; u: of two strangers; home: of two people of one "
        "household. Weights in bits, before the frequency of the value itself sharpens them."
    )
    columns = ("Comparison", "Level", "m", "u", "home", "same person", "same household")
    return _Table("Parameters", says, columns, rows, words=2)


def _profile(card: Mapping[str, Any]) -> list[_Table]:
    total = sum(card["sources"].values())
    penalties = card["source_penalties"]
    columns = [
        (name, kind, f"{card['filled'][name]:,}", f"{card['filled'][name] / total:.1%}" if total else "")
        for name, kind in card["fields"].items()
    ]
    sources = [
        (name, f"{count:,}", _bits(penalties[name]) if name in penalties else "none")
        for name, count in card["sources"].items()
    ]
    return [
        _Table("Columns", "What was read, as which type, and how much of it is filled.",
               ("Column", "Type", "Filled", "Share"), columns, words=2),
        _Table("Sources", "A source that holds each person once pays for a second record, in bits.",
               ("Source", "Records", "Penalty"), sources),
    ]  # fmt: skip


def _course(model: Model, card: Mapping[str, Any]) -> list[_Table]:
    pairs = card["blocking"]
    rules = [(name, sql, f"{pairs[name]:,}" if name in pairs else "not used") for name, sql in model.rules.items()]
    traps = [
        (trap["column"], f"{trap['value_rows']:,}", f"{trap['names']:,}", f"{trap['most']:,.0f}")
        for trap in card["traps"]
    ]
    sessions = [(session,) for session in card.get("sessions", [])]  # an untrained model had none
    seconds = [(stage, f"{spent:,.2f}") for stage, spent in card["seconds"].items()]
    return [
        _Table("Training", "Splink's sessions: each learns from the pairs that agree in these columns.",
               ("Agreeing in",), sessions),
        _Table("Blocking", f"Pairs that agree in one of these keys were scored: {pairs.get('pairs', 0):,} in all.",
               ("Rule", "Key", "Pairs"), rules, words=2),
        _Table("Over-shared values", "Left out because too many names share them. The values are not shown.",
               ("Column", "Records", "Names", "Names allowed"), traps),
        _Table("Seconds", "Where the time went.", ("Stage", "Seconds"), seconds),
    ]  # fmt: skip


def _facts(card: Mapping[str, Any]) -> str:
    shown = {label: str(card[key]) for key, label in FACTS.items() if card.get(key)}
    shown["Records"] = f"{sum(card['sources'].values()):,}"
    shown["Two random records are one person"] = f"{_one_in(card['prior'])} times"
    shown["Two random records are two people of one household"] = f"{_one_in(card['household_prior'])} times"
    return "<dl>" + "".join(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in shown.items()) + "</dl>"


def _html(table: _Table) -> str:
    def row(cells: tuple[str, ...], tag: str) -> str:
        marks = ("" if place < table.words else ' class="number"' for place in range(len(cells)))
        return "<tr>" + "".join(f"<{tag}{m}>{escape(c)}</{tag}>" for m, c in zip(marks, cells, strict=True)) + "</tr>"

    head = f"<h2>{escape(table.title)}</h2><p>{escape(table.says)}</p>"
    if not table.rows:
        return f"<section>{head}<p>None.</p></section>"
    body = "".join(row(cells, "td") for cells in table.rows)
    return f"<section>{head}<table><thead>{row(table.columns, 'th')}</thead><tbody>{body}</tbody></table></section>"


def _page(*parts: str) -> str:
    skeleton = (resources.files("matching") / "charts.html").read_text(encoding="utf-8")
    return skeleton.replace("@@body@@", "\n".join(parts))


def _json(value: object) -> str:
    """A value as it may stand inside a script element: nothing in it ends the element or begins a comment."""
    return json.dumps(value).replace("<", "\\u003c")


def _bits(value: float) -> str:
    return f"{float(value):+.2f}"


def _one_in(probability: float) -> str:
    return f"once in {1 / probability:,.0f}" if probability > 0 else "never in all"
