"""Merge, split, judge and undo: what they leave is what a match run would, and taken back it is as it was."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from graph_service.errors import BadInput, NotFound, Refused, Stale
from graph_service.graph.store import Row, Store, Work
from graph_service.identity.view import View
from graph_service.lifecycle import schemas as say
from graph_service.lifecycle import service
from tests.ground import families
from tests.lifecycle.scenes import matched, persons, row, take, with_ids, without_ids

pytestmark = pytest.mark.engine
COMMAND = {"actor": "jo", "reason": "told us", "dry_run": False}


async def town(store: Store, tenant: str, folder: Path, count: int = 12) -> dict[str, str]:
    """Matched families; the person of every row."""
    await take(store, tenant, folder, families(count))
    await matched(store, tenant)
    return await persons(store, tenant)


def merging(*ids: str, **rest: object) -> say.MergeRequest:
    return say.MergeRequest(persons=list(ids), **{**COMMAND, **rest})  # type: ignore[arg-type]


def splitting(person: str, *rows: str, **rest: object) -> say.SplitRequest:
    return say.SplitRequest(person_id=person, rows=[row(one) for one in rows], **{**COMMAND, **rest})  # type: ignore[arg-type]


def taking_back(**rest: object) -> say.UndoRequest:
    return say.UndoRequest(**{**COMMAND, **rest})  # type: ignore[arg-type]


async def test_a_merge_leaves_what_a_match_run_would_and_undone_leaves_no_trace(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    found = await town(store, tenant, tmp_path)
    before = await with_ids(store, tenant)
    older, younger = sorted((found["f0m0r0"], found["f3m1r0"]))
    done = await service.merge(store, tenant, merging(younger, older))
    assert [one.person_id for one in done.persons] == [older]
    assert len(done.persons[0].rows) == 4
    after = await persons(store, tenant)
    assert {after[name] for name in ("f0m0r0", "f0m0r1", "f3m1r0", "f3m1r1")} == {older}
    live = await without_ids(store, tenant)
    report = await matched(store, tenant)
    assert await without_ids(store, tenant) == live
    assert report.counts["changes"] == 0
    await service.undo(store, tenant, done.change_id, taking_back())
    assert await with_ids(store, tenant, known=before) == before


async def test_an_undone_merge_leaves_what_was_named_before_for_another_reason(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    found = await town(store, tenant, tmp_path, 6)
    moved, home = found["f1m1r0"], found["f1m0r0"]
    merged = await service.merge(store, tenant, merging(found["f0m0r0"], moved))
    split = await service.split(store, tenant, splitting(merged.persons[0].person_id, "f0m0r0"))
    apart = next(one.person_id for one in split.persons if [row.record_id for row in one.rows] == ["f0m0r0"])
    before = await with_ids(store, tenant)  # the households of both families name each other
    done = await service.merge(store, tenant, merging(home, apart))
    await service.undo(store, tenant, done.change_id, taking_back())
    assert await with_ids(store, tenant, known=before) == before


async def test_a_split_leaves_what_a_match_run_would_and_undone_joins_again(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    found = await town(store, tenant, tmp_path)
    whole = found["f2m0r0"]
    done = await service.split(store, tenant, splitting(whole, "f2m0r1"))
    after = await persons(store, tenant)
    assert after["f2m0r0"] == whole != after["f2m0r1"]
    live = await without_ids(store, tenant)
    assert (await matched(store, tenant)).counts["changes"] == 0
    assert await without_ids(store, tenant) == live
    await service.undo(store, tenant, done.change_id, taking_back())
    assert await persons(store, tenant) == found


async def test_what_is_refused_and_what_is_only_tried_changes_nothing(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    found = await town(store, tenant, tmp_path, 8)
    one, two, three = found["f0m0r0"], found["f1m0r0"], found["f2m0r0"]
    before = await with_ids(store, tenant)
    tried = await service.merge(store, tenant, merging(one, two, dry_run=True))
    assert (tried.dry_run, len(tried.persons), len(tried.persons[0].rows)) == (True, 1, 4)
    with pytest.raises(Stale):
        await service.merge(store, tenant, merging(one, two, expect={one: 1, two: 99}))
    with pytest.raises(Stale):
        await service.split(store, tenant, splitting(one, "f0m0r0"), expected=99)
    with pytest.raises(NotFound):
        await service.merge(store, tenant, merging(one, "nobody"))
    with pytest.raises(BadInput, match="not all of this person"):
        await service.split(store, tenant, splitting(one, "f1m0r0"))
    with pytest.raises(BadInput, match="cannot leave"):
        await service.split(store, tenant, splitting(one, "f0m0r0", "f0m0r1"))
    with pytest.raises(NotFound):
        await service.undo(store, tenant, "no-change", taking_back())
    assert await with_ids(store, tenant, known=before) == before
    merged = await service.merge(store, tenant, merging(one, two))
    with pytest.raises(Refused, match="one person already"):
        await service.merge(store, tenant, merging(one, two))
    built = await service.merge(store, tenant, merging(one, three))
    with pytest.raises(Refused, match=built.judgement_id):
        await service.undo(store, tenant, merged.change_id, taking_back())
    for done in (built, merged):
        await service.undo(store, tenant, done.change_id, taking_back())
    with pytest.raises(Refused, match="already"):
        await service.undo(store, tenant, merged.change_id, taking_back())
    assert await with_ids(store, tenant, known=before) == before
    told = await service.history(View(store, tenant, True), two)
    assert [(each.kind, each.actor) for each in told.changes] == [("person_merged", "jo"), ("person_split", "jo")]


async def test_rows_that_were_merged_by_hand_can_be_split_and_merged_again(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    found = await town(store, tenant, tmp_path, 8)
    one, two = sorted((found["f0m0r0"], found["f1m0r0"]))
    await service.merge(store, tenant, merging(one, two))
    await service.split(store, tenant, splitting(one, "f1m0r0", "f1m0r1"))
    after = await persons(store, tenant)
    assert after["f1m0r0"] == after["f1m0r1"] != after["f0m0r0"] == after["f0m0r1"]
    done = await service.merge(store, tenant, merging(after["f0m0r0"], after["f1m0r0"]))
    assert [len(person.rows) for person in done.persons] == [4]
    noted = await service.judge(
        store,
        tenant,
        say.JudgementRequest(verdict="same", left=[row("f0m0r0")], right=[row("f0m0r1")], **COMMAND),  # type: ignore[arg-type]
    )
    assert [change.kind for change in noted.changes] == ["person_judged"]


async def test_a_follower_misses_nothing_whatever_eight_writers_do(store: Store, tenant: str, tmp_path: Path) -> None:
    found = await town(store, tenant, tmp_path, 18)
    pairs = [(found[f"f{at}m0r0"], found[f"f{at}m1r0"]) for at in range(16)]
    heard: list[str] = []
    writing = True

    async def write(mine: list[tuple[str, str]]) -> list[str]:
        done = [await service.merge(store, tenant, merging(*pair)) for pair in mine]
        return [change.change_id for one in done for change in one.changes]

    async def follow() -> None:
        cursor, again = "", True
        while again:
            again = writing
            told = await service.changes(store, tenant, after=cursor, limit=3)
            cursor = told.next
            heard.extend(change.change_id for change in told.changes)
            again = again or told.more

    following = asyncio.create_task(follow())
    written = await asyncio.gather(*(write(pairs[at::8]) for at in range(8)))
    writing = False
    await following
    assert sorted(heard) == sorted(change for mine in written for change in mine)
    assert len(set(heard)) == len(heard) >= 16
    assert len(set((await persons(store, tenant)).values())) == 20


async def test_a_judgement_just_made_is_not_asked_for_and_earlier_ones_are(
    store: Store, tenant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await town(store, tenant, tmp_path)
    asked: list[str] = []
    run = Work.run

    async def counted(self: Work, name: str, /, **params: Any) -> list[Row]:
        asked.append(name)
        return await run(self, name, **params)

    monkeypatch.setattr(Work, "run", counted)
    done = await service.merge(store, tenant, merging(found["f0m0r0"], found["f3m1r0"]))
    assert "lifecycle.judgements_about" not in asked
    asked.clear()
    again = await service.merge(store, tenant, merging(done.persons[0].person_id, found["f5m0r0"]))
    assert "lifecycle.judgements_about" in asked
    assert len(again.persons) == 1
    assert len(again.persons[0].rows) == 6
    assert again.persons[0].version == done.persons[0].version + 1
