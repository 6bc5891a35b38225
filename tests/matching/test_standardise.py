"""Standardising brings every spelling to one form, invents nothing, and changes nothing the second time."""

import random
import sys

import phonenumbers
import pyarrow as pa
import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from scourgify import normalize_address_record

from matching import addresses, contacts, names
from matching.address_words import unit_value
from matching.errors import MatchingError
from matching.identifiers import address_value, address_values, normalise
from matching.mapping import Mapping
from matching.records import CANONICAL, FieldType
from matching.standardise import Standardised, read_addresses, standardise

TEXT = st.text(max_size=25)


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("John Smith", ("john", None, "smith", None)),
        ("SMITH, John Q.", ("john", "q", "smith", None)),
        ("Smith Jr, John", ("john", None, "smith", "jr")),
        ("John Smith, Jr.", ("john", None, "smith", "jr")),
        ("Smith, John, III", ("john", None, "smith", "iii")),
        ("Dr. José van der Berg III", ("jose", None, "van der berg", "iii")),
        ("Ludwig de la Cruz", ("ludwig", None, "de la cruz", None)),
        ("de la Cruz, María", ("maria", None, "de la cruz", None)),
        ("John O'Brien", ("john", None, "obrien", None)),
        ("john mc donald", ("john", None, "mcdonald", None)),
        ("Mary Ann Lee-Jones", ("mary", "ann", "lee jones", None)),
        ("Mr and Mrs Smith", (None, None, "smith", None)),
        ("John & Mary Smith", ("john", None, "smith", None)),
        ("SMITH JOHN Q & MARY", ("john", "q", "smith", None)),
        ("John Smith MD", ("john", None, "smith", None)),
        ("ABC Roofing LLC", (None, None, "abc roofing llc", None)),
        ("parke", ("parke", None, None, None)),
        ("Иван Петров", ("иван", None, "петров", None)),
        ("Łukasz Øre", ("lukasz", None, "ore", None)),
        ("unknown", (None, None, None, None)),
        ("", (None, None, None, None)),
    ],
)
def test_a_full_name_is_taken_apart(written: str, parts: tuple[str | None, ...]) -> None:
    assert tuple(names.full_name(written)) == parts


PHONE = st.from_regex(r"(\+?1[ .-]?)?(\([2-9]\d\d\) ?|[2-9]\d\d[ .-]?)\d{3}[ .-]?\d{4}", fullmatch=True)


@given(PHONE)
def test_a_plain_phone_reads_as_the_library_reads_it(written: str) -> None:
    ours = contacts.phone(written)
    library = phonenumbers.format_number(phonenumbers.parse(written, "US"), phonenumbers.PhoneNumberFormat.E164)
    assert ours in (None, library)
    assert ours == contacts._parsed_phone(written, "US")


@pytest.mark.parametrize(
    "written", ["214-555-0123", "0000000000", "(114) 867-5309", "867-5309", "123-456-7890", "n/a", ""]
)
def test_a_number_nobody_can_have_is_none(written: str) -> None:
    assert contacts.phone(written) is None


def test_extensions_are_dropped_and_foreign_numbers_kept() -> None:
    assert contacts.phone("214.867.5309 ext 4") == "+12148675309"
    assert contacts.phone("+44 20 7946 0958") == "+442079460958"
    assert contacts.phone("020 7946 0958", region="GB") == "+442079460958"


LOCAL = st.from_regex(r"[A-Za-z0-9._+-]{1,12}", fullmatch=True)
DOMAIN = st.from_regex(r"[A-Za-z0-9.-]{1,12}\.(com|org|test|c)", fullmatch=True)


