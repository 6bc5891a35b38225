"""kill -9 at random moments: nothing acknowledged is lost, nothing half written, and a rerun ends like a clean run."""

import asyncio
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from graph_service.graph import embedded
from graph_service.graph.engines import EmbeddedEngine, Engine
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import model
from graph_service.tenants import service as tenants
from tests.engine_fixtures import ended_with_us
from tests.ground import asked, families, store_on, write_csv
from tests.lifecycle.scenes import without_ids

pytestmark = pytest.mark.engine
FAMILIES = 12
FORGET = "MATCH (n) WHERE n.tenant = $t DETACH DELETE n"
DONE = 0


class Shop:
    """A tenant on an engine, and commands run on it as processes of their own."""

    def __init__(self, engine: Engine, slug: str, file: Path) -> None:
        self.engine, self.slug, self.file = engine, slug, file
        self.store: Store = store_on(engine)

    def environment(self) -> dict[str, str]:
        """How a process reaches this engine."""
        own: Settings = self.engine.settings  # type: ignore[attr-defined]
        word = own.graph_password.get_secret_value() if own.graph_password else ""
        return {
            **os.environ, "STORMGRAPH_GRAPH_URL": own.graph_url, "STORMGRAPH_DATA_DIR": str(own.data_dir),
            "STORMGRAPH_GRAPH_USER": own.graph_user, "STORMGRAPH_GRAPH_PASSWORD": word, "STORMGRAPH_WORKERS": "1",
            "STORMGRAPH_ENGINE_HEAP": own.engine_heap,
        }  # fmt: skip

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """A command of ours, on its way."""
        command = [sys.executable, "-m", "graph_service", *words]
        quiet = subprocess.DEVNULL
        return subprocess.Popen(command, env=self.environment(), stdin=quiet, stdout=quiet, stderr=quiet)

    async def run(self, *words: str) -> float:
        """The same, to its end; how long it took."""
        began = time.monotonic()
        process = self.start(*words)
        assert await asyncio.to_thread(process.wait, 120) == DONE, words
        return time.monotonic() - began

    async def killed(self, after: float, *words: str) -> None:
        """The same, killed after so many seconds if it has not ended."""
        process = self.start(*words)
        await asyncio.sleep(after)
        process.send_signal(signal.SIGKILL)
        await asyncio.to_thread(process.wait)

    def ingest(self) -> tuple[str, ...]:
        """The command that takes the file in."""
        mapping = self.file.with_name("mapping.toml")
        mapping.write_text('record_id = "id"', encoding="utf-8")
        return "ingest", str(self.file), "--tenant", self.slug, "--source", "crm", "--map", str(mapping), "--json"

    def match(self) -> tuple[str, ...]:
        """The command that decides who is who."""
        return "match", "--tenant", self.slug, "--json"

    async def emptied(self) -> None:
        """Begin anew."""
        await asked(self.store, self.slug, FORGET if self.engine.isolation == "database" else FORGET_GRAPH)


FORGET_GRAPH = "MATCH (n) WHERE n.tenant = $t AND NOT n:Tenant AND NOT n:ApiKey DETACH DELETE n"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """A tenant without rows, and a file of families."""
    slug = f"crash-{secrets.token_hex(4)}"
    file = write_csv(tmp_path_factory.mktemp("crash") / "rows.csv", families(FAMILIES))
    one = Shop(engine, slug, file)
    await tenants.add(one.store, slug)
    yield one
    await engine.drop_tenant_database(slug)
    await engine.driver.execute_query(FORGET, {"t": slug}, database_=engine.control_database)


async def clean(shop: Shop) -> tuple[dict[str, list[str]], float, float]:
    """What a clean run ends in, and how long its two commands take."""
    await shop.emptied()
    took = await shop.run(*shop.ingest())
    took_match = await shop.run(*shop.match())
    return await without_ids(shop.store, shop.slug), took, took_match


async def must_survive_killed_jobs(shop: Shop, rounds: int, seed: int) -> None:
    """Ingest and match, each killed at a random moment and then run again."""
    dice = random.Random(seed)
    wanted, took, took_match = await clean(shop)
    for _ in range(rounds):
        await shop.emptied()
        await shop.killed(dice.uniform(0.3, 1.0) * took, *shop.ingest())
        await shop.run(*shop.ingest())
        await shop.killed(dice.uniform(0.3, 1.0) * took_match, *shop.match())
        await whole(shop)
        await shop.run(*shop.match())
        assert await without_ids(shop.store, shop.slug) == wanted


async def whole(shop: Shop) -> None:
    """Nothing is half written, whatever was cut off: no row describes two persons, no edge is there twice."""
    twice = await asked(
        shop.store,
        shop.slug,
        "MATCH (r:Record {tenant: $t})-[d:DESCRIBES]->() WITH r, count(d) AS n WHERE n > 1 RETURN count(r) AS twice",
    )
    assert twice[0]["twice"] == 0
    edges = await asked(
        shop.store,
        shop.slug,
        "MATCH (r:Record {tenant: $t})-[h:HAS]->(i) WITH r, i, h.field AS f, count(h) AS n "
        "WHERE n > 1 RETURN count(*) AS n",
    )
    assert edges[0]["n"] == 0


