"""How are m and u learnt without labels? u from random pairs and exact counts, m from Splink's EM sessions."""

import logging
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import replace
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.comparisons import Comparison, Sharing, quoted
from matching.links import grade_pairs
from matching.model import Grades
from matching.records import FieldType

__all__ = ["deterministic_prior", "learn_m", "learn_sharing", "random_pair_levels"]

Floats = npt.NDArray[np.float64]
RANDOM_PAIRS = 1_000_000
SESSION_PAIRS = 250_000.0
SEED = 20_260_101
RULE_RECALL = 0.8
MOST_DIFFERENT = 0.3
OTHER_NAMES, LEAST_PAIRS, MOST_ROWS = 0.2, 30, 20
SESSION_ROUNDS = (15, 6, 3)


def random_pair_levels(
    connection: duckdb.DuckDBPyConnection, comparisons: tuple[Comparison, ...], rows: int
) -> list[Floats]:
    """How often do two random records reach each level (u before cleaning)?

    Sums to 1 over the known levels; entry 0 is how often the values are known. The best level is counted exactly
    from its value counts, the others on random pairs (fixed seed).
    """
    left, right = _random_pairs(rows)
    connection.register("random_pairs", pa.table({"l": left, "r": right}))
    tallies = [np.zeros(c.size) for c in comparisons]
    for batch in grade_pairs(connection, comparisons, "random_pairs"):
        for i, comparison in enumerate(comparisons):
            tallies[i] += np.bincount(batch.grades[:, i], minlength=comparison.size)
    connection.unregister("random_pairs")
    return [_probabilities(connection, c, t) for c, t in zip(comparisons, tallies, strict=True)]


def learn_sharing(
    connection: duckdb.DuckDBPyConnection, fields: Mapping[str, FieldType], comparisons: tuple[Comparison, ...]
) -> tuple[Comparison, ...]:
    """Which codes belong to a household rather than to a person? Those whose value often goes with other given names.

    A code is taken to be shared freely when a fifth of the pairs with equal values, thirty at least, have given names
    that begin otherwise and are nothing alike (a policy number, say; not a social security number).
    """
    given = _first(fields).get(FieldType.GIVEN)
    codes = [c for c, kind in fields.items() if kind is FieldType.CODE] if given else []
    shared = {code for code in codes if _other_names(connection, code, str(given)) > OTHER_NAMES}
    return tuple(replace(c, sharing=Sharing.FREE) if c.name in shared else c for c in comparisons)


def _other_names(connection: duckdb.DuckDBPyConnection, column: str, given: str) -> float:
    """Of the pairs with the same value here, which share has quite different given names?"""
    value, name = quoted(column), quoted(given)
    pairs, other = connection.execute(
        f"""with few as (select {value} as value, {name} as name, rid from rec
            where {value} is not null and {name} is not null
            qualify count(*) over (partition by {value}) between 2 and {MOST_ROWS})
        select count(*), count(*) filter (where left(a.name, 1) <> left(b.name, 1)
            and jaro_winkler_similarity(a.name, b.name) < 0.7)
        from few a join few b on a.value = b.value and a.rid < b.rid"""
    ).fetchall()[0]
    return float(other / pairs) if pairs >= LEAST_PAIRS else 0.0


def deterministic_prior(connection: duckdb.DuckDBPyConnection, fields: Mapping[str, FieldType], rows: int) -> float:
    """What share of all pairs is surely one person, by rules of full agreement (a start value only)?"""
    of = _first(fields)
    names = [of[k] for k in (FieldType.GIVEN, FieldType.FAMILY) if k in of]
    rules = [[*names, of[k]] for k in (FieldType.DATE, FieldType.ZIP, FieldType.PLACE) if names and k in of]
    rules += [[column] for column, kind in fields.items() if kind in (FieldType.CODE, FieldType.EMAIL)]
    rules += [[of[FieldType.PHONE], *names]] if FieldType.PHONE in of else []
    found = max((_agreeing_pairs(connection, rule) for rule in rules), default=0.0)
    return float(np.clip(found / RULE_RECALL / _all_pairs(rows), 1.0 / _all_pairs(max(rows, 3)), 0.3))