@given(LOCAL, DOMAIN)
def test_an_email_is_valid_when_the_library_says_so(local: str, domain: str) -> None:
    written = f"{local}@{domain}"
    try:
        library = validate_email(written.lower(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        library = None
    assert contacts.email(written) == library or contacts.is_placeholder(written.lower(), FieldType.EMAIL)


@pytest.mark.parametrize("written", ["test@test.com", "none@none.com", "jane", "jane@", "a..b@c.com"])
def test_no_address_and_a_placeholder_are_none(written: str) -> None:
    assert contacts.email(written) is None


def usual_addresses(count: int = 300, seed: int = 7) -> list[str]:
    """Well-formed US addresses in the spellings people use."""
    draw = random.Random(seed)
    streets = ("Oak", "Elm Creek", "Washington", "Martin Luther King", "5th", "Cedar Hill", "Lincoln")
    kinds = (
        "St",
        "Street",
        "Ave",
        "Avenue",
        "Rd.",
        "Drive",
        "Lane",
        "Blvd",
        "Boulevard",
        "Ct",
        "Circle",
        "Pkwy",
        "Way",
    )
    ways = ("", "", "N ", "North ", "SW ", "East ")
    units = ("", "", " Apt 4", ", Apartment 12B", " Unit B", " #7", " Suite 300", " Lot 6")
    return [
        f"{draw.randint(1, 9999)} {draw.choice(ways)}{draw.choice(streets)} {draw.choice(kinds)}{draw.choice(units)}"
        for _ in range(count)
    ]


def test_a_usual_address_reads_as_the_library_reads_it() -> None:
    for written in usual_addresses():
        line = {
            "address_line_1": written,
            "address_line_2": None,
            "city": "Dallas",
            "state": "TX",
            "postal_code": "75209",
        }
        library = normalize_address_record(line)
        ours = addresses.plain_address(written)
        assert ours is not None, written
        assert ours.street == library["address_line_1"].lower(), written
        assert ours.unit == unit_value(library["address_line_2"] or ""), written


def test_a_whole_address_in_one_line_is_its_parts() -> None:
    for written in usual_addresses(60):
        street, unit, *_ = addresses.address(written)
        expected = (street, unit, "dallas", "tx", "75209")
        assert tuple(addresses.address(f"{written}, Dallas, TX 75209-1234")) == expected
        assert tuple(addresses.address(f"{written.replace(',', '')} Dallas TX 75209")) == expected


@pytest.mark.parametrize(
    ("written", "street", "unit"),
    [
        ("PO Box 12", "po box 12", None),
        ("P.O. Box 12", "po box 12", None),
        ("rr 2 box 14", "rr 2 box 14", None),
        ("Rural Route 2, Box 14", "rr 2 box 14", None),
        ("123-B Oak Ave", "123 oak ave", "b"),
        ("100-110 Main Street", "100-110 main st", None),
        ("12 1/2 Elm Street", "12 1/2 elm st", None),
        ("123 Avenue B", "123 ave b", None),
        ("123 County Road 45 lot 6", "123 county rd 45", "6"),
        ("500 Elm Ave Bldg 4 Apt 12", "500 elm ave", "4-12"),
        ("Apt 4, 123 Main St", "123 main st", "4"),
        ("12 N. W. 5th St.", "12 nw 5th st", None),
        ("123 N St", "123 n st", None),
        ("561 3 avenue", "561 3rd ave", None),
        ("5 Elm St Rear", "5 elm st", "rear"),
        ("123 broadway 4b", "123 broadway", "4b"),
        ("yorkshire", "yorkshire", None),
        ("2809 21st ave nw unit no 4 floor", "2809 21st ave nw unit no 4 floor", None),
    ],
)
def test_an_unusual_address_is_taken_apart_or_kept(written: str, street: str, unit: str | None) -> None:
    found = addresses.address(written)
    assert (found.street, found.unit) == (street, unit)


KINDS = ("email", "phone", "address", "device_id", "cookie_id", "crm_id", "property_id")


@given(TEXT, st.sampled_from(KINDS))
def test_normalising_again_changes_nothing(value: str, kind: str) -> None:
    once = normalise(value, kind)
    assert once != ""
    assert once is None or normalise(once, kind) == once


def test_normalising_an_address_again_changes_nothing() -> None:
    for written in usual_addresses(100):
        once = normalise(f"{written}, Fort Worth, Texas", "address")
        assert once is not None
        assert once.endswith("|ft worth|tx|")
        assert normalise(once, "address") == once


def test_a_zip_stands_for_its_city_and_state() -> None:
    assert normalise("123 Main St Apt 4, Dallas, TX 75209", "address") == "123 main st|4|||75209"
    assert normalise("123 main street #4 75209", "address") in ("123 main st|4|||75209", None)
    assert normalise("123 Main St", "address") is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(MatchingError, match="no kind of identifier"):
        normalise("x", "fax")


PARTS = st.fixed_dictionaries(
    {name: st.sampled_from([None, "x", "y z"]) for name in ("street_address", "unit", "city", "state", "zip")}
)


@given(st.lists(PARTS, max_size=8))
def test_the_addresses_of_a_table_are_those_of_its_records(rows: list[dict[str, str | None]]) -> None:
    schema = pa.schema([(name, pa.string()) for name in ("street_address", "unit", "city", "state", "zip")])
    table = pa.Table.from_pylist(rows, schema=schema)
    assert address_values(table).to_pylist() == [address_value(row) for row in rows]


def standardised(columns: dict[str, list[str | None]], mapping: Mapping | None = None) -> Standardised:
    table = pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})
    mapping = mapping or Mapping(columns={name: name for name in columns if name != "id"}, record_id=("id",))
    return standardise(table, mapping, source="crm", workers=1)


def test_a_record_has_its_canonical_columns_and_types() -> None:
    found = standardised(
        {
            "id": ["1"],
            "full_name": ["SMITH, John Q Jr"],
            "email": [" John@X.com "],
            "phone": ["(214) 867-5309"],
            "street_address": ["12 North Main Street, Apt 4, Dallas, TX 75209"],
            "seen_at": ["2020-01-02 03:04:05"],
        }
    )
    assert found.records.to_pylist() == [
        {
            "source": "crm",
            "record_id": "1",
            "first_name": "john",
            "middle_name": "q",
            "last_name": "smith",
            "suffix": "jr",
            "email": "john@x.com",
            "phone": "+12148675309",
            "street_address": "12 n main st",
            "unit": "4",
            "city": "dallas",
            "state": "tx",
            "zip": "75209",
            "seen_at": "2020-01-02T03:04:05Z",
        }
    ]
    assert found.fields == {name: CANONICAL[name] for name in found.records.column_names[2:-1]}


