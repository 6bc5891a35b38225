"""What a match run would change, before it does: told with its evidence, applied as it stands or not at all."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa
from pydantic import BaseModel, Field, ValidationError

from graph_service.errors import BadInput, Refused
from graph_service.graph import keys
from graph_service.graph.store import Row
from graph_service.identity.run import writing
from graph_service.records.model import hashed
from matching import Judgement, MatchResult

MOST_TOLD = 20  # rows and joins that are told of one household


class DerivedFrom(BaseModel):
    """What a plan was derived from: it is applied only while all of it is as it was."""

    rows: str = Field(description="Fingerprint of the rows.")
    judgements: str = Field(description="Fingerprint of what people decided.")
    graph: str = Field(description="Fingerprint of persons, households and all that leads to and from them.")
    model: str | None = Field(description="The id of the model in use; null for a tenant without one.")


class PlannedChange(BaseModel):
    """An id that would be merged, split, or lose rows to others."""

    kind: str
    subject: str
    others: list[str]


class MovedRow(BaseModel):
    """A row that would describe somebody else, or whose person would live elsewhere."""

    row: str
    person: list[str | None] = Field(description="The person now, and after.")
    household: list[str | None] = Field(description="The household now, and after.")


class Join(BaseModel):
    """Two rows by which a person would be joined, and what speaks for it: bits in all, and by comparison."""

    left: str
    right: str
    weight: float
    bits: dict[str, float]


class ChangedHousehold(BaseModel):
    """A household whose persons would change: who moves, and the joins behind its persons, the weakest first."""

    household_id: str
    persons_before: int
    persons_after: int
    rows_changed: int
    rows: list[MovedRow]
    evidence: list[Join]


class Plan(BaseModel):
    """What a match run would do. `model`: the newly trained one, where a new one would be used."""

    tenant: str
    made_at: str
    derived_from: DerivedFrom
    model: str | None
    minted: list[list[str]] = Field(description="The ids that new persons and new households would get.")
    difference: str = Field(description="Fingerprint of everything that would be written.")
    counts: dict[str, int]
    changes: list[PlannedChange]
    households: list[ChangedHousehold] = Field(
        description="Every household that is there now, or is made of people who are, and would change."
    )


class Ids:
    """New ids, noted as they are handed out; or those of a plan, handed out again in their order."""

    def __init__(self, planned: Sequence[str] | None = None) -> None:
        self.handed: list[str] = []
        self._planned: Iterator[str] | None = None if planned is None else iter(planned)

    def __call__(self) -> str:
        own = keys.mint() if self._planned is None else next(self._planned, None)
        if own is None:
            raise Refused("More ids are needed than were planned: plan again.")
        self.handed.append(own)
        return own


def judged(judgements: Sequence[Judgement]) -> str:
    """The fingerprint of what people decided."""
    return hashed(*(repr(one) for one in judgements))


def fingerprint(connection: duckdb.DuckDBPyConnection, prefixes: Sequence[str]) -> str:
    """The fingerprint of a run's tables of these prefixes, whatever the order of their rows."""
    said = []
    for prefix in prefixes:
        for name in (*writing.NODES, *(edge.table for edge in writing.EDGES)):
            table = f"{prefix}_{name}"
            if prefix == "gone" and name in writing.NODES:
                continue
            found = connection.execute(f"select count(*), bit_xor(hash(t)) from {table} t").fetchall()
            said.append(f"{table} {found[0][0]} {found[0][1]}")
    return hashed(*said)


def moved(now: DerivedFrom, planned: DerivedFrom) -> list[str]:
    """What is not as it was when the plan was made?"""
    return [name for name in DerivedFrom.model_fields if getattr(now, name) != getattr(planned, name)]


def read_plan(path: Path) -> Plan:
    """A plan that was kept in a file. Raises BadInput."""
    try:
        return Plan.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise BadInput(f"{path} is not a plan that `stormgraph match --plan` has written.") from error


