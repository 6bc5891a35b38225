"""What `pip install stormgraph` brings is what the service reads: every query, page, table and licence, and no more."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools.house_rules import ROOT

SHIPPED = ("graph_service", "cypher", "matching", "attribution")
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE", "NOTICE")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names inside a wheel built from a copy of the project, with the build backend that is pinned."""
    copy = tmp_path_factory.mktemp("project")
    for package in SHIPPED:
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, copy)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(copy / 'dist')!r})"
    (copy / "dist").mkdir()
    done = subprocess.run([sys.executable, "-c", build], cwd=copy, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    with zipfile.ZipFile(next((copy / "dist").glob("*.whl"))) as archive:
        return set(archive.namelist())


def test_the_wheel_carries_every_file_of_the_packages(wheel: set[str]) -> None:
    files = [path for package in SHIPPED for path in (ROOT / package).rglob("*") if path.is_file()]
    wanted = {path.relative_to(ROOT).as_posix() for path in files if "__pycache__" not in path.parts}
    assert "cypher/schema.yaml" in wanted
    assert sorted(wanted - wheel) == []


def test_the_wheel_carries_its_licence_and_no_tests(wheel: set[str]) -> None:
    tops = {Path(name).parts[0] for name in wheel}
    assert {name for name in tops if not name.startswith("stormgraph-")} == set(SHIPPED)
    licences = {Path(name).name for name in wheel if "dist-info/licenses" in name}
    assert licences == {"LICENSE", "NOTICE"}


def test_the_sample_town_stays_small() -> None:
    data = [path for path in (ROOT / "graph_service" / "demo").rglob("*") if path.suffix not in {".py", ".pyc"}]
    assert sum(path.stat().st_size for path in data if path.is_file()) < 3_000_000
