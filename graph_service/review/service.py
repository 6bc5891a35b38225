"""Why two rows are one person, how a person hangs together, and what is worth somebody's judgement."""

from collections.abc import Sequence
from dataclasses import dataclass

from graph_service.errors import BadInput, NotFound
from graph_service.graph.store import Work
from graph_service.identity import schemas as identity
from graph_service.identity.live import judged
from graph_service.identity.live.component import LIMITS
from graph_service.identity.live.judged import Key
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.surroundings import Component, Known, component_of
from graph_service.identity.model import KINDS
from graph_service.identity.view import View, living
from graph_service.review import model
from graph_service.review import schemas as say

WIDTH = 8.0  # bits from the cut within which a pair is doubtful
LOOKED_AT = 500
CLEAR = {"sex", "city", "state", "zip", "seen_at"}
NAMES = {"first_name", "middle_name", "last_name", "suffix"}
OVER_SHARED = ("email", "phone", "device_id", "cookie_id", "crm_id")


def row_of(text: str) -> Key:
    """The row that `source/record_id` names. Raises BadInput."""
    source, slash, record_id = text.partition("/")
    if not slash or not record_id:
        raise BadInput(f"'{text[:100]}' is no row: write source/record_id, such as crm/17.")
    return source, record_id


async def explain_pair(view: View, left: Key, right: Key) -> say.PairExplained:
    """Why are these two rows, or why are they not, taken for one person? Raises NotFound."""
    in_use = await scorer_in_use(view.store, view.tenant)
    found = await view.store.read(view.tenant, "identity.rows_of_records", records=[left, right])
    rows = {row.key: row for row in map(Known.of, found)}
    if left == right or len(rows) < 2:
        raise NotFound("There are no two such rows.")
    one, other = rows[left], rows[right]
    held = await view.store.work(view.tenant, lambda work: judged.about(work, [left, right]))
    fall = model.waterfall(in_use.scorer, one, other)
    return say.PairExplained(
        left=_row(left),
        right=_row(right),
        same_person=one.person is not None and one.person == other.person,
        person_id=one.person,
        other_person_id=other.person,
        prior=round(fall.prior, 6),
        steps=[_step(view, part, one, other) for part in fall.parts],
        household=round(fall.household, 6),
        weight=round(fall.weight, 6),
        probability=model.probability(fall.weight),
        judgements=[judgement.judgement_id for judgement in held if judgement.rows >= {left, right}],
        model_id=in_use.model_id,
    )


@dataclass(frozen=True, slots=True)
class _Hanging:
    """A person's rows and how they hang together."""

    rows: Sequence[Key]
    joins: Sequence[model.Join]
    held: Sequence[judged.Held]


async def explain_person(view: View, person_id: str, between: tuple[Key, Key] | None = None) -> say.PersonExplained:
    """How did this person's rows come together, what is the weakest join, and what would part them?

    With two rows, also the path that leads from one to the other. Raises NotFound, Gone.
    """
    in_use = await scorer_in_use(view.store, view.tenant)
    person = (await living(view, "person", person_id))["person_id"]
    hanging = await view.store.work(view.tenant, lambda work: _hanging(work, in_use, person))
    if between and not set(between) <= set(hanging.rows):
        raise NotFound("These rows are not both of this person.")
    bridges = {id(join): _bridge(join, hanging.held) for join in hanging.joins}
    path = model.path(hanging.joins, *between) if between else []
    weakest = hanging.joins[0] if hanging.joins else None
    parts = model.parted(hanging.rows, hanging.joins, weakest) if weakest else []
    return say.PersonExplained(
        person_id=person,
        requested_id=person_id,
        rows=[_row(key) for key in hanging.rows],
        bridges=list(bridges.values()),
        path=[bridges[id(join)] for join in path],
        weakest=bridges[id(weakest)] if weakest else None,
        would_part=[[_row(key) for key in part] for part in parts],
    )


async def queue(view: View, *, limit: int = 50) -> say.Queue:
    """What is worth somebody's judgement? Doubtful pairs, values that too many share, tripped limits."""
    store, tenant = view.store, view.tenant
    found = await store.read(tenant, "review.doubtful_pairs", width=WIDTH, limit=max(LOOKED_AT, limit))
    pairs = []
    for row in found:
        same, weight = row["person_id"] == row["other_person"], row["weight"]
        hanging = min(row["records"] or 1, row["other_records"] or 1)
        pairs.append(say.Doubt(
            left=_row((row["source"], row["record_id"])), right=_row((row["other_source"], row["other_id"])),
            person_id=row["person_id"], other_person_id=row["other_person"], weight=weight,
            probability=model.probability(weight), same_person=same,
            information=model.information(weight, same, hanging),
        ))  # fmt: skip
    pairs.sort(key=lambda pair: (-pair.information, pair.left.key, pair.right.key))
    shared = []
    for name in OVER_SHARED:
        rows = await store.read(
            tenant, "review.shared_by_many", after=(name, ""), end=(name,), most=KINDS[name].most_persons, limit=limit
        )
        shared += [say.Shared(**{**row, "value": view.shown(row["kind"], row["value"])}) for row in rows]
    limits = [say.Tripped(**row) for row in await store.read(tenant, "review.tripped_limits", limit=limit)]
    shared.sort(key=lambda one: (-one.persons, one.kind, one.value))
    return say.Queue(pairs=pairs[:limit], shared=shared[:limit], limits=limits)


async def _hanging(work: Work, in_use: InUse, person: str) -> _Hanging:
    read = await work.run("identity.rows_of_persons", persons=[person])
    rows = sorted((row["source"], row["record_id"]) for row in read)
    component: Component = await component_of(work, rows, LIMITS)
    held = await judged.about(work, rows)
    return _Hanging(rows, model.joins(in_use.scorer, component, rows, LIMITS), held)


def _bridge(join: model.Join, held: Sequence[judged.Held]) -> say.Bridge:
    judgement = next((one.judgement_id for one in held if one.same and {join.left, join.right} <= one.rows), None)
    by_hand = join.weight is None
    weight = None if join.weight is None else round(join.weight, 6)
    return say.Bridge(
        left=_row(join.left), right=_row(join.right), weight=weight, judgement_id=judgement if by_hand else None
    )


def _step(view: View, part: model.Part, left: Known, right: Known) -> say.Step:
    values = [[_shown(view, name, row.fields.get(name)) for name in part.columns] for row in (left, right)]
    return say.Step(
        comparison=part.name, level=part.level, weight=round(part.bits, 6), adjustment=round(part.rarity, 6),
        left=values[0], right=values[1],
    )  # fmt: skip


def _shown(view: View, column: str, value: str | None) -> str | None:
    """A compared value as this caller may see it."""
    if view.personal or value is None or column in CLEAR:
        return value
    return identity.masked("name", value) if column in NAMES else view.shown(column, value)


def _row(key: Key) -> say.ReviewedRow:
    return say.ReviewedRow(source=key[0], record_id=key[1])