@contextmanager
def served(shop: Shop, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """The service as a process of its own."""
    process = shop.start("serve", "--port", str(port))
    try:
        with ended_with_us(process.pid):
            yield process
    finally:
        process.kill()
        process.wait()


async def must_survive_a_killed_service(shop: Shop, rounds: int, seed: int) -> None:
    """Rows sent to a service that is killed: those it acknowledged are there, and none of them half."""
    dice, acknowledged = random.Random(seed), 0
    await shop.emptied()
    made = await tenants.add_key(shop.store, shop.slug, scopes=list(model.SCOPES))
    headers, port = {"Authorization": f"Bearer {made.token}"}, free_port()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as http:
        for number in range(rounds):
            with served(shop, port) as process:
                await ready(http)
                first = asyncio.Event()
                sending = asyncio.create_task(sent(http, f"{number}", first))
                await asyncio.wait_for(first.wait(), 60)
                await asyncio.sleep(dice.uniform(0, 1))
                process.send_signal(signal.SIGKILL)
                kept = await sending
                acknowledged += len(kept)
            there = await asked(shop.store, shop.slug, "MATCH (r:Record {tenant: $t}) RETURN r.record_id AS row")
            assert kept <= {row["row"] for row in there}
            await whole(shop)
    assert acknowledged > 0


async def sent(http: httpx.AsyncClient, prefix: str, first: asyncio.Event) -> set[str]:
    """Rows one after the other until the service is gone; those that were acknowledged."""
    kept: set[str] = set()
    while True:
        own = f"{prefix}-{len(kept)}"
        record = {"record_id": own, "full_name": f"Ann {prefix}", "email": f"{own}@bell.com"}
        try:
            answer = await http.post("/v1/records", json={"source": "crm", "records": [record]})
        except httpx.HTTPError:
            return kept
        assert answer.status_code == 200, answer.text
        kept.add(own)
        first.set()


async def ready(http: httpx.AsyncClient) -> None:
    """Wait until the service answers."""
    for _ in range(600):
        try:
            if (await http.get("/readyz")).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.1)
    raise AssertionError("the service does not come up")


def free_port() -> int:
    """A port that nobody listens on."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def must_survive_a_killed_engine(folder: Path, rounds: int, seed: int) -> None:
    """Rows written while the embedded engine is killed, again and again; it comes back by itself with every one."""
    dice = random.Random(seed)
    engine = EmbeddedEngine(Settings(graph_url="embedded:", data_dir=folder, engine_heap="600m", retry_seconds=1))
    await engine.open()
    store = store_on(engine)
    await tenants.add(store, "crash")
    kept: set[str] = set()
    try:
        for number in range(rounds):
            writing = asyncio.create_task(written(store, f"{number}", kept))
            await asyncio.sleep(dice.uniform(0.2, 1.2))
            os.kill(engine.state.pid, signal.SIGKILL)
            await writing
            there = await back(store)
            assert kept <= there, f"lost: {sorted(kept - there)[:5]}"
        assert len(kept) > rounds
    finally:
        await engine.close()
        await asyncio.to_thread(embedded.stop, engine.settings)


async def written(store: Store, prefix: str, kept: set[str]) -> None:
    """Sources registered one after the other until the engine is gone."""
    from graph_service.errors import ServiceError

    for number in range(100_000):
        own = f"s{prefix}.{number}"
        row = {"source": own, "name": own, "mapping": "", "fields": "{}", "now": "2026-11-21", "ingest": "one"}
        try:
            await store.write("crash", "records.register_source", **row)
        except ServiceError as error:
            assert error.status == 503, error
            return
        kept.add(own)


async def back(store: Store) -> set[str]:
    """What the engine holds once it answers again."""
    from graph_service.errors import ServiceError

    for _ in range(600):
        try:
            return {row["source"] for row in await store.read("crash", "records.sources", limit=1_000_000)}
        except ServiceError:
            await asyncio.sleep(0.1)
    raise AssertionError("the engine does not come back")


async def test_jobs_that_are_killed_end_like_a_clean_run_when_run_again(shop: Shop) -> None:
    await must_survive_killed_jobs(shop, 1, seed=3)


async def test_a_service_that_is_killed_loses_nothing_it_acknowledged(shop: Shop) -> None:
    await must_survive_a_killed_service(shop, 1, seed=5)


async def test_an_engine_that_is_killed_comes_back_with_all_it_acknowledged(tmp_path: Path) -> None:
    await must_survive_a_killed_engine(tmp_path, 1, seed=9)


@pytest.mark.siege
async def test_jobs_killed_twenty_times(shop: Shop) -> None:
    await must_survive_killed_jobs(shop, 20, seed=13)


@pytest.mark.siege
async def test_a_service_killed_twenty_times(shop: Shop) -> None:
    await must_survive_a_killed_service(shop, 20, seed=17)


@pytest.mark.siege
async def test_an_engine_killed_twenty_times(tmp_path: Path) -> None:
    await must_survive_a_killed_engine(tmp_path, 20, seed=19)
