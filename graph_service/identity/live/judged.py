"""What people decided about rows: kept for ever, taken back but never deleted; where two speak of a pair, the later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from graph_service.graph.store import Row, Store, Work
from matching import Judgement

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """A judgement as the graph keeps it; `then` holds the person and household that each row had when it was made.

    named: id -> the further ids that a person or household it touched named before it, where the undo is to know them;
    housed: person -> household before and after it, of those whom it moved by rows that it is not about.
    """

    judgement_id: str
    same: bool
    left: tuple[Key, ...]
    right: tuple[Key, ...]
    then: Mapping[Key, tuple[str | None, str | None]]
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)
    housed: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Row) -> "Held":
        """The judgement of a row of `lifecycle.judgements_about` and its kin."""
        sides: dict[str, list[Key]] = {"left": [], "right": []}
        then = {}
        for side, source, record_id, person, household in row["rows"]:
            sides[side].append((source, record_id))
            then[source, record_id] = (person, household)
        same, left, right = row["verdict"] == "same", tuple(sides["left"]), tuple(sides["right"])
        named, housed = named_by(row.get("named") or ()), housed_by(row.get("housed") or ())
        return cls(row["judgement_id"], same, left, right, then, named, housed)

    @property
    def rows(self) -> set[Key]:
        """Every row it is about."""
        return {*self.left, *self.right}


def named_by(told: Iterable[str]) -> dict[str, frozenset[str]]:
    """By id, the further ids that it named: of the words "id other" that are kept for an undo."""
    named: dict[str, frozenset[str]] = {}
    for own, other in map(str.split, told):
        named[own] = named.get(own, frozenset()) | {other}
    return named


def housed_by(told: Iterable[str]) -> dict[str, tuple[str, str]]:
    """By person, the household before and after: of the words "person before after" that are kept for an undo."""
    return {person: (before, after) for person, before, after in map(str.split, told)}


async def housed_then(work: Work, housed: Mapping[str, tuple[str, str]]) -> dict[Key, tuple[None, str]]:
    """The household that the rows of bystanders had before it, where they still live in the one that it gave them."""
    rows = await work.run("identity.rows_of_persons", persons=sorted(housed)) if housed else []
    found: dict[Key, tuple[None, str]] = {}
    for row in rows:
        before, after = housed[row["person_id"]]
        if row["household_id"] == after:
            found[row["source"], row["record_id"]] = (None, before)
    return found


async def moved_then(work: Work, judgement_id: str) -> dict[Key, tuple[str, str | None]]:
    """Whom the rows described that a judgement moved though it is not about them, where they still are where it put
    them."""
    rows = await work.run("lifecycle.moved_by_judgement", judgement=judgement_id)
    return {
        (row["source"], row["record_id"]): (row["person"], row["household"])
        for row in rows
        if row["now"] == row["went"]
    }


def keep_before(
    work: Work, judgement_id: str, *, named: Sequence[str], housed: Sequence[str], moved: Sequence[Row]
) -> None:
    """Keep with a judgement what was before it and is not told by its rows, for its undo."""
    if named or housed:
        work.post("lifecycle.keep_before", judgement=judgement_id, named=named, housed=housed)
    if moved:
        work.post("lifecycle.remember_moved", judgement=judgement_id, rows=moved)


async def standing(store: Store, tenant: str) -> list[Judgement]:
    """What a match run must heed: every standing judgement of a tenant, the later before the earlier."""
    held: list[Held] = []
    names = [param.name for param in store.library["lifecycle.judgements_standing"].returns]
    async for page in store.stream(tenant, "lifecycle.judgements_standing"):
        held += [Held.of(dict(zip(names, row, strict=True))) for row in page]
    return effective(held)


async def about(work: Work, records: Iterable[Key]) -> list[Held]:
    """The standing judgements about any of these rows, the oldest first."""
    rows = await work.run("lifecycle.judgements_about", records=sorted(records))
    return [Held.of(row) for row in rows]


def record(
    work: Work, judgement_id: str, content: Mapping[str, Any], *, left: Sequence[Key], right: Sequence[Key]
) -> Held:
    """Keep a new judgement, and answer it, with nothing of what was before. `content` holds verdict, actor, reason and
    judged_at."""
    kept = {**content, "judgement_id": judgement_id, "records": len({*left, *right})}
    work.post("lifecycle.record_judgement", judgement=judgement_id, content=kept, left=left, right=right)
    return Held(judgement_id, content["verdict"] == "same", tuple(left), tuple(right), {})


def effective(held: Iterable[Held]) -> list[Judgement]:
    """What the matcher is told: where two judgements speak of the same pair of rows, the later one holds.

    `held` comes oldest first. A `same` makes one group of all its rows; a later `different` that has all of a group on
    its two sides parts it; a later `same` forgets what was apart within it. What then still contradicts itself (through
    a third row) is left for the matcher to refuse.
    """
    groups: list[frozenset[Key]] = []
    apart: list[tuple[frozenset[Key], frozenset[Key]]] = []
    for one in sorted(held, key=lambda each: each.judgement_id):
        left, right = frozenset(one.left), frozenset(one.right)
        if one.same:
            together = left | right
            apart = [part for pair in apart for part in _outside(pair, together)]
            groups.append(together)
        elif left and right:
            groups = [part for group in groups for part in _parted(group, left, right)]
            apart.append((left, right))
    same = [Judgement(True, (first,), tuple(rest)) for first, *rest in map(sorted, groups) if rest]
    return same + [Judgement(False, tuple(sorted(left)), tuple(sorted(right))) for left, right in apart]


def _parted(group: frozenset[Key], left: frozenset[Key], right: frozenset[Key]) -> list[frozenset[Key]]:
    if group <= left | right and group & left and group & right:
        return [group & left, group & right]
    return [group]


def _outside(
    pair: tuple[frozenset[Key], frozenset[Key]], together: frozenset[Key]
) -> list[tuple[frozenset[Key], frozenset[Key]]]:
    """The pairs of an earlier `different` that do not lie inside a later `same`."""
    left, right = pair
    if not (left & together and right & together):
        return [pair]
    parts = [(left - together, right), (left & together, right - together)]
    return [part for part in parts if part[0] and part[1]]
