"""What is a canonical record: the words every part of matching uses for its columns."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class FieldType(StrEnum):
    """How a column takes part in matching."""

    GIVEN = "given"
    MIDDLE = "middle"
    FAMILY = "family"
    SUFFIX = "suffix"
    NAME = "name"  # any further name column: maiden name, nickname
    DATE = "date"
    CATEGORY = "category"
    EMAIL = "email"
    PHONE = "phone"
    ADDRESS = "address"
    UNIT = "unit"
    PLACE = "place"
    REGION = "region"
    ZIP = "zip"
    CODE = "code"  # an id that describes a person: equality and near equality are evidence
    TEXT = "text"  # free text: exact equality only
    DEVICE = "device"
    PROPERTY = "property"
    NONE = "none"  # carried, never matched on


CANONICAL: Mapping[str, FieldType] = MappingProxyType(
    {
        "first_name": FieldType.GIVEN,
        "middle_name": FieldType.MIDDLE,
        "last_name": FieldType.FAMILY,
        "suffix": FieldType.SUFFIX,
        "date_of_birth": FieldType.DATE,
        "sex": FieldType.CATEGORY,
        "email": FieldType.EMAIL,
        "phone": FieldType.PHONE,
        "street_address": FieldType.ADDRESS,
        "unit": FieldType.UNIT,
        "city": FieldType.PLACE,
        "state": FieldType.REGION,
        "zip": FieldType.ZIP,
        "device_id": FieldType.DEVICE,
        "cookie_id": FieldType.DEVICE,
        "crm_id": FieldType.CODE,
        "property_id": FieldType.PROPERTY,
        "seen_at": FieldType.NONE,
    }
)

KEY_COLUMNS = ("source", "record_id")

# Columns of raw files that standardising takes apart or joins; they never appear in a canonical table.
RAW_FIELDS = ("full_name", "street_number")


def matchable(columns: Iterable[str], extras: Mapping[str, FieldType]) -> dict[str, FieldType]:
    """Which of these columns may take part in matching, and as what?

    Canonical columns have their fixed type, further ones that of `extras`; keys and carried columns are left out.
    """
    types = {name: CANONICAL.get(name) or extras.get(name, FieldType.NONE) for name in columns}
    return {name: kind for name, kind in types.items() if kind is not FieldType.NONE and name not in KEY_COLUMNS}
