"""Households over time: what rows that were seen on different days say of who lived where, and when."""

from pathlib import Path

import pytest

from graph_service.graph.store import Row, Store
from graph_service.identity import service
from graph_service.identity.jobs import match_tenant
from graph_service.identity.view import View
from tests.ground import families, person
from tests.identity.test_match_run import person_of, take

pytestmark = pytest.mark.asyncio(loop_scope="session")


def seen(row: Row, record_id: str, day: str, **fields: str) -> Row:
    """A row about somebody as a source saw it on a day."""
    return {**row, "id": record_id, "seen_at": f"{day}T12:00:00Z", **fields}


async def lived(store: Store, tenant: str, household: str, day: str) -> str | None:
    """The street of a household on a day."""
    home = (await service.household(View(store, tenant, True), household, as_of=day)).home
    return home.street_address if home else None


async def test_a_family_that_moves_keeps_its_id_and_both_its_homes(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(12)
    dated = [seen(row, row["id"], f"2024-0{1 + at % 3}-05") for at, row in enumerate(rows)]
    await take(store, tenant, tmp_path, dated)
    await match_tenant(store, tenant)
    view, first = View(store, tenant, True), rows[0]
    own = (await person_of(store, tenant))[first["id"]]
    before = (await service.person(view, own)).household_id
    assert before is not None
    moved = [seen(row, f"new-{row['id']}", "2025-03-01", street_address="9 Far Rd", zip="76199") for row in rows[:4]]
    await take(store, tenant, tmp_path, moved)
    await match_tenant(store, tenant)
    assert (await service.person(view, own)).household_id == before
    assert [await lived(store, tenant, before, day) for day in ("2023-06-01", "2024-02-10", "2025-06-01")] == [
        None, first["street_address"].lower(), "9 far rd",
    ]  # fmt: skip


async def test_a_child_that_leaves_gets_a_household_of_its_own(store: Store, tenant: str, tmp_path: Path) -> None:
    mobile = [person(900 + number)["phone"] for number in range(24)]  # everybody's own: no landline ties them
    rows = [{**row, "phone": mobile[at // 2]} for at, row in enumerate(families(12))]
    await take(store, tenant, tmp_path, [seen(row, row["id"], "2024-02-05") for row in rows])
    await match_tenant(store, tenant)
    view, found = View(store, tenant, True), await person_of(store, tenant)
    stays, leaves = found["f0m0r0"], found["f0m1r0"]
    together = (await service.person(view, stays)).household_id
    assert (await service.person(view, leaves)).household_id == together
    far = {"street_address": "77 College Ave", "zip": "76155"}
    gone = [seen(rows[2], f"gone-{number}", f"2026-0{1 + number}-01", **far) for number in range(3)]
    await take(store, tenant, tmp_path, gone)
    await match_tenant(store, tenant)
    assert (await person_of(store, tenant))["gone-0"] == leaves  # the same person, elsewhere
    apart = (await service.person(view, leaves)).household_id
    assert apart is not None
    assert (await service.person(view, stays)).household_id == together != apart
    assert await lived(store, tenant, apart, "2026-06-01") == "77 college ave"
    assert await lived(store, tenant, str(together), "2026-06-01") == rows[0]["street_address"].lower()
