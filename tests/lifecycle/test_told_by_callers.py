"""What callers do one after the other, found by the long campaign of `tests/hostile/test_plain_model.py`."""

from collections.abc import Sequence
from typing import Any

import pytest
import pytest_asyncio

from tests.doors import Door, door
from tests.ground import person

__all__ = ["door"]
pytestmark = pytest.mark.engine
Rows = list[tuple[int, int, str]]  # human being, copy, e-mail address


class Callers:
    """A tenant of its own, what is sent to it, and whom each row describes."""

    def __init__(self, door: Door, key: dict[str, str]) -> None:
        self.door, self.key = door, key

    async def post(self, path: str, body: Any) -> Any:
        answer = await self.door.ask("POST", path, self.key, body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, rows: Rows) -> dict[str, str]:
        """Rows of people; the person that the answer names for each."""
        records = [
            {**{name: value for name, value in person(11 * human).items() if name != "id"},
             "record_id": f"{human}.{copy}", "email": f"{email}@bell.com"}
            for human, copy, email in rows
        ]  # fmt: skip
        told = await self.post("/v1/records?wait=true", {"source": "crm", "records": records})
        return {one["record_id"]: one["person_id"] for one in told["results"]}

    async def link(self, building: str, email: str) -> Any:
        """Whoever has this address has to do with that building."""
        identifiers = [{"kind": "email", "value": f"{email}@bell.com"}]
        return await self.post("/v1/identity/links", {"property_id": building, "identifiers": identifiers})

    async def same(self, one: str, other: str) -> Any:
        """Somebody says that these rows are the same."""
        left, right = ([{"source": "crm", "record_id": own}] for own in (one, other))
        return await self.post("/v1/identity/judgements", {"verdict": "same", "left": left, "right": right})

    async def undo(self, done: Any) -> None:
        """Somebody takes that back."""
        await self.post(f"/v1/identity/undo/{done['change_id']}", {})

    async def of(self, rows: Sequence[tuple[str, str]]) -> list[str]:
        """Whom these rows describe."""
        told = await self.post("/v1/queries/identity.rows_of_records", {"params": {"records": rows}})
        found = {(row["source"], row["record_id"]): row["person_id"] for row in told["rows"]}
        return [found[own] for own in rows]

    async def persons(self, *rows: str) -> list[str]:
        """Whom these rows of the CRM describe."""
        return await self.of([("crm", own) for own in rows])


@pytest_asyncio.fixture(loop_scope="session")
async def callers(door: Door) -> Callers:
    """Three people, two rows each."""
    slug = await door.tenant(empty=True)
    callers = Callers(door, await door.key(slug))
    await callers.send([(human, copy, f"ann{human}") for human in range(3) for copy in range(2)])
    return callers


async def test_undo_gives_nobody_an_id_that_others_have_by_now(callers: Callers) -> None:
    await callers.send([(3, 0, "ann3")])
    first = await callers.same("0.0", "1.0")
    second = await callers.same("1.1", "3.0")  # while 1.1 was the same person as 0.0
    await callers.undo(first)
    await callers.undo(second)
    zero, one, two, three = [set(await callers.persons(*rows)) for rows in
                             (("0.0", "0.1"), ("1.0", "1.1"), ("2.0", "2.1"), ("3.0",))]  # fmt: skip
    assert [len(own) for own in (zero, one, two, three)] == [1, 1, 1, 1]
    assert len(zero | one | two | three) == 4


async def test_who_is_linked_to_a_building_stays_whole(callers: Callers) -> None:
    links = [await callers.link("P-3", "ann3")]
    await callers.send([(0, 0, "new00"), (3, 0, "new30")])
    await callers.send([(4, 0, "ann4"), (4, 1, "new41")])
    await callers.send([(4, 1, "ann4"), (3, 1, "new31"), (3, 0, "ann3")])
    await callers.send([(0, 1, "new01")])
    links.append(await callers.link("P-1", "new11"))  # nobody's, like the next two: each begins a person
    await callers.same("4.1", "0.1")
    links += [await callers.link("P-2", "new20"), await callers.link("P-0", "ann0")]
    await callers.send([(0, 1, "ann0")])
    every = [("crm", f"{human}.{copy}") for human in range(5) for copy in range(2)]
    every += [("asserted", one["row"]["record_id"]) for one in links]
    before = dict(zip(every, await callers.of(every), strict=True))
    whole = [row for row, who in before.items() if who == before["crm", "4.0"]]
    further = await callers.link("P-4", "ann4")
    assert len(whole) > 4
    assert {*await callers.of([*whole, ("asserted", further["row"]["record_id"])])} == {further["person_id"]}


@pytest.mark.parametrize("between", [0, 20], ids=["one group", "two groups"])
async def test_an_answer_names_whom_a_row_describes_once_all_of_them_are_in(callers: Callers, between: int) -> None:
    await callers.link("P-3", "ann3")
    await callers.send([(3, 0, "new30")])
    apart = await callers.persons("3.0")
    others = [(5 + at, 0, f"ann{5 + at}") for at in range(between)]
    told = await callers.send([(3, 0, "new30"), *others, (3, 1, "ann3")])  # the last joins the first to somebody else
    assert [told["3.0"]] == await callers.persons("3.0") != apart
