"""How fast is resolve over HTTP, beside a five-line route with the same query in the same run?

Both servers run one uvicorn worker on the same graph and driver; rounds alternate and medians are compared. Ours also
verifies a key, counts it against its limit, normalises, ranks, masks, measures, logs and keeps the audit log. Bars:
>= .7 x the bare route at 32 connections, and a 99th percentile below 25 ms at 8.
Run: `python -m bench.resolve [--json]`; STORMGRAPH_GRAPH_URL chooses the engine.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import neo4j
from fastapi import FastAPI

from graph_service.graph import library
from graph_service.graph.engines import engine_for
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

TENANT = "bench-resolve"
HOUSEHOLDS = 20_000
QUERY = "identity.resolve_identifiers"
NODES = {
    "Person": "UNWIND $rows AS row CREATE (n:Person) SET n = row",
    "Identifier": "UNWIND $rows AS row CREATE (n:Identifier) SET n = row",
}
EDGES = (
    "UNWIND $rows AS row MATCH (i:Identifier {key: row.i}) MATCH (p:Person {key: row.p}) "
    "CREATE (i)-[:IDENTIFIES {strength: row.strength, records: 1}]->(p)"
)


def peer() -> FastAPI:
    """The bare route: no key, no normalising, no ranking; the rows as they come."""
    settings = Settings()
    engine, text = engine_for(settings), library.load()[QUERY].text_for("neo4j")

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await engine.open()
        yield
        await engine.close()

    app = FastAPI(lifespan=lifespan)

    @app.post("/resolve")
    async def resolve(body: dict[str, Any]) -> list[dict[str, Any]]:
        async with engine.driver.session(database=engine.database_of(TENANT), default_access_mode="READ") as session:
            result = await session.run(text, identifiers=body["identifiers"], most=100)
            return [record.data() async for record in result]

    return app


async def fill(settings: Settings) -> str:
    """A graph of couples who share a landline, each with an e-mail address; answers an API key."""
    engine = engine_for(settings)
    await engine.open()
    store = Store(engine, library.load(), settings)
    await tenants.add(store, TENANT)
    database = engine.database_of(TENANT)
    async with engine.driver.session(database=database) as session:
        await session.run("MATCH (n) WHERE n.tenant = $t AND (n:Person OR n:Identifier) DETACH DELETE n", t=TENANT)
    for label, rows in nodes().items():
        await _written(engine.driver, database, NODES[label], rows)
    await _written(engine.driver, database, EDGES, edges())
    key = await tenants.add_key(store, TENANT, scopes=["identity:read"], label="bench")
    await engine.close()
    return key.token


def nodes() -> dict[str, list[dict[str, Any]]]:
    """Two persons, two e-mail addresses and one landline for each household."""
    persons, identifiers = [], []
    for h in range(HOUSEHOLDS):
        for one in ("a", "b"):
            own = f"{h}{one}"
            persons.append({"key": f"{TENANT}/{own}", "tenant": TENANT, "person_id": own, "household_id": f"h{h}"})
            identifiers.append(_identifier("email", email(own)))
        identifiers.append(_identifier("phone", phone(h)))
    return {"Person": persons, "Identifier": identifiers}


def edges() -> list[dict[str, Any]]:
    """What leads to whom."""
    rows = []
    for h in range(HOUSEHOLDS):
        for one in ("a", "b"):
            person = f"{TENANT}/{h}{one}"
            rows.append({"i": f"{TENANT}/email//{email(f'{h}{one}')}", "p": person, "strength": 1.0})
            rows.append({"i": f"{TENANT}/phone//{phone(h)}", "p": person, "strength": 0.5})
    return rows


def email(own: str) -> str:
    """A person's e-mail address."""
    return f"person-{own}@example.com"


def phone(household: int) -> str:
    """A household's landline, E.164."""
    return f"+1214555{2000 + household % 8000:04d}" if household < 8000 else f"+1972{2_555_000 + household}"


def _identifier(kind: str, value: str) -> dict[str, Any]:
    key = f"{TENANT}/{kind}//{value}"
    return {"key": key, "tenant": TENANT, "kind": kind, "scope": "", "value": value}


async def _written(driver: neo4j.AsyncDriver, database: str | None, text: str, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), 5000):
        await driver.execute_query(text, rows=rows[start : start + 5000], database_=database)  # type: ignore[arg-type]


