"""Which column of a file is which field of a canonical record?"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import Any

from matching.errors import MappingError
from matching.records import CANONICAL, RAW_FIELDS, FieldType

IGNORE = "ignore"
SOURCE = "source"
_OWN_NAME = re.compile(r"[^a-z0-9]+")
_TAKEN = {SOURCE, "record_id", IGNORE, *RAW_FIELDS}


@dataclass(frozen=True)
class Mapping:
    """What every column of a file means; written by hand as TOML, or guessed and then saved.

    `columns`: input column -> canonical field, `full_name`, `street_number`, `source`, an extra column's own name, or
    `ignore`. `extras`: own name -> matching type of every extra column. `record_id`: the columns that together name a
    record; empty means a hash of the row's content. `scope`: keeps the crm_id and cookie_id of different systems apart.
    `notes`: what a guess wants to say.

        record_id = "id"
        scope = "hubspot"
        [columns]
        "First Name" = "first_name"
        ssn = {type = "code"}
        "Maiden Name" = {field = "maiden_name", type = "name"}
        notes = "ignore"

    Columns that are not named here are typed by their names and values when the file is standardised.
    """

    columns: dict[str, str] = field(default_factory=dict)
    extras: dict[str, FieldType] = field(default_factory=dict)
    record_id: tuple[str, ...] = ()
    scope: str | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for column, target in self.columns.items():
            if target not in CANONICAL and target not in _TAKEN and target not in self.extras:
                raise MappingError(
                    f"column {column!r}: no field is called {target!r}; use one of "
                    f"{', '.join([*CANONICAL, *RAW_FIELDS])}, "
                    f'"ignore", or declare an extra column as {{type = "code"}}'
                )
        for name in self.extras:
            if name in CANONICAL or name in _TAKEN:
                raise MappingError(f"{name!r} has a type already; map the column to it without declaring a type")

    @classmethod
    def from_toml(cls, text: str) -> Mapping:
        """The mapping that a TOML document says (format above); MappingError says what is wrong with it."""
        try:
            document = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise MappingError(f"the mapping is not valid TOML: {error}") from error
        unknown = set(document) - {"record_id", "scope", "columns", "notes"}
        if unknown:
            raise MappingError(f"the mapping knows record_id, scope and [columns], not {', '.join(sorted(unknown))}")
        columns, extras = _declared(document.get("columns", {}))
        scope = document.get("scope")
        if not isinstance(scope, str | None):
            raise MappingError("scope: write a text")
        return cls(
            columns=columns,
            extras=extras,
            record_id=_texts(document, "record_id"),
            scope=scope,
            notes=_texts(document, "notes"),
        )

    def to_toml(self) -> str:
        """The mapping as a TOML document that `from_toml` reads back to an equal mapping."""
        lines = []
        if self.notes:
            lines.append(f"notes = [{', '.join(map(_quoted, self.notes))}]")
        if self.record_id:
            lines.append(f"record_id = [{', '.join(map(_quoted, self.record_id))}]")
        else:
            lines.append("# no record_id: a record is named by a hash of its row's content")
        if self.scope:
            lines.append(f"scope = {_quoted(self.scope)}")
        lines.append("\n[columns]")
        for column, target in self.columns.items():
            if target in self.extras:
                value = f"{{field = {_quoted(target)}, type = {_quoted(str(self.extras[target]))}}}"
            else:
                value = _quoted(target)
            lines.append(f"{_quoted(column)} = {value}")
        return "\n".join(lines) + "\n"


def own_name(column: str) -> str:
    """The snake_case name under which an extra column is kept; never one that means something else here."""
    name = _OWN_NAME.sub("_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column).lower()).strip("_") or "column"
    name = f"c_{name}" if name[0].isdigit() else name
    return f"{name}_value" if name in CANONICAL or name in _TAKEN else name


def _texts(document: dict[str, Any], name: str) -> tuple[str, ...]:
    said = document.get(name, [])
    texts = [said] if isinstance(said, str) else said
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise MappingError(f"{name}: write a text, or a list of texts")
    return tuple(texts)


def _declared(columns: Any) -> tuple[dict[str, str], dict[str, FieldType]]:
    targets: dict[str, str] = {}
    extras: dict[str, FieldType] = {}
    if not isinstance(columns, dict):
        raise MappingError("columns: write a table, [columns], with a line for each column")
    for column, value in columns.items():
        if isinstance(value, str):
            targets[column] = value
        elif isinstance(value, dict) and "type" in value and set(value) <= {"type", "field"}:
            name = value.get("field") or own_name(column)
            targets[column], extras[name] = name, _type(column, value["type"])
        else:
            raise MappingError(f'column {column!r}: write the name of a field, "ignore", or {{type = "code"}}')
    return targets, extras


def _type(column: str, name: object) -> FieldType:
    try:
        return FieldType(str(name))
    except ValueError:
        known = ", ".join(FieldType)
        raise MappingError(f"column {column!r}: no matching type is called {name!r}; use one of {known}") from None


def _quoted(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in plain) + '"'
