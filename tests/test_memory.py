"""A process that settles its memory asks the system for less of it."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import numpy as np
from graph_service import memory
if {settled}: memory.settle()
def use():
    kept = [np.ones(300_000) for _ in range(8)]
    return sum(map(np.sum, kept))
for _ in range(3): use()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20): use()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*, settled: bool) -> int:
    """Pages that the system had to give for the same work, done again and again."""
    run = subprocess.run([sys.executable, "-c", FAULTS.format(settled=settled)], capture_output=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told to keep what was freed")
def test_arrays_are_made_of_memory_that_was_freed_before() -> None:
    assert faults(settled=True) < faults(settled=False) / 10


def test_a_process_that_settled_ends_without_a_word() -> None:
    """DuckDB's binding tells of every object that is never collected."""
    ends = "import duckdb; from graph_service import memory; duckdb.connect().execute('select 1'); memory.settle()"
    run = subprocess.run([sys.executable, "-c", ends], capture_output=True, check=True)
    assert run.stdout + run.stderr == b""
