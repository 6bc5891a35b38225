"""The commands about the life of an identity: plan, resolve, merge, split, undo, explain, review, adopt, erase."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.ground import person, write_csv
from tests.test_cli import ROWS, Run, filled, run, served, shop  # noqa: F401 - fixtures


def who(run: Run, tenant: str, **fields: str) -> Any:  # noqa: F811
    """The answer of resolve to these fields."""
    words = [word for name, value in fields.items() for word in ("--field", f"{name}={value}")]
    return run("resolve", "-t", tenant, *words, "--json").document


def known(run: Run, tenant: str, row: dict[str, Any]) -> str:  # noqa: F811
    """The person of a row, looked for by its e-mail."""
    own: str = run("resolve", f"email:{row['email']}", "-t", tenant, "--json").document["person_id"]
    return own


def test_a_match_is_planned_and_applied(run: Run, filled: str, tmp_path: Path) -> None:  # noqa: F811
    late = [person(40, id="late"), {**ROWS[0], "id": "again"}]
    assert run("ingest", write_csv(tmp_path / "crm.csv", late), "-t", filled, "--source", "crm").code == 0
    plan, page = tmp_path / "plan.json", tmp_path / "plan.html"
    said = run("match", "-t", filled, "--plan", plan, "--html", page)
    assert "1 persons would be gained" in said.out
    assert "crm/again" in said.out
    assert "crm/again" in page.read_text(encoding="utf-8")
    planned = json.loads(plan.read_text(encoding="utf-8"))
    assert run("resolve", "email:ann40@bell.com", "-t", filled, "--json").document["candidates"] == []
    done = run("match", "-t", filled, "--apply", plan, "--json").document
    assert done["counts"] == planned["counts"]
    assert known(run, filled, late[0]) == planned["minted"][0][0]
    refused = run("match", "-t", filled, "--apply", plan)
    assert refused.code == 1
    assert "moved on" in refused.err
    assert run("match", "-t", filled, "--plan", plan, "--apply", plan).code == 2
    assert run("match", "-t", filled, "--apply", tmp_path / "none.json").code == 2


def test_resolve_asks_by_any_fields_and_creates(run: Run, filled: str) -> None:  # noqa: F811
    row = ROWS[4]
    answer = who(run, filled, full_name=f"{row['first_name']} {row['last_name']}", street_address=row["street_address"],
                 zip=row["zip"])  # fmt: skip
    assert answer["person_id"] == known(run, filled, row)
    fields = ("--field", "full_name=Zebulon Quixworth", "--field", "email=zq@x.com")
    assert run("resolve", "-t", filled, *fields, "--json").document["person_id"] is None
    made = run("resolve", "-t", filled, *fields, "--create", "--json").document
    assert made["created"]
    assert run("resolve", "-t", filled, *fields, "--json").document["person_id"] == made["person_id"]
    assert run("resolve", "-t", filled, "--field", "nonsense").code == 2


def test_merge_split_judge_and_undo_tell_what_they_did(run: Run, filled: str) -> None:  # noqa: F811
    one, other = known(run, filled, ROWS[0]), known(run, filled, ROWS[2])
    tried = run("merge", one, other, "-t", filled, "--dry-run", "--json").document
    assert tried["dry_run"]
    assert known(run, filled, ROWS[2]) == other
    done = run("merge", one, other, "-t", filled, "--reason", "same call", "--json").document
    assert known(run, filled, ROWS[2]) == known(run, filled, ROWS[0]) == min(one, other)
    told = run("history", min(one, other), "-t", filled).out
    assert "person_merged" in told
    assert "same call" in told
    assert run("undo", done["change_id"], "-t", filled, "--json").document["persons"]
    assert known(run, filled, ROWS[2]) == other
    assert run("undo", done["change_id"], "-t", filled).code == 1  # taken back already
    rows = run("explain", one, "-t", filled, "--json").document["rows"]
    parted = run("split", one, f"crm/{ROWS[1]['id']}", "-t", filled, "--json").document
    assert len(parted["persons"]) == 2
    joined = run("judge", "same", f"crm/{ROWS[0]['id']}", f"crm/{ROWS[1]['id']}", "-t", filled, "--json").document
    assert [row["person_id"] for row in joined["persons"]] == [one]
    assert run("judge", "maybe", "crm/1", "crm/2", "-t", filled).code == 2
    assert run("split", one, "norow", "-t", filled).code == 2
    assert run("merge", one, "nobody", "-t", filled).code == 1
    everything = run("history", "-t", filled, "--json").document
    kinds = [change["kind"] for change in everything if change["judgement_id"] == joined["judgement_id"]]
    # Where the person had a third row, the split keeps it from the second: it cannot follow the two that are joined.
    assert kinds == ["person_merged", *["person_split"] * (len(rows) > 2)]


def test_a_run_that_changed_nobody_and_a_handful_of_judgements_are_refused(
    run: Run, filled: str, tmp_path: Path  # noqa: F811
) -> None:  # fmt: skip
    ran = run("runs", "-t", filled, "--json").document[-1]["run_id"]
    refused = run("undo-run", ran, "-t", filled)
    assert refused.code == 1
    assert "left to take back" in refused.err
    assert run("undo-run", "nobody", "-t", filled).code == 1
    few = run("recalibrate", "-t", filled)
    assert few.code == 1
    assert "too few" in few.err
    assert run("recalibrate", "nobody", "-t", filled, "--adopt").code == 1
    assert run("recalibrate", "nobody", "-t", filled, "--plan", tmp_path / "plan.json").code == 1
    assert run("recalibrate", "nobody", "-t", filled).code == 2
    assert run("recalibrate", "-t", filled, "--adopt").code == 2


def test_explain_draws_a_pair_and_a_person(run: Run, filled: str, tmp_path: Path) -> None:  # noqa: F811
    pair = [f"crm/{ROWS[6]['id']}", f"crm/{ROWS[7]['id']}"]
    page = tmp_path / "pair.html"
    said = run("explain", *pair, "-t", filled, "--html", page, "--json").document
    assert said["same_person"]
    assert said["steps"]
    assert pair[0] in page.read_text(encoding="utf-8")
    cluster = run("explain", known(run, filled, ROWS[6]), "-t", filled, "--json").document
    assert {row["record_id"] for row in cluster["rows"]} == {ROWS[6]["id"], ROWS[7]["id"]}
    assert run("explain", "nobody", "-t", filled).code == 1


def test_review_lists_its_queue_and_hears_answers(
    run: Run, filled: str, monkeypatch: pytest.MonkeyPatch  # noqa: F811
) -> None:  # fmt: skip
    queue = run("review", "-t", filled, "--json").document
    assert set(queue) >= {"pairs"}
    monkeypatch.setattr("typer.prompt", lambda *_, **__: "s")
    said = run("review", "-t", filled, "--limit", "3")
    assert said.code == 0
    assert "asked" in said.out


def test_a_file_that_is_no_model_is_not_adopted(run: Run, filled: str, tmp_path: Path) -> None:  # noqa: F811
    file = tmp_path / "model.json"
    file.write_text("{}", encoding="utf-8")
    said = run("adopt", file, "-t", filled)
    assert said.code == 2
    assert "cannot be adopted" in said.err


def test_an_erased_person_is_gone_for_every_command(run: Run, filled: str) -> None:  # noqa: F811
    row = ROWS[20]
    own = known(run, filled, row)
    assert run("erase", own, "-t", filled, "--dry-run", "--json").document["dry_run"]
    assert known(run, filled, row) == own
    assert run("erase", own, "-t", filled, "--json").document["rows"] == 2
    assert run("resolve", f"email:{row['email']}", "-t", filled, "--json").document["candidates"] == []
    assert run("explain", own, "-t", filled).code == 1
    assert run("erase", own, "-t", filled).code == 1
