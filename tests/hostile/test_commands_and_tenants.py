"""Every command x the ids of another tenant: a stranger sees nothing of the owner, and changes nothing of it.

In the siege a stranger is told what a newborn was told before the owner came, and the owner is told more. The commands
come from the command line itself, so that a new one fails here until it is in the table.
"""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable, Container
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from graph_service import cli
from graph_service.graph import library, transfer
from graph_service.graph.engines import Engine
from graph_service.settings import Settings
from graph_service.tenants import service as tenants
from tests.doors import EMAIL, FORGET, LANDLINE, Door, door
from tests.ground import LIBRARY, person, write_csv
from tools.docs import commands

__all__ = ["door"]
pytestmark = pytest.mark.engine
OPERATORS = {
    "serve", "migrate", "doctor", "engine start", "engine stop", "engine status", "tenants add", "tenants list",
}  # fmt: skip
LONG = {"demo", "match", "runs"}  # for the siege: they take seconds


@dataclass(frozen=True)
class Asked:
    """How a command is asked, with ids of the owner's; `alike`: it tells the owner nothing of what the owner holds."""

    words: tuple[str, ...] = ()
    alike: bool = False
    named: bool = True  # takes --tenant

    def given(self, **values: Any) -> list[str]:
        """The words, filled in."""
        return [word.format(**values) for word in self.words]


ROWS = ("crm/1", "crm/2")
TABLE = {
    "keys list": Asked(),
    "keys rotate": Asked(("{key_id}",)),
    "keys revoke": Asked(("{key_id}",)),
    "keys add": Asked(alike=True),
    "resolve": Asked((f"email:{EMAIL}", f"phone:{LANDLINE}")),
    "households show": Asked(("hendersons",)),
    "history": Asked(("ann",)),
    "explain": Asked(("ann",)),
    "review": Asked(),
    "quarantine": Asked(),
    "evaluate": Asked(("--truth", "{truth}")),
    "query": Asked(("exploration.largest_households",)),
    "cypher": Asked(alike=True),
    "funnel": Asked(("--storm", "hail-may")),
    "attribute": Asked(("--storm", "hail-may")),
    "audit list": Asked(alike=True),
    "audit verify": Asked(alike=True),
    "merge": Asked(("ann", "maya", "--dry-run")),
    "split": Asked(("ann", ROWS[1], "--dry-run")),
    "undo": Asked(("c-3",)),
    "undo-run": Asked(("run-1", "--dry-run"), alike=True),
    "recalibrate": Asked(),
    "judge": Asked(("same", *ROWS)),
    "erase": Asked(("ann",)),
    "backup": Asked(("{kept}",)),
    "restore": Asked(("{kept}", "--replace"), named=False),
    "graph copy": Asked(("--to", "{other}", "--password-file", "{file}"), alike=True),
    "ingest": Asked(("{file}", "--source", "crm"), alike=True),
    "adopt": Asked(("{file}",), alike=True),
    "ingest-events": Asked(("{events}", "--source", "calls"), alike=True),
    "ingest-storms": Asked(("{file}",), alike=True),
    "catch-up": Asked(),
    "decide": Asked(alike=True),
    "match": Asked(),
    "runs": Asked(),
    "demo": Asked(("--size", "1000", "--seed", "3", "--no-serve"), alike=True),
}
PERSONAL = ("henderson", "maya", "lopez", EMAIL, LANDLINE, "14 elm")
MADE = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[57][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|\d{4}-\d\d-\d\d[T ][\d:.]+Z?|\d+\.\d+"
    r"|[\w-]{30,}|\d+:\d\d:\d\d|[⠀-⣿]"
    r'|"bytes": \d+|"(key_id|created_at|password|user|database|seal|hash)": "[^"]*"|\s+'
)
Run = Callable[..., tuple[int, str]]


@pytest_asyncio.fixture(loop_scope="session")
async def elsewhere(engine: Engine, embedded_engine: Engine, door: Door) -> AsyncIterator[str]:
    """The address that graphs are copied to: from Neo4j the embedded engine, from there nobody; nothing stays there."""
    yield "bolt://127.0.0.1:9" if engine is embedded_engine else "embedded:"
    if engine is not embedded_engine:
        for slug in door.made:
            await embedded_engine.drop_tenant_database(slug)
        database = embedded_engine.control_database
        await embedded_engine.driver.execute_query(FORGET, {"tenants": door.made}, database_=database)