_SIDES = """
create or replace table sides as
select n.source, n.record_id, n.source || '/' || n.record_id as name, o.person_id as person_before,
       n.person_id as person_after, om.household_id as household_before, nm.household_id as household_after
from new_row_persons n
left join (select source, record_id, min(person_id) as person_id from old_row_persons group by all) o
  using (source, record_id)
left join (select person_id, min(household_id) as household_id from old_memberships group by all) om
  on om.person_id = o.person_id
join new_memberships nm on nm.person_id = n.person_id
"""
_CHANGED = """
create or replace table changed as
with moving as (
  from sides where person_before is distinct from person_after or household_before is distinct from household_after),
touched as (
  select household_before as household_id, name from moving where household_before is not null
  union select household_after, name from moving),
known as (
  select household_id from sides, lateral (select unnest([household_before, household_after]) as household_id)
  where person_before is not null and household_id is not null group by all)
select household_id, name from touched semi join known using (household_id)
"""
_HOUSEHOLDS = """
select c.household_id,
       (select count(distinct person_before) from sides where household_before = c.household_id),
       (select count(distinct person_after) from sides where household_after = c.household_id),
       count(*), list(c.name order by c.name)[:{most}]
from changed c group by c.household_id order by c.household_id
"""
_JOINS = """
select s.household_after as household_id, l.name as left_name, r.name as right_name, j.* exclude (l, r)
from joins j join numbered l on l.row = j.l join numbered r on r.row = j.r
join sides s on s.source = l.source and s.record_id = l.record_id
where s.household_after in (select household_id from changed)
qualify row_number() over (partition by s.household_after order by j.weight, l.name, r.name) <= {most}
order by household_id, j.weight, left_name, right_name
"""


def changed_households(
    connection: duckdb.DuckDBPyConnection, records: pa.Table, result: MatchResult
) -> list[ChangedHousehold]:
    """Which households would change, who moves, and by what joins? From the run's tables `old_*` and `new_*`."""
    connection.execute(_SIDES)
    connection.execute(_CHANGED)
    joins = _joins(connection, records, result)
    told = connection.execute(_HOUSEHOLDS.format(most=MOST_TOLD)).fetchall()
    rows = {
        name: MovedRow(row=name, person=[before, after], household=[home, home_after])
        for name, before, after, home, home_after in connection.execute(
            "select name, person_before, person_after, household_before, household_after from sides "
            "semi join changed using (name)"
        ).fetchall()
    }
    return [
        ChangedHousehold(
            household_id=household, persons_before=before, persons_after=after, rows_changed=count,
            rows=[rows[name] for name in names], evidence=joins.get(household, []),
        )
        for household, before, after, count, names in told
    ]  # fmt: skip


def _joins(connection: duckdb.DuckDBPyConnection, records: pa.Table, result: MatchResult) -> dict[str, list[Join]]:
    numbered = records.select(["source", "record_id"]).append_column("row", pa.array(range(records.num_rows)))
    merges = result.merges.rename_columns(
        [{"left": "l", "right": "r"}.get(name, name) for name in result.merges.column_names]
    )
    for name, table in (("arriving_rows", numbered), ("joins", merges)):
        connection.register(name, table)
    connection.execute(
        "create or replace table numbered as select *, source || '/' || record_id as name from arriving_rows"
    )
    answer = connection.execute(_JOINS.format(most=MOST_TOLD))
    names = [column[0] for column in answer.description or ()]
    found: dict[str, list[Join]] = {}
    for values in answer.fetchall():
        row: Row = dict(zip(names, values, strict=True))
        bits = {name[5:]: round(value, 3) for name, value in row.items() if name.startswith("bits_") and value}
        join = Join(left=row["left_name"], right=row["right_name"], weight=round(row["weight"], 3), bits=bits)
        found.setdefault(row["household_id"], []).append(join)
    for name in ("arriving_rows", "joins"):
        connection.unregister(name)
    return found
