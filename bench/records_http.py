"""How many rows a second does `POST /v1/records` acknowledge, in batches of 500 people whom nobody knew?

Some connections send at once; the first batches warm the engine up and do not count. Every row is answered with its
person, and found by its e-mail address afterwards. Then: how many rows a second are decided on behind the answers?
Bar: >= 2,000 rows a second acknowledged.
Run: `python -m bench.records_http [--batches N] [--warm N] [--connections N] [--seconds S] [--json]`.
"""

import argparse
import asyncio
import json
import os
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from bench.resolve import server
from graph_service.client import IdentityGraph
from graph_service.graph import embedded, library
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

TENANT, BATCH = "bench-records", 500
TURN = 8  # batches between two looks at the clock
GIVEN = (
    "ann",
    "bob",
    "carl",
    "dora",
    "eve",
    "fred",
    "gina",
    "hugh",
    "ida",
    "jack",
    "kim",
    "lou",
    "max",
    "nora",
    "otto",
)


async def key_of(settings: Settings) -> str:
    """A tenant that holds nothing, and a key to it."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    await tenants.add(store, TENANT)
    key = await tenants.add_key(store, TENANT, scopes=["ingest:write", "identity:read"], label="bench")
    await engine.close()
    return key.token


def row(number: int) -> dict[str, str | None]:
    """A person of this number: three identifiers, as a form or a CRM sends them."""
    letters = "".join("abcdefghij"[int(digit)] for digit in f"{number:06}")
    return {
        "record_id": f"{number:06}",
        "first_name": GIVEN[number % len(GIVEN)] + letters[-1],
        "last_name": f"be{letters[:4]}n",
        "email": f"person{number:06}@example.com",
        "phone": f"+1214{2_000_000 + number}",
        "street_address": f"{number % 900 + 100} {GIVEN[number // 900 % len(GIVEN)]} St",
        "city": "Dallas",
        "state": "TX",
        "zip": f"{75000 + number % 200}",
    }


def sent(url: str, token: str, asked: argparse.Namespace) -> dict[str, float]:
    """Rows acknowledged and found again, and how fast they were acknowledged and then decided on."""

    def send(batch: int) -> None:
        rows = [row(batch * BATCH + one) for one in range(BATCH)]
        results = local.people.send_records("bench", rows)
        assert all(one["outcome"] == "new" and one["person_id"] and one["waiting"] for one in results), results[:3]

    def connect() -> None:
        local.people = IdentityGraph(url, token, timeout=300, retries=0)

    local = threading.local()
    with ThreadPoolExecutor(asked.connections, initializer=connect) as pool:
        list(pool.map(send, range(asked.warm)))
        began, batches = time.perf_counter(), 0
        while batches < asked.batches and time.perf_counter() - began < asked.seconds:
            first = asked.warm + batches
            list(pool.map(send, range(first, first + min(TURN, asked.batches - batches))))
            batches += min(TURN, asked.batches - batches)
        taken = time.perf_counter() - began
    rows, last = batches * BATCH, (asked.warm + batches) * BATCH
    with IdentityGraph(url, token, timeout=300, retries=0) as people:
        emails = [{"email": str(row(one)["email"])} for one in range(0, last, max(1, last // 400))][:500]
        found = sum(one["person_id"] is not None for one in people.resolve_many(emails))
        assert found == len(emails), f"{found} of {len(emails)} found"
    before = waiting(url)
    time.sleep(asked.deciding)
    decided = (before - waiting(url)) / asked.deciding
    return {"rows": rows, "rows_per_second": round(rows / taken, 1), "decided_per_second": round(decided, 1)}


def waiting(url: str) -> float:
    """How many rows the service says that wait."""
    lines = httpx.get(f"{url}/metrics", timeout=30).text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("stormgraph_records_waiting "))


def main() -> None:
    """Serve, send, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=60)
    parser.add_argument("--warm", type=int, default=40, help="batches before those that count")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=60, help="the longest to send batches that count")
    parser.add_argument("--deciding", type=float, default=20, help="seconds in which deciding is watched")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stormgraph-bench-") as name:
        own = {"STORMGRAPH_DATA_DIR": name, "STORMGRAPH_GRAPH_URL": "embedded:", "STORMGRAPH_LOG_LEVEL": "warning"}
        settings = Settings(data_dir=Path(name), graph_url="embedded:")
        try:
            token = asyncio.run(key_of(settings))
            with server("graph_service.app:from_environment", {**os.environ, **own}, Path(name) / "log") as url:
                found = sent(url, token, options)
        finally:
            embedded.stop(settings)
    says = "{rows:,.0f} rows acknowledged, {rows_per_second:,.0f} a second; then {decided_per_second:,.1f} decided on"
    print(json.dumps(found) if options.json else says.format(**found))


if __name__ == "__main__":
    main()
