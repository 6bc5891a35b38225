"""The library: a file that says what it does loads, any other stops start-up with file and line."""

import re
from pathlib import Path

import pytest

from graph_service.errors import BadInput, BrokenLibrary, NotFound
from graph_service.graph import library, statements
from graph_service.graph.library import Library, Query

GOOD = """// The members of a household.
//
// mode     read
// param    household  KEY           the household
// param    limit      INTEGER =50   how many at most
// returns  person_id  STRING        each member
// calls    GET /v1/households/{household_id}/members
/*
:params { household: 'acme/0192', limit: 50 }
*/
MATCH (p:Person)-[:MEMBER_OF]->(h:Household {key: $household})
RETURN p.person_id AS person_id
ORDER BY p.key
LIMIT $limit
"""
WRITE = """// Keep rows.
//
// mode write
// param tenant STRING whose they are
// param rows ROWS the rows
// row record KEY the row's key
// row name STRING what it is called
UNWIND $rows AS row MERGE (r:Record {key: row.record}) SET r.tenant = $tenant, r.first_name = row.name
"""


def written(root: Path, text: str, name: str = "identity/members.cypher") -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def loaded(root: Path, text: str) -> Query:
    written(root, text)
    return library.load(root)["identity.members"]


def test_a_file_is_known_by_its_dotted_path_and_tells_what_it_does(tmp_path: Path) -> None:
    query = loaded(tmp_path, GOOD)
    assert (query.name, query.mode, query.says) == ("identity.members", "read", "The members of a household.")
    assert [(param.name, param.type, param.default) for param in query.params] == [
        ("household", "KEY", None),
        ("limit", "INTEGER", 50),
    ]
    assert [(column.name, column.says) for column in query.returns] == [("person_id", "each member")]
    assert query.calls == ("GET /v1/households/{household_id}/members",)
    assert query.example.startswith(":params { household")
    assert query.text.startswith("MATCH") and query.text.endswith("LIMIT $limit")


def test_our_own_library_loads() -> None:
    queries = library.load()
    assert len(queries) == len(list(queries)) > 0
    assert [query.name for query in queries] == sorted(query.name for query in queries)


BROKEN = [
    pytest.param(("mode     read", "mode     maybe"), r":1: the header needs", id="no such mode"),
    pytest.param(("// mode     read\n", ""), r":1: the header needs", id="no mode"),
    pytest.param(("// The members of a household.\n", ""), r":1: the header needs a sentence", id="no sentence"),
    pytest.param(("KEY           the", "KIE the"), r":4: cannot read 'household", id="no such type"),
    pytest.param(("INTEGER =50   how many at most", ""), r":5: cannot read 'limit'", id="no type"),
    pytest.param(("=50 ", "=many"), r":5: .*'many'", id="a default of another type"),
    pytest.param(("LIMIT $limit", ""), r":1: .*differ: limit", id="declared, not used"),
    pytest.param(("LIMIT $limit", "SKIP $from LIMIT $limit"), r":1: .*differ: from", id="used, not declared"),
    pytest.param(("AS person_id", "AS person"), r":12: returns \['person'\]", id="returns another column"),
    pytest.param(("RETURN", "SET p.version = 2 RETURN"), r":1: declared a read, but holds \['SET'\]", id="writes"),
    pytest.param(
        ("RETURN", "CALL db.labels() YIELD label RETURN"), r":1: .*'CALL db.labels'", id="calls what is not allowed"
    ),
    pytest.param(("household  KEY   ", "household  STRING"), r":1: nothing binds it to a tenant", id="no tenant"),
    pytest.param(
        ("// returns", "// param    limit INTEGER twice\n// returns"), r":6: .*declared twice", id="declared twice"
    ),
]


