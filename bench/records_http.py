"""How many rows a second does `POST /v1/records` acknowledge, in batches of 500 people whom nobody knew?

Every row is answered with its person, and found by its e-mail address afterwards. Bar: >= 2,000 rows a second.
Run: `python -m bench.records_http [--batches N] [--seconds S] [--json]`; it stops after so many seconds.
"""

import argparse
import asyncio
import json
import os
import tempfile
import time
from pathlib import Path

from bench.resolve import server
from graph_service.client import IdentityGraph
from graph_service.graph import embedded, library
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

TENANT, BATCH = "bench-records", 500


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
    """A person of this number."""
    own = f"{number:06}"
    return {
        "record_id": own,
        "first_name": f"given{own}",
        "last_name": f"family{own}",
        "email": f"person{own}@example.com",
        "street_address": f"{number % 900 + 100} street {number // 900}",
        "zip": f"{75000 + number % 200}",
    }


def sent(url: str, token: str, *, batches: int, seconds: float) -> dict[str, float]:
    """Rows acknowledged and found again, and how fast they were acknowledged."""
    with IdentityGraph(url, token, timeout=300, retries=0) as people:
        began, rows = time.perf_counter(), 0
        while rows < batches * BATCH and time.perf_counter() - began < seconds:
            results = people.send_records("bench", [row(rows + one) for one in range(BATCH)])
            assert all(one["outcome"] == "new" and one["person_id"] for one in results), results[:3]
            rows += BATCH
        taken = time.perf_counter() - began
        asked = [{"email": str(row(one)["email"])} for one in range(0, rows, max(1, rows // 200))]
        found = sum(one["person_id"] is not None for one in people.resolve_many(asked[:500]))
        assert found == len(asked[:500]), f"{found} of {len(asked)} found"
    return {"rows": rows, "seconds": round(taken, 2), "rows_per_second": round(rows / taken, 1)}


def main() -> None:
    """Serve, send, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batches", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stormgraph-bench-") as name:
        own = {"STORMGRAPH_DATA_DIR": name, "STORMGRAPH_GRAPH_URL": "embedded:", "STORMGRAPH_LOG_LEVEL": "warning"}
        settings = Settings(data_dir=Path(name), graph_url="embedded:")
        try:
            token = asyncio.run(key_of(settings))
            with server("graph_service.app:from_environment", {**os.environ, **own}, Path(name) / "log") as url:
                found = sent(url, token, batches=options.batches, seconds=options.seconds)
        finally:
            embedded.stop(settings)
    print(json.dumps(found) if options.json else f"{found['rows']:,} rows, {found['rows_per_second']:,} a second")


if __name__ == "__main__":
    main()
