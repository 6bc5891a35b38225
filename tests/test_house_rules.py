"""The rules of the house: each test shows first that its rule bites, then that the house keeps it."""

import re
from pathlib import Path

import pytest

from graph_service.app import create_app
from graph_service.errors import BrokenLibrary
from graph_service.graph import library
from graph_service.settings import Settings
from tools import docs
from tools import house_rules as rules
from tools.cypher_words import Vocabulary, undeclared

VOCABULARY = Vocabulary.read(rules.ROOT / "cypher" / "schema.yaml")
HEADER = "// Says something.\n//\n// mode read\n"


def test_no_name_is_vague() -> None:
    assert rules.vague_names({"graph_service/utils.py": ""})
    assert rules.vague_names({"matching/name_helpers.py": ""})
    assert rules.vague_names({"matching/pairs.py": "class PairManager: ..."})
    assert rules.vague_names(rules.sources(".py")) == []


def test_no_file_is_too_long_to_read() -> None:
    assert rules.long_files({"a.py": "x = 1\n" * 401})
    assert not rules.long_files({"a.py": "x = 1\n" * 400})
    assert rules.long_files({**rules.sources(".py"), **rules.sources(".cypher")}) == []


def test_no_function_is_too_long_to_read() -> None:
    assert rules.long_functions({"a.py": "def f():\n" + "    x = 1\n" * 50})
    assert not rules.long_functions({"a.py": "def f():\n" + "    x = 1\n" * 49})
    assert rules.long_functions(rules.sources(".py")) == []


def test_no_function_has_too_many_parameters() -> None:
    assert rules.many_parameters({"a.py": "def f(a, b, *, c, d, e, f, g): ..."})
    assert rules.many_parameters({"a.py": "def f(a, b, c, d, e): ..."})
    assert not rules.many_parameters({"a.py": "def f(self, a, b, *, c, d, e, f): ..."})
    assert rules.many_parameters(rules.sources(".py", *rules.PACKAGES)) == []


@pytest.mark.parametrize("bad", ["import os\nos.environ['X']", "from os import getenv", "import os\nos.getenv('X')"])
def test_only_the_settings_read_the_environment(bad: str) -> None:
    assert rules.environment_reads({"graph_service/cli.py": bad})
    others = rules.sources(".py", *rules.PACKAGES)
    assert rules.environment_reads({p: text for p, text in others.items() if p != "graph_service/settings.py"}) == []


@pytest.mark.parametrize(
    "bad", ["from neo4j import Query", "url = 'bolt://x'", "say(f'{x} ArcadeDB')", "import py2neo"]
)
def test_only_the_graph_seam_names_an_engine(bad: str) -> None:
    assert rules.named_engines({"graph_service/cli.py": bad})
    assert not rules.named_engines({"graph_service/cli.py": '"""Works on Neo4j."""\n'})
    others = rules.sources(".py", *rules.PACKAGES)
    assert rules.named_engines({p: t for p, t in others.items() if not p.startswith(rules.MAY_NAME_AN_ENGINE)}) == []


def test_no_graph_statement_hides_in_python() -> None:
    assert rules.statements_in_python({"graph_service/cli.py": "q = f'MATCH (p:Person {{key: 1}}) RETURN p'"})
    others = rules.sources(".py", *rules.PACKAGES)
    assert rules.statements_in_python({p: t for p, t in others.items() if "/graph/" not in p}) == []


@pytest.mark.parametrize("bad", ["# TO" + "DO later", "raise NotImplemented" + "Error", "# FIX" + "ME"])
def test_nothing_is_left_unfinished(bad: str) -> None:
    assert rules.unfinished({"a.py": bad})
    written = {name: (rules.ROOT / name).read_text(encoding="utf-8") for name in ("Makefile", "README.md", ".ci/run")}
    assert rules.unfinished({**written, **rules.sources(".py"), **rules.sources(".cypher")}) == []


def test_no_error_is_swallowed() -> None:
    assert rules.swallowed_errors({"a.py": "try:\n    f()\nexcept:\n    pass"})
    assert rules.swallowed_errors({"a.py": "try:\n    f()\nexcept (KeyError, Exception):\n    pass"})
    assert not rules.swallowed_errors({"a.py": "try:\n    f()\nexcept ValueError:\n    pass  # not that spelling"})
    assert not rules.swallowed_errors({"a.py": "try:\n    f()\nexcept Exception:\n    g()"})
    assert rules.swallowed_errors(rules.sources(".py", *rules.PACKAGES)) == []


