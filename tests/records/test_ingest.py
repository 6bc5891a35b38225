"""Ingest: every row is accounted for, the same again changes nothing, and what cannot be used is set aside."""

import asyncio
import gzip
import json
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import parquet

from graph_service.errors import BadInput
from graph_service.graph.store import Store
from graph_service.records import service
from graph_service.records.jobs import ingest
from graph_service.records.schemas import IngestReport, IngestRequest
from matching import Mapping
from tests.ground import Row, asked, carried, person, write_csv

PEOPLE = [person(number) for number in range(24)]
NAMED = Mapping.from_toml('record_id = "id"')
SHOWN = "MATCH (r:Record {tenant: $t, source: $source}) RETURN properties(r) AS kept ORDER BY r.key"
LINKS = """MATCH (r:Record {tenant: $t, source: $source})-[carried:HAS]->(i:Identifier)
RETURN r.record_id AS own, carried.field AS field, i.kind AS kind, i.value AS value ORDER BY own, field, kind, value"""


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """A CSV file of two dozen people."""
    return write_csv(tmp_path / "people.csv", PEOPLE)


async def take(store: Store, tenant: str, *files: Path, source: str = "crm", **given: Mapping) -> IngestReport:
    """Ingest files, and see that every row of them is accounted for."""
    report = await ingest(store, tenant, IngestRequest(source=source, files=files, **given))  # type: ignore[arg-type]
    assert report.read == report.new + report.changed + report.unchanged + report.replaced + report.quarantined
    return report


async def held(store: Store, tenant: str, source: str = "crm") -> tuple[list[Row], list[Row]]:
    """The rows of a source, without when and from where they came, and the identifiers they carry."""
    rows = [row["kept"] for row in await asked(store, tenant, SHOWN, source=source)]
    told = [{name: row[name] for name in row.keys() - {"key", "source", "ingested_at", "content_hash"}} for row in rows]
    return told, await asked(store, tenant, LINKS, source=source)


async def test_the_same_again_changes_nothing(store: Store, tenant: str, people: Path) -> None:
    first = await take(store, tenant, people)
    before = await asked(store, tenant, SHOWN, source="crm"), await held(store, tenant)
    again = await take(store, tenant, people)
    assert (first.new, again.new, again.changed, again.unchanged, again.identifiers) == (24, 0, 0, 24, 0)
    assert (await asked(store, tenant, SHOWN, source="crm"), await held(store, tenant)) == before
    assert await carried(store, tenant, "r003") == {
        ("email", "ann3@bell.com"), ("phone", PEOPLE[3]["phone"]), ("address", "103 oak st||||76103"),
    }  # fmt: skip


async def test_a_changed_row_is_a_new_version_without_its_old_identifiers(
    store: Store, tenant: str, tmp_path: Path, people: Path
) -> None:
    await take(store, tenant, people)
    moved = {**PEOPLE[3], "email": "new@bell.com", "phone": ""}
    report = await take(store, tenant, write_csv(tmp_path / "later.csv", [moved, PEOPLE[4], person(90)]))
    assert (report.new, report.changed, report.unchanged) == (1, 1, 1)
    values = {value for _, value in await carried(store, tenant, "r003")}
    assert values == {"new@bell.com", "103 oak st||||76103"}
    versions = {row["record_id"]: row["version"] for row in (await held(store, tenant))[0]}
    assert (versions["r003"], versions["r004"], versions["r090"]) == (2, 1, 1)
    assert "phone" not in next(row for row in (await held(store, tenant))[0] if row["record_id"] == "r003")


async def test_rows_that_cannot_be_used_are_set_aside_with_their_place_and_reason(
    store: Store, tenant: str, tmp_path: Path
) -> None:
    path = write_csv(tmp_path / "crm.csv", [*PEOPLE[:3], {**PEOPLE[3], "id": ""}])
    with path.open("a", encoding="utf-8") as file:
        file.write("r050,too,many,cells,in,this,row,for,its,header,of,names\n")
    for expected in ((3, 0), (0, 3)):
        report = await take(store, tenant, path, mapping=NAMED)
        assert (report.new, report.unchanged, report.quarantined) == (*expected, 2)
        entries = await service.quarantined(store, tenant)
        assert {entry["place"] for entry in entries} == {"crm.csv:4", "crm.csv:5"}  # again: the same entries, not more
        assert len(entries) == 2
        assert all(entry["reason"] and entry["source"] == "crm" for entry in entries)


