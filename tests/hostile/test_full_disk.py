"""A full disk, a data folder that cannot be written: a clear error, nothing broken, and it works again after."""

import asyncio
import contextlib
import ctypes
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from graph_service.backups import jobs
from graph_service.errors import EngineUnavailable, ServiceError
from graph_service.graph import embedded, transfer
from graph_service.graph.engines import EmbeddedEngine
from graph_service.graph.store import Store
from graph_service.settings import Settings
from graph_service.tenants import service as tenants
from tests.ground import families, store_on
from tests.lifecycle.scenes import take

pytestmark = pytest.mark.engine
SIZE = 80_000_000  # bytes of the disk
LIBC = ctypes.CDLL(None, use_errno=True)


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of 80 MB, in memory; without the right to mount one the test is skipped."""
    folder.mkdir()
    if LIBC.mount(b"tmpfs", str(folder).encode(), b"tmpfs", 0, f"size={SIZE}".encode()):
        pytest.skip(f"no disk can be mounted here ({os.strerror(ctypes.get_errno())})")
    try:
        yield folder
    finally:
        LIBC.umount2(str(folder).encode(), 2)


@pytest.mark.siege
async def test_a_full_disk_is_told_and_survived(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        settings = Settings(graph_url="embedded:", data_dir=disk, engine_heap="600m", write_seconds=20, retry_seconds=1)
        engine = EmbeddedEngine(settings)
        await engine.open()
        store = store_on(engine)
        try:
            await tenants.add(store, "full")
            await take(store, "full", tmp_path, families(3))
            before = await transfer.tally(store, "full")
            ballast = disk / "ballast"
            with contextlib.suppress(OSError), ballast.open("wb") as file:
                while file.write(b"x" * 65_536):
                    file.flush()
            with pytest.raises(ServiceError) as told:
                for _ in range(20):  # what it has set aside for itself fills first
                    await take(store, "full", tmp_path, [{**row, "id": f"{_}{row['id']}"} for row in families(200)])
            assert told.value.message
            ballast.unlink()
            await recovered(store)
            await take(store, "full", tmp_path, families(3))
            assert (await transfer.tally(store, "full")).nodes["Record"] >= before.nodes["Record"]
            manifest = await jobs.backup(store, "full", tmp_path / "kept", jobs.Wish())
            assert (await jobs.restore(store, tmp_path / "kept", jobs.Wish(replace=True))).hash == manifest.hash
        finally:
            await engine.close()
            await asyncio.to_thread(embedded.stop, settings)


async def recovered(store: Store) -> None:
    """Wait until the engine takes a write again: by itself, or started anew as an operator would."""
    for attempt in range(40):
        try:
            await tenants.add(store, "after")
            return
        except ServiceError:
            if attempt == 20:
                await asyncio.to_thread(embedded.stop, store.settings)
                await asyncio.to_thread(embedded.start, store.settings)
            await asyncio.sleep(0.5)
    raise AssertionError("the engine takes no write")


async def test_a_data_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        flags = 1 | 32  # read-only, remount
        assert LIBC.mount(b"tmpfs", str(disk).encode(), b"tmpfs", flags, None) == 0
        engine = EmbeddedEngine(Settings(graph_url="embedded:", data_dir=disk, engine_heap="600m"))
        with pytest.raises(EngineUnavailable, match="STORMGRAPH_DATA_DIR") as told:
            await engine.open()
        assert "Read-only" in told.value.message
