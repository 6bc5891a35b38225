"""The shared PathData set and its golden answers, read through STORMGRAPH_DATA; and small random journeys."""

import csv
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow.csv
import pytest

from attribution import Paths, from_table

PROJECT = Path(__file__).parents[2]
NAMES = {"conversions": "total_conversions", "value": "total_conversion_value", "nulls": "total_null"}


@pytest.fixture(scope="session")
def golden() -> Path:
    """The folder of the golden answers, or a skip that says how to get them."""
    folder = Path(os.environ.get("STORMGRAPH_DATA", PROJECT / "../shared/data")) / "attribution"
    if not (folder / "pathdata.csv").is_file():
        pytest.skip("PathData is not here: point STORMGRAPH_DATA at the shared data folder")
    return folder


@pytest.fixture(scope="session")
def pathdata(golden: Path) -> Paths:
    """10,000 rows of paths over 12 channels: 19,785 conversions, 68,602 nulls."""
    return from_table(pyarrow.csv.read_csv(golden / "pathdata.csv"), columns=NAMES)


@pytest.fixture(scope="session")
def golden_rows(golden: Path) -> Callable[[str], list[dict[str, str]]]:
    """A reader of one golden file's rows."""

    def read(name: str) -> list[dict[str, str]]:
        with (golden / "golden" / name).open() as file:
            return list(csv.DictReader(file))

    return read