@pytest.mark.parametrize(("change", "says"), BROKEN)
def test_a_broken_file_stops_start_up_with_file_and_line(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    text = GOOD.replace(*change)
    assert text != GOOD
    path = written(tmp_path, text)
    with pytest.raises(BrokenLibrary, match=re.escape(str(path)) + says):
        library.load(tmp_path)


def test_two_columns_of_one_name_are_refused(tmp_path: Path) -> None:
    text = GOOD.replace("// calls", "// returns  person_id STRING again\n// calls")
    path = written(tmp_path, text.replace("AS person_id", "AS person_id, p.key AS person_id"))
    with pytest.raises(BrokenLibrary, match=re.escape(str(path)) + r":7: .*declared twice"):
        library.load(tmp_path)


def test_a_control_query_needs_no_tenant(tmp_path: Path) -> None:
    text = GOOD.replace("household  KEY   ", "household  STRING").replace("// calls", "// control\n// calls")
    assert loaded(tmp_path, text).control


def test_a_query_that_scans_says_why(tmp_path: Path) -> None:
    query = loaded(tmp_path, GOOD.replace("// calls", "// scans    it counts them all\n// calls"))
    assert query.scans == "it counts them all"


def test_a_write_may_return_nothing(tmp_path: Path) -> None:
    query = loaded(tmp_path, WRITE)
    assert (query.mode, query.returns) == ("write", ())
    assert [column.name for column in query.row] == ["record", "name"]


NESTED = WRITE.replace("// row name", "// row homes ROWS where\n// row homes.home KEY which\n// row name")


def test_rows_within_rows_are_bound_to_the_tenant_too(tmp_path: Path) -> None:
    query = loaded(tmp_path, NESTED)
    row = {"record": ("crm", "1"), "name": "ann", "homes": [{"home": ("tx", "a/b")}, {"home": "c", "note": 1}]}
    (bound,) = query.bind("acme", {"rows": [row]})["rows"]
    assert bound == ["acme/crm/1", [["acme/tx/a%2Fb"], ["acme/c"]], "ann"]  # in the header's order, what it declares
    assert row["homes"][0] == {"home": ("tx", "a/b")}  # what was given stays as it was
    with pytest.raises(BadInput, match="row 0: homes 1 lacks home"):
        query.bind("acme", {"rows": [{**row, "homes": [{"home": "c"}, {}]}]})
    with pytest.raises(BadInput, match="ROWS"):
        query.bind("acme", {"rows": [{**row, "homes": None}]})


def test_a_column_within_a_column_that_holds_no_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenLibrary, match="home is within homes"):
        loaded(tmp_path, NESTED.replace("homes ROWS where", "homes STRING where"))


