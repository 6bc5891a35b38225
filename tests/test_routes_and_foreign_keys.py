"""Every route x a foreign key: the caller sees what a newborn tenant sees, and nothing of anybody else.

The routes come from the OpenAPI document and the queries from the library, so that a new one is tested unasked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import pytest_asyncio

from graph_service.app import create_app
from graph_service.graph import library
from graph_service.graph.library import Param, Query
from graph_service.identity.run.models import keep_model
from graph_service.settings import Settings
from matching import prior_model
from tests.doors import ADDRESS, EMAIL, LANDLINE, Door, door, home

__all__ = ["door", "home"]
OPENAPI = create_app(Settings()).openapi()
OPEN = {"/healthz", "/readyz", "/metrics"}
ROUTES = [(method.upper(), path) for path, methods in OPENAPI["paths"].items() for method in methods]
GUARDED = [route for route in ROUTES if route[1] not in OPEN]
READS = [query for query in library.load() if query.mode == "read" and not query.control and not query.one_list]
OWN_IDS = ["ann", "bob", "hendersons", "lopez", "P-14", "crm"]
NATURAL_IDS = [["crm", "1"], ["email", "", EMAIL], ["phone", "", LANDLINE], ["address", "", ADDRESS]]
IDENTIFIERS = [{"kind": "email", "value": EMAIL}, {"kind": "phone", "value": LANDLINE}]
TRIED = {"dry_run": True}
BODIES: dict[str, Any] = {
    "/v1/identity/merge": {"persons": ["ann", "maya"], **TRIED},
    "/v1/identity/split": {"person_id": "ann", "rows": [{"source": "web", "record_id": "c1"}], **TRIED},
    "/v1/identity/judgements": {
        "verdict": "same",
        "left": [{"source": "crm", "record_id": "1"}],
        "right": [{"source": "crm", "record_id": "2"}],
        **TRIED,
    },
    "/v1/identity/undo/{change_id}": TRIED,
    "/v1/identity/runs/{run_id}/undo": TRIED,
    "/v1/identity/recalibrations": {"keep": False},
    "/v1/identity/models/{model_id}/adopt": None,
    "/v1/identity/links": {"property_id": "P-14", "identifiers": IDENTIFIERS, "create": False},
    "/v1/records": {"source": "crm", "records": [{"record_id": "m", "full_name": "Maya Lopez", "email": EMAIL}]},
    "/v1/events": {
        "events": [
            {
                "event_id": "1",
                "source": "calls",
                "occurred_at": "2026-05-04T12:00:00Z",
                "kind": "touch",
                "channel": "drone",  # a word of the owner's own: nobody else's event is taken in
                "identifiers": IDENTIFIERS,
            }
        ]
    },
    "/v1/cypher": {"statement": "MATCH (p:Person) RETURN p.person_id AS id ORDER BY id"},
    "/v1/attribution/runs": {"storm_id": "hail-may"},
    "/v1/storms": {
        "storms": [{"storm_id": "hail-may", "from": "2026-05-01T00:00:00Z", "until": "2026-08-30T00:00:00Z"}]
    },
    "/v1/properties": {"properties": [{"property_id": "P-14", "zip": "75209"}]},
    "/v1/exposures": {"exposures": [{"property_id": "P-9", "storm_id": "hail-may", "sii": 80.5}]},
    "/v1/channels": {"channel": "mail", "aliases": ["flyer"]},
    "/v1/identity/resolve": {"identifiers": IDENTIFIERS},
    "/v1/identity/resolve/batch": {"items": [{"identifiers": [one]} for one in IDENTIFIERS]},
}
QUERIES = {"/v1/identity/explain": "?left=crm/1&right=crm/2"}
PATHS = {
    "identifier": [f"email:{EMAIL}", f"phone:{LANDLINE}", f"address:{ADDRESS}"],
    "person_id": ["ann", "bob"],
    "household_id": ["hendersons", "bobs"],
    "change_id": ["c-3", "c-1"],
    "journey_id": ["j-1"],
    "run_id": ["credit-1", "run-1"],
    "model_id": ["model-1"],
    "storm_id": ["hail-may"],
    "name": [query.name for query in READS],
}
PERSONAL = {EMAIL, LANDLINE, "14 elm st", "9 oak ave"}
MADE = re.compile(
    r"anonymous-[0-9a-f]{32}|[0-9a-f]{8}-[0-9a-f]{4}-[57][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
)  # per tenant
CHANGING = re.compile(r'"(request_id|as_of|next|created_at)":"[^"]*"')


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def strangers(door: Door) -> tuple[str, str]:
    """Two tenants who hold nothing."""
    return await door.tenant(empty=True), await door.tenant(empty=True)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def owner(door: Door, home: str) -> str:
    """The Hendersons' tenant, with a match run that changed nobody, and a model that is kept beside the one in use."""
    run = {"run_id": "run-1", "job": "match", "state": "done"}
    await door.store.write(home, "records.record_run", run="run-1", content=run)
    await keep_model(door.store, home, prior_model(), {"model_id": "model-1"})
    return home


@dataclass(frozen=True)
class Request:
    """One way to take a route."""

    method: str
    path: str
    body: Any = None


def requests(method: str, path: str) -> Iterator[Request]:
    """Every way in which we take a route; a path parameter that is not in PATHS fails."""
    wanted = re.findall(r"\{(\w+)\}", path)
    for value in PATHS[wanted[0]] if wanted else [""]:
        taken = path.replace(f"{{{wanted[0]}}}", quote(value, safe="")) if wanted else path
        if path == "/v1/queries/{name}":
            yield from (Request(method, taken, {"params": params}) for params in parameters(library.load()[value]))
        else:
            further = "?dry_run=true" if method == "DELETE" else QUERIES.get(path, "")
            yield Request(method, taken + further, BODIES[path] if method in {"POST", "PUT", "PATCH"} else None)


