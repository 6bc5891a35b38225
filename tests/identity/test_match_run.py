"""A match run: what it remembers, that again changes nothing, how ids live on, and that a cut-off run is completed.

Most tests give the run a matcher of their own, whose answer they know: rows of one e-mail address are one person,
people of one family name one household.
"""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from graph_service.errors import EngineUnavailable, Refused
from graph_service.graph.ahead import Turn
from graph_service.graph.engines import Engine
from graph_service.graph.store import Prepared, Row, Store, Work
from graph_service.identity import jobs, resolving, service
from graph_service.identity.jobs import match_tenant
from graph_service.identity.run import writing
from graph_service.identity.schemas import GivenIdentifier, MatchReport
from graph_service.identity.view import View
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from matching import FieldType, Mapping, MatchResult, Model
from tests.ground import asked, families, lent, person, write_csv

MAPPED = Mapping.from_toml('record_id = "id"')
DESCRIBED = "MATCH (r:Record {tenant: $t})-[:DESCRIBES]->(p:Person) RETURN r.record_id AS row, p.person_id AS person"
RECORDS = "MATCH (r:Record {tenant: $t}) RETURN r.record_id AS row"
CHANGES = "MATCH (c:Change {tenant: $t}) RETURN c.kind AS kind, c.subject AS subject, c.others AS others"
MEMBERS = """MATCH (p:Person {tenant: $t})-[:MEMBER_OF]->(h:Household)
RETURN p.person_id AS person, h.household_id AS household"""
LEADS = """MATCH (i:Identifier {tenant: $t})-[e:IDENTIFIES]->(p:Person)
RETURN i.kind AS kind, i.value AS value, p.person_id AS person, e.strength AS strength, e.records AS records"""
HOMES = """MATCH (h:Household {tenant: $t})-[e:LIVES_AT]->(b:Property)
RETURN h.household_id AS household, b.property_id AS home, e.from AS since, e.to AS until"""
PLACES = "MATCH (i:Identifier {tenant: $t})-[:LOCATES]->(b:Property) RETURN i.value AS value, b.property_id AS home"
MATCHES = """MATCH (a:Record {tenant: $t})-[e:MATCHES]->(b:Record)
RETURN a.record_id AS one, b.record_id AS other, e.weight AS weight"""
PEOPLE = """MATCH (p:Person {tenant: $t}) WHERE p.alias_of IS NULL
RETURN p.person_id AS person, p.records AS records, p.household_id AS household, p.first_name AS name"""
HOUSEHOLDS = """MATCH (h:Household {tenant: $t}) WHERE h.alias_of IS NULL
RETURN h.household_id AS household, h.persons AS persons, h.kind AS kind"""


def by_email(records: pa.Table, fields: dict[str, FieldType], **_: Any) -> MatchResult:
    """Rows of one e-mail address are one person, people of one family name one household."""
    emails = records["email"].to_pylist()
    persons = np.unique([value or str(at) for at, value in enumerate(emails)], return_inverse=True)[1].astype(np.int64)
    first = np.unique(persons, return_index=True)[1]
    names = np.array([str(records["last_name"][int(at)]) for at in first])
    homes = np.unique(names, return_inverse=True)[1].astype(np.int64)
    order = np.argsort(persons, kind="stable")
    same = np.flatnonzero(persons[order][1:] == persons[order][:-1])
    pairs = pa.table({"left": order[same], "right": order[same + 1], "weight": np.full(len(same), 9.5)})
    return MatchResult(
        model=Model.untrained(fields), links=pairs, persons=persons, households=homes,
        kinds=["family"] * (int(homes.max()) + 1), living=pa.table({}), merges=pairs, quarantined=[], card={},
    )  # fmt: skip


