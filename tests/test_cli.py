"""The command line: every command once on a small file; exit codes, one JSON document, errors that say what to do."""

import json
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import pytest_asyncio

from graph_service import cli
from graph_service.graph.engines import Engine
from graph_service.settings import Settings
from tests.ground import Row, person, write_csv

FORGET = "MATCH (n) WHERE n.tenant = $t AND (n:Tenant OR n:ApiKey) DETACH DELETE n"
ROWS = [person(number, id=f"{number:03}-{seen}") for number in range(12) for seen in range(2)]


class Said(NamedTuple):
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Its only JSON document."""
        assert self.code == 0, self.err
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def run(embedded_engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command of ours on the embedded engine of this test run."""
    settings: Settings = embedded_engine.settings  # type: ignore[attr-defined]
    monkeypatch.setenv("STORMGRAPH_GRAPH_URL", "embedded:")
    monkeypatch.setenv("STORMGRAPH_DATA_DIR", str(settings.data_dir))

    def one(*words: str | Path) -> Said:
        monkeypatch.setattr(sys, "argv", ["stormgraph", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        code = ended.value.code
        return Said(code if isinstance(code, int) else int(code is not None), *capsys.readouterr())

    return one


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(embedded_engine: Engine) -> AsyncIterator[str]:
    """A tenant's name; what the commands make of it goes away in the end."""
    slug = f"cli-{secrets.token_hex(4)}"
    yield slug
    await embedded_engine.drop_tenant_database(slug)
    await embedded_engine.driver.execute_query(FORGET, {"t": slug}, database_=embedded_engine.control_database)


@pytest.fixture(scope="module")
def served() -> dict[str, bool]:
    """Whether the tenant is filled already."""
    return {}


@pytest.fixture
def filled(run: Run, shop: str, served: dict[str, bool], tmp_path: Path) -> str:
    """The tenant, with a dozen people taken in and matched."""
    if not served:
        assert run("tenants", "add", shop, "--name", "Anytown Roofing").code == 0
        assert run("ingest", write_csv(tmp_path / "crm.csv", ROWS), "-t", shop, "--source", "crm").code == 0
        assert run("match", "-t", shop, "--json").document["counts"]["persons"] == 12
        served["yes"] = True
    return shop


def test_a_tenant_is_made_once_and_listed(run: Run, filled: str) -> None:
    assert run("tenants", "add", filled, "--json").document["tenant"] == filled
    listed = run("tenants", "list", "--json").document
    assert [one["tenant"] for one in listed].count(filled) == 1
    assert filled in run("tenants", "list").out


def test_ingest_tells_what_became_of_every_row(run: Run, filled: str, tmp_path: Path) -> None:
    path, saved = write_csv(tmp_path / "crm.csv", ROWS), tmp_path / "crm.toml"
    report = run("ingest", path, "-t", filled, "--source", "crm", "--save-map", saved, "--json").document
    assert (report["read"], report["unchanged"], report["new"]) == (24, 24, 0)
    said = run("ingest", path, "-t", filled, "--source", "crm", "--map", saved)
    assert said.code == 0
    assert "24 unchanged" in said.out


def test_match_again_writes_nothing(run: Run, filled: str) -> None:
    counts = run("match", "-t", filled, "--json").document["counts"]
    assert not any(count for name, count in counts.items() if name.startswith(("put_", "gone_")))
    said = run("match", "-t", filled)
    assert "12 persons" in said.out


def test_evaluate_grades_against_a_truth(run: Run, filled: str, tmp_path: Path) -> None:
    truth = [{"source": "crm", "record_id": row["id"], "person": row["id"][:3]} for row in ROWS]
    path = write_csv(tmp_path / "truth.csv", truth)
    assert run("evaluate", "-t", filled, "--truth", path, "--json").document["persons"]["f1"] == 1.0
    assert "1.0000" in run("evaluate", "-t", filled, "--truth", path).out
    odd = write_csv(tmp_path / "odd.csv", [{"who": "crm"}])
    said = run("evaluate", "-t", filled, "--truth", odd)
    assert (said.code, said.out) == (2, "")
    assert "needs source, record_id and person" in said.err
    homeless = write_csv(tmp_path / "homeless.csv", [{**row, "household": ""} for row in truth])
    assert "households" not in run("evaluate", "-t", filled, "--truth", homeless, "--json").document
    elsewhere = write_csv(tmp_path / "elsewhere.csv", [{**row, "source": "claims"} for row in truth])
    said = run("evaluate", "-t", filled, "--truth", elsewhere)
    assert (said.code, said.out) == (2, "")
    assert "sources here: crm; in the truth: claims" in said.err
    nameless = write_csv(tmp_path / "nameless.csv", [{**row, "person": ""} for row in truth])
    assert "fill its column person" in run("evaluate", "-t", filled, "--truth", nameless).err


def test_evaluate_judges_a_sample_of_pairs(run: Run, filled: str, tmp_path: Path) -> None:
    file = tmp_path / "sample.csv"
    drawn = run("evaluate", "-t", filled, "--sample", "5", "--answers", file, "--json").document
    assert (drawn["pairs_drawn"], drawn["open"], drawn["precision"]["estimate"]) == (5, 5, None)
    lines = file.read_text(encoding="utf-8").splitlines()
    told = [line.replace(",,", ",y," if ",yes," in line else ",n,") for line in lines]
    file.write_text("\n".join(told), encoding="utf-8")
    said = run("evaluate", "-t", filled, "--answers", file)
    assert "5 of 5 pairs answered" in said.out
    assert run("evaluate", "-t", filled).code == 2
    assert run("evaluate", "-t", filled, "--truth", file, "--sample", "5").code == 2


def test_who_is_behind_an_email_and_who_lives_there(run: Run, filled: str) -> None:
    answer = run("resolve", "email:ann3@bell.com", f"phone:{ROWS[6]['phone']}", "-t", filled, "--json").document
    assert answer["person_id"]
    home = run("households", "show", answer["household_id"], "-t", filled, "--json").document
    assert [member["person_id"] for member in home["members"]["members"]] == [answer["person_id"]]
    assert "ann3@bell.com" in run("households", "show", answer["household_id"], "-t", filled).out


def test_queries_are_listed_and_run_by_name(run: Run, filled: str) -> None:
    listed = {one["query"] for one in run("query", "--json").document}
    assert "exploration.largest_households" in listed
    answer = run("query", "exploration.largest_households", "limit=3", "-t", filled, "--json").document
    assert len(answer["rows"]) == 3
    assert run("query", "exploration.largest_households", "limit=3", "-t", filled).code == 0


def test_what_was_set_aside_and_what_ran_is_listed(run: Run, filled: str, tmp_path: Path) -> None:
    bad = write_csv(tmp_path / "bad.csv", [*ROWS, dict.fromkeys(ROWS[0], "") | {"id": "empty"}])
    report = run("ingest", bad, "-t", filled, "--source", "crm", "--json").document
    assert report["quarantined"] == 1
    (entry,) = run("quarantine", "-t", filled, "--json").document
    assert "bad.csv" in entry["place"]
    shown = run("quarantine", "-t", filled).out
    assert len(shown.splitlines()) == 2
    assert all(str(entry[name]) in shown for name in ("quarantine_id", "place", "reason"))
    runs = run("runs", "-t", filled, "--json").document
    assert {one["state"] for one in runs} == {"done"}
    assert run("runs", "-t", filled).code == 0


def test_a_key_is_handed_out_listed_and_revoked(run: Run, filled: str) -> None:
    made = run("keys", "add", "-t", filled, "--label", "desk", "--json").document
    assert made["token"].startswith(f"sg_{filled}_")
    shown = run("keys", "list", "-t", filled, "--json")
    assert made["token"] not in shown.out
    assert [one["label"] for one in shown.document] == ["desk"]
    assert run("keys", "revoke", made["key_id"], "-t", filled, "--json").code == 0
    assert run("keys", "add", "-t", filled, "--scopes", "everything").code == 2


def test_an_analyst_learns_how_to_connect(run: Run, filled: str) -> None:
    login = run("cypher", "-t", filled, "--json").document
    assert {"bolt_url", "database", "user", "password"} <= login.keys()
    assert login["bolt_url"].startswith("bolt://127.0.0.1:")


def test_the_engine_and_the_service_are_well(run: Run, filled: str) -> None:
    found = run("doctor", "--json").document
    assert found["state"] == "well"
    assert filled in found["tenants"]
    assert run("engine", "start", "--json").document == run("engine", "status", "--json").document
    assert run("migrate", "--json").code == 0


@pytest.mark.parametrize(
    "words",
    [
        ["match"], ["runs"], ["quarantine"], ["cypher"], ["keys", "list"], ["resolve", "email:a@b.com"],
        ["households", "show", "x"], ["query", "exploration.largest_households"],
    ],
)  # fmt: skip
def test_a_tenant_that_is_not_there_is_named_with_what_to_do(run: Run, words: list[str]) -> None:
    said = run(*words, "--tenant", "nobody-here", "--json")
    assert (said.code, said.out) == (1, "")
    assert "stormgraph tenants add" in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["ingest", "gone.csv", "-t", "x-y", "--source", "crm"], "gone.csv"),
        (["resolve", "jane", "-t", "x-y"], "kind:value"),
        (["tenants", "add", "Not A Slug"], "lower-case"),
        (["demo", "--size", "10", "--out", "town"], "1,000"),
        (["match", "--nonsense"], "nonsense"),
        (["match"], "tenant"),
    ],
)
def test_wrong_usage_is_2_and_says_what_is_wrong(run: Run, words: list[str], says: str) -> None:
    said = run(*words)
    assert (said.code, said.out) == (2, "")
    assert says in said.err


