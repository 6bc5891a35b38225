"""A component is decided on whole, but only who comes out of it other than before is written: the rest stand by."""

import pytest

from graph_service import moments
from graph_service.graph.store import Store, Work
from graph_service.identity.live.component import LIMITS, rederive
from graph_service.identity.live.scorers import scorer_in_use
from graph_service.identity.live.surroundings import Component, component_of
from graph_service.identity.live.touched import Cause, Outcome, Touched
from tests.ground import asked
from tests.identity.test_live import known
from tests.matching.people import draw

pytestmark = pytest.mark.asyncio(loop_scope="session")
SAID = "MATCH (p:Person {tenant: $t}) RETURN p.person_id AS own, p.version AS version, p.confidence AS sure"


async def _of_several(store: Store, tenant: str) -> Component:
    """A component of three persons or more, one of them of several rows."""
    rows = await asked(store, tenant, "MATCH (r:Record {tenant: $t}) RETURN r.source AS source, r.record_id AS own")
    for row in sorted((row["source"], row["own"]) for row in rows):

        async def around(work: Work, row: tuple[str, str] = row) -> Component:
            return await component_of(work, [row], LIMITS)

        found = await store.work(tenant, around)
        if len(found.persons) >= 3 and any(count > 1 for count in _sizes(found).values()):
            return found
    raise AssertionError("no component of several persons was drawn")


def _sizes(component: Component) -> dict[str, int]:
    return {own: sum(row.person == own for row in component.rows) for own in component.persons}


async def _derived(store: Store, tenant: str, row: tuple[str, str]) -> Outcome:
    scorer = (await scorer_in_use(store, tenant)).scorer

    async def act(work: Work) -> Outcome:
        return await rederive(work, scorer, Touched(frozenset([row])), Cause(moments.now()))

    return await store.work(tenant, act)


async def test_who_stands_by_is_not_written_unless_something_else_is_to_be_said(store: Store, tenant: str) -> None:
    await known(store, tenant, draw(25)[0])
    component = await _of_several(store, tenant)
    sizes = _sizes(component)
    doubted = max(component.persons, key=lambda own: (sizes[own], own))
    subject = next(row for row in component.rows if row.person != doubted)
    before = {row["own"]: row for row in await asked(store, tenant, SAID)}
    await _derived(store, tenant, subject.key)
    assert {row["own"]: row for row in await asked(store, tenant, SAID)} == before
    # What is said of a bystander is compared all the same: a row that arrives may make it less sure.
    await asked(
        store, tenant, "MATCH (p:Person {tenant: $t, person_id: $own}) SET p.confidence = 0.125", own=doubted
    )  # fmt: skip
    outcome = await _derived(store, tenant, subject.key)
    after = {row["own"]: row for row in await asked(store, tenant, SAID)}
    assert after.pop(doubted)["sure"] == before.pop(doubted)["sure"]
    assert after == before
    assert outcome.changes == []
    assert set(outcome.after.values()) == {*component.persons}
