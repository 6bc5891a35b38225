"""The analyst's kit: a tenant's graph as a py2neo Graph, as data frames, as networkx graphs and as drawings.

`pip install 'stormgraph[analyst]'`. Connect once, then ask; whatever is asked, the login can only read:

    from graph_service import analyst
    analyst.connect("acme")
    analyst.frame("exploration.largest_households", limit=5)
    analyst.frame("MATCH (p:Person) RETURN p.person_id AS person, p.records AS records LIMIT 5")
    analyst.draw("0192...")
"""

from __future__ import annotations

import asyncio
import math
import warnings
from collections.abc import Coroutine, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from html import escape
from typing import Any, TypeVar

import networkx as nx
import pandas as pd
import py2neo

from graph_service.errors import BadInput, NotFound, Refused
from graph_service.graph import library, statements
from graph_service.graph.engines import Engine, Login, engine_for
from graph_service.settings import Settings

T = TypeVar("T")
CAN_WRITE = "This login can write and sees every tenant of the server: it is the operator's own."
COLOURS = {"Household": "#b5422c", "Person": "#1f5f8b", "Record": "#8a8f98", "Property": "#4f7d3a"}
OF_IDENTIFIERS = "#c99a2e"
WIDE, HIGH, MARGIN, LONGEST_LABEL = 960, 640, 60, 28


@dataclass(frozen=True, slots=True)
class Desk:
    """An open connection: the graph, whose it is, and the library in the engine's dialect."""

    graph: py2neo.Graph
    tenant: str
    dialect: str
    library: library.Library

    def rows(self, query: str, params: dict[str, Any]) -> tuple[list[str], list[dict[str, Any]]]:
        """Columns and rows of a library query by its name, or of Cypher as it stands."""
        if query in self.library:
            named = self.library[query]
            text, bound = named.text_for(self.dialect), named.bind(self.tenant, params)
        elif " " in query.strip():
            text, bound = query, params
        else:
            raise BadInput(f"There is no query {query}: `stormgraph query` lists them.")
        cursor = self.graph.run(text, bound)
        # Of an answer without rows the embedded engine does not say the columns.
        return list(cursor.keys()) or statements.returned(statements.body(text)), cursor.data()


_desk: list[Desk] = []


def connect(tenant: str, *, settings: Settings | None = None, as_operator: bool = False) -> py2neo.Graph:
    """Open a tenant's graph, read-only; the other functions of this module use what was opened last.

    Neo4j Community has no users that only read: there it raises Refused, unless `as_operator` says that the operator's
    own login, which can write, is to be used.
    """
    chosen = settings or Settings()
    engine, login = _beside_any_loop(_login(chosen, tenant, as_operator=as_operator))
    graph = py2neo.Graph(login.bolt_url, auth=(login.user, login.password), name=login.database)
    _desk[:] = [Desk(graph, tenant, engine.dialect, library.load())]
    return graph


def frame(query: str, **params: Any) -> pd.DataFrame:
    """The rows of a library query by its name, or of Cypher as it stands, as a data frame."""
    columns, rows = _here().rows(query, params)
    return pd.DataFrame(rows, columns=columns)


def to_networkx(what: str, **params: Any) -> nx.MultiDiGraph[Any]:
    """The surroundings of a household, by its id, or the rows of a query with columns `start` and `finish`, as a graph.

    Nodes of a household carry `kind`: Household, Person, Record, Property or the kind of an identifier. Further columns
    become attributes of the edges. Raises NotFound for an unknown household, BadInput for a query of other columns.
    """
    desk = _here()
    of_household = what not in desk.library and " " not in what.strip()
    given = {"household": what, **params} if of_household else params
    columns, rows = desk.rows("identity.household_graph" if of_household else what, given)
    if of_household and not rows:
        raise NotFound(f"There is no household {what}.")
    if not {"start", "finish"} <= set(columns):
        raise BadInput("A graph needs a query that returns columns named start and finish.")
    graph: nx.MultiDiGraph[Any] = nx.MultiDiGraph()
    for row in rows:
        ends = [_node(row, "start"), _node(row, "finish")]
        for end, column in zip(ends, ("start", "finish"), strict=True):
            graph.add_node(end, label=row[column], **({"kind": row[KIND_OF[column]]} if of_household else {}))
        graph.add_edge(*ends, **{name: row[name] for name in columns if name not in {"start", "finish"}})
    return graph


def bridges(household_id: str) -> pd.DataFrame:
    """Which single thing that a row carries holds a household's rows together? The bridges of rows and identifiers.

    Columns: record, kind, value, cuts_off (how many rows would come apart from the rest without it).
    """
    ties = _ties(household_id)
    records = _records(ties)
    found = []
    for one, other in map(tuple, nx.bridges(ties)):
        row, value = (one, other) if one in records else (other, one)
        parted = ties.copy()
        parted.remove_edge(one, other)
        sides = [len(records & nx.node_connected_component(parted, end)) for end in (row, value)]
        if min(sides):  # a value that nobody else carries holds nothing together
            seen = ties.nodes[value]
            found.append((ties.nodes[row]["label"], seen["kind"], seen["label"], min(sides)))
    rows = sorted(found, key=lambda row: (-row[3], row))
    return pd.DataFrame(rows, columns=["record", "kind", "value", "cuts_off"])


