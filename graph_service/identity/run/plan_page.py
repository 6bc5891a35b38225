"""A plan in files: as it is applied, and as a page for whoever decides whether it is."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import orjson

from graph_service.errors import BadInput
from graph_service.identity.run.plan import ChangedHousehold, Plan

STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #dde3e8}
td.n{text-align:right;font-variant-numeric:tabular-nums}.note{color:#5a6b7b}h2{font-size:1rem;margin-top:2rem}"""


def keep(plan: Plan, path: Path, page: Path | None = None) -> None:
    """Keep a plan in a file, and draw it as a page. Raises BadInput."""
    documents = {path: orjson.dumps(plan.model_dump(), option=orjson.OPT_INDENT_2)}
    if page is not None:
        documents[page] = plan_page(plan).encode()
    for file, content in documents.items():
        try:
            file.write_bytes(content)
        except OSError as error:
            raise BadInput(f"The plan cannot be written to {file}: {error.strerror}.") from error


def plan_page(plan: Plan) -> str:
    """The plan as a page of its own: what would change, household by household; nothing is fetched."""
    counted = "".join(
        f"<tr><td>{escape(name.replace('_', ' '))}</td><td class=n>{count:,}</td></tr>"
        for name, count in plan.counts.items()
    )
    changes = "".join(
        f"<tr><td>{escape(one.kind)}</td><td>{escape(one.subject)}</td><td>{escape(', '.join(one.others))}</td></tr>"
        for one in plan.changes
    )
    homes = "".join(_home(one) for one in plan.households) or "<p class=note>No household that is there changes.</p>"
    title = f"Plan for {escape(plan.tenant)}"
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1><p>Made at {escape(plan.made_at)}; nothing of it was done.</p><table>{counted}</table>"
        f"<h2>Ids</h2><table><tr><th>what</th><th>id</th><th>with</th></tr>{changes}</table>{homes}</html>"
    )


def _home(one: ChangedHousehold) -> str:
    rows = "".join(
        f"<tr><td>{escape(row.row)}</td><td>{_step(row.person)}</td><td>{_step(row.household)}</td></tr>"
        for row in one.rows
    )
    joins = "".join(
        f"<tr><td>{escape(join.left)}</td><td>{escape(join.right)}</td><td class=n>{join.weight:.2f}</td><td>"
        + escape(", ".join(f"{name} {bits:+.1f}" for name, bits in sorted(join.bits.items(), key=lambda at: -at[1])))
        + "</td></tr>"
        for join in one.evidence
    )
    said = f"{one.persons_before} persons now, {one.persons_after} after; {one.rows_changed} rows move"
    table = f"<table><tr><th>row</th><th>joined with</th><th>bits</th><th>of them</th></tr>{joins}</table>"
    return (
        f"<h2>Household {escape(one.household_id)}</h2><p>{said}.</p>"
        f"<table><tr><th>row</th><th>person</th><th>household</th></tr>{rows}</table>{table if joins else ''}"
    )


def _step(sides: Sequence[str | None]) -> str:
    before, after = (escape(side or "nobody") for side in sides)
    return before if before == after else f"{before} &rarr; {after}"