def test_no_log_line_names_personal_data() -> None:
    assert rules.logged_personal_data({"a.py": "log.info('resolved', email=email)"})
    assert not rules.logged_personal_data({"a.py": "log.info('resolved', person_id=person)"})
    assert rules.logged_personal_data(rules.sources(".py", *rules.PACKAGES)) == []


def test_every_test_can_fail() -> None:
    assert rules.idle_tests({"test_a.py": "def test_a():\n    x = f()"})
    assert not rules.idle_tests({"test_a.py": "def test_a():\n    assert f()"})
    assert rules.idle_tests(rules.sources(".py", "tests")) == []


def test_every_room_has_the_same_furniture() -> None:
    assert rules.strange_furniture(["graph_service/identity/merging.py"])
    assert not rules.strange_furniture(["graph_service/identity/service.py", "graph_service/app.py"])
    assert rules.strange_furniture(rules.sources(".py", "graph_service")) == []


def test_every_query_has_a_header_that_is_true(tmp_path: Path) -> None:
    broken = tmp_path / "identity" / "persons.cypher"
    broken.parent.mkdir()
    broken.write_text(
        HEADER + "// param key KEY who\n// returns name STRING\nMATCH (p:Person {key: $key}) RETURN p.age AS age"
    )
    with pytest.raises(BrokenLibrary, match=r"persons\.cypher:\d+: returns"):
        library.load(tmp_path)
    assert len(library.load()) > 0


def test_every_query_has_an_example_to_paste(tmp_path: Path) -> None:
    query = tmp_path / "identity" / "persons.cypher"
    query.parent.mkdir()
    statement = "MATCH (p:Person {key: $key}) RETURN p.last_name AS name"
    query.write_text(f"{HEADER}// param key KEY who\n// returns name STRING\n{statement}")
    assert rules.without_example(library.load(tmp_path))
    assert rules.without_example(library.load()) == []


def test_every_query_has_a_story_and_every_story_a_query() -> None:
    assert rules.without_story(["identity.persons"], [])
    assert rules.without_story([], ["tests/cypher/identity/persons.yaml"])
    assert not rules.without_story(["identity.persons"], ["tests/cypher/identity/persons.yaml"])
    stories = rules.sources(".yaml", "tests/cypher")
    assert rules.without_story([query.name for query in library.load()], stories) == []


@pytest.mark.parametrize(
    ("statement", "misspelt"),
    [
        ("MATCH (p:Persn) RETURN p.key AS key", ["label Persn"]),
        ("MATCH (p:Person)-[:MEMBER_OFF]->(h:Household) RETURN h.key AS key", ["edge MEMBER_OFF"]),
        ("MATCH (p:Person {kee: $key}) RETURN p.key AS key", ["property Person.kee"]),
        ("MATCH (p:Person) WITH p AS who RETURN who.nme AS name", ["property Person.nme"]),
        ("MATCH (p:Person) RETURN p {.key, .nme} AS person", ["property Person.nme"]),
        (
            "MATCH (h:Household) WHERE EXISTS { (h)<-[m:MEMBER_OF {till: 1}]-() } RETURN h.key AS key",
            ["property MEMBER_OF.till"],
        ),
        ("UNWIND $rows AS row MERGE (n:Record {key: row.key}) SET n.surname = row.name", ["property Record.surname"]),
        ("MATCH (n:Record) SET n += {surname: 'x'}, n:Rekord", ["label Rekord", "property Record|Rekord.surname"]),
        ("CREATE INDEX person_id IF NOT EXISTS FOR (n:Person) ON (n.persn_id)", ["property Person.persn_id"]),
        ("UNWIND $rows AS row MATCH (p:Person {key: row.key}) RETURN {any: row.thing, name: p.last_name} AS it", []),
        ("MATCH (p:Person)-[:MEMBER_OF*1..2]->(:Household) RETURN 'p:Persn (x:Foo)' AS quoted, count(*) AS number", []),
    ],
)
def test_a_misspelt_word_is_found_wherever_it_stands(statement: str, misspelt: list[str]) -> None:
    assert undeclared(statement, VOCABULARY) == misspelt


