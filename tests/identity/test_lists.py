"""Lists and drawings over HTTP: households by what they are, a page at a time; what is around one of them."""

from typing import Any

import pytest

from graph_service.graph import keys
from graph_service.graph.store import Store
from graph_service.identity import service
from graph_service.identity.neighbourhood import PARAM_OF
from tests.doors import ADDRESS, EMAIL, LANDLINE, Door, door, home
from tests.ground import asked

__all__ = ["door", "home"]
pytestmark = pytest.mark.engine
EVERY = ["berg", "hendersons", "kim", "lopez"]


async def got(door: Door, key: dict[str, str], path: str, status: int = 200) -> Any:
    answer = await door.ask("GET", path, key)
    assert answer.status_code == status, answer.text
    return answer.json()


async def pages(door: Door, key: dict[str, str], path: str) -> list[dict[str, Any]]:
    """Every page of a list, by following `next`."""
    told = [await got(door, key, path)]
    while told[-1]["next"] is not None:
        told.append(await got(door, key, f"{path}&after={told[-1]['next']}"))
    return told


def ids(told: list[dict[str, Any]]) -> list[str]:
    return [one["household_id"] for page in told for one in page["households"]]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 100])
async def test_pages_of_any_size_tell_every_household_once(door: Door, home: str, limit: int) -> None:
    key = await door.key(home)
    told = await pages(door, key, f"/v1/households?limit={limit}")
    assert ids(told) == EVERY
    assert all(len(page["households"]) <= limit for page in told)


@pytest.mark.parametrize(("filters", "wanted"), [
    ("kind=family", ["hendersons", "lopez"]),
    ("least=2", ["hendersons"]),
    ("most=1&zip=75214", ["lopez"]),
    ("zip=75209", ["hendersons"]),
    ("since=2027-01-01", []),
])  # fmt: skip
async def test_filters_hold_on_every_page(
    door: Door, home: str, filters: str, wanted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "WINDOW", 1)
    monkeypatch.setattr(service, "WALKED", 2)
    key = await door.key(home)
    assert ids(await pages(door, key, f"/v1/households?{filters}&limit=1")) == wanted


async def test_a_cursor_is_of_use_to_its_tenant_and_its_list_only(door: Door, home: str) -> None:
    key, other = await door.key(home), await door.key(await door.tenant())
    cursor = (await got(door, key, "/v1/households?limit=1"))["next"]
    assert (await got(door, key, f"/v1/households?after={cursor}"))["households"][0]["household_id"] == "hendersons"
    refused = [
        await got(door, other, f"/v1/households?after={cursor}", 422),
        await got(door, key, f"/v1/quarantine?after={cursor}", 422),
        await got(door, key, f"/v1/households?after={cursor[:-2]}AA", 422),
        await got(door, key, "/v1/households?after=berg", 422),
    ]
    assert {one["name"] for one in refused} == {"bad_input"}


async def test_the_sources_and_what_was_set_aside_come_in_pages(door: Door, home: str) -> None:
    plain, veiled = await door.key(home), await door.key(home, "identity:read")
    sources = await pages(door, plain, "/v1/sources?limit=2")
    assert [one["source"] for page in sources for one in page["sources"]] == ["calls", "crm", "web"]
    entries = [one for page in await pages(door, plain, "/v1/quarantine?limit=2") for one in page["entries"]]
    assert [one["quarantine_id"] for one in entries] == ["q-1", "q-2", "q-3"]
    assert EMAIL in entries[0]["place"]
    hidden = await got(door, veiled, "/v1/quarantine")
    assert {(one["place"], one["reason"]) for one in hidden["entries"]} == {("***", entries[0]["reason"])}


