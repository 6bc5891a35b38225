"""How long do merge, split and undo take over HTTP, on a matched tenant that is there already?

Every change is taken back, so the tenant is as it was, but for its history. It is warmed up first by a fifth of the
rounds. CPU is that of this process: the app, the client and the driver. Bar: p99 below 100 ms with persons of up to 50
rows in a graph of a million.
Run: `python -m bench.lifecycle --tenant acme [--rounds 50] [--json]`, with the settings of the data folder to use.
"""

import argparse
import asyncio
import json
import random
import time
from typing import Any

import httpx

from graph_service import memory
from graph_service.app import create_app
from graph_service.settings import Settings
from graph_service.tenants import service as tenants

PERSONS = "identity.persons_known"
PAGE = 20_000  # persons to choose from
LARGEST = 50  # rows of a person


async def measured(tenant: str, rounds: int) -> dict[str, Any]:
    """Milliseconds of each command: median, 99th percentile and CPU."""
    app = create_app(Settings(log_level="error"))
    async with app.router.lifespan_context(app):
        store = app.state.store
        key = await tenants.add_key(store, tenant, scopes=["identity:read", "identity:merge"], label="bench")
        transport = httpx.ASGITransport(app)
        headers = {"Authorization": f"Bearer {key.token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://bench", headers=headers, timeout=60) as http:
            memory.settle()  # as the service does where uvicorn starts it
            persons, dice = await _persons(store, tenant), random.Random(7)
            await _timed(http, persons, dice, rounds // 5)
            found = await _timed(http, persons, dice, rounds)
        await tenants.revoke_key(store, tenant, key.key_id)
    return {verb: _told(times) for verb, times in found.items()}


async def _persons(store: Any, tenant: str) -> list[str]:
    chosen: list[str] = []
    async for page in store.stream(tenant, PERSONS):
        chosen += [row[0] for row in page if row[-1] is None and 2 <= (row[1] or 0) <= LARGEST]
        if len(chosen) >= PAGE:
            break
    return chosen


async def _timed(
    http: httpx.AsyncClient, persons: list[str], dice: random.Random, rounds: int
) -> dict[str, list[tuple[float, float]]]:
    times: dict[str, list[tuple[float, float]]] = {"merge": [], "undo a merge": [], "split": [], "undo a split": []}

    async def post(verb: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        clock, cpu = time.perf_counter(), time.process_time()
        answer = await http.post(path, json=body)
        times[verb].append((time.perf_counter() - clock, time.process_time() - cpu))
        answer.raise_for_status()
        document: dict[str, Any] = answer.json()
        return document

    for _ in range(rounds):
        one, other = dice.sample(persons, 2)
        done = await post("merge", "/v1/identity/merge", {"persons": [one, other]})
        await post("undo a merge", f"/v1/identity/undo/{done['change_id']}", {})
        rows = (await http.get(f"/v1/persons/{one}/explain")).json()["rows"]
        done = await post("split", "/v1/identity/split", {"person_id": one, "rows": rows[:1]})
        await post("undo a split", f"/v1/identity/undo/{done['change_id']}", {})
    return times


def _told(times: list[tuple[float, float]]) -> dict[str, float]:
    walls, cpus = (sorted(each) for each in zip(*times, strict=True))
    at = min(len(walls) - 1, int(len(walls) * 0.99))
    said = {"p50_ms": walls[len(walls) // 2], "p99_ms": walls[at], "cpu_ms": cpus[len(cpus) // 2]}
    return {name: round(1000 * value, 1) for name, value in said.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    answer = asyncio.run(measured(asked.tenant, asked.rounds))
    if asked.json:
        print(json.dumps(answer, indent=2))
    else:
        for verb, figures in answer.items():
            print(f"{verb:<14} " + "  ".join(f"{name} {value:8.1f}" for name, value in figures.items()))
