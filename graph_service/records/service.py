"""Reads about what came in, and the reading of mapping files."""

from collections.abc import Sequence
from pathlib import Path

from pydantic import ValidationError

from graph_service.errors import BadInput
from graph_service.graph.store import Row, Store
from graph_service.records.model import carried
from graph_service.records.schemas import IngestRequest, Source
from graph_service.seals import sealing_secret, tombstone
from matching import Mapping, MatchingError


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


async def runs(store: Store, tenant: str, *, limit: int = 100) -> list[Row]:
    """The match runs of a tenant, oldest first."""
    return await store.read(tenant, "records.runs", limit=limit)


async def erased(store: Store, tenant: str, rows: Sequence[Row]) -> set[tuple[str, str]]:
    """Which of these rows (of `model.contents`) were erased, or carry an identifier that only an erased person had?"""
    secret = sealing_secret(store.settings)
    sealed: dict[str, set[tuple[str, str]]] = {}
    for row in rows:
        parts = [("record", *row["record"]), *((link["kind"], link["scope"], link["value"]) for link in carried(row))]
        for one in parts:
            sealed.setdefault(tombstone(secret, tenant, *one), set()).add(row["record"])
    found = await store.read(tenant, "privacy.tombstones", seals=list(sealed)) if sealed else []
    return {key for stone in found for key in sealed[stone["seal"]]}
