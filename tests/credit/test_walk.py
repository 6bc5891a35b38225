"""What the engine counts is what a person would count, and counts from paths are the counts of the walk."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from attribution import count_transitions, from_lists, transition_matrix, transitions_from_table
from graph_service.credit import model
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from tests.credit.walks import BASE, DAY, Journey, drawn, moment, written
from tests.ground import emptied, lent, store_on

pytestmark = pytest.mark.engine
SEEDS = range(6)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    """A store and a tenant that these tests use one after the other."""
    async with lent(engine) as tenant:
        yield store_on(engine), tenant


@pytest.mark.parametrize("seed", SEEDS)
async def test_counts_from_paths_equal_counts_from_the_walk(ground: tuple[Store, str], seed: int) -> None:
    store, tenant = ground
    await emptied(store, tenant)
    journeys = drawn(seed)
    await written(store, tenant, journeys)
    for question in questions(seed):
        paths = await store.read(tenant, "journeys.paths", **question)
        assert told(paths) == reckoned(journeys, question), question
        for order in (1, 2, 3, 4):
            rows = await store.read(tenant, f"journeys.transition_counts_o{order}", **question)
            assert walked(rows) == counted(paths, order), (question, order)
            if order == 1 and question.keys() <= {"as_of", "open", "anonymous"}:
                parts = await store.read(tenant, "journeys.transition_counts_o1_whole", **question)
                assert model.added(parts) == rows, question


@pytest.mark.parametrize("seed", SEEDS[:2])
async def test_each_converted_journey_is_one_path_with_the_age_of_its_touches(
    ground: tuple[Store, str], seed: int
) -> None:
    store, tenant = ground
    await emptied(store, tenant)
    journeys = drawn(seed)
    await written(store, tenant, journeys)
    for question in questions(seed):
        asked = {name: value for name, value in question.items() if name != "open"}
        rows = await store.read(tenant, "journeys.paths_converted", **asked)
        of = {journey.journey_id: journey for journey in journeys}
        for row in rows:
            won = of[row["journey_id"]].conversion
            assert won is not None and row["value"] == won[1] and len(row["days"]) == len(row["path"])
            assert row["days"] == sorted(row["days"], reverse=True)
            assert all(0 <= age <= question.get("lookback_days", 1e9) for age in row["days"])
        paths = Counter(tuple(row["path"]) for row in rows)
        assert paths == Counter({path: won for path, (won, _, _) in reckoned(journeys, question).items() if won})


def questions(seed: int) -> list[dict[str, Any]]:
    """Every filter alone, and all of them at once by chance."""
    dice = random.Random(seed)
    late, early = moment(BASE + 200 * DAY), moment(BASE + dice.randrange(10, 40) * DAY)
    chance = {
        "storm": dice.choice(["*", "dfw", ""]),
        "zip": dice.choice(["*", "75209", ""]),
        "opened_from": moment(BASE + 3 * DAY),
        "opened_until": moment(BASE + 40 * DAY),
        "lookback_days": dice.choice([3.0, 10.5]),
        "lookback_steps": dice.randint(1, 4),
        "open": dice.random() < 0.5,
        "anonymous": dice.random() < 0.5,
        "by": dice.choice(["channel", "play", "channel_play"]),
    }
    alone = [{name: value, "as_of": late} for name, value in chance.items()]
    whole = [{"as_of": early, "open": False, "anonymous": True}, {"as_of": early, "anonymous": True}]
    return [
        {"as_of": late},
        {"as_of": early},
        {"as_of": early, "open": False},
        *whole,
        *alone,
        {**chance, "as_of": early},
    ]


def reckoned(journeys: list[Journey], asked: dict[str, Any]) -> dict[tuple[str, ...], tuple[int, float, int]]:
    """Path -> conversions, value, nulls; by a plain reading of the question."""
    found: dict[tuple[str, ...], list[float]] = {}
    for journey in journeys:
        if (path := taken(journey, asked)) is not None:
            won = journey.conversion if journey.conversion and moment(journey.conversion[0]) <= asked["as_of"] else None
            cell = found.setdefault(path, [0, 0.0, 0])
            cell[0 if won else 2] += 1
            cell[1] += won[1] if won else 0.0
    return {path: (int(a), b, int(c)) for path, (a, b, c) in found.items()}


def taken(journey: Journey, asked: dict[str, Any]) -> tuple[str, ...] | None:
    """The path of one journey as the question sees it; None where it is left out."""
    opened, as_of = moment(journey.opened), asked["as_of"]
    kept = asked.get("storm", "*") in ("*", journey.storm) and asked.get("zip", "*") in ("*", journey.zip)
    kept = kept and asked.get("opened_from", "") <= opened < asked.get("opened_until", "~") and opened <= as_of
    if not kept or (journey.anonymous and not asked.get("anonymous", False)):
        return None
    won = journey.conversion is not None and moment(journey.conversion[0]) <= as_of
    if not won and not asked.get("open", True) and moment(journey.window_end) > as_of:
        return None
    touches = [touch for touch in journey.touches if moment(touch[0]) <= as_of]
    anchor = journey.conversion[0] if won and journey.conversion else touches[-1][0]
    touches = [touch for touch in touches if touch[0] >= anchor - asked.get("lookback_days", 1e9) * DAY]
    names = {
        "channel": lambda channel, play: channel,
        "play": lambda channel, play: play or "no_play",
        "channel_play": lambda channel, play: f"{channel}/{play or 'no_play'}",
    }
    name = names[asked.get("by", "channel")]
    return tuple(name(channel, play) for _, channel, play in touches[-asked.get("lookback_steps", 10**6) :])


def told(rows: list[dict[str, Any]]) -> dict[tuple[str, ...], tuple[int, float, int]]:
    """The answer of `journeys.paths` in the same shape."""
    return {tuple(row["path"]): (row["conversions"], row["value"], row["nulls"]) for row in rows}


def walked(rows: list[dict[str, Any]]) -> dict[tuple[str, str], tuple[float, float]]:
    """State and next step -> count, value; of a walk, read as the credit room reads it."""
    return matrix(transition_matrix(model.chain(rows))) if rows else {}


def counted(paths: list[dict[str, Any]], order: int) -> dict[tuple[str, str], tuple[float, float]]:
    """The same, counted from whole paths."""
    amounts = {name: [float(row[name]) for row in paths] for name in ("value", "nulls")}
    built = from_lists([row["path"] for row in paths], [float(row["conversions"]) for row in paths], **amounts)
    return matrix(transition_matrix(transitions_from_table(transition_matrix(count_transitions(built, order)))))


def matrix(table: Any) -> dict[tuple[str, str], tuple[float, float]]:
    """A transition table as a mapping."""
    return {(row["from_state"], row["to_state"]): (row["count"], row["value"]) for row in table.to_pylist()}
