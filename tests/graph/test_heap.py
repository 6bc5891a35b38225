"""The embedded engine gets a heap that fits the machine, and shares it out."""

import subprocess
from pathlib import Path

import pytest

from graph_service.graph import heap

MB = 1024**2
HEAPS = [("2g", 819, 716), ("1500M", 600, 525), ("2097152k", 819, 716), ("2147483648", 819, 716), ("1m", 1, 1)]
MACHINES = [(24_000, "6000m"), (8_000, "2000m"), (2_000, "1024m"), (256_000, "8192m")]


@pytest.mark.parametrize(("megabytes", "size"), MACHINES)
def test_a_heap_that_nobody_chose_is_a_quarter_of_the_memory(
    monkeypatch: pytest.MonkeyPatch, megabytes: int, size: str
) -> None:
    monkeypatch.setattr(heap, "memory", lambda: megabytes * MB)
    assert heap.size_of("auto") == size
    assert heap.size_of("1500m") == "1500m"


@pytest.mark.parametrize(("limit", "holds"), [(f"{100 * MB}\n", True), ("max\n", False), (f"{2**63 - 4096}\n", False)])
def test_a_container_has_no_more_than_its_limit(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, limit: str, holds: bool
) -> None:
    monkeypatch.setattr(heap, "LIMITS", (tmp_path / "missing",))
    machine = heap.memory()
    told = int(subprocess.run(["getconf", "_PHYS_PAGES"], capture_output=True, check=True).stdout)
    assert machine == told * int(subprocess.run(["getconf", "PAGE_SIZE"], capture_output=True, check=True).stdout)
    (tmp_path / "memory.max").write_text(limit, encoding="ascii")
    monkeypatch.setattr(heap, "LIMITS", (tmp_path / "missing", tmp_path / "memory.max"))
    assert heap.memory() == (100 * MB if holds else machine)


@pytest.mark.parametrize(("size", "pages", "queries"), HEAPS)
def test_the_heap_is_shared_out_and_a_quarter_is_left(size: str, pages: int, queries: int) -> None:
    shares = heap.shares_of(size)
    assert (shares["maxPageRAM"], shares["queryMaxHeapRAM"]) == (pages, queries)


@pytest.mark.parametrize(("size", "young"), [("6000m", "-Xmn400m"), ("1g", "-Xmn204m"), ("1m", "-Xmn1m")])
def test_what_is_new_has_a_small_part_of_the_heap(size: str, young: str) -> None:
    assert heap.young_of(size) == (young,)


def test_a_heap_that_java_refuses_is_not_shared_out() -> None:
    assert heap.shares_of("12parsecs") == {}
    assert heap.young_of("12parsecs") == ()
