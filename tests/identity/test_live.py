"""A row arrives: it finds its company, joins or begins a person, and any number of workers agree."""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graph_service.errors import BadInput
from graph_service.graph.store import Row, Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.live import scorers
from graph_service.identity.live.arrive import Arrival, take_in
from graph_service.identity.live.blocks import index
from graph_service.identity.live.scorers import scorer_in_use
from graph_service.identity.run.models import adopt_model
from graph_service.records.model import contents, links
from matching import FieldType, match, standardise
from matching import Mapping as Columns
from tests.ground import asked
from tests.matching.people import COLUMNS, FIELDS, draw, f1

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAMES = ("source", "record_id", *COLUMNS)


def rows_of(records: pa.Table) -> list[Row]:
    """Rows as the graph keeps them."""
    return list(contents(records))


async def known(
    store: Store, tenant: str, records: pa.Table, fields: Mapping[str, FieldType] | None = None
) -> None:  # fmt: skip
    """A tenant that holds these rows, matched; the run has put them into their blocks.

    `fields`: what its sources declared, columns of their own too; those are not matched on where nobody declared them.
    """
    rows = rows_of(records)
    declared = json.dumps({name: str(kind) for name, kind in (fields or {}).items()})
    for source in sorted(set(records["source"].to_pylist())) if fields else ():
        told = {"source": source, "name": source, "mapping": "", "fields": declared, "ingest": "i", "now": "2026-01-01"}
        await store.write(tenant, "records.register_source", **told)
    nodes = [
        {"record": r["record"], "content": r["content"], "content_hash": r["content_hash"], "ingested_at": "2026-01-01"}
        for r in rows
    ]
    await store.write_many(tenant, "records.record_rows", nodes)
    await store.write_many(tenant, "records.record_identifiers", links(rows))
    await match_tenant(store, tenant)


def newcomer(record_id: str = "new-1", **fields: str) -> Row:
    """One row of a source of its own."""
    columns = {"record_id": record_id, **fields}
    table = pa.table({name: [value] for name, value in columns.items()})
    mapping = Columns(columns={name: name for name in columns}, record_id=("record_id",))
    return rows_of(standardise(table, mapping, source="live").records)[0]


async def persons(store: Store, tenant: str) -> dict[tuple[str, str], str]:
    """The person of every row; a row has exactly one."""
    rows = await asked(
        store, tenant,
        "MATCH (r:Record {tenant: $t}) OPTIONAL MATCH (r)-[:DESCRIBES]->(p:Person) "
        "RETURN r.source AS source, r.record_id AS id, collect(p.person_id) AS persons",
    )  # fmt: skip
    assert all(len(row["persons"]) == 1 for row in rows)
    return {(row["source"], row["id"]): row["persons"][0] for row in rows}


def _known_row(records: pa.Table) -> Row:
    """A row with a name, a birthday and an e-mail."""
    rows = records.to_pylist()
    return next(r for r in rows if r["first_name"] and r["last_name"] and r["email"] and r["date_of_birth"])


async def test_a_newcomer_joins_who_it_is_and_the_same_again_changes_nothing(store: Store, tenant: str) -> None:
    records = draw(25)[0]
    await known(store, tenant, records)
    held = _known_row(records)
    row = newcomer(**{name: held[name] for name in ("first_name", "last_name", "email", "date_of_birth")})
    first = (await take_in(store, tenant, [row]))[0]
    assert first.outcome == "new"
    assert first.matched
    everybody = await persons(store, tenant)
    assert first.person_id == everybody[held["source"], held["record_id"]] == everybody["live", "new-1"]
    again = (await take_in(store, tenant, [row]))[0]
    assert again == Arrival(first.key, "unchanged", first.person_id, first.household_id, 0, 0)
    assert await index(store, tenant) == 0


async def test_a_stranger_is_a_person_of_its_own_and_finds_itself_when_it_comes_back(store: Store, tenant: str) -> None:
    await known(store, tenant, draw(25)[0])
    stranger = {"first_name": "Zebulon", "last_name": "Quixworth", "street_address": "9 Nowhere Ln", "zip": "99501"}
    before = set((await persons(store, tenant)).values())
    one = (await take_in(store, tenant, [newcomer("s1", **stranger, email="zq@x.com")]))[0]
    assert one.person_id not in before
    other = (await take_in(store, tenant, [newcomer("s2", **stranger, email="zq@x.com")]))[0]
    assert other.person_id == one.person_id
    assert other.household_id == one.household_id


async def test_a_row_that_changes_leaves_whom_it_no_longer_resembles(store: Store, tenant: str) -> None:
    records = draw(25)[0]
    await known(store, tenant, records)
    held = _known_row(records)
    same = {name: held[name] for name in ("first_name", "last_name", "email", "date_of_birth")}
    joined = (await take_in(store, tenant, [newcomer("m1", **same)]))[0]
    changed = {"first_name": "Zebulon", "last_name": "Quixworth", "email": "zq@x.com", "date_of_birth": "1931-02-03"}
    left = (await take_in(store, tenant, [newcomer("m1", **changed)]))[0]
    assert left.outcome == "changed"
    assert left.person_id != joined.person_id
    everybody = await persons(store, tenant)
    assert everybody[held["source"], held["record_id"]] == joined.person_id


