"""The library of read queries: listed, and run by name for one tenant."""

from collections.abc import Mapping
from typing import Any

from graph_service import moments
from graph_service.catalogue import model
from graph_service.catalogue.schemas import MOST_ROWS, Catalogue, Named, QueryEntry, RunAnswer
from graph_service.errors import NotFound
from graph_service.graph.library import Library, Param, Query
from graph_service.graph.store import Store

FILLED_IN = {"END"}  # the library knows where a tenant ends


def catalogue(library: Library) -> Catalogue:
    """Every query that may be run by name: reads of the tenant's own graph, but those that jobs read in pages."""
    return Catalogue(queries=[_entry(query) for query in library if _runnable(query)])


async def run(store: Store, tenant: str, name: str, *, given: Mapping[str, Any], personal: bool) -> RunAnswer:
    """The rows of one read query; without `personal`, columns that may hold personal values are hidden.

    Raises NotFound for a query that is not in the catalogue, BadInput for parameters that do not fit.
    """
    query = store.library[name]
    if not _runnable(query):
        raise NotFound(f"The query '{name}' cannot be run by name: `GET /v1/queries` lists those that can.")
    model.check_params(query, given)
    params = _one_more(query, given)
    rows = await store.read(tenant, name, **params)
    most = min(MOST_ROWS, params["limit"] - 1) if "limit" in params else MOST_ROWS
    masked = [] if personal else model.personal_columns(query)
    shown = [{**row, **{column: model.hidden(row[column]) for column in masked}} for row in rows[:most]]
    return RunAnswer(
        query=name,
        parameters=query.bind(tenant, given),
        as_of=moments.now(),
        columns=[column.name for column in query.returns],
        rows=shown,
        truncated=len(rows) > most,
        masked=masked,
    )


def _runnable(query: Query) -> bool:
    # What a job reads as one list a page: by name it would be everything there is, past MOST_ROWS.
    return query.mode == "read" and not query.control and not query.one_list


def _one_more(query: Query, given: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters, asking for one row more than is shown, so that we know whether there are more."""
    limit = next((param for param in query.params if param.name == "limit"), None)
    if limit is None or limit.type != "INTEGER":
        return dict(given)
    wanted = given.get("limit", limit.default)
    if not isinstance(wanted, int):
        return dict(given)
    return {**given, "limit": min(max(wanted, 0), MOST_ROWS) + 1}


def _entry(query: Query) -> QueryEntry:
    return QueryEntry(
        name=query.name,
        says=query.says,
        params=[_named(param) for param in query.params if param.name != "tenant"],
        returns=[Named(name=column.name, type=column.type, says=column.says) for column in query.returns],
        scans=query.scans,
        calls=list(query.calls),
        cypher=query.text,
        example=query.example,
    )


def _named(param: Param) -> Named:
    required = param.default is None and param.type not in FILLED_IN
    return Named(name=param.name, type=param.type, says=param.says, default=param.default, required=required)
