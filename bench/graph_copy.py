"""How fast does a tenant's graph go from the embedded engine to Neo4j, and how does that compare with bare loads?

Prints nodes and edges a second of `graph copy` (read, written, both ends hashed), and the ratio to a bare load of the
same rows held in memory (the same statements, nothing read, nothing hashed), in turns. Neo4j as in the tests.

    make bench NAME=graph_copy          (or: python bench/graph_copy.py --people 5000 --rounds 3)
"""

import argparse
import asyncio
import csv
import secrets
import sys
import tempfile
import time
from pathlib import Path

from pydantic import SecretStr

from graph_service.backups import jobs
from graph_service.graph import embedded, library, transfer
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Store
from graph_service.identity.jobs import match_tenant
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

sys.path[0] = str(Path(__file__).resolve().parents[1])  # the tests' server and people are used here

from tests.engine_fixtures import neo4j_server  # noqa: E402
from tests.ground import person  # noqa: E402


def people(path: Path, count: int) -> Path:
    """A file of made-up people, two rows each, which differ as two systems' rows do."""
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = []
        for number in range(count):
            one = person(number)
            lost = ("email", "phone", "date_of_birth", "street_address")[number % 4]
            rows += [{**one, "id": f"{number}-0"}, {**one, "id": f"{number}-1", lost: ""}]
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


async def measure(people_count: int, rounds: int, folder: Path, settings: tuple[Settings, Settings]) -> None:
    """Fill a tenant, and copy it in turns with bare loads."""
    engines = [engine_for(one) for one in settings]
    for engine in engines:
        await engine.open()
    here, there = (Store(engine, library.load(), one) for engine, one in zip(engines, settings, strict=True))
    slug = f"bench-{secrets.token_hex(3)}"
    await tenants.add(here, slug)
    await ingest(here, slug, IngestRequest(source="crm", files=[people(folder / "p.csv", people_count)]))
    await match_tenant(here, slug)
    held = [row async for found in transfer.rows(here, slug) for row in found]
    print(f"{len(held):,} nodes and edges")
    for number in range(rounds):
        moved = await jobs.copy(here, there, slug, jobs.Wish(replace=True))
        await transfer.emptied(there, slug)
        began = time.monotonic()
        async with transfer.Load(there, slug) as load:
            await load.take(held)
        bare = time.monotonic() - began
        rate = len(held) / moved.seconds
        told = f"copy {rate:,.0f}/s ({moved.seconds:.1f} s), bare load {len(held) / bare:,.0f}/s"
        print(f"round {number + 1}: {told}, ratio {rate * bare / len(held):.2f}")
    for engine in engines:
        await engine.drop_tenant_database(slug)
        await engine.close()


def main() -> None:
    """Run it on engines of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "neo4j").mkdir()
        with neo4j_server(folder / "neo4j") as server:
            own = Settings(graph_url="embedded:", data_dir=folder / "data", log_level="warning")
            update = {"graph_url": server.url, "graph_user": server.user, "graph_password": SecretStr(server.password)}
            other = own.model_copy(update=update)
            asyncio.run(measure(given.people, given.rounds, folder, (own, other)))
        embedded.stop(own)


if __name__ == "__main__":
    main()
