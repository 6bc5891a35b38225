"""How fast, how exact and how honest is the maths of credit? Prints medians and ratios, one section a bar.

`python bench/attribution.py [SECTION ...]`: million, rules, thousand, ten_thousand, kept, coverage (all by default).
The PyPI package ChannelAttribution (a simulation; GPL, hence only run here, never imported by us) gets an environment
of its own in the user's cache folder. Every run is a process of its own that reads the same table of path strings;
`memory` is how much its peak lies above what the loaded table took.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

sys.path[0] = str(Path(__file__).resolve().parents[1])  # this file has the name of the package it measures

from attribution import KeptCounts, Paths, Settings, attribute, from_table, removal_effects, touch_credit  # noqa: E402
from attribution.markov import lost_without, shares  # noqa: E402
from attribution.rules import touch_totals  # noqa: E402
from attribution.transitions import count_transitions  # noqa: E402

CACHE = Path.home() / ".cache" / "stormgraph_bench"
THEIR_PYTHON = CACHE / "channelattribution" / "bin" / "python"
PATIENCE = 300  # seconds for one of its runs: with a thousand channels it may take an hour to converge
FIVE_RULES = ("first", "last", "linear", "position", "time_decay")
COLUMNS = {"path": "path", "conversions": "conversions", "nulls": "nulls"}
THEIRS = """
import json, sys, time, pandas, ChannelAttribution
table = pandas.read_csv(sys.argv[1])
open("/proc/self/clear_refs", "w").write("5")
peak = lambda word: int(next(l for l in open("/proc/self/status") if l.startswith(word)).split()[1]) / 1024
loaded, start, spent = peak("VmRSS"), time.perf_counter(), time.process_time()
made = ChannelAttribution.markov_model(table, "path", "conversions", var_null="nulls", order=int(sys.argv[2]),
                                       out_more=True, verbose=False, flg_pro=False)
