"""Why was each merge made? Splink's waterfall of the most doubtful ones: prior, fields, household, sources."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

__all__ = ["doubtful_merges", "waterfall_records"]

MOST_SHOWN = 200
PRIOR, FINAL = "Prior match weight", "Final score"
HOUSEHOLD, SOURCES = "same household instead", "source does not repeat people"


def doubtful_merges(records: pa.Table, merges: pa.Table, *, most: int = MOST_SHOWN) -> list[dict[str, Any]]:
    """Which merges of a run were the most doubtful, and what spoke for and against each?

    Weakest first; ties go to the earlier rows. One dict per merge: left and right (source, record_id of the first row
    of either side), left_rows and right_rows (how many rows each side had), weight, prior, household, sources, and bits
    by comparison; all evidence in bits, which add up to the weight.
    """
    weight = merges["weight"].to_numpy()
    chosen = np.lexsort((merges["right"].to_numpy(), merges["left"].to_numpy(), weight))[:most]
    sizes = _sizes(merges, records.num_rows)
    fields = [name for name in merges.column_names if name.startswith("bits_")]
    found = []
    for at in chosen.tolist():
        row = {name: column[0] for name, column in merges.slice(at, 1).to_pydict().items()}
        bits = {name.removeprefix("bits_"): float(row[name]) for name in fields}
        household, sources = float(row["household_evidence"]), float(row["source_penalty"])
        ends = {
            side: records.slice(row[side], 1).select(["source", "record_id"]).to_pylist()[0]
            for side in ("left", "right")
        }
        found.append({
            **{side: (end["source"], end["record_id"]) for side, end in ends.items()},
            "left_rows": sizes[at][0], "right_rows": sizes[at][1], "weight": float(row["weight"]),
            "prior": float(row["weight"]) - sum(bits.values()) - household - sources,
            "household": household, "sources": sources, "bits": bits,
        })  # fmt: skip
    return found


def waterfall_records(merges: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The bars that Splink's waterfall chart draws, a merge per position of its slider; no value of any record."""
    records = []
    for number, merge in enumerate(merges):
        about = (
            f"merge {number + 1} of {len(merges)}, weakest first: {merge['left_rows']} with {merge['right_rows']} rows"
        )
        bars = [(PRIOR, merge["prior"]), *sorted(merge["bits"].items()), (HOUSEHOLD, merge["household"])]
        bars += [(SOURCES, merge["sources"]), (FINAL, merge["weight"])]
        for place, (name, bits) in enumerate(bars):
            if bits or name in (PRIOR, FINAL):
                records.append(_bar(name, bits, place=place, number=number, about=about))
    return records


def _bar(name: str, bits: float, *, place: int, number: int, about: str) -> dict[str, Any]:
    return {
        "column_name": name,
        "label_for_charts": about,
        "log2_bayes_factor": round(bits, 3),
        "bayes_factor": 2.0**bits,
        "bayes_factor_description": f"{2.0 ** abs(bits):,.4g} times {'more' if bits >= 0 else 'less'} likely",
        "bar_sort_order": 1_000 if name == FINAL else place,
        "record_number": number,
        **dict.fromkeys(("value_l", "value_r"), ""),
        **dict.fromkeys(("sql_condition", "comparison_vector_value")),
    }


def _sizes(merges: pa.Table, rows: int) -> list[tuple[int, int]]:
    """How many rows had either side of each merge? A side grows by the merges before, so their order matters."""
    size = [1] * rows
    found = []
    for left, right in zip(merges["left"].to_pylist(), merges["right"].to_pylist(), strict=True):
        found.append((size[left], size[right]))
        size[left] += size[right]
    return found
