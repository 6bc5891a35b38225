"""The guided run on a small town: it is graded beside the peers, and what it prints works when pasted."""

import secrets
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from graph_service import cli, screen
from graph_service.app import create_app
from graph_service.credit.schemas import METHODS
from graph_service.demo import jobs
from graph_service.demo.schemas import DemoReport
from graph_service.errors import BadInput
from graph_service.graph.engines import Engine
from tests.ground import asked, store_on

SIZE, SEED = 1500, 11
FORGET = "MATCH (n) WHERE n.tenant = $t AND (n:Tenant OR n:ApiKey) DETACH DELETE n"


class Guided:
    """A guided run, and the stages it told of."""

    def __init__(self, tenant: str) -> None:
        self.tenant, self.stages = tenant, list[tuple[str, int]]()
        self.report: DemoReport

    def say(self, stage: str, rows: int, seconds: float) -> None:
        """Hear of a stage."""
        self.stages.append((stage, rows))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def guided(embedded_engine: Engine) -> AsyncIterator[Guided]:
    """One run on a town of this test's own."""
    run = Guided(f"demo-{secrets.token_hex(4)}")
    store = store_on(embedded_engine)
    run.report = await jobs.guided(store, run.tenant, seed=SEED, size=SIZE, say=run.say)
    yield run
    await embedded_engine.drop_tenant_database(run.tenant)
    await embedded_engine.driver.execute_query(FORGET, {"t": run.tenant}, database_=embedded_engine.control_database)


async def test_every_row_of_the_six_sources_is_in_one_person(embedded_engine: Engine, guided: Guided) -> None:
    store = store_on(embedded_engine)
    taken = sum(rows for stage, rows in guided.stages if stage.startswith("ingest "))
    (counted,) = await asked(
        store,
        guided.tenant,
        "MATCH (r:Record)-[e:DESCRIBES]->(:Person) RETURN count(DISTINCT r) AS rows, count(e) AS edges",
    )
    aside = await store.read(guided.tenant, "records.quarantined", limit=SIZE)
    assert counted["rows"] == counted["edges"] == guided.report.counts["records"]
    assert taken == counted["rows"] + len([entry for entry in aside if entry["stage"] == "ingest"])
    assert len([stage for stage, _ in guided.stages if stage.startswith("ingest ")]) == 6


def test_it_is_more_accurate_than_its_peers(guided: Guided) -> None:
    f1 = {line[""]: float(line["f1"]) for line in guided.report.accuracy}
    assert f1["persons, StormGraph"] > f1["persons, plain Splink at .95"]
    assert f1["households, StormGraph"] > f1["households, most common address"]


def test_every_method_of_credit_is_graded_against_the_storm_s_truth(guided: Guided) -> None:
    distances = {line["method"]: float(line["distance by channel"]) for line in guided.report.credit}
    assert distances.keys() == set(METHODS)
    assert all(0 <= distance <= 1 for distance in distances.values())
    assert distances["linear"] < distances["first"], "first touches are far from what convinced"
    assert [stage for stage, _ in guided.stages if stage.startswith("events ")] == [
        "events storm_web.jsonl", "events storm_calls.csv", "events storm_doors.csv", "events storm_crm.csv",
    ]  # fmt: skip


async def test_the_storm_s_journeys_hold_what_its_logs_say(embedded_engine: Engine, guided: Guided) -> None:
    store = store_on(embedded_engine)
    logged = sum(rows for stage, rows in guided.stages if stage.startswith("events "))
    (held,) = await asked(
        store, guided.tenant, "MATCH (n) WHERE n:Touch OR n:Conversion OR n:Signal RETURN count(n) AS n"
    )
    aside = await store.read(guided.tenant, "records.quarantined", limit=5 * SIZE)
    assert held["n"] == logged - len([entry for entry in aside if entry["source"].startswith("storm_")])
    assert logged > 100


def test_the_accuracy_and_the_commands_are_printed(guided: Guided, capsys: pytest.CaptureFixture[str]) -> None:
    screen.demo_report(guided.report.model_dump())
    printed = capsys.readouterr().out
    assert all(line["f1"] in printed for line in guided.report.accuracy)
    assert all(line["distance by channel"] in printed for line in guided.report.credit)
    assert all(command in printed for command in guided.report.commands)


def test_its_commands_work_when_pasted(
    embedded_engine: Engine, guided: Guided, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder: Path = embedded_engine.settings.data_dir  # type: ignore[attr-defined]
    monkeypatch.setenv("STORMGRAPH_DATA_DIR", str(folder))
    commands = [shlex.split(line, comments=True) for line in guided.report.commands]
    ours = [words for words in commands if Path(words[0]).name == "stormgraph"]
    assert len(ours) == 4
    for words in ours:
        monkeypatch.setattr("sys.argv", words)
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert not ended.value.code, capsys.readouterr().err
    assert "person_id" in capsys.readouterr().out


async def test_its_curl_is_answered(embedded_engine: Engine, guided: Guided) -> None:
    (words,) = [shlex.split(line) for line in guided.report.commands if line.startswith("curl")]
    url, header = words[-1], words[words.index("-H") + 1]
    name, _, value = header.partition(": ")
    app = create_app(embedded_engine.settings)  # type: ignore[attr-defined]
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport) as http:
            answer = await http.get(url, headers={name: value})
    assert answer.status_code == 200
    assert answer.json()["candidates"]


def test_a_town_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="1,000"):
        jobs.write_files(tmp_path, seed=1, size=10)
