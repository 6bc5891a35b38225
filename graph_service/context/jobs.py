"""Storm event files of NOAA become storms."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import ValidationError

from graph_service import logs
from graph_service.context import model, schemas, service
from graph_service.errors import BadInput, first_problem
from graph_service.graph.store import Row, Store
from graph_service.records import model as records
from matching import MatchingError, read_source

Progress = Callable[[str, int], None]
log = logs.get("context")
CHUNK = 500


async def ingest_storms(
    store: Store,
    tenant: str,
    files: Sequence[Path],
    *,
    by: schemas.By = "episode",
    days: int = 180,
    progress: Progress | None = None,
) -> schemas.StormsReport:
    """Take files of NCEI or SPC in: a storm for each episode (or report), whose window is so many days long.

    The same again changes nothing; rows that cannot be read are set aside with their reason. An episode is read whole,
    so its files belong into one call. Raises BadInput when a file cannot be read at all.
    """
    began, report = time.monotonic(), schemas.StormsReport()
    found: list[model.Report] = []
    try:
        for path in files:
            found += await _reports(store, tenant, path, days=days, report=report)
            if progress:
                progress(path.name, report.read)
    except MatchingError as error:
        raise BadInput(str(error)) from error
    storms = model.storms_of(found, by_episode=by == "episode", days=days)
    held = [schemas.Storm.model_validate(one) for one in storms]
    for start in range(0, len(held), CHUNK):
        written = await service.write_storms(store, tenant, held[start : start + CHUNK])
        report.waiting += written.waiting
    report.storms = len(held)
    report.seconds = round(time.monotonic() - began, 3)
    log.info("storms_ingested", tenant=tenant, read=report.read, storms=report.storms)
    return report


async def _reports(
    store: Store, tenant: str, path: Path, *, days: int, report: schemas.StormsReport
) -> list[model.Report]:
    """The reports of a file; rows that are none are set aside."""
    found, aside = [], []
    for raw in read_source(path):
        aside += [_aside(path, row.row_number, row.reason, row.raw) for row in raw.bad]
        for number, row in zip(raw.row_numbers, raw.table.to_pylist(), strict=True):
            try:
                found.append(_readable(row, days))
            except BadInput as error:
                aside.append(_aside(path, int(number), error.message, ""))
    report.read += len(found) + len(aside)
    report.quarantined += len(aside)
    await store.write_many(tenant, "records.quarantine_rows", aside)
    return found


def _readable(row: Mapping[str, str | None], days: int) -> model.Report:
    """A row that makes a storm by itself, so that it spoils no storm of several. Raises BadInput."""
    one = model.report_of(row)
    try:
        [alone] = model.storms_of([one], by_episode=True, days=days)
        schemas.Storm.model_validate(alone)
    except ValidationError as error:
        raise BadInput(f"{first_problem(error)}.") from error
    return one


def _aside(path: Path, number: int, reason: str, content: str) -> Row:
    place = f"{path.name}:{number}"
    return records.set_aside(source="noaa", place=place, reason=reason, stage="ingest", content=content)