@pytest.fixture
def simple(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let runs ask the simple matcher."""
    monkeypatch.setattr(jobs, "match", by_email)


async def take(store: Store, tenant: str, folder: Path, rows: list[Row]) -> None:
    """Ingest rows as they are."""
    path = write_csv(folder / "rows.csv", rows)
    await ingest(store, tenant, IngestRequest(source="crm", files=[path], mapping=MAPPED))


async def person_of(store: Store, tenant: str) -> dict[str, str]:
    """The person of every row; fails where a row describes two."""
    rows = await asked(store, tenant, DESCRIBED)
    found = {row["row"]: row["person"] for row in rows}
    assert len(found) == len(rows)
    return found


async def contents(store: Store, tenant: str) -> dict[str, list[str]]:
    """All that a graph says, persons and households named by their rows, so that two graphs can be compared."""
    rows: dict[str, list[str]] = {}
    for row, who in sorted((await person_of(store, tenant)).items()):
        rows.setdefault(who, []).append(row)
    who = {name: "+".join(own) for name, own in rows.items()}
    members: dict[str, list[str]] = {}
    for member in await asked(store, tenant, MEMBERS):
        members.setdefault(member["household"], []).append(who[member["person"]])
    where = {name: " & ".join(sorted(own)) for name, own in members.items()}

    def told(row: Row) -> str:
        return str({**row, **{key: names[row[key]] for key, names in (("person", who), ("household", where))
                              if key in row}})  # fmt: skip

    said = {"people": PEOPLE, "households": HOUSEHOLDS, "members": MEMBERS, "leads": LEADS, "homes": HOMES}
    said |= {"places": PLACES, "matches": MATCHES}
    return {name: sorted(map(told, await asked(store, tenant, text))) for name, text in said.items()}


def writes(report: MatchReport) -> int:
    """How many edges and nodes a run had to write."""
    return sum(count for name, count in report.counts.items() if name.startswith(("put_", "gone_")))


async def test_the_matcher_of_ours_fills_the_graph(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(12)
    await take(store, tenant, tmp_path, rows)
    report = await match_tenant(store, tenant)
    found = await person_of(store, tenant)
    assert found.keys() == {row["id"] for row in rows}  # persons partition the rows
    assert len(set(found.values())) == report.counts["persons"] == 24
    assert report.counts["households"] == 12
    members = await asked(store, tenant, MEMBERS)
    assert sorted(row["person"] for row in members) == sorted(set(found.values()))  # one household each
    leads = await asked(store, tenant, LEADS)
    assert all(0 < lead["strength"] <= 1 for lead in leads)
    landline = [lead["person"] for lead in leads if lead["value"] == rows[0]["phone"]]
    assert sorted(landline) == sorted({found["f0m0r0"], found["f0m1r0"]})
    again = await match_tenant(store, tenant)
    assert (writes(again), again.counts["changes"], again.model_id) == (0, 0, report.model_id)
    assert await person_of(store, tenant) == found


async def test_a_bridging_row_merges_two_persons(store: Store, tenant: str, tmp_path: Path) -> None:
    whole, gone = person(500, first_name="James"), dict.fromkeys(("street_address", "city", "state", "zip"), "")
    one = {**whole, "id": "one", "phone": "", **gone}
    two = {**whole, "id": "two", "email": "", "date_of_birth": "", "last_name": ""}
    others = [{**row, "first_name": "James"} if "m0" in row["id"] else row for row in families(12)]
    await take(store, tenant, tmp_path, [*others, one, two])
    await match_tenant(store, tenant)
    before = await person_of(store, tenant)
    assert before["one"] != before["two"]
    await take(store, tenant, tmp_path, [{**whole, "id": "bridge"}])
    report = await match_tenant(store, tenant)
    after = await person_of(store, tenant)
    assert after["one"] == after["two"] == after["bridge"] == min(before["one"], before["two"])
    assert report.counts["persons_merged"] == 1
    assert {row: who for row, who in after.items() if row.startswith("f")} == {
        row: who for row, who in before.items() if row.startswith("f")
    }


@pytest.mark.usefixtures("simple")
async def test_new_rows_attach_without_moving_ids(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(6)
    await take(store, tenant, tmp_path, rows[::2])
    await match_tenant(store, tenant)
    before = await person_of(store, tenant)
    await take(store, tenant, tmp_path, [*rows[1::2], person(900)])
    report = await match_tenant(store, tenant)
    after = await person_of(store, tenant)
    assert {row: after[row] for row in before} == before
    assert all(after[row["id"]] == after[row["id"][:-1] + "0"] for row in rows)
    assert (report.counts["persons_minted"], report.counts["changes"]) == (1, 0)
    assert writes(await match_tenant(store, tenant)) == 0


@pytest.mark.usefixtures("simple")
async def test_a_row_that_says_something_else_moves(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(3)
    await take(store, tenant, tmp_path, rows)
    await match_tenant(store, tenant)
    before = await person_of(store, tenant)
    moved, there = rows[1], rows[4]
    await take(store, tenant, tmp_path, [{**moved, "email": there["email"]}])
    await match_tenant(store, tenant)
    after = await person_of(store, tenant)
    assert after == {**before, moved["id"]: before[there["id"]]}
    leads = {(lead["value"], lead["person"]): lead for lead in await asked(store, tenant, LEADS)}
    assert leads[there["email"], before[there["id"]]]["records"] == 3
    assert leads[moved["email"], before[rows[0]["id"]]]["records"] == 1
    (change,) = [row for row in await asked(store, tenant, CHANGES) if row["subject"] == before[rows[0]["id"]]]
    assert (change["kind"], change["others"]) == ("person_split", [before[there["id"]]])
    assert writes(await match_tenant(store, tenant)) == 0


@pytest.mark.usefixtures("simple")
async def test_a_merged_id_answers_its_survivor(store: Store, tenant: str, tmp_path: Path) -> None:
    one, two = person(1), person(2)
    await take(store, tenant, tmp_path, [one])
    await match_tenant(store, tenant)
    await take(store, tenant, tmp_path, [two])
    await match_tenant(store, tenant)
    before, homes = await person_of(store, tenant), await asked(store, tenant, MEMBERS)
    await take(store, tenant, tmp_path, [{**two, "email": one["email"], "last_name": one["last_name"]}])
    report = await match_tenant(store, tenant)
    older, younger = before[one["id"]], before[two["id"]]
    assert older < younger
    assert set((await person_of(store, tenant)).values()) == {older}
    assert report.counts["persons_merged"] == 1
    merged = {row["subject"]: row["others"] for row in await asked(store, tenant, CHANGES)
              if row["kind"] == "person_merged"}  # fmt: skip
    assert merged == {older: [younger]}
    view = View(store, tenant, True)
    answer = await service.person(view, younger)
    assert (answer.person_id, answer.requested_id) == (older, younger)
    home_of = {row["person"]: row["household"] for row in homes}
    assert (await service.household(view, home_of[younger])).household_id == home_of[older]
    assert await asked(store, tenant, MEMBERS) == [{"person": older, "household": home_of[older]}]


@pytest.mark.usefixtures("simple")
async def test_a_shared_landline_leads_to_both_and_to_their_household(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    rows = families(2)
    await take(store, tenant, tmp_path, rows)
    await match_tenant(store, tenant)
    asking = GivenIdentifier(kind="phone", value=rows[0]["phone"])
    answer = await resolving.resolve(View(store, tenant, True), [asking])
    found = await person_of(store, tenant)
    assert answer.ambiguous
    assert answer.household_id
    assert {one.person_id for one in answer.candidates} == {found["f0m0r0"], found["f0m1r0"]}


@pytest.mark.usefixtures("simple")
async def test_tenants_see_nothing_of_each_other(store: Store, tenant: str, engine: Engine, tmp_path: Path) -> None:
    rows = families(3)
    await take(store, tenant, tmp_path, rows)
    await match_tenant(store, tenant)
    before = await contents(store, tenant)
    async with lent(engine) as neighbour:
        await take(store, neighbour, tmp_path, [*rows, {**rows[0], "id": "theirs"}])
        report = await match_tenant(store, neighbour)
        assert report.counts["persons_minted"] == report.counts["persons"] == 6
        assert not set((await person_of(store, neighbour)).values()) & set((await person_of(store, tenant)).values())
        assert await contents(store, tenant) == before
        assert writes(await match_tenant(store, tenant)) == 0


async def test_without_rows_there_is_nothing_to_match(store: Store, tenant: str) -> None:
    with pytest.raises(Refused, match="ingest"):
        await match_tenant(store, tenant)
    states = await asked(store, tenant, "MATCH (r:Run {tenant: $t}) RETURN r.state AS state, r.message AS message")
    assert states == [{"state": "failed", "message": "Refused"}]


class Fragile(Store):
    """A store in front of an engine that goes away after some writes, and then stays away."""

    left = 0

    def _spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise EngineUnavailable("gone")

    async def write_prepared(self, asked: Prepared, turn: Turn | None = None) -> list[Row]:
        self._spend()
        return await super().write_prepared(asked, turn)

    async def write_many(self, tenant: str, name: str, rows: Any, *, batch: int = 7, **rest: Any) -> int:
        return await super().write_many(tenant, name, rows, batch=batch, **rest)

    async def work(self, tenant: str, act: Callable[[Work], Awaitable[Any]]) -> Any:
        self._spend()
        return await super().work(tenant, act)


async def cut_off_and_completed(store: Store, tenant: str, afters: list[int]) -> int:
    """Cut runs off after so many writes each, then let one end; how many were in fact cut off."""
    fragile, cut = Fragile(store.engine, store.library, store.settings), 0
    for after in afters:
        fragile.left = after
        try:
            await match_tenant(fragile, tenant)
        except EngineUnavailable:
            cut += 1
        await person_of(store, tenant)  # no row describes two persons, whenever it was cut off
    await match_tenant(store, tenant)
    return cut


@pytest.mark.usefixtures("simple")
async def test_the_next_run_completes_one_that_was_cut_off(
    store: Store, tenant: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOVED", 3)
    monkeypatch.setattr(writing, "HUBS", 3)
    monkeypatch.setattr(writing, "BATCH", 3)
    monkeypatch.setattr(writing, "TILE", 5)
    rows = families(4)
    # Two persons merge, one is split, a family moves in with another, and somebody is new.
    later = [
        {**rows[0], "email": rows[4]["email"]}, {**rows[1], "email": rows[4]["email"]}, {**rows[6], "email": "n@b.com"},
        *({**row, "last_name": rows[0]["last_name"]} for row in rows[8:12]), person(800),
    ]  # fmt: skip
    async with lent(engine) as clean:
        for part in (rows, later):
            for slug in (clean, tenant):
                await take(store, slug, tmp_path, part)
            await match_tenant(store, clean)
            assert await cut_off_and_completed(store, tenant, [4, 6, 9, 11, 13, 16]) >= 4
            assert await contents(store, tenant) == await contents(store, clean)
    states = await asked(store, tenant, "MATCH (r:Run {tenant: $t}) RETURN r.state AS state")
    assert sum(row["state"] == "done" for row in states) >= 2
    assert writes(await match_tenant(store, tenant)) == 0


@pytest.mark.usefixtures("simple")
async def test_what_two_runs_at_once_leave_is_put_right_by_the_next(store: Store, tenant: str, tmp_path: Path) -> None:
    await take(store, tenant, tmp_path, families(4))
    await asyncio.gather(match_tenant(store, tenant), match_tenant(store, tenant))
    await match_tenant(store, tenant)
    found = await person_of(store, tenant)
    assert len(found) == 16
    assert len(set(found.values())) == 8
    assert {row["person"] for row in await asked(store, tenant, PEOPLE)} == set(found.values())
    members = await asked(store, tenant, MEMBERS)
    assert len(members) == 8
    assert len({row["household"] for row in members}) == len(await asked(store, tenant, HOUSEHOLDS)) == 4
    assert writes(await match_tenant(store, tenant)) == 0


@pytest.mark.usefixtures("simple")
async def test_a_cancelled_run_says_that_it_failed(store: Store, tenant: str, tmp_path: Path) -> None:
    await take(store, tenant, tmp_path, families(3))
    reached = asyncio.Event()

    def tell(stage: str, done: float) -> None:
        if stage == "derive":
            reached.set()

    run = asyncio.create_task(match_tenant(store, tenant, progress=tell))
    await reached.wait()
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    states = await asked(store, tenant, "MATCH (r:Run {tenant: $t}) RETURN r.state AS state, r.message AS message")
    assert states == [{"state": "failed", "message": "CancelledError"}]
    await match_tenant(store, tenant)
    assert len(set((await person_of(store, tenant)).values())) == 6


async def test_many_edges_between_hubs_are_taken_back(store: Store, tenant: str, tmp_path: Path) -> None:
    hubs = [[f"c{clique}r{at:02}" for at in range(20)] for clique in range(3)]
    await take(store, tenant, tmp_path, [person(at, id=name) for at, name in enumerate(hubs[0] + hubs[1] + hubs[2])])
    ends = [(one, other) for hub in hubs for one in hub for other in hub if one < other]
    edges = [{"left": ("crm", one), "right": ("crm", other)} for one, other in ends]
    scored = [
        {"left": edge["left"], "edges": [{"right": edge["right"], "weight": 5.0, "probability": 0.97}]}
        for edge in edges
    ]
    await store.write_many(tenant, "identity.link_matches", scored, model="m")
    double = "MATCH (a:Record {tenant: $t})-[e:MATCHES]->(b:Record) CREATE (a)-[:MATCHES {weight: e.weight}]->(b)"
    await asked(store, tenant, double)  # two edges side by side, as after a mishap
    assert len(await asked(store, tenant, MATCHES)) == 2 * 570
    await store.write_many(tenant, "identity.unlink_matches", [*edges[:400], *edges[:50]])
    left = await asked(store, tenant, MATCHES)
    assert {(row["one"], row["other"]) for row in left} == set(ends[400:])
    await store.write_many(tenant, "identity.unlink_matches", edges)
    assert await asked(store, tenant, MATCHES) == []


@pytest.mark.parametrize("stages", [writing.FIRST, writing.FURTHER], ids=["first run", "further runs"])
def test_what_is_written_side_by_side_shares_no_node_and_leaves_no_edge_out(stages: writing.Stages) -> None:
    ends = {edge.table: {edge.begin[0], edge.end[0]} for edge in writing.EDGES}
    ends["row_matches"] = {"record"}  # its ends are called left and right
    assert sorted(table for stage in stages for tables in stage for table in tables) == sorted(ends)
    for stage in stages:
        for one, other in combinations((set[str]().union(*(ends[table] for table in tables)) for tables in stage), 2):
            assert one.isdisjoint(other)
