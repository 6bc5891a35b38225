"""How right is the graph, where somebody knows the truth?"""

from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import csv, parquet

from graph_service.errors import BadInput
from graph_service.graph.store import Store
from graph_service.identity.run.reading import table_of
from matching import MatchingError, evaluate


def read_truth(path: Path) -> pa.Table:
    """A truth file: source, record_id, person and perhaps household, all as text. Raises BadInput."""
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
    kept = [name for name in ("source", "record_id", "person", "household") if name in found.column_names]
    return pa.table({name: found[name].cast(pa.string()) for name in kept})


async def grade(store: Store, tenant: str, truth: pa.Table) -> dict[str, Any]:
    """Precision, recall and F1 of a tenant's persons and households against a truth. Raises BadInput."""
    found = await answered(store, tenant)
    try:
        return evaluate(found, truth)
    except MatchingError as error:
        raise BadInput(str(error)) from error


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
