"""Whom a judgement moves without being about them: those who lived with somebody, or live with somebody now."""

from pathlib import Path

import pytest

from graph_service.graph import keys
from graph_service.graph.store import Store, Work
from graph_service.identity.live import judged as kept
from graph_service.identity.live.news import News
from graph_service.lifecycle import jobs, service
from graph_service.lifecycle import schemas as say
from tests.ground import asked, emptied, families
from tests.lifecycle.scenes import matched, persons, row, take, with_ids, without_ids

pytestmark = pytest.mark.engine
HOME = "MATCH (p:Person {tenant: $t, person_id: $own}) RETURN p.household_id AS own"


async def judged(store: Store, tenant: str, left: str, right: str) -> say.Done:
    """A row of each of two persons are the same."""
    sides = {"left": [row(left)], "right": [row(right)]}
    request = say.JudgementRequest(verdict="same", **sides, actor="jo", reason="", dry_run=False)  # type: ignore[arg-type]
    return await service.judge(store, tenant, request)


async def home_of(store: Store, tenant: str, name: str) -> str:
    """The household of the person that a row describes."""
    who = (await persons(store, tenant))[name]
    return str((await asked(store, tenant, HOME, own=who))[0]["own"])


async def settled(store: Store, tenant: str, folder: Path) -> None:
    """Six families of two, matched."""
    await emptied(store, tenant)
    await take(store, tenant, folder, families(6))
    await matched(store, tenant)


async def test_who_is_left_behind_moves_in_with_whom_a_match_run_would_find(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    await settled(store, tenant, tmp_path)
    await judged(store, tenant, "f5m0r0", "f1m1r1")  # of two homes, and two others live at one each
    await matched(store, tenant)
    homes = {name: await home_of(store, tenant, name) for name in ("f1m1r1", "f5m1r0")}
    heard: list[News] = []
    store.hear = lambda _, news: heard.append(news)
    try:
        await judged(store, tenant, "f1m0r1", "f3m1r0")  # the one at the first home has two homes too now
    finally:
        store.hear = None
    homes |= {f"{name} now": await home_of(store, tenant, name) for name in ("f1m1r1", "f5m1r0")}
    assert homes["f1m1r1 now"] == homes["f5m1r0 now"]
    assert {*homes.values()} <= heard[0].households  # what hangs on these, as journeys do, hangs elsewhere now
    live = await without_ids(store, tenant)
    report = await matched(store, tenant)
    assert await without_ids(store, tenant) == live
    assert report.counts["changes"] == 0


async def test_an_undo_gives_bystanders_their_household_back(store: Store, tenant: str, tmp_path: Path) -> None:
    await settled(store, tenant, tmp_path)
    await judged(store, tenant, "f1m1r0", "f4m1r1")
    await matched(store, tenant)
    before, who = await with_ids(store, tenant), await persons(store, tenant)
    merge = say.MergeRequest(persons=[who["f1m1r0"], who["f1m0r0"]], actor="jo", reason="", dry_run=False)
    done = await service.merge(store, tenant, merge)
    moved = await with_ids(store, tenant)
    assert any(who["f4m0r0"] in told and told not in before["members"] for told in moved["members"])
    await service.undo(store, tenant, done.change_id, say.UndoRequest(actor="jo", reason="", dry_run=False))
    assert await with_ids(store, tenant, known=before) == before


async def test_so_does_it_to_who_was_split_from_one_of_them(store: Store, tenant: str, tmp_path: Path) -> None:
    await settled(store, tenant, tmp_path)
    for left, right in (("f4m0r0", "f1m0r0"), ("f1m1r0", "f1m0r0")):
        await judged(store, tenant, left, right)
    who = await persons(store, tenant)
    split = say.SplitRequest(person_id=who["f5m0r1"], rows=[row("f5m0r1")], actor="jo", reason="", dry_run=False)
    await service.split(store, tenant, split)
    before, who = await with_ids(store, tenant), await persons(store, tenant)
    merge = say.MergeRequest(persons=[who["f4m0r0"], who["f5m0r1"]], actor="jo", reason="", dry_run=False)
    done = await service.merge(store, tenant, merge)
    await service.undo(store, tenant, done.change_id, say.UndoRequest(actor="jo", reason="", dry_run=False))
    assert await with_ids(store, tenant, known=before) == before


async def told_to_the_next_run(store: Store, tenant: str, left: str, right: str) -> None:
    """Rows of two persons are the same, and nothing is derived from it till a run does."""
    said = {"verdict": "same", "actor": "jo", "reason": "", "judged_at": "2026-01-01T00:00:00Z"}

    async def act(work: Work) -> None:
        kept.record(work, keys.mint(), said, left=[("crm", left)], right=[("crm", right)])

    await store.work(tenant, act)


async def test_so_does_a_run_taken_back(store: Store, tenant: str, tmp_path: Path) -> None:
    await settled(store, tenant, tmp_path)
    before, who = await with_ids(store, tenant), await persons(store, tenant)
    for left, right in (("f1m1r0", "f4m1r1"), ("f1m0r0", "f2m0r1")):
        await told_to_the_next_run(store, tenant, left, right)
    run = (await matched(store, tenant)).run_id
    ran = await with_ids(store, tenant)
    bystanders = [told for name in ("f2m1r0", "f4m0r0") for told in before["members"] if who[name] in told]
    assert not {*bystanders} <= {*ran["members"]}
    await jobs.undo_run(store, tenant, run, say.UndoRunRequest(actor="jo", reason="", dry_run=False))
    assert await with_ids(store, tenant, known=before) == before


async def test_a_third_person_whom_a_merge_takes_along_comes_back_by_its_undo(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    await emptied(store, tenant)
    rows = {row["id"]: row for row in families(6)}
    await take(store, tenant, tmp_path, [*rows.values()])
    await matched(store, tenant)
    seen_again = [{**rows[own], "id": f"{own}x"} for own in ("f3m1r0", "f4m0r0", "f4m1r0", "f5m0r0")]
    moved = [{**rows[own], "email": f"new{own}@bell.com"} for own in ("f4m1r0", "f1m0r0", "f1m1r0")]
    await take(store, tenant, tmp_path, [*seen_again, *moved])
    await matched(store, tenant)
    before, found = await with_ids(store, tenant), await persons(store, tenant)
    assert found["f4m0r0"] != found["f4m1r0"]
    request = say.MergeRequest(persons=[found["f4m1r0"], found["f1m0r0"]], actor="jo", reason="", dry_run=False)
    done = await service.merge(store, tenant, request)
    merged = await persons(store, tenant)
    assert merged["f4m0r0"] == merged["f4m1r0"]  # of whom nobody spoke
    await service.undo(store, tenant, done.change_id, say.UndoRequest(actor="jo", reason="", dry_run=False))
    assert await with_ids(store, tenant, known=before) == before
