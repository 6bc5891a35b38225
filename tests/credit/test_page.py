"""The command and its page: the figures of the answer are on them, nothing is fetched, and every name is escaped."""

import xml.etree.ElementTree as ET
from collections.abc import AsyncIterator
from html import escape
from html.parser import HTMLParser
from pathlib import Path

import pytest
import pytest_asyncio

from graph_service import screen
from graph_service.credit import service
from graph_service.credit.page import charts
from graph_service.credit.page.storm import write_page
from graph_service.credit.schemas import METHODS, Question, Transition
from graph_service.graph.engines import Engine
from graph_service.graph.store import Store
from tests.credit.walks import drawn, written
from tests.ground import lent, store_on

QUESTION = Question.model_validate({"as_of": "2026-11-17T00:00:00Z", "by": "channel"})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def ground(embedded_engine: Engine) -> AsyncIterator[tuple[Store, str]]:
    """A store, and a tenant with random journeys."""
    async with lent(embedded_engine) as tenant:
        store = store_on(embedded_engine)
        await written(store, tenant, drawn(8, 60))
        yield store, tenant


class Links(HTMLParser):
    """What a page would fetch."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag} {name}" for name, _ in attrs if name in {"src", "href", "xlink:href", "action"}]
        self.found += [tag] if tag in {"script", "link", "iframe", "object"} else []


@pytest.mark.engine
async def test_the_page_stands_alone_and_shows_the_answer(ground: tuple[Store, str], tmp_path: Path) -> None:
    store, tenant = ground
    page = tmp_path / "page.html"
    await write_page(store, tenant, "dfw", question=QUESTION, path=page)
    text = page.read_text(encoding="utf-8")
    links = Links()
    links.feed(text)
    assert links.found == [] and "{{" not in text and "http://" not in text and "https://" not in text
    answer = await service.storm_credit(store, tenant, "dfw", QUESTION)
    assert all(f"{share:.1%}" in text for share in answer.channels.values())
    assert escape(answer.leaves_out) in text
    assert all(used.name in text for used in answer.queries)
    assert all(method in text for method in METHODS[1:])
    drawings = text.split("<svg")[1:]
    assert len(drawings) == 5
    for drawing in drawings:
        ET.fromstring("<svg" + drawing.split("</svg>")[0] + "</svg>")


@pytest.mark.engine
async def test_a_storm_that_nobody_walked_has_a_page_too(ground: tuple[Store, str], tmp_path: Path) -> None:
    store, tenant = ground
    early = Question.model_validate({"as_of": "2020-01-01T00:00:00Z"})
    await write_page(store, tenant, "dfw", question=early, path=tmp_path / "page.html")
    assert "No journeys." in (tmp_path / "page.html").read_text(encoding="utf-8")


@pytest.mark.engine
async def test_the_table_has_a_bar_and_an_interval_for_every_channel(
    ground: tuple[Store, str], capsys: pytest.CaptureFixture[str]
) -> None:
    store, tenant = ground
    answer = await service.storm_credit(store, tenant, "dfw", QUESTION)
    screen.credit(answer.model_dump())
    printed = capsys.readouterr().out
    for name, share in answer.channels.items():
        (line,) = [line for line in printed.splitlines() if line.startswith(f"{name} ")]
        low, high = answer.uncertainty[name]
        assert f"{share:.1%}" in line and f"{low:.1%} to {high:.1%}" in line
        assert share == 0 or "█" in line or "▒" in line
    assert answer.leaves_out in printed


def test_a_name_cannot_break_out_of_the_page() -> None:
    bad = '"><script>alert(1)</script>'
    step = Transition(from_state=[bad], to_state="NULL", count=1, value=0, probability=1, probability_interval=(1, 1))
    assert "<script>" not in charts.heat_map([step])
    assert "<script>" not in charts.sankey([{"path": [bad], "conversions": 1, "nulls": 2}])
    ET.fromstring(charts.sankey([{"path": [bad], "conversions": 1, "nulls": 2}]))


def test_as_many_journeys_flow_out_of_a_picture_as_into_it() -> None:
    paths = [
        {"path": ["a", "b"], "conversions": 3, "nulls": 1},
        {"path": [], "conversions": 2, "nulls": 0},
        {"path": ["a"] * 9, "conversions": 0, "nulls": 4},
    ]
    drawing = charts.sankey(paths)
    ends = [title for title in drawing.split("<title>") if title.startswith(("CONVERSION: ", "NULL: "))]
    assert sorted(title.split("<")[0] for title in ends) == ["CONVERSION: 5", "NULL: 5"]