def test_every_word_of_every_cypher_file_is_declared() -> None:
    files = rules.sources(".cypher", "cypher", "tests")
    assert files
    assert rules.undeclared_words(files, VOCABULARY) == []


def test_no_index_begins_with_the_tenant() -> None:
    assert rules.tenant_indexes({"V1.cypher": "CREATE INDEX a IF NOT EXISTS FOR (n:Person) ON (n.tenant, n.person_id)"})
    assert rules.tenant_indexes({"V1.cypher": "CREATE CONSTRAINT a FOR (n:Person) REQUIRE (n.tenant, n.key) IS UNIQUE"})
    assert rules.tenant_indexes({"V1.cypher": "CREATE INDEX a FOR ()-[e:HAS]-() ON (e.tenant)"})
    assert not rules.tenant_indexes({"V1.cypher": "CREATE INDEX a FOR (n:Person) ON (n.person_id, n.tenant)"})
    assert rules.tenant_indexes(rules.sources(".cypher", "cypher")) == []


def test_every_query_answers_the_same_tomorrow() -> None:
    assert rules.unrepeatable({"a.cypher": "RETURN datetime() AS now"})
    assert rules.unrepeatable({"a.cypher": "MATCH (p:Person) RETURN elementId(p) AS id"})
    assert not rules.unrepeatable(
        {"a.cypher": "MATCH (p:Person) WHERE p.created_at < datetime($as_of) RETURN 'rand()' AS x"}
    )
    assert rules.unrepeatable(rules.sources(".cypher", "cypher")) == []


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt"])
def test_every_pin_has_hashes_and_no_download_address(name: str) -> None:
    text = (rules.ROOT / name).read_text(encoding="utf-8")
    pins = [line for line in text.splitlines() if re.match(r"\w", line)]
    assert len(pins) > 40
    assert all("==" in pin and pin.endswith("\\") for pin in pins), "every pin is exact and followed by hashes"
    assert "://" not in text
    assert not re.search(r"^\s*-(?!-hash=sha256:)", text, re.MULTILINE), "no option but --hash"


def test_every_answer_of_many_rows_comes_in_order(tmp_path: Path) -> None:
    query = tmp_path / "identity" / "persons.cypher"
    query.parent.mkdir()
    statement = "MATCH (p:Person {tenant: $tenant}) RETURN p.last_name AS name"
    query.write_text(f"{HEADER}// param tenant STRING whose\n// returns name STRING\n{statement}")
    assert rules.unordered(library.load(tmp_path))
    assert rules.unordered(library.load()) == []


def test_every_caller_that_a_query_names_is_there() -> None:
    queries = library.load()
    assert rules.strange_calls(queries, routes=[], commands=[])
    paths = create_app(Settings()).openapi()["paths"]
    routes = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    assert rules.strange_calls(queries, routes, docs.commands()) == []


def test_every_query_that_python_names_is_there_and_every_query_is_named() -> None:
    queries = library.load()
    assert len(rules.strange_names(queries, {"a.py": "name = 'identity.no_such_query'"})) > 1
    assert rules.strange_names(queries, rules.sources(".py", "graph_service")) == []


@pytest.mark.parametrize("name", ["GUARANTEES.md", "SECURITY.md"])
def test_every_test_that_a_promise_names_is_there(name: str) -> None:
    tests = rules.sources(".py", "tests")
    assert rules.tests_that_are_not_there({"a.md": "| x | `tests/test_app.py::test_nothing_of_the_kind` |"}, tests)
    text = (rules.ROOT / name).read_text(encoding="utf-8")
    assert rules.tests_that_are_not_there({name: text}, tests) == []
    assert len(rules.NAMED_TEST.findall(text)) > 15


def test_every_promise_names_its_test() -> None:
    assert rules.promises_without_a_test("| promise | shown by |\n|---|---|\n| All is well. | trust us |")
    assert rules.promises_without_a_test((rules.ROOT / "GUARANTEES.md").read_text(encoding="utf-8")) == []
    risks = (rules.ROOT / "SECURITY.md").read_text(encoding="utf-8").partition("## OWASP")[2].partition("|---|")[2]
    assert len(rules.promises_without_a_test(risks)) == 0
    assert sum(line.startswith("| API") for line in risks.splitlines()) == 10
