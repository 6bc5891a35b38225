"""What do we measure ourselves against? A bare Splink as its documentation teaches it, and the commonest address."""

import logging
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

import numpy as np
import pyarrow as pa

from matching.records import FieldType
from matching.scratch import open_scratch, usable_fields

__all__ = ["most_common_address", "plain_splink"]

Rule = tuple[str, ...]
MAX_U_PAIRS = 5e6
MOST_PAIRS = 20e6  # of all rules together: what a user with a laptop would let Splink compare


def plain_splink(records: pa.Table, fields: Mapping[str, FieldType], *, threshold: float = 0.95) -> pa.Array:
    """Which cluster would a competent Splink user put each record in?

    The documented recipe for these columns: library comparisons with term frequencies, `block_on` rules of the
    tutorials while they bring fewer than 20 million pairs (the widest are given up first), u by random sampling, EM on
    two or three rules, predict, connected components above `threshold`.
    One int64 per record, in the order of `records`. Columns with fewer than two values are left out.
    """
    return pa.array(plain_scores(records, fields, thresholds=[threshold])[threshold])


def plain_scores(
    records: pa.Table,
    fields: Mapping[str, FieldType],
    *,
    thresholds: list[float],
    memory_limit: str = "8GB",
    clock: Callable[[str], None] = lambda stage: None,
) -> dict[float, Any]:
    """Which clusters does bare Splink give at each of several thresholds (cluster numbers as int64 arrays)?

    `clock` is told of "trained" and "clustered" as they are reached.
    """
    usable = usable_fields(records, fields)
    if not usable or records.num_rows < 2:
        return {threshold: np.arange(records.num_rows) for threshold in thresholds}
    with open_scratch(memory_limit=memory_limit) as connection:
        numbered = records.select(sorted(usable)).append_column("unique_id", pa.array(np.arange(records.num_rows)))
        connection.register("plain_input", numbered)
        connection.execute("create table plain as select * from plain_input")
        rules = _affordable(connection, _blocking(usable, records.num_rows))
        linker = _linker(connection, usable, rules)
        _train(linker, usable, rules)
        clock("trained")
        predicted = linker.inference.predict(threshold_match_probability=min([0.01, *thresholds]))
        found = {}
        for threshold in thresholds:
            clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
            table = clusters.as_duckdbpyrelation().select("unique_id, cluster_id").fetchnumpy()
            numbers = np.empty(records.num_rows, dtype=np.int64)
            numbers[table["unique_id"]] = table["cluster_id"]
            found[threshold] = numbers
        clock("clustered")
        return found


def most_common_address(records: pa.Table, persons: Any) -> pa.Array:
    """Which household would each person be put in by the address that most of its records show?

    Persons sharing their commonest (address, unit, zip) live together; a person without one lives alone.
    Ties go to the address that sorts first. One int64 per person number.
    """
    columns = [c for c in ("street_address", "unit", "zip") if c in records.column_names]
    count = int(np.max(persons)) + 1 if len(persons) else 0
    homes = [tuple(row[c] for c in columns) for row in records.select(columns).to_pylist()] if columns else []
    votes: list[dict[tuple[str, ...], int]] = [{} for _ in range(count)]
    for person, home in zip(np.asarray(persons).tolist(), homes, strict=False):
        if home[0] is not None:
            key = tuple(part or "" for part in home)
            votes[person][key] = votes[person].get(key, 0) + 1
    numbers: dict[Any, int] = {}
    chosen = [min(v.items(), key=lambda item: (-item[1], item[0]))[0] if v else i for i, v in enumerate(votes)]
    return pa.array([numbers.setdefault(home, len(numbers)) for home in chosen], pa.int64())


def _linker(connection: Any, fields: Mapping[str, FieldType], rules: list[Rule]) -> Any:
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logging.getLogger("splink").setLevel(logging.ERROR)
    api = DuckDBAPI(connection=connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=_comparisons(fields),
        blocking_rules_to_generate_predictions=[block_on(*rule) for rule in rules],
        retain_matching_columns=False,
    )
    return Linker(
        api.register(connection.table("plain"), dataset_display_name="plain_records"), settings, log_level=None
    )


