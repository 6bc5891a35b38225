"""Bad input files are refused with a reason or taken in, and of those every row is accounted for, in bounded memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from graph_service.errors import BadInput
from graph_service.graph.store import Store
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestReport, IngestRequest
from matching import Mapping
from tests.ground import asked
from tests.hostile.files import FILES, MAPPING, BadFile, line, table

pytestmark = pytest.mark.engine
ROWS = "MATCH (r:Record {tenant: $t}) RETURN properties(r) AS row"
MEMORY = """
import resource, sys
from pathlib import Path
from matching import Mapping, read_source, standardise
mapping = Mapping.from_toml(sys.argv[2])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rows = 0
for raw in read_source(Path(sys.argv[1]), 50_000):
    if raw.table.num_rows:
        standardise(raw.table, mapping, source="crm", workers=1, region="US")
    rows += raw.table.num_rows
print(rows, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def accounted(report: IngestReport) -> bool:
    """Whether every row that was read is in exactly one of the counts."""
    parts = report.new, report.changed, report.unchanged, report.replaced, report.quarantined, report.erased
    return report.read == sum(parts)


@pytest.mark.parametrize("bad", FILES, ids=lambda bad: bad.name)
async def test_a_bad_file_is_refused_with_a_reason_or_every_row_is_accounted_for(
    store: Store, tenant: str, tmp_path: Path, bad: BadFile
) -> None:
    path = tmp_path / ("rows.parquet" if "Parquet" in bad.name else "rows.csv.gz" if "gzip" in bad.name else "rows.csv")
    path.write_bytes(bad.content())
    request = IngestRequest(source="crm", files=[path], mapping=Mapping.from_toml(MAPPING))
    if bad.taken is None:
        with pytest.raises(BadInput) as refused:
            await ingest(store, tenant, request)
        assert "rows." in refused.value.message
        assert await asked(store, tenant, ROWS) == []
        return
    report = await ingest(store, tenant, request)
    assert accounted(report), report
    rows = await asked(store, tenant, ROWS)
    assert len(rows) == report.new == bad.taken, (report, rows)
    assert bad.holds in str(rows)
    aside = await asked(store, tenant, "MATCH (q:Quarantined {tenant: $t}) RETURN q.reason AS reason, q.place AS place")
    assert bool(aside) == bool(report.quarantined)
    assert all(row["reason"] and row["place"] for row in aside)
    again = await ingest(store, tenant, request)
    assert accounted(again)
    assert (again.new, again.changed) == (0, 0)


def read_in(path: Path, megabytes: int) -> int:
    """How many rows a process reads and standardises, in no more memory than that above what its libraries take."""
    told = subprocess.run(
        [sys.executable, "-c", MEMORY, str(path), MAPPING], capture_output=True, text=True, check=True
    )
    rows, grown = map(int, told.stdout.split())
    assert grown < megabytes, f"{grown} MB"
    return rows


def test_a_long_line_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(table(line(0), line(1, full_name="x" * 10_000_000), line(2)), encoding="utf-8")
    assert read_in(path, 400) in {2, 3}


@pytest.mark.siege
def test_a_million_times_the_same_row_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(table(*([line(0)] * 1_000_000)), encoding="utf-8")
    assert read_in(path, 600) == 1_000_000
