"""What became of a storm's journeys, over HTTP and on the command line."""

import pytest

from tests.doors import Door, door

__all__ = ["door"]
pytestmark = pytest.mark.engine


async def test_a_storm_tells_how_far_households_came_and_by_which_way(door: Door) -> None:
    key = await door.key(await door.tenant())
    answer = await door.ask("GET", "/v1/attribution/storms/hail-may/funnel", key)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["reached"] == {
        "households": 1, "responded": 0, "leads": 0, "inspections": 1, "claims": 0, "converted": 1,
    }  # fmt: skip
    assert told["top_paths"] == [{"path": ["call", "door_knock"], "conversions": 1, "value_usd": 14500.0}]
    assert [row["channel"] for row in told["time_to_conversion"]] == ["call"]
    assert {query["name"] for query in told["queries"]} == {
        "journeys.storm_funnel", "journeys.top_paths", "journeys.time_to_conversion",
    }  # fmt: skip
    unknown = await door.ask("GET", "/v1/attribution/storms/nobody-knows/funnel", key)
    assert unknown.status_code == 404