def learn_m(
    connection: duckdb.DuckDBPyConnection,
    fields: Mapping[str, FieldType],
    comparisons: tuple[Comparison, ...],
    *,
    random: list[Floats],
    prior: float,
) -> tuple[list[Grades], list[str]]:
    """How often does one person's pair of records reach each level? By Splink's EM, u held fixed.

    Each session blocks on other columns and learns the rest; a comparison that no session can learn keeps its
    start values. Returns the grades (u = raw = `random`, home = `random`) and the sessions that ran.
    """
    linker = _linker(connection, comparisons, random, prior)
    free = {c.name for c in comparisons if c.sharing is Sharing.FREE}
    personal = {c: k for c, k in fields.items() if not (k is FieldType.CODE and c in free)}
    useful = [s for s in _sessions(personal) if any(not set(s) & set(c.columns) for c in comparisons)]
    single = _single_valued(fields, comparisons)
    ran = [" + ".join(columns) for columns in useful if _run_session(linker, columns, single)]
    learnt = {c.output_column_name: c for c in linker._settings_obj.core_model_settings.comparisons}
    grades = []
    for comparison, raw in zip(comparisons, random, strict=True):
        m = _start_m(comparison)
        for level in learnt[comparison.name].comparison_levels:
            if not level.is_null_level and isinstance(level.m_probability, float):
                m[level.comparison_vector_value + 1] = max(level.m_probability, 1e-5)
        m[1] = max(m[1], comparison.doubt)
        m[1:] /= m[1:].sum()
        grades.append(Grades(m=m, u=raw.copy(), home=raw.copy(), raw=raw.copy()))
    return grades, ran


def _all_pairs(rows: int) -> float:
    return rows * (rows - 1) / 2


def _random_pairs(rows: int) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    if _all_pairs(rows) <= RANDOM_PAIRS:
        one, other = np.triu_indices(rows, 1)
        return one.astype(np.int32), other.astype(np.int32)
    generator = np.random.default_rng(SEED)
    left = generator.integers(0, rows, RANDOM_PAIRS, dtype=np.int32)
    right = generator.integers(0, rows - 1, RANDOM_PAIRS, dtype=np.int32)
    return left, np.asarray(right + (right >= left), np.int32)


def _probabilities(connection: duckdb.DuckDBPyConnection, comparison: Comparison, tally: Floats) -> Floats:
    known = tally[1:].sum()
    out = np.ones(comparison.size)
    out[1:] = np.maximum(tally[1:], 0.25) / max(known, 1.0)
    best = comparison.levels[0].frequency
    if best is not None:
        counted = _exact_rate(connection, comparison, best, known_share=known / max(tally.sum(), 1.0))
        if counted > 0:
            out[-1] = counted
    out[1:] /= out[1:].sum()
    out[0] = max(known / max(tally.sum(), 1.0), 1.0 / max(tally.sum(), 1.0))
    return out


def _exact_rate(
    connection: duckdb.DuckDBPyConnection, comparison: Comparison, column: str, *, known_share: float
) -> float:
    """Of the pairs that the comparison knows, which share agrees exactly? From value counts, no sampling."""
    agreeing = _agreeing_pairs(connection, [column])
    rows, filled = connection.execute(f"select count(*), count({quoted(column)}) from rec").fetchall()[0]
    known = _all_pairs(filled) if comparison.columns == (comparison.name,) else known_share * _all_pairs(rows)
    return min(float(agreeing / known), 1.0) if known else 0.0


def _agreeing_pairs(connection: duckdb.DuckDBPyConnection, columns: list[str]) -> float:
    names = ", ".join(map(quoted, columns))
    present = " and ".join(f"{quoted(c)} is not null" for c in columns)
    groups = f"select count(*) as n from rec where {present} group by {names}"
    found = connection.execute(f"select coalesce(sum(n * (n - 1) / 2.0), 0) from ({groups})").fetchall()
    return float(found[0][0])


def _start_m(comparison: Comparison) -> Floats:
    out = np.ones(comparison.size)
    for index, level in enumerate(comparison.levels):
        out[comparison.number(index)] = level.m
    out[1] = max(1.0 - out[2:].sum(), 0.02, comparison.doubt)
    out[1:] /= out[1:].sum()
    return out


def _first(fields: Mapping[str, FieldType]) -> dict[FieldType, str]:
    return {kind: min(c for c, k in fields.items() if k is kind) for kind in set(fields.values())}


