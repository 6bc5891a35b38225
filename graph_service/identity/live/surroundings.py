"""What a change touches: the rows to decide on together, and the neighbours among whom homes are chosen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson

from graph_service.errors import Refused
from graph_service.graph.store import Row, Work
from graph_service.identity.live import judged
from graph_service.identity.live.judged import Held, Key
from graph_service.identity.model import KINDS
from matching import Judgement, Limits, address_value

Own = tuple[str, str, str]
MOST_ROWS = 1_200  # decided on at once, in all pieces
MOST_NEIGHBOURS = 300  # persons among whom homes are chosen
MOST_AT_ONE_PLACE = 60  # persons of one address: more than any household, so that a crowd is seen to be one
HOMES_KINDS = ("address", "phone", "email", "property_id")
HIGHEST_REACH = 60.0


@dataclass(frozen=True, slots=True)
class Known:
    """A row as the graph holds it: what matching reads of it, its address, and whom it describes."""

    key: Key
    fields: Mapping[str, str | None]
    scope: str
    address: str | None
    person: str | None
    household: str | None

    @classmethod
    def of(cls, row: Row) -> "Known":
        """The row of `identity.rows_of_records` and its kin."""
        fields = {name: value for name, value in row.items() if name not in _BESIDE}
        if row["extras"]:
            fields |= orjson.loads(row["extras"])
        key = (row["source"], row["record_id"])
        return cls(key, fields, row["scope"] or "", address_value(fields), row["person_id"], row["household_id"])

    @property
    def identifiers(self) -> list[Own]:
        """By what it can be found: (kind, scope, value)."""
        found = []
        for kind in KINDS.values():
            value = self.address if kind.name == "address" else self.fields.get(kind.field)
            if value is not None:
                found.append((kind.name, self.scope if kind.name in {"crm_id", "cookie_id"} else "", value))
        return found


_BESIDE = ("scope", "extras", "person_id", "household_id")


@dataclass(frozen=True, slots=True)
class Component:
    """Rows in pieces, each decided on by itself, in the order of their keys; and what was judged of them."""

    pieces: tuple[tuple[Known, ...], ...]
    judgements: list[Judgement]

    @property
    def rows(self) -> list[Known]:
        """All rows, in the order of their keys."""
        return sorted((row for piece in self.pieces for row in piece), key=lambda row: row.key)

    @property
    def persons(self) -> list[str]:
        """The persons that they describe now, in the order of their ids."""
        return sorted({row.person for row in self.rows if row.person})


@dataclass
class _Web:
    """The matches and judgements of rows, as far as they were looked up."""

    work: Work
    limits: Limits
    edges: dict[Key, dict[Key, float]] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)

    async def learn(self, keys: Iterable[Key]) -> None:
        """Look these rows up, if they were not."""
        new = sorted(set(keys) - self.edges.keys())
        if not new:
            return
        self.edges.update({key: {} for key in new})
        for one in await judged.about(self.work, new):
            self.held[one.judgement_id] = one
        for row in await self.work.run("identity.matched_records", records=new, reach=self.limits.reach):
            ends = (row["source"], row["record_id"]), (row["other_source"], row["other_id"])
            self.edges[ends[0]][ends[1]] = row["weight"]

    def judgements(self) -> list[Judgement]:
        return judged.effective(self.held.values())

    def _together(self) -> dict[Key, set[Key]]:
        found: dict[Key, set[Key]] = {}
        for judgement in self.judgements():
            if judgement.same:
                every = {*judgement.left, *judgement.right}
                for key in every:
                    found.setdefault(key, set()).update(every)
        return found

    async def piece(self, seed: Key) -> set[Key]:
        """The rows decided on together with this one: cut as the batch run cuts, at the least sufficient reach."""
        reach = self.limits.reach
        while (found := await self._spread(seed, reach)) is None:
            reach += 1.0
        return found

    async def _spread(self, seed: Key, reach: float) -> set[Key] | None:
        seen, frontier = {seed}, {seed}
        while frontier:
            await self.learn(frontier)
            together = self._together()
            following = {key for own in frontier for key, weight in self.edges[own].items() if weight >= reach}
            following |= {key for own in frontier for key in together.get(own, ())}
            frontier = following - seen
            seen |= frontier
            if len(seen) > self.limits.component and reach < HIGHEST_REACH:
                return None
        return seen


async def component_of(work: Work, seeds: Iterable[Key], limits: Limits) -> Component:
    """The rows to decide on where these rows changed: their components, and those of all rows of their persons.

    Raises Refused where that is more than can be decided on at once.
    """
    web = _Web(work, limits)
    pieces: list[set[Key]] = []
    rows: dict[Key, Known] = {}
    waiting, asked = set(seeds), set[str]()
    while waiting:
        await web.learn(waiting)  # together: a round trip costs more than the rows
        for key in sorted(waiting):
            if not any(key in piece for piece in pieces):
                found = await web.piece(key)
                pieces = [*(piece for piece in pieces if not piece & found), found.union(*_meeting(pieces, found))]
        keys = {key for piece in pieces for key in piece} - rows.keys()
        if len(keys) + len(rows) > MOST_ROWS:
            raise Refused(f"This touches more than {MOST_ROWS} rows at once: `stormgraph match` decides on them.")
        read = await work.run("identity.rows_of_records", records=sorted(keys))
        rows.update({row.key: row for row in map(Known.of, read)})
        persons = {row.person for row in rows.values() if row.person} - asked
        asked |= persons
        theirs = await work.run("identity.rows_of_persons", persons=sorted(persons)) if persons else []
        waiting = {(row["source"], row["record_id"]) for row in theirs} - rows.keys()
    ordered = [tuple(rows[key] for key in sorted(piece) if key in rows) for piece in pieces]
    return Component(tuple(sorted(filter(None, ordered), key=lambda piece: piece[0].key)), web.judgements())


def _meeting(pieces: Sequence[set[Key]], found: set[Key]) -> list[set[Key]]:
    """Pieces that share rows with another: two seeds of one large component may be cut at different reaches."""
    return [piece for piece in pieces if piece & found]


async def neighbours_of(work: Work, rows: Iterable[Known], households: Iterable[str]) -> dict[Key, Known]:
    """The rows of everybody among whom the homes of these rows' persons are chosen, without these rows.

    Those who share an address, a phone, an e-mail or a building with them, those who share one with those, and the
    members of these households. Bounded: of a crowd, as many as show that it is one.
    """
    own = {row.key: row for row in rows}
    persons = {row.person for row in own.values() if row.person}
    found: dict[Key, Known] = {}
    asked: set[Own] = set()
    members = await work.run("identity.members_of_households", households=sorted(households)) if households else []
    wanted = {row["person_id"] for row in members} - persons
    edge: list[Known] = list(own.values())
    for _ in range(2):
        identifiers = {one for row in edge for one in row.identifiers if one[0] in HOMES_KINDS} - asked
        asked |= identifiers
        leads = await work.run(
            "identity.resolve_identifiers", identifiers=sorted(identifiers), most=MOST_AT_ONE_PLACE
        ) if identifiers else []  # fmt: skip
        wanted |= {lead[0] for row in leads for lead in row["ranked"]} - persons
        wanted = set(sorted(wanted)[: max(0, MOST_NEIGHBOURS - len(persons))])
        persons |= wanted
        read = await work.run("identity.rows_of_persons", persons=sorted(wanted)) if wanted else []
        edge = [row for row in map(Known.of, read) if row.key not in own]
        found.update({row.key: row for row in edge})
        wanted = set()
    return found