raw_cells = st.one_of(
    st.none(), st.text(max_size=15), st.sampled_from(["Ann", "n/a", "1/1/1980", "a@b.co", "12 Oak St"])
)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys([*CANONICAL, "full_name", "ssn"], raw_cells)), max_size=5))
def test_no_record_holds_an_empty_text_and_none_is_lost(rows: list[dict[str, str | None]]) -> None:
    names_ = [*CANONICAL, "full_name", "ssn"]
    columns: dict[str, list[str | None]] = {name: [row[name] for row in rows] for name in names_}
    mapping = Mapping({n: n for n in names_}, extras={"ssn": FieldType.CODE}, record_id=("id",))
    found = standardised({"id": [str(n) for n in range(len(rows))], **columns}, mapping)
    assert found.records.num_rows + len(found.rejects) == len(rows)
    for column in found.records.columns:
        assert column.type == pa.string()
        assert all(value is None or value.strip() for value in column.to_pylist())
    assert set(found.fields) <= set(found.records.column_names)


def test_own_columns_come_before_what_a_full_name_or_address_says() -> None:
    found = standardised(
        {
            "id": ["1", "2"],
            "full_name": ["Rob Henry Charles", "Ann Lee Ray"],
            "first_name": ["Rob", "Anna"],
            "last_name": [None, "Ray"],
            "street_address": ["1 Oak St, Dallas, TX 75209", "2 Oak St"],
            "city": ["Plano", None],
        }
    ).records.to_pylist()
    assert (found[0]["middle_name"], found[0]["last_name"], found[0]["city"]) == ("henry", "charles", "plano")
    assert found[1]["middle_name"] is None


def test_the_first_of_two_columns_with_a_value_wins() -> None:
    mapping = Mapping({"home": "phone", "cell": "phone"}, record_id=("id",))
    found = standardised({"id": ["1", "2"], "home": ["n/a", "2148675301"], "cell": ["2148675309"] * 2}, mapping)
    assert found.records["phone"].to_pylist() == ["+12148675309", "+12148675301"]


def test_rows_without_an_id_or_any_value_are_rejected_with_their_reason() -> None:
    found = standardised({"id": ["1", None, "3"], "email": ["a@x.com", "b@x.com", "none@none.com"]})
    assert found.records["record_id"].to_pylist() == ["1"]
    assert [where for where, _ in found.rejects] == [2, "3"]
    assert "no record id" in found.rejects[0][1]
    assert "no value" in found.rejects[1][1]
    assert found.unread == {"email": 1}


def test_of_rows_with_one_id_the_last_stands_and_the_others_are_counted() -> None:
    found = standardised({"id": ["1", "1", "2", "1"], "email": ["a@x.com", "b@x.com", "c@x.com", "b@x.com"]})
    assert found.records.select(["record_id", "email"]).to_pylist() == [
        {"record_id": "2", "email": "c@x.com"},
        {"record_id": "1", "email": "b@x.com"},
    ]
    assert (found.repeated, found.superseded) == (1, 1)


def test_a_row_without_id_columns_is_named_by_its_content() -> None:
    rows: dict[str, list[str | None]] = {"email": ["a@x.com", "b@x.com"], "zip": ["75209", None]}
    mapping = Mapping({"email": "email", "zip": "zip"})
    first = standardised(rows, mapping).records["record_id"].to_pylist()
    turned: dict[str, list[str | None]] = {name: values[::-1] for name, values in reversed(rows.items())}
    assert standardised(turned, mapping).records["record_id"].to_pylist() == first[::-1]
    assert len(set(first)) == 2


def test_a_source_column_names_the_source_of_each_record() -> None:
    mapping = Mapping({"from": "source", "email": "email"}, record_id=("id",))
    found = standardised({"id": ["1", "1"], "from": ["web", None], "email": ["a@x.com", "b@x.com"]}, mapping)
    assert found.records["source"].to_pylist() == ["web", "crm"]


def test_what_only_the_whole_column_can_tell_is_used() -> None:
    found = standardised(
        {
            "id": ["1", "2", "3"],
            "date_of_birth": ["05/01/1980", "25/01/1980", "26/02/1981"],
            "zip": ["7030", "75209", "75210"],
        }
    )
    assert found.records["date_of_birth"].to_pylist() == ["1980-01-05", "1980-01-25", "1981-02-26"]
    assert found.records["zip"].to_pylist() == ["07030", "75209", "75210"]


def test_the_pool_reads_as_one_process_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["matching.standardise"], "POOL_FROM", 2)
    hard = [f"{n} broadway {n}b" for n in range(1, 5)]
    assert read_addresses(hard, workers=2) == read_addresses(hard, workers=1)
