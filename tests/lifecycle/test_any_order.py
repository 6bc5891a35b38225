"""Whatever happens to a graph in whatever order: what holds of identities holds, and a rebuild finds the live state.

hypothesis draws the steps: rows arrive and change, persons are merged, split, judged, taken back, erased, matched.
"""

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, ClassVar, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from graph_service.errors import BadInput, Gone, NotFound, Refused
from graph_service.graph.store import Row, Store
from graph_service.identity.live.judged import standing
from graph_service.identity.run.models import current_model, save_model
from graph_service.identity.view import View, living
from graph_service.lifecycle import schemas as say
from graph_service.lifecycle import service
from graph_service.privacy.service import Asked, erase
from matching import Model
from tests.ground import asked, emptied, families
from tests.lifecycle.scenes import matched, persons, row, take, with_ids, without_ids

T = TypeVar("T")
HOUSEHOLDS = """
MATCH (h:Household {tenant: $t}) WHERE h.alias_of IS NULL
OPTIONAL MATCH (p:Person)-[:MEMBER_OF]->(h)
WITH h, count(p) AS members
OPTIONAL MATCH (h)-[:LIVES_AT]->(b:Property)
RETURN h.household_id AS own, h.persons AS persons, members, count(b) AS homes
"""
AT = st.integers(0, 10_000)
COMMAND = {"actor": "jo", "reason": "", "dry_run": False}


