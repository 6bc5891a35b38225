"""The service in plain Python: rows, what people said of them, and which rows must be, or cannot be, one person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product

Key = tuple[str, str]
Pair = frozenset[Key]


@dataclass(frozen=True)
class Said:
    """Somebody's judgement, and the change that takes it back."""

    judgement_id: str
    change_id: str
    same: bool
    left: frozenset[Key]
    right: frozenset[Key]

    @property
    def rows(self) -> frozenset[Key]:
        """Every row that it is about."""
        return self.left | self.right


@dataclass
class Row:
    """One row: which human being it is about, and the e-mail address that it carries."""

    human: int
    email: str


@dataclass
class Plain:
    """Everything the service was told and acknowledged."""

    rows: dict[Key, Row] = field(default_factory=dict)
    said: list[Said] = field(default_factory=list)
    taken_back: list[Said] = field(default_factory=list)

    def outcome(self, key: Key, email: str) -> str:
        """What a row that arrives is."""
        return "new" if key not in self.rows else "unchanged" if self.rows[key].email == email else "changed"

    def carriers(self, email: str) -> set[Key]:
        """The rows that carry an address."""
        return {key for key, row in self.rows.items() if row.email == email}

    def later(self, one: Said) -> list[Said]:
        """Judgements that build on another: about any of its rows, and made after it."""
        return [other for other in self.said[self.said.index(one) + 1 :] if other.rows & one.rows]

    def must_be_one_person(self) -> list[set[Key]]:
        """Rows that are one person whatever else: said to be; or about one human being, and nobody said anything."""
        humans = self._humans()
        touched = {key for one in self.said for key in one.rows}
        plain = [{key for key in rows if key[0] == "crm"} for rows in humans if not rows & touched]
        return [rows for rows in [*_ruled(self.said)[0], *plain] if len(rows) > 1]

    def must_not(self) -> set[Pair]:
        """Pairs of rows that are not one person: said not to be, or nothing leads from one to the other."""
        wholes = joined([*self._humans(), *_ruled(self.said)[0]])
        strangers = {pair(*two) for one, other in combinations(wholes, 2) for two in product(one, other)}
        return strangers | _ruled(self.said)[1]

    def _humans(self) -> list[set[Key]]:
        found: dict[int, set[Key]] = {}
        for key, row in self.rows.items():
            found.setdefault(row.human, set()).add(key)
        return list(found.values())


def pair(one: Key, other: Key) -> Pair:
    """Two rows, in no order."""
    return frozenset((one, other))


def joined(groups: Iterable[set[Key]]) -> list[set[Key]]:
    """Groups that share a row, as one."""
    whole: list[set[Key]] = []
    for group in groups:
        meeting = [one for one in whole if one & group]
        whole = [one for one in whole if not one & group] + [set(group).union(*meeting)]
    return whole


def contradicts(said: Sequence[Said]) -> bool:
    """Whether these judgements, each later one before the earlier, cannot all be heeded."""
    together, apart = _ruled(said)
    return any(two <= group for group in together for two in apart)


def _ruled(said: Sequence[Said]) -> tuple[list[set[Key]], set[Pair]]:
    """What stands: groups that are one person, and pairs that are not; where two speak of a pair, the later holds."""
    groups: list[set[Key]] = []
    apart: set[Pair] = set()
    for one in said:
        if one.same:
            groups.append(set(one.rows))
            apart = {two for two in apart if not two <= one.rows}
        else:
            parted = [[group & one.left, group & one.right] for group in groups]
            groups = [part for group, parts in zip(groups, parted, strict=True)
                      for part in (parts if group <= one.rows and all(parts) else [group])]  # fmt: skip
            apart |= {pair(*two) for two in product(one.left, one.right)}
    return joined(groups), apart
