"""From a matcher's answer to what the graph is to remember: persons, identifiers, households, homes, matches."""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa

from graph_service.identity.model import KINDS, REACHED_BY
from graph_service.identity.run.reading import Rows
from matching import MatchResult, address_values

SEEN = "substr(seen_at, 1, 10)"
REGISTERED = "rec.property_id is not null and " + " and ".join(f"rec.{name} is null" for name in REACHED_BY)


@dataclass(frozen=True, slots=True)
class Named:
    """The ids that this run's clusters carry: of a person per cluster number, of a household per household number."""

    persons: list[str]
    households: list[str]


def remembered(rows: Rows, result: MatchResult, named: Named, connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables `new_*` of everything the graph is to hold after this run, each with the columns of its query.

    new_row_persons, new_persons_known, new_identifier_persons, new_households_known, new_memberships, new_residences,
    new_properties_known, new_places, new_row_matches.
    """
    _load(rows, result, named, connection=connection)
    for statement in (_ROW_PERSONS, _PERSONS, _LONG, _IDENTIFIERS, _HOUSEHOLDS, _MEMBERSHIPS, _HOMES, _RESIDENCES):
        connection.execute(statement)
    for statement in (_PROPERTIES, _PLACES, _MATCHES):
        connection.execute(statement)
    for table in ("household_kind", "merged", "pair", "carried"):
        connection.execute(f"drop table {table}")


def _load(rows: Rows, result: MatchResult, named: Named, *, connection: duckdb.DuckDBPyConnection) -> None:
    records = rows.records
    count = records.num_rows
    columns: dict[str, pa.Array] = {
        name: records[name] if name in records.column_names else pa.nulls(count, pa.string()) for name in _WANTED
    }
    person_of_row = pa.array(named.persons, pa.string()).take(pa.array(result.persons))
    home_of_person = pa.array(named.households, pa.string()).take(pa.array(result.households))
    columns |= {
        "row": pa.array(np.arange(count)),
        "address": address_values(records),
        "scope": rows.scopes,
        "person_id": person_of_row,
        "household_id": home_of_person.take(pa.array(result.persons)),
    }
    tables: Mapping[str, pa.Table] = {
        "rec": pa.table(columns),
        "household_kind": pa.table({"household_id": named.households, "kind": result.kinds}),
        "merged": pa.table({"left_row": result.merges["left"], "weight": result.merges["weight"]}),
        "pair": pa.table({"l": result.links["left"], "r": result.links["right"], "weight": result.links["weight"]}),
    }
    for name, table in tables.items():
        connection.register("arriving", table)
        connection.execute(f"create or replace table {name} as select *{_FURTHER.get(name, '')} from arriving")
        connection.unregister("arriving")


_FURTHER = {"rec": ", row_number() over (order by source, record_id) as place"}
_WANTED = (
    "source", "record_id", "seen_at", "first_name", "last_name", "email", "phone", "device_id", "cookie_id", "crm_id",
    "property_id",
)  # fmt: skip

_ROW_PERSONS = "create or replace table new_row_persons as select source, record_id, person_id from rec"

_PERSONS = """
create or replace table new_persons_known as
with weakest as (
  select person_id, min(weight) as weight from merged join rec on rec.row = merged.left_row group by person_id),
first_names as (
  select person_id, first_name, row_number() over (partition by person_id order by count(*) desc, first_name) as place
  from rec where first_name is not null group by person_id, first_name),
last_names as (
  select person_id, last_name, row_number() over (partition by person_id order by count(*) desc, last_name) as place
  from rec where last_name is not null group by person_id, last_name)
select r.person_id, count(*) as records,
       round(coalesce(1 / (1 + pow(2, -any_value(w.weight))), 1.0), 6) as confidence,
       any_value(household_id) as household_id, any_value(f.first_name) as first_name,
       any_value(l.last_name) as last_name, null::varchar as alias_of
from rec r left join weakest w using (person_id)
left join (from first_names where place = 1) f using (person_id)
left join (from last_names where place = 1) l using (person_id)
group by r.person_id
"""

# A row carries at most one value of a kind.
_LONG = "create or replace table carried as " + " union all ".join(
    f"select row, person_id, household_id, seen_at, '{kind.name}' as kind, "
    + ("coalesce(scope, '')" if kind.name in {"crm_id", "cookie_id"} else "''")
    + f" as scope, {'address' if kind.name == 'address' else kind.field} as value from rec "
    + f"where {'address' if kind.name == 'address' else kind.field} is not null"
    for kind in KINDS.values()
)

_IDENTIFIERS = """
create or replace table new_identifier_persons as
with everywhere as (select kind, scope, value, count(*) as rows from carried group by all)
select c.kind, c.scope, c.value, c.person_id,
       round(any_value(p.confidence) * count(*) / any_value(e.rows), 6) as strength,
       count(*) as records, max(c.seen_at) as last_seen
from carried c join everywhere e using (kind, scope, value) join new_persons_known p on p.person_id = c.person_id
group by c.kind, c.scope, c.value, c.person_id
"""

_HOUSEHOLDS = """
create or replace table new_households_known as
select household_id, any_value(kind) as kind, count(distinct person_id) as persons, null::varchar as alias_of
from rec join household_kind using (household_id) group by household_id
"""

_MEMBERSHIPS = f"""
create or replace table new_memberships as
select person_id, any_value(household_id) as household_id, min({SEEN}) as since, null::varchar as until
from rec group by person_id
"""

# A home is known by the register's number where any row of its address carries one, else by the address itself.
_HOMES = """
create or replace table homes as
with registered as (
  select address, property_id, row_number() over (partition by address order by count(*) desc, property_id) as place
  from rec where address is not null and property_id is not null group by address, property_id)
select distinct rec.address, coalesce(registered.property_id, rec.address) as home
from rec left join registered on registered.address = rec.address and registered.place = 1
where rec.address is not null
"""

# A household writes its home in many ways; those of one street, where no two units contradict, are one building. An
# entry of a register says who owns: an owner lives where other rows say so, and if they say nothing, in what he owns
# alone. One stray address does not make a home: two rows do, or being the one that most of a household's rows carry.
_RESIDENCES = f"""
create or replace table new_residences as
with said as (
  select household_id, home, home <> rec.address as registered, {SEEN} as day, {REGISTERED} as entry,
         split_part(rec.address, '|', 1) as street, nullif(split_part(rec.address, '|', 2), '') as unit
  from rec join homes using (address)),
usual as (
  select household_id, street, home, row_number() over (
    partition by household_id, street order by registered desc, count(*) desc, home) as place
  from said group by household_id, street, home, registered),
streets as (select household_id, street, count(distinct unit) as units from said group by all),
lived as (
  select said.household_id, case when units <= 1 then usual.home else said.home end as property_id, count(*) as rows,
         count(*) filter (not entry) as witnessed, min(day) as since, max(day) as until
  from said join streets using (household_id, street)
  join (from usual where place = 1) usual on usual.household_id = said.household_id and usual.street = said.street
  group by 1, 2),
inhabited as (
  select * from lived
  qualify witnessed > 0 or count(*) over (partition by household_id) = 1),
ranked as (
  select *, row_number() over (
    partition by household_id order by rows desc, until desc nulls last, property_id) as by_rows from inhabited),
kept as (from ranked where rows > 1 or by_rows = 1),
dated as (
  select *, row_number() over (
    partition by household_id order by until desc nulls last, rows desc, property_id) as by_date from kept)
select household_id, property_id, since, case when by_date > 1 then until end as until from dated
"""

_PROPERTIES = """
create or replace table new_properties_known as
with usual as (
  select homes.home, rec.address, row_number() over (
    partition by homes.home order by count(*) desc, rec.address) as place
  from rec join homes using (address) group by homes.home, rec.address),
further as (select distinct property_id as home from rec where property_id is not null)
select coalesce(usual.home, further.home) as property_id, usual.address,
       nullif(split_part(usual.address, '|', 1), '') as street_address,
       nullif(split_part(usual.address, '|', 2), '') as unit, nullif(split_part(usual.address, '|', 3), '') as city,
       nullif(split_part(usual.address, '|', 4), '') as state, nullif(split_part(usual.address, '|', 5), '') as zip
from (from usual where place = 1) usual full join further on further.home = usual.home
"""

_PLACES = """
create or replace table new_places as
select 'address' as kind, '' as scope, address as value, home as property_id from homes
union all
select distinct 'property_id', '', property_id, property_id from rec where property_id is not null
"""

# From the earlier end to the later one. `place` is theirs among all rows, so that neighbours are written together.
_MATCHES = """
create or replace table new_row_matches as
select if(a.place < b.place, a.source, b.source) as source,
       if(a.place < b.place, a.record_id, b.record_id) as record_id,
       if(a.place < b.place, b.source, a.source) as other_source,
       if(a.place < b.place, b.record_id, a.record_id) as other_id,
       round(pair.weight, 3) as weight, least(a.place, b.place) as place, greatest(a.place, b.place) as other_place
from pair join rec a on a.row = pair.l join rec b on b.row = pair.r
"""