def parameters(query: Query) -> Iterator[dict[str, Any]]:
    """Parameters of a query that find something among the Hendersons, where the query finds anything."""
    asked = [param for param in query.params if param.name != "tenant"]
    keyed = [param for param in asked if param.type == "KEY" and param.default is None]
    rest = {param.name: _value(param) for param in asked if param.default is None and param not in keyed}
    rest = {name: value for name, value in rest.items() if value is not None}
    for own in [*OWN_IDS, *NATURAL_IDS] if keyed else [""]:
        yield {**rest, **{param.name: own for param in keyed}}


def _value(param: Param) -> Any:
    values = {
        "KEYS": [*OWN_IDS, *NATURAL_IDS],
        "STRINGS": ["j-1"],
        "STRING": "2026-05-04",
        "INTEGER": 10,
        "FLOAT": 0.0,
        "BOOLEAN": True,
    }
    return values.get(param.type)


async def taken(door: Door, request: Request, key: dict[str, str]) -> httpx.Response:
    return await door.ask(request.method, request.path, key, request.body)


def same_but_for(answer: httpx.Response, tenant: str) -> tuple[int, str]:
    return answer.status_code, MADE.sub("MADE", CHANGING.sub(r'"\1":""', answer.text)).replace(tenant, "TENANT")


def test_the_matrix_knows_every_route() -> None:
    assert ("POST", "/v1/identity/resolve") in GUARDED
    for method, path in GUARDED:
        assert list(requests(method, path)), path
        assert OPENAPI["paths"][path][method.lower()]["security"] == [{"api_key": []}], f"{path} asks for no key"


@pytest.mark.engine
@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_a_foreign_key_sees_what_a_newborn_tenant_sees(
    door: Door, owner: str, strangers: tuple[str, str], method: str, path: str
) -> None:
    foreign, newborn = strangers
    keys = {slug: await door.key(slug) for slug in (owner, foreign, newborn)}
    seen = 0
    for request in requests(method, path):
        with_foreign = await taken(door, request, keys[foreign])
        with_newborn = await taken(door, request, keys[newborn])
        assert same_but_for(with_foreign, foreign) == same_but_for(with_newborn, newborn), request
        assert owner not in with_foreign.text
        alone = door.engine.isolation == "property" and path == "/v1/cypher"  # where tenants share a database: nobody
        alone |= path == "/v1/identity/recalibrations"  # nobody here has judged enough to learn from
        assert with_foreign.status_code in ({409} if alone else {200, 404}), (request, with_foreign.text)
        with_own = await taken(door, request, keys[owner])
        seen += alone or same_but_for(with_own, owner) != same_but_for(with_newborn, newborn)
    assert seen or path == "/v1/queries", "the owner sees no more: this tested nothing"


@pytest.mark.engine
@pytest.mark.parametrize(("method", "path"), GUARDED)
async def test_no_route_opens_without_a_key_or_its_scope(door: Door, home: str, method: str, path: str) -> None:
    scopeless = await door.key(home, "profiles:write")
    request = next(requests(method, path))
    assert (await taken(door, request, {})).status_code == 401
    refused = await taken(door, request, scopeless)
    assert refused.status_code == 403
    assert refused.headers["content-type"] == "application/problem+json"


@pytest.mark.engine
async def test_no_query_shows_a_personal_value_without_the_scope(door: Door, home: str) -> None:
    plain, veiled = await door.key(home), await door.key(home, "graph:query")
    seen: set[str] = set()
    for request in requests("POST", "/v1/queries/{name}"):
        rows = str((await taken(door, request, veiled)).json()["rows"])
        assert not [value for value in PERSONAL if value in rows], request
        rows = str((await taken(door, request, plain)).json()["rows"])
        seen |= {value for value in PERSONAL if value in rows}
    assert seen == PERSONAL


@pytest.mark.engine
async def test_no_own_id_reaches_into_another_tenant(door: Door, home: str, strangers: tuple[str, str]) -> None:
    key = await door.key(strangers[0])
    tricks = [f"../{home}/ann", f"{home}/ann", f"/{home}/ann", f"%2F{home}%2Fann", "0", "\uffff", ""]
    for trick in tricks:
        for path in ("/v1/persons/{}", "/v1/households/{}", "/v1/persons/{}/identifiers"):
            answer = await door.ask("GET", path.format(quote(trick, safe="")), key)
            assert answer.status_code == 404, (path, trick)
        for params in ({"after": trick}, {"after": [trick, ""]}, {"end": trick}, {"end": [trick]}):
            answer = await door.ask("POST", "/v1/queries/exploration.largest_households", key, {"params": params})
            found = {row["household_id"] for row in answer.json()["rows"]}  # its own, which other tests made
            assert not found & {"hendersons", "lopez", "kim", "berg"}, params


@pytest.mark.engine
@pytest.mark.parametrize("path", sorted(OPEN))
async def test_the_probes_say_nothing_of_any_tenant(door: Door, home: str, path: str) -> None:
    await door.ask("GET", "/v1/persons/ann", await door.key(home))
    answer = await door.ask("GET", path, {})
    assert answer.status_code == 200
    assert home not in answer.text
    assert "/persons/ann" not in answer.text


async def test_every_error_is_a_problem_document() -> None:
    described = OPENAPI["paths"]["/v1/persons/{person_id}"]["get"]["responses"]
    assert {"401", "403", "404", "422", "503", "504"} <= described.keys()
    assert all(list(described[status]["content"]) == ["application/problem+json"] for status in ("401", "404", "422"))
