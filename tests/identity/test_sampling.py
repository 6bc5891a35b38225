"""Judging a sample: drawn once, taken up where it was left, every answer kept as one judgement, figures from them."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from graph_service.errors import BadInput, Refused
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from graph_service.identity.jobs import match_tenant
from graph_service.identity.run.sampling import judged_sample, read_sample
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestRequest
from matching import Mapping as Columns
from tests.ground import asked, emptied, lent, person, store_on, write_csv

ROWS = [person(number, id=f"{number:03}-{seen}") for number in range(12) for seen in range(3)]
JUDGED = """MATCH (j:Judgement {tenant: $t})-[a:ABOUT]->(r:Record)
RETURN j.judgement_id AS judgement, j.verdict AS verdict, a.side AS side, r.record_id AS row"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def filled(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """A dozen people of three rows each, matched."""
    async with lent(engine) as slug:
        store = store_on(engine)
        file = write_csv(tmp_path_factory.mktemp("rows") / "crm.csv", ROWS)
        mapping = Columns.from_toml('record_id = "id"')
        await ingest(store, slug, IngestRequest(source="crm", files=[file], mapping=mapping))
        await match_tenant(store, slug)
        yield slug
        await emptied(store, slug)


class Somebody:
    """One who knows the truth, answers so many questions, and then goes home."""

    def __init__(self, patience: int) -> None:
        self.left, self.questions = patience, 0

    def __call__(self, one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
        if not self.left:
            return "q"
        self.left -= 1
        self.questions += 1
        return "y" if one["record_id"][:3] == other["record_id"][:3] else "n"


async def test_a_sample_is_taken_up_where_it_was_left(store: Store, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    await asked(store, filled, "MATCH (j:Judgement {tenant: $t}) DETACH DELETE j")
    report = await judged_sample(store, filled, file, size=10, ask=Somebody(4))
    drawn = read_sample(file)
    assert (report["answers"], report["open"], len(drawn)) == (4, 6, 10)
    patient = Somebody(100)
    report = await judged_sample(store, filled, file, size=10, ask=patient)
    assert patient.questions == 6
    assert [pair.judgement_id for pair in read_sample(file)] == [pair.judgement_id for pair in drawn]
    assert report["precision"]["estimate"] == 1.0
    assert report["precision"]["low"] < 1.0
    rows = await asked(store, filled, JUDGED)
    assert {row["judgement"] for row in rows} == {pair.judgement_id for pair in drawn}
    assert len(rows) == 20
    by_id = {(row["judgement"], row["side"]): (row["row"], row["verdict"]) for row in rows}
    for pair in read_sample(file):
        verdict = "same" if pair.same else "different"
        assert by_id[pair.judgement_id, "left"] == (pair.left_id, verdict)
        assert by_id[pair.judgement_id, "right"] == (pair.right_id, verdict)


async def test_answers_may_come_from_a_file_alone(store: Store, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    assert (await judged_sample(store, filled, file, size=8))["open"] == 8
    lines = file.read_text(encoding="utf-8").splitlines()
    place = lines[0].split(",").index("answer")
    cells = [line.split(",") for line in lines[1:]]
    for row, answer in zip(cells, ["no", "Same", "skip", *["y"] * 5], strict=True):
        row[place] = answer
    file.write_text("\n".join([lines[0], *(",".join(row) for row in cells)]), encoding="utf-8")
    report = await judged_sample(store, filled, file, size=8)
    assert (report["answers"], report["skipped"], report["open"]) == (7, 1, 0)
    assert report["precision"]["estimate"] < 1.0
    before = await asked(store, filled, "MATCH (j:Judgement {tenant: $t}) RETURN count(j) AS n")
    assert await judged_sample(store, filled, file, size=8) == report
    assert await asked(store, filled, "MATCH (j:Judgement {tenant: $t}) RETURN count(j) AS n") == before


async def test_a_file_that_is_no_sample_is_refused(store: Store, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    file.write_text("who,what\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput, match="lacks judgement_id"):
        await judged_sample(store, filled, file, size=8)
    file.unlink()
    await judged_sample(store, filled, file, size=2)
    file.write_text(file.read_text(encoding="utf-8").replace("yes", "perhaps", 1), encoding="utf-8")
    with pytest.raises(BadInput, match="line 2: merged is yes or no"):
        await judged_sample(store, filled, file, size=2)


async def test_nothing_to_draw_from_is_refused(engine: Engine, tmp_path: Path) -> None:
    async with lent(engine) as empty:
        with pytest.raises(Refused, match="no pairs to draw from"):
            await judged_sample(store_on(engine), empty, tmp_path / "sample.csv", size=8)