def test_a_variant_serves_its_dialect_only(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    written(tmp_path, GOOD.replace("LIMIT $limit", "SKIP 0 LIMIT $limit"), "identity/members.neo4j.cypher")
    query = library.load(tmp_path)["identity.members"]
    assert "SKIP 0" in query.text_for("neo4j")
    assert "SKIP 0" not in query.text_for("embedded")


def test_a_variant_of_an_unknown_dialect_is_refused(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    path = written(tmp_path, GOOD, "identity/members.oracle.cypher")
    with pytest.raises(BrokenLibrary, match=re.escape(str(path)) + ":1: 'oracle' is no dialect"):
        library.load(tmp_path)


def test_a_variant_without_its_original_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, GOOD, "identity/members.neo4j.cypher")
    with pytest.raises(BrokenLibrary, match=re.escape(str(path)) + ":1: a variant, but"):
        library.load(tmp_path)


def test_a_variant_must_declare_what_its_original_declares(tmp_path: Path) -> None:
    written(tmp_path, GOOD)
    path = written(tmp_path, GOOD.replace("=50 ", "=10 "), "identity/members.neo4j.cypher")
    with pytest.raises(BrokenLibrary, match=re.escape(str(path)) + ":1: its header differs"):
        library.load(tmp_path)


def test_rows_become_one_list_as_they_were_sorted() -> None:
    text = "MATCH (p:Person) WHERE p.name <> 'RETURN 1' RETURN DISTINCT p.key AS key, 'a, b' AS two ORDER BY p.key"
    assert statements.collected(text) == (
        "MATCH (p:Person) WHERE p.name <> 'RETURN 1' WITH DISTINCT p.key AS key, 'a, b' AS two ORDER BY p.key\n"
        "RETURN collect([key, two]) AS rows"
    )


def test_pages_are_of_keys_up_to_the_last_of_the_page(tmp_path: Path) -> None:
    declared = (
        "// mode read\n// pages Person\n// param after KEY ='' first\n// param end END last\n// returns key STRING k"
    )
    text = f"// All.\n{declared}\nMATCH (p:Person) WHERE p.key > $after AND p.key <= $end RETURN p.key AS key"
    assert loaded(tmp_path, text).pages == "Person"


@pytest.mark.parametrize(("wrong", "right"), [("< $end", "<= $end"), ("// pages person", "// pages Person")])
def test_pages_that_would_lose_rows_are_refused(tmp_path: Path, wrong: str, right: str) -> None:
    declared = (
        "// mode read\n// pages Person\n// param after KEY ='' first\n// param end END last\n// returns key STRING k"
    )
    text = f"// All.\n{declared}\nMATCH (p:Person) WHERE p.key > $after AND p.key <= $end RETURN p.key AS key"
    with pytest.raises(BrokenLibrary, match="`pages` names a label"):
        loaded(tmp_path, text.replace(right, wrong))


def test_no_query_sorts_all_that_a_tenant_holds() -> None:
    """An engine keeps what it sorts in memory: at a million rows a second match run was refused."""
    few = {"privacy.models", "privacy.set_aside"}
    counting = ("journeys.", "credit.")  # they sort what they have counted
    sorting = [
        query
        for query in library.load()
        if "ORDER BY" in query.text and "LIMIT" not in query.text and not query.name.startswith(counting)
    ]
    whole = {query.name for query in sorting if any(param.type == "END" for param in query.params) and not query.pages}
    assert whole == few


def test_migrations_are_not_queries(tmp_path: Path) -> None:
    written(tmp_path, "CREATE INDEX x IF NOT EXISTS FOR (n:Person) ON (n.person_id);", "migrations/V0001__x.cypher")
    assert len(library.load(tmp_path)) == 0


def test_an_unknown_name_is_not_found_and_says_where_names_are() -> None:
    with pytest.raises(NotFound, match="`stormgraph query` names them all"):
        Library({})["identity.nobody"]


def test_own_ids_become_keys_of_the_callers_tenant(tmp_path: Path) -> None:
    query = loaded(tmp_path, GOOD)
    assert query.bind("acme", {"household": "h1"}) == {"household": "acme/h1", "limit": 50}
    assert query.bind("acme", {"household": ["a", "b/c"], "limit": 1}) == {"household": "acme/a/b%2Fc", "limit": 1}


def test_an_own_id_cannot_reach_into_another_tenant(tmp_path: Path) -> None:
    query = loaded(tmp_path, GOOD)
    assert query.bind("acme", {"household": "../rival/h1"})["household"] == "acme/..%2Frival%2Fh1"


def test_lists_ends_and_the_tenant_are_composed(tmp_path: Path) -> None:
    declared = (
        "// param keys KEYS which\n// param end END last\n// param tenant STRING whose\n// param after KEY ='' first"
    )
    used = "WHERE p.key IN $keys AND p.key > $after AND p.key < $end AND p.tenant = $tenant"
    text = f"// Some.\n// mode read\n{declared}\n// returns key STRING k\nMATCH (p:Person) {used} RETURN p.key AS key"
    query = loaded(tmp_path, text)
    assert query.bind("acme", {"keys": ["1", ("crm", "2")]}) == {
        "keys": ["acme/1", "acme/crm/2"],
        "end": "acme0",
        "tenant": "acme",
        "after": "acme/",
    }
    assert query.bind("acme", {"keys": [], "end": ("crm",)})["end"] == "acme/crm0"


def test_rows_get_their_keys_composed_and_stay_otherwise_as_they_are(tmp_path: Path) -> None:
    rows = [{"record": ("crm", "1"), "name": None}]
    bound = loaded(tmp_path, WRITE).bind("acme", {"rows": rows})
    assert bound == {"tenant": "acme", "rows": [["acme/crm/1", None]]}
    assert rows == [{"record": ("crm", "1"), "name": None}]


def test_a_column_of_a_row_goes_by_its_place(tmp_path: Path) -> None:
    text = WRITE.replace("row.name", "row.name + ' of row.name '")
    assert loaded(tmp_path, text).text.endswith(
        "{key: row[0]}) SET r.tenant = $tenant, r.first_name = row[1] + ' of row.name '"
    )


def test_a_column_that_no_row_has_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenLibrary, match="its rows have no column nickname"):
        loaded(tmp_path, WRITE.replace("row.name", "row.nickname"))


