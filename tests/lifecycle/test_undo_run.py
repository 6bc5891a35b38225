"""A match run taken back: former ids hold their rows again, later runs heed it, and who moved on since is named."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from graph_service.errors import BadInput, NotFound, Refused
from graph_service.graph.store import Store
from graph_service.identity.run.models import current_model, save_model
from graph_service.identity.view import View, living
from graph_service.lifecycle import jobs, service
from graph_service.lifecycle import schemas as say
from tests.ground import asked, families
from tests.lifecycle.scenes import matched, persons, row, take, with_ids, without_ids

pytestmark = pytest.mark.engine


def taking_back(**rest: object) -> say.UndoRunRequest:
    return say.UndoRunRequest(**{"actor": "jo", "reason": "wrong model", "dry_run": False, **rest})  # type: ignore[arg-type]


async def households(store: Store, tenant: str) -> Mapping[str, str]:
    """The household of every row."""
    text = """MATCH (r:Record {tenant: $t})-[:DESCRIBES]->(:Person)-[:MEMBER_OF]->(h:Household)
        RETURN r.record_id AS row, h.household_id AS household"""
    return {one["row"]: one["household"] for one in await asked(store, tenant, text)}


async def run_with(store: Store, tenant: str, *, prior: float) -> str:
    """A match run under the tenant's model with another prior: it merges, or splits, nearly everybody."""
    held = await current_model(store, tenant)
    assert held is not None
    await save_model(store, tenant, replace(held.model, prior=prior, household=0.0))
    return (await matched(store, tenant)).run_id


@pytest.mark.parametrize("prior", [0.45, 1e-16], ids=["merged", "split"])
async def test_a_run_taken_back_leaves_who_was_there_before(
    store: Store, tenant: str, tmp_path: Path, prior: float
) -> None:
    await take(store, tenant, tmp_path, families(5))
    await matched(store, tenant)
    before, homes = await persons(store, tenant), await households(store, tenant)
    run = await run_with(store, tenant, prior=prior)
    ran = await persons(store, tenant)
    assert ran != before
    tried = await jobs.undo_run(store, tenant, run, taking_back(dry_run=True))
    assert await persons(store, tenant) == ran
    done = await jobs.undo_run(store, tenant, run, taking_back())
    assert await persons(store, tenant) == before
    assert await households(store, tenant) == homes
    assert (tried.groups, tried.rows, tried.judgements) == (done.groups, done.rows, done.judgements)
    moved = {name for name in before if before[name] != ran[name]}
    assert done.rows >= len(moved) > 0
    assert {one.reason for one in done.changes} == {"wrong model"}
    live = await without_ids(store, tenant)
    again = await matched(store, tenant)  # the model is the one that the run had, and what was judged holds
    assert await without_ids(store, tenant) == live
    assert again.counts["changes"] == 0
    for own in {*before.values(), *ran.values()}:
        assert (await living(View(store, tenant, True), "person", own))["alias_of"] is None
    with pytest.raises(Refused, match="left"):
        await jobs.undo_run(store, tenant, run, taking_back())
    one = next(change for change in done.changes if change.kind.startswith("person"))
    await service.undo(store, tenant, one.change_id, say.UndoRequest(actor="jo", reason="", dry_run=False))
    assert await persons(store, tenant) != before  # a judgement of it is taken back like any other


async def test_a_run_names_nobody_who_came_back_and_taken_back_names_them_again(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    await take(store, tenant, tmp_path, families(5))
    await matched(store, tenant)
    held = await current_model(store, tenant)
    assert held is not None
    await run_with(store, tenant, prior=1e-16)
    apart = await with_ids(store, tenant)
    assert any(also for _, also in apart["aliases"].values())
    run = await run_with(store, tenant, prior=held.model.prior)
    whole = await with_ids(store, tenant)
    merged = {own: survivor for own, (survivor, _) in whole["aliases"].items() if survivor}
    assert merged
    assert not [own for own, (_, also) in whole["aliases"].items() if own in {merged.get(one) for one in also or ()}]
    await jobs.undo_run(store, tenant, run, taking_back())
    assert (await with_ids(store, tenant, known=apart))["aliases"] == apart["aliases"]


async def test_a_second_split_goes_on_naming_who_left_at_the_first(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(5)
    await take(store, tenant, tmp_path, [*rows, {**rows[0], "id": "third"}, {**rows[0], "id": "fourth"}])
    await matched(store, tenant)
    judging = say.JudgementRequest(
        verdict="different", left=[row("third")], right=[row("fourth")], actor="jo", reason="", dry_run=False
    )
    await service.judge(store, tenant, judging)
    named = {own: set(also) for own, (_, also) in (await with_ids(store, tenant))["aliases"].items() if also}
    assert named
    await run_with(store, tenant, prior=1e-16)
    after = {own: set(also) for own, (_, also) in (await with_ids(store, tenant))["aliases"].items() if also}
    assert all(after[own] >= others for own, others in named.items())
    assert any(after[own] > others for own, others in named.items())


async def test_persons_that_moved_on_are_named_and_skipped_when_asked(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    await take(store, tenant, tmp_path, families(4))
    first = (await matched(store, tenant)).run_id
    before = await persons(store, tenant)
    run = await run_with(store, tenant, prior=1e-16)
    ran = await persons(store, tenant)
    parted = sorted(name for name in before if before[name] != ran[name])
    late = parted[0]
    other = next(name for name in sorted(ran) if before[name] == before[late] and name != late)
    judging = say.JudgementRequest(
        verdict="different", left=[row(late)], right=[row(other)], actor="jo", reason="", dry_run=False
    )
    await service.judge(store, tenant, judging)
    with pytest.raises(Refused, match=ran[late]):
        await jobs.undo_run(store, tenant, run, taking_back())
    assert await persons(store, tenant) == ran
    done = await jobs.undo_run(store, tenant, run, taking_back(persons=[ran[parted[-1]]]))
    assert (done.groups, done.skipped) == (1, [])
    rest = await jobs.undo_run(store, tenant, run, taking_back(skip=True))
    assert ran[late] in rest.skipped
    now = await persons(store, tenant)
    assert {name for name in now if now[name] != before[name]} <= {late, other}
    assert now[late] != now[other]
    with pytest.raises(Refused, match="left"):
        await jobs.undo_run(store, tenant, first, taking_back())  # it found nobody: there was nothing to change
    with pytest.raises(NotFound):
        await jobs.undo_run(store, tenant, "nobody's", taking_back())
    other_job = {"run_id": "attributed", "job": "attribute", "state": "done"}
    await store.write(tenant, "records.record_run", run="attributed", content=other_job)
    with pytest.raises(BadInput, match="match run"):
        await jobs.undo_run(store, tenant, "attributed", taking_back())