@pytest.fixture
def run(
    engine: Engine, embedded_engine: Engine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Run a command; its exit code and all that it printed."""
    own: Settings = engine.settings  # type: ignore[attr-defined]
    folder: Path = embedded_engine.settings.data_dir  # type: ignore[attr-defined]
    word = own.graph_password.get_secret_value() if own.graph_password else ""
    given = {"GRAPH_URL": own.graph_url, "GRAPH_USER": own.graph_user, "GRAPH_PASSWORD": word, "WORKERS": "1"}
    for name, value in {**given, "DATA_DIR": str(folder)}.items():
        monkeypatch.setenv(f"STORMGRAPH_{name}", value)

    monkeypatch.setattr(library, "load", lambda: LIBRARY)  # reading it anew is most of what a command costs

    def one(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["stormgraph", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else int(code is not None)), said.out + said.err

    return one


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """What the commands are given to read."""
    rows = [person(1), person(2)]
    truth = [{"source": "crm", "record_id": row, "person": "a"} for row in ("1", "2")]
    event = {"event_id": "e1", "occurred_at": "2026-05-04T12:00:00Z", "kind": "touch", "channel": "call",
             "phone": LANDLINE, "email": EMAIL}  # fmt: skip
    return {
        "file": write_csv(tmp_path / "rows.csv", rows),
        "truth": write_csv(tmp_path / "truth.csv", truth),
        "events": write_csv(tmp_path / "events.csv", [event]),
        "kept": tmp_path / "kept",
    }


async def told(run: Run, tenant: str, left_out: Container[str] = (), **values: Any) -> dict[str, tuple[int, str]]:
    """What every command tells of a tenant, one after the other."""
    values["kept"] = values["kept"].with_name(f"kept-{tenant}")
    answers = {}
    for command, how in TABLE.items():
        if command not in left_out:
            words = [*how.given(**values), *(["--tenant", tenant] if how.named else []), "--json"]
            answers[command] = await asyncio.to_thread(run, *command.split(), *words)
    return answers


def plain(said: tuple[int, str], tenant: str) -> tuple[int, str]:
    """What was said, without the tenant's name, and without what is made anew each time."""
    code, text = said
    for name in (tenant, tenant.replace("-", "_")):
        text = text.replace(name, "TENANT")
    return code, MADE.sub(" ", text)


async def held(door: Door, tenant: str) -> tuple[str, list[str]]:
    """All that a tenant holds: its graph and its keys."""
    keys = await tenants.list_keys(door.store, tenant)
    return (await transfer.tally(door.store, tenant)).hash, sorted(map(str, keys))


async def must_show_nothing(door: Door, run: Run, owner: str, values: dict[str, Any]) -> dict[str, tuple[int, str]]:
    """Ask the commands about a stranger with ids of the owner's; what they told."""
    stranger = await door.tenant(empty=True)
    holds = await held(door, owner)
    answers = await told(run, stranger, **values)
    assert await held(door, owner) == holds
    for command, (_, said) in answers.items():
        hidden = said.lower().replace(EMAIL, "").replace(LANDLINE, "")  # which it was given
        assert not [word for word in (owner, *PERSONAL) if word in hidden], (command, said)
    return {command: plain(said, stranger) for command, said in answers.items()}


def test_the_table_knows_every_command() -> None:
    assert set(commands()) == OPERATORS | set(TABLE)


async def test_a_stranger_sees_nothing_of_the_owner_and_changes_nothing(
    door: Door, run: Run, files: dict[str, Path]
) -> None:
    owner = await door.tenant()
    key = await tenants.add_key(door.store, owner, scopes=["identity:read"])
    values = {**files, "key_id": key.key_id, "other": "bolt://127.0.0.1:9"}
    answers = await must_show_nothing(door, run, owner, {**values, "left_out": LONG})
    for command in ("keys rotate", "keys revoke", "households show", "history", "explain", "merge", "split", "undo",
                    "judge", "erase"):  # fmt: skip
        assert answers[command][0] == 1, command
    assert sum(code == 0 for code, _ in answers.values()) > 12


@pytest.mark.siege
async def test_a_stranger_is_told_what_a_newborn_was_told_before_the_owner_came(
    door: Door, run: Run, files: dict[str, Path], elsewhere: str
) -> None:
    newborn, values = await door.tenant(empty=True), {**files, "other": elsewhere}
    before = await told(run, newborn, **values, key_id="abcdefghij")
    owner = await door.tenant()
    key = await tenants.add_key(door.store, owner, scopes=["identity:read"])
    after = await must_show_nothing(door, run, owner, {**values, "key_id": key.key_id})
    for command, (code, said) in after.items():
        assert (code, said.replace(key.key_id, "abcdefghij")) == plain(before[command], newborn), command
    own = await told(run, owner, **values, key_id=key.key_id)
    alike = {name for name, said in own.items() if plain(said, owner) == after[name]}
    assert alike <= {name for name, how in TABLE.items() if how.alike}, "tells its owner no more: this tested nothing"
