"""How fast is `GET /v1/households/{id}/graph` over HTTP, two steps around households of a graph of N records?

Made-up households of three persons with a row and an e-mail address each, a landline and a home together. Eight
connections ask for households drawn at random. Bar: a 99th percentile below 50 ms at 1M records.
Run: `python -m bench.household_graph [--records N] [--seconds S] [--json]`; wrk makes the load. With `--tenant acme`
the households of a tenant of the settings' data folder are asked for (`bench.pipeline --keep` makes one).
"""

import argparse
import asyncio
import json
import os
import random
import shutil
import sys
import tempfile
from pathlib import Path

import httpx

from bench.resolve import load, server
from graph_service.graph import embedded, library
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants
from graph_service.tenants.model import read_token

TENANT, BATCH = "bench-graph", 2000
HOMES = """
UNWIND $numbers AS n
CREATE (h:Household {tenant: $t, key: $t + '/h' + n, household_id: 'h' + n, kind: 'family', persons: 3, version: 1})
CREATE (b:Property {tenant: $t, key: $t + '/b' + n, property_id: 'b' + n, street_address: n + ' elm st', zip: '75209'})
CREATE (l:Identifier {tenant: $t, key: $t + '/phone//' + n, kind: 'phone', scope: '', value: n})
CREATE (h)-[:LIVES_AT {from: '2025-01-01'}]->(b)
WITH h, l, n
UNWIND ['a', 'b', 'c'] AS m
CREATE (p:Person {tenant: $t, key: $t + '/p' + n + m, person_id: 'p' + n + m, household_id: 'h' + n, first_name: m,
                  records: 1, version: 1})
CREATE (r:Record {tenant: $t, key: $t + '/crm/' + n + m, source: 'crm', record_id: n + m, version: 1, first_name: m})
CREATE (e:Identifier {tenant: $t, key: $t + '/email//' + n + m, kind: 'email', scope: '', value: n + m})
CREATE (p)-[:MEMBER_OF {from: '2025-01-01'}]->(h), (r)-[:DESCRIBES]->(p), (r)-[:HAS]->(e), (r)-[:HAS]->(l),
       (e)-[:IDENTIFIES {strength: 1.0, records: 1}]->(p), (l)-[:IDENTIFIES {strength: 0.333, records: 1}]->(p)
"""


async def fill(settings: Settings, households: int) -> tuple[str, list[str]]:
    """The households; answers an API key and their ids."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    await tenants.add(store, TENANT)
    for start in range(0, households, BATCH):
        numbers = [str(one) for one in range(start, min(start + BATCH, households))]
        async with (
            engine.driver.session(database=engine.database_of(TENANT)) as session,
            await session.begin_transaction() as transaction,
        ):
            await transaction.run(HOMES, numbers=numbers, t=TENANT)
            await transaction.commit()
    key = await tenants.add_key(store, TENANT, scopes=["identity:read", "pii:read"], label="bench")
    await engine.close()
    return key.token, [f"h{one}" for one in range(households)]


async def there(settings: Settings, tenant: str) -> tuple[str, list[str]]:
    """An API key of a tenant that is there, and the ids of its households; `left` takes the key back."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    pages = [page async for page in store.stream(tenant, "identity.households_known")]
    key = await tenants.add_key(store, tenant, scopes=["identity:read", "pii:read"], label="bench")
    await engine.close()
    return key.token, [own for page in pages for own, *_, alias in page if alias is None]


async def left(settings: Settings, tenant: str, token: str) -> None:
    """Take the key of a tenant that is there back."""
    engine = engine_for(settings)
    await engine.open()
    key = read_token(token)
    assert key
    await tenants.revoke_key(Store(engine, library.load(), settings), tenant, key.key_id)
    await engine.close()


def script(folder: Path, token: str, households: list[str]) -> Path:
    """A wrk script that asks for households at random."""
    dice = random.Random(0)
    listed = ",".join(f'"{dice.choice(households)}"' for _ in range(5000))
    path = folder / "graph.lua"
    path.write_text(
        f'wrk.headers["Authorization"] = "Bearer {token}"\nlocal own = {{{listed}}}\nlocal n = 0\n'
        "function request()\n  n = n % #own + 1\n"
        '  return wrk.format("GET", "/v1/households/" .. own[n] .. "/graph")\nend\n'
    )
    return path


def asked(
    folder: Path, environment: dict[str, str], token: str, households: list[str], *, seconds: int
) -> dict[str, float]:
    """Serve and ask, after a warm-up."""
    lifted = {f"STORMGRAPH_REQUESTS_{one}": "1000000" for one in ("PER_SECOND", "AT_ONCE")}
    environment = {**environment, **lifted, "STORMGRAPH_LOG_LEVEL": "warning"}
    with server("graph_service.app:from_environment", environment, folder / "service.log") as url:
        headers = {"Authorization": f"Bearer {token}"}
        first = httpx.get(f"{url}/v1/households/{households[0]}/graph", headers=headers, timeout=30).json()
        made_up = households[0] == "h0"
        assert len(first["nodes"]) == 12 if made_up else len(first["nodes"]) > 1, first
        questions = script(folder, token, households)
        load(url, questions, connections=8, seconds=2)
        return load(url, questions, connections=8, seconds=seconds)


def main() -> None:
    """Fill, serve, load, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=60_000)
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--tenant", help="a tenant that is there")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is needed to make the load: `apt-get install wrk` (Debian), `brew install wrk` (macOS).")
    with tempfile.TemporaryDirectory(prefix="stormgraph-bench-") as name:
        folder = Path(name)
        if options.tenant:
            token, households = asyncio.run(there(Settings(), options.tenant))
            try:
                found = asked(folder, {**os.environ}, token, households, seconds=options.seconds)
            finally:
                asyncio.run(left(Settings(), options.tenant, token))
        else:
            settings = Settings(data_dir=folder, graph_url="embedded:")
            environment = {**os.environ, "STORMGRAPH_DATA_DIR": name, "STORMGRAPH_GRAPH_URL": "embedded:"}
            try:
                token, households = asyncio.run(fill(settings, max(1, options.records // 3)))
                found = asked(folder, environment, token, households, seconds=options.seconds)
                found["records"] = options.records
            finally:
                embedded.stop(settings)
    found["households"] = len(households)
    if options.json:
        print(json.dumps(found))
    else:
        pace = f"{found['rps']:,.0f} graphs/s, 99th percentile {found['p99_ms']:.1f} ms"
        print(f"{found['households']:,} households: {pace}")


if __name__ == "__main__":
    main()
