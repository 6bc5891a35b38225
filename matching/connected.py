"""Which nodes hang together? Components of a graph given by its joined pairs, numbered by their first node."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

__all__ = ["connected", "numbered"]

Ints = npt.NDArray[np.int64]
FEW = 400  # up to so many nodes and pairs a plain loop is faster than building a matrix


def connected(count: int, a: Ints, b: Ints) -> Ints:
    """In which component is each of `count` nodes, where a[i] and b[i] are joined?"""
    if count <= FEW and len(a) <= FEW:
        return np.array(numbered(count, zip(a.tolist(), b.tolist(), strict=True)), np.int64)
    graph = coo_array((np.ones(len(a), np.int8), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def numbered(count: int, pairs: Iterable[tuple[int, int]]) -> list[int]:
    """The same of a few pairs, without arrays."""
    root = list(range(count))

    def find(node: int) -> int:
        while root[node] != node:
            root[node] = node = root[root[node]]
        return node

    for a, b in pairs:
        one, other = find(a), find(b)
        if one != other:
            root[max(one, other)] = min(one, other)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(find(node), len(numbers)) for node in range(count)]
