"""The registry of identifier kinds, who is meant by identifiers, and the arithmetic of who inherits an id."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from graph_service.errors import BadInput


@dataclass(frozen=True, slots=True)
class Kind:
    """What we know of a kind of identifier.

    `most_persons` is the cardinality limit: a value that leads to more persons than this is over-shared, and is listed.
    `personal` values are masked without the scope `pii:read`. `scoped` kinds are told apart by the system they come
    from, because two systems may hand out the same id.
    """

    name: str
    field: str
    level: Literal["person", "household", "property"]
    most_persons: int
    personal: bool
    scoped: bool


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("email", "email", "person", 12, personal=True, scoped=False),
        Kind("phone", "phone", "person", 12, personal=True, scoped=False),
        Kind("address", "street_address", "household", 500, personal=True, scoped=False),
        Kind("device_id", "device_id", "household", 12, personal=False, scoped=False),
        Kind("cookie_id", "cookie_id", "person", 12, personal=False, scoped=False),
        Kind("crm_id", "crm_id", "person", 3, personal=False, scoped=False),
        Kind("property_id", "property_id", "property", 500, personal=False, scoped=False),
    )
}
# By what somebody is reached. A row of a building without any of it is an entry of a register.
REACHED_BY = tuple(kind.field for kind in KINDS.values() if kind.name not in {"address", "property_id"})


def kind_named(name: str) -> Kind:
    """The kind of this name. Raises BadInput, naming the kinds there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise BadInput(f"'{name}' is not a kind of identifier: use one of {', '.join(KINDS)}.") from None


@dataclass(frozen=True, slots=True)
class Lead:
    """One person that an identifier leads to."""

    person_id: str
    household_id: str | None
    strength: float
    records: int


@dataclass(frozen=True, slots=True)
class Found:
    """Where one identifier leads: how many persons in all, and the strongest of them."""

    persons: int
    leads: tuple[Lead, ...]

    @property
    def over_shared(self) -> bool:
        """Whether it leads to more persons than are listed, so that it cannot rule anybody out."""
        return self.persons > len(self.leads)


@dataclass(frozen=True, slots=True)
class Ranked:
    """A person who may be meant; `matched` counts the identifiers that lead to it."""

    person_id: str
    household_id: str | None
    strength: float
    records: int
    matched: int


@dataclass(frozen=True, slots=True)
class Answer:
    """Who is meant: a person, or only a household, or neither; with everybody who may be."""

    person_id: str | None
    household_id: str | None
    strength: float | None
    ambiguous: bool
    candidates: tuple[Ranked, ...]


def answer_of(found: Sequence[Found]) -> Answer:
    """Who is meant by identifiers that lead here?

    A person only if exactly one carries every identifier that was found; else the household, if all leading persons
    share one. An over-shared identifier decides nothing while another does.
    """
    leading_somewhere = [one for one in found if one.leads]
    decisive = [one for one in leading_somewhere if not one.over_shared]
    used = decisive or leading_somewhere
    candidates = _ranked(used)
    if not candidates:
        return Answer(None, None, None, False, ())
    best = candidates[0]
    leading = [one for one in candidates if one.matched == best.matched]
    if decisive and len(leading) == 1 and best.matched == len(used):
        return Answer(best.person_id, best.household_id, best.strength, False, candidates)
    shared = {one.household_id for one in leading}
    if not decisive or len(shared) > 1 or best.household_id is None:
        return Answer(None, None, None, True, candidates)
    return Answer(None, best.household_id, _household_strength(used, best.household_id), True, candidates)


def _ranked(found: Sequence[Found]) -> tuple[Ranked, ...]:
    together: dict[str, list[Lead]] = {}
    for one in found:
        for lead in one.leads:
            together.setdefault(lead.person_id, []).append(lead)
    ranked = [
        Ranked(
            person_id,
            leads[0].household_id,
            _together(lead.strength for lead in leads),
            max(lead.records for lead in leads),
            len(leads),
        )
        for person_id, leads in together.items()
    ]
    return tuple(sorted(ranked, key=lambda one: (-one.matched, -one.strength, -one.records, one.person_id)))


def _household_strength(found: Sequence[Found], household_id: str) -> float:
    """An identifier leads to a household as surely as to its members together."""
    return _together(
        min(1.0, sum(lead.strength for lead in one.leads if lead.household_id == household_id)) for one in found
    )


def _together(strengths: Iterable[float]) -> float:
    return 1.0 - math.prod(1.0 - strength for strength in strengths)
