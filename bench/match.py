"""How long and how much memory does matching take, beside plain Splink on the same rows in the same run?

    python -m bench.match [ROWS] [--set town|anytown] [--seed N] [--workers N] [--only plain|ours]

Draws a file (a CRM export from `bench/town.py`, or an Anytown of six sources), standardises it, then runs plain Splink
and ours, each in a child process of its own. Prints wall and CPU seconds of the whole (training included) and of the
work after training (plain: predict + cluster; ours: score + cluster + households), the peak memory of the whole tree of
processes, their ratios, and the accuracy of both.
"""

import argparse
import json
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.accuracy import household_f1, pairwise
from bench.sets import DRAWN, Set
from matching import Means, match
from matching.peer import plain_scores

# A run that is given a model has none of these.
LEARNING = ("random pairs", "train", "block to learn", "score to learn", "classes")


def main() -> None:
    """Draw, run both, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--set", choices=sorted(DRAWN), default="town")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", choices=["plain", "ours"])
    parser.add_argument("--child", choices=["plain", "ours"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(_child(asked.child, asked.file, asked.workers)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "town.pickle"
        began = time.perf_counter()
        file.write_bytes(pickle.dumps(DRAWN[asked.set](asked.seed, asked.rows)))
        print(f"drawn and standardised {asked.rows:,} rows in {time.perf_counter() - began:.0f} s", flush=True)
        found = {who: _measured(who, file, asked) for who in ("plain", "ours") if asked.only in (None, who)}
    if len(found) == 2:
        _print(found)


def _measured(who: str, file: Path, asked: argparse.Namespace) -> dict[str, Any]:
    command = [
        sys.executable,
        "-m",
        "bench.match",
        "--child",
        who,
        "--file",
        str(file),
        "--workers",
        str(asked.workers),
    ]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, _memory_of_tree(child.pid))
        time.sleep(0.25)
    if child.returncode or child.stdout is None:
        raise SystemExit(f"{who} ended with {child.returncode}")
    result: dict[str, Any] = {**json.loads(child.stdout.read().splitlines()[-1]), "peak_gb": round(peak, 2)}
    print(who, json.dumps(result), flush=True)
    return result


def _memory_of_tree(root: int) -> float:
    """Resident gigabytes of a process and all its descendants, now (Linux)."""
    parents, resident = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rsplit(")", 1)[1].split()
        except OSError:  # it has just ended
            continue
        parents[int(folder.name)] = int(fields[1])
        resident[int(folder.name)] = int(fields[21]) * resource.getpagesize()
    tree = {root}
    while more := {child for child, parent in parents.items() if parent in tree} - tree:
        tree |= more
    return float(sum(resident.get(one, 0) for one in tree)) / 2**30


def _child(who: str, file: Path, workers: int) -> dict[str, Any]:
    data: Set = pickle.loads(file.read_bytes())
    began = time.perf_counter()
    if who == "plain":
        reached: dict[str, float] = {}
        persons = plain_scores(
            data.records,
            data.fields,
            thresholds=[0.95],
            clock=lambda stage: reached.setdefault(stage, time.perf_counter()) and None,
        )[0.95]
        after = reached["clustered"] - reached["trained"]
        further: dict[str, Any] = {}
    else:
        result = match(data.records, data.fields, means=Means(workers=workers))
        persons, seconds = result.persons, result.card["seconds"]
        homes = household_f1(data, result.persons, result.households)
        further = {"households_f1": round(homes, 4), "pairs": result.card["blocking"]["pairs"], "seconds": seconds}
        after = sum(spent for stage, spent in seconds.items() if stage not in LEARNING)
    wall = time.perf_counter() - began
    return {
        "wall_s": round(wall, 1),
        "after_training_s": round(after, 1),
        "cpu_s": round(sum(sum(resource.getrusage(of)[:2]) for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))),
        "f1": round(pairwise(np.asarray(persons), data.persons)["f1"], 4),
        "largest": int(np.bincount(np.unique(persons, return_inverse=True)[1]).max()),
        **further,
    }


def _print(found: dict[str, dict[str, Any]]) -> None:
    plain, ours = found["plain"], found["ours"]
    for key in ("wall_s", "after_training_s", "cpu_s", "peak_gb"):
        print(f"{key}: plain {plain[key]}, ours {ours[key]}, ratio {ours[key] / max(plain[key], 1e-9):.2f}")
    print(f"f1: plain {plain['f1']}, ours {ours['f1']}")


if __name__ == "__main__":
    main()
