"""Who is erased while the same rows are taken in again is nowhere afterwards, at whatever moment it was."""

from pathlib import Path

import pytest

from graph_service.graph.store import Row, Store
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from graph_service.records.service import erased
from tests.ground import asked, carried, emptied, families, write_csv
from tests.lifecycle.scenes import MAPPED, matched, persons, take
from tests.privacy.test_erase import CANARY, canary, told
from tests.visits import Eraser, Visited

pytestmark = pytest.mark.engine
ROWS = "MATCH (r:Record {tenant: $t}) RETURN r.source + '/' + r.record_id AS row"
MOMENTS = (2, 3, 4)  # of six or seven units of work: before the seals are read, and twice behind that


class Torn(Exception):
    """What cuts an ingest off."""


async def known(store: Store, tenant: str, folder: Path) -> str:
    """Families and a canary, matched; who the canary is."""
    await emptied(store, tenant)
    await take(store, tenant, folder, [*families(2), *canary()])
    await matched(store, tenant)
    return (await persons(store, tenant))[f"{CANARY}-0"]


def asked_for(folder: Path, source: str, rows: list[Row]) -> IngestRequest:
    return IngestRequest(source=source, files=[write_csv(folder / f"{source}.csv", rows)], mapping=MAPPED)


@pytest.mark.parametrize("moment", MOMENTS)
async def test_rows_that_were_erased_while_they_came_in_go_again(
    store: Store, tenant: str, tmp_path: Path, moment: int
) -> None:
    eraser = Eraser(store, tenant, await known(store, tenant, tmp_path), moment)
    rows = [{**row, "last_name": f"{row['last_name']}s"} for row in (*families(2), *canary())]
    report = await ingest(Visited(store, eraser, 50), tenant, asked_for(tmp_path, "crm", rows))
    assert eraser.left < 0
    assert CANARY not in await told(store, tenant)
    there = {row["row"] for row in await asked(store, tenant, ROWS)}
    assert there == {f"crm/{row['id']}" for row in families(2)}
    assert report.read == len(rows) == report.changed + report.new + report.unchanged + report.erased


@pytest.mark.parametrize("moment", MOMENTS)
async def test_so_do_rows_of_another_source_that_carry_what_was_the_erased_ones_alone(
    store: Store, tenant: str, tmp_path: Path, moment: int
) -> None:
    eraser = Eraser(store, tenant, await known(store, tenant, tmp_path), moment)
    other = {**canary()[0], "id": "w1"}
    request = asked_for(tmp_path, "web", [other])
    await ingest(Visited(store, eraser, 50), tenant, request)
    assert eraser.left < 0
    came_later = await shut_out(store, tenant, other)
    assert bool(await carried(store, tenant, "w1")) is not came_later  # before, it is somebody else's too
    assert came_later is (CANARY not in await told(store, tenant))


async def shut_out(store: Store, tenant: str, row: Row) -> bool:
    """May this row not come in, because of what it carries?"""
    link = {"kind": "email", "scope": "", "value": row["email"]}
    return bool(await erased(store, tenant, [{"record": ("web", row["id"]), "carried": [link]}]))


async def test_an_ingest_that_was_cut_off_leaves_them_to_the_next(store: Store, tenant: str, tmp_path: Path) -> None:
    eraser = Eraser(store, tenant, await known(store, tenant, tmp_path), 3)
    request = asked_for(tmp_path, "crm", [{**row, "first_name": "zoe"} for row in canary()])

    def torn(_: str, read: int) -> None:
        raise Torn

    with pytest.raises(Torn):
        await ingest(Visited(store, eraser, 50), tenant, request, progress=torn)
    assert CANARY in await told(store, tenant)
    report = await ingest(store, tenant, request)
    assert (report.erased, report.withdrawn) == (2, 2)
    assert CANARY not in await told(store, tenant)
    assert (await ingest(store, tenant, request)).withdrawn == 0
