"""What a change touches, why it changes, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from graph_service.graph.store import Row
from graph_service.identity.live.judged import Held, Key
from graph_service.identity.live.surroundings import Own
from graph_service.identity.run.inherit import Inheritance

Ids = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why the graph changes: who did it, and the judgement, run or undone change behind it."""

    now: str
    actor: str | None = None
    reason: str | None = None
    judgement_id: str | None = None
    run_id: str | None = None
    undoes: str | None = None

    @property
    def said(self) -> Row:
        """What a Change says of it."""
        told = {"actor": self.actor, "reason": self.reason, "judgement_id": self.judgement_id, "run_id": self.run_id,
                "undoes": self.undoes, "changed_at": self.now}  # fmt: skip
        return {name: value for name, value in told.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Touched:
    """Where to begin: rows that are new, changed or judged, and what else is known of them.

    `then`: person and household to give back to rows (an undo). `carried`: identifiers whose set of rows changed; those
    of `fresh` rows are added to it, and their homes are looked up anew. `persons`: further persons that lost rows;
    `matches`: those of the fresh rows, as `Company.matches` tells them, to be heeded and written. `named`: the further
    ids that an id is to go on naming, whatever comes back to it (an undo). `judged`: what was judged just now.
    """

    rows: frozenset[Key]
    then: Mapping[Key, Ids] = field(default_factory=dict)
    carried: frozenset[Own] = frozenset()
    fresh: frozenset[Key] = frozenset()
    persons: frozenset[str] = frozenset()
    matches: tuple[Row, ...] = ()
    named: Mapping[str, frozenset[str]] = field(default_factory=dict)
    judged: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of it: the person of every row of the component before and after, and the Changes written.

    named: which further ids the persons and households touched named before, as "id other". housed: whose household is
    another one now, with rows that were not touched, as "person before after". moved: rows that were not touched and
    describe another person now, as `lifecycle.remember_moved` takes them. versions: of the persons that were touched.
    """

    before: Mapping[Key, str | None]
    after: Mapping[Key, str]
    households: Mapping[str, str]
    changes: Sequence[Row]
    named: Sequence[str]
    housed: Sequence[str]
    moved: Sequence[Row]
    versions: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Decided:
    """Who is who in a component: an id per row, what the ids inherit, and the weakest join inside each person."""

    person_of: Mapping[Key, str]
    inheritance: Inheritance
    weakest: Mapping[str, float]
