"""The four pictures of the page: credit with intervals, methods side by side, the transition heat map, the paths."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from graph_service.credit.page.marks import FAINT, INK, LABEL, PALETTE, WIDTH, box, interval, line, ribbon, svg, words
from graph_service.credit.schemas import CreditAnswer, Earned, Method, Transition

ROW = 26.0
SCALE = WIDTH - LABEL - 70
MOST_STATES = 16  # the heat map shows so many of the busiest states
MOST_STEPS = 4  # and the paths so many steps
BANDS = 340.0  # pixels in which all journeys flow
ENDS = ("CONVERSION", "NULL")


def credit(rows: Sequence[Earned]) -> str:
    """Bars of credit, each with the ends of its interval, the largest first."""
    shown = sorted(rows, key=lambda row: (-row.share, row.name))
    most = max([row.share_interval[1] for row in shown] or [1.0]) or 1.0
    marks = []
    for place, row in enumerate(shown):
        y, (low, high) = place * ROW + 16, row.share_interval
        ends = LABEL + SCALE * low / most, LABEL + SCALE * high / most
        tip = f"{row.name}: {row.share:.1%}, 90 % {low:.1%} to {high:.1%}, {row.conversions:.1f} conversions"
        marks += [
            words(LABEL - 8, y + 4, row.name, anchor="end"),
            box((LABEL, y - 8), (SCALE * row.share / most, 16), PALETTE[0], tip=tip, faint=0.45),
            interval(y, ends, LABEL + SCALE * row.share / most, colour=INK),
            words(WIDTH - 4, y + 4, f"{row.share:.1%}", anchor="end"),
        ]
    return svg(len(shown) * ROW + 16, marks, says="credit with 90 percent intervals")


def methods(answers: Mapping[Method, CreditAnswer], by: str) -> str:
    """Every method's share of each channel or play, with intervals, one colour a method."""
    found: dict[str, dict[str, Earned]] = defaultdict(dict)
    for method, answer in answers.items():
        for row in answer.earned:
            if row.by == by:
                found[row.name][method] = row
    names = sorted(found, key=lambda name: -max(row.share for row in found[name].values()))
    most = max([row.share_interval[1] for each in found.values() for row in each.values()] or [1.0]) or 1.0
    step, marks = 9.0, list[str]()
    tall = step * len(answers) + 12
    for place, name in enumerate(names):
        top = place * tall + 10
        marks += [
            words(LABEL - 8, top + tall / 2, name, anchor="end"),
            line((LABEL, top - 5), (WIDTH, top - 5), colour=FAINT),
        ]
        for number, method in enumerate(answers):
            if won := found[name].get(method):
                low, high = (LABEL + SCALE * end / most for end in won.share_interval)
                colour = PALETTE[number % len(PALETTE)]
                marks.append(
                    interval(top + number * step + 4, (low, high), LABEL + SCALE * won.share / most, colour=colour)
                )
    return _legend(list(answers)) + svg(len(names) * tall + 20, marks, says="methods side by side")


def _legend(names: Sequence[str]) -> str:
    marks, x = list[str](), 4.0
    for number, name in enumerate(names):
        marks += [box((x, 4), (12, 12), PALETTE[number % len(PALETTE)]), words(x + 17, 15, name)]
        x += 34 + 8 * len(name)
    return svg(24, marks, width=max(WIDTH, round(x)), says="colours of the methods")


def heat_map(steps: Sequence[Transition]) -> str:
    """From which state to which next one: the darker, the likelier; only the busiest states fit."""
    busy: dict[str, int] = defaultdict(int)
    for step in steps:
        busy[_state(step)] += step.count
    froms = sorted(busy, key=lambda name: (name != "START", -busy[name], name))[:MOST_STATES]
    tos = [name for name in froms if name != "START"]
    tos += sorted({step.to_state for step in steps} - set(tos) - set(ENDS))[: MOST_STATES - len(tos)]
    tos += [end for end in ENDS if any(step.to_state == end for step in steps)]
    cell, top = min(56.0, (WIDTH - LABEL) / max(len(tos), 1)), 96.0
    marks = [_slanted(LABEL + (place + 0.5) * cell, top - 8, name) for place, name in enumerate(tos)]
    marks += [words(LABEL - 8, top + row * ROW + 17, name, anchor="end") for row, name in enumerate(froms)]
    for step in steps:
        if _state(step) in froms and step.to_state in tos:
            x, y = LABEL + tos.index(step.to_state) * cell, top + froms.index(_state(step)) * ROW
            low, high = step.probability_interval
            odds = f"{step.probability:.1%}, 90 % {low:.1%} to {high:.1%}, {step.count} times"
            tip = f"{_state(step)} to {step.to_state}: {odds}"
            marks.append(box((x, y), (cell - 1, ROW - 1), PALETTE[0], tip=tip, faint=0.06 + 0.94 * step.probability))
            if cell >= 34:
                marks.append(words(x + cell / 2, y + 17, f"{step.probability:.0%}", anchor="middle", size=11))
    return svg(top + len(froms) * ROW + 10, marks, says="transition probabilities")


