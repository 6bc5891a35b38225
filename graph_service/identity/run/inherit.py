"""Which cluster keeps which id, so that an id outlives a new answer."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
FEW = 400  # up to so many members a plain loop is faster than arrays


@dataclass(frozen=True, slots=True)
class Inheritance:
    """Who keeps what: `ids` per cluster number; `alias_of` old id -> the id it is merged into;

    `also` old id -> further ids that hold some of its members now (it was split, or members of it moved).
    `minted`: how many of `ids` are new.
    """

    ids: list[str]
    alias_of: dict[str, str]
    also: dict[str, list[str]]
    minted: int

    def naming(
        self, before: Mapping[str, Iterable[str]], back: Mapping[str, set[str]] | None = None
    ) -> dict[str, set[str]]:
        """The further ids that each of these names from now on: those it named `before` and those it loses members to,
        less those merged into it and those that give members `back` to it (an undo)."""
        came: dict[str, set[str]] = defaultdict(set, {own: set(others) for own, others in (back or {}).items()})
        for old, survivor in self.alias_of.items():
            came[survivor].add(old)
        return {own: {*others, *self.also.get(own, ())} - came[own] - {own} for own, others in before.items()}

    def with_left(self, moved: Iterable[tuple[str | None, str]]) -> "Inheritance":
        """The same, with present ids that nobody claimed because their members were given back to former ones: they are
        merged into where most went. `moved`: each member's present id and its new one."""
        went: dict[str, Counter[str]] = defaultdict(Counter)
        for old, new in moved:
            if old is not None and old not in self.ids and old not in self.alias_of:
                went[old][new] += 1
        left = {old: min(counts, key=lambda new: (-counts[new], new)) for old, counts in went.items()}
        return replace(self, alias_of={**self.alias_of, **left})


def assign_ids(old: Sequence[str | None], new: Ints, mint: Callable[[], str]) -> Inheritance:
    """Which id does each new cluster carry?

    `old` holds each member's present id (None: has none), `new` its cluster (0, 1, ...), members in a fixed order.
    (1) Each old id claims the cluster that holds most of its members; a tie goes to the cluster with its earliest one.
    (2) A cluster claimed by several keeps the oldest id (ids sort by age); the others become aliases of it.
    (3) An unclaimed cluster gets a new id.
    """
    clusters = int(new.max()) + 1 if len(new) else 0
    if len(old) <= FEW:
        return _assign_few(old, new.tolist(), clusters, mint)
    held = np.array([i for i, name in enumerate(old) if name is not None], dtype=np.int64)
    if not len(held):
        return Inheritance([mint() for _ in range(clusters)], {}, {}, clusters)
    names, codes = np.unique(np.array([old[i] for i in held], dtype=object).astype(str), return_inverse=True)
    pairs, first, counts = np.unique(codes * clusters + new[held], return_index=True, return_counts=True)
    owner, cluster = pairs // clusters, pairs % clusters
    best = np.lexsort((held[first], -counts, owner))
    claims = best[np.concatenate([[True], owner[best][1:] != owner[best][:-1]])]
    kept = np.lexsort((owner[claims], cluster[claims]))  # names are sorted, so the oldest id comes first
    winners = claims[kept][np.concatenate([[True], cluster[claims][kept][1:] != cluster[claims][kept][:-1]])]
    ids: list[str | None] = [None] * clusters
    for place in winners:
        ids[cluster[place]] = str(names[owner[place]])
    minted = ids.count(None)
    final = [name if name is not None else mint() for name in ids]
    claimed = {str(names[owner[place]]): final[cluster[place]] for place in claims}
    alias_of = {name: survivor for name, survivor in claimed.items() if name != survivor}
    return Inheritance(final, alias_of, _also(names, owner, cluster, final=final, claimed=claimed), minted)


def _assign_few(old: Sequence[str | None], new: Sequence[int], clusters: int, mint: Callable[[], str]) -> Inheritance:
    """The same of a few members."""
    went: dict[str, dict[int, int]] = {}  # how many members of each id went to which cluster, by the first of them
    for name, cluster in zip(old, new, strict=True):
        if name is not None:
            counts = went.setdefault(name, {})
            counts[cluster] = counts.get(cluster, 0) + 1
    names = sorted(went)  # the oldest id comes first
    claims = {name: max(went[name], key=went[name].__getitem__) for name in names}
    kept: dict[int, str] = {}
    for name in names:
        kept.setdefault(claims[name], name)
    final = [kept[cluster] if cluster in kept else mint() for cluster in range(clusters)]
    claimed = {name: final[cluster] for name, cluster in claims.items()}
    alias_of = {name: survivor for name, survivor in claimed.items() if name != survivor}
    elsewhere = {name: sorted({final[cluster] for cluster in went[name]} - {claimed[name]}) for name in names}
    also = {name: others for name, others in elsewhere.items() if others}
    return Inheritance(final, alias_of, also, clusters - len(kept))


def _also(
    names: npt.NDArray[np.str_], owner: Ints, cluster: Ints, *, final: list[str], claimed: dict[str, str]
) -> dict[str, list[str]]:
    """The further ids to which members of an old id went, beside the one that its claim went to."""
    also: dict[str, list[str]] = {}
    repeated = np.flatnonzero(np.bincount(owner) > 1)
    for place in np.flatnonzero(np.isin(owner, repeated)):
        name = str(names[owner[place]])
        elsewhere = final[cluster[place]]
        if elsewhere != claimed[name]:
            also.setdefault(name, []).append(elsewhere)
    return {name: sorted(others) for name, others in also.items()}