@pytest.mark.parametrize(
    ("further", "placed"),
    [
        (
            "WITH row UNWIND row.homes AS one CREATE (p:Property {key: one.home, city: row.name})",
            "UNWIND row[1] AS one CREATE (p:Property {key: one[0], city: row[2]})",
        ),
        (
            "FOREACH (one IN row.homes | CREATE (p:Property {key: one.home, city: row.name}))",
            "FOREACH (one IN row[1] | CREATE (p:Property {key: one[0], city: row[2]}))",
        ),
    ],
)
def test_a_column_of_a_row_within_a_row_goes_by_its_place(tmp_path: Path, further: str, placed: str) -> None:
    assert loaded(tmp_path, f"{NESTED.rstrip()} {further}\n").text.endswith(placed)


MAPPED = WRITE.replace("// row name STRING", "// row name MAP").replace("= row.name", "= row.name.first")


def test_a_map_of_which_single_members_are_used_travels_as_a_list(tmp_path: Path) -> None:
    query = loaded(tmp_path, MAPPED)
    assert query.text.endswith("r.first_name = row[1][0]")
    rows = [{"record": "1", "name": {"first": "Ann", "middle": "B"}}, {"record": "2", "name": {}}]
    assert query.bind("acme", {"rows": rows})["rows"] == [["acme/1", ["Ann"]], ["acme/2", [None]]]
    with pytest.raises(BadInput, match="name MAP"):
        query.bind("acme", {"rows": [{"record": "1", "name": None}]})


def test_a_map_that_is_used_whole_stays_a_map(tmp_path: Path) -> None:
    query = loaded(tmp_path, MAPPED.replace("row.name.first", "row.name.first, r += row.name"))
    assert query.text.endswith("r.first_name = row[1].first, r += row[1]")
    assert query.bind("acme", {"rows": [{"record": "1", "name": {"first": "Ann"}}]})["rows"] == [
        ["acme/1", {"first": "Ann"}]
    ]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "needs the parameter household"),
        ({"household": None}, "needs the parameter household"),
        ({"household": 7}, "household as KEY, not the int 7"),
        ({"household": ("crm", 7)}, "household as KEY"),
        ({"household": "h", "limit": "50"}, "limit as INTEGER, not str"),
        ({"household": "h", "limit": True}, "limit as INTEGER, not the bool True"),
        ({"household": "h", "limit": -1}, "limit as INTEGER, not the int -1"),
        ({"household": "h", "limit": 2**63}, "limit as INTEGER"),
        ({"household": "h", "limitt": 5}, "no parameter limitt"),
        ({"household": "h", "tenant": "rival"}, "no parameter tenant"),
    ],
)
def test_parameters_that_do_not_fit_are_refused_with_a_sentence(tmp_path: Path, given: object, says: str) -> None:
    assert isinstance(given, dict)
    with pytest.raises(BadInput, match=says):
        loaded(tmp_path, GOOD).bind("acme", given)


def test_nobody_passes_the_tenant_by_hand(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="tenant"):
        loaded(tmp_path, WRITE).bind("acme", {"rows": [], "tenant": "rival"})


@pytest.mark.parametrize("row", [{"name": "x"}, {"record": "1"}, {"record": 5, "name": "x"}, "no dict"])
def test_a_row_that_does_not_fit_is_refused(tmp_path: Path, row: object) -> None:
    with pytest.raises(BadInput, match=r"row 0 lacks (record|name)|rows as ROWS of record KEY, name STRING"):
        loaded(tmp_path, WRITE).bind("acme", {"rows": [row]})
