"""An explanation as a page of its own: a waterfall, or a drawing of a person's rows; nothing is fetched."""

import math
from collections.abc import Iterable, Sequence
from html import escape

from graph_service.review.schemas import Bridge, PairExplained, PersonExplained, Step

WIDTH, BAR, LABELS = 900, 26, 300
MOST_DRAWN = 60  # rows; beyond it a circle of names cannot be read
STYLE = """body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1b2733}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.25rem .6rem;border-bottom:1px solid #dde3e8}
td.n{text-align:right;font-variant-numeric:tabular-nums}.for{fill:#2a7f62}.against{fill:#b5473c}.all{fill:#3d5a80}
svg text{font-size:12px;fill:#1b2733}line{stroke:#8796a5}line.weak{stroke:#b5473c;stroke-width:3}
circle{fill:#3d5a80}.note{color:#5a6b7b}"""


def pair_page(said: PairExplained) -> str:
    """The waterfall of a pair: every comparison's bits, from the prior to the sum."""
    left, right = _name(said.left.key), _name(said.right.key)
    verdict = "one person now" if said.same_person else "two persons now"
    bars = [("before anything is compared", said.prior)]
    bars += [(f"{step.comparison}: {step.level}", step.weight) for step in said.steps]
    bars += [("households agree like this too", said.household)]
    rows = "".join(_row(step) for step in said.steps)
    judged = f"<p>Judged: {', '.join(map(escape, said.judgements))}.</p>" if said.judgements else ""
    return _page(
        f"{left} and {right}",
        f"<p>{verdict}; {said.weight:.2f} bits, probability {said.probability:.4f}.</p>{judged}"
        f"{_waterfall(bars, said.weight)}<table><tr><th>compared</th><th>level</th><th>bits</th><th>of it rarity</th>"
        f"<th>{left}</th><th>{right}</th></tr>{rows}</table>",
    )


def person_page(said: PersonExplained) -> str:
    """A person's rows as points, the joins between them as lines, the weakest in red; and what would part them."""
    weakest = "<p class=note>One row: nothing was joined.</p>"
    if said.weakest:
        parts = " and ".join(f"{{{', '.join(_name(row.key) for row in part)}}}" for part in said.would_part)
        weakest = f"<p>The weakest join is {_joined(said.weakest)}. Without it there would be {parts}.</p>"
    rows = "".join(
        f"<tr><td>{_name(one.left.key)}</td><td>{_name(one.right.key)}</td><td class=n>{_bits(one)}</td></tr>"
        for one in said.bridges
    )
    table = f"<table><tr><th>row</th><th>joined with</th><th>bits</th></tr>{rows}</table>" if rows else ""
    return _page(f"Person {escape(said.person_id)}", weakest + _drawing(said) + table)


def _waterfall(bars: Sequence[tuple[str, float]], total: float) -> str:
    reached, low, high = 0.0, 0.0, 0.0
    for _, bits in bars:
        reached += bits
        low, high = min(low, reached), max(high, reached)
    scale = (WIDTH - LABELS - 70) / max(high - low, 1e-9)
    zero = LABELS - low * scale
    drawn, at = [], 0.0
    for number, (label, bits) in enumerate(bars):
        drawn.append(_bar(number, label, zero + min(at, at + bits) * scale, abs(bits) * scale, bits))
        at += bits
    drawn.append(_bar(len(bars), "all together", zero + min(0.0, total) * scale, abs(total) * scale, total, "all"))
    height = (len(bars) + 1) * BAR
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="waterfall">{"".join(drawn)}</svg>'


def _bar(number: int, label: str, x: float, width: float, *bits_and_kind: float | str) -> str:
    bits = float(bits_and_kind[0])
    kind = str(bits_and_kind[1]) if len(bits_and_kind) > 1 else "for" if bits >= 0 else "against"
    y = number * BAR
    return (
        f'<text x="0" y="{y + 17}">{escape(label)}</text>'
        f'<rect class="{kind}" x="{x:.1f}" y="{y + 4}" width="{max(width, 1):.1f}" height="{BAR - 8}"/>'
        f'<text x="{x + width + 4:.1f}" y="{y + 17}">{bits:+.2f}</text>'
    )


def _drawing(said: PersonExplained) -> str:
    if len(said.rows) > MOST_DRAWN:
        return f"<p class=note>{len(said.rows)} rows are too many to draw; the table lists their joins.</p>"
    place = {row.key: _on_circle(at, len(said.rows)) for at, row in enumerate(said.rows)}
    lines = [_line(one, place, weak=one == said.weakest) for one in said.bridges]
    points = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6"/><text x="{x + 9:.1f}" y="{y + 4:.1f}">{_name(key)}</text>'
        for key, (x, y) in place.items()
    ]
    return f'<svg viewBox="0 0 {WIDTH} 420" role="img" aria-label="rows and joins">{"".join([*lines, *points])}</svg>'


def _line(one: Bridge, place: dict[tuple[str, str], tuple[float, float]], *, weak: bool) -> str:
    (ax, ay), (bx, by) = place[one.left.key], place[one.right.key]
    kind = ' class="weak"' if weak else ""
    return (
        f'<line{kind} x1="{ax:.1f}" y1="{ay:.1f}" x2="{bx:.1f}" y2="{by:.1f}"/>'
        f'<text x="{(ax + bx) / 2:.1f}" y="{(ay + by) / 2:.1f}">{_bits(one)}</text>'
    )


def _on_circle(at: int, count: int) -> tuple[float, float]:
    angle = 2 * math.pi * at / max(count, 1)
    return WIDTH / 2 - 60 + 320 * math.cos(angle), 210 + 180 * math.sin(angle)


def _row(step: Step) -> str:
    cells = [escape(step.comparison), escape(step.level)]
    numbers = [f"{step.weight:+.2f}", f"{step.adjustment:+.2f}"]
    told = "".join(f"<td>{cell}</td>" for cell in cells) + "".join(f"<td class=n>{number}</td>" for number in numbers)
    return f"<tr>{told}<td>{_values(step.left)}</td><td>{_values(step.right)}</td></tr>"


def _values(values: Iterable[str | None]) -> str:
    return escape(" ".join(value or "–" for value in values))


def _bits(one: Bridge) -> str:
    return "by hand" if one.weight is None else f"{one.weight:.2f}"


def _joined(one: Bridge) -> str:
    return f"{_name(one.left.key)} with {_name(one.right.key)} ({_bits(one)} bits)"


def _name(key: tuple[str, str]) -> str:
    return escape("/".join(key))


def _page(title: str, body: str) -> str:
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><style>{STYLE}</style>"
        f"<h1>{title}</h1>{body}</html>"
    )
