"""Statements as text: what a query uses, returns and writes is read without being fooled by strings and comments."""

import pytest

from graph_service.graph import statements

FILE = """// Persons of a name; MERGE and $nothing in a header are prose.
//
// mode     read
/*
:params { name: 'O''Brien // CREATE' }
*/
MATCH (p:Person) // SET p.x = $ignored
WHERE p.last_name = $name AND p.first_name <> 'DELETE $me, // not a comment'
RETURN p.person_id AS person_id;
"""


def test_the_body_is_the_statement_without_comments_and_semicolon() -> None:
    body = statements.body(FILE)
    assert body.startswith("MATCH (p:Person)")
    assert body.endswith("AS person_id")
    assert "$ignored" not in body and "mode" not in body and ":params" not in body


def test_a_string_that_looks_like_a_comment_stays_whole() -> None:
    assert "'DELETE $me, // not a comment'" in statements.body(FILE)


def test_strings_are_blanked_before_words_are_looked_for() -> None:
    bare = statements.bare(FILE)
    assert statements.parameters(bare) == {"name"}
    assert statements.writes(bare) == []


def test_blanking_keeps_the_length() -> None:
    assert len(statements.bare(FILE)) == len(statements.body(FILE))


def test_the_example_is_the_params_line_of_the_block_comment() -> None:
    assert statements.example("/*\n:params { key: 'acme/1' }\n*/\nRETURN 1 AS one") == ":params { key: 'acme/1' }"
    assert statements.example("/* no parameters */ RETURN 1 AS one") == ""


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("CREATE (n)", ["CREATE"]),
        ("match (n) set n.x = 1", ["SET"]),
        ("MERGE (n) ON CREATE SET n.x = 1", ["MERGE", "CREATE", "SET"]),
        ("MATCH (n) DETACH DELETE n", ["DETACH", "DELETE"]),
        ("MATCH (n) REMOVE n.x", ["REMOVE"]),
        ("FOREACH (x IN [1] | CREATE (n))", ["FOREACH", "CREATE"]),
        ("LOAD \n CSV FROM 'file:///etc/passwd' AS line RETURN line", ["LOAD CSV"]),
        ("DROP INDEX x", ["DROP"]),
        ("CALL db.labels() YIELD label RETURN label", ["CALL db.labels"]),
        ("call apoc.load.json($url) YIELD value RETURN value", ["CALL apoc.load.json"]),
        ("CALL db.labels", ["CALL db.labels"]),
        ("CALL `apoc`.`load`.`json`($url)", ["CALL `apoc`.`load`.`json`"]),
        ("INSERT (n:Person)", ["INSERT"]),
        ("USE other MATCH (n) RETURN n", ["USE"]),
        ("SHOW USERS", ["SHOW"]),
        ("MATCH (n) RETURN n.offset AS offset, n.created_at AS created_at, n.settings AS asset", []),
        ("MATCH (n) CALL (n) { MATCH (n)--(m) RETURN count(m) AS near } RETURN near", []),
    ],
)
def test_every_clause_that_writes_or_reaches_out_is_found(statement: str, found: list[str]) -> None:
    assert statements.writes(statement) == found


@pytest.mark.parametrize(
    ("statement", "columns"),
    [
        ("MATCH (n) RETURN n.a AS a, n.b AS b", ["a", "b"]),
        ("MATCH (n) RETURN DISTINCT n.a AS a ORDER BY a SKIP 1 LIMIT 2", ["a"]),
        ("MATCH (n) RETURN n.a, n.b AS `b`", ["a", "b"]),
        (
            "MATCH (n) WITH n ORDER BY n.key LIMIT 3 RETURN max(n.key) AS key, collect([n.a, n.b]) AS rows",
            ["key", "rows"],
        ),
        ("MATCH (n) CALL (n) { MATCH (n)--(m) RETURN m.x AS inner } RETURN inner AS outer", ["outer"]),
        ("MATCH (n) RETURN {a: 1, b: [2, 3]} AS map, coalesce(n.a, n.b) AS either", ["map", "either"]),
        ("RETURN CASE WHEN true THEN 1 ELSE 2 END AS choice LIMIT 1", ["choice"]),
        (
            "MATCH (n) RETURN [x IN n.xs WHERE x > 1 | x] AS xs, COLLECT { MATCH (m) RETURN m.k ORDER BY m.k } AS ks",
            ["xs", "ks"],
        ),
        ("MATCH (n) RETURN n.a AS a UNION MATCH (m) RETURN m.b AS a", ["a"]),
        ("CREATE (n)", []),
    ],
)
def test_the_columns_are_those_of_the_last_return(statement: str, columns: list[str]) -> None:
    assert statements.returned(statement) == columns


def test_the_line_of_the_last_return_is_where_an_editor_finds_it() -> None:
    assert FILE.splitlines()[statements.line_of_return(FILE) - 1].startswith("RETURN")
