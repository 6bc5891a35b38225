"""How far is each method from the truth? And does the truth lie in the intervals that it gives?"""

from collections.abc import Mapping

from graph_service.credit.schemas import CreditAnswer, Method
from graph_service.graph.store import Row

UNATTRIBUTED = "unattributed"


def graded(answers: Mapping[Method, CreditAnswer], truth: Mapping[str, Mapping[str, float]]) -> list[Row]:
    """A row for each method: its distance from the truth by channel and by play, and how many intervals hold the truth.

    The distance is the share of credit that would have to be moved, 0 to 1 (total variation), without `unattributed`.
    """
    rows = []
    for method, answer in answers.items():
        by_channel = distance(answer.channels, truth["channel"])
        by_play = distance(answer.plays, truth["play"])
        rows.append((by_channel, {
            "method": method,
            "distance by channel": f"{by_channel:.3f}",
            "by play": f"{by_play:.3f}",
            "intervals that hold the truth": held(answer, truth["channel"]),
        }))  # fmt: skip
    return [row for _, row in sorted(rows, key=lambda each: each[0])]


def distance(shares: Mapping[str, float], truth: Mapping[str, float]) -> float:
    """How much credit must be moved to make these shares the true ones?"""
    touched = sum(share for name, share in shares.items() if name != UNATTRIBUTED) or 1.0
    names = (shares.keys() | truth.keys()) - {UNATTRIBUTED}
    return sum(abs(shares.get(name, 0.0) / touched - truth.get(name, 0.0)) for name in names) / 2


def held(answer: CreditAnswer, truth: Mapping[str, float]) -> str:
    """In how many of the channels' intervals does the true share lie?"""
    touched = 1 - answer.channels.get(UNATTRIBUTED, 0.0)
    inside = [
        low <= share * touched <= high
        for name, share in truth.items()
        for low, high in (answer.uncertainty.get(name, (0.0, 0.0)),)
    ]
    return f"{sum(inside)} of {len(inside)}"
