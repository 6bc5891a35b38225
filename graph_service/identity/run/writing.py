"""The difference between what the graph says and what it is to say, written in bulk."""

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import duckdb

from graph_service.graph.store import Row, Store, Work

BATCH = 5000
HUBS = 1500  # nodes whose edges are written in one transaction
TILE = 80_000  # rows that lie side by side
MOVED = 1000  # places where edges begin, whose edges move in one transaction


End = tuple[str, tuple[str, ...]]
"""How a query calls one end of an edge, and the columns of its own id."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One kind of edge that a run derives: its tables, where it begins and ends, what it carries, who writes it.

    `hub` is the end by which edges are sent, so that the engine looks it up once: the one that has the more of them, or
    (with `few` each) the one whose nodes are large, so that a transaction touches nodes that lie side by side. Where
    both are large, `tiled` edges go from one stretch of nodes to another, stretch by stretch, by the places of their
    ends (`place`, `other_place`). There is no such edge before there are nodes that it `needs`.
    """

    table: str
    begin: End
    end: End
    hub: str
    content: dict[str, str]
    link: str
    unlink: str
    further: str = ""
    moves: bool = False
    few: bool = False
    tiled: bool = False
    needs: str = "persons_known"


EDGES = (
    Edge(
        "row_persons", ("record", ("source", "record_id")), ("person", ("person_id",)), "record", {},
        "identity.link_records", "identity.unlink_records", moves=True, few=True,
    ),
    Edge(
        "identifier_persons", ("identifier", ("kind", "scope", "value")), ("person", ("person_id",)), "person",
        {"strength": "strength", "records": "records", "last_seen": "last_seen"},
        "identity.link_identifiers", "identity.unlink_identifiers", moves=True,
    ),
    Edge(
        "memberships", ("person", ("person_id",)), ("household", ("household_id",)), "household",
        {"from": "since", "to": "until"}, "identity.link_members", "identity.unlink_members", moves=True,
    ),
    Edge(
        "residences", ("household", ("household_id",)), ("property", ("property_id",)), "household",
        {"from": "since", "to": "until"}, "identity.link_residences", "identity.unlink_residences",
    ),
    Edge(
        "row_matches", ("left", ("source", "record_id")), ("right", ("other_source", "other_id")), "left",
        {"weight": "weight", "probability": "probability"}, "identity.link_matches", "identity.unlink_matches",
        further=", 1 / (1 + pow(2, -weight)) as probability", moves=True, few=True, tiled=True,
    ),
    Edge(
        "places", ("identifier", ("kind", "scope", "value")), ("property", ("property_id",)), "property", {},
        "identity.link_places", "identity.unlink_places", needs="properties_known",
    ),
)  # fmt: skip
NODES = ("persons_known", "households_known", "properties_known")
# What stands side by side here shares no kind of node, so that two writers never touch one page.
Stages = tuple[tuple[tuple[str, ...], ...], ...]
FIRST: Stages = (
    (("row_persons",), ("places",)),
    (("row_matches",), ("identifier_persons", "memberships", "residences")),
)
# Whoever decides on a row meanwhile reads what holds the rows of a person together: it is there before they are.
FURTHER: Stages = (
    (("row_matches",), ("places", "residences")),
    (("row_persons",),),
    (("identifier_persons", "memberships"),),
)


# Rows of persons that share rows with more than one person before, or after.
_MOVED = """
create or replace table moved as
with known as (
  select source, record_id, o.person_id as person, n.person_id as went
  from (select source, record_id, min(person_id) as person_id from old_row_persons group by all) o
  join new_row_persons n using (source, record_id)),
split as (select person from known group by person having min(went) <> max(went)),
merged as (select went from known group by went having min(person) <> max(person)),
homes as (select person_id as person, min(household_id) as household from old_memberships group by all)
select source, record_id, person, household, went from known left join homes using (person)
where person in (from split) or went in (from merged)
"""
# Who stays the same person and lives elsewhere now, beside the first row of somebody moved whom they live(d) with.
_HOUSED = """
create or replace table housed as
with old_homes as (select person_id as person, min(household_id) as home from old_memberships group by all),
new_homes as (select person_id as person, min(household_id) as home from new_memberships group by all),
elsewhere as (
  select person, o.home as before, n.home as after from old_homes o join new_homes n using (person)
  where o.home <> n.home and person not in (select unnest([person, went]) from moved)),
moved_homes as (
  select source, record_id, unnest([household, home]) as home
  from moved left join new_homes on went = new_homes.person),
beside as (
  select person, before, after, min((source, record_id)) as row
  from elsewhere join moved_homes on home in (before, after) group by all)
select row[1] as source, row[2] as record_id, list(concat_ws(' ', person, before, after) order by person) as housed
from beside group by all
"""


