"""What does a file's every column mean, by its header and by its values?"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pyarrow.compute as pc

from matching.address_words import is_unit
from matching.contacts import email
from matching.dates import day, is_day_first, moment
from matching.folding import fold
from matching.header_words import NOT_OF_A_PERSON, extra_type_of, field_of, header_word
from matching.mapping import IGNORE, SOURCE, Mapping, own_name
from matching.records import CANONICAL, FieldType

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

SAMPLE = 2_000  # distinct values of a column that are looked at
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.\w+")
_POSTCODE = re.compile(r"[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|[a-z]\d[a-z] ?\d[a-z]\d")  # British, Canadian
_BARE_UNIT = re.compile(r"[a-z]?\d+[a-z]?|[a-z]")
_NO_DIGIT = re.compile(r"\D+")
_DECIMAL = re.compile(r"[-+$]?\d+([.,]\d+)+|-\d+")
_CODE = re.compile(r"(?=.*\d)[a-z\d]+([-_./:][a-z\d]+)*")
_PHONE = re.compile(r"\+?1?[ .-]?\(?\d{3}\)?[ .-]{0,2}\d{3}[ .-]?\d{4}(\D.*)?|\+\d{8,15}")
_DATE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}.*|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}.*|.*\d[ -][a-z]{3,9}[ -]\d{2,4}|[12]\d{7}"
)


class Profile(NamedTuple):
    """What the values of a column look like."""

    rows: int
    filled: int  # rows with a value
    distinct: int
    sample: list[str]  # distinct values, folded

    def share(self, test: re.Pattern[str]) -> float:
        """How much of the sample has this shape?"""
        return sum(test.fullmatch(v) is not None for v in self.sample) / max(len(self.sample), 1)


def guess_mapping(table: pa.Table, declared: Mapping | None = None) -> Mapping:
    """What does every column of this first batch mean?

    A column that `declared` names keeps its meaning; the others are told by their header's words where their values do
    not contradict them, then by the values' shapes (e-mail, phone, date, code, category, free text). Columns that are
    empty, or tell of an event rather than of a person, are ignored. The notes of the result say what was assumed.
    """
    declared = declared or Mapping()
    profiles = {name: profile(table.column(name)) for name in table.column_names}
    columns = {name: target for name, target in declared.columns.items() if name in profiles}
    extras = {name: kind for name, kind in declared.extras.items() if name in columns.values()}
    events = _tells_of_events(table.column_names)
    for name in table.column_names:
        if name in columns or name in declared.record_id:
            continue
        target, kind = _meaning(name, profiles[name], events)
        if kind is not None:
            extras[target] = kind
        columns[name] = target
    columns, extras = _without_repeats(columns, extras)
    chosen = declared.record_id or _record_id(table, profiles, columns)
    notes = declared.notes + (() if chosen else ("no column names a record: its id is a hash of the row's content",))
    columns = {
        n: own_name(n) if t == "record_id" else t
        for n, t in columns.items()
        if n not in chosen or n in declared.columns or t in CANONICAL
    }
    extras |= {
        t: FieldType.CODE for n, t in columns.items() if t == own_name(n) and t not in extras and t not in CANONICAL
    }
    extras = {name: kind for name, kind in extras.items() if name in columns.values()}
    return Mapping(columns=columns, extras=extras, record_id=chosen, scope=declared.scope, notes=notes)


def profile(column: pa.ChunkedArray) -> Profile:
    """What do the values of this column look like?"""
    values = pc.unique(column.drop_null())
    step = max(len(values) // SAMPLE, 1)
    sample = [text for value in values[::step][:SAMPLE].to_pylist() if (text := fold(value))]
    return Profile(len(column), len(column) - column.null_count, len(values), sample)


def _meaning(name: str, seen: Profile, events: bool) -> tuple[str, FieldType | None]:
    """The target of a column, and its type where it is an extra one."""
    field = field_of(name)
    if not seen.sample:
        # A later batch may have values where this one has none.
        return field if field and field in CANONICAL else IGNORE, None
    if field == SOURCE and (events or seen.distinct > 50):
        field = None
    if field is not None and _fits(field, seen):
        return field, None
    event = field is None and (header_word(name) in NOT_OF_A_PERSON or header_word(name).startswith("utm_"))
    kind = FieldType.NONE if event else extra_type_of(name) or _type_by_values(seen)
    told = {FieldType.NONE: IGNORE, FieldType.EMAIL: "email", FieldType.PHONE: "phone"}.get(kind)
    return (told, None) if told else (own_name(name), kind)


def _fits(field: str, seen: Profile) -> bool:
    """Do the values allow what the header says?"""
    few = seen.sample[:300]
    tests: dict[str, Callable[[str], object]] = {
        "email": email,
        "phone": lambda value: sum(c.isdigit() for c in value) >= 7,
        "date_of_birth": partial(day, day_first=is_day_first(few)),
        "seen_at": lambda value: moment(value.upper()),
        "unit": lambda value: is_unit(value) or _BARE_UNIT.fullmatch(value),
        **dict.fromkeys(("first_name", "middle_name", "last_name", "full_name"), _NO_DIGIT.fullmatch),
    }
    test = tests.get(field)
    return test is None or sum(bool(test(value)) for value in few) >= 0.3 * len(few)


def _type_by_values(seen: Profile) -> FieldType:
    """How may a column without a telling header take part in matching?"""
    if seen.distinct < 2:
        return FieldType.NONE
    if shape := _type_by_shape(seen):
        return shape
    repeated = seen.filled / max(seen.distinct, 1)
    if seen.share(_CODE) > 0.7:
        return _type_of_codes(seen, repeated)
    if sum(len(v) for v in seen.sample) > 40 * len(seen.sample):
        return FieldType.TEXT
    return FieldType.CATEGORY if repeated >= 3 or seen.distinct <= 20 else FieldType.TEXT


def _type_by_shape(seen: Profile) -> FieldType | None:
    if seen.share(_EMAIL) > 0.8:
        return FieldType.EMAIL
    if seen.share(_DATE) > 0.8 and sum(day(v) is not None for v in seen.sample) > 0.8 * len(seen.sample):
        return FieldType.NONE if any(":" in v for v in seen.sample[:50]) else FieldType.DATE
    if seen.share(_PHONE) > 0.8:
        return FieldType.PHONE
    if seen.share(_POSTCODE) > 0.8:
        return FieldType.ZIP
    return FieldType.NONE if seen.share(_DECIMAL) > 0.3 else None


def _type_of_codes(seen: Profile, repeated: float) -> FieldType:
    """Long and varied codes describe somebody; a few short ones sort people; short running numbers measure."""
    lengths = sorted(len(value) for value in seen.sample)
    if lengths[len(lengths) // 2] >= 5 and seen.distinct > 20:
        return FieldType.CODE
    return FieldType.CATEGORY if seen.distinct <= 50 or repeated >= 20 else FieldType.NONE


def _tells_of_events(names: list[str]) -> bool:
    """Is this a file of web or campaign events, where `source` means where the traffic came from?"""
    words = {header_word(name) for name in names}
    return bool(words & {"medium", "campaign", "utm_source", "utm_medium", "user_pseudo_id", "event_name", "gclid"})


def _without_repeats(
    columns: dict[str, str], extras: dict[str, FieldType]
) -> tuple[dict[str, str], dict[str, FieldType]]:
    """An age says less than the date of birth beside it, and changes."""
    if "date_of_birth" not in columns.values():
        return columns, extras
    ages = {name for name in columns if header_word(name) in ("age", "age_years", "years_old")}
    kept = {name: (IGNORE if name in ages else target) for name, target in columns.items()}
    return kept, {name: kind for name, kind in extras.items() if name in kept.values()}


def _record_id(table: pa.Table, profiles: dict[str, Profile], columns: dict[str, str]) -> tuple[str, ...]:
    """Which column names a record: filled and (nearly) unique, within its source where the file has one."""

    def names_rows(name: str) -> bool:
        seen = profiles[name]
        if seen.filled < table.num_rows or not table.num_rows:
            return False
        if seen.distinct >= 0.95 * table.num_rows:
            return True
        sources = [c for c, target in columns.items() if target == SOURCE]
        return bool(sources) and table.group_by([*sources, name]).aggregate([]).num_rows >= 0.95 * table.num_rows

    by_field = [n for n, t in columns.items() if t == "record_id"]
    by_word = [n for n in columns if re.search(r"(^|_)(id|key|guid|uuid|number|no|num)$", header_word(n))]
    systems = [n for n, t in columns.items() if t in ("crm_id", "property_id")]
    personal = {
        n for n, t in columns.items() if t not in ("record_id", "crm_id", "property_id", IGNORE) and t in CANONICAL
    }
    for name in [*by_field, *systems, *by_word]:
        if name not in personal and names_rows(name):
            return (name,)
    return ()
