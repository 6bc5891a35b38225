"""What a change touches: the rows to decide on together, and the neighbours among whom homes are chosen."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import orjson

from graph_service.errors import Refused
from graph_service.graph.store import Row, Work
from graph_service.identity.live import judged
from graph_service.identity.live.judged import Held, Key
from graph_service.identity.model import KINDS
from matching import Judgement, Limits, address_value

Own = tuple[str, str, str]
MOST_ROWS = 1_200  # decided on at once, in all pieces
CONTENT = (
    "source", "record_id", "scope", "seen_at", "first_name", "middle_name", "last_name", "suffix", "date_of_birth",
    "sex", "email", "phone", "street_address", "unit", "city", "state", "zip", "device_id", "cookie_id", "crm_id",
    "property_id", "extras", "person_id", "household_id",
)  # fmt: skip
MOST_NEIGHBOURS = 300  # persons among whom homes are chosen
MOST_AT_ONE_PLACE = 60  # persons of one address: more than any household, so that a crowd is seen to be one
HOMES_KINDS = ("address", "phone", "email", "property_id")
HIGHEST_REACH = 60.0
SCOPED = ("crm_id", "cookie_id")  # kinds of which two systems may hand out the same value


@dataclass(frozen=True, slots=True)
class Known:
    """A row as the graph holds it: what matching reads of it, its address, and whom it describes."""

    key: Key
    fields: Mapping[str, str | None]
    scope: str
    address: str | None
    person: str | None
    household: str | None
    identifiers: tuple[Own, ...]  # by what it can be found: (kind, scope, value)

    @classmethod
    def of(cls, row: Row) -> "Known":
        """The row of `identity.rows_of_records` and its kin."""
        fields = {name: value for name, value in row.items() if name not in _BESIDE}
        return cls._made(fields, (row["scope"], row["extras"], row["person_id"], row["household_id"]))

    @classmethod
    def listed(cls, values: Sequence[Any]) -> "Known":
        """The row as a list, in the order of `CONTENT`: one list of lists costs a tenth of as many answers."""
        return cls._made(dict(zip(_FIELDS, _fields_of(values), strict=True)), _beside_of(values))

    @classmethod
    def _made(cls, fields: dict[str, str | None], beside: Sequence[str | None]) -> "Known":
        scope, extras, person, household = beside
        if extras:
            fields |= orjson.loads(extras)
        address = address_value(fields)
        key = (fields["source"] or "", fields["record_id"] or "")
        return cls(key, fields, scope or "", address, person, household, _identifiers(fields, scope or "", address))


def _identifiers(fields: Mapping[str, str | None], scope: str, address: str | None) -> tuple[Own, ...]:
    found = []
    for kind in KINDS.values():
        value = address if kind.name == "address" else fields.get(kind.field)
        if value is not None:
            found.append((kind.name, scope if kind.name in SCOPED else "", value))
    return tuple(found)


_BESIDE = ("scope", "extras", "person_id", "household_id", "content_hash")
_FIELDS = tuple(name for name in CONTENT if name not in _BESIDE)
_fields_of = itemgetter(*(CONTENT.index(name) for name in _FIELDS))
_beside_of = itemgetter(*(CONTENT.index(name) for name in _BESIDE[:4]))


@dataclass(frozen=True, slots=True)
class Component:
    """Rows in pieces, each decided on by itself, in the order of their keys; what was judged of them; and which rows
    each one matches, in the component or not."""

    pieces: tuple[tuple[Known, ...], ...]
    judgements: list[Judgement]
    matched: Mapping[Key, Collection[Key]]

    @property
    def rows(self) -> list[Known]:
        """All rows, in the order of their keys."""
        return sorted((row for piece in self.pieces for row in piece), key=lambda row: row.key)

    @property
    def persons(self) -> list[str]:
        """The persons that they describe now, in the order of their ids."""
        return sorted({row.person for row in self.rows if row.person})

    def beside(self, rows: Iterable[Known]) -> list[Known]:
        """All rows of the persons of whom some row matches one of these."""
        keys = {key for row in rows for key in self.matched[row.key]}
        persons = {row.person for row in self.rows if row.key in keys}
        return [row for row in self.rows if row.person in persons]


@dataclass
class _Web:
    """Rows with their matches and judgements, as far as they were looked up; the rows of a person come together."""

    work: Work
    limits: Limits
    further: Mapping[Key, Mapping[Key, float]]
    rows: dict[Key, Known] = field(default_factory=dict)
    edges: dict[Key, dict[Key, float]] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    heard: Counter[Key] = field(default_factory=Counter)  # how many of these judgements are about a row

    async def learn(self, keys: Iterable[Key]) -> None:
        """Look these rows up, if they were not."""
        new = sorted(set(keys) - self.edges.keys())
        if not new:
            return
        self.edges.update({key: {} for key in new})  # what is gone meanwhile matches nobody
        found = await self.work.run(
            "identity.surroundings", records=new, known=sorted(self.rows), reach=self.limits.reach
        )
        judged_of = []
        for *content, matches, count in found[0]["rows"]:
            row = Known.listed(content)
            self.rows[row.key] = row
            self.edges[row.key] = {**self.further.get(row.key, {}), **_strongest(matches)}
            if count > self.heard[row.key]:
                judged_of.append(row.key)
        self.hear(await judged.about(self.work, judged_of) if judged_of else [])

    def hear(self, judgements: Iterable[Held]) -> None:
        """Heed these judgements, too."""
        for one in judgements:
            if one.judgement_id not in self.held:
                self.held[one.judgement_id] = one
                self.heard.update(one.rows)

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

    async def learn_around(self, seeds: Iterable[Key]) -> None:
        """Look up what is decided on together with any of these rows, step by step for all of them at once."""
        seen, frontier = set(seeds), set(seeds)
        while frontier and len(seen) <= self.limits.component:  # of more than that, a piece may be cut
            await self.learn(frontier)
            frontier = self._beside(frontier, self.limits.reach) - seen
            seen |= frontier

    def _beside(self, keys: Iterable[Key], reach: float) -> set[Key]:
        together = self._together()
        found = {key for own in keys for key, weight in self.edges[own].items() if weight >= reach}
        return found | {key for own in keys for key in together.get(own, ())}

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
            frontier = self._beside(frontier, reach) - seen
            seen |= frontier
            if len(seen) > self.limits.component and reach < HIGHEST_REACH:
                return None
        return seen


async def component_of(
    work: Work, seeds: Iterable[Key], limits: Limits, matches: Sequence[Row] = (), *, made: Sequence[Held] = ()
) -> Component:
    """The rows to decide on where these rows changed: their components, and those of all rows of their persons.

    `matches`: further ones, which the graph does not hold yet; `made`: judgements that were just made, so that nobody
    need ask for them. Raises Refused where it is more than can be decided on at once.
    """
    web = _Web(work, limits, _both_ways(matches, limits.reach))
    web.hear(made)
    pieces: list[set[Key]] = []
    rows: dict[Key, Known] = {}
    waiting = set(seeds)
    await web.learn({*waiting, *web.further})
    while waiting:
        await web.learn_around(waiting)  # together: a round trip costs more than the rows
        for key in sorted(waiting):
            if not any(key in piece for piece in pieces):
                found = await web.piece(key)
                pieces = [*(piece for piece in pieces if not piece & found), found.union(*_meeting(pieces, found))]
        keys = {key for piece in pieces for key in piece} & web.rows.keys()
        rows = {key: web.rows[key] for key in keys}
        if len(rows) > MOST_ROWS:
            raise Refused(f"This touches more than {MOST_ROWS} rows at once: `stormgraph match` decides on them.")
        persons = {row.person for row in rows.values() if row.person}
        waiting = {key for key, row in web.rows.items() if row.person in persons} - rows.keys()
    ordered = [tuple(rows[key] for key in sorted(piece) if key in rows) for piece in pieces]
    pieced = sorted(filter(None, ordered), key=lambda piece: piece[0].key)
    return Component(tuple(pieced), web.judgements(), web.edges)


def _strongest(matches: Iterable[tuple[str, str, float]]) -> dict[Key, float]:
    found: dict[Key, float] = {}
    for source, own, weight in matches:
        found[source, own] = max(weight, found.get((source, own), weight))
    return found


def _both_ways(matches: Sequence[Row], reach: float) -> dict[Key, dict[Key, float]]:
    found: dict[Key, dict[Key, float]] = {}
    for row in matches:
        if row["weight"] >= reach:
            found.setdefault(row["left"], {})[row["right"]] = row["weight"]
            found.setdefault(row["right"], {})[row["left"]] = row["weight"]
    return found


def _meeting(pieces: Sequence[set[Key]], found: set[Key]) -> list[set[Key]]:
    """Pieces that share rows with another: two seeds of one large component may be cut at different reaches."""
    return [piece for piece in pieces if piece & found]


async def neighbours_of(
    work: Work, rows: Iterable[Known], households: Iterable[str]
) -> tuple[dict[Key, Known], set[str]]:
    """The rows of everybody among whom the homes of these rows' persons are chosen, without these rows.

    Those who share an address, a phone, an e-mail or a building with them, those who share one with those, and the
    members of these households. Bounded: of a crowd, as many as show that it is one. Beside them the persons all of
    whose neighbours are among these, so that their homes can be chosen; of the others too little is seen.
    """
    own = {row.key: row for row in rows}
    persons = {row.person for row in own.values() if row.person}
    near = set(persons)
    found: dict[Key, Known] = {}
    asked: set[Own] = set()
    homes = sorted(households)
    edge: list[Known] = list(own.values())
    for _ in range(2):
        near |= {row.person for row in edge if row.person}
        identifiers = {one for row in edge for one in row.identifiers if one[0] in HOMES_KINDS} - asked
        asked |= identifiers
        if not (identifiers or homes):
            break
        told = await work.run(
            "identity.neighbours", identifiers=sorted(identifiers), households=homes, known=sorted(persons),
            most=MOST_AT_ONE_PLACE, persons=max(0, MOST_NEIGHBOURS - len(persons)),
        )  # fmt: skip
        read = {row.key: row for line in told for row in map(Known.listed, line["rows"])}
        edge = [row for row in read.values() if row.key not in own]
        persons |= {row.person for row in edge if row.person}
        found.update({row.key: row for row in edge})
        homes = []
    return found, near
