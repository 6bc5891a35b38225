"""The time an answer takes does not tell an id of another tenant from one that nobody has."""

import random
import time
from statistics import fmean

import pytest

from graph_service.graph import keys
from tests.doors import EMAIL, LANDLINE, Door, door, home

__all__ = ["door", "home"]
pytestmark = [pytest.mark.engine, pytest.mark.siege]
ROUNDS = 1_000
BLIND = 0.56  # how often the slower of two answers is guessed right; half is a coin, of 1,000 each within .04
ROUTES = {
    "/v1/persons/{}": ["ann", "maya", "robert-sr", "noah"],
    "/v1/households/{}": ["hendersons", "lopez", "kim", "berg"],
    "/v1/households/{}/members": ["hendersons", "lopez", "kim", "berg"],
    "/v1/persons/{}/history": ["ann", "maya", "robert-sr", "noah"],
    "/v1/identity/{}": [f"email:{EMAIL}", f"phone:{LANDLINE}"],
}


def nobodys(own: str) -> str:
    """An id of the same form that nobody has."""
    if ":" not in own:
        return keys.mint()
    return own.replace("maya", "nora") if "@" in own else own[:-2] + "71"


def guessed(slow: list[float], fast: list[float]) -> float:
    """How often one of `slow` took longer than one of `fast` (Mann and Whitney's U over all pairs)."""
    ranks = {at: rank for rank, at in enumerate(sorted(range(len(slow) + len(fast)), key=[*slow, *fast].__getitem__))}
    mean = fmean(ranks[at] for at in range(len(slow)))
    return (mean - (len(slow) - 1) / 2) / len(fast)


async def took(door: Door, key: dict[str, str], path: str, status: int) -> float:
    """How long one answer took."""
    began = time.perf_counter()
    answer = await door.ask("GET", path, key)
    spent = time.perf_counter() - began
    assert answer.status_code == status, answer.text
    return spent


async def apart(door: Door, key: dict[str, str], one: list[str], other: list[str], *, status: int) -> float:
    """How well answers to these paths, `status`, are told by their time from 404s to those, asked in a mixed order."""
    dice, turns = random.Random(7), [0, 1] * ROUNDS
    times: tuple[list[float], list[float]] = ([], [])
    dice.shuffle(turns)
    for turn in [*turns[:100], *turns]:
        path = dice.choice((one, other)[turn])
        times[turn].append(await took(door, key, path, (status, 404)[turn]))
    kept = [spent[-ROUNDS:] for spent in times]  # the first ones warm up
    return guessed(kept[0], kept[1])


def paths(route: str) -> tuple[list[str], list[str]]:
    """The route with ids of the owner's, and with ids that nobody has."""
    return [route.format(own) for own in ROUTES[route]], [route.format(nobodys(own)) for own in ROUTES[route]]


async def test_the_clock_tells_what_is_there_from_what_is_not(door: Door, home: str) -> None:
    """The control: the owner's own answers differ in time from those about nobody, and this is seen."""
    found = await apart(door, await door.key(home), *paths("/v1/households/{}/members"), status=200)
    assert abs(found - 0.5) > BLIND - 0.5


@pytest.mark.parametrize("route", ROUTES)
async def test_an_id_of_another_tenant_takes_as_long_as_nobodys(door: Door, home: str, route: str) -> None:
    stranger = await door.key(await door.tenant(empty=True))
    told = await apart(door, stranger, *paths(route), status=404)
    assert abs(told - 0.5) < BLIND - 0.5, told
