"""Eight writers on the same few rows create, link, judge and merge: no lost update, no duplicate, one history."""

import asyncio
import random
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.doors import Door, door
from tests.ground import asked, store_on

__all__ = ["door"]
pytestmark = pytest.mark.engine
WRITERS, ROWS = 8, 6


@pytest_asyncio.fixture(loop_scope="session")
async def house(door: Door) -> str:
    """A tenant without rows."""
    return await door.tenant(empty=True)


class Writer:
    """One of those who write at once; it remembers what it was told was done."""

    def __init__(self, door: Door, key: dict[str, str], dice: random.Random) -> None:
        self.door, self.key, self.dice = door, key, dice
        self.judgements: list[str] = []
        self.changes: list[str] = []
        self.answers: list[int] = []

    async def write(self, acts: int) -> None:
        """So many things, one after the other."""
        for _ in range(acts):
            act = self.dice.choice((self.create, self.create, self.link, self.judge, self.merge))
            answer = await act()
            if answer is not None:
                self.told(answer)

    def told(self, answer: httpx.Response) -> None:
        """Done, refused for a reason, or in conflict to the end: nothing else is an answer."""
        assert answer.status_code in {200, 404, 409, 503}, answer.text
        self.answers.append(answer.status_code)
        if answer.status_code == 200 and "change_id" in answer.json():
            done = answer.json()
            self.judgements.append(done.get("judgement_id", ""))
            self.changes += [change["change_id"] for change in done.get("changes", [])]

    async def create(self) -> httpx.Response:
        number = self.dice.randrange(ROWS)
        record = {
            "record_id": f"r{number}",
            "full_name": f"Ann Bell{'abcdef'[number]}",
            "email": f"a{number % 3}@bell.com",
        }
        return await self.ask("/v1/records", {"source": "crm", "records": [record]})

    async def link(self) -> httpx.Response:
        values = [{"kind": "email", "value": f"a{self.dice.randrange(3)}@bell.com"}]
        return await self.ask(
            "/v1/identity/links", {"property_id": f"P-{self.dice.randrange(3)}", "identifiers": values}
        )

    async def judge(self) -> httpx.Response:
        left, right = self.dice.sample(range(ROWS), 2)
        sides = {"left": [row(left)], "right": [row(right)]}
        return await self.ask("/v1/identity/judgements", {"verdict": self.dice.choice(["same", "different"]), **sides})

    async def merge(self) -> httpx.Response | None:
        found = await asked(self.door.store, self.tenant, PERSONS)
        if len(found) < 2:
            return None
        two = [one["person"] for one in self.dice.sample(found, 2)]
        return await self.ask("/v1/identity/merge", {"persons": two})

    async def ask(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """One request."""
        return await self.door.ask("POST", path, self.key, body)

    tenant = ""


PERSONS = "MATCH (r:Record {tenant: $t})-[:DESCRIBES]->(p:Person) RETURN DISTINCT p.person_id AS person"


def row(number: int) -> dict[str, str]:
    """A row's key."""
    return {"source": "crm", "record_id": f"r{number}"}


async def written_at_once(door: Door, slug: str, acts: int) -> list[Writer]:
    """Eight writers, each so many acts."""
    writers = [Writer(door, await door.key(slug), random.Random(seed)) for seed in range(WRITERS)]
    for writer in writers:
        writer.tenant = slug
    await asyncio.gather(*(writer.write(acts) for writer in writers))
    return writers


async def must_have_lost_nothing(door: Door, slug: str, writers: list[Writer]) -> None:
    """Every answer `done` is in the graph, once; every row is one person's; the history is one line."""
    store = store_on(door.engine)
    judged = [one for writer in writers for one in writer.judgements if one]
    kept = await asked(store, slug, "MATCH (j:Judgement {tenant: $t}) RETURN j.judgement_id AS own")
    assert len(kept) == len({one["own"] for one in kept})
    assert set(judged) <= {one["own"] for one in kept}
    rows = await asked(
        store,
        slug,
        "MATCH (r:Record {tenant: $t}) OPTIONAL MATCH (r)-[d:DESCRIBES]->() "
        "RETURN r.key AS row, r.version AS version, count(d) AS persons",
    )
    assert len(rows) == len({one["row"] for one in rows})
    assert {one["persons"] for one in rows} == {1}
    assert {one["version"] for one in rows} == {1}
    twice = "MATCH (a)-[e]->(b) WHERE a.tenant = $t AND type(e) <> 'MEMBER_OF' AND type(e) <> 'LIVES_AT' " \
        "WITH a, b, type(e) AS kind, properties(e) AS p, count(e) AS n WHERE n > 1 RETURN kind, n, p"  # fmt: skip
    assert await asked(store, slug, twice) == []
    await one_history(door, slug, writers)


async def one_history(door: Door, slug: str, writers: list[Writer]) -> None:
    """The feed, read to its end, has every change once, and reads the same again."""
    key = await door.key(slug)
    heard = [await feed(door, key), await feed(door, key)]
    assert heard[0] == heard[1]
    assert len(heard[0]) == len(set(heard[0]))
    assert {one for writer in writers for one in writer.changes} <= set(heard[0])
    store = store_on(door.engine)
    places = await asked(store, slug, "MATCH (c:Change {tenant: $t}) RETURN c.feed AS place ORDER BY place")
    numbers = [int(one["place"].rpartition("/")[2]) for one in places]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


async def feed(door: Door, key: dict[str, str]) -> list[str]:
    """All changes, in their order."""
    heard: list[str] = []
    after = ""
    while True:
        page = (await door.ask("GET", f"/v1/identity/changes?limit=100&after={after}", key)).json()
        heard += [change["change_id"] for change in page["changes"]]
        if not page["changes"]:
            return heard
        after = page["next"]


async def test_eight_writers_for_a_moment(door: Door, house: str) -> None:
    writers = await written_at_once(door, house, 5)
    await must_have_lost_nothing(door, house, writers)
    answers = [answer for writer in writers for answer in writer.answers]
    assert answers.count(200) > len(answers) // 3


@pytest.mark.siege
async def test_eight_writers_for_long(door: Door, house: str) -> None:
    writers = await written_at_once(door, house, 500)
    await must_have_lost_nothing(door, house, writers)
