"""Requests that schemathesis makes of the OpenAPI document: no server error, and no answer that it does not know."""

import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from graph_service.graph.engines import Engine
from graph_service.tenants import model
from graph_service.tenants import service as tenants
from tests.hostile.test_crashes import Shop, free_port, ready, served, shop

__all__ = ["shop"]
pytestmark = pytest.mark.engine
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
MADE = re.compile(r"(\d+) generated, (\d+) passed")


@pytest_asyncio.fixture(loop_scope="session")
async def address(engine: Engine, shop: Shop) -> AsyncIterator[tuple[str, str]]:
    """A service as a process of its own, and a key to it with every scope."""
    made = await tenants.add_key(shop.store, shop.slug, scopes=list(model.SCOPES))
    port = free_port()
    with served(shop, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            await ready(http)
        yield f"http://127.0.0.1:{port}/openapi.json", made.token


async def must_keep_to_its_document(address: tuple[str, str], folder: Path, *how: str) -> int:
    """Let schemathesis loose; how many requests it made, all of which were answered as the document says."""
    import asyncio

    url, key = address
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", url, "-H", f"Authorization: Bearer {key}",
               "--checks", CHECKS, "--no-color", *how]  # fmt: skip
    ran: Any = await asyncio.to_thread(
        subprocess.run, command, capture_output=True, text=True, cwd=folder, env={**os.environ, "COLUMNS": "200"},
        check=False,
    )  # fmt: skip
    told = MADE.search(ran.stdout)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert told, ran.stdout[-2000:]
    assert told[1] == told[2]
    return int(told[1])


async def test_a_few_requests_to_every_route(address: tuple[str, str], tmp_path: Path) -> None:
    how = "--phases=examples,fuzzing", "-n", "1", "--max-time", "15", "--seed", "7"
    assert await must_keep_to_its_document(address, tmp_path, *how) > 20


@pytest.mark.siege
async def test_thousands_of_requests_in_every_phase(address: tuple[str, str], tmp_path: Path) -> None:
    how = "--phases=examples,coverage,fuzzing,stateful", "-n", "100"
    assert await must_keep_to_its_document(address, tmp_path, *how) >= 5_000