def betweenness(household_id: str) -> pd.DataFrame:
    """On how many of the shortest ways between a household's rows does each identifier stand (Freeman 1977)?

    Columns: kind, value, betweenness (0 to 1), rows (how many carry it); the most central first.
    """
    ties = _ties(household_id)
    rows = _records(ties)
    central = nx.betweenness_centrality_subset(ties, rows, rows)
    most = max(len(rows) * (len(rows) - 1) / 2, 1)
    found = [
        (ties.nodes[node]["kind"], ties.nodes[node]["label"], round(central[node] / most, 6), ties.degree(node))
        for node in ties.nodes
        if node not in rows
    ]
    found.sort(key=lambda row: (-row[2], -row[3], row[0], row[1]))
    return pd.DataFrame(found, columns=["kind", "value", "betweenness", "rows"])


def draw(household_id: str) -> str:
    """A household and what surrounds it, as one HTML page that needs nothing else."""
    graph = to_networkx(household_id)
    places: dict[str, Any] = nx.spring_layout(nx.Graph(graph), seed=7, k=2.5 / math.sqrt(max(len(graph), 1)))
    spots = {
        node: (MARGIN + (x + 1) / 2 * (WIDE - 2 * MARGIN), MARGIN + (y + 1) / 2 * (HIGH - 2 * MARGIN))
        for node, (x, y) in places.items()
    }
    shapes = [_line(spots[a], spots[b], data) for a, b, data in graph.edges(data=True)]
    shapes += [_dot(spots[node], data) for node, data in graph.nodes(data=True)]
    return PAGE.format(
        title=escape(f"Household {household_id}"), wide=WIDE, high=HIGH, legend=_legend(), shapes="\n".join(shapes)
    )


KIND_OF = {"start": "start_kind", "finish": "end_kind"}
PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 14px system-ui, sans-serif; margin: 1rem; color: #222 }} text {{ font-size: 11px }}
line {{ stroke: #c4c7cc }} line.MATCHES {{ stroke: #1f5f8b; stroke-dasharray: 4 3 }}
.legend span {{ margin-right: 1rem }}
.legend i {{ display: inline-block; width: .7em; height: .7em; border-radius: 50% }}
</style>
<h1>{title}</h1><p class="legend">{legend}</p>
<svg viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" role="img" aria-label="{title}">
{shapes}
</svg></html>
"""


def _here() -> Desk:
    if not _desk:
        raise Refused("Nothing is open: analyst.connect(tenant) comes first.")
    return _desk[0]


async def _login(settings: Settings, tenant: str, *, as_operator: bool) -> tuple[Engine, Login]:
    engine = engine_for(settings)
    await engine.open()
    try:
        if not as_operator:
            return engine, await engine.reader_login(tenant)
        if engine.name == "embedded":
            raise BadInput("The embedded engine has logins that only read: leave as_operator out.")
        warnings.warn(CAN_WRITE, stacklevel=4)
        password = settings.graph_password
        secret = password.get_secret_value() if password else ""
        database = str(engine.database_of(tenant) or engine.control_database)
        return engine, Login(settings.graph_url, database, settings.graph_user, secret)
    finally:
        await engine.close()


def _beside_any_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end on a thread of its own: a notebook's has a loop that runs already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def _node(row: dict[str, Any], column: str) -> str:
    kind = row.get(KIND_OF[column])
    return f"{kind}:{row[column]}" if kind else str(row[column])


def _ties(household_id: str) -> nx.Graph[Any]:
    """Rows and the identifiers they carry, and nothing else."""
    whole = to_networkx(household_id)
    ties: nx.Graph[Any] = nx.Graph()
    for one, other, told in whole.edges(data=True):
        if told["edge"] == "HAS":
            ties.add_nodes_from((node, whole.nodes[node]) for node in (one, other))
            ties.add_edge(one, other)
    return ties


def _records(ties: nx.Graph[Any]) -> set[str]:
    return {node for node in ties.nodes if ties.nodes[node]["kind"] == "Record"}


def _line(start: tuple[float, float], end: tuple[float, float], data: dict[str, Any]) -> str:
    (x, y), (u, v) = start, end
    told = data["edge"] + ("" if data["weight"] is None else f", {data['weight']:.1f} bits")
    return (
        f'<line class="{data["edge"]}" x1="{x:.0f}" y1="{y:.0f}" x2="{u:.0f}" y2="{v:.0f}">'
        f"<title>{escape(told)}</title></line>"
    )


def _dot(spot: tuple[float, float], data: dict[str, Any]) -> str:
    (x, y), label = spot, str(data["label"])
    short = label if len(label) <= LONGEST_LABEL else label[: LONGEST_LABEL - 1] + "…"
    colour = COLOURS.get(data["kind"], OF_IDENTIFIERS)
    return (
        f'<g><circle cx="{x:.0f}" cy="{y:.0f}" r="7" fill="{colour}"/><text x="{x + 10:.0f}" y="{y + 4:.0f}">'
        f"{escape(short)}</text><title>{escape(data['kind'] + ' ' + label)}</title></g>"
    )


def _legend() -> str:
    kinds: Iterable[tuple[str, str]] = [*COLOURS.items(), ("Identifier", OF_IDENTIFIERS)]
    return "".join(f'<span><i style="background:{colour}"></i> {kind}</span>' for kind, colour in kinds)
