"""A mapping says what every column means; without one the headers and values say it."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.errors import MappingError
from matching.guess import guess_mapping
from matching.header_words import field_of
from matching.mapping import Mapping, own_name
from matching.records import CANONICAL, FieldType
from matching.sources import read_source

REAL = Path(os.environ.get("STORMGRAPH_DATA", Path(__file__).parents[2] / "../shared/data")) / "identity"

HAND_WRITTEN = """
record_id = "id"
scope = "hubspot"
[columns]
"First Name" = "first_name"
ssn = {type = "code"}
"Maiden" = {field = "maiden_name", type = "name"}
notes = "ignore"
"""


def test_a_mapping_written_by_hand_is_read_as_it_says() -> None:
    mapping = Mapping.from_toml(HAND_WRITTEN)
    assert mapping.record_id == ("id",)
    assert mapping.scope == "hubspot"
    assert mapping.columns == {"First Name": "first_name", "ssn": "ssn", "Maiden": "maiden_name", "notes": "ignore"}
    assert mapping.extras == {"ssn": FieldType.CODE, "maiden_name": FieldType.NAME}


headers = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20).filter(str.strip)


@given(
    st.dictionaries(headers, st.sampled_from([*CANONICAL, "full_name", "ignore", "source", "ssn"]), max_size=6),
    st.lists(headers, max_size=2),
    st.one_of(st.none(), headers),
)
def test_saving_and_reading_a_mapping_changes_nothing(
    columns: dict[str, str], ids: list[str], scope: str | None
) -> None:
    extras = {"ssn": FieldType.CODE} if "ssn" in columns.values() else {}
    mapping = Mapping(columns=columns, extras=extras, record_id=tuple(ids), scope=scope, notes=("guessed",))
    assert Mapping.from_toml(mapping.to_toml()) == mapping


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[columns]\na = "frist_name"', "no field is called 'frist_name'"),
        ('[columns]\na = {type = "kode"}', "no matching type is called 'kode'"),
        ("[columns]\na = 1", "write the name of a field"),
        ('colums = "a"', "not colums"),
        ("a = ", "not valid TOML"),
        ("columns = 5", "write a table"),
        ("record_id = 5", "record_id: write a text, or a list of texts"),
        ("record_id = [1]", "record_id: write a text, or a list of texts"),
        ("scope = 5", "scope: write a text"),
        ('[columns]\nemail = {field = "email", type = "text"}', "has a type already"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(text: str, says: str) -> None:
    with pytest.raises(MappingError, match=says):
        Mapping.from_toml(text)


@given(st.text(max_size=30))
def test_an_extra_columns_own_name_never_means_something_else(header: str) -> None:
    name = own_name(header)
    assert name not in CANONICAL
    assert name.isidentifier()
    assert name not in ("source", "record_id", "full_name", "ignore")


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("First Name", "first_name"),
        ("firstName", "first_name"),
        ("FNAME", "first_name"),
        ("Surname", "last_name"),
        ("dob", "date_of_birth"),
        ("Birth Date", "date_of_birth"),
        ("E-Mail Address", "email"),
        ("billing_zip", "zip"),
        ("Postcode", "zip"),
        ("Email 1", "email"),
        ("caller_number", "phone"),
        ("Homeowner Phone #", "phone"),
        ("user_pseudo_id", "cookie_id"),
        ("event_timestamp", "seen_at"),
        ("PropertyAddress", "street_address"),
        ("unique_id", "record_id"),
        ("parcel_id", "property_id"),
        ("SitusZip", "zip"),
        ("situs_addr", "street_address"),
        ("loss_location", "street_address"),
        ("callback_name", "full_name"),
        ("Callback Number", "phone"),
        ("alt_phone", "phone"),
        ("alternate_email", "email"),
        ("grantee", "full_name"),
        ("zip4", None),
        ("alt_id", None),
        ("favourite_colour", None),
        ("primary_key", None),
    ],
)
def test_headers_are_known_by_their_words(header: str, field: str | None) -> None:
    assert field_of(header) == field


def crm(rows: int = 60) -> dict[str, list[str | None]]:
    return {
        "Customer ID": [f"C-{n}" for n in range(rows)],
        "Contact": [f"Ann {'abcdefghij'[n % 10]} Smith" for n in range(rows)],
        "Mobile": [f"(214) 867-{n:04d}" for n in range(rows)],
        "Mailing Address": [f"{n} Main St" for n in range(rows)],
        "Loyalty": [f"LX{n * 7919:07d}" for n in range(rows)],
        "Tier": ["gold" if n % 3 else "silver" for n in range(rows)],
        "Remarks": [f"called about the roof on the north side, visit number {n}" for n in range(rows)],
        "Balance": [f"{n}.50" for n in range(rows)],
        "Contact 2": [f"ann{n}@mail.com" for n in range(rows)],
        "Empty": [None] * rows,
    }


def test_a_file_nobody_described_is_told_by_headers_and_values() -> None:
    mapping = guess_mapping(pa.table(crm()))
    assert mapping.record_id == ("Customer ID",)
    assert mapping.columns == {
        "Customer ID": "crm_id",
        "Contact": "full_name",
        "Mobile": "phone",
        "Mailing Address": "street_address",
        "Loyalty": "loyalty",
        "Tier": "tier",
        "Remarks": "remarks",
        "Balance": "ignore",
        "Contact 2": "email",
        "Empty": "ignore",
    }
    assert mapping.extras == {"loyalty": FieldType.CODE, "tier": FieldType.CATEGORY, "remarks": FieldType.TEXT}


def test_what_was_declared_stays_and_the_rest_is_guessed() -> None:
    declared = Mapping(columns={"Tier": "ignore", "Loyalty": "crm_id"}, record_id=("Customer ID",))
    mapping = guess_mapping(pa.table(crm()), declared)
    assert (mapping.columns["Tier"], mapping.columns["Loyalty"]) == ("ignore", "crm_id")
    assert mapping.columns["Mobile"] == "phone"
    assert "tier" not in mapping.extras


def test_without_any_id_the_content_names_a_record_and_the_mapping_says_so() -> None:
    mapping = guess_mapping(pa.table({"name": ["Ann Lee", "Bob Ray"], "email": ["a@x.com", "a@x.com"]}))
    assert mapping.record_id == ()
    assert "hash" in mapping.notes[0]


def test_the_traffic_source_of_web_events_is_no_source_of_records() -> None:
    web = {"user_pseudo_id": ["1.2", "3.4"], "source": ["google", "bing"], "medium": ["cpc", "organic"]}
    assert guess_mapping(pa.table(web)).columns["source"] != "source"
    other = {"id": ["1", "1"], "source": ["crm", "web"], "email": ["a@x.com", "b@x.com"]}
    mapping = guess_mapping(pa.table(other))
    assert mapping.columns["source"] == "source"
    assert mapping.record_id == ("id",)


def test_a_column_without_values_yet_keeps_the_meaning_of_its_header() -> None:
    table = pa.table({"id": ["1", "2"], "phone": pa.array([None, None], pa.string()), "email": ["a@x.com", "b@x.com"]})
    assert guess_mapping(table).columns["phone"] == "phone"


def test_the_column_that_names_a_record_is_not_also_matched_on() -> None:
    table = pa.table({"event_id": [str(n) for n in range(90)], "email": [f"a{n}@x.com" for n in range(90)]})
    mapping = guess_mapping(table)
    assert (mapping.record_id, mapping.columns, mapping.extras) == (("event_id",), {"email": "email"}, {})


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "truth", "expected"),
    [
        (
            "fake_1000.csv",
            ["cluster"],
            {"surname": "last_name", "dob": "date_of_birth", "city": "city", "email": "email"},
        ),
        (
            "hist50k_A.parquet",
            ["cluster"],
            {
                "full_name": "full_name",
                "surname": "last_name",
                "birth_place": "birth_place",
                "postcode_fake": "zip",
                "gender": "sex",
                "occupation": "occupation",
            },
        ),
        (
            "bundle_2020.parquet",
            ["person_id", "household_id"],
            {
                "source": "source",
                "middle_initial": "middle_name",
                "address": "street_address",
                "ssn": "ssn",
                "age": "ignore",
            },
        ),
    ],
)
def test_the_shared_files_are_understood_without_a_mapping(
    name: str, truth: list[str], expected: dict[str, str]
) -> None:
    if not (REAL / name).exists():
        pytest.skip(f"{name} is not there: set STORMGRAPH_DATA to the shared data")
    table = next(iter(read_source(REAL / name))).table.drop_columns(truth)
    mapping = guess_mapping(table)
    assert mapping.record_id in (("unique_id",), ("record_id",))
    assert {column: mapping.columns[column] for column in expected} == expected
    types = {"ssn": FieldType.CODE, "birth_place": FieldType.PLACE, "occupation": FieldType.CATEGORY}
    assert all(mapping.extras[extra] is types[extra] for extra in types.keys() & expected.keys())
