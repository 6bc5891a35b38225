"""The analyst's kit on both engines: what it answers about the Hendersons, and that its login only reads."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio

from graph_service import analyst
from graph_service.errors import BadInput, NotFound, Refused
from graph_service.graph.engines import Engine
from tests.cypher.stories import graph
from tests.ground import asked, lent, store_on


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def opened(engine: Engine) -> AsyncIterator[str]:
    """The kit, opened on a tenant that holds the Hendersons."""
    async with lent(engine) as slug:
        for statement in filter(str.strip, graph("the_hendersons").split(";\n")):
            await asked(store_on(engine), slug, statement.strip().removesuffix(";"))
        settings = engine.settings  # type: ignore[attr-defined]
        if engine.name == "embedded":
            await asyncio.to_thread(analyst.connect, slug, settings=settings)
        else:
            with pytest.warns(UserWarning, match="can write"):
                await asyncio.to_thread(lambda: analyst.connect(slug, settings=settings, as_operator=True))
        yield slug


async def test_a_library_query_answers_as_a_frame(opened: str) -> None:
    found = analyst.frame("exploration.largest_households", limit=1)
    assert found["household_id"].tolist() == ["hendersons"]
    assert analyst.frame("exploration.largest_households", limit=1, after="zz").empty


async def test_cypher_of_ones_own_answers_as_a_frame_even_without_rows(opened: str) -> None:
    text = "MATCH (p:Person {tenant: $t}) WHERE p.records > $least RETURN p.person_id AS person ORDER BY person"
    assert analyst.frame(text, t=opened, least=1)["person"].tolist() == ["ann", "maya"]
    assert list(analyst.frame(text, t=opened, least=99).columns) == ["person"]


async def test_a_household_is_a_networkx_graph(opened: str) -> None:
    found = analyst.to_networkx("lopez")
    assert found.number_of_edges() == 10
    assert found.nodes["Person:maya"] == {"label": "maya", "kind": "Person"}
    assert {end for _, end in found.out_edges("Record:crm/5")} >= {"email:maya@example.com", "Person:maya"}
    pairs = analyst.to_networkx("MATCH (r:Record {tenant: $t})-[:MATCHES]->(o) RETURN r.key AS start, o.key AS finish",
                                t=opened)  # fmt: skip
    assert pairs.number_of_edges() == 4


async def test_bridges_and_betweenness_find_what_holds_a_household_together(opened: str) -> None:
    held = analyst.bridges("hendersons")
    assert held.to_dict("records")[0] == {"record": "calls/7", "kind": "phone", "value": "+12145550101", "cuts_off": 1}
    assert "cookie_id" not in set(held["kind"])  # nobody else carries it
    central = analyst.betweenness("hendersons")
    assert set(central[central["betweenness"] > 0]["kind"]) == {"address", "email", "phone"}
    assert central["rows"].max() == 3
    assert analyst.bridges("kim").empty


async def test_a_drawing_needs_nothing_else(opened: str) -> None:
    page = analyst.draw("hendersons")
    assert page.count("<circle") == analyst.to_networkx("hendersons").number_of_nodes()
    assert "hendersons@example.com" in page
    assert "http" not in page.replace("http-equiv", "")
    assert analyst.draw("hendersons") == page


async def test_the_login_of_the_embedded_engine_only_reads(opened: str, engine: Engine) -> None:
    if engine.name != "embedded":
        with pytest.raises(Refused, match="Community"):
            await asyncio.to_thread(analyst.connect, opened, settings=engine.settings)  # type: ignore[attr-defined]
        return
    with pytest.raises(Exception, match=r"Forbidden|denied|not allowed"):
        analyst.frame("CREATE (n:Person {key: 'x'}) RETURN n.key AS key")
    assert analyst.frame("MATCH (n:Person {key: 'x'}) RETURN n.key AS key").empty


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda: analyst.frame("exploration.no_such"), BadInput),
        (lambda: analyst.to_networkx("nobody"), NotFound),
        (lambda: analyst.to_networkx("MATCH (p:Person) RETURN p.key AS key"), BadInput),
        (lambda: analyst.frame("exploration.largest_households", limit="many"), BadInput),
    ],
)
async def test_what_cannot_be_asked_says_why(opened: str, ask: Callable[[], object], error: type[Exception]) -> None:
    with pytest.raises(error):
        ask()


async def test_nothing_open_says_what_comes_first(opened: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analyst, "_desk", [])
    with pytest.raises(Refused, match="connect"):
        analyst.draw("hendersons")


async def test_the_notebook_runs(opened: str) -> None:
    cells = json.loads((Path(__file__).parents[1] / "docs" / "analyst.ipynb").read_text(encoding="utf-8"))["cells"]
    scene: dict[str, object] = {}
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert "analyst.connect(" in code[0]  # the tests' own connection stands for it
    for source in code[1:]:
        exec(compile(source, "analyst.ipynb", "exec"), scene := {**scene, "analyst": analyst})
    assert "page" in scene