def _comparisons(fields: Mapping[str, FieldType]) -> list[Any]:
    import splink.comparison_library as cl

    of = _first(fields)
    made: list[Any] = []
    given, family = of.get(FieldType.GIVEN), of.get(FieldType.FAMILY)
    if given and family:
        made.append(cl.ForenameSurnameComparison(given, family))
    makers: dict[FieldType, Any] = {
        FieldType.DATE: lambda c: cl.DateOfBirthComparison(c, input_is_string=True),
        FieldType.EMAIL: cl.EmailComparison,
        FieldType.CODE: lambda c: cl.DamerauLevenshteinAtThresholds(c, [1, 2]),
        FieldType.PHONE: lambda c: cl.LevenshteinAtThresholds(c, 1).configure(term_frequency_adjustments=True),
        FieldType.ADDRESS: lambda c: cl.JaroWinklerAtThresholds(c, [0.9]).configure(term_frequency_adjustments=True),
        FieldType.ZIP: lambda c: cl.LevenshteinAtThresholds(c, 1).configure(term_frequency_adjustments=True),
        FieldType.GIVEN: cl.NameComparison,
        FieldType.FAMILY: cl.NameComparison,
        FieldType.NAME: cl.NameComparison,
    }
    for column, kind in sorted(fields.items()):
        if given and family and column in (given, family):
            continue
        make = makers.get(kind, lambda c: cl.ExactMatch(c).configure(term_frequency_adjustments=True))
        made.append(make(column))
    return made


def _first(fields: Mapping[str, FieldType]) -> dict[FieldType, str]:
    return {kind: min(c for c, k in fields.items() if k is kind) for kind in set(fields.values())}


def _affordable(connection: Any, rules: list[Rule]) -> list[Rule]:
    """The rules that together bring fewer than MOST_PAIRS pairs, or the narrowest of them."""
    counts = {}
    for rule in rules:
        present = " and ".join(f"{part} is not null" for part in rule)
        blocks = f"select count(*)::double as n from plain where {present} group by {', '.join(rule)}"
        ((counts[rule],),) = connection.execute(f"select coalesce(sum(n * (n - 1) / 2), 0) from ({blocks})").fetchall()
    narrow = sorted(rules, key=counts.__getitem__)
    kept = {
        rule for rule, pairs in zip(narrow, np.cumsum([counts[r] for r in narrow]), strict=True) if pairs <= MOST_PAIRS
    }
    return [rule for rule in rules if rule in kept] or narrow[:1]


def _blocking(fields: Mapping[str, FieldType], rows: int) -> list[Rule]:
    of = _first(fields)
    pairs = [
        (FieldType.GIVEN, FieldType.FAMILY),
        (FieldType.FAMILY, FieldType.DATE),
        (FieldType.GIVEN, FieldType.DATE),
        (FieldType.ZIP, FieldType.GIVEN),
        (FieldType.ZIP, FieldType.FAMILY),
        (FieldType.DATE, FieldType.PLACE),
        (FieldType.ADDRESS, FieldType.GIVEN),
        (FieldType.GIVEN, FieldType.PLACE),
    ]
    rules: list[Rule] = [(of[a], of[b]) for a, b in pairs if a in of and b in of]
    if FieldType.GIVEN in of and FieldType.FAMILY in of:
        rules[0] = (f"substr({of[FieldType.GIVEN]}, 1, 3)", f"substr({of[FieldType.FAMILY]}, 1, 4)")
    if FieldType.FAMILY in of and rows <= 10_000:  # the tutorials' rule for a small file
        rules.append((of[FieldType.FAMILY],))
    singles = (FieldType.EMAIL, FieldType.PHONE, FieldType.CODE, FieldType.DEVICE)
    rules += [(column,) for column, kind in sorted(fields.items()) if kind in singles]
    return rules or [(column,) for column in sorted(fields)]


def _train(linker: Any, fields: Mapping[str, FieldType], rules: list[Rule]) -> None:
    """Train as the tutorials do; a step that the data cannot feed is left at Splink's defaults, as its user would."""
    from splink import block_on
    from splink.internals.exceptions import EMTrainingException

    of = _first(fields)
    names = [of[k] for k in (FieldType.GIVEN, FieldType.FAMILY) if k in of]
    sure = [block_on(name, of[FieldType.DATE]) for name in names] if FieldType.DATE in of else []
    sure += [block_on(of[k]) for k in (FieldType.EMAIL, FieldType.CODE) if k in of]
    try:
        linker.training.estimate_probability_two_random_records_match(sure or [block_on(*rules[0])], recall=0.7)
    except ValueError:  # the rules find more pairs than the recall allows: keep Splink's default prior
        logging.getLogger(__name__).info("plain splink keeps its default prior")
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_U_PAIRS, seed=1)
    sessions = [names] if len(names) == 2 else []
    sessions += [[of[k]] for k in (FieldType.DATE, FieldType.EMAIL, FieldType.CODE) if k in of]
    for columns in sessions:
        if set(columns) >= set(fields):  # nothing is left to learn
            continue
        before = deepcopy(linker._settings_obj.core_model_settings)
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(block_on(*columns), max_pairs=1e6)
        except (EMTrainingException, ValueError):  # no pairs, or none that could match
            linker._settings_obj.core_model_settings = before
            logging.getLogger(__name__).info("plain splink skips the session on %s", columns)
