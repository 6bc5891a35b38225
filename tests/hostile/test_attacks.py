"""Every attack of the table is refused before an engine sees it, and by the engine when it does; honest ones pass."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from graph_service.analysts import model
from graph_service.errors import ServiceError, TookTooLong
from graph_service.graph.asking import Question, ask
from graph_service.graph.store import HELD_TOO_MUCH, Store
from tests.doors import Door, door, opened
from tests.ground import asked, store_on

__all__ = ["door"]
TABLE: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("attacks.yaml").read_text(encoding="utf-8"))
ATTACKS = [str(text) for texts in TABLE["attacks"].values() for text in texts]
CUT_OFF: list[str] = TABLE["cut_off"]
PLAIN = Question("RETURN 1 AS x", {}, seconds=5.0, rows=100, hide=lambda _: False)
PRINT = "MATCH (n) WHERE n.tenant = $t RETURN count(n) AS nodes, count(n.hacked) AS hacked, sum(size(keys(n))) AS words"

END_ALL_OF = """SHOW TRANSACTIONS YIELD transactionId AS id, currentQuery AS text WHERE text = $text
TERMINATE TRANSACTIONS id YIELD message RETURN message"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(door: Door) -> str:
    """The tenant of the Hendersons, the only one on this server."""
    return await door.tenant()


async def put(door: Door, tenant: str, *scopes: str, **body: Any) -> Any:
    return await door.ask("POST", "/v1/cypher", await door.key(tenant, *scopes), body)


def test_the_table_is_long_enough() -> None:
    assert len({*ATTACKS, *CUT_OFF}) >= 60
    assert len(TABLE["honest"]) >= 15


@pytest.mark.parametrize("statement", ATTACKS)
def test_an_attack_is_refused_before_an_engine_sees_it(statement: str) -> None:
    with pytest.raises(ServiceError) as refused:
        model.accept(statement, {}, personal=True)
    assert refused.value.status == 422


@pytest.mark.parametrize("statement", TABLE["veiled"])
def test_a_personal_value_cannot_be_read_without_the_scope(statement: str) -> None:
    params = {"name": "last_name"} if "$name" in statement else {}
    with pytest.raises(ServiceError) as refused:
        model.accept(statement, params, personal=False)
    assert (refused.value.status, "pii:read" in refused.value.message) == (403, True)
    assert model.accept(statement, params, personal=True)


@pytest.mark.engine
async def test_an_attack_that_reaches_the_engine_changes_nothing_and_sees_nobody_else(door: Door, house: str) -> None:
    """The allow-list left out: the reader's login, or the READ transaction behind EXPLAIN, is a wall of its own."""
    store = store_on(door.engine)
    before = await asked(store, house, PRINT)
    outcomes = []
    for statement in [one for one in ATTACKS if "range(" not in one and "reduce" not in one]:
        outcomes.append(await tried(store, house, statement))
    assert await asked(store, house, PRINT) == before
    assert sum(outcome is not None for outcome in outcomes) > 0.7 * len(outcomes)  # most are refused outright


async def tried(store: Store, tenant: str, statement: str) -> ServiceError | None:
    ended = asyncio.Event()
    try:
        rows = await ask(store.engine, tenant, replace(PLAIN, text=statement), ended=ended.set)
    except ServiceError as error:
        await asyncio.wait_for(ended.wait(), 60)  # else what ends this one may end the asker's next
        return error
    assert "root:" not in str(rows.rows), statement  # a line of /etc/passwd
    return None


@pytest.mark.engine
async def test_what_is_too_large_is_cut_off_in_time_and_the_engine_stops_working_on_it(door: Door, house: str) -> None:
    store, clock = store_on(door.engine), asyncio.get_running_loop().time
    for statement in CUT_OFF:
        ended, began = asyncio.Event(), clock()
        question = replace(PLAIN, text=model.accept(statement, {}, personal=True).text, seconds=0.7)
        with pytest.raises(ServiceError) as cut:
            await ask(store.engine, house, question, ended=ended.set)
        # A quick engine reaches the limit of what a query may hold (it sorts no more than half a million rows) before.
        held_too_much = HELD_TOO_MUCH in cut.value.message and "ORDER BY" in statement
        assert isinstance(cut.value, TookTooLong) or held_too_much, (statement, cut.value)
        assert clock() - began < 0.7 + 5, statement
        await asyncio.wait_for(ended.wait(), 60)
    assert await running(store, house) == []


@pytest.mark.engine
async def test_a_statement_that_is_ended_from_outside_is_told_as_cut_off(door: Door, house: str) -> None:
    store, ended = store_on(door.engine), asyncio.Event()
    asking = asyncio.create_task(ask(store.engine, house, replace(PLAIN, text=CUT_OFF[0], seconds=30), ended=ended.set))
    while not asking.done():
        await asyncio.sleep(0.3)
        await store.engine.stop_asker(house, 0)
        if store.engine.name == "neo4j":
            await store.engine.driver.execute_query(END_ALL_OF, {"text": CUT_OFF[0]})
    assert isinstance(asking.exception(), TookTooLong)
    await asyncio.wait_for(ended.wait(), 60)


async def running(store: Store, tenant: str) -> list[str]:
    """What the engine still works on for askers."""
    if store.engine.name == "embedded":
        engine: Any = store.engine
        found = await engine._admin("POST", "/server", {"command": "list queries"})
        return [one["text"] for one in found if "_asker" in one["user"]]
    async with store.engine.driver.session(database=store.engine.database_of(tenant)) as session:
        for _ in range(100):
            result = await session.run("SHOW TRANSACTIONS YIELD currentQuery RETURN currentQuery AS text")
            left = [row["text"] async for row in result if row["text"] in CUT_OFF]
            if not left:
                break
            await asyncio.sleep(0.1)
        return left


@pytest.mark.engine
@pytest.mark.parametrize("one", TABLE["honest"], ids=lambda one: one["statement"][:40])
async def test_an_honest_statement_is_answered(door: Door, house: str, one: dict[str, Any]) -> None:
    answer = await put(door, house, "graph:query", **one)
    assert answer.status_code == 200, answer.text
    assert answer.json()["rows"] or "shortestPath" in one["statement"]


@pytest_asyncio.fixture(loop_scope="session")
async def second(door: Door) -> AsyncIterator[str]:
    """Another tenant on the same server, for one test."""
    async with opened(door.engine) as other:
        yield await other.tenant()


@pytest.mark.engine
async def test_a_statement_sees_one_tenant_or_is_refused(door: Door, house: str, second: str) -> None:
    answer = await put(door, house, statement="MATCH (n) RETURN DISTINCT n.tenant AS tenant ORDER BY tenant")
    if door.engine.isolation == "database":
        assert {row["tenant"] for row in answer.json()["rows"]} <= {house, None}
    else:
        assert (answer.status_code, answer.json()["name"]) == (409, "refused")
    assert second not in answer.text
