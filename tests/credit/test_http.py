"""Credit over HTTP: the answer's shape, its sums, its intervals, its filters, and runs that are kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from graph_service.client import AttributionEngine
from graph_service.credit.schemas import METHODS
from tests.credit.walks import BASE, DAY, Journey, drawn, moment, written
from tests.doors import Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine
LATE = moment(BASE + 200 * DAY)
JOURNEYS = drawn(3, 60)
UNTOUCHED = Journey("j900", "dfw", "75209", False, BASE + 90 * DAY, [], (BASE + 3 * DAY, 9000.0))
STAYS = Journey(
    "j901",
    "dfw",
    "75209",
    False,
    BASE + 90 * DAY,
    [(BASE + DAY, "door_knock", "storm_first"), (BASE + 2 * DAY, "mail", None), (BASE + 3 * DAY, "call", "call_back")],
    (BASE + 9 * DAY, 14_000.0),
)


class Caller:
    """One tenant with journeys, and a key to it."""

    def __init__(self, door: Door, slug: str, key: dict[str, str]) -> None:
        self.door, self.slug, self.key = door, slug, key

    async def get(self, path: str, status: int = 200, **params: Any) -> dict[str, Any]:
        """The document that a path answers."""
        answer = await self.door.http.get(f"/v1/attribution/{path}", params=params, headers=self.key)
        assert answer.status_code == status, answer.text
        return dict(answer.json())


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def caller(door: Door) -> AsyncIterator[Caller]:
    """A tenant with sixty random journeys and two that are known by heart."""
    slug = await door.tenant(empty=True)
    await written(door.store, slug, [*JOURNEYS, UNTOUCHED, STAYS])
    yield Caller(door, slug, await door.key(slug, "attribution:read"))


@pytest.mark.parametrize("name", ["as_of", "opened_from", "opened_until"])
async def test_a_moment_that_utc_does_not_have_is_refused(caller: Caller, name: str) -> None:
    answer = await caller.get("storms/dfw", 422, **{name: "9999-12-31T23:59:00-05:00"})
    assert "years 1 to 9999" in answer["detail"]


@pytest.mark.parametrize("method", METHODS)
async def test_every_method_sums_to_the_conversions_and_gives_every_share_an_interval(
    caller: Caller, method: str
) -> None:
    answer = await caller.get("storms/dfw", method=method, as_of=LATE)
    dfw = [one for one in [*JOURNEYS, UNTOUCHED, STAYS] if one.storm == "dfw" and not one.anonymous]
    won = [one.conversion for one in dfw if one.conversion]
    assert answer["conversions"] == pytest.approx(len(won))
    assert answer["value"] == pytest.approx(sum(value for _, value in won))
    for by, shares in (("channel", answer["channels"]), ("play", answer["plays"])):
        assert sum(shares.values()) == pytest.approx(1)
        rows = [row for row in answer["earned"] if row["by"] == by]
        assert sum(row["conversions"] for row in rows) == pytest.approx(len(won))
        assert sum(row["value"] for row in rows) == pytest.approx(answer["value"])
        assert answer["uncertainty"].keys() >= shares.keys()
        for name, share in shares.items():
            low, high = answer["uncertainty"][name]
            assert low <= share <= high
    alone = sum(not one.touches for one in dfw) / len(won)
    assert answer["channels"]["unattributed"] == pytest.approx(alone)
    assert answer["counts"]["journeys"] == len(dfw) == answer["counts"]["conversions"] + answer["counts"]["nulls"]
    assert answer["estimand"] and answer["leaves_out"] and answer["fingerprint"]


async def test_every_number_can_be_asked_again(caller: Caller) -> None:
    answer = await caller.get("storms/dfw", as_of=LATE, by="channel", zip="75209", lookback_days=10)
    assert {used["name"] for used in answer["queries"]} == {"journeys.transition_counts_o1", "credit.journey_counts"}
    walk = answer["queries"][0]["parameters"]
    assert (walk["storm"], walk["zip"], walk["as_of"], walk["lookback_days"]) == ("dfw", "75209", LATE, 10.0)
    assert answer == await caller.get("storms/dfw", as_of=LATE, by="channel", zip="75209", lookback_days=10)
    assert answer["plays"] == {}


async def test_order_direct_transform_and_nulls_are_heard(caller: Caller) -> None:
    plain = await caller.get("storms/dfw", as_of=LATE, by="channel")
    for asked in ({"order": 3}, {"direct": "drop"}, {"transform": "first"}, {"nulls": False}, {"variant": "fail"}):
        other = await caller.get("storms/dfw", as_of=LATE, by="channel", **asked)
        assert other["channels"] != plain["channels"], asked
        assert sum(other["channels"].values()) == pytest.approx(1), asked
    dropped = await caller.get("storms/dfw", as_of=LATE, by="channel", direct="drop")
    assert dropped["channels"].get("direct", 0) == 0
    chosen = await caller.get("storms/dfw", as_of=LATE, by="channel", order=0)
    assert chosen["method"].startswith("markov_")


async def test_open_and_anonymous_journeys_are_counted_whichever_way(caller: Caller) -> None:
    early = moment(BASE + 25 * DAY)
    kept, left = [await caller.get("storms/*", as_of=early, open=each) for each in (True, False)]
    assert kept["counts"]["open"] == left["counts"]["open"] > 0
    assert kept["counts"]["nulls"] - left["counts"]["nulls"] == kept["counts"]["open"]
    shown = await caller.get("storms/*", as_of=LATE, anonymous=True)
    hidden = await caller.get("storms/*", as_of=LATE)
    assert shown["counts"]["anonymous"] == hidden["counts"]["anonymous"] > 0
    assert shown["counts"]["journeys"] - hidden["counts"]["journeys"] == shown["counts"]["anonymous"]
    assert shown["conversions"] == shown["counts"]["conversions"]


async def test_outside_every_storm_and_nothing_at_all(caller: Caller) -> None:
    outside = await caller.get("storms/-", as_of=LATE)
    assert outside["conversions"] == len(
        [1 for one in JOURNEYS if not one.storm and one.conversion and not one.anonymous]
    )
    nothing = await caller.get("storms/dfw", as_of=moment(BASE - DAY))
    assert (nothing["conversions"], nothing["counts"]["journeys"]) == (0, 0)
    assert all(tuple(ends) == (0.0, 1.0) for ends in nothing["uncertainty"].values())
    for method in METHODS:
        empty = await caller.get("storms/dfw", as_of=moment(BASE - DAY), method=method)
        assert empty["conversions"] == 0, method
    await caller.get("storms/nobodys", 404)
    await caller.get("storms/dfw", 422, method="magic")
    await caller.get("storms/dfw", 422, as_of="yesterday")


async def test_one_journey_is_divided_among_its_touches(caller: Caller) -> None:
    linear = await caller.get("journeys/j901", method="linear", as_of=LATE)
    assert [touch["share"] for touch in linear["touches"]] == pytest.approx([1 / 3] * 3)
    assert linear["plays"] == pytest.approx({"storm_first": 1 / 3, "no_play": 1 / 3, "call_back": 1 / 3})
    assert (linear["outcome"], linear["value"]) == ("converted", 14_000.0)
    markov = await caller.get("journeys/j901", as_of=LATE, by="channel")
    assert sum(markov["channels"].values()) == pytest.approx(1)
    assert all(low <= markov["channels"][name] <= high for name, (low, high) in markov["uncertainty"].items())
    assert any(low < high for low, high in markov["uncertainty"].values())
    back = await caller.get("journeys/j901", method="linear", as_of=LATE, lookback_steps=1)
    assert back["channels"] == {"call": 1.0}
    before = await caller.get("journeys/j901", as_of=moment(BASE + 2 * DAY))
    assert (before["outcome"], before["channels"], len(before["touches"])) == ("open", {}, 2)
    untouched = await caller.get("journeys/j900", as_of=LATE)
    assert untouched["channels"] == {"unattributed": 1.0}
    await caller.get("journeys/nobodys", 404)


@pytest.mark.parametrize("by", ["channel", "play", "channel_play"])
async def test_transitions_are_rows_that_sum_to_one(caller: Caller, by: str) -> None:
    answer = await caller.get("transitions", storm="dfw", order=2, by=by, as_of=LATE)
    sums: dict[tuple[str, ...], float] = {}
    for step in answer["transitions"]:
        low, high = step["probability_interval"]
        assert low <= step["probability"] <= high
        state = tuple(step["from_state"])
        sums[state] = sums.get(state, 0.0) + step["probability"]
    assert sums and all(total == pytest.approx(1) for total in sums.values())
    assert max(map(len, sums)) == 2


async def test_all_journeys_are_counted_as_with_a_filter_that_leaves_none_out(caller: Caller) -> None:
    whole = await caller.get("transitions", storm="*", as_of=LATE)
    filtered = await caller.get("transitions", storm="*", as_of=LATE, opened_from="2000-01-01T00:00:00Z")
    assert whole["transitions"] == filtered["transitions"] != []
    cheap = caller.door.store.engine.isolation == "database"
    assert whole["queries"][0]["name"] == "journeys.transition_counts_o1" + ("_whole" if cheap else "")
    assert filtered["queries"][0]["name"] == "journeys.transition_counts_o1"


async def test_a_run_keeps_every_method_and_the_next_is_another_version(caller: Caller) -> None:
    body = {"storm_id": "dfw", "methods": ["markov", "linear"], "as_of": LATE}
    runs = []
    for _ in range(2):
        answer = await caller.door.ask("POST", "/v1/attribution/runs", caller.key, body)
        assert answer.status_code == 200, answer.text
        runs.append(await finished(caller, answer))
    first, second = runs
    assert (first["version"], second["version"], first["progress"]) == (1, 2, 1.0)
    assert [kept["method"] for kept in first["results"]] == ["linear", "markov"]
    asked = await caller.get("storms/dfw", as_of=LATE)
    markov = next(kept for kept in first["results"] if kept["method"] == "markov")
    assert markov["answer"]["channels"] == pytest.approx(asked["channels"])
    assert markov["fingerprint"] == asked["fingerprint"]
    assert markov["model"]["method"] == "markov_1_redirect"
    assert [kept["fingerprint"] for kept in second["results"]] == [kept["fingerprint"] for kept in first["results"]]
    listed = await caller.get("runs")
    assert [run["run_id"] for run in listed["runs"]][:2] == [second["run_id"], first["run_id"]]
    assert (await caller.door.ask("POST", "/v1/attribution/runs", caller.key, {"storm_id": "no"})).status_code == 404


async def finished(caller: Caller, begun: httpx.Response) -> dict[str, Any]:
    """A run when it is over."""
    for _ in range(600):
        run = await caller.get(f"runs/{begun.json()['run_id']}")
        if run["state"] != "running":
            assert run["state"] == "done", run["message"]
            return run
        await asyncio.sleep(0.1)
    raise AssertionError("the run does not end")


async def test_the_client_asks_the_same(caller: Caller) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json={"channels": {}})

    with AttributionEngine("http://stormgraph", "k", transport=httpx.MockTransport(answer)) as credit:
        credit.attribute_journey("j/901", method="linear")
        credit.attribute_storm("dfw", by="play", zip=None, as_of=LATE)
        credit.get_channel_attribution("75209", "dfw")
    assert asked[0].url.raw_path.decode() == "/v1/attribution/journeys/j%2F901?method=linear"
    for request in asked[1:]:
        real = await caller.door.http.get(request.url, headers=caller.key)
        assert real.status_code == 200
    assert real.json()["zip"] == "75209" and real.json()["channels"] and not real.json()["plays"]
