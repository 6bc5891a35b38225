"""Rows that were acknowledged: found at once, decided on later, in the end as if each had been decided on at once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from graph_service.errors import ServiceError
from graph_service.graph.store import Row, Store
from graph_service.identity.jobs import Run, match_tenant
from graph_service.identity.live import arrive
from graph_service.identity.live.arrive import take_in
from graph_service.identity.waiting import decide
from graph_service.identity.waiting.acknowledge import Acknowledged, acknowledge
from graph_service.privacy import service as privacy
from tests.ground import asked, emptied
from tests.identity.test_live import newcomer, persons

pytestmark = pytest.mark.asyncio(loop_scope="session")
JANE = {"first_name": "Jane", "last_name": "Featherstone", "email": "jane@feather.com", "date_of_birth": "1931-02-03",
        "street_address": "14 Elm St", "zip": "75209"}  # fmt: skip
JACK = {"first_name": "Jack", "last_name": "Quill", "email": "jack@quill.org", "date_of_birth": "1962-05-06"}
OTTO = {"first_name": "Otto", "last_name": "Low", "email": "otto@low.org", "date_of_birth": "1970-08-09"}
OVER = "$t + '/2026-01-01T00:00:00.000Z/' + r.record_id"  # due long ago
DERIVED = """
MATCH (r:Record {tenant: $t})-[:DESCRIBES]->(p:Person)
OPTIONAL MATCH (i:Identifier)-[e:IDENTIFIES]->(p)
OPTIONAL MATCH (p)-[m:MEMBER_OF]->(h:Household)
WITH r, p, h, m, i, e ORDER BY r.key, i.key
RETURN r.record_id AS row, r.waiting AS waiting, r.lost AS lost, p.records AS records, p.confidence AS confidence,
       h.persons AS home, m.from AS since, collect([i.kind, i.value, e.strength, e.records]) AS leads ORDER BY row
