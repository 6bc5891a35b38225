"""What a restore needs to know: what has been erased since, and where it is in the graph that came back."""

from collections.abc import Iterable
from typing import Any

from graph_service import logs
from graph_service.graph import keys, transfer
from graph_service.graph.store import Store
from graph_service.lifecycle import service as lifecycle
from graph_service.lifecycle.schemas import RowKey, SplitRequest
from graph_service.privacy import service as privacy
from graph_service.seals import sealing_secret, tombstone

ACTOR = "restore"
Key = tuple[str, str]
log = logs.get("backups")


def fingerprint(store: Store) -> str:
    """By which one can tell whether two installations have the same secret."""
    return tombstone(sealing_secret(store.settings), "", "backup")[:16]


class Buried:
    """Which rows of a backup had been erased by the time it is restored."""

    def __init__(self, store: Store, tenant: str, stones: Iterable[dict[str, Any]]) -> None:
        self._secret, self._tenant = sealing_secret(store.settings), tenant
        self.stones = {str(stone["seal"]): stone for stone in stones}
        self.rows: set[Key] = set()

    def look(self, rows: Iterable[list[Any]]) -> None:
        """Note the records among these rows that were erased."""
        for row in rows:
            if len(row) == 2 and row[0] == "Record" and self.stones:
                own = (row[1]["source"], row[1]["record_id"])
                if tombstone(self._secret, self._tenant, "record", *own) in self.stones:
                    self.rows.add(own)


async def bury_again(store: Store, tenant: str, buried: Buried) -> int:
    """Erase from a restored graph whom somebody erased after the backup was made; answers how many persons went."""
    persons = await _persons(store, tenant, buried.rows)
    for person, rows in sorted(persons.items()):
        held = await store.read(tenant, "identity.rows_of_persons", persons=[person])
        whole = {(row["source"], row["record_id"]) for row in held}
        gone = [person] if whole <= rows else await _parted(store, tenant, person, rows)
        for one in gone:
            await privacy.erase(store, tenant, privacy.Asked(one, ACTOR))
    stones = [_entry(stone) for stone in buried.stones.values()]
    await store.write_many(tenant, "privacy.write_tombstones", stones)
    log.info("erased_again", tenant=tenant, persons=len(persons), tombstones=len(stones))
    return len(persons)


async def _persons(store: Store, tenant: str, rows: set[Key]) -> dict[str, set[Key]]:
    """Whom these rows describe in the restored graph."""
    persons: dict[str, set[Key]] = {}
    async for found in transfer.rows(store, tenant):
        for row in found:
            if len(row) > 2 and row[0] == "DESCRIBES":
                _, source, record_id = keys.parts(row[2])
                if (source, record_id) in rows:
                    persons.setdefault(keys.parts(row[4])[1], set()).add((source, record_id))
    return persons


async def _parted(store: Store, tenant: str, person: str, rows: set[Key]) -> list[str]:
    """The persons that the erased rows of a person become, when they were joined with others at the time."""
    named = [RowKey(source=source, record_id=record_id) for source, record_id in sorted(rows)]
    done = await lifecycle.split(
        store, tenant, SplitRequest(person_id=person, rows=named, actor=ACTOR, reason="", dry_run=False)
    )
    return [now.person_id for now in done.persons if {row.key for row in now.rows} <= rows]


def _entry(stone: dict[str, Any]) -> dict[str, Any]:
    return {"tombstone": stone["seal"], **{name: stone[name] for name in ("seal", "kind", "erased_at")}}
