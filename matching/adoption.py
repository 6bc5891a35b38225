"""Which model of ours is somebody's trained Splink model? Its levels, m, u and prior are taken over as they are.

Splink's settings hold SQL over its own column names: they are renamed to our fields. What has no counterpart here (a
column we do not know, a term frequency that is damped) is refused or left out with a notice, never guessed.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from matching.blocking import rules_for
from matching.comparisons import Comparison, Level, Sharing
from matching.conditions import columns_of, of_pair
from matching.errors import MatchingError
from matching.guess import guess_mapping
from matching.links import count_values
from matching.model import COUNTS, Grades, Model
from matching.records import CANONICAL, FieldType
from matching.scratch import load, open_scratch

__all__ = ["Adopted", "AdoptionError", "adopt", "with_counts"]

DIALECT = "duckdb"
FREE = {FieldType.FAMILY, FieldType.ADDRESS, FieldType.ZIP, FieldType.PLACE, FieldType.PHONE, FieldType.EMAIL}


class AdoptionError(MatchingError):
    """A Splink model uses what has no counterpart here."""


@dataclass(frozen=True, slots=True)
class Adopted:
    """The model, the columns of Splink's that were renamed, and what was left out."""

    model: Model
    renamed: dict[str, str]
    notices: list[str] = field(default_factory=list)


def adopt(text: str, extras: Mapping[str, FieldType], columns: Mapping[str, str]) -> Adopted:
    """Which model do Splink's settings (the JSON of `save_model_to_json`) hold?

    `extras`: matching types of further fields; `columns`: Splink's column -> our field, where the names differ and the
    header words do not tell. Term frequencies are counted by `with_counts`. Raises AdoptionError.
    """
    try:
        settings = json.loads(text)
        told = _filled(settings)
        prior = float(settings["probability_two_random_records_match"])
        if not 0 < prior < 1:
            raise ValueError(f"its prior is {prior}")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AdoptionError(f"this is no trained Splink model ({error})") from error
    reader = _Reader(_fields(told, extras, columns))
    made = [reader.comparison(one) for one in told]
    used = {column for comparison, _ in made for column in comparison.columns}
    fields = {name: CANONICAL.get(name) or extras[name] for name in sorted(used)}
    renamed = {name: ours for name, ours in sorted(reader.ours.items()) if name != ours}
    comparisons, grades = tuple(c for c, _ in made), tuple(g for _, g in made)
    card = {"adopted": "splink", "traps": [], "notices": reader.notices}
    model = Model(fields, comparisons, grades, prior, 0.0, {}, COUNTS.empty_table(), {}, rules_for(fields), card)
    return Adopted(model, renamed, reader.notices)


def with_counts(model: Model, records: pa.Table) -> Model:
    """The model with the value frequencies of these records, as Splink counts them where it predicts.

    A column that no record fills weighs without term frequencies.
    """
    for column in model.fields:
        if column not in records.column_names:
            records = records.append_column(column, pa.nulls(records.num_rows, pa.string()))
    with open_scratch() as connection:
        load(connection, records, model.fields)
        counts, sizes = count_values(connection, model.comparisons)
    kept = tuple(
        replace(comparison, levels=tuple(
            level if level.frequency is None or sizes[level.frequency] else replace(level, frequency=None)
            for level in comparison.levels
        ))
        for comparison in model.comparisons
    )  # fmt: skip
    return replace(model, comparisons=kept, counts=counts, sizes=sizes)


