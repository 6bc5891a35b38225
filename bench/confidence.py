"""How near does the matcher's own estimate come to the truth? Every set whole, and a part or another seed of it.

    python -m bench.confidence [SET ...] [--json]

A set is a name of bench.sets, or NAME@SHARE for that share of its persons and NAME%SHARE for that share of its rows.
Precision, recall and F1 are pairwise, over persons; the estimate has seen no truth, the truth no estimate.
"""

import argparse
import json
from typing import Any

import numpy as np
import pyarrow as pa

from bench.accuracy import pairwise
from bench.sets import Set, load_set
from matching import match

USUAL = (
    *("hist50k_A", "hist50k_A@0.3", "bundle_2020", "bundle_2020%0.2", "fake_1000", "fake_1000%0.7"),
    *("febrl3", "febrl3%0.4", "febrl4", "febrl4@0.5", "anytown:1", "anytown:7"),
)
NEAR = 0.02
FIGURES = ("precision", "recall", "f1")


def main() -> None:
    """Print the estimate beside the truth, set by set, and how many are near."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=USUAL)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = []
    for name in asked.sets:
        found.append({"set": name, **compared(part_of(name))})
        if not asked.json:
            print(_line(found[-1]), flush=True)
    near = sum(row["near"] for row in found)
    held = sum(row["held"] for row in found)
    told = {"near": near, "held": held, "sets": len(found)}
    print(
        json.dumps({**told, "rows": found})
        if asked.json
        else f"F1 within {NEAR} of the truth on {near} of {len(found)}; the truth within the interval on {held}"
    )


def part_of(name: str) -> Set:
    """The set of this name, or the part of it: @ a share of the persons, % a share of the rows."""
    whole, mark, share = (*name.partition("@"),) if "@" in name else (*name.partition("%"),)
    data = load_set(whole)
    if not mark:
        return data
    random = np.random.default_rng(1)
    if mark == "@":
        people = np.unique(data.persons)
        chosen = np.isin(data.persons, random.choice(people, int(len(people) * float(share)), replace=False))
    else:
        chosen = random.random(len(data.persons)) < float(share)
    rows = np.flatnonzero(chosen)
    return Set(data.records.take(pa.array(rows)), data.fields, data.persons[rows], data.households[rows])


def compared(data: Set) -> dict[str, Any]:
    """The matcher's estimate and the truth."""
    result = match(data.records, data.fields)
    truth, told = pairwise(result.persons, data.persons), result.card["confidence"]
    figures = {name: {"true": truth[name], **told[name]} for name in FIGURES}
    f1 = figures["f1"]
    return {
        "records": data.records.num_rows,
        **figures,
        "near": abs(f1["expected"] - f1["true"]) <= NEAR,
        "held": f1["low"] <= f1["true"] <= f1["high"],
        "seconds": result.card["seconds"]["confidence"],
    }


def _line(row: dict[str, Any]) -> str:
    told = (
        f"{name} {row[name]['true']:.4f} told {row[name]['expected']:.4f} "
        f"[{row[name]['low']:.4f}, {row[name]['high']:.4f}]"
        for name in FIGURES
    )
    return f"{row['set']:16} {row['records']:>7,} {' '.join(told)} {'near' if row['near'] else 'FAR'}"


if __name__ == "__main__":
    main()
