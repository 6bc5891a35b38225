"""Where do Anytown's people come from? From the sample population of pseudopeople (BSD-3, IHME): simulated, never real.

Run once, in an environment of its own, because pseudopeople pins older pandas and scipy than we use::

    python3.11 -m venv pp && pp/bin/pip install 'setuptools<81' pseudopeople
    pp/bin/python bench/make_anytown_people.py graph_service/demo/data

With every noise of pseudopeople off, it reads the 2020 census (who lives with whom, and where), Social Security (middle
names) and the W-2 and 1040 files of the next two years (who has moved since, and to whom), and writes two small tables:

- `anytown_people.parquet`: person_id, cluster, household, household_later, home, home_later, first, middle, last,
  born (date), sex, relation, origin (only to draw further names alike), quarters (true in the nursing home)
- `anytown_homes.parquet`: home, number, street, unit

A cluster is a set of households that people moved between; the generator draws whole clusters.
Social security numbers are never written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
import pseudopeople as psp
import pyarrow as pa
import pyarrow.parquet as pq

ADDRESS = ["street_number", "street_name", "unit_number"]
LATER_YEARS = [2020, 2021, 2022]


def census() -> pd.DataFrame:
    """Who lived where, with whom, on census day 2020?"""
    people = psp.generate_decennial_census(year=2020, config=psp.NO_NOISE)
    return people[people["housing_type"].isin(["Household", "Nursing home"])].set_index("simulant_id")


def middle_names() -> pd.Series:
    """What is the full middle name of each person who has a Social Security record?"""
    records = psp.generate_social_security(year=2020, config=psp.NO_NOISE)
    return records.drop_duplicates("simulant_id").set_index("simulant_id")["middle_name"]


def later_addresses() -> pd.DataFrame:
    """Where, and in which household, was each tax payer last seen up to 2022? PO boxes are no homes."""
    seen = []
    for year in LATER_YEARS:
        for generate in (psp.generate_taxes_1040, psp.generate_taxes_w2_and_1099):
            rows = generate(year=year, config=psp.NO_NOISE)
            rows = rows[rows["mailing_address_po_box"].isna() & rows["mailing_address_street_name"].notna()]
            rows = rows.rename(columns={f"mailing_address_{name}": name for name in ADDRESS})
            seen.append(rows[["simulant_id", "household_id", *ADDRESS]])
    return pd.concat(seen).drop_duplicates("simulant_id", keep="last").set_index("simulant_id")


def with_moves(people: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Add each person's later household and address; who pays no tax stays with, or follows, the reference person."""
    quarters = people["housing_type"] != "Household"
    institutions = set(people.loc[quarters, "household_id"])
    private = set(people.loc[~quarters, "household_id"])
    everyone = set(psp.generate_decennial_census(year=2020, config=psp.NO_NOISE)["household_id"])
    closed = institutions | (everyone - private)
    later = later[~later["household_id"].isin(closed)]
    table = people.join(later.rename(columns=lambda name: f"later_{name}"))
    known = table["later_household_id"].notna() & ~quarters
    head = table[table["relationship_to_reference_person"] == "Reference person"]
    heads_later = head.set_index("household_id")["later_household_id"].to_dict()
    follows = table["household_id"].map(heads_later)
    is_child = table["age"].astype(int) < 16
    chosen = table["later_household_id"].where(known, follows.where(is_child | (follows == table["household_id"])))
    table["later_household_id"] = chosen.where(~quarters).fillna(table["household_id"])
    places = later.drop_duplicates("household_id", keep="last").set_index("household_id")
    for name in ADDRESS:
        moved_to = table["later_household_id"].map(places[name])
        known_place = table["later_household_id"].isin(places.index) & ~quarters
        table[f"later_{name}"] = moved_to.where(known_place, table[name])
    return table


def numbered(keys: Iterable[object], known: dict[object, int]) -> list[int]:
    """Give each distinct key a small number, in the order of appearance."""
    return [known.setdefault(key, len(known)) for key in keys]


def clusters(early: list[int], late: list[int]) -> list[int]:
    """Which households belong together because somebody moved from one to the other? (Union-find.)"""
    parent: dict[int, int] = {}

    def root(node: int) -> int:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for one, other in zip(early, late, strict=True):
        parent[root(one)] = root(other)
    small: dict[int, int] = {}
    return [small.setdefault(root(one), len(small)) for one in early]


def places(table: pd.DataFrame, columns: list[str]) -> list[tuple[object, ...]]:
    """The (number, street, unit) of each person, None where missing."""
    rows = table[columns].astype(object)
    return list(rows.where(rows.notna(), None).itertuples(index=False, name=None))


def people_table(
    table: pd.DataFrame, households: tuple[list[int], list[int]], homes: tuple[list[int], list[int]]
) -> pa.Table:
    """The people as we ship them, with the (early, later) numbers of their households and homes."""
    middle = table["middle"].fillna(table["middle_initial"])
    born = pd.to_datetime(table["date_of_birth"], format="%m/%d/%Y").dt.date
    return pa.table(
        {
            "person_id": pa.array(range(len(table)), pa.int32()),
            "cluster": pa.array(clusters(*households), pa.int32()),
            "household": pa.array(households[0], pa.int32()),
            "household_later": pa.array(households[1], pa.int32()),
            "home": pa.array(homes[0], pa.int32()),
            "home_later": pa.array(homes[1], pa.int32()),
            "first": pa.array(table["first_name"].astype(str)),
            "middle": pa.array([None if pd.isna(value) else str(value) for value in middle]),
            "last": pa.array(table["last_name"].astype(str)),
            "born": pa.array(born, pa.date32()),
            "sex": pa.array(table["sex"].astype(str)).dictionary_encode(),
            "relation": pa.array(table["relationship_to_reference_person"].astype(str)).dictionary_encode(),
            "origin": pa.array(table["race_ethnicity"].astype(str)).dictionary_encode(),
            "quarters": pa.array((table["housing_type"] != "Household").to_numpy()),
        }
    )


def homes_table(homes: list[tuple[object, ...]]) -> pa.Table:
    """The homes as we ship them; city, state and post code are the generator's to give."""
    number, street, unit = zip(*homes, strict=True)
    return pa.table(
        {
            "home": pa.array(range(len(homes)), pa.int32()),
            "number": pa.array([str(value) for value in number]),
            "street": pa.array(street, pa.string()),
            "unit": pa.array(unit, pa.string()),
        }
    )


def main(folder: Path) -> None:
    """Write the two tables into the folder."""
    table = with_moves(census(), later_addresses())
    table["middle"] = middle_names().reindex(table.index)
    households: dict[object, int] = {}
    homes: dict[object, int] = {}
    lived = numbered(table["household_id"], households), numbered(table["later_household_id"], households)
    later_columns = [f"later_{name}" for name in ADDRESS]
    placed = numbered(places(table, ADDRESS), homes), numbered(places(table, later_columns), homes)
    people, town = people_table(table, lived, placed), homes_table(list(homes))  # type: ignore[arg-type]
    pq.write_table(people, folder / "anytown_people.parquet", compression="zstd", compression_level=19)
    pq.write_table(town, folder / "anytown_homes.parquet", compression="zstd", compression_level=19)
    moved, left = (sum(a != b for a, b in zip(*pair, strict=True)) for pair in (placed, lived))
    print(f"{len(table)} people, {len(households)} households, {len(homes)} homes; {moved} moved, {left} left theirs")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
