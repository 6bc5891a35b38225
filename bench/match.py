"""How long and how much memory does matching take, beside plain Splink on the same rows in the same run?

    python -m bench.match [ROWS] [--seed N] [--workers N]

Draws an Anytown, standardises it, then runs plain Splink and ours, each in a child process of its own. Prints wall and
peak memory of the whole (training included) and of the work after training (plain: predict + cluster; ours: score +
cluster + households), with their ratios, and the accuracy of both.
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

from bench.accuracy import pairwise
from bench.sets import Set, anytown
from matching import Means, match
from matching.peer import plain_scores

LEARNING = ("random pairs", "train", "classes")


def main() -> None:
    """Draw, run both, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--child", choices=["plain", "ours"], help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        print(json.dumps(_child(asked.child, asked.file, asked.workers)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "town.pickle"
        began = time.perf_counter()
        file.write_bytes(pickle.dumps(anytown(asked.seed, asked.rows)))
        print(f"drawn and standardised {asked.rows:,} rows in {time.perf_counter() - began:.0f} s", flush=True)
        found = {who: _measured(who, file, asked) for who in ("plain", "ours")}
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
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    print(who, json.dumps(result), flush=True)
    return result


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
        seconds: dict[str, float] = {}
    else:
        result = match(data.records, data.fields, means=Means(workers=workers))
        persons, seconds = result.persons, result.card["seconds"]
        after = sum(spent for stage, spent in seconds.items() if stage not in LEARNING)
    wall = time.perf_counter() - began
    own, children = (
        resource.getrusage(of).ru_maxrss / 2**20 for of in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return {
        "wall_s": round(wall, 1),
        "after_training_s": round(after, 1),
        "peak_gb": round(own, 2),
        "largest_child_gb": round(children, 2),
        "f1": round(pairwise(np.asarray(persons), data.persons)["f1"], 4),
        "largest": int(np.bincount(np.unique(persons, return_inverse=True)[1]).max()),
        "seconds": seconds,
    }


def _print(found: dict[str, dict[str, Any]]) -> None:
    plain, ours = found["plain"], found["ours"]
    for key in ("wall_s", "after_training_s", "peak_gb"):
        print(f"{key}: plain {plain[key]}, ours {ours[key]}, ratio {ours[key] / max(plain[key], 1e-9):.2f}")
    print(f"f1: plain {plain['f1']}, ours {ours['f1']}")


if __name__ == "__main__":
    main()
