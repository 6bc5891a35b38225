"""Reads about what came in, and the reading of mapping files."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from graph_service import moments
from graph_service.errors import BadInput
from graph_service.graph.store import Row, Store
from graph_service.records import schemas as say
from graph_service.records.schemas import IngestRequest, Source
from graph_service.seals import cursor, place_of, sealing_secret, tombstone
from matching import Mapping, MatchingError

FEW = 20  # seals that are read rather than looked up, whatever is asked for


def request_of(source: str, files: Sequence[Path], mapping: Mapping | None) -> IngestRequest:
    """The request to take these files in. Raises BadInput on a source name or file that cannot be."""
    for path in files:
        if not path.is_file():
            raise BadInput(f"There is no file {path}.")
    try:
        return IngestRequest(source=source, files=list(files), mapping=mapping)
    except ValidationError:
        raise BadInput(f"'{source}' is no source name: use up to 64 of a-z, 0-9, '_', '.', '-'.") from None


def read_mapping(path: Path) -> Mapping:
    """The mapping of columns that a TOML file declares. Raises BadInput."""
    try:
        return Mapping.from_toml(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, MatchingError) as error:
        raise BadInput(f"The mapping {path} cannot be used: {error}") from error


async def sources(store: Store, tenant: str) -> list[Source]:
    """The systems that records come from."""
    return [Source.model_validate(row) for row in await store.read(tenant, "records.sources")]


async def quarantined(store: Store, tenant: str, *, limit: int = 100) -> list[Row]:
    """What was set aside, and why."""
    return await store.read(tenant, "records.quarantined", limit=limit)


async def sources_page(store: Store, tenant: str, *, after: str, limit: int) -> say.Sources:
    """A page of the systems that records come from. Raises BadInput for a strange cursor."""
    rows, further = await _page(store, tenant, "records.sources", after=after, limit=limit)
    return say.Sources(sources=[Source.model_validate(row) for row in rows], **further)


async def quarantine_page(store: Store, tenant: str, *, after: str, limit: int, personal: bool) -> say.Quarantine:
    """A page of what was set aside; without `personal` its places are hidden. Raises BadInput for a strange cursor."""
    rows, further = await _page(store, tenant, "records.quarantined", after=after, limit=limit)
    hidden = {} if personal else {"place": "***"}
    return say.Quarantine(entries=[say.SetAside.model_validate({**row, **hidden}) for row in rows], **further)


async def _page(store: Store, tenant: str, name: str, *, after: str, limit: int) -> tuple[list[Row], dict[str, Any]]:
    """At most `limit` rows behind a cursor; where the next page begins, and the query they came from."""
    secret = sealing_secret(store.settings)
    asked = {"after": place_of(secret, tenant, name, after).decode(), "limit": limit}
    rows = await store.read(tenant, name, **{**asked, "limit": limit + 1})
    shown, more = rows[:limit], len(rows) > limit
    own = store.library[name].returns[0].name  # the own id, by which the list is ordered
    used = {"name": name, "parameters": store.library[name].bind(tenant, asked), "as_of": moments.now()}
    return shown, {"next": cursor(secret, tenant, name, shown[-1][own].encode()) if more else None, "query": used}


async def runs(store: Store, tenant: str, *, limit: int = 100) -> list[Row]:
    """The match runs of a tenant, oldest first."""
    return await store.read(tenant, "records.runs", limit=limit)


@dataclass(frozen=True, slots=True)
class Graveyard:
    """What was erased from a tenant, as seals: none of it may come in again."""

    tenant: str
    secret: bytes
    seals: frozenset[str]

    def holds(self, row: Row) -> bool:
        """Was this row (of `model.contents`) erased, or does it carry an identifier that only an erased person had?"""
        return any(seal in self.seals for seal in _seals(self.secret, self.tenant, row))

    def spared(self, rows: Sequence[Row]) -> list[Row]:
        """The rows that may come in."""
        return [row for row in rows if not self.holds(row)] if self.seals else list(rows)

    def since(self, earlier: "Graveyard") -> "Graveyard":
        """Only what was erased since."""
        return replace(self, seals=self.seals - earlier.seals)


async def graveyard(store: Store, tenant: str) -> Graveyard:
    """Everything that was erased from a tenant."""
    found: set[str] = set()
    async for page in store.stream(tenant, "privacy.every_tombstone"):
        found.update(seal for (seal,) in page)
    return Graveyard(tenant, sealing_secret(store.settings), frozenset(found))


async def erased(store: Store, tenant: str, rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Which of these few rows (of `model.contents`) may not come in again? For many, read the `graveyard` once."""
    secret = sealing_secret(store.settings)
    few = FEW + sum(1 + len(row["carried"]) for row in rows)  # as dear to read as to look so many up
    known = await store.read(tenant, "privacy.first_tombstones", limit=few)
    if len(known) < few:
        yard = Graveyard(tenant, secret, frozenset(row["seal"] for row in known))
        return {row["record"] for row in rows if yard.seals and yard.holds(row)}
    sealed = {row["record"]: list(_seals(secret, tenant, row)) for row in rows}
    wanted = sorted({seal for seals in sealed.values() for seal in seals})
    found = {row["seal"] for row in await store.read(tenant, "privacy.tombstones", seals=wanted)} if wanted else set()
    return {key for key, seals in sealed.items() if found & set(seals)}


def _seals(secret: bytes, tenant: str, row: Row) -> Iterator[str]:
    """The seals under which this row could have been erased: its own, and those of what it carries."""
    yield tombstone(secret, tenant, "record", *row["record"])
    for link in row["carried"]:
        yield tombstone(secret, tenant, link["kind"], link["scope"], link["value"])