async def test_of_rows_with_one_id_the_last_stands(store: Store, tenant: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "twice.csv", [PEOPLE[0], PEOPLE[1], PEOPLE[1], {**PEOPLE[0], "email": "b@bell.com"}])
    report = await take(store, tenant, path, mapping=NAMED)
    assert (report.new, report.replaced) == (2, 2)
    assert ("email", "b@bell.com") in await carried(store, tenant, "r000")


async def test_a_row_that_a_later_file_of_the_same_ingest_changes_is_its_next_version(
    store: Store, tenant: str, tmp_path: Path, people: Path
) -> None:
    later = write_csv(tmp_path / "later.csv", [{**PEOPLE[3], "email": "new@bell.com"}, PEOPLE[4], person(90)])
    report = await take(store, tenant, people, later)
    assert (report.new, report.changed, report.unchanged) == (25, 1, 1)
    versions = {row["record_id"]: row["version"] for row in (await held(store, tenant))[0]}
    assert (versions["r003"], versions["r004"], versions["r090"]) == (2, 1, 1)
    assert ("email", "ann3@bell.com") not in await carried(store, tenant, "r003")


def written(path: Path, rows: Sequence[Row]) -> Path:
    """The rows in the kind of file that the name says."""
    if path.name.endswith(".parquet"):
        parquet.write_table(pa.Table.from_pylist(list(rows)), path)
    elif ".jsonl" in path.name:
        text = "".join(json.dumps(row) + "\n" for row in rows).encode()
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    elif path.suffix == ".gz":
        path.write_bytes(gzip.compress(write_csv(path.with_suffix(""), rows).read_bytes()))
    else:
        write_csv(path, rows)
    return path


async def test_every_kind_of_file_says_the_same(store: Store, tenant: str, tmp_path: Path) -> None:
    kinds = ("csv", "csv.gz", "parquet", "jsonl", "jsonl.gz")
    for kind in kinds:
        report = await take(store, tenant, written(tmp_path / f"people.{kind}", PEOPLE[:6]), source=kind)
        assert (report.new, report.quarantined) == (6, 0)
    answers = [await held(store, tenant, kind) for kind in kinds]
    assert all(answer == answers[0] for answer in answers)
    assert len(answers[0][0]) == 6


async def test_a_guessed_mapping_is_kept_and_used_again(store: Store, tenant: str, tmp_path: Path) -> None:
    first = await take(store, tenant, write_csv(tmp_path / "a.csv", PEOPLE[:12]))
    guessed = Mapping.from_toml(first.mapping)
    assert first.guessed
    assert guessed.record_id == ("id",)
    assert guessed.columns["street_address"] == "street_address"
    second = await take(store, tenant, write_csv(tmp_path / "b.csv", PEOPLE[12:]))
    assert not second.guessed
    assert second.mapping == first.mapping
    (kept,) = await service.sources(store, tenant)
    assert (kept.source, kept.mapping) == ("crm", first.mapping)


async def test_a_saved_mapping_file_can_be_used(store: Store, tenant: str, tmp_path: Path, people: Path) -> None:
    saved = tmp_path / "crm.toml"
    saved.write_text((await take(store, tenant, people)).mapping)
    report = await take(store, tenant, people, mapping=service.read_mapping(saved))
    assert (report.guessed, report.unchanged) == (False, 24)