"""


async def led(store: Store, tenant: str, email: str) -> list[str]:
    """The persons that an e-mail address leads to, by the query that resolves."""
    rows = await store.read(tenant, "identity.resolve_identifiers", identifiers=[("email", "", email)])
    return sorted(lead[0] for row in rows for lead in row["ranked"])


async def living(store: Store, tenant: str, person: str) -> str:
    """The person that answers an id."""
    row = await store.read_one(tenant, "identity.person", person=person)
    assert row is not None, "an id that was handed out must go on answering"
    return person if row["alias_of"] is None else await living(store, tenant, row["alias_of"])


async def test_rows_are_found_at_once_and_are_in_the_end_as_if_decided_on_at_once(store: Store, lot: str) -> None:
    rows = [newcomer("1", **JANE), newcomer("2", **JACK), newcomer("3", **{**JANE, "phone": "214-555-2368"})]
    await emptied(store, lot)
    for row in rows:
        await take_in(store, lot, [row])
    wanted = await asked(store, lot, DERIVED)
    await emptied(store, lot)
    await take_in(store, lot, rows[:1])
    known = (await persons(store, lot))["live", "1"]
    told = await acknowledge(store, lot, rows)
    assert [(one.outcome, one.waiting) for one in told] == [("unchanged", False), ("new", True), ("new", True)]
    assert await led(store, lot, JACK["email"]) == [told[1].person_id]
    assert await led(store, lot, JANE["email"]) == [known]  # it leads where it led, until row 3 is decided on
    again = await acknowledge(store, lot, rows)
    assert [(one.outcome, one.person_id) for one in again] == [("unchanged", one.person_id) for one in told]
    assert await decide.waiting(store, lot) == 2
    assert await decide.catch_up(store, lot) == 2
    assert await asked(store, lot, DERIVED) == wanted
    assert [await living(store, lot, one.person_id) for one in told] == [known, told[1].person_id, known]
    assert await decide.catch_up(store, lot) == 0


async def test_who_claimed_rows_and_died_leaves_them_to_the_next(store: Store, lot: str) -> None:
    await emptied(store, lot)
    told = await acknowledge(store, lot, [newcomer("1", **JANE), newcomer("2", **JANE)])
    assert len({one.person_id for one in told}) == 2
    assert len(await decide.claim(store, lot, held=timedelta(hours=1))) == 2
    assert await decide.claim(store, lot) == []  # nobody else has them meanwhile
    assert await decide.waiting(store, lot) == 2
    await asked(store, lot, "MATCH (r:Record {tenant: $t}) SET r.waiting = " + OVER)
    assert await decide.catch_up(store, lot) == 2
    assert len(set((await persons(store, lot)).values())) == 1
    assert {await living(store, lot, one.person_id) for one in told} == set((await persons(store, lot)).values())


async def test_two_workers_share_what_waits_and_agree(store: Store, lot: str) -> None:
    await emptied(store, lot)
    rows: list[Row] = [newcomer(f"{n}", **(JANE if n % 2 else JACK)) for n in range(12)]
    await asyncio.gather(acknowledge(store, lot, rows[:6]), acknowledge(store, lot, rows[6:]))

    async def worker() -> int:
        total = 0
        while found := await decide.decide_some(store, lot, most=3):
            total += found
        return total

    assert sum(await asyncio.gather(worker(), worker())) == 12
    assert await decide.waiting(store, lot) == 0
    everybody = await persons(store, lot)
    assert len({everybody["live", f"{n}"] for n in range(0, 12, 2)}) == 1
    assert len(set(everybody.values())) == 2


async def test_what_follows_from_a_row_that_waited_is_the_doing_of_who_sent_it(store: Store, lot: str) -> None:
    await emptied(store, lot)
    await take_in(store, lot, [newcomer("1", **JANE), newcomer("2", **JACK), newcomer("3", **OTTO)], actor="k-0")
    await acknowledge(store, lot, [newcomer("4", **JANE)], actor="k-1")
    await acknowledge(store, lot, [newcomer("5", **JACK)], actor="k-2")
    await acknowledge(store, lot, [newcomer("6", **OTTO)])
    assert await decide.catch_up(store, lot) == 3
    told = await asked(store, lot, "MATCH (c:Change {tenant: $t, kind: 'person_merged'}) RETURN c.actor AS actor")
    assert sorted(row["actor"] for row in told) == ["k-1", "k-2", "records"]
    assert await asked(store, lot, "MATCH (r:Record {tenant: $t}) WHERE r.sent_by IS NOT NULL RETURN r.key AS k") == []


async def test_a_row_that_changes_while_it_waits_is_what_it_is_last(store: Store, lot: str) -> None:
    await emptied(store, lot)
    await take_in(store, lot, [newcomer("1", **JANE), newcomer("2", **JANE)])
    told = await acknowledge(store, lot, [newcomer("2", **JACK)])
    assert (told[0].outcome, told[0].waiting) == ("changed", True)
    assert await led(store, lot, JACK["email"]) == [told[0].person_id]
    claimed = await decide.claim(store, lot)
    await acknowledge(store, lot, [newcomer("2", **{**JACK, "email": "other@quill.org"})])
    await decide._decide(store, lot, claimed)  # it was claimed as it was before
    assert await decide.waiting(store, lot) == 1
    await decide.catch_up(store, lot)
    found = await asked(store, lot, DERIVED)
    await emptied(store, lot)
    await take_in(store, lot, [newcomer("1", **JANE), newcomer("2", **JANE)])
    await take_in(store, lot, [newcomer("2", **{**JACK, "email": "other@quill.org"})])
    assert found == await asked(store, lot, DERIVED)
    assert len(set((await persons(store, lot)).values())) == 2


async def test_a_change_that_was_cut_off_before_it_was_decided_on_waits(
    store: Store, lot: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    both, moved = [newcomer("1", **JANE), newcomer("2", **JANE)], newcomer("2", **JACK)
    await emptied(store, lot)
    await take_in(store, lot, both)
    await take_in(store, lot, [moved])
    wanted = await asked(store, lot, DERIVED)
    assert await decide.waiting(store, lot) == 0  # the mark went with the decision

    async def cut_off(*_: Any, **__: Any) -> None:
        raise ServiceError("cut off")

    for again in (False, True):  # whether the sender comes back, or never does
        await emptied(store, lot)
        await take_in(store, lot, both)
        with monkeypatch.context() as patch:
            patch.setattr(arrive, "_decided", cut_off)
            with pytest.raises(ServiceError):
                await take_in(store, lot, [moved])
        assert await decide.waiting(store, lot) == 1
        if again:
            assert (await take_in(store, lot, [moved]))[0].outcome == "unchanged"
            assert await decide.decide_these(store, lot, [moved["record"]]) == 1
        else:
            await asked(store, lot, "MATCH (r:Record {tenant: $t}) WHERE r.waiting IS NOT NULL SET r.waiting = " + OVER)
            assert await decide.catch_up(store, lot) == 1
        assert await asked(store, lot, DERIVED) == wanted
        assert await led(store, lot, JANE["email"]) == [(await persons(store, lot))["live", "1"]]


async def test_who_is_erased_while_waiting_stays_away(store: Store, lot: str) -> None:
    await emptied(store, lot)
    told = await acknowledge(store, lot, [newcomer("1", **JANE), newcomer("2", **JACK)])
    claimed = await decide.claim(store, lot)
    await privacy.erase(store, lot, privacy.Asked(told[0].person_id, "test"))
    await decide._decide(store, lot, claimed)
    await decide.catch_up(store, lot)
    assert await led(store, lot, JANE["email"]) == []
    assert set(await persons(store, lot)) == {("live", "2")}
    assert await asked(store, lot, "MATCH (b:Property {tenant: $t}) RETURN b.key AS key") == []


async def test_a_match_run_settles_what_waited_before_it(store: Store, lot: str) -> None:
    await emptied(store, lot)
    told = await acknowledge(store, lot, [newcomer(f"{n}", **(JANE if n % 2 else JACK)) for n in range(4)])
    await match_tenant(store, lot)
    assert await decide.waiting(store, lot) == 0
    everybody = set((await persons(store, lot)).values())
    assert {await living(store, lot, one.person_id) for one in told} == everybody
    assert len(everybody) == 2


async def test_rows_that_come_while_everybody_is_matched_stay_and_are_decided_on_after(store: Store, lot: str) -> None:
    await emptied(store, lot)
    await take_in(store, lot, [newcomer(f"{n}", **(JANE if n % 2 else OTTO)) for n in (1, 4, 5, 6)])
    run = Run(store, lot, lambda stage, done: None)
    decided = run._decided

    async def meanwhile(given: Any) -> Any:
        """The run has read its rows, and not what the graph says of them."""
        told.extend(await acknowledge(store, lot, [newcomer("2", **JANE), newcomer("3", **JACK)]))
        return await decided(given)

    told: list[Acknowledged] = []
    run._decided = meanwhile  # type: ignore[method-assign]
    await run.work(retrain=False)
    everybody = await persons(store, lot)
    assert [everybody[one.key] for one in told] == [one.person_id for one in told]
    assert await led(store, lot, JACK["email"]) == [told[1].person_id]
    assert await decide.catch_up(store, lot) == 2
    everybody = await persons(store, lot)
    assert everybody["live", "1"] == everybody["live", "2"] != everybody["live", "3"]
    assert [await living(store, lot, one.person_id) for one in told] == [everybody[one.key] for one in told]