async def remember_moves(
    store: Store,
    tenant: str,
    connection: duckdb.DuckDBPyConnection,
    *,
    run: str,
    named: Mapping[str, Sequence[str]],
) -> None:
    """Write down whom every row of the persons that are merged, split or moved described, so that it can be undone.

    With one row of theirs goes who has another household because of them.

    `named`: the further ids that a person or household named in `also` till now.
    """
    await asyncio.to_thread(connection.execute, _MOVED + ";" + _HOUSED)

    def told(row: Row) -> Row:
        own = {"record": (row.pop("source"), row.pop("record_id"))}
        names = [f"{one} {other}" for one in (row["person"], row["household"]) for other in named.get(one, ())]
        return {**own, "content": {**row, "named": names or None}}

    rows = _rows(connection, "from moved left join housed using (source, record_id)")
    await store.write_many(tenant, "identity.remember_moves", map(told, rows), run=run)


def differences(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Make the tables `gone_*` and `put_*` of every edge, and `put_*` of every node; how many rows each has."""
    counts = {}
    for edge in EDGES:
        ends, old, new = ", ".join(edge.begin[1] + edge.end[1]), f"old_{edge.table}", f"new_{edge.table}"
        gone = f"select distinct {ends} from ({_lacking(connection, old, new)})"
        put = f"select *{edge.further} from ({_lacking(connection, new, old)})"
        for table, query in ((f"gone_{edge.table}", gone), (f"put_{edge.table}", put)):
            connection.execute(f"create or replace table {table} as {query}")
            counts[table] = _count(connection, table)
    for node in NODES:
        put = _lacking(connection, f"new_{node}", f"old_{node}")
        connection.execute(f"create or replace table put_{node} as {put}")
        counts[f"put_{node}"] = _count(connection, f"put_{node}")
    return counts


def _lacking(connection: duckdb.DuckDBPyConnection, table: str, other: str) -> str:
    """The rows of a table that the other one has not; what only one of them tells of a row is not compared."""
    if not _count(connection, table) or not _count(connection, other):
        return f"from {table}"
    both = {*connection.table(table).columns} & {*connection.table(other).columns}
    same = " and ".join(f"own.{name} is not distinct from theirs.{name}" for name in sorted(both))
    return f"select own.* from {table} own anti join {other} theirs on {same}"


async def write_nodes(store: Store, tenant: str, connection: duckdb.DuckDBPyConnection, *, now: str) -> None:
    """Write persons, households and buildings, so that edges find their ends.

    New ids rise with the first row that each stands for: in their order they come to lie as their rows do.
    """
    persons, homes, buildings = (_rows(connection, f"from put_{table} order by all") for table in NODES)
    await _side_by_side(
        store.write_many(tenant, "identity.write_persons", (_node(row, "person", now) for row in persons)),
        store.write_many(tenant, "identity.write_households", (_node(row, "household", now) for row in homes)),
        store.write_many(tenant, "identity.write_properties", (_building(row) for row in buildings)),
    )


async def write_edges(
    store: Store, tenant: str, connection: duckdb.DuckDBPyConnection, *, model: str, now: str
) -> None:
    """Take back the edges that no longer hold as they are, and write those that are new or changed.

    What moves, moves in one transaction: whoever reads meanwhile, and the run after one that was cut off, finds a row
    with its former person or with its new one, never without, and two rows with a former match or with a new one.
    A row that somebody gave another person since the run read it keeps that one.
    """
    of_table = {edge.table: edge for edge in EDGES}
    extra: dict[str, Row] = {"row_matches": {"model": model}, "row_persons": {"since": now}}

    async def in_turn(tables: tuple[str, ...]) -> None:
        for table in tables:
            await _write_edge(store, tenant, of_table[table], connection=connection, extra=extra.get(table, {}))

    for stage in FURTHER if _count(connection, "old_row_persons") else FIRST:
        await _side_by_side(*(in_turn(tables) for tables in stage))


async def _side_by_side(*writers: Coroutine[Any, Any, object]) -> None:
    """Let them write at once; the first error ends them all, and is raised as it was."""
    try:
        async with asyncio.TaskGroup() as group:
            for writer in writers:
                group.create_task(writer)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from errors


async def _write_edge(
    store: Store, tenant: str, edge: Edge, *, connection: duckdb.DuckDBPyConnection, extra: Row
) -> None:
    if edge.moves:
        for gone, put in _moves(connection, edge):
            taken = [_ends(edge, row) for row in gone]
            await _move(store, tenant, edge, gone=taken, put=list(_by_hub(edge, put)), extra=extra)
    else:
        ended = (_ends(edge, row) for row in _rows(connection, f"from gone_{edge.table}"))
        await store.write_many(tenant, edge.unlink, ended)
    left = f" anti join gone_{edge.table} using ({', '.join(edge.begin[1])})" if edge.moves else ""
    rest = _rows(connection, _sorted(edge, f"from put_{edge.table}{left}"))
    await store.write_many(tenant, edge.link, _by_hub(edge, rest), batch=BATCH if edge.few else HUBS, **extra)


def _moves(connection: duckdb.DuckDBPyConnection, edge: Edge) -> Iterator[tuple[Iterator[Row], Iterator[Row]]]:
    """The edges to take back and to write, of some places where they begin at a time."""
    begin, table = ", ".join(edge.begin[1]), f"moving_{edge.table}"
    connection.execute(
        f"create or replace table {table} as select *, (row_number() over (order by {begin})) // {MOVED} as batch "
        f"from (select distinct {begin} from gone_{edge.table})"
    )
    found = connection.execute(f"select distinct batch from {table} order by batch").fetchall()
    for (batch,) in found:
        some = f"semi join (from {table} where batch = {batch}) using ({begin})"
        put = _rows(connection, _sorted(edge, f"from put_{edge.table} {some}"))
        yield _rows(connection, f"from gone_{edge.table} {some}"), put


async def _move(store: Store, tenant: str, edge: Edge, *, gone: list[Row], put: list[Row], extra: Row) -> None:
    async def act(work: Work) -> None:
        await work.run(edge.unlink, rows=gone)
        await work.run(edge.link, rows=put, **extra)

    await store.work(tenant, act)


def _sorted(edge: Edge, query: str) -> str:
    """A query of the same rows by hub; tiled, from one stretch of nodes to another, stretch by stretch."""
    (_, own), (_, far) = _hub_first(edge)
    by_hub = ", ".join((*own, *far))
    if not edge.tiled:
        return f"{query} order by {by_hub}"
    return f"{query} order by place // {TILE}, other_place // {TILE}, place, other_place"


def _by_hub(edge: Edge, rows: Iterable[Row]) -> Iterator[Row]:
    """Each hub with its edges; the rows come sorted by hub."""
    (hub, own), (other, far) = _hub_first(edge)
    for key, some in groupby(rows, itemgetter(*own)):
        edges = [
            {other: tuple(row[part] for part in far), **{name: row[column] for name, column in edge.content.items()}}
            for row in some
        ]
        yield {hub: key, "edges": edges}


def _hub_first(edge: Edge) -> tuple[End, End]:
    return (edge.begin, edge.end) if edge.hub == edge.begin[0] else (edge.end, edge.begin)


async def drop_empty(store: Store, tenant: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Drop persons and households that a run made before it was cut off, and that nothing belongs to."""
    for noun, query in (("person", "identity.drop_empty_persons"), ("household", "identity.drop_empty_households")):
        strays = _rows(connection, f"from old_{noun}s_known anti join new_{noun}s_known using ({noun}_id)")
        while some := list(islice(strays, BATCH)):
            own = [row[f"{noun}_id"] for row in some]
            await store.write(tenant, query, **{f"{noun}s": own})


def _ends(edge: Edge, row: Row) -> Row:
    (begin, begin_parts), (end, end_parts) = edge.begin, edge.end
    return {begin: tuple(row[part] for part in begin_parts), end: tuple(row[part] for part in end_parts)}


def _node(row: Row, name: str, now: str) -> Row:
    own = row.pop(f"{name}_id")
    return {name: own, f"{name}_id": own, "created_at": now, "content": row}


def _building(row: Row) -> Row:
    own = row.pop("property_id")
    return {"property": own, "property_id": own, "content": row}


def _rows(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[Row]:
    """The rows of a query as dicts, a batch in memory at a time; through a cursor of their own."""
    result = connection.cursor().execute(query)
    names: Sequence[str] = [column[0] for column in result.description]
    while batch := result.fetchmany(BATCH):
        yield from (dict(zip(names, row, strict=True)) for row in batch)


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    found: list[tuple[Any, ...]] = connection.execute(f"select count(*) from {table}").fetchall()
    return int(found[0][0])
