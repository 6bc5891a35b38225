"""How a pair's weight is made up, how rows hang together, and how much an answer would tell."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np

from graph_service.identity.live.judged import Key
from graph_service.identity.live.surroundings import Component, Known
from matching import Limits, Scorer

DISAGREES = 1.0  # bits more for a pair whose weight and whose persons say opposite things
STRONGEST = 60.0


@dataclass(frozen=True, slots=True)
class Part:
    """One comparison of a pair: its name, level, bits (the rarity's among them), and the columns compared."""

    name: str
    level: str
    bits: float
    rarity: float
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Waterfall:
    """A pair's weight in its parts, in bits: prior + the parts + household = weight."""

    prior: float
    parts: Sequence[Part]
    household: float
    weight: float


@dataclass(frozen=True, slots=True)
class Join:
    """Two rows by which two groups were joined; without a weight, by a judgement."""

    left: Key
    right: Key
    weight: float | None


def waterfall(scorer: Scorer, left: Known, right: Known) -> Waterfall:
    """How is the weight of these two rows made up?"""
    model = scorer.model
    pair = np.zeros(1, np.int64), np.ones(1, np.int64)
    scored = scorer.score([left.fields, right.fields], *pair)
    prior = math.log2(model.prior)
    parts = [
        Part(
            comparison.name,
            comparison.labels[int(scored.grades[0, at])],
            float(scored.matches.match[0, at]),
            float(scored.rarity[0, at]),
            comparison.columns,
        )
        for at, comparison in enumerate(model.comparisons)
    ]
    weight = float(scored.matches.weight[0])
    household = weight - prior - sum(part.bits for part in parts)
    return Waterfall(prior, sorted(parts, key=lambda part: (-abs(part.bits), part.name)), household, weight)


def probability(weight: float) -> float:
    """The probability of log-odds in bits."""
    bits = max(-STRONGEST, min(STRONGEST, weight))
    return float(1.0 / (1.0 + 2.0**-bits))


def joins(scorer: Scorer, component: Component, rows: Iterable[Key], limits: Limits) -> list[Join]:
    """By which joins did these rows, of one person, come together? A tree over them, the weakest first."""
    wanted = set(rows)
    tree: nx.Graph[Key] = nx.Graph()
    tree.add_nodes_from(sorted(wanted))
    found = [
        Join(judgement.left[0], other, None)
        for judgement in component.judgements
        if judgement.same
        for other in (*judgement.left[1:], *judgement.right)
    ]
    for piece in component.pieces:
        decision = scorer.decide([row.fields for row in piece], component.judgements, limits)
        merges = decision.merges
        ends = zip(merges.left.tolist(), merges.right.tolist(), merges.weight.tolist(), strict=True)
        found += [Join(piece[one].key, piece[other].key, weight) for one, other, weight in ends]
    kept = []
    for join in found:
        inside = join.left in wanted and join.right in wanted
        if inside and not nx.has_path(tree, join.left, join.right):
            tree.add_edge(join.left, join.right)
            kept.append(join)
    return sorted(kept, key=lambda join: (math.inf if join.weight is None else join.weight, join.left, join.right))


def path(found: Sequence[Join], left: Key, right: Key) -> list[Join]:
    """Which of these joins lead from one row to the other? None where they do not hang together."""
    tree: nx.Graph[Key] = nx.Graph()
    for join in found:
        tree.add_edge(join.left, join.right, join=join)
    if left not in tree or right not in tree or not nx.has_path(tree, left, right):
        return []
    steps = nx.shortest_path(tree, left, right)
    return [tree.edges[pair]["join"] for pair in pairwise(steps)]


def parted(rows: Iterable[Key], found: Sequence[Join], without: Join) -> list[list[Key]]:
    """Which parts are left of these rows without one join?"""
    tree: nx.Graph[Key] = nx.Graph()
    tree.add_nodes_from(rows)
    tree.add_edges_from((join.left, join.right) for join in found if join is not without)
    return sorted(sorted(part) for part in nx.connected_components(tree))


def information(weight: float, same: bool, records: int) -> float:
    """How much would an answer tell? Its entropy, more where weight and persons disagree, times its rows."""
    p = probability(weight)
    entropy = -sum(each * math.log2(each) for each in (p, 1.0 - p) if each > 0)
    against = DISAGREES if same != (weight > 0) else 0.0
    return round((entropy + against) * math.log2(1 + records), 6)
