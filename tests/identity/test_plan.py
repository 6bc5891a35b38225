"""A plan says what a match run would change; applied it is exactly that, or nothing at all."""

from pathlib import Path

import pytest

from graph_service.errors import BadInput, Refused
from graph_service.graph.store import Store
from graph_service.identity.jobs import apply_plan, match_tenant, plan_match
from graph_service.identity.run.plan import Plan, read_plan
from graph_service.identity.run.plan_page import keep, plan_page
from graph_service.lifecycle import schemas as say
from graph_service.lifecycle import service as lifecycle
from tests.ground import asked, families, person
from tests.identity.test_match_run import contents, person_of, simple, take, writes  # noqa: F401 - a fixture

pytestmark = pytest.mark.asyncio(loop_scope="session")
EVERYTHING = "MATCH (n {tenant: $t}) RETURN labels(n)[0] AS label, count(*) AS nodes"
RUNS = "MATCH (r:Run {tenant: $t}) RETURN r.state AS state ORDER BY r.key"


async def held(store: Store, tenant: str) -> list[tuple[str, int]]:
    """How many nodes of each kind there are."""
    return sorted((row["label"], row["nodes"]) for row in await asked(store, tenant, EVERYTHING))


@pytest.mark.usefixtures("simple")
async def test_a_plan_changes_nothing_and_applied_is_what_it_says(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(4)
    await take(store, tenant, tmp_path, rows)
    await match_tenant(store, tenant)
    shared = {**person(0), "email": rows[4]["email"], "last_name": rows[4]["last_name"], "id": "bridge"}
    moved = {**rows[0], "email": rows[4]["email"]}  # a row of the first family turns out to be the second one's
    await take(store, tenant, tmp_path, [moved, shared])
    before, nodes = await contents(store, tenant), await held(store, tenant)
    plan = await plan_match(store, tenant)
    assert (await contents(store, tenant), await held(store, tenant)) == (before, nodes)
    was = await person_of(store, tenant)

    keep(plan, tmp_path / "plan.json", tmp_path / "plan.html")
    plan = read_plan(tmp_path / "plan.json")
    report = await apply_plan(store, tenant, plan)
    assert {name: report.counts[name] for name in plan.counts} == plan.counts
    now = await person_of(store, tenant)
    assert now["bridge"] == now[rows[0]["id"]] == now[rows[4]["id"]]
    said = {row.row: row.person for home in plan.households for row in home.rows}
    own = f"crm/{rows[0]['id']}"
    assert {row: sides for row, sides in said.items() if sides[0] != sides[1]} == {
        f"crm/{row}": [was.get(row), new] for row, new in now.items() if was.get(row) != new
    }
    assert any(own in (join.left, join.right) for home in plan.households for join in home.evidence)
    page = (tmp_path / "plan.html").read_text(encoding="utf-8")
    assert own in page
    assert "http" not in page
    assert writes(await match_tenant(store, tenant)) == 0  # a run would have done just that


async def test_a_first_plan_holds_the_model_and_the_new_ids(store: Store, tenant: str, tmp_path: Path) -> None:
    await take(store, tenant, tmp_path, families(12))
    plan = await plan_match(store, tenant)
    assert plan.counts["persons_minted"] == len(plan.minted[0]) == 24
    assert plan.households == []  # nobody who is there changes: all of them are new
    assert await asked(store, tenant, "MATCH (m:Model {tenant: $t}) RETURN m.model_id AS id") == []
    await apply_plan(store, tenant, plan)
    assert set((await person_of(store, tenant)).values()) == set(plan.minted[0])
    again = await match_tenant(store, tenant)
    assert (writes(again), again.counts["changes"]) == (0, 0)
    retrained = await plan_match(store, tenant, retrain=True)
    assert retrained.model is not None
    first = again.model_id
    assert (await apply_plan(store, tenant, retrained)).model_id != first


@pytest.mark.usefixtures("simple")
async def test_a_plan_is_refused_when_the_graph_moved_on(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = families(3)
    await take(store, tenant, tmp_path, rows)
    await match_tenant(store, tenant)
    plan = await plan_match(store, tenant)
    await take(store, tenant, tmp_path, [{**person(700), "id": "late"}])
    before = await contents(store, tenant)
    with pytest.raises(Refused, match="rows"):
        await apply_plan(store, tenant, plan)
    assert await contents(store, tenant) == before
    assert (await asked(store, tenant, RUNS))[-1]["state"] == "failed"

    await match_tenant(store, tenant)
    plan = await plan_match(store, tenant)
    await lifecycle.judge(store, tenant, say.JudgementRequest(
        verdict="different", left=[say.RowKey(source="crm", record_id=rows[0]["id"])],
        right=[say.RowKey(source="crm", record_id=rows[4]["id"])], actor="jo", reason="", dry_run=False,
    ))  # fmt: skip
    with pytest.raises(Refused, match="judgements"):
        await apply_plan(store, tenant, plan)


async def test_a_plan_belongs_to_its_tenant_and_to_its_file(store: Store, tenant: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no records"):
        await plan_match(store, tenant)
    empty = {"rows": "", "judgements": "", "graph": "", "model": None}
    plan = Plan.model_validate({
        "tenant": "someone-else", "made_at": "2026-11-21", "derived_from": empty, "model": None, "minted": [[], []],
        "difference": "", "counts": {"<b>": 1}, "changes": [], "households": [],
    })  # fmt: skip
    assert "<b>" not in plan_page(plan)
    with pytest.raises(BadInput, match="someone-else"):
        await apply_plan(store, tenant, plan)
    (tmp_path / "odd.json").write_text('{"tenant": 1}', encoding="utf-8")
    with pytest.raises(BadInput, match="not a plan"):
        read_plan(tmp_path / "odd.json")
    with pytest.raises(BadInput, match="cannot be written"):
        keep(plan, tmp_path / "nowhere" / "plan.json")
