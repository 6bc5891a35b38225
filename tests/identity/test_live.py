"""A row arrives: it finds its company, joins or begins a person, and any number of workers agree."""

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pyarrow as pa
import pytest
import pytest_asyncio

from graph_service.graph.engines import Engine
from graph_service.graph.store import Row, Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.live.arrive import Arrival, take_in
from graph_service.identity.live.blocks import index
from graph_service.records.model import contents
from matching import standardise
from matching.mapping import Mapping
from tests.ground import asked, emptied, lent, store_on
from tests.matching.people import COLUMNS, draw

pytestmark = pytest.mark.asyncio(loop_scope="session")
NAMES = ("source", "record_id", *COLUMNS)


@pytest.fixture
def store(engine: Engine) -> Store:
    return store_on(engine)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def lot(engine: Engine) -> AsyncIterator[str]:
    async with lent(engine) as slug:
        yield slug


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(store: Store, lot: str) -> AsyncIterator[str]:
    yield lot
    await emptied(store, lot)


def rows_of(records: pa.Table) -> list[Row]:
    """Rows as the graph keeps them."""
    return list(contents(records))


async def known(store: Store, tenant: str, records: pa.Table) -> None:
    """A tenant that holds these rows, matched and put into their blocks."""
    rows = rows_of(records)
    nodes = [
        {"record": r["record"], "content": r["content"], "content_hash": r["content_hash"], "ingested_at": "2026-01-01"}
        for r in rows
    ]
    from graph_service.records.model import carried

    await store.write_many(tenant, "records.record_rows", nodes)
    await store.write_many(tenant, "records.record_identifiers", [link for row in rows for link in carried(row)])
    await match_tenant(store, tenant)
    await index(store, tenant)


def newcomer(record_id: str = "new-1", **fields: str) -> Row:
    """One row of a source of its own."""
    columns = {"record_id": record_id, **fields}
    table = pa.table({name: [value] for name, value in columns.items()})
    mapping = Mapping(columns={name: name for name in columns}, record_id=("record_id",))
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


async def test_a_tenant_without_a_model_is_served_by_the_packaged_one(store: Store, tenant: str) -> None:
    jane = {"first_name": "Jane", "last_name": "Featherstone", "email": "jane@feather.com", "phone": "214-555-2368"}
    jack = {"first_name": "Jack", "last_name": "Featherstone", "phone": "214-555-2368"}
    one = (await take_in(store, tenant, [newcomer("1", **jane)]))[0]
    same = (await take_in(store, tenant, [newcomer("2", **jane)]))[0]
    other = (await take_in(store, tenant, [newcomer("3", **jack)]))[0]
    assert same.person_id == one.person_id
    assert other.person_id != one.person_id
    assert other.household_id == one.household_id


async def test_one_after_the_other_gives_nearly_what_a_run_gives(store: Store, tenant: str) -> None:
    records, truth, _ = draw(45, seed=4)
    order = np.random.default_rng(3).permutation(records.num_rows)
    first, later = np.sort(order[: len(order) // 2]), order[len(order) // 2 :]
    await known(store, tenant, records.take(first))
    for row in rows_of(records.take(later)):
        await take_in(store, tenant, [row])
    found = await persons(store, tenant)
    from matching import match
    from tests.matching.people import FIELDS, f1

    keys = zip(records["source"].to_pylist(), records["record_id"].to_pylist(), strict=True)
    live = np.unique([found[key] for key in keys], return_inverse=True)[1]
    assert f1(live, truth) > f1(match(records, FIELDS).persons, truth) - 0.03
