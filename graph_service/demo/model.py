"""How does one draw Anytown? A made-up town whose records need matching, with its truth.

`draw_town(seed, size)` gives six sources, as these systems would export them (all strings, None where missing):

- `crm` (crm.csv): contact_id, first_name, middle_name, last_name, suffix, date_of_birth (mm/dd/yyyy), email,
  mobile_phone, home_phone, street (with the unit), city, state, postal_code, property_id (two fifths), campaign,
  status, created_at. A contact may be exported twice, a person may be two contacts.
- `web` (web.jsonl.gz): GA4-like sessions: user_pseudo_id (the cookie), device_id, session_start, email, phone and
  full_name when logged in or on a form, zip (as typed), geo_city, geo_zip (of the connection: often the next one),
  device_category, landing_page, traffic_source, quote_year_built and quote_roof_sqft (from the quote form).
- `calls` (calls.csv): call_time (mm/dd/yyyy hh:mm AM), caller_number, caller_name, address, zip, email,
  duration_seconds, agent, outcome.
- `doors` (doors.csv): visited_at, rep, address (with the unit), city, zip, contact_name, phone, email, result.
- `claims` (claims.parquet): policyholder (LAST, FIRST M JR), policyholder_dob (yyyymmdd), loss_address (spelt
  out), city, state, zip (often ZIP+4), phone, email, policy_no (one a household), date_of_loss,
  reported_at, carrier.
- `parcels` (parcels.csv): one row a home: property_id, owner_name (LAST, FIRST M; LAST FIRST & SPOUSE; ... LLC),
  site_address, site_city, site_state, site_zip, mail_address, year_built, roof_sqft, roof_type,
  assessed_value (USD), sale_date.

Each has `record_id` besides. `truth` (truth.csv), which no matcher may see: source, record_id, person, household, and
further columns: property_id (the home that the person lived in then; of a parcel: itself),
resident_household (parcels: the household that lives there in the end, null where no other record places it there),
actual_person and actual_household.

What is the truth of a person who moves out? Each person has one household: that of the end. What of a web visitor who
never gives a hard id and whose cookies and devices are never seen with one? What such a visitor did on connected
cookies and devices counts as one person (`person`), alone in a household, since nothing but chance could tell; who it
really was stands in `actual_person` and `actual_household`, for those who link by post code, house and time. A company
that owns a home is a person and household of its own. In the nursing home (a group quarter) everybody is a household of
their own.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from graph_service.demo.town.contacts import draw_contacts
from graph_service.demo.town.noise import Noise
from graph_service.demo.town.parcels import parcels
from graph_service.demo.town.people import column, draw_people
from graph_service.demo.town.places import draw_places
from graph_service.demo.town.sources import activity, calls, claims, crm, doors
from graph_service.demo.town.truth import truth_of
from graph_service.demo.town.web import web
from graph_service.demo.town.witness import Town as Drawn

RECORDS_A_HOUSEHOLD = 6.6
PEOPLE_IN_QUARTERS = 50_000  # records for each group quarter
SHARES = {"crm": 0.26, "web": 0.3, "calls": 0.17, "doors": 0.17, "claims": 0.1}
FILES = {
    "crm": "crm.csv", "web": "web.jsonl.gz", "calls": "calls.csv", "doors": "doors.csv", "claims": "claims.parquet",
    "parcels": "parcels.csv",
}  # fmt: skip
DEFAULT_SIZE = 12_000


@dataclass(frozen=True)
class Town:
    """Six tables of raw strings by source name, and the truth about their rows."""

    sources: dict[str, pa.Table]
    truth: pa.Table
    seed: int
    noise: float

    @property
    def size(self) -> int:
        """Records in all."""
        return int(self.truth.num_rows)


def draw_town(seed: int, size: int = DEFAULT_SIZE, noise: float = 1.0) -> Town:
    """Which records would six systems of a contractor hold of a town like this?

    `size` is the number of records in all (1,000 at least), `noise` multiplies every error rate (0 = none). The same
    arguments give the same town. Raises ValueError for a size or noise that cannot be drawn.
    """
    if size < 1000:
        raise ValueError(f"a town of {size} records is too small to hold six sources: ask for 1,000 or more")
    streams = [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(10)]
    people = draw_people(streams[0], round(size / RECORDS_A_HOUSEHOLD), max(1, size // PEOPLE_IN_QUARTERS))
    places = draw_places(streams[1], column("street", "anytown_homes").tolist(), people.homes)
    drawn = Drawn(people, places, draw_contacts(streams[2], people))
    weight = activity(streams[3], people)
    rows = {"parcels": parcels(drawn, Noise(streams[4], noise))}
    left = size - len(rows["parcels"].who)
    counts = {name: round(left * share) for name, share in SHARES.items()}
    rows["web"], hidden = web(drawn, weight, counts["web"], Noise(streams[5], noise))
    for at, (name, source) in enumerate({"crm": crm, "calls": calls, "doors": doors, "claims": claims}.items()):
        rows[name] = source(drawn, weight, counts[name], Noise(streams[6 + at], noise))
    rows = {name: rows[name] for name in FILES}
    sources = {
        name: pa.table({key: pa.array(cells, pa.string()) for key, cells in source.columns.items()})
        for name, source in rows.items()
    }
    return Town(sources=sources, truth=truth_of(drawn, rows, hidden), seed=seed, noise=noise)


def write_town(town: Town, out: Path) -> list[Path]:
    """Write the six files and truth.csv into a folder (made if missing); returns the six, without the truth.

    The same town gives the same bytes. Missing values are empty in CSV and left out in JSON lines.
    """
    out.mkdir(parents=True, exist_ok=True)
    pa.csv.write_csv(town.truth, out / "truth.csv")
    paths = []
    for name, file in FILES.items():
        path, table = out / file, town.sources[name]
        if file.endswith(".csv"):
            pa.csv.write_csv(table, path)
        elif file.endswith(".parquet"):
            pa.parquet.write_table(table, path, compression="zstd")
        else:
            _write_json_lines(table, path)
        paths.append(path)
    return paths


def _write_json_lines(table: pa.Table, path: Path) -> None:
    """Gzipped JSON lines without a time stamp in the header, so that equal towns are equal files."""
    with path.open("wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=5, mtime=0, filename="") as file:
        for batch in table.to_batches(max_chunksize=20_000):
            for row in batch.to_pylist():
                file.write(orjson.dumps({key: cell for key, cell in row.items() if cell is not None}) + b"\n")