def _filled(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """The comparisons, with the values that Splink itself would use for levels that its training never saw."""
    from splink import SettingsCreator

    if not any("m_probability" in level for one in settings["comparisons"] for level in one["comparison_levels"]):
        raise AdoptionError("its levels have no m and u: train the model first")
    read = SettingsCreator.from_path_or_dict(settings).get_settings("duckdb").core_model_settings.comparisons
    told: list[dict[str, Any]] = settings["comparisons"]
    for one, known in zip(told, read, strict=True):
        for level, held in zip(one["comparison_levels"], known.comparison_levels, strict=True):
            if not held.is_null_level:
                level |= {"m_probability": held.m_probability, "u_probability": held.u_probability}
    return told


def _fields(
    told: Iterable[Mapping[str, Any]], extras: Mapping[str, FieldType], columns: Mapping[str, str]
) -> dict[str, str]:
    """Our field for each of Splink's columns. Raises AdoptionError, naming those that have none."""
    names = set()
    for comparison in told:
        for level in comparison["comparison_levels"]:
            if level["sql_condition"].strip().upper() != "ELSE":
                names |= {name[:-2] for name in columns_of(_duckdb(level["sql_condition"]))}
    known = {**{name: name for name in (*CANONICAL, *extras)}, **columns}
    unknown = sorted(names - known.keys())
    if unknown:
        guessed = guess_mapping(pa.table({name: pa.array([], pa.string()) for name in unknown})).columns
        known |= {name: ours for name, ours in guessed.items() if ours in CANONICAL and ours not in names}
    missing = sorted(name for name in names if known.get(name) not in {*CANONICAL, *extras})
    if missing:
        raise AdoptionError(f"no field of ours is known for {', '.join(missing)}: say which, as COLUMN=FIELD")
    return {name: known[name] for name in sorted(names)}


class _Reader:
    """Splink's comparisons in our words."""

    def __init__(self, ours: Mapping[str, str]) -> None:
        self.ours = dict(ours)
        self.notices: list[str] = []

    def comparison(self, told: Mapping[str, Any]) -> tuple[Comparison, Grades]:
        """One comparison with its probabilities."""
        name = told.get("output_column_name") or told.get("comparison_description") or "comparison"
        levels, unknown, m, u = [], "false", [], []
        rest = (1e-12, 1e-12)
        for level in told["comparison_levels"]:
            sql = level["sql_condition"].strip()
            if level.get("is_null_level"):
                unknown = self._renamed(sql)
            elif sql.upper() == "ELSE":
                rest = _probabilities(name, level)
            else:
                levels.append(self._level(name, level, self._renamed(sql)))
                one, other = _probabilities(name, level)
                m.append(one)
                u.append(other)
        columns = tuple(sorted({c[:-2] for level in levels for c in columns_of(level.sql)}))
        comparison = Comparison(name, columns, unknown, tuple(levels), self._sharing(columns), guarded=False)
        for sql in (unknown, *(level.sql for level in levels)):
            of_pair(sql)  # what only a database can say is refused now, and not in the middle of the night
        raw = np.array([1.0, rest[1], *reversed(u)])
        for at, level in enumerate(levels):
            if level.frequency is not None:
                raw[comparison.number(at)] = u[at]
        return comparison, Grades(m=np.array([1.0, rest[0], *reversed(m)]), u=raw.copy(), home=raw.copy(), raw=raw)

    def _level(self, name: str, told: Mapping[str, Any], sql: str) -> Level:
        label, m = told.get("label_for_charts") or sql, _share(name, told, "m_probability")
        column = told.get("tf_adjustment_column")
        if column is None:
            return Level(label, sql, m)
        ours = self.ours.get(str(column).strip('"'))
        if not _equality(sql, ours):
            self.notices.append(f"{name}, {label}: without the term frequency of {column}, which is no field of ours.")
            return Level(label, sql, m)
        if told.get("tf_adjustment_weight") not in (None, 1) or told.get("tf_minimum_u_value") not in (None, 0):
            raise AdoptionError(f"{name}, {label}: damped term frequencies have no counterpart here")
        return Level(label, sql, m, ours)

    def _sharing(self, columns: tuple[str, ...]) -> Sharing:
        kinds = {CANONICAL.get(column) for column in columns}
        return Sharing.FREE if kinds and kinds <= FREE else Sharing.NEVER

    def _renamed(self, sql: str) -> str:
        tree = parse_one(_duckdb(sql), dialect=DIALECT)
        for column in list(tree.find_all(exp.Column)):
            name = column.name
            column.set("this", exp.to_identifier(self.ours[name[:-2]] + name[-2:], quoted=True))
            column.set("table", None)
        return tree.sql(dialect=DIALECT)


def _duckdb(sql: str) -> str:
    try:
        return parse_one(sql, dialect=DIALECT).sql(dialect=DIALECT)
    except SqlglotError as error:
        raise AdoptionError(f"this level is not DuckDB's SQL: {sql}") from error


def _equality(sql: str, column: str | None) -> bool:
    tree = parse_one(sql, dialect=DIALECT)
    return isinstance(tree, exp.EQ) and {tree.this.name, tree.expression.name} == {f"{column}_l", f"{column}_r"}


def _probabilities(name: str, level: Mapping[str, Any]) -> tuple[float, float]:
    return _share(name, level, "m_probability"), _share(name, level, "u_probability")


def _share(name: str, level: Mapping[str, Any], key: str) -> float:
    said = level.get(key)
    if not isinstance(said, int | float) or not 0 <= said <= 1:
        raise AdoptionError(f"{name}: a level's {key} is {said!r}, not a number from 0 to 1: train the model first")
    return float(said)
