"""Back a tenant up, restore it, copy it to another engine: each ends with both ends counted and hashed."""

import asyncio
import gzip
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from graph_service import logs, moments
from graph_service.backups import model
from graph_service.backups.schemas import Manifest, Moved
from graph_service.backups.service import Buried, bury_again, fingerprint
from graph_service.errors import Conflict, Refused, ServiceError
from graph_service.graph import transfer
from graph_service.graph.store import Store
from graph_service.graph.transfer import Load, Tally
from graph_service.tenants import service as tenants

TRIES = 5  # times a graph is read in search of a moment at which nobody wrote
WAITING = 4  # bundles of rows between reader and writer
Progress = Callable[[str, int], None]
Rows = list[list[Any]]
log = logs.get("backups")


@dataclass(frozen=True, slots=True)
class Wish:
    """How something is to be moved: over what is there, and who is told how far it is."""

    replace: bool = False
    stones: Path | None = None
    progress: Progress = lambda *_: None


async def backup(store: Store, tenant: str, folder: Path, wish: Wish) -> Manifest:
    """Write a tenant's graph to a new folder, while the service goes on.

    The graph is read twice and must be the same both times, so that no half of a change is in it; raises Conflict
    where somebody wrote during each of five readings. API keys stay out: a restored tenant gets new ones.
    """
    await tenants.require(store, tenant)
    with model.drafted(folder) as draft:
        manifest = await _written(store, tenant, draft, wish)
        model.write_manifest(draft, manifest)
    log.info("backed_up", tenant=tenant, hash=manifest.hash)
    return manifest


async def restore(store: Store, folder: Path, wish: Wish) -> Moved:
    """Bring a backup's graph back, and erase again whom somebody erased since.

    What was erased is known from the graph that is replaced, from the backup, from an earlier restore that was cut off,
    and from `stones`, the tombstones of a newer backup. Raises BadInput for a damaged backup, Refused where the tenant
    holds something and is not to be replaced, or where the backup was sealed under another secret.
    """
    began = time.monotonic()
    manifest = model.read_manifest(folder)
    tenant, sealed = manifest.tenant, model.read_stones(folder / model.STONES)
    if manifest.secret != fingerprint(store):
        raise Refused(
            "The backup was sealed under another secret, so that erased persons would not be known: set "
            "STORMGRAPH_SECRET to that of the installation it came from, or put that `secret` file in the data folder."
        )
    await tenants.add(store, tenant)
    buried = await _buried(store, tenant, sealed, wish)
    async with tenants.arriving(store, tenant):
        await _require_empty(store, tenant, replace=wish.replace)
        try:
            read = await _loaded(store, tenant, _of_file(folder / model.ROWS, buried), wish)
            _require_equal(read, manifest.hash)
            _require_equal(await transfer.tally(store, tenant), manifest.hash)
            erased = await bury_again(store, tenant, buried)
        except BaseException:
            await transfer.emptied(store, tenant)  # half a graph, or one with erased persons, must not stay
            raise
    _ledger(store, tenant).unlink(missing_ok=True)
    return _moved(tenant, read, began, erased)


async def copy(source: Store, target: Store, tenant: str, wish: Wish) -> Moved:
    """Bring a tenant's graph to another engine; both are hashed when it is there.

    Raises NotFound, Refused where the target holds something and is not to be replaced, Conflict where somebody wrote
    to the source meanwhile.
    """
    began = time.monotonic()
    entry = await tenants.require(source, tenant)
    await tenants.add(target, tenant, name=entry.name)
    async with tenants.arriving(target, tenant):
        await _require_empty(target, tenant, replace=wish.replace)
        read = await _loaded(target, tenant, transfer.rows(source, tenant), wish)
        again, there = await asyncio.gather(transfer.tally(source, tenant), transfer.tally(target, tenant))
    if again.hash != read.hash:
        raise Conflict("Somebody wrote to the tenant while it was copied: copy it again with --replace.")
    _require_equal(there, read.hash)
    return _moved(tenant, read, began)


async def _written(store: Store, tenant: str, draft: Path, wish: Wish) -> Manifest:
    for _ in range(TRIES):
        counted = Tally()
        with gzip.open(draft / model.ROWS, "wb", compresslevel=1) as file:
            async for found in transfer.rows(store, tenant):
                model.write_lines(file, [counted.add(row) for row in found])
                wish.progress(tenant, counted.size)
        model.write_stones(draft / model.STONES, await transfer.tombstones(store, tenant))
        if (await transfer.tally(store, tenant)).hash == counted.hash:
            (draft / model.ROWS).chmod(0o600)
            names = (model.ROWS, model.STONES)
            return Manifest(
                tenant=tenant,
                made_at=moments.now(),
                engine=store.engine.name,
                secret=fingerprint(store),
                nodes=dict(sorted(counted.nodes.items())),
                edges=dict(sorted(counted.edges.items())),
                hash=counted.hash,
                files={name: model.file_entry(draft / name) for name in names},
            )
    raise Conflict(f"Somebody wrote to the tenant during each of {TRIES} readings: try when it is quieter.")


async def _loaded(store: Store, tenant: str, rows: AsyncIterator[Rows], wish: Wish) -> Tally:
    """Write rows while the next are read; answers what was written."""
    counted = Tally()
    waiting: asyncio.Queue[Rows | None] = asyncio.Queue(WAITING)

    async def read() -> None:
        async for found in rows:
            await waiting.put(found)
        await waiting.put(None)

    async def write() -> None:
        async with Load(store, tenant) as load:
            while (found := await waiting.get()) is not None:
                for row in found:
                    counted.add(row)
                await load.take(found)
                wish.progress(tenant, counted.size)

    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(read())
            both.create_task(write())
    except* ServiceError as errors:
        raise errors.exceptions[0] from None
    return counted


async def _of_file(path: Path, buried: Buried) -> AsyncIterator[Rows]:
    for found in model.read_rows(path):
        buried.look(found)
        yield found
        await asyncio.sleep(0)


async def _buried(store: Store, tenant: str, sealed: list[dict[str, Any]], wish: Wish) -> Buried:
    """What must stay erased; kept in a file of the data folder until the restore is done, however often it is begun."""
    ledger = _ledger(store, tenant)
    newer = model.read_stones(wish.stones) if wish.stones else []
    known = [*await transfer.tombstones(store, tenant), *model.read_stones(ledger), *newer]
    ledger.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    model.write_stones(ledger, known)
    return Buried(store, tenant, [*sealed, *known])


def _ledger(store: Store, tenant: str) -> Path:
    return store.settings.data_dir / "backups" / f"{tenant}.{model.STONES}"


async def _require_empty(store: Store, tenant: str, *, replace: bool) -> None:
    if replace:
        await transfer.emptied(store, tenant)
    elif await transfer.holds_anything(store, tenant):
        raise Refused(f"The tenant {tenant} holds a graph already: --replace takes it away first.")


def _require_equal(found: Tally, wanted: str) -> None:
    if found.hash != wanted:
        raise ServiceError("What arrived is not what was sent: the hashes differ.")


def _moved(tenant: str, read: Tally, began: float, erased: int = 0) -> Moved:
    seconds = round(time.monotonic() - began, 3)
    return Moved(
        tenant=tenant, nodes=read.nodes.total(), edges=read.edges.total(), hash=read.hash, seconds=seconds,
        erased_again=erased,
    )  # fmt: skip
