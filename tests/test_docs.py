"""The documents say what the code does: what is generated is fresh, what is promised is there."""

import re
import tomllib

import pytest

from tools import docs

README = (docs.ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((docs.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_readme_names_the_two_commands() -> None:
    assert re.search(r"^make demo\b", README, re.MULTILINE)
    assert re.search(r"^make test\b", README, re.MULTILINE)


def test_the_generated_parts_are_what_the_code_says_now() -> None:
    assert docs.stale() == []


def test_a_changed_setting_makes_the_readme_stale() -> None:
    edited = README.replace("STORMGRAPH_GRAPH_URL` | text", "STORMGRAPH_GRAPH_URI` | text")
    assert edited != README
    assert docs.with_blocks(edited) == docs.with_blocks(README) != edited


def test_a_readme_without_its_blocks_is_refused() -> None:
    with pytest.raises(ValueError, match="lacks the block"):
        docs.with_blocks("# StormGraph")


def test_every_setting_is_described_in_a_sentence() -> None:
    table = docs.settings_table().splitlines()[2:]
    assert len(table) == len(docs.Settings.model_fields)
    assert [row for row in table if not re.search(r"\| [A-Z][^|]{15,}\. \|$", row)] == []


def test_every_command_of_the_command_line_is_in_the_readme_and_says_what_it_does() -> None:
    commands = docs.commands()
    assert {"demo", "serve", "migrate", "ingest", "match"} <= commands.keys()
    assert [name for name in commands if f"`stormgraph {name}`" not in README] == []
    assert [name for name, told in commands.items() if len(told) < 10] == []


def test_the_readme_promises_no_command_that_is_not_there() -> None:
    words = {name.partition(" ")[0] for name in docs.commands()}
    code = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", README, re.DOTALL))
    promised = set(re.findall(r"\bstormgraph ([a-z][\w-]*)", code))
    assert promised - words == set()


def test_every_target_of_make_that_the_documents_name_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (docs.ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    documents = README + (docs.ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^ *|`)make ([a-z]+)\b", documents, re.MULTILINE))
    assert named >= {"demo", "test", "check"}
    assert named - targets == set()


def test_every_file_that_the_documents_link_to_exists() -> None:
    documents = ("README.md", "CONTRIBUTING.md", "DECISIONS.md", "CHANGELOG.md", "cypher/README.md")
    broken = []
    for name in documents:
        path = docs.ROOT / name
        links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text(encoding="utf-8"))
        broken += [f"{name}: {link}" for link in links if not (path.parent / link).exists()]
    assert broken == []


def test_the_changelog_tells_of_this_version() -> None:
    changelog = (docs.ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## {re.escape(PROJECT['version'])}\b", changelog, re.MULTILINE)


def test_every_decision_names_the_test_that_keeps_it() -> None:
    text = (docs.ROOT / "DECISIONS.md").read_text(encoding="utf-8")
    decisions = re.split(r"^## ", text, flags=re.MULTILINE)[1:]
    assert decisions
    for decision in decisions:
        title = decision.partition("\n")[0]
        kept = re.search(r"^enforced by: (.+)\Z", decision.strip(), re.MULTILINE)
        assert kept, f"'{title}' does not end with `enforced by: <test>`"
        for path in re.findall(r"`([\w./-]+)`", kept[1]):
            assert (docs.ROOT / path).exists(), f"'{title}' names {path}, which is not there"
        assert len(decision.splitlines()) <= 45, f"'{title}' is longer than a screen"
