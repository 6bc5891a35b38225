"""How long is the way from raw files to a served graph, stage by stage, and what memory does it take?

Draws an Anytown of so many records, then runs the commands a user would run (tenants add, ingest of six files, match,
match again, evaluate) in a data folder of their own on the embedded engine. Bars: 1M records in 10 minutes with an
engine heap of 2 GB, ingest of 5,000 records a second. With `--keep DIR` the data folder stays (`DIR/var`, tenant
`bench`), for benches that ask for a graph that is there. Run: `python -m bench.pipeline [--records N] [--json]`.
"""

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from graph_service.demo import model

TENANT = "bench"


def main() -> None:
    """Draw, run, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="a folder of your own that stays")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        root = asked.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        root.mkdir(parents=True, exist_ok=True)
        town = model.draw_town(asked.seed, asked.records)
        files = model.write_town(town, root / "town")
        print(f"drawn {town.size:,} records", file=sys.stderr, flush=True)
        del town
        try:
            report = measured(root, files)
        finally:
            stormgraph(root, "engine", "stop")
    print(json.dumps(report, indent=2) if asked.json else shown(report))


def measured(root: Path, files: list[Path]) -> dict[str, Any]:
    """Run the pipeline on these files; seconds and counts of every stage."""
    stormgraph(root, "tenants", "add", TENANT)
    began = time.monotonic()
    ingests = []
    for path in files:
        source = path.name.partition(".")[0]
        ingests.append(stormgraph(root, "ingest", "--tenant", TENANT, "--source", source, str(path)))
        print(f"{source}: {ingests[-1]['seconds']} s", file=sys.stderr, flush=True)
    ingested = time.monotonic()
    first = stormgraph(root, "match", "--tenant", TENANT)
    served = time.monotonic()
    print(f"match: {first['seconds']}", file=sys.stderr, flush=True)
    client_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    engine_memory = engine_peak(root)
    again = stormgraph(root, "match", "--tenant", TENANT)
    grade = stormgraph(root, "evaluate", "--tenant", TENANT, "--truth", str(root / "town" / "truth.csv"))
    counts = first["counts"]
    edges = sum(counts[name] for name in counts if name.startswith("put_"))
    records = sum(report["new"] for report in ingests)
    links = sum(report["identifiers"] for report in ingests)
    return {
        "records": records,
        "ingest seconds": round(ingested - began, 1),
        "records a second": round(records / (ingested - began)),
        "match seconds": first["seconds"],
        "nodes and edges of ingest (identifiers not counted) a second": round((records + links) / (ingested - began)),
        "nodes and edges of match": edges,
        "nodes and edges of match a second": round(
            edges / (first["seconds"]["write nodes"] + first["seconds"]["write edges"])
        ),
        "all seconds": round(served - began, 1),
        "client peak MB": client_memory // 1024,
        "engine peak MB": engine_memory,
        "second match writes": sum(
            count for name, count in again["counts"].items() if name.startswith(("put", "gone"))
        ),
        "persons f1": grade["persons"]["f1"],
        "households f1": grade["households"]["f1"],
    }


def stormgraph(root: Path, *words: str) -> dict[str, Any]:
    """Run one command with --json in the data folder of this measurement."""
    own = {"STORMGRAPH_DATA_DIR": str(root / "var"), "STORMGRAPH_GRAPH_URL": "embedded:"}
    environment = {"STORMGRAPH_ENGINE_HEAP": "2g", **os.environ, **own}
    run = subprocess.run(
        [sys.executable, "-m", "graph_service", *words, "--json"], env=environment, capture_output=True, check=False
    )
    if run.returncode:
        raise SystemExit(f"stormgraph {' '.join(words)} failed:\n{run.stderr.decode()[-2000:]}")
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def engine_peak(root: Path) -> int:
    """The engine's peak memory so far, MB."""
    pid = stormgraph(root, "engine", "status")["pid"]
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def shown(report: dict[str, Any]) -> str:
    """The report as lines."""
    return "\n".join(f"{name:<64} {value}" for name, value in report.items())


if __name__ == "__main__":
    main()