async def test_eight_workers_with_one_newcomer_end_in_one_person(store: Store, tenant: str) -> None:
    await known(store, tenant, draw(12)[0])
    stranger = {"first_name": "Zebulon", "last_name": "Quixworth", "email": "zq@x.com", "date_of_birth": "1931-02-03"}
    rows = [newcomer(f"w{n}", **stranger) for n in range(8)]
    await asyncio.gather(*(take_in(store, tenant, [row]) for row in rows))
    everybody = await persons(store, tenant)
    assert len({everybody["live", f"w{n}"] for n in range(8)}) == 1


async def test_a_model_is_made_ready_once_whoever_asks_at_once(
    store: Store, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a million rows it takes seconds: eight first askers who each did it were cut off."""

    class Counting(Store):
        models = 0

        async def read(self, tenant: str, name: str, /, **params: Any) -> list[Row]:
            self.models += name == "identity.current_model"
            return await super().read(tenant, name, **params)

    await known(store, tenant, draw(12)[0])
    monkeypatch.setattr(scorers, "_KEPT", OrderedDict())  # as in a process that has just started
    counting = Counting(store.engine, store.library, store.settings)
    found = await asyncio.gather(*(scorer_in_use(counting, tenant) for _ in range(8)))
    assert counting.models == 1
    assert len({id(one.scorer) for one in found}) == 1
    assert (await scorer_in_use(counting, tenant)).scorer is found[0].scorer
    assert counting.models == 1


async def test_a_tenant_without_a_model_is_served_by_the_packaged_one(store: Store, tenant: str) -> None:
    jane = {"first_name": "Jane", "last_name": "Featherstone", "email": "jane@feather.com", "phone": "214-555-2368"}
    jack = {"first_name": "Jack", "last_name": "Featherstone", "phone": "214-555-2368"}
    one = (await take_in(store, tenant, [newcomer("1", **jane)]))[0]
    same = (await take_in(store, tenant, [newcomer("2", **jane)]))[0]
    other = (await take_in(store, tenant, [newcomer("3", **jack)]))[0]
    assert same.person_id == one.person_id
    assert other.person_id != one.person_id
    assert other.household_id == one.household_id


def _level(sql: str, m: float, u: float) -> dict[str, object]:
    return {"sql_condition": sql, "label_for_charts": sql, "m_probability": m, "u_probability": u}


def _exactly(column: str, u: float) -> dict[str, object]:
    left, right = f'"{column}_l"', f'"{column}_r"'
    unknown = {"sql_condition": f"{left} IS NULL OR {right} IS NULL", "label_for_charts": "Null", "is_null_level": True}
    levels = [unknown, _level(f"{left} = {right}", 0.99, u), _level("ELSE", 0.01, 1.0 - u)]
    return {"output_column_name": column, "comparison_levels": levels}


async def test_an_adopted_splink_model_decides_about_rows_that_arrive(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    settings = {
        "link_type": "dedupe_only",
        "probability_two_random_records_match": 0.0001,
        "comparisons": [_exactly("surname", 0.001), _exactly("email", 0.00001)],
        "blocking_rules_to_generate_predictions": [],
    }
    path = tmp_path / "splink_model.json"
    path.write_text(json.dumps(settings), encoding="utf-8")
    report = await adopt_model(store, tenant, path, {})
    assert (report.comparisons, report.columns) == (["surname", "email"], {"surname": "last_name"})
    one, same, other = [
        (await take_in(store, tenant, [newcomer(own, first_name=first, last_name="Featherstone", email=email)]))[0]
        for own, first, email in (("1", "Jane", "a@x.com"), ("2", "Otto", "a@x.com"), ("3", "Jane", "b@x.com"))
    ]
    assert same.person_id == one.person_id  # the model heeds no given names
    assert other.person_id != one.person_id
    with pytest.raises(BadInput, match="surname"):
        await adopt_model(store, tenant, path, {"surname": "shoe"})


async def _arriving(
    store: Store, tenant: str, town: tuple[pa.Table, Mapping[str, FieldType]], *, share: float, seed: int
) -> list[str]:
    """The persons of all rows, of which this share arrives one by one, in an order of the seed."""
    records, fields = town
    order = np.random.default_rng(seed).permutation(records.num_rows)
    known_rows = int(records.num_rows * (1.0 - share))
    await known(store, tenant, records.take(np.sort(order[:known_rows])), fields)
    for row in rows_of(records.take(order[known_rows:])):
        await take_in(store, tenant, [row])
    found = await persons(store, tenant)
    return [found[key] for key in zip(records["source"].to_pylist(), records["record_id"].to_pylist(), strict=True)]


async def test_one_after_the_other_gives_nearly_what_a_run_gives(store: Store, tenant: str) -> None:
    records, truth, _ = draw(45, seed=4)
    live = np.unique(await _arriving(store, tenant, (records, FIELDS), share=0.3, seed=3), return_inverse=True)[1]
    assert f1(live, truth) > f1(match(records, FIELDS).persons, truth) - 0.03


@pytest.mark.siege
@pytest.mark.parametrize("seed", [1, 2])
async def test_a_town_that_arrives_in_any_order_is_matched_as_well_as_in_one_run(
    store: Store, tenant: str, seed: int
) -> None:
    from bench.sets import anytown

    town = anytown(21, 3000)
    found = await _arriving(store, tenant, (town.records, town.fields), share=0.2, seed=seed)
    live = np.unique(found, return_inverse=True)[1]
    assert abs(f1(live, town.persons) - f1(match(town.records, town.fields).persons, town.persons)) <= 0.01