async def test_a_declared_column_takes_part(store: Store, tenant: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "crm.csv", [{**row, "Roof Code": f"RC-{at:05}"} for at, row in enumerate(PEOPLE)])
    text = 'record_id = "id"\n[columns]\nemail = "email"\n"Roof Code" = {type = "code"}\nphone = "ignore"\n'
    report = await take(store, tenant, path, mapping=Mapping.from_toml(text))
    assert report.new == 24
    (kept,) = await service.sources(store, tenant)
    assert json.loads(kept.fields)["roof_code"] == "code"
    rows, links = await held(store, tenant)
    assert [json.loads(row["extras"])["roof_code"] for row in rows[:2]] == ["rc00000", "rc00001"]
    assert "phone" not in {link["kind"] for link in links}


async def test_a_column_may_be_declared_anew(store: Store, tenant: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "crm.csv", [{**row, "Roof": f"RC{at:05}"} for at, row in enumerate(PEOPLE)])
    for kind in ("text", "code"):
        text = f'record_id = "id"\n[columns]\nRoof = {{type = "{kind}"}}\n'
        await take(store, tenant, path, mapping=Mapping.from_toml(text))
        (kept,) = await service.sources(store, tenant)
        assert json.loads(kept.fields)["roof"] == kind


async def test_ids_of_two_systems_stay_apart_by_their_scope(store: Store, tenant: str, tmp_path: Path) -> None:
    rows = [{"id": "1", "customer": "C-17", "email": "a@bell.com"}, {"id": "2", "customer": "C-18", "email": ""}]
    for scope in ("hubspot", "jobnimbus"):
        text = f'record_id = "id"\nscope = "{scope}"\n[columns]\ncustomer = "crm_id"\nemail = "email"\n'
        path = write_csv(tmp_path / f"{scope}.csv", rows)
        await take(store, tenant, path, source=scope, mapping=Mapping.from_toml(text))
    found = await asked(store, tenant, "MATCH (i:Identifier {tenant: $t, kind: 'crm_id'}) RETURN i.scope AS scope")
    assert sorted(row["scope"] for row in found) == ["hubspot", "hubspot", "jobnimbus", "jobnimbus"]


async def test_two_ingests_at_once_end_in_the_same_graph(store: Store, tenant: str, people: Path) -> None:
    await asyncio.gather(*(take(store, tenant, people) for _ in range(2)))
    rows, links = await held(store, tenant)
    assert [row["version"] for row in rows] == [1] * 24
    assert len(links) == 24 * 3
    assert len({tuple(link.values()) for link in links}) == 24 * 3


async def test_a_file_that_cannot_be_read_changes_nothing(store: Store, tenant: str, tmp_path: Path) -> None:
    half = tmp_path / "half.parquet"
    half.write_bytes(written(tmp_path / "whole.parquet", PEOPLE).read_bytes()[:-200])
    empty = tmp_path / "empty.csv"
    empty.touch()
    for path in (half, empty, tmp_path / "missing.csv"):
        with pytest.raises(BadInput, match=path.name):
            await take(store, tenant, path)
    assert await held(store, tenant) == ([], [])


async def test_the_same_ingest_completes_what_a_bad_file_cut_off(
    store: Store, tenant: str, tmp_path: Path, people: Path
) -> None:
    late = tmp_path / "late.csv"
    with pytest.raises(BadInput):
        await take(store, tenant, people, late)
    write_csv(late, [person(70)])
    report = await take(store, tenant, people, late)
    assert (report.new, report.unchanged) == (1, 24)


@pytest.mark.parametrize("name", ["CRM", "a b", "", "x" * 65])
def test_a_source_has_a_plain_name(name: str, people: Path) -> None:
    with pytest.raises(BadInput, match="source name"):
        service.request_of(name, [people], None)


def test_a_mapping_file_that_cannot_be_used_says_why(tmp_path: Path) -> None:
    bad = tmp_path / "bad.toml"
    bad.write_text('[columns]\nname = "shoe_size"\n')
    with pytest.raises(BadInput, match="shoe_size"):
        service.read_mapping(bad)
    with pytest.raises(BadInput, match=r"none\.toml"):
        service.read_mapping(tmp_path / "none.toml")
    with pytest.raises(BadInput, match=r"gone\.csv"):
        service.request_of("crm", [tmp_path / "gone.csv"], None)
