"""No key sends more than it may, over any stretch of time, and each is told how much it has left."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_service.limits import Buckets, TooMany
from tests.doors import Door, door, home

__all__ = ["door", "home"]
KEY = ("acme", "k")


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(buckets: Buckets) -> bool:
    try:
        buckets.take(KEY)
    except TooMany as error:
        assert error.retry_after is not None
        assert error.retry_after >= 1
        return False
    return True


@settings(max_examples=50)
@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 5), st.floats(0.5, 10))
def test_no_stretch_of_time_sees_more_than_the_burst_and_the_rate(waits: list[float], burst: int, rate: float) -> None:
    clock = Clock()
    buckets = Buckets(rate, burst, clock)
    passed = []
    for wait in waits:
        clock.now += wait
        if taken(buckets):
            passed.append(clock.now)
    for first in range(len(passed)):
        for last in range(first, len(passed)):
            assert last - first + 1 <= burst + rate * (passed[last] - passed[first]) + 1e-6


def test_who_waits_as_told_is_welcome() -> None:
    clock = Clock()
    buckets = Buckets(0.25, 2, clock)
    assert buckets.take(KEY) == b'"key";r=1;t=4'
    assert taken(buckets)
    with pytest.raises(TooMany) as refusal:
        buckets.take(KEY)
    clock.now += refusal.value.retry_after or 0
    assert taken(buckets)
    assert buckets.take(("acme", "another")) == b'"key";r=1;t=4', "another key has a bucket of its own"


@pytest.mark.engine
async def test_a_key_that_sends_too_much_is_told_when_to_come_back(door: Door, home: str) -> None:
    key, other = await door.key(home), await door.key(home)
    first = await door.ask("GET", "/v1/persons/ann", key)
    assert first.headers["ratelimit"].startswith('"key";r=')
    assert first.headers["ratelimit-policy"].startswith('"key";q=')
    before, door.app.state.buckets = door.app.state.buckets, Buckets(0.01, 2)
    statuses = [(await door.ask("GET", "/v1/persons/ann", key)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    refused = await door.ask("GET", "/v1/persons/ann", key)
    assert refused.json()["name"] == "too_many_requests"
    assert int(refused.headers["retry-after"]) > 50
    assert refused.headers["ratelimit"].startswith('"key";r=0;')
    assert (await door.ask("GET", "/v1/persons/ann", other)).status_code == 200
    door.app.state.buckets = before
    assert (await door.ask("GET", "/healthz", {})).status_code == 200