seconds, cpu = time.perf_counter() - start, time.process_time() - spent
credit = made["result"].set_index("channel_name")["total_conversions"].to_dict()
print(json.dumps({"seconds": seconds, "cpu": cpu, "memory": peak("VmHWM") - loaded, "credit": credit}))
"""


def main() -> None:
    sections = {
        "million": million,
        "rules": five_rules,
        "thousand": thousand,
        "ten_thousand": ten_thousand,
        "kept": kept,
        "coverage": coverage,
    }
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sections", nargs="*", help=", ".join(sections))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ours", nargs=2, metavar=("WHAT", "FILE"), help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.ours:
        print(json.dumps(_measured(*chosen.ours)))
        return
    if unknown := set(chosen.sections) - set(sections):
        parser.error(f"no section {', '.join(unknown)}")
    for name in chosen.sections or sections:
        print(f"\n{name}", flush=True)
        sections[name](chosen.repeats)


def million(repeats: int) -> None:
    """1M journeys x 5 touches, 10 channels, orders 1 and 3, beside ChannelAttribution."""
    table = _journeys(1_000_000, 10, "million.csv")
    for order in (1, 3):
        theirs, ours = _beside(table, order, repeats)
        mean, worst = _errors(theirs[-1]["credit"], ours[-1]["credit"])
        print(f"  order {order}: ours is exact; its error is {mean:.1%} in the mean, {worst:.1%} at worst")
        _compare(theirs, ours)


def five_rules(repeats: int) -> None:
    """Five rules with per-touch credit, 1M journeys with times, against its order-1 time."""
    table = _journeys(1_000_000, 10, "million.csv")
    runs = [(_theirs(table, 1), _ours("rules", table)) for _ in range(repeats)]
    _compare([theirs for theirs, _ in runs], [ours for _, ours in runs])


def thousand(repeats: int) -> None:
    """100,000 journeys x 5 touches, 1,000 channels, order 1, beside ChannelAttribution."""
    table = _journeys(100_000, 1000, "thousand.csv")
    theirs, ours = _beside(table, 1, repeats=1)
    ours += [_ours("1", table) for _ in range(repeats - 1)]
    _compare(theirs, ours)


def ten_thousand(_: int) -> None:
    """100,000 journeys x 5 touches, 10,000 channels, order 1, against one dense inverse of that matrix."""
    table = _journeys(100_000, 10_000, "ten_thousand.csv")
    inverse, ours = _ours("inverse", table), _ours("1", table)
    _compare([inverse], [ours], than="one dense inverse")


def kept(_: int) -> None:
    """One more event in a storm of 50 channels: a journey threaded again, and the exact credit."""
    rng, channels = np.random.default_rng(0), [f"channel_{i}" for i in range(50)]
    counts, seconds = KeptCounts(channels), []
    for _journey in range(5000):
        counts.journey([channels[i] for i in rng.integers(50, size=5)], "CONVERSION" if rng.random() < 0.1 else "NULL")
    for _event in range(1000):
        path = [channels[i] for i in rng.integers(50, size=5)]
        counts.journey(path[:4], "NULL")
        start = time.perf_counter()
        counts.journey(path[:4], "NULL", -1)
        counts.journey(path, "CONVERSION")
        counts.credit()
        seconds.append(time.perf_counter() - start)
    print(f"  median {statistics.median(seconds) * 1e3:.2f} ms, p95 {np.quantile(seconds, 0.95) * 1e3:.2f} ms")


def coverage(_: int) -> None:
    """How often do the 90 % intervals hold the truth? 200 simulated data sets x 8 channels.

    markov: a new chain for each data set, its truth solved. linear: one chain, its truth counted in 2M journeys.
    """
    names = [f"c{i}" for i in range(8)]
    for journeys in (300, 5000):
        held = [_markov_held(np.random.default_rng([journeys, seed]), journeys) for seed in range(200)]
        _print_coverage("markov", journeys, np.array(held))
    rng = np.random.default_rng(7)
    chain = _random_chain(rng)
    many = _simulated(rng, chain, 2_000_000)
    credit = dict(zip(many.players, touch_totals(many, touch_credit(many, "linear"), many.conversions), strict=True))
    truth = np.array([credit[name] for name in names]) / many.conversions.sum()
    for journeys in (300, 5000):
        held = [_holds(_simulated(rng, chain, journeys), "linear", truth, seed) for seed in range(200)]
        _print_coverage("linear", journeys, np.array(held))


def _print_coverage(method: str, journeys: int, held: np.ndarray) -> None:
    mean, worst = held.mean(), held.mean(axis=0).min()
    print(f"  {method:7} {journeys:5} journeys: mean {mean:.3f}, worst channel {worst:.3f}", flush=True)


def _markov_held(rng: np.random.Generator, journeys: int) -> list[bool]:
    chain = _random_chain(rng)
    lost, _ = lost_without(chain[0, :8], chain[1:, :8], np.repeat(chain[1:, [8]], 2, axis=1))
    return _holds(_simulated(rng, chain, journeys), "markov", shares(lost)[:, 0], int(rng.integers(1 << 30)))


def _holds(paths: Paths, method: str, truth: np.ndarray, seed: int) -> list[bool]:
    rows = {row["player"]: row for row in attribute(paths, method, Settings(seed=seed)).table.to_pylist()}
    return [rows[f"c{i}"]["share_low"] <= share <= rows[f"c{i}"]["share_high"] for i, share in enumerate(truth)]


def _random_chain(rng: np.random.Generator) -> np.ndarray:
    """START and eight channels down; eight channels, conversion and null across."""
    first, rows = rng.dirichlet(np.full(8, 2.0)), rng.dirichlet([*[1.0] * 8, 1.0, 4.0], size=8)
    return np.vstack([[*first, 0.0, 0.0], rows])


def _simulated(rng: np.random.Generator, table: np.ndarray, journeys: int) -> Paths:
    cumulative, here, steps = table.cumsum(axis=1), np.zeros(journeys, int), []
    while len(walking := np.flatnonzero(here <= 8)):
        drawn = (rng.random(len(walking))[:, None] > cumulative[here[walking]]).sum(axis=1).clip(max=9) + 1
        here[walking] = drawn
        steps.append(np.zeros(journeys, int))
        steps[-1][walking] = np.where(drawn <= 8, drawn, 0)
    touches = np.array(steps).T
    lists = pa.ListArray.from_arrays(
        pa.array(np.concatenate(([0], (touches > 0).sum(axis=1).cumsum())), pa.int32()),
        pa.array([f"c{i}" for i in range(8)]).take(pa.array(touches[touches > 0] - 1)),
    )
    won = (here == 9).astype(float)
    return from_table(
        pa.table({"path": lists, "conversions": won, "nulls": 1 - won}), channels=[f"c{i}" for i in range(8)]
    )


def _journeys(count: int, channels: int, name: str) -> Path:
    """A seeded CSV of journeys, five touches each; channels differ in how common and how good they are."""
    CACHE.mkdir(parents=True, exist_ok=True)
    file, rng = CACHE / name, np.random.default_rng(2024)
    common = rng.dirichlet(np.full(channels, 5.0))
    touches = rng.choice(channels, size=(count, 5), p=common)
    good = rng.beta(2, 20, channels)
    won = (rng.random(count) < good[touches].mean(axis=1)).astype(int)
    words = np.array([f"channel_{i}" for i in range(channels)])
    paths = [" > ".join(row) for row in words[touches].tolist()]
    pyarrow.csv.write_csv(pa.table({"path": paths, "conversions": won, "nulls": 1 - won}), file)
    return file


def _beside(table: Path, order: int, repeats: int) -> tuple[list[dict], list[dict]]:
    runs = [(_theirs(table, order), _ours(str(order), table)) for _ in range(repeats)]
    return [theirs for theirs, _ in runs], [ours for _, ours in runs]


def _theirs(table: Path, order: int) -> dict:
    if not THEIR_PYTHON.is_file():
        venv.create(THEIR_PYTHON.parents[1], with_pip=True)
        wanted = ["channelattribution", "matplotlib", "pandas"]
        subprocess.run([THEIR_PYTHON, "-m", "pip", "install", "--quiet", *wanted], check=True)
    return _run([str(THEIR_PYTHON), "-c", THEIRS, str(table), str(order)], patience=PATIENCE)


def _ours(what: str, table: Path) -> dict:
    return _run([sys.executable, __file__, "--ours", what, str(table)])


def _run(command: list[str], patience: float | None = None) -> dict:
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=patience)
    except subprocess.TimeoutExpired:
        print(f"  given up after {patience} s: its seconds below are at least that, its memory unknown", flush=True)
        return {"seconds": patience, "cpu": patience, "memory": 0.0, "credit": {}}
    return json.loads(done.stdout.splitlines()[-1])


def _measured(what: str, file: str) -> dict:
    """One of our runs in this process: an order, `rules` or `inverse`."""
    table = pyarrow.csv.read_csv(file)
    pa.array([0.0])  # pyarrow imports pandas, where there is one, for its first array; theirs has it imported already
    work: Callable[[pa.Table], dict] = {"rules": _rules, "inverse": _inverse}.get(what) or (
        lambda t: _order(t, int(what))
    )
    if what == "rules":
        days = np.sort(np.random.default_rng(1).random((table.num_rows, 5)) * 30, axis=1).ravel()
        offsets = pa.array(np.arange(table.num_rows + 1) * 5, pa.int32())
        table = table.append_column("days", pa.ListArray.from_arrays(offsets, pa.array(days)))
    Path("/proc/self/clear_refs").write_text("5")
    loaded, start, spent = _status("VmRSS"), time.perf_counter(), time.process_time()
    made = work(table)
    took = {"seconds": time.perf_counter() - start, "cpu": time.process_time() - spent}
    return took | {"memory": _status("VmHWM") - loaded} | made


def _order(table: pa.Table, order: int) -> dict:
    transitions = count_transitions(from_table(table, columns=COLUMNS), order)
    conversions = transitions.conversions.sum()
    credit = shares(removal_effects(transitions))[:, 0] * conversions
    return {"credit": dict(zip(transitions.players, credit.tolist(), strict=True))}


def _rules(table: pa.Table) -> dict:
    paths = from_table(table)
    return {rule: touch_totals(paths, touch_credit(paths, rule), paths.conversions).sum() for rule in FIVE_RULES}


def _inverse(table: pa.Table) -> dict:
    transitions = count_transitions(from_table(table))
    size, matrix = len(transitions.memory), np.eye(len(transitions.memory))
    matrix[transitions.source, transitions.target] -= transitions.counts / transitions.totals[transitions.source]
    start, spent = time.perf_counter(), time.process_time()
    np.linalg.inv(matrix)
    return {"seconds": time.perf_counter() - start, "cpu": time.process_time() - spent, "states": size}


def _status(word: str) -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(word))
    return int(line.split()[1]) / 1024


def _errors(theirs: dict[str, float], ours: dict[str, float]) -> tuple[float, float]:
    errors = [abs(theirs[channel] / credit - 1) for channel, credit in ours.items()]
    return statistics.mean(errors), max(errors)


def _compare(theirs: list[dict], ours: list[dict], *, than: str = "ChannelAttribution") -> None:
    for word, unit in (("seconds", "s"), ("cpu", "s"), ("memory", "MB")):
        theirs_median, ours_median = (statistics.median(run[word] for run in runs) for runs in (theirs, ours))
        ratio = ours_median / max(theirs_median, 1e-9)
        print(
            f"  {word}: ours {ours_median:.2f} {unit}, {than} {theirs_median:.2f} {unit}, ratio {ratio:.3f}", flush=True
        )


if __name__ == "__main__":
    main()
