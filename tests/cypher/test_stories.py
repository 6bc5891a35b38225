"""Every query's story is told on every engine, with a neighbour on the stage who has the same own ids."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from graph_service.errors import ServiceError
from graph_service.graph import library
from tests.cypher import stories
from tests.cypher.stage import Stage
from tests.cypher.stories import BrokenStory, Case, Story, for_tenant, same, settled

QUERIES = library.load()


def told() -> Iterator[Any]:
    """Every case of every story; a file that cannot be read is a failing test of its own."""
    for path in stories.paths():
        try:
            story = stories.read(path)
        except BrokenStory as error:
            yield pytest.param(path, error, id=f"{path.parent.name}.{path.stem}: broken")
            continue
        for case in story.cases:
            yield pytest.param(story, case, id=f"{story.query}: {case.name}")


TOLD = list(told())


@pytest.mark.engine
@pytest.mark.parametrize(("story", "case"), TOLD)
async def test_the_story_is_true(stage: Stage, story: Story, case: Case | BrokenStory) -> None:
    if isinstance(case, BrokenStory):
        raise case
    query = QUERIES[story.query]
    if query.control:
        await told_to_the_operator(stage, story, case)
    elif query.mode == "read":
        tenant = await stage.show(story.given)
        await told_once(stage, story, case, case.tenant or tenant)
    else:
        await told_with_a_neighbour(stage, story, case)


async def told_once(stage: Stage, story: Story, case: Case, tenant: str) -> None:
    """Call the query; its answer, its error and the graph behind it must be as the story says."""
    act = getattr(stage.store, QUERIES[story.query].mode)
    params = for_tenant(case.params, tenant)
    if case.raises is not None:
        with pytest.raises(ServiceError) as refusal:
            await act(tenant, story.query, **params)
        assert refusal.value.name == case.raises, refusal.value.message
        return
    answer = await act(tenant, story.query, **params)
    if case.returns is not None:
        query = QUERIES[story.query]
        assert_same(settled(query, answer), settled(query, for_tenant(case.returns, tenant)))
    await told_after(stage, case, tenant)


async def told_after(stage: Stage, case: Case, tenant: str) -> None:
    """The state that the story promises."""
    if case.then:
        assert_same(await stage.ask(case.then.query, t=tenant), for_tenant(case.then.returns, tenant))


async def told_with_a_neighbour(stage: Stage, story: Story, case: Case) -> None:
    """A write changes its own tenant only, marks what it makes as the tenant's, and done twice it is done once."""
    tenant, neighbour = case.tenant or stage.newcomer(), stage.newcomer()
    try:
        await stage.load(story.given, tenant)
        await stage.load(story.given, neighbour)
        untouched = await stage.snapshot(neighbour)
        await told_once(stage, story, case, tenant)
        if case.twice and case.raises is None:
            once = await stage.snapshot(tenant)
            await stage.store.write(tenant, story.query, **for_tenant(case.params, tenant))
            await told_after(stage, case, tenant)
            assert await stage.snapshot(tenant) == once, "written twice is not as written once"
        assert await stage.snapshot(neighbour) == untouched, "the neighbour's graph changed"
        assert await stage.strays(tenant) == [], "nodes without their tenant"
    finally:
        await stage.leave(tenant, neighbour)


async def told_to_the_operator(stage: Stage, story: Story, case: Case) -> None:
    """A control query sees every tenant, so it is told without a neighbour and without the control data of others."""
    aside = await stage.set_control_aside()
    tenant = case.tenant or "acme"
    try:
        await stage.load(story.given, tenant)
        await told_once(stage, story, case, tenant)
        if case.then and case.twice:
            await stage.store.write(tenant, story.query, **for_tenant(case.params, tenant))
            await told_after(stage, case, tenant)
    finally:
        await stage.put_control_back(aside)


def assert_same(answer: list[dict[str, Any]], story: list[dict[str, Any]]) -> None:
    """Fail with what differs only: a row of many columns hides it well."""
    for number, (row, wanted) in enumerate(zip(answer, story, strict=False)):
        columns = {name for name in row.keys() | wanted.keys() if not same(row.get(name, "-"), wanted.get(name, "-"))}
        answered, said = ({name: each.get(name, "-") for name in sorted(columns)} for each in (row, wanted))
        assert not columns, f"row {number} answers {answered}, the story says {said}"
    assert same(answer, story), f"{len(answer)} rows, the story has {len(story)}: {answer}"


def test_there_are_stories() -> None:
    assert TOLD


def test_every_story_is_about_a_query_that_there_is() -> None:
    told_of = {each.values[0].query for each in TOLD if isinstance(each.values[0], Story)}
    assert told_of <= {query.name for query in QUERIES}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("story: x", "'cases'.* is missing"),
        ("story: x\ncases: []\nqueri: y", "unknown .*'queri'"),
        ("story: x\ncases: [{name: one}]", "'one' expects nothing"),
        ("story: x\ncases: [{name: one, raises: bad_input, returns: []}]", "either raises or answers"),
        ("story: x\ngiven: no_such_graph\ncases: []", "no_such_graph"),
        ("story: x\ngiven: {a: 1}\ncases: []", "given is the name of a graph"),
        ("- story", "expected a map"),
        ("story: [", "expected the node content"),
    ],
)
def test_a_broken_story_names_its_file(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "persons.yaml"
    path.write_text(text)
    with pytest.raises(BrokenStory, match=rf"(?s)persons\.yaml: .*{says}"):
        stories.read(path)


@pytest.mark.parametrize(
    ("left", "right", "alike"),
    [
        (1.0, 1.0 + 1e-12, True),
        (1.0, 1.001, False),
        (1, 1.0, False),
        (True, 1, False),
        (None, None, True),
        ([{"a": [0.1 + 0.2]}], [{"a": [0.3]}], True),
        ([{"a": 1}], [{"a": 1, "b": None}], False),
        ([1, 2], [2, 1], False),
        ([], [{}], False),
    ],
)
def test_answers_are_compared_to_the_last_column(left: Any, right: Any, alike: bool) -> None:
    assert same(left, right) == same(right, left) == alike


def test_the_tenant_stands_only_where_a_story_says_so() -> None:
    told = {"key": "$t/crm/1", "tenant": "$t", "price": "$text", "rows": [["$t/a"]]}
    assert for_tenant(told, "acme") == {"key": "acme/crm/1", "tenant": "acme", "price": "$text", "rows": [["acme/a"]]}
