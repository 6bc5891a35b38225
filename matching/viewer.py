"""Which kinds of pairs are there? Splink's comparison viewer for our model, as one page that needs nothing else."""

import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from splink.internals.splink_comparison_viewer import render_splink_comparison_viewer_html

from matching.links import frequencies, gather, grade_pairs, home_bits, match_bits, pair_weights, rarity_bits
from matching.model import Model
from matching.scratch import load, open_scratch

__all__ = ["comparison_viewer"]

MOST_PAIRS, MOST_PATTERNS, SEED = 20_000, 500, 20_260_101
HOUSEHOLD = "same_household_instead"
POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline' "
    "'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:\">"
)


def comparison_viewer(records: pa.Table, model: Model, links: pa.Table) -> str | None:
    """Which patterns of agreement have the scored pairs, how often, and how is one of each weighed? A page, or None.

    A sample of at most 20,000 kept pairs (fixed seed), its 500 most frequent patterns; None where there is no pair.
    The page names levels, counts and rows (source/record_id): no value of any record is in it.
    """
    if not links.num_rows or not model.comparisons:
        return None
    chosen = np.random.default_rng(SEED).permutation(links.num_rows)[:MOST_PAIRS]
    ends = [np.asarray(links[side].to_numpy(), np.int64)[np.sort(chosen)] for side in ("left", "right")]
    rows = _patterns(records, model, *ends)
    with TemporaryDirectory(prefix="stormgraph-viewer-") as folder:
        page = render_splink_comparison_viewer_html(rows, _settings(model), str(Path(folder) / "viewer.html"))
    return re.sub(r"<link\b[^>]*>", "", page).replace("<meta charset", f"{POLICY}\n<meta charset", 1)


def _patterns(
    records: pa.Table, model: Model, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64]
) -> list[dict[str, Any]]:
    """One row per pattern of levels in the form that Splink's viewer reads, the most frequent first."""
    used, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    some = records.take(pa.array(used))
    for column in set(model.fields) - set(some.column_names):
        some = some.append_column(column, pa.nulls(len(some), pa.string()))
    with open_scratch() as connection:
        load(connection, some, model.fields)
        rarity = frequencies(connection, model.counts, model.sizes)
        a, b = np.sort(place.reshape(2, -1), axis=0).astype(np.int32)
        connection.register("shown_pairs", pa.table({"l": a, "r": b}))
        pairs = gather(list(grade_pairs(connection, model.comparisons, "shown_pairs")), len(model.comparisons))
    kinds, first, count = np.unique(pairs.grades, axis=0, return_index=True, return_counts=True)
    order = np.lexsort((first, -count))[:MOST_PATTERNS]
    examples = pairs.take(first[order].astype(np.int64))
    bits = match_bits(model, rarity, examples)
    rare = np.stack([rarity_bits(model, rarity, examples, i) for i in range(len(model.comparisons))], axis=1)
    weight = pair_weights(model, bits, home_bits(model, rarity, examples))
    names = [f"{row['source']}/{row['record_id']}" for row in some.select(["source", "record_id"]).to_pylist()]
    return [
        _row(model, kinds[kind], bits[at], rare=rare[at], weight=float(weight[at]))
        | {"row_l": names[examples.left[at]], "row_r": names[examples.right[at]]}
        | {"count": int(count[kind]), "proportion_of_comparisons": float(count[kind] / len(pairs))}
        for at, kind in enumerate(order.tolist())
    ]


def _row(
    model: Model, levels: npt.NDArray[np.uint8], bits: npt.NDArray[Any], *, rare: npt.NDArray[Any], weight: float
) -> dict[str, Any]:
    """A pair's weights by comparison, apart from what the rarity of its values adds, and what a household takes."""
    row: dict[str, Any] = {}
    numbers = [int(level) - 1 for level in levels]  # Splink counts from -1, the unknown
    for name, number, whole, rarity in zip(_names(model), numbers, bits.tolist(), rare.tolist(), strict=True):
        row |= {f"gamma_{name}": number, f"mw_{name}": round(whole - rarity, 4)}
        if rarity:
            row[f"mw_tf_adj_{name}"] = round(rarity, 4)
    rest = weight - float(np.log2(model.prior / (1.0 - model.prior))) - float(bits.sum())
    row |= {f"gamma_{HOUSEHOLD}": 0, f"mw_{HOUSEHOLD}": round(rest, 4)}
    pattern = ",".join(map(str, numbers))
    return row | {
        "gam_concat": pattern,
        "sum_gam": sum(numbers),
        "sort_avg_match_weight": round(weight, 4),
        "match_weight": round(weight, 4),
        "match_probability": float(1.0 / (1.0 + np.exp2(-np.clip(weight, -500, 500)))),
        "rec_comparison_id": pattern,
        "row_example_index": 1,
    }


def _settings(model: Model) -> dict[str, Any]:
    """What Splink's viewer needs to know of the model. Comparisons name no columns, so that it asks for no values."""
    comparisons = []
    for name, comparison, grades in zip(_names(model), model.comparisons, model.grades, strict=True):
        levels = [_level(-1, comparison.labels[0], comparison.unknown)]
        for number in range(1, comparison.size):
            sql = comparison.levels[comparison.size - 1 - number].sql if number > 1 else "ELSE"
            m, u = float(grades.m[number]), float(grades.u[number])
            levels.append(_level(number - 1, comparison.labels[number], sql, m=m, u=u))
        comparisons.append(_comparison(name, levels))
    told = "two people of one household would agree as well"
    comparisons.append(_comparison(HOUSEHOLD, [_level(0, told, "see the household class")]))
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "row",
        "match_weight_column_prefix": "mw_",
        "probability_two_random_records_match": model.prior,
        "comparisons": comparisons,
    }


def _comparison(name: str, levels: list[Mapping[str, Any]]) -> dict[str, Any]:
    return {"column_name": name, "input_columns_used_by_case_statement": [], "comparison_levels": levels}


def _level(number: int, label: str, sql: str, *, m: float | None = None, u: float | None = None) -> Mapping[str, Any]:
    return {
        "comparison_vector_value": number,
        "label_for_charts": label,
        "sql_condition": sql,
        "m_probability": m,
        "u_probability": u,
    }


def _names(model: Model) -> list[str]:
    """The comparisons' names as keys of the viewer, which may hold no space."""
    return [re.sub(r"\s+", "_", comparison.name) for comparison in model.comparisons]