@contextmanager
def server(app: str, environment: dict[str, str], log: Path) -> Iterator[str]:
    """A uvicorn worker of this application; answers its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "--factory", app, "--port", str(port), "--no-access-log"]
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            _wait_for(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    sys.exit(f"the server did not start:\n{log.read_text()[-2000:]}")


def questions(folder: Path, name: str, headers: dict[str, str], bodies: list[dict[str, Any]]) -> Path:
    """A wrk script that posts these bodies in turn."""
    script = folder / f"{name}.lua"
    listed = ",\n".join(f"[==[{json.dumps(body)}]==]" for body in bodies)
    set_headers = "\n".join(f'wrk.headers["{name}"] = "{value}"' for name, value in headers.items())
    script.write_text(
        f'wrk.method = "POST"\n{set_headers}\nlocal bodies = {{{listed}}}\nlocal n = 0\n'
        "function request()\n  n = n % #bodies + 1\n  return wrk.format(nil, nil, nil, bodies[n])\nend\n"
    )
    return script


def load(url: str, script: Path, *, connections: int, seconds: int) -> dict[str, float]:
    """What wrk measures: requests a second and the 99th percentile in ms. Any answer but 200 ends the run."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(script), url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"not every request was answered:\n{out}")
    rate, p99 = re.search(r"Requests/sec:\s+([\d.]+)", out), re.search(r"99%\s+([\d.]+)(us|ms|s)", out)
    assert rate and p99, out
    return {"rps": float(rate[1]), "p99_ms": float(p99[1]) * {"us": 0.001, "ms": 1, "s": 1000}[p99[2]]}


def compare(token: str, environment: dict[str, str], folder: Path, *, seconds: int, rounds: int) -> dict[str, float]:
    """Alternate rounds of both servers; medians, and their ratio."""
    dice = random.Random(0)
    asked = [email(f"{dice.randrange(HOUSEHOLDS)}a") for _ in range(2000)]
    json_type = {"Content-Type": "application/json"}
    ours = questions(
        folder,
        "ours",
        {**json_type, "Authorization": f"Bearer {token}"},
        [{"identifiers": [{"kind": "email", "value": one}]} for one in asked],
    )
    bare = questions(folder, "bare", json_type, [{"identifiers": [f"{TENANT}/email//{one}"]} for one in asked])
    service = server("graph_service.app:from_environment", environment, folder / "ours.log")
    route = server("bench.resolve:peer", environment, folder / "bare.log")
    with service as our_url, route as bare_url:
        checked(our_url, token, asked[0])
        pairs = []
        for _ in range(rounds + 1):  # the first round warms up both
            one = load(f"{our_url}/v1/identity/resolve", ours, connections=32, seconds=seconds)
            other = load(f"{bare_url}/resolve", bare, connections=32, seconds=seconds)
            pairs.append((one["rps"], other["rps"]))
        eight = load(f"{our_url}/v1/identity/resolve", ours, connections=8, seconds=seconds)
    ours_rps, bare_rps = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
    ratio = statistics.median(one / other for one, other in pairs[1:])
    return {"ours_rps": ours_rps, "bare_rps": bare_rps, "ratio": ratio, "p99_ms_at_8": eight["p99_ms"]}


def checked(url: str, token: str, value: str) -> None:
    """The service must answer a person before its speed means anything."""
    body = {"identifiers": [{"kind": "email", "value": value}]}
    answer = httpx.post(f"{url}/v1/identity/resolve", json=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and answer.json()["person_id"], answer.text


def main() -> None:
    """Fill, serve, load, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--seconds", type=int, default=6, help="length of a round")
    parser.add_argument("--rounds", type=int, default=3, help="rounds that count")
    options = parser.parse_args()
    if not shutil.which("wrk"):
        sys.exit("wrk is needed to make the load: `apt-get install wrk` (Debian), `brew install wrk` (macOS).")
    with tempfile.TemporaryDirectory(prefix="stormgraph-bench-") as folder:
        data_dir = os.environ.get("STORMGRAPH_DATA_DIR", folder)
        environment = {
            **os.environ,
            "STORMGRAPH_DATA_DIR": data_dir,
            "STORMGRAPH_LOG_FORMAT": "json",
            "STORMGRAPH_REQUESTS_PER_SECOND": "1000000",  # the limit is counted, and not reached
            "STORMGRAPH_REQUESTS_AT_ONCE": "1000000",
        }
        os.environ.update(environment)
        settings = Settings()
        try:
            token = asyncio.run(fill(settings))
            found = compare(token, environment, Path(folder), seconds=options.seconds, rounds=options.rounds)
        finally:
            _stop_own_engine(settings, temporary=data_dir == folder)
    if options.json:
        print(json.dumps(found))
        return
    print(f"ours {found['ours_rps']:,.0f} requests/s, bare route {found['bare_rps']:,.0f}: {found['ratio']:.2f} x")
    print(f"99th percentile at 8 connections: {found['p99_ms_at_8']:.1f} ms")


def _stop_own_engine(settings: Settings, *, temporary: bool) -> None:
    """An embedded engine in a folder of our own goes with the folder; another's stays."""
    if temporary and settings.graph_url == "embedded:":
        from graph_service.graph import embedded

        embedded.stop(settings)


if __name__ == "__main__":
    main()
