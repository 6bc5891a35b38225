"""A pair's weight is the sum of what is told of it; a person hangs by its joins; answers take effect at once."""

from pathlib import Path

import pytest

from graph_service.errors import BadInput, NotFound
from graph_service.graph.store import Store
from graph_service.identity.view import View
from graph_service.lifecycle import schemas as commands
from graph_service.lifecycle import service as lifecycle
from graph_service.review import model, page, service
from tests.ground import asked, families, person
from tests.lifecycle.scenes import matched, persons, row, take

COMMAND = {"actor": "jo", "reason": "", "dry_run": False}
WEIGHTS = """MATCH (a:Record {tenant: $t})-[m:MATCHES]->(b:Record)
RETURN a.record_id AS one, b.record_id AS other, m.weight AS weight"""


@pytest.mark.engine
async def test_a_pair_and_a_person_are_explained_and_judged(store: Store, tenant: str, tmp_path: Path) -> None:
    await take(store, tenant, tmp_path, [*families(8), {**person(0, phone="", email=""), "id": "alone"}])
    await matched(store, tenant)
    found, view = await persons(store, tenant), View(store, tenant, True)
    weights = {(each["one"], each["other"]): each["weight"] for each in await asked(store, tenant, WEIGHTS)}
    for (one, other), weight in list(weights.items())[:12]:
        said = await service.explain_pair(view, ("crm", one), ("crm", other))
        assert said.weight == pytest.approx(weight, abs=6e-4)  # the batch run's, kept to three digits
        assert said.prior + sum(step.weight for step in said.steps) + said.household == pytest.approx(
            said.weight, abs=1e-4
        )
        assert said.same_person == (found[one] == found[other])
        assert "<svg" in page.pair_page(said)
    veiled = await service.explain_pair(View(store, tenant, False), ("crm", "f0m0r0"), ("crm", "f0m0r1"))
    assert person(0)["email"] not in veiled.model_dump_json()
    who = found["f0m0r0"]
    merged = commands.MergeRequest(persons=[who, found["f5m0r0"]], **COMMAND)  # type: ignore[arg-type]
    done = await lifecycle.merge(store, tenant, merged)
    told = await service.explain_person(view, found["f5m0r0"], (("crm", "f0m0r0"), ("crm", "f5m0r0")))
    assert len(told.bridges) == len(told.rows) - 1
    assert [step.judgement_id for step in told.path if step.weight is None][:1] == [done.judgement_id]
    assert sorted(each.key for part in told.would_part for each in part) == sorted(each.key for each in told.rows)
    assert "stroke" in page.person_page(told)
    with pytest.raises(NotFound):
        await service.explain_pair(view, ("crm", "f0m0r0"), ("crm", "nobody"))
    with pytest.raises(NotFound):
        await service.explain_person(view, who, (("crm", "f0m0r0"), ("crm", "f1m0r0")))


@pytest.mark.engine
async def test_an_answered_pair_is_not_asked_again(store: Store, tenant: str, tmp_path: Path) -> None:
    await take(store, tenant, tmp_path, families(8))
    await matched(store, tenant)
    await asked(store, tenant, """MATCH (a:Record {record_id: 'f0m0r0'})-[m:MATCHES]-(b:Record {record_id: 'f0m0r1'})
        WHERE a.tenant = $t SET m.weight = 0.1""")  # fmt: skip
    view = View(store, tenant, True)
    queue = await service.queue(view)
    assert {queue.pairs[0].left.record_id, queue.pairs[0].right.record_id} == {"f0m0r0", "f0m0r1"}
    assert [pair.information for pair in queue.pairs] == sorted(
        (pair.information for pair in queue.pairs), reverse=True
    )
    answer = commands.JudgementRequest(verdict="different", left=[row("f0m0r0")], right=[row("f0m0r1")], **COMMAND)  # type: ignore[arg-type]
    await lifecycle.judge(store, tenant, answer)
    found = await persons(store, tenant)
    assert found["f0m0r0"] != found["f0m0r1"]
    again = {(pair.left.record_id, pair.right.record_id) for pair in (await service.queue(view)).pairs}
    assert ("f0m0r0", "f0m0r1") not in again


def test_an_open_question_tells_more_than_a_settled_one() -> None:
    assert model.information(0.0, True, 2) > model.information(5.0, True, 2) > model.information(12.0, True, 2)
    assert model.information(3.0, False, 2) > model.information(3.0, True, 2)
    assert model.information(0.0, True, 9) > model.information(0.0, True, 2)


@pytest.mark.parametrize("text", ["", "crm", "crm/", "/17"])
def test_a_row_is_named_by_source_and_id(text: str) -> None:
    if text == "/17":
        assert service.row_of(text) == ("", "17")
        return
    with pytest.raises(BadInput):
        service.row_of(text)
