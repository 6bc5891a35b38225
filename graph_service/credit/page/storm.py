"""The page itself: which questions it asks of the graph, and how the pictures stand on it."""

import asyncio
from html import escape
from pathlib import Path

import orjson

from graph_service.credit import service
from graph_service.credit.page import charts
from graph_service.credit.schemas import METHODS, By, CreditAnswer, Filters, Method, Question, TransitionsQuestion
from graph_service.graph.store import Row, Store

TEMPLATE = Path(__file__).with_name("page.html")


async def write_page(store: Store, tenant: str, storm_id: str, *, question: Question, path: Path) -> None:
    """Write the page of a storm's credit: the question asked, every method beside it, the chain and the paths."""
    by: By = question.by or "channel"
    answers: dict[Method, CreditAnswer] = {}
    for method in METHODS:
        asked = question.model_copy(update={"method": method, "by": by})
        answers[method] = await service.storm_credit(store, tenant, storm_id, asked)
    shared = {name: getattr(question, name) for name in Filters.model_fields if name != "order"}
    steps = await service.transitions(store, tenant, TransitionsQuestion(**shared, storm=storm_id, by=by))
    walked = await service.paths(store, tenant, storm_id, question, by=by)
    pictures = {
        "credit": charts.credit([row for row in answers[question.method].earned if row.by == by]),
        "methods": charts.methods(answers, by),
        "heat_map": charts.heat_map(steps.transitions),
        "paths": charts.sankey(walked),
    }
    text = _filled(answers, question, pictures | {"by": by})
    await asyncio.to_thread(path.write_text, text, encoding="utf-8")


def _filled(answers: dict[Method, CreditAnswer], question: Question, parts: dict[str, str]) -> str:
    answer = answers[question.method]
    facts = {
        "storm": answer.storm_id,
        "zip": answer.zip or "every ZIP",
        "as_of": answer.as_of,
        "method": answer.method,
        "estimand": answer.estimand,
        "leaves_out": answer.leaves_out,
        "conversions": f"{answer.conversions:,.0f}",
        "value": f"{answer.value:,.0f}",
        "counts": ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in answer.counts.model_dump().items()),
        "by": parts["by"],
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, fact in facts.items():
        text = text.replace(f"{{{{ {name} }}}}", escape(fact))
    text = text.replace("{{ estimands }}", _estimands(answers)).replace("{{ queries }}", _queries(answer))
    for name in ("credit", "methods", "heat_map", "paths"):
        text = text.replace(f"{{{{ picture_{name} }}}}", parts[name])
    return text


def _estimands(answers: dict[Method, CreditAnswer]) -> str:
    return "".join(f"<dt>{escape(each.method)}</dt><dd>{escape(each.estimand)}</dd>" for each in answers.values())


def _queries(answer: CreditAnswer) -> str:
    rows: list[Row] = [used.model_dump() for used in answer.queries]
    return "".join(
        f"<dt>{escape(row['name'])}</dt><dd><code>{escape(orjson.dumps(row['parameters']).decode())}</code></dd>"
        for row in rows
    )
