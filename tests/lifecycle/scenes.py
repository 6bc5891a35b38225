"""Families to merge and split, the whole of a graph told without minted ids, and a match run that heeds judgements."""

from collections.abc import Mapping
from pathlib import Path

from graph_service.graph.store import Row, Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.schemas import MatchReport
from graph_service.lifecycle import schemas as say
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from matching import Mapping as Columns
from tests.ground import asked, write_csv

IDS = "MATCH (n {tenant: $t}) WHERE n:Person OR n:Household RETURN coalesce(n.person_id, n.household_id) AS own"
MAPPED = Columns.from_toml('record_id = "id"')
TOLD = {
    "people": """MATCH (p:Person {tenant: $t}) WHERE p.alias_of IS NULL
        RETURN p.person_id AS person, p.records AS records, p.confidence AS confidence, p.household_id AS household,
               p.first_name AS first_name, p.last_name AS last_name""",
    "households": """MATCH (h:Household {tenant: $t}) WHERE h.alias_of IS NULL
        RETURN h.household_id AS household, h.persons AS persons, h.kind AS kind""",
    "members": """MATCH (p:Person {tenant: $t})-[m:MEMBER_OF]->(h:Household)
        RETURN p.person_id AS person, h.household_id AS household, m.from AS since, m.to AS until""",
    "leads": """MATCH (i:Identifier {tenant: $t})-[e:IDENTIFIES]->(p:Person)
        RETURN i.kind AS kind, i.value AS value, p.person_id AS person, e.strength AS strength, e.records AS records,
               e.last_seen AS seen""",
    "homes": """MATCH (h:Household {tenant: $t})-[e:LIVES_AT]->(b:Property)
        RETURN h.household_id AS household, b.property_id AS home, e.from AS since, e.to AS until""",
    "places": """MATCH (i:Identifier {tenant: $t})-[:LOCATES]->(b:Property)
        RETURN i.value AS value, b.property_id AS home""",
    "buildings": "MATCH (b:Property {tenant: $t}) RETURN b.property_id AS home, b.address AS address, b.zip AS zip",
}
DESCRIBED = """MATCH (r:Record {tenant: $t})-[:DESCRIBES]->(p:Person)
RETURN r.source AS source, r.record_id AS row, p.person_id AS person"""
ALIASES = """MATCH (n {tenant: $t}) WHERE (n:Person OR n:Household) AND (n.alias_of IS NOT NULL OR n.also IS NOT NULL)
RETURN coalesce(n.person_id, n.household_id) AS own, n.alias_of AS alias_of, n.also AS also"""


async def take(store: Store, tenant: str, folder: Path, rows: list[Row]) -> None:
    """Ingest rows as they are."""
    path = write_csv(folder / "rows.csv", rows)
    await ingest(store, tenant, IngestRequest(source="crm", files=[path], mapping=MAPPED))


async def matched(store: Store, tenant: str) -> MatchReport:
    """A match run, which heeds every judgement."""
    return await match_tenant(store, tenant)


async def persons(store: Store, tenant: str) -> dict[str, str]:
    """The person of every row; fails where a row describes two."""
    rows = await asked(store, tenant, DESCRIBED)
    found = {row["row"]: row["person"] for row in rows}
    assert len(found) == len(rows)
    return found


async def with_ids(store: Store, tenant: str, *, known: Row | None = None) -> Row:
    """All that the graph says of persons and households, ids and aliases too.

    `known`: what it said before; ids minted since, which now answer an older one, are left out.
    """
    told: Row = {name: sorted(map(str, await asked(store, tenant, text))) for name, text in TOLD.items()}
    aliases = {row["own"]: (row["alias_of"], row["also"]) for row in await asked(store, tenant, ALIASES)}
    ids = {row["own"] for row in await asked(store, tenant, IDS)}
    if known is not None:
        aliases = {own: said for own, said in aliases.items() if own in known["ids"]}
        ids &= known["ids"]
    return {**told, "rows": await persons(store, tenant), "aliases": aliases, "ids": ids}


async def without_ids(store: Store, tenant: str) -> dict[str, list[str]]:
    """The same, persons and households named by their rows, so that two graphs can be compared."""
    rows: dict[str, list[str]] = {}
    for row, who in sorted((await persons(store, tenant)).items()):
        rows.setdefault(who, []).append(row)
    who = {name: "+".join(own) for name, own in rows.items()}
    members: dict[str, list[str]] = {}
    for member in await asked(store, tenant, TOLD["members"]):
        members.setdefault(member["household"], []).append(who[member["person"]])
    where = {name: " & ".join(sorted(own)) for name, own in members.items()}
    names: Mapping[str, Mapping[str, str]] = {"person": who, "household": where}
    said = {}
    for part, text in TOLD.items():
        told = await asked(store, tenant, text)
        said[part] = sorted(str({key: names[key].get(value, f"nobody {value}") if key in names else value
                                 for key, value in row.items()}) for row in told)  # fmt: skip
    return said


def row(name: str) -> say.RowKey:
    """A row of the CRM."""
    return say.RowKey(source="crm", record_id=name)
