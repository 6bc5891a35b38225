"""Where does a household live, from when to when? The run's SQL and what follows a row that arrives say the same."""

from types import SimpleNamespace
from typing import Any, cast

import duckdb
import numpy as np
import pyarrow as pa

from graph_service.identity.live import derived
from graph_service.identity.live.surroundings import Known
from graph_service.identity.run import answer
from graph_service.identity.run.reading import Rows
from matching import MatchResult, address_value

NAMES = ("street_address", "unit", "city", "zip", "property_id", "phone", "cookie_id", "seen_at")
Span = tuple[str | None, str | None]


def _row(address: str, day: str | None = None, **more: str | None) -> dict[str, str | None]:
    return {"street_address": address, "seen_at": day and f"{day}T12:00:00Z", "phone": "+1", "zip": "75209", **more}


def _entry(address: str, property_id: str, day: str) -> dict[str, str | None]:
    return _row(address, day, property_id=property_id, phone=None)


def _known(rows: list[dict[str, str | None]]) -> list[Known]:
    return [
        Known((str(at), str(at)), row, "", address_value(row), None, None, ()) for at, row in enumerate(rows)
    ]  # fmt: skip


def _of_a_run(rows: list[dict[str, str | None]], homes: list[int]) -> tuple[dict[int, dict[str, Span]], dict[str, str]]:
    """The residences of every household as a match run writes them, and which building each address stands for."""
    keys = [str(at) for at in range(len(rows))]
    columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in NAMES}
    records = pa.table({"source": keys, "record_id": keys, **columns})
    none = np.empty(0)
    result = SimpleNamespace(
        persons=np.arange(len(rows)), households=np.array(homes), kinds=["family"] * (max(homes) + 1),
        merges={"left": pa.array(none), "weight": pa.array(none)},
        links={"left": pa.array(none), "right": pa.array(none), "weight": pa.array(none)},
    )  # fmt: skip
    named = answer.Named([f"p{key}" for key in keys], [str(home) for home in range(max(homes) + 1)])
    with duckdb.connect(":memory:") as connection:
        given = Rows(records, {}, pa.nulls(len(rows), pa.string()), "")
        answer.remembered(given, cast(MatchResult, result), named, connection)
        found: dict[int, dict[str, Span]] = {home: {} for home in set(homes)}
        for home, building, since, until in connection.execute("from new_residences").fetchall():
            found[int(home)][building] = (since, until)
        return found, dict(connection.execute("from homes").fetchall())


def _lives(*rows: dict[str, str | None]) -> dict[str, Span]:
    """Where one household of these rows lives; both ways of deriving it agree."""
    found, homes = _of_a_run(list(rows), [0] * len(rows))
    assert derived.residences(_known(list(rows)), homes) == found[0]
    return found[0]


def test_an_owner_lives_where_other_rows_say_so() -> None:
    rows = _entry("5 oak st", "p1", "2012-01-01"), _entry("9 elm dr", "p2", "2021-01-01")
    assert _lives(*rows, _row("9 elm dr", "2024-06-01")) == {"p2": ("2021-01-01", None)}


def test_an_owner_of_one_building_lives_there_for_all_we_know_and_of_several_in_none() -> None:
    one = _entry("5 oak st", "p1", "2012-01-01")
    assert _lives(one) == {"p1": ("2012-01-01", None)}
    assert _lives(one, _entry("9 elm dr", "p2", "2021-01-01")) == {}


def test_what_is_left_out_of_an_address_makes_no_other_home() -> None:
    full = _row("5 oak st", "2024-01-01", unit="2", property_id="p1")
    short = _row("5 oak st", "2025-01-01", zip=None, city="dallas"), _row("5 oak st", "2025-02-01", zip="75290")
    assert _lives(full, *short) == {"p1": ("2024-01-01", None)}
    neighbour = _row("5 oak st", "2025-03-01", unit="3", property_id="p2")
    assert set(_lives(full, *short, neighbour)) == {"p2"}  # each named once: which unit the short ones mean is unknown


def test_of_two_homes_named_once_each_the_later_is_the_home() -> None:
    rows = _row("5 oak st", "2024-01-01", property_id="p1"), _row("9 elm dr", "2025-01-01", property_id="p2")
    assert _lives(*rows) == {"p2": ("2025-01-01", None)}


def test_a_row_that_arrives_derives_homes_as_a_run_does() -> None:
    rng = np.random.default_rng(5)
    choices: dict[str, list[Any]] = {
        "street_address": ["5 oak st", "9 elm dr", "7 ash ct", None], "unit": [None, None, "1", "2"],
        "city": [None, "dallas"], "zip": [None, "75209"], "property_id": [None, None, "p1", "p2", "p3"],
        "phone": [None, "+1"], "cookie_id": [None, None, None, "c"],
        "seen_at": [None, "2024-01-01T00:00:00Z", "2024-06-01T00:00:00Z", "2025-01-01T00:00:00Z"],
    }  # fmt: skip
    for _ in range(12):
        size = int(rng.choice([1, 3, 12, 40]))
        rows = [{name: values[rng.integers(len(values))] for name, values in choices.items()} for _ in range(size)]
        homes = np.unique(rng.integers(0, 1 + size // 3, size), return_inverse=True)[1].tolist()
        found, places = _of_a_run(rows, homes)
        known = _known(rows)
        for home in set(homes):
            own = [row for row, of in zip(known, homes, strict=True) if of == home]
            assert derived.residences(own, places) == found[home]
