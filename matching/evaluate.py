"""How right are these persons and households, given the truth?"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matching.errors import MatchingError
from matching.records import KEY_COLUMNS

Ids = npt.NDArray[np.int64]
_SIZES = (1, 2, 3, 5, 10, 20, 50, 100)  # lower bounds of the histogram of cluster sizes


def evaluate(found: pa.Table, truth: pa.Table) -> dict[str, Any]:
    """How right are the found persons and households, over pairs of records and per record?

    Both tables have source, record_id, person, and may have household. Records in one table only are counted
    under `unmatched` and left out; so is, for persons or households, a record without a true id (`without_truth`).
    A record that was found in no person or household stands alone. Pairwise precision, recall and F1 are over all pairs
    of records in one cluster, counted exactly from the contingency table in O(n log n); where there is nothing to be
    wrong or to be missed the figure is 1. B-cubed (Bagga and Baldwin 1998) is a mean over records. Household pairs are
    pairs of records in one household, whoever they describe.
    """
    both, unmatched = _aligned(found, truth)
    answer: dict[str, Any] = {"records": both.num_rows, "unmatched": unmatched, "persons": _compare(both, "person")}
    if "household" in found.column_names and "household" in truth.column_names:
        answer["households"] = _compare(both, "household")
    return answer


def compare_partitions(found: Ids, truth: Ids) -> dict[str, Any]:
    """How well does one partition of some records agree with another? Both are arrays of cluster ids, one a record."""
    found_of, found_sizes = _clusters(found)
    truth_of, truth_sizes = _clusters(truth)
    cells, cell_of, cell_sizes = np.unique(
        found_of * max(len(truth_sizes), 1) + truth_of, return_inverse=True, return_counts=True
    )
    del cells
    right, made, real = _pairs(cell_sizes), _pairs(found_sizes), _pairs(truth_sizes)
    together = cell_sizes[cell_of].astype(np.float64)
    b_precision = float(np.mean(together / found_sizes[found_of])) if len(found) else 1.0
    b_recall = float(np.mean(together / truth_sizes[truth_of])) if len(found) else 1.0
    return {
        **_scores(right / made if made else 1.0, right / real if real else 1.0),
        "pairs_found": made,
        "pairs_true": real,
        "pairs_right": right,
        "bcubed": _scores(b_precision, b_recall),
        "clusters": len(found_sizes),
        "clusters_true": len(truth_sizes),
        "largest_cluster": int(found_sizes.max(initial=0)),
        "cluster_sizes": _histogram(found_sizes),
        "cluster_sizes_true": _histogram(truth_sizes),
    }


def _compare(both: pa.Table, kind: str) -> dict[str, Any]:
    known = both.filter(pc.is_valid(both[f"true_{kind}"]))
    alone = pa.array([f"\0alone {at}" for at in range(known.num_rows)], pa.string())
    found = pc.coalesce(known[f"found_{kind}"].combine_chunks(), alone)
    answer = compare_partitions(_numbers(found), _numbers(known[f"true_{kind}"]))
    return answer | {
        "records": known.num_rows,
        "without_truth": both.num_rows - known.num_rows,
        "without_answer": known[f"found_{kind}"].null_count,
    }


def _aligned(found: pa.Table, truth: pa.Table) -> tuple[pa.Table, dict[str, int]]:
    """The records of both tables side by side, and how many are in one alone."""
    left, right = _prepared(found, "found"), _prepared(truth, "true")
    both = left.join(right, keys=list(KEY_COLUMNS), join_type="inner")
    return both, {"found": left.num_rows - both.num_rows, "truth": right.num_rows - both.num_rows}


def _prepared(table: pa.Table, side: str) -> pa.Table:
    missing = {*KEY_COLUMNS, "person"} - set(table.column_names)
    if missing:
        raise MatchingError(
            f"the {side} table lacks {', '.join(sorted(missing))}; it needs source, record_id and person"
        )
    kinds = [kind for kind in ("person", "household") if kind in table.column_names]
    columns = {name: table[name].cast(pa.string()) for name in KEY_COLUMNS}
    columns |= {f"{side}_{kind}": table[kind].cast(pa.string()) for kind in kinds}
    prepared = pa.table(columns)
    distinct = prepared.group_by(list(KEY_COLUMNS)).aggregate([]).num_rows
    if distinct < prepared.num_rows:
        again = prepared.num_rows - distinct
        raise MatchingError(f"the {side} table names {again} records more than once; give every record one row")
    return prepared


def _numbers(ids: pa.Array | pa.ChunkedArray) -> Ids:
    encoded = pc.dictionary_encode(ids)
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    return np.asarray(encoded.indices, dtype=np.int64)


def _clusters(ids: Ids) -> tuple[Ids, Ids]:
    """The cluster number of every record from 0, and the size of every cluster."""
    _, of, sizes = np.unique(ids, return_inverse=True, return_counts=True)
    return of.astype(np.int64), sizes.astype(np.int64)


def _pairs(sizes: Ids) -> int:
    return int((sizes * (sizes - 1) // 2).sum())


def _scores(precision: float, recall: float) -> dict[str, float]:
    total = precision + recall
    return {"precision": precision, "recall": recall, "f1": 2 * precision * recall / total if total else 0.0}


def _histogram(sizes: Ids) -> dict[str, int]:
    """How many clusters have one record, two, three or four, and so on?"""
    bounds = [*_SIZES, np.iinfo(np.int64).max]
    counts, _ = np.histogram(sizes, bins=np.array(bounds, dtype=np.int64))
    names = [str(a) if b == a + 1 else f"{a}-{b - 1}" for a, b in pairwise(_SIZES)] + ["100+"]
    return {name: int(count) for name, count in zip(names, counts, strict=True) if count}