class Life(RuleBasedStateMachine):
    """One tenant's graph, and somebody who does things to it."""

    store: ClassVar[Store]
    tenant: ClassVar[str]
    folder: ClassVar[Path]
    loop: ClassVar[asyncio.AbstractEventLoop]
    model: ClassVar[Model | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.changes: list[str] = []
        self.found: dict[str, str] = {}

    def do(self, act: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(act, self.loop).result(timeout=120)

    @initialize()
    def begin(self) -> None:
        self.do(self._begin())

    async def _begin(self) -> None:
        await emptied(self.store, self.tenant)
        if self.model is not None:
            await save_model(self.store, self.tenant, self.model)
        await take(self.store, self.tenant, self.folder, families(6))
        await matched(self.store, self.tenant)
        held = await current_model(self.store, self.tenant)
        type(self).model = held.model if held else None

    def _one(self, at: int) -> str:
        rows = sorted(self.found)
        return rows[at % len(rows)]

    def _by_hand(self, act: Coroutine[Any, Any, say.Done]) -> None:
        try:
            self.changes.append(self.do(act).change_id)
        except (Refused, NotFound, BadInput):
            return  # what cannot be done changes nothing; the invariants say so

    @rule(at=AT, other=AT)
    def merge(self, at: int, other: int) -> None:
        ids = [self.found[self._one(each)] for each in (at, other)]
        self._by_hand(service.merge(self.store, self.tenant, say.MergeRequest(persons=ids, **COMMAND)))  # type: ignore[arg-type]

    @rule(at=AT, size=st.integers(1, 2))
    def split(self, at: int, size: int) -> None:
        who = self.found[self._one(at)]
        rows = [row(name) for name in sorted(self.found) if self.found[name] == who][:size]
        request = say.SplitRequest(person_id=who, rows=rows, **COMMAND)  # type: ignore[arg-type]
        self._by_hand(service.split(self.store, self.tenant, request))

    @rule(at=AT, other=AT, same=st.booleans())
    def judge(self, at: int, other: int, same: bool) -> None:
        sides = {"left": [row(self._one(at))], "right": [row(self._one(other))]}
        request = say.JudgementRequest(verdict="same" if same else "different", **sides, **COMMAND)  # type: ignore[arg-type]
        self._by_hand(service.judge(self.store, self.tenant, request))

    @rule(at=AT)
    def undo(self, at: int) -> None:
        if self.changes:
            change = self.changes[at % len(self.changes)]
            self._by_hand(service.undo(self.store, self.tenant, change, say.UndoRequest(**COMMAND)))  # type: ignore[arg-type]

    @rule(at=AT, other=AT)
    def merge_and_undo_at_once(self, at: int, other: int) -> None:
        ids = [self.found[self._one(each)] for each in (at, other)]
        if ids[0] != ids[1]:
            before = self.do(with_ids(self.store, self.tenant))
            request = say.MergeRequest(persons=ids, **COMMAND)  # type: ignore[arg-type]
            done = self.do(service.merge(self.store, self.tenant, request))
            self.do(service.undo(self.store, self.tenant, done.change_id, say.UndoRequest(**COMMAND)))  # type: ignore[arg-type]
            assert self.do(with_ids(self.store, self.tenant, known=before)) == before

    @rule(at=AT)
    def erase(self, at: int) -> None:
        who = self.found[self._one(at)]
        if len(set(self.found.values())) > 3:
            self.do(erase(self.store, self.tenant, Asked(who, "jo")))

    @rule(number=st.integers(0, 11), changed=st.booleans())
    def arrive(self, number: int, changed: bool) -> None:
        """A row comes, or comes with another e-mail address; the next match run places it."""
        own: Row = dict(families(6)[2 * number])
        own |= {"email": f"new{number}@bell.com"} if changed else {"id": f"{own['id']}x"}
        self.do(take(self.store, self.tenant, self.folder, [own]))
        self.do(matched(self.store, self.tenant))

    @rule()
    def match_again(self) -> None:
        """A match run finds nothing to change: the live state is what the base facts say."""
        before = self.do(without_ids(self.store, self.tenant))
        report = self.do(matched(self.store, self.tenant))
        assert self.do(without_ids(self.store, self.tenant)) == before
        assert report.counts["changes"] == 0

    @invariant()
    def what_holds_of_identities_holds(self) -> None:
        self.every_row_is_one_person()
        self.who_was_judged_apart_is_apart()
        self.an_old_id_resolves_or_is_gone()
        self.a_household_is_what_its_members_make_it()

    def every_row_is_one_person(self) -> None:
        self.found = self.do(persons(self.store, self.tenant)) if self.model is not None else {}
        self.ids |= set(self.found.values())

    def who_was_judged_apart_is_apart(self) -> None:
        for judgement in self.do(standing(self.store, self.tenant)):
            left, right = ({self.found[key[1]] for key in side if key[1] in self.found} for side in
                           (judgement.left, judgement.right))  # fmt: skip
            assert judgement.same or not left & right
            assert not judgement.same or len(left | right) <= 1

    def a_household_is_what_its_members_make_it(self) -> None:
        for home in self.do(asked(self.store, self.tenant, HOUSEHOLDS)):
            assert home["persons"] == home["members"] > 0, home
            assert home["homes"] > 0, home

    def an_old_id_resolves_or_is_gone(self) -> None:
        view = View(self.store, self.tenant, True)
        for own in sorted(self.ids):
            try:
                assert self.do(living(view, "person", own))["alias_of"] is None
            except Gone:
                assert own not in set(self.found.values())


async def lived(store: Store, tenant: str, folder: Path, *, lives: int, steps: int) -> None:
    """So many lives of so many steps; a few are always the same ones, many are drawn anew."""
    loop = asyncio.get_running_loop()
    machine = type("ALife", (Life,), {"store": store, "tenant": tenant, "folder": folder, "loop": loop})
    bounds = settings(
        max_examples=lives, stateful_step_count=steps, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), derandomize=lives < 10, print_blob=True,
    )  # fmt: skip
    await asyncio.to_thread(run_state_machine_as_test, machine, settings=bounds)


@pytest.mark.engine
async def test_a_short_life(store: Store, tenant: str, tmp_path: Path) -> None:
    await lived(store, tenant, tmp_path, lives=2, steps=10)
    assert await persons(store, tenant) is not None


@pytest.mark.engine
@pytest.mark.siege
async def test_long_lives(store: Store, tenant: str, tmp_path: Path) -> None:
    await lived(store, tenant, tmp_path, lives=200, steps=50)
    assert await persons(store, tenant) is not None


# Steps of lives that hypothesis found in long campaigns, without those that change nothing.
LIVED: list[tuple[str, dict[str, Any]]] = [
    ("split", {"at": 47, "size": 1}),
    ("erase", {"at": 34}),
    ("undo", {"at": 276}),
    ("erase", {"at": 4357}),
    ("arrive", {"changed": False, "number": 8}),
    ("merge", {"at": 1967, "other": 315}),
    ("merge", {"at": 208, "other": 215}),
    ("judge", {"at": 1436, "other": 33, "same": False}),
    ("judge", {"at": 989, "other": 4133, "same": True}),
    ("merge", {"at": 1222, "other": 8327}),
    ("undo", {"at": 40}),
    ("arrive", {"changed": True, "number": 10}),
    ("merge", {"at": 729, "other": 338}),
    ("judge", {"at": 111, "other": 10000, "same": False}),
    ("arrive", {"changed": True, "number": 0}),
    ("arrive", {"changed": False, "number": 8}),
    ("judge", {"at": 1985, "other": 135, "same": False}),
    ("erase", {"at": 576}),
    ("split", {"at": 87, "size": 1}),
    ("erase", {"at": 10000}),
    ("split", {"at": 549, "size": 1}),
]


@pytest.mark.engine
async def test_a_life_that_was_lived(store: Store, tenant: str, tmp_path: Path) -> None:
    given = {"store": store, "tenant": tenant, "folder": tmp_path, "loop": asyncio.get_running_loop()}
    life = type("ALife", (Life,), given)()

    def lived_again() -> None:
        life.begin()
        life.what_holds_of_identities_holds()
        for step, drawn in LIVED:
            getattr(life, step)(**drawn)
            life.what_holds_of_identities_holds()

    await asyncio.to_thread(lived_again)
    assert len(life.found) > 12
    assert set(life.found.values()) < life.ids  # some were merged away
