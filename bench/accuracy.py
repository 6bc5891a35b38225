"""How right is matching, beside plain Splink, on every set in one run?

    python -m bench.accuracy [SET ...] [--ablate] [--json]

For each set: plain Splink at .95 + connected components; plain at its best cut, chosen with the truth; ours by default;
ours at its best cut, chosen with the truth. Precision, recall, F1, B-cubed F1, largest cluster, seconds, peak memory
(MB, of a process of its own). Households beside "the person's most common address". `--ablate` prints what each part of
the method is worth.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt

from bench.sets import SETS, Set, load_set
from matching import match, most_common_address
from matching.peer import plain_scores

Ints = npt.NDArray[np.int64]
DEFAULT = [*SETS, "anytown", "anytown:7", "town"]
PLAIN_CUTS = [0.05, 0.2, 0.5, 0.8, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999]
OUR_CUTS = [-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0]
LARGEST_HOUSEHOLD = 15


def main() -> None:
    """Measure each set in a process of its own and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", default=DEFAULT)
    parser.add_argument("--ablate", action="store_true", help="leave one part out at a time")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(_variant(asked.sets[0], asked.child)))
        return
    kinds = list(ABLATIONS) if asked.ablate else ["plain", "ours"]
    found = {name: {kind: _in_process(name, kind) for kind in kinds} for name in asked.sets}
    print(json.dumps(found) if asked.json else "")
    for name, by_kind in found.items() if not asked.json else ():
        for kind, figures in by_kind.items():
            print(f"{name:14} {kind:28} {figures}", flush=True)


def pairwise(found: Ints, truth: Ints) -> dict[str, float]:
    """Pairwise precision, recall and F1, and B-cubed F1, of one partition against the true one."""
    found, truth = (np.unique(x, return_inverse=True)[1] for x in (found, truth))
    _, where, both = np.unique(
        found.astype(np.int64) * (truth.max() + 1) + truth, return_inverse=True, return_counts=True
    )
    made, true = np.bincount(found), np.bincount(truth)
    right, all_made, all_true = (float((n * (n - 1.0)).sum()) for n in (both, made, true))
    precision, recall = right / all_made if all_made else 1.0, right / all_true if all_true else 1.0
    cubed = float((both[where] / made[found]).mean()), float((both[where] / true[truth]).mean())
    return {
        "precision": round(precision, 4),
        "recall": round(recall, 4),
        "f1": round(_harmonic(precision, recall), 4),
        "bcubed_f1": round(_harmonic(*cubed), 4),
        "largest": int(made.max()),
    }


def household_f1(data: Set, persons: Ints, households: Ints) -> float:
    """Pairwise F1 of households over the records whose true household has fifteen persons or fewer."""
    known = data.households >= 0
    pairs = np.unique(np.stack([data.households[known], data.persons[known]]), axis=1)
    small = np.bincount(pairs[0], minlength=int(data.households.max()) + 1) <= LARGEST_HOUSEHOLD
    counted = known & small[np.where(known, data.households, 0)]
    return pairwise(households[persons][counted], data.households[counted])["f1"]


def _harmonic(one: float, other: float) -> float:
    return 2 * one * other / (one + other) if one + other else 0.0


def _in_process(name: str, kind: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "bench.accuracy", name, "--child", kind]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(f"... {name} {kind} f1 {figures['f1']}", file=sys.stderr, flush=True)
    return figures


def _variant(name: str, kind: str) -> dict[str, Any]:
    data = load_set(name)
    began = time.perf_counter()
    figures = _plain(data) if kind == "plain" else _ours(data, kind, began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"rows": data.records.num_rows, **figures, "peak_mb": round(peak)}


def _plain(data: Set) -> dict[str, Any]:
    began = time.perf_counter()
    found = plain_scores(data.records, data.fields, thresholds=[0.95])[0.95]
    seconds = round(time.perf_counter() - began, 1)
    cuts = plain_scores(data.records, data.fields, thresholds=PLAIN_CUTS)
    best = max(pairwise(persons, data.persons)["f1"] for persons in cuts.values())
    return {**pairwise(found, data.persons), "best_cut_f1": best, "seconds": seconds}


def _ours(data: Set, kind: str, began: float) -> dict[str, Any]:
    with ABLATIONS[kind]():
        result = match(data.records, data.fields)
        seconds = round(time.perf_counter() - began, 1)
        figures: dict[str, Any] = {**pairwise(result.persons, data.persons), "seconds": seconds}
        if kind == "ours":
            figures["best_cut_f1"] = max(_at_cut(data, result.model, cut) for cut in OUR_CUTS)
    if (data.households >= 0).any():
        peer = most_common_address(data.records, result.persons).to_numpy()
        figures["households_f1"] = household_f1(data, result.persons, result.households)
        figures["households_peer_f1"] = household_f1(data, result.persons, peer)
    return figures


def _at_cut(data: Set, model: Any, cut: float) -> float:
    with _changed("matching.clusters.CUT", cut):
        return pairwise(match(data.records, data.fields, model=model).persons, data.persons)["f1"]


@contextmanager
def _changed(*settings: Any) -> Iterator[None]:
    """Some constants of the method have other values meanwhile: name, value, name, value, ..."""
    patches = [mock.patch(name, value) for name, value in zip(settings[::2], settings[1::2], strict=True)]
    for patch in patches:
        patch.start()
    try:
        yield
    finally:
        for patch in patches:
            patch.stop()


ABLATIONS: dict[str, Any] = {
    "ours": _changed,
    "no household class": lambda: _changed("matching.household_class.LEAST_HOUSEHOLD", np.inf),
    "u not cleaned": lambda: _changed("matching.household_class.U_FLOOR", 1.0),
    "no source penalties": lambda: _changed("matching.household_class.LEAST_PENALTY", -np.inf),
    "mean bits (tau .02)": lambda: _changed("matching.clusters.TAU", 0.02),
    "mean Bayes factor (tau 1)": lambda: _changed("matching.clusters.TAU", 1.0),
    "no over-shared values found": lambda: _changed("matching.traps.LEAST_NAMES", 10**9),
    "household may not share codes": lambda: _changed("matching.household_class.RARE_CAP", 0.0),
    "codes are all personal": lambda: _changed("matching.training.OTHER_NAMES", np.inf),
    "every session is believed": lambda: _changed("matching.training.MOST_DIFFERENT", np.inf),
}

if __name__ == "__main__":
    main()
