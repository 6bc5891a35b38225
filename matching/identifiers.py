"""What is the one normalised value of an identifier?"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from matching import addresses, contacts
from matching.address_words import unit_value
from matching.errors import MatchingError
from matching.folding import fold
from matching.records import FieldType

ADDRESS_COLUMNS = ("street_address", "unit", "city", "state", "zip")


def normalise(value: str, kind: str) -> str | None:
    """What is the one form of this value of a kind of identifier? None where it is no such value, or a placeholder.

    Kinds: email, phone, address, device_id, cookie_id, crm_id, property_id. An address is one line, or
    `street|unit|city|state|zip` (see `address_value`). Normalising again changes nothing.
    """
    if kind not in _KINDS:
        raise MatchingError(f"no kind of identifier is called {kind!r}; use one of {', '.join(_KINDS)}")
    return _KINDS[kind](value)


def address_value(record: Mapping[str, str | None]) -> str | None:
    """The address of a canonical record as one identifier: `street|unit|city|state|zip`, missing parts empty.

    The zip suffices: where there is one, city and state are left out, so that records with and without them share the
    identifier. Without a zip the city must be there; a street alone names no house, and is None.
    """
    street, unit, city, state, code = (record.get(name) or "" for name in ADDRESS_COLUMNS)
    if not street or not (code or city):
        return None
    return f"{street}|{unit}|||{code}" if code else f"{street}|{unit}|{city}|{state}|"


def address_values(table: pa.Table) -> pa.Array:
    """`address_value` of every row of a canonical table."""
    nothing = pa.nulls(table.num_rows, pa.string())
    columns = [table[n].combine_chunks() if n in table.column_names else nothing for n in ADDRESS_COLUMNS]
    street, unit, city, state, code = (pc.fill_null(column, "") for column in columns)
    by_zip = pc.not_equal(code, "")
    town = pc.if_else(by_zip, "", city)
    region = pc.if_else(by_zip, "", state)
    joined = pc.binary_join_element_wise(street, unit, town, region, code, "|")
    told = pc.and_(pc.not_equal(street, ""), pc.or_(by_zip, pc.not_equal(city, "")))
    return pc.if_else(told, joined, pa.scalar(None, pa.string()))


def _address(value: str) -> str | None:
    if value.count("|") == 4:
        street, unit, city, state, code = value.split("|")
        whole = addresses.address(street)
        parts = {
            "street_address": whole.street,
            "unit": unit_value(unit) or whole.unit,
            "city": addresses.city(city) or whole.city,
            "state": addresses.state(state) or whole.state,
            "zip": addresses.zip_code(code) or whole.zip,
        }
    else:
        parts = dict(zip(ADDRESS_COLUMNS, addresses.address(value), strict=True))
    return address_value(parts)


def _crm_id(value: str) -> str | None:
    return contacts.system_id(value, FieldType.CODE) if fold(value) else None


_KINDS: dict[str, Callable[[str], str | None]] = {
    "email": contacts.email,
    "phone": contacts.phone,
    "address": _address,
    "device_id": contacts.system_id,
    "cookie_id": contacts.system_id,
    "crm_id": _crm_id,
    "property_id": contacts.property_id,
}