def test_an_engine_that_is_away_is_1(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STORMGRAPH_GRAPH_URL", "bolt://127.0.0.1:9")
    monkeypatch.setenv("STORMGRAPH_GRAPH_PASSWORD", "none")
    said = run("tenants", "list", "--json")
    assert (said.code, said.out) == (1, "")
    assert said.err.count("\n") == 1


def test_an_unknown_household_is_1(run: Run, filled: str) -> None:
    said = run("households", "show", "nobody", "-t", filled, "--json")
    assert (said.code, said.out) == (1, "")
    assert "no household" in said.err


def test_a_town_is_written_with_its_truth(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "town"
    said: Row = run("demo", "--out", out, "--size", "1000", "--seed", "3", "--json").document
    assert {Path(name).name for name in said["files"]} == {
        "crm.csv", "web.jsonl.gz", "calls.csv", "doors.csv", "claims.parquet", "parcels.csv",
        "storm_calls.csv", "storm_crm.csv", "storm_doors.csv", "storm_web.jsonl",
    }  # fmt: skip
    assert all(Path(name).is_file() for name in (*said["files"], said["truth"]))


def test_it_is_a_command_of_its_own() -> None:
    ran = subprocess.run([sys.executable, "-m", "graph_service", "--help"], capture_output=True, text=True, check=True)
    assert "ingest" in ran.stdout


def test_what_commands_did_is_in_the_audit_log_and_a_changed_line_is_told(run: Run, filled: str) -> None:
    made = run("keys", "add", "-t", filled, "--json").document
    assert run("keys", "revoke", made["key_id"], "-t", filled).code == 0
    entries = run("audit", "list", "-t", filled, "--json").document
    assert [(one["what"], one["ids"]) for one in entries[-2:]] == [("keys add", []), ("keys revoke", [made["key_id"]])]
    assert made["token"].split("_")[3] not in str(entries)
    verdict = run("audit", "verify", "-t", filled, "--json").document
    assert (verdict["whole"], verdict["entries"]) == (True, entries[-1]["n"])
    assert run("audit", "verify", "-t", filled, "--head", verdict["head"]).code == 0
    file = Settings().data_dir / "audit" / f"{filled}.jsonl"
    whole = file.read_bytes()
    file.write_bytes(whole.replace(b"keys revoke", b"keys ignore"))
    assert run("audit", "verify", "-t", filled).code == 1
    file.write_bytes(whole)
    assert run("audit", "verify", "-t", "../escape").code == 2
