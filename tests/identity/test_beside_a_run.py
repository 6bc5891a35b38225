"""Who comes, or is erased, at any moment of a match run: nobody falls apart, and nothing stays of the erased."""

from dataclasses import replace
from pathlib import Path

import pytest

from graph_service.errors import Gone
from graph_service.graph.store import Row, Store
from graph_service.identity import service as identity
from graph_service.identity.jobs import match_tenant
from graph_service.identity.live.arrive import take_in
from graph_service.identity.run.models import current_model, save_model
from graph_service.identity.view import View
from graph_service.identity.waiting import decide
from tests.ground import asked, emptied, families
from tests.identity.test_live import newcomer
from tests.lifecycle.scenes import persons, take, without_ids
from tests.lifecycle.test_bystanders import told_to_the_next_run
from tests.privacy.test_erase import CANARY, canary, told
from tests.visits import Eraser, Visited

pytestmark = pytest.mark.engine
# The second row of a person has no e-mail address, and visitors have little else: the first holds them together.
FAMILIES = [{**row, "email": row["email"] if row["id"].endswith("r0") else ""} for row in families(6)]
CHANGES = "MATCH (c:Change {tenant: $t}) RETURN c.kind AS kind, c.subject AS subject"


class Visitors:
    """Further rows of the people of these families, each in turn, taken in one after the other."""

    def __init__(self, store: Store, tenant: str) -> None:
        self.store, self.tenant = store, tenant
        self.came: list[Row] = []

    async def __call__(self) -> None:
        known = FAMILIES[2 * len(self.came) % len(FAMILIES)]
        row = newcomer(f"{known['id'][:4]}v{len(self.came)}", first_name=known["first_name"], email=known["email"])
        self.came.append(row)
        await take_in(self.store, self.tenant, [row])


@pytest.mark.parametrize("again", [False, True], ids=["first run", "other weights"])
async def test_rows_that_come_at_any_moment_of_a_run_move_nobody(
    store: Store, tenant: str, tmp_path: Path, again: bool
) -> None:
    await emptied(store, tenant)
    await take(store, tenant, tmp_path, FAMILIES)
    if again:
        await match_tenant(store, tenant)
        held = await current_model(store, tenant)
        assert held is not None
        await save_model(store, tenant, replace(held.model, prior=1.5 * held.model.prior))
    before = await persons(store, tenant)
    visitors = Visitors(store, tenant)
    await match_tenant(Visited(store, visitors, 500), tenant)
    await decide.catch_up(store, tenant)
    after = await persons(store, tenant)
    assert {row: after[row] for row in before} == before
    assert len(set(after.values())) == 12
    assert len({(row[:4], own) for row, own in after.items()}) == 12
    assert len(visitors.came) > 20
    if again:
        assert await asked(store, tenant, CHANGES) == []  # not even for a moment
    live = await without_ids(store, tenant)
    report = await match_tenant(store, tenant)
    assert await without_ids(store, tenant) == live
    written = {name for name, count in report.counts.items() if name.startswith(("put", "gone")) and count}
    assert written <= {"put_row_matches", "gone_row_matches"}  # some were weighed by the former model


@pytest.mark.parametrize("moment", [6, 18, 31])  # of some 36 units of work
async def test_who_is_erased_at_any_moment_of_a_run_is_nowhere(
    store: Store, tenant: str, tmp_path: Path, moment: int
) -> None:
    await emptied(store, tenant)
    await take(store, tenant, tmp_path, [*families(3), *canary()])
    await match_tenant(store, tenant)
    who = (await persons(store, tenant))[f"{CANARY}-0"]
    eraser = Eraser(store, tenant, who, moment)
    await match_tenant(Visited(store, eraser, 500), tenant, retrain=True)
    assert eraser.left < 0
    assert CANARY not in await told(store, tenant)
    with pytest.raises(Gone):
        await identity.person(View(store, tenant, True), who)
    report = await match_tenant(store, tenant)
    assert (report.counts["persons"], report.counts["changes"]) == (6, 0)


@pytest.mark.parametrize("moment", [8, 26])  # before the run takes rows from one person to another
async def test_nobody_is_named_or_housed_after_who_was_erased_meanwhile(
    store: Store, tenant: str, tmp_path: Path, moment: int
) -> None:
    await emptied(store, tenant)
    more = [{**canary()[0], "id": f"{CANARY}-{at}"} for at in range(2, 8)]
    for rows in (families(2), [*canary(), *more]):
        await take(store, tenant, tmp_path, rows)
        await match_tenant(store, tenant)
    who = (await persons(store, tenant))[f"{CANARY}-0"]
    await told_to_the_next_run(store, tenant, f"{CANARY}-0", "f0m0r0")
    eraser = Eraser(store, tenant, who, moment)
    await match_tenant(Visited(store, eraser, 500), tenant)
    assert eraser.left < 0
    assert CANARY not in await told(store, tenant)
    assert sorted(await persons(store, tenant)) == sorted(row["id"] for row in families(2))
    assert (await match_tenant(store, tenant)).counts["changes"] == 0


@pytest.mark.parametrize("moment", [12, 29, 30, 32])  # the last two behind the alias, before the rows are moved
async def test_who_is_erased_while_a_run_merges_them_is_nowhere(
    store: Store, tenant: str, tmp_path: Path, moment: int
) -> None:
    await emptied(store, tenant)
    more = [{**row, "id": f"f0m0r{at}"} for at in range(2, 8) for row in families(1)[:1]]
    for rows in ([*families(2), *canary()], more):
        await take(store, tenant, tmp_path, rows)
        await match_tenant(store, tenant)
    found = await persons(store, tenant)
    who = found[f"{CANARY}-0"]
    await told_to_the_next_run(store, tenant, f"{CANARY}-0", "f0m0r0")  # the larger person's id survives
    eraser = Eraser(store, tenant, who, moment)
    await match_tenant(Visited(store, eraser, 500), tenant)
    assert eraser.left < 0
    assert CANARY not in await told(store, tenant)
    left = {*await persons(store, tenant)}
    assert {row["id"] for row in families(2)} - left in (set(), {"f0m0r0", "f0m0r1"})  # not merged yet, or already
    assert (await match_tenant(store, tenant)).counts["changes"] == 0
