"""The registry of identifier kinds, and the arithmetic of who inherits an id."""

from collections.abc import Mapping
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


def kind_named(name: str) -> Kind:
    """The kind of this name. Raises BadInput, naming the kinds there are."""
    try:
        return KINDS[name]
    except KeyError:
        raise BadInput(f"'{name}' is not a kind of identifier: use one of {', '.join(KINDS)}.") from None
