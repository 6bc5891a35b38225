"""How right is the graph, where somebody knows the truth?"""

from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from graph_service.errors import BadInput
from graph_service.graph.store import Store
from graph_service.identity.run.reading import table_of
from matching import MatchingError, evaluate, normalise

TRUTHS = ("source", "record_id", "person", "household", "property_id", "resident_household", "actual_household")
PARCELS = ("property_id", "resident_household", "household")


def read_truth(path: Path) -> pa.Table:
    """A truth file: source, record_id, person and perhaps household, all as text. Raises BadInput.

    For the linking of parcels: property_id, resident_household (who lives in a parcel's building, on the parcel's row),
    actual_household (whom a row really comes from, traceable or not; without it, household).
    """
    try:
        if path.suffix == ".parquet":
            found = parquet.read_table(path)
        else:
            with path.open(encoding="utf-8-sig") as file:
                names = file.readline().strip().split(",")
            types = dict.fromkeys([name.strip('"') for name in names], pa.string())
            options = csv.ConvertOptions(column_types=types, strings_can_be_null=True)
            found = csv.read_csv(path, convert_options=options)
    except (OSError, UnicodeDecodeError, pa.ArrowInvalid) as error:
        raise BadInput(f"The truth {path} cannot be read: {error}") from error
    missing = {"source", "record_id", "person"} - set(found.column_names)
    if missing:
        raise BadInput(f"The truth {path} lacks {', '.join(sorted(missing))}: it needs source, record_id and person.")
    kept = [name for name in TRUTHS if name in found.column_names]
    return pa.table({name: found[name].cast(pa.string()) for name in kept})


async def grade(store: Store, tenant: str, truth: pa.Table) -> dict[str, Any]:
    """Precision, recall and F1 of a tenant's persons and households against a truth.

    Households are left out where the truth tells none of theirs. Where it says who lives in which parcel's building,
    also how many parcels are linked, and how many wrongly. Raises BadInput, as where it tells the person of no record.
    """
    found = await answered(store, tenant)
    try:
        grades = evaluate(found, truth)
    except MatchingError as error:
        raise BadInput(str(error)) from error
    if not grades["persons"]["records"]:
        raise BadInput(_names_nobody(found, truth, known=grades["records"]))
    if "households" in grades and not grades["households"]["records"]:
        del grades["households"]
    if all(name in truth.column_names for name in PARCELS):
        homes = await table_of(store, tenant, "identity.residences")
        grades["parcels"] = linking(found, homes, truth)
        if "actual_household" in truth.column_names:
            grades["untraceable"] = untraceable(found, truth)
    return grades


def _names_nobody(found: pa.Table, truth: pa.Table, *, known: int) -> str:
    if known:
        return f"The truth names {known} records of this tenant and the person of none: fill its column person."
    if not found.num_rows:
        return "No record of this tenant has a person yet: run `stormgraph match` first."
    ours, theirs = (", ".join(sorted(set(table["source"].to_pylist()) - {None})[:5]) for table in (found, truth))
    return (
        f"None of the {truth.num_rows} records that the truth names is in this tenant: its source and record_id are to "
        f"be those of the ingest (sources here: {ours}; in the truth: {theirs})."
    )


Key = tuple[str, str]


def linking(found: pa.Table, homes: pa.Table, truth: pa.Table) -> dict[str, Any]:
    """How many parcels are linked to the household that truly lives there, and how many to a wrong one?

    A parcel counts if the truth names its resident household and its own row was taken in. It is linked to every
    household that lives in its building now (residences without an end). A household of ours stands for the true one
    that most of its rows come from, the parcel's own row not counted, for that is what is to be linked; where several
    are equal, for the resident one if it is among them. One of which nothing else is known stands for nobody.
    linked: share of parcels among whose households the true one is; false: share among whose households a wrong one is.
    """
    behind = _Behind(found, truth)
    residents: dict[str, set[str]] = defaultdict(set)
    for row in homes.to_pylist():
        if row["until"] is None:
            residents[row["property_id"]].add(row["household_id"])
    linked = wrong = parcels = 0
    for row in truth.to_pylist():
        key, true = (row["source"], row["record_id"]), row["resident_household"]
        if true is None or row["property_id"] is None or key not in behind.home_of:
            continue
        building = normalise(row["property_id"], "property_id") or row["property_id"]
        standing = {behind.stands_for(home, true, without={key}) for home in residents[building]} - {None}
        parcels += 1
        linked += true in standing
        wrong += bool(standing - {true})
    return {"parcels": parcels, "linked": _share(linked, parcels), "false": _share(wrong, parcels)}


def untraceable(found: pa.Table, truth: pa.Table) -> dict[str, Any]:
    """Of the rows that carry nothing to be traced by, how many are linked to their household, and how many wrongly?

    They are those whose `household` in the truth is a stranger's and not the `actual_household`. What else is in the
    household found for one decides whom it is linked to; alone: nothing else is.
    """
    behind = _Behind(found, truth)
    strangers: dict[str, set[Key]] = defaultdict(set)
    for row in truth.to_pylist():
        if row["actual_household"] is not None and row["household"] != row["actual_household"]:
            strangers[row["household"]].add((row["source"], row["record_id"]))
    counts: Counter[str] = Counter()
    for rows in strangers.values():
        for key in rows & behind.home_of.keys():
            true = behind.of_row[key]
            stands = behind.stands_for(behind.home_of[key], true, without=rows)
            counts["alone" if stands is None else "linked" if stands == true else "false"] += 1
    rows_in_all = sum(counts.values())
    return {"rows": rows_in_all, **{name: _share(counts[name], rows_in_all) for name in ("linked", "false", "alone")}}


def _share(count: int, of: int) -> float | None:
    return round(count / of, 6) if of else None


class _Behind:
    """The household found for each row (`home_of`), and the true one that it really comes from (`of_row`)."""

    def __init__(self, found: pa.Table, truth: pa.Table) -> None:
        named = "actual_household" if "actual_household" in truth.column_names else "household"
        said = zip(*(truth[name].to_pylist() for name in ("source", "record_id", named)), strict=True)
        self.of_row: dict[Key, str] = {(source, own): home for source, own, home in said if home is not None}
        answers = zip(*(found[name].to_pylist() for name in ("source", "record_id", "household")), strict=True)
        self.home_of: dict[Key, str] = {
            (source, own): home for source, own, home in answers if home is not None and (source, own) in self.of_row
        }
        self.rows: dict[str, Counter[str]] = defaultdict(Counter)
        for key, home in self.home_of.items():
            self.rows[home][self.of_row[key]] += 1

    def stands_for(self, household: str, true: str, *, without: set[Key]) -> str | None:
        """The true household that most rows of one of ours come from, some rows not counted; of equals `true`."""
        counts = self.rows[household] - Counter(
            self.of_row[key] for key in without if self.home_of.get(key) == household
        )
        most = max(counts.values(), default=0)
        likely = {name for name, count in counts.items() if count == most}
        return true if true in likely else min(likely, default=None)


async def answered(store: Store, tenant: str) -> pa.Table:
    """What the graph says of every row: source, record_id, person, household."""
    rows = await table_of(store, tenant, "identity.row_persons")
    homes = await table_of(store, tenant, "identity.memberships")
    home_of = dict(zip(homes["person_id"].to_pylist(), homes["household_id"].to_pylist(), strict=True))
    persons = rows["person_id"].to_pylist()
    return pa.table(
        {
            "source": rows["source"],
            "record_id": rows["record_id"],
            "person": rows["person_id"],
            "household": pa.array([home_of.get(person) for person in persons], pa.string()),
        }
    )
