"""Who is meant by a name, an address, or any mix of fields? Scored against the graph as a row that arrives would be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from graph_service.graph import keys
from graph_service.graph.store import Row, Store
from graph_service.identity.live.arrive import known_of
from graph_service.identity.live.blocks import blocks_of
from graph_service.identity.live.company import Company, company_of
from graph_service.identity.live.scorers import InUse, scorer_in_use
from graph_service.identity.live.surroundings import Known, Own
from graph_service.identity.model import Answer, Ranked
from matching import Limits

LIMITS = Limits()
NOBODY = ("", "")  # the key of a row that is only asked about
MOST_DECIDED = 15  # rows that are decided on together with the one asked for


@dataclass(frozen=True, slots=True)
class Found:
    """The answer, the blocks and identifiers it was found by, and how many of the row's keys lead to a crowd."""

    answer: Answer
    blocks: dict[str, str]
    identifiers: Sequence[Own]
    skipped: int


async def who_is(store: Store, tenant: str, row: Row) -> Found:
    """Who is the person of this standardised row, if it were one of ours? Nothing is written."""
    in_use = await scorer_in_use(store, tenant)
    asked = known_of(row)
    # Not the row that the same question made once, which is to be found.
    newcomer = replace(asked, key=NOBODY, fields={**asked.fields, "source": NOBODY[0], "record_id": NOBODY[1]})
    company = await company_of(partial(store.read, tenant), newcomer, in_use)
    own = blocks_of(in_use.scorer.blocking_keys(newcomer.fields, in_use.blocks or ()), in_use.blocks or ())
    blocks = {slot: keys.compose(tenant, block or "") for slot, block in own.items()}
    return Found(_answer(newcomer, company, in_use), blocks, company.identifiers, company.skipped)


def _answer(newcomer: Known, company: Company, in_use: InUse) -> Answer:
    """A person if the row would join exactly one; else the household, if all who may be meant share one."""
    likely = [row for row, weight in zip(company.rows, company.weights, strict=True) if weight >= LIMITS.reach]
    candidates = _ranked(company, LIMITS.reach)
    joined = _joined(newcomer, likely[:MOST_DECIDED], in_use)
    if len(joined) == 1:
        best = next(one for one in candidates if one.person_id in joined)
        others = tuple(one for one in candidates if one is not best)
        return Answer(best.person_id, best.household_id, best.strength, False, (best, *others))
    at_home = [row for row in company.rows if row.address is not None and row.address == newcomer.address]
    households = {one.household_id for one in candidates} or {row.household for row in at_home}
    shared = households.pop() if len(households) == 1 else None
    return Answer(None, shared, None, bool(candidates or shared), candidates)


def _joined(newcomer: Known, likely: Sequence[Known], in_use: InUse) -> set[str]:
    """The persons whose rows would be one person with this row."""
    if not likely:
        return set()
    persons = in_use.scorer.partition([newcomer.fields, *(row.fields for row in likely)]).persons.tolist()
    return {row.person for row, person in zip(likely, persons[1:], strict=True) if person == persons[0] and row.person}


def _ranked(company: Company, least: float) -> tuple[Ranked, ...]:
    """Everybody who may be meant, the likeliest first: a person is as likely as the row that fits best."""
    found: dict[str, Ranked] = {}
    for row, weight in zip(company.rows, company.weights, strict=True):
        if row.person is not None and weight >= least:
            first = found.get(row.person)
            rows = first.records + 1 if first else 1
            strength = first.strength if first else 1.0 / (1.0 + 2.0**-weight)
            found[row.person] = Ranked(row.person, row.household, strength, rows, rows)
    return tuple(sorted(found.values(), key=lambda one: (-one.strength, -one.records, one.person_id)))
