"""Identity over HTTP: who is behind an identifier, who lives together, and what is shown of them."""

import asyncio
from typing import Any
from urllib.parse import quote

import pytest

from graph_service.errors import EngineUnavailable
from graph_service.graph import library
from graph_service.identity import resolving
from graph_service.identity.finder import Finder
from graph_service.identity.schemas import GivenIdentifier
from graph_service.identity.view import View
from tests.doors import ADDRESS, EMAIL, LANDLINE, Door, door, home

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine


async def resolved(door: Door, tenant: str, *identifiers: tuple[str, str], scopes: tuple[str, ...] = ()) -> Any:
    body = {"identifiers": [{"kind": kind, "value": value} for kind, value in identifiers]}
    answer = await door.ask("POST", "/v1/identity/resolve", await door.key(tenant, *scopes), body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def got(door: Door, tenant: str, path: str, *scopes: str) -> Any:
    answer = await door.ask("GET", path, await door.key(tenant, *scopes))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_email_of_one_person_answers_the_person(door: Door, home: str) -> None:
    answer = await resolved(door, home, ("email", " Maya@Example.com "))
    assert (answer["person_id"], answer["household_id"], answer["ambiguous"]) == ("maya", "lopez", False)
    assert (answer["strength"], answer["evidence"][0]["value"]) == (1.0, EMAIL)


async def test_a_shared_landline_answers_the_household_and_ranked_persons(door: Door, home: str) -> None:
    answer = await resolved(door, home, ("phone", "(214) 555-2368"))
    assert (answer["person_id"], answer["household_id"], answer["ambiguous"]) == (None, "hendersons", True)
    assert [one["person_id"] for one in answer["candidates"]] == ["ann", "robert-sr"]
    assert answer["strength"] == pytest.approx(1.0, abs=0.01)


async def test_two_shared_identifiers_decide_together(door: Door, home: str) -> None:
    answer = await resolved(door, home, ("phone", LANDLINE), ("email", "hendersons@example.com"))
    assert (answer["person_id"], answer["ambiguous"]) == ("ann", False)
    assert [one["matched"] for one in answer["candidates"]] == [2, 1, 1]


async def test_neighbours_at_one_address_share_no_household(door: Door, home: str) -> None:
    answer = await resolved(door, home, ("address", "80 Sunrise Way, 75205"))
    assert (answer["person_id"], answer["household_id"], answer["ambiguous"]) == (None, None, True)
    assert len(answer["candidates"]) == 2


async def test_unknown_and_unreadable_identifiers_are_said_to_be_so(door: Door, home: str) -> None:
    answer = await resolved(door, home, ("email", "nobody@example.org"), ("phone", "none"), ("email", EMAIL))
    assert [(one["readable"], one["found"]) for one in answer["evidence"]] == [
        (True, False),
        (False, False),
        (True, True),
    ]
    assert answer["person_id"] == "maya"
    nothing = await resolved(door, home, ("phone", "none"))
    assert (nothing["candidates"], nothing["ambiguous"], nothing["strength"]) == ([], False, None)


async def test_a_scope_keeps_the_cookies_of_two_systems_apart(door: Door, home: str) -> None:
    given = {"kind": "cookie_id", "value": "ck-1"}
    key = await door.key(home)
    for scope, person in (("web", "ann"), ("", None)):
        body = {"identifiers": [{**given, "scope": scope}]}
        answer = await door.ask("POST", "/v1/identity/resolve", key, body)
        assert answer.json()["person_id"] == person
    by_path = await door.ask("GET", "/v1/identity/cookie_id:ck-1?scope=web", key)
    assert by_path.json()["person_id"] == "ann"


async def test_one_identifier_in_the_path(door: Door, home: str) -> None:
    for identifier in (f"email:{EMAIL}", "address:14 Elm St, 75209", f"phone:{LANDLINE}"):
        answer = await got(door, home, f"/v1/identity/{quote(identifier, safe='')}")
        assert answer["candidates"]
    key = await door.key(home)
    for identifier, status in (("email:nobody@example.org", 404), ("jane", 422), ("shoe:9", 422), ("email:", 422)):
        refused = await door.ask("GET", f"/v1/identity/{quote(identifier, safe='')}", key)
        assert refused.status_code == status
        assert refused.headers["content-type"] == "application/problem+json"


async def test_a_batch_answers_in_the_order_asked(door: Door, home: str) -> None:
    values = [EMAIL, "nobody@example.org", "hendersons@example.com", EMAIL]
    items = [{"identifiers": [{"kind": "email", "value": value}]} for value in values]
    key = await door.key(home, "identity:read")
    answer = (await door.ask("POST", "/v1/identity/resolve/batch", key, {"items": items})).json()
    singles = [await resolved(door, home, ("email", value), scopes=("identity:read",)) for value in values]
    assert answer["results"] == [
        {name: one[name] for name in one if name not in {"query", "created"}} for one in singles
    ]
    full = await door.ask("POST", "/v1/identity/resolve/batch", key, {"items": items * 125})
    assert len(full.json()["results"]) == 500
    over = await door.ask("POST", "/v1/identity/resolve/batch", key, {"items": [*items * 125, items[0]]})
    assert over.status_code == 422


async def test_personal_values_show_only_with_the_scope(door: Door, home: str) -> None:
    masked = await resolved(door, home, ("email", EMAIL), ("address", ADDRESS), scopes=("identity:read",))
    assert [one["value"] for one in masked["evidence"]] == ["m***@example.com", "***||||75209"]
    assert EMAIL not in str(masked)
    for path, clear, hidden in (
        ("/v1/persons/maya", "lopez", "l***"),
        ("/v1/persons/maya/identifiers", EMAIL, "m***@example.com"),
        ("/v1/households/hendersons", "14 elm st", "***"),
        ("/v1/households/hendersons/members", "robert", "r***"),
        ("/v1/households/hendersons/identifiers", LANDLINE, "+1***2368"),
    ):
        plain = str(await got(door, home, path)).replace("'lopez'}", "")
        veiled = await got(door, home, path, "identity:read")
        shown = str({name: value for name, value in veiled.items() if name not in {"household_id", "members"}})
        names = str([(one["first_name"], one["last_name"]) for one in veiled.get("members", [])])
        assert clear in plain
        assert clear not in shown + names
        assert hidden in shown + names


async def test_a_merged_id_answers_its_survivor(door: Door, home: str) -> None:
    person = await got(door, home, "/v1/persons/bob")
    assert (person["person_id"], person["requested_id"]) == ("robert-sr", "bob")
    known = await got(door, home, "/v1/persons/bob/identifiers")
    assert (known["person_id"], known["requested_id"], len(known["identifiers"])) == ("robert-sr", "bob", 3)
    household = await got(door, home, "/v1/households/bobs")
    assert (household["household_id"], household["requested_id"]) == ("hendersons", "bobs")
    for noun, number in (("members", 3), ("identifiers", 5)):
        assert len((await got(door, home, f"/v1/households/bobs/{noun}"))[noun]) == number


async def test_a_household_has_a_home_and_a_version(door: Door, home: str) -> None:
    key = await door.key(home)
    answer = await door.ask("GET", "/v1/households/lopez", key)
    assert answer.headers["etag"] == '"1"'
    assert answer.json()["home"] == {
        "property_id": "P-22",
        "street_address": "22 pine rd",
        "unit": None,
        "city": "dallas",
        "state": "tx",
        "zip": "75214",
        "since": "2026-04-01",
    }


@pytest.mark.parametrize("path", ["/v1/persons/{}", "/v1/persons/{}/identifiers", "/v1/households/{}"])
async def test_what_nobody_knows_is_not_found(door: Door, home: str, path: str) -> None:
    for own_id in ("nobody", "hendersons" if "person" in path else "ann", "%25", "a%00b", "é"):
        answer = await door.ask("GET", path.format(own_id), await door.key(home))
        assert answer.status_code == 404
        assert answer.json()["name"] == "not_found"


async def test_every_answer_can_be_asked_again_in_cypher(door: Door, home: str) -> None:
    answers = [await resolved(door, home, ("email", EMAIL), ("phone", LANDLINE))]
    nouns = ("persons/ann", "persons/ann/identifiers", "households/hendersons", "households/hendersons/members")
    answers += [await got(door, home, f"/v1/{path}") for path in nouns]
    for answer in answers:
        used = answer["query"]
        text = library.load()[used["name"]].text_for(door.engine.dialect)
        async with door.engine.driver.session(database=door.engine.database_of(home)) as session:
            rows = [record async for record in await session.run(text, used["parameters"])]  # type: ignore[arg-type]
        assert rows, used


SLOW = "slow@example.org"


class CountedStore:
    """A store that counts its reads, and can be away, or slow."""

    def __init__(self, door: Door, *, away: bool = False) -> None:
        self._store, self.reads, self._away = door.store, 0, away
        self.slow = asyncio.Event()  # questions for SLOW wait for it

    async def read(self, *args: Any, **params: Any) -> Any:
        self.reads += 1
        if self._away:
            raise EngineUnavailable("away")
        if SLOW in str(params):
            await self.slow.wait()
        return await self._store.read(*args, **params)


async def test_callers_who_come_together_share_round_trips_and_get_their_own_answers(door: Door, home: str) -> None:
    store = CountedStore(door)
    view = View(store, home, True, Finder(store))  # type: ignore[arg-type]
    values = [("email", EMAIL), ("phone", LANDLINE), ("email", "nobody@example.org"), ("address", ADDRESS)] * 50
    together = await asyncio.gather(*(resolving.resolve(view, [given(*one)]) for one in values))
    assert store.reads < 10
    alone = View(door.store, home, True)
    for value, answer in zip(values[:4], together[:4], strict=True):
        expected = await resolving.resolve(alone, [given(*value)])
        assert answer.model_dump(exclude={"query"}) == expected.model_dump(exclude={"query"})


async def test_a_slow_question_holds_nobody_up(door: Door, home: str) -> None:
    store = CountedStore(door)
    view = View(store, home, True, Finder(store))  # type: ignore[arg-type]
    slow = [asyncio.create_task(resolving.resolve(view, [given("email", SLOW)])) for _ in range(3)]
    await asyncio.sleep(0)
    quick = await asyncio.wait_for(resolving.resolve(view, [given("email", EMAIL)]), 30)
    assert quick.person_id == "maya"
    assert not any(task.done() for task in slow)
    store.slow.set()
    assert [answer.candidates for answer in await asyncio.gather(*slow)] == [[], [], []]


async def test_a_caller_who_leaves_takes_nobody_along(door: Door, home: str) -> None:
    store = CountedStore(door)
    view = View(store, home, True, Finder(store))  # type: ignore[arg-type]
    leaver, stayer = (asyncio.create_task(resolving.resolve(view, [given("email", SLOW)])) for _ in range(2))
    await asyncio.sleep(0.01)
    leaver.cancel()
    store.slow.set()
    assert (await stayer).candidates == []
    assert leaver.cancelled() or leaver.cancelling()


async def test_an_engine_that_is_away_is_known_to_all_who_wait(door: Door, home: str) -> None:
    store = CountedStore(door, away=True)
    view = View(store, home, True, Finder(store))  # type: ignore[arg-type]
    asked = (resolving.resolve(view, [given("email", EMAIL)]) for _ in range(20))
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [EngineUnavailable] * 20


def given(kind: str, value: str) -> GivenIdentifier:
    return GivenIdentifier(kind=kind, value=value, scope="")


async def test_a_household_is_asked_for_as_of_a_day(door: Door, home: str) -> None:
    async def lived(day: str) -> Any:
        answer = await got(door, home, f"/v1/households/lopez?as_of={day}", "identity:read", "pii:read")
        assert answer["query"]["parameters"]["as_of"] == day
        return answer["home"] and answer["home"]["property_id"]

    assert [await lived(day) for day in ("2024-01-01", "2025-06-01", "2026-04-20")] == [None, "P-9", "P-22"]
    there = await got(door, home, "/v1/households/hendersons/members?as_of=2026-05-05")
    assert len(there["members"]) == 3
    assert (await got(door, home, "/v1/households/hendersons/members?as_of=2024-12-31"))["members"] == []
    odd = await door.ask("GET", "/v1/households/lopez?as_of=yesterday", await door.key(home))
    assert odd.status_code == 422