async def test_a_household_is_drawn_step_by_step(door: Door, home: str) -> None:
    key = await door.key(home)
    path = "/v1/households/hendersons/graph"
    near, wide = await got(door, key, f"{path}?hops=1"), await got(door, key, f"{path}?hops=2")
    assert sorted(node["own_id"] for node in near["nodes"]) == ["P-14", "ann", "hendersons", "robert-jr", "robert-sr"]
    assert {edge["kind"] for edge in near["edges"]} == {"MEMBER_OF", "LIVES_AT"}
    kinds = {node["label"] for node in wide["nodes"]}
    assert kinds == {"Household", "Person", "Property", "Record", "Identifier"}
    assert {LANDLINE, ADDRESS} <= {node["own_id"] for node in wide["nodes"] if node["hops"] == 2}
    assert (near["truncated"], wide["truncated"]) == (False, False)
    for drawn in (near, wide):
        numbers = {node["id"] for node in drawn["nodes"]}
        assert all({edge["start"], edge["finish"]} <= numbers for edge in drawn["edges"])
        assert drawn["nodes"][0] | {"shown": ""} == {"id": 0, "label": "Household", "own_id": "hendersons", "hops": 0,
                                                     "kind": "family", "shown": ""}  # fmt: skip
    assert [one["name"] for one in wide["queries"]] == ["identity.two_steps_around"]


async def test_two_steps_at_once_are_two_single_ones(door: Door, home: str, store: Store) -> None:
    key = await door.key(home)
    for household in ("hendersons", "lopez", "kim"):
        drawn = await got(door, key, f"/v1/households/{household}/graph?hops=2")
        shown = {node["id"]: node for node in drawn["nodes"]}
        told = {
            (e["kind"], shown[e["start"]]["own_id"], shown[e["finish"]]["own_id"], e["since"]) for e in drawn["edges"]
        }
        walked: set[tuple[str, ...]] = set()
        ahead = {"Household": {(household,)}}
        for _ in range(2):
            asked = {param: sorted(ahead.get(label, ())) for label, param in PARAM_OF.items()}
            [answer] = await store.read(home, "identity.edges_around", **asked)
            ahead = {}
            for kind, start, finish, outward, label, *_, since, _ in answer["edges"]:
                walked.add((kind, *(own_id(end) for end in (start, finish)), since))
                ahead.setdefault(label, set()).add(tuple(keys.parts(finish if outward else start)[1:]))
        assert told == walked


def own_id(key: str) -> str:
    """A node's own id as a drawing tells it: of an identifier its value."""
    own = keys.parts(key)[1:]
    return own[-1] if len(own) == 3 else "/".join(own)


async def test_a_drawing_is_cut_at_its_limit_and_says_so(door: Door, home: str) -> None:
    key = await door.key(home)
    whole = await got(door, key, "/v1/households/lopez/graph?hops=3")
    count = len(whole["edges"])
    for limit in (1, 3, count - 1, count):
        cut = await got(door, key, f"/v1/households/lopez/graph?hops=3&limit={limit}")
        assert (len(cut["edges"]), cut["truncated"]) == (limit, limit < count)
    kept = {(edge["kind"], edge["start"], edge["finish"]) for edge in cut["edges"]}
    assert len(kept) == count, "no edge is told twice"


async def test_a_merged_household_is_drawn_as_its_survivor_and_an_unknown_one_is_not(door: Door, home: str) -> None:
    key = await door.key(home)
    merged = await got(door, key, "/v1/households/bobs/graph")
    assert (merged["household_id"], merged["requested_id"]) == ("hendersons", "bobs")
    assert merged["nodes"] == (await got(door, key, "/v1/households/hendersons/graph"))["nodes"]
    await got(door, key, "/v1/households/nobody/graph", 404)


async def test_a_household_of_nobody_is_drawn_alone(door: Door) -> None:
    slug = await door.tenant(empty=True)
    lonely = "CREATE (:Household {tenant: $t, key: $t + '/lonely', household_id: 'lonely', kind: 'family', persons: 0})"
    await asked(door.store, slug, lonely)
    drawn = await got(door, await door.key(slug), "/v1/households/lonely/graph?hops=3")
    assert ([node["own_id"] for node in drawn["nodes"]], drawn["edges"], drawn["truncated"]) == (["lonely"], [], False)


async def test_a_drawing_shows_no_personal_value_without_the_scope(door: Door, home: str) -> None:
    veiled = await door.key(home, "identity:read")
    answer = await door.ask("GET", "/v1/households/hendersons/graph?hops=4&limit=2000", veiled)
    assert answer.status_code == 200
    for value in (LANDLINE, EMAIL, "14 elm st", "henderson ", "robert henderson"):
        assert value not in answer.text