def _slanted(x: float, y: float, text: str) -> str:
    return f'<g transform="rotate(-40 {x:.1f} {y:.1f})">{words(x, y, text, size=12)}</g>'


def _state(step: Transition) -> str:
    return " > ".join(step.from_state) or "START"


def sankey(paths: Iterable[Mapping[str, Any]]) -> str:
    """How journeys flow, step by step, to CONVERSION or NULL; longer ones end behind `…`."""
    flows: dict[tuple[int, str, str], float] = defaultdict(float)
    for row in paths:
        for end, amount in zip(ENDS, (row["conversions"], row["nulls"]), strict=True):
            steps = list(row["path"][:MOST_STEPS]) + (["…"] if len(row["path"]) > MOST_STEPS else [])
            walk = ["START", *steps]
            for place, (start, finish) in enumerate(pairwise(walk)):
                flows[place, start, finish] += amount
            flows[len(walk) - 1, walk[-1], end] += amount
    flows = {flow: amount for flow, amount in flows.items() if amount}
    return _flowing(flows) if flows else "<p>No journeys.</p>"


def _flowing(flows: dict[tuple[int, str, str], float]) -> str:
    last = max(place for place, _, _ in flows) + 1
    goes = {flow: (last if flow[2] in ENDS else flow[0] + 1, flow[2]) for flow in flows}
    weight: dict[tuple[int, str], float] = defaultdict(float)
    for (place, origin, _), amount in flows.items():
        weight[place, origin] += amount
    for flow, amount in flows.items():
        if flow[2] in ENDS:
            weight[goes[flow]] += amount
    pixels = BANDS / max(weight[0, "START"], 1e-9)
    top, names = _stacked(weight, pixels), sorted({name for _, name in weight})
    gap = (WIDTH - 150) / max(last, 1)
    leaving, arriving = dict(top), dict(top)
    marks: list[str] = []
    for flow, amount in sorted(flows.items(), key=lambda each: (each[0][0], -each[1], each[0][2])):
        start, finish, high = (flow[0], flow[1]), goes[flow], amount * pixels
        at, to = (start[0] * gap + 14, leaving[start] + high / 2), (finish[0] * gap, arriving[finish] + high / 2)
        leaving[start] += high
        arriving[finish] += high
        colour = PALETTE[names.index(flow[1]) % len(PALETTE)]
        marks.append(ribbon(at, to, high, colour=colour, tip=f"{flow[1]} to {flow[2]}: {amount:.0f} journeys"))
    for (place, name), amount in weight.items():
        x, y = place * gap, top[place, name]
        marks.append(
            box((x, y), (14, amount * pixels), PALETTE[names.index(name) % len(PALETTE)], tip=f"{name}: {amount:.0f}")
        )
        if amount * pixels > 9:
            marks.append(words(x + 18, y + amount * pixels / 2 + 4, name, size=11))
    tall = max(top[node] + weight[node] * pixels for node in weight)
    return svg(tall + 20, marks, says="paths of journeys")


def _stacked(weight: Mapping[tuple[int, str], float], pixels: float) -> dict[tuple[int, str], float]:
    """Where each box begins: the heaviest of a column on top, the ends with CONVERSION first."""
    below: dict[int, float] = defaultdict(lambda: 10.0)
    top = {}
    for place, name in sorted(weight, key=lambda node: (node[0], node[1] == "NULL", -weight[node], node[1])):
        top[place, name] = below[place]
        below[place] += weight[place, name] * pixels + 12
    return top