def _sessions(fields: Mapping[str, FieldType]) -> list[list[str]]:
    of = _first(fields)
    names = [of[k] for k in (FieldType.GIVEN, FieldType.FAMILY) if k in of]
    given = names[:1]
    found = [names] if len(names) == 2 else []
    found += [[c] for c, k in sorted(fields.items()) if k in (FieldType.DATE, FieldType.CODE, FieldType.EMAIL)]
    found += [[of[FieldType.PHONE], *given]] if FieldType.PHONE in of else []
    home = next((of[k] for k in (FieldType.ADDRESS, FieldType.ZIP) if k in of), None)
    found += [[home, *given]] if home else []
    further = (FieldType.NAME, FieldType.DEVICE, FieldType.PLACE, FieldType.PROPERTY, FieldType.TEXT, FieldType.FAMILY)
    if len(found) < 2:
        found += [[c] for c, k in sorted(fields.items()) if k in further and [c] not in found]
    return found


def _linker(
    connection: duckdb.DuckDBPyConnection, comparisons: tuple[Comparison, ...], random: list[Floats], prior: float
) -> Any:
    from splink import DuckDBAPI, Linker

    logging.getLogger("splink").setLevel(logging.CRITICAL)
    api = DuckDBAPI(connection=connection)
    table = api.register(connection.table("rec"), dataset_display_name="records_to_learn_from")
    return Linker(table, splink_settings(comparisons, random, prior), log_level=None)


def splink_settings(comparisons: tuple[Comparison, ...], random: list[Floats], prior: float) -> dict[str, Any]:
    """Which Splink settings stand for our comparisons (term frequencies are weighed outside)?"""
    made = []
    for comparison, u in zip(comparisons, random, strict=True):
        m = _start_m(comparison)
        levels: list[dict[str, Any]] = [
            {"sql_condition": comparison.unknown, "label_for_charts": "unknown", "is_null_level": True}
        ]
        for index, level in enumerate(comparison.levels):
            at = comparison.number(index)
            levels.append(_splink_level(level.sql, level.label, float(m[at]), float(u[at])))
        levels.append(_splink_level("ELSE", "all else", float(m[1]), float(u[1])))
        made.append({"output_column_name": comparison.name, "comparison_levels": levels})
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "rid",
        "comparisons": made,
        "blocking_rules_to_generate_predictions": [],
        "probability_two_random_records_match": prior,
        "retain_matching_columns": False,
        "em_convergence": 0.001,
    }


def _splink_level(sql: str, label: str, m: float, u: float) -> dict[str, Any]:
    return {"sql_condition": sql, "label_for_charts": label, "m_probability": m, "u_probability": u}


def _run_session(linker: Any, columns: list[str], single: dict[str, int]) -> bool:
    from splink import block_on
    from splink.internals.exceptions import EMTrainingException, SplinkException

    before = deepcopy(linker._settings_obj.core_model_settings)
    # A level that no match reaches fades geometrically, until Splink refuses it; where every pair is a match, their
    # share grows until its odds are infinite, which Splink writes into SQL as a column called inf.
    for rounds in SESSION_ROUNDS:
        linker._settings_obj.training_settings = replace(linker._settings_obj.training_settings, max_iterations=rounds)
        try:
            session = linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*map(quoted, columns)), estimate_without_term_frequencies=True, max_pairs=SESSION_PAIRS
            )
        except (SplinkException, ValueError) as error:  # Splink leaves it without the session's comparisons
            linker._settings_obj.core_model_settings = deepcopy(before)
            if isinstance(error, EMTrainingException):
                return False
            if isinstance(error, SplinkException) and "cast(inf as float8)" not in str(error):
                raise
            continue
        if _learnt_of_others(session, single):
            linker._em_training_sessions.remove(session)
            linker._settings_obj.core_model_settings = before
            return False
        return True
    return False


def _single_valued(fields: Mapping[str, FieldType], comparisons: tuple[Comparison, ...]) -> dict[str, int]:
    """Comparisons of what a person has one of, and the highest of their levels that plainly differs."""
    kinds = {FieldType.GIVEN: 1, FieldType.DATE: 2}
    return {c.name: kinds[fields[c.name]] for c in comparisons if fields.get(c.name) in kinds}


def _learnt_of_others(session: Any, single: dict[str, int]) -> bool:
    """Has this session taken kin or namesakes for one person? Then what a person has one of would often differ."""
    for comparison in session.core_model_settings.comparisons:
        highest = single.get(comparison.output_column_name, -1)
        known = [level for level in comparison.comparison_levels if not level.is_null_level]
        m = {level.comparison_vector_value + 1: level.m_probability for level in known}
        differ = [m[at] for at in range(1, highest + 1) if isinstance(m.get(at), float)]
        if sum(differ) > MOST_DIFFERENT:
            return True
    return False
