"""What a match run has to do with rows that wait: it settles those it read, and leaves those that came later alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from graph_service import moments
from graph_service.graph import keys
from graph_service.graph.store import Row, Store
from graph_service.identity.run.reading import table_of

PAGE = 2_500
KEYS = ("source", "record_id")
KEYED = pa.schema([(name, pa.string()) for name in KEYS])
# Rows that came while the run was matching are not in its answer: what follows from them alone is none of its business.
SPARE = """
create or replace table late as
  select source, record_id, person_id from old_row_persons anti join here using (source, record_id);
create or replace table late_persons as select person_id from late except
  select person_id from old_row_persons semi join here using (source, record_id);
create or replace table late_households as
  select household_id from old_memberships semi join late_persons using (person_id) except
  select household_id from old_memberships anti join late_persons using (person_id);
delete from old_row_persons where (source, record_id) in (select (source, record_id) from late);
delete from old_row_matches where (source, record_id) in (select (source, record_id) from late)
  or (other_source, other_id) in (select (source, record_id) from late);
delete from old_persons_known where person_id in (from late_persons);
delete from old_identifier_persons where person_id in (from late_persons);
delete from old_memberships where person_id in (from late_persons);
delete from old_households_known where household_id in (from late_households);
delete from old_residences where household_id in (from late_households);
"""
# Rows that the run read and that describe nobody now.
LONELY = "select source, record_id from rec anti join present using (source, record_id) order by all"
ERASED = """
create or replace table erased_rows as
  select row, person_id, household_id, address, property_id from rec
  anti join present using (source, record_id) anti join there using (source, record_id)
"""
OTHERS = """
select distinct source, record_id from present anti join new_row_persons using (source, record_id, person_id)
order by all
"""
BEREAVED = """
select source, record_id from new_row_persons semi join present using (source, record_id)
where person_id in (
  select person_id from erased_rows union
  select person_id from new_memberships semi join erased_rows using (household_id)
) order by all
"""
EMPTY = """
select person_id, household_id from put_persons_known anti join present using (person_id) union
select person_id, household_id from erased_rows order by all
"""
BUILDINGS = """
select home from erased_rows join homes using (address) union
select property_id from erased_rows where property_id is not null order by all
"""


async def marks(store: Store, tenant: str) -> list[Row]:
    """The rows that wait now, as `settle` takes them. Ask before the rows themselves are read."""
    found: list[Row] = []
    after: tuple[str, ...] | str = ""
    while page := await store.read(tenant, "records.waiting_rows", after=after, limit=PAGE):
        for row in page:
            after = tuple(keys.parts(row["waiting"])[1:])
            own = (row["source"], row["record_id"])
            found.append({"record": own, "waiting": after, "content_hash": row["content_hash"]})
    return found


async def settle(store: Store, tenant: str, marked: Sequence[Row]) -> None:
    """Say that these rows were decided on; one that changed since, or is being decided on, goes on waiting."""
    await store.write_many(tenant, "records.settle_rows", marked, batch=PAGE)


def spare(connection: duckdb.DuckDBPyConnection, read: pa.Table) -> None:
    """Take out of the run's tables `old_*` what speaks of rows that it has not read."""
    connection.register("here", read.select(["source", "record_id"]))
    connection.execute(SPARE)
    connection.unregister("here")


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What others did while a run worked.

    others: rows that have another person than the run gave them, or none. erased: the places, among the rows read, of
    those that were erased; bereaved: rows to which the run gave the person or household of such a one; buildings: their
    homes.
    """

    others: list[tuple[str, str]]
    erased: list[int]
    bereaved: list[tuple[str, str]]
    buildings: list[str]


async def meanwhile(store: Store, tenant: str, connection: duckdb.DuckDBPyConnection) -> Meanwhile:
    """Who came, was judged or was erased, seen once a run has written: nothing that it wrote goes against that.

    Persons and households that it made of erased rows, or for rows that were given others, are dropped.
    """
    connection.register("present", await table_of(store, tenant, "identity.row_persons"))
    lonely = connection.execute(LONELY).fetchall()
    there = [own for start in range(0, len(lonely), PAGE) for own in await _there(store, tenant, lonely[start:][:PAGE])]
    connection.register("there", pa.table({name: [own[at] for own in there] for at, name in enumerate(KEYS)}, KEYED))
    connection.execute(ERASED)
    others, bereaved, empty = (connection.execute(asked).fetchall() for asked in (OTHERS, BEREAVED, EMPTY))
    buildings = [home for (home,) in connection.execute(BUILDINGS).fetchall()]
    erased = [row for (row,) in connection.execute("select row from erased_rows order by row").fetchall()]
    for name in ("present", "there"):
        connection.unregister(name)
    for start in range(0, len(empty), PAGE):
        persons, homes = (sorted({*owns}) for owns in zip(*empty[start : start + PAGE], strict=True))
        await store.write(tenant, "identity.drop_empty_persons", persons=persons)
        await store.write(tenant, "identity.drop_empty_households", households=homes)
    return Meanwhile([*others, *there], erased, bereaved, buildings)


async def _there(store: Store, tenant: str, rows: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Those of these rows that the tenant holds."""
    held = await store.read(tenant, "records.held_rows", records=rows)
    return [(source, own) for row in held for _, source, own in [keys.parts(row["key"])]]


async def wait_again(store: Store, tenant: str, rows: Sequence[tuple[str, str]]) -> None:
    """Let these rows be decided on once more, beside a run's answer."""
    now = moments.now()
    waiting = [{"record": row, "waiting": (now, keys.mint())} for row in rows]
    await store.write_many(tenant, "records.wait_again", waiting, batch=PAGE)
