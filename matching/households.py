"""Who lives together? Persons choose a home by their addresses over time and by where their kin live.

1. A dwelling is an address with its unit and zip; its spellings are one where a person or a surname stands at both.
2. Each record votes for its dwelling, late records more than early ones. An entry of a register (a building, and
   nothing by which somebody is reached) says who owns, and votes only for those of whom nothing else is known.
3. A person goes where its own votes and those of its kin (same surname, shared phone or e-mail) are strongest; kin
   alone place a person without an address, and so does a building: landlords and tenants share one, and are not kin.
   Who says in one voice where it lives is believed.
4. A dwelling with more persons than a household may have, or with many persons of as many surnames, is group quarters:
   each person there keeps a household of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matching.clusters import Limits
from matching.comparisons import within_edits
from matching.connected import connected

__all__ = ["Households", "grouped", "households"]

Ints = npt.NDArray[np.int64]
Columns = Mapping[str, npt.NDArray[Any]]
REACHED_BY = ("phone", "email", "device_id", "cookie_id", "crm_id")
COLUMNS = ("street_address", "unit", "zip", "last_name", "property_id", "seen_at", *REACHED_BY)
HALF_LIFE_DAYS = 45.0  # of what a row says of where its person lives: who moved is where they were seen last
KIN_WEIGHT, CONTACT_WEIGHT, MOST_KIN = 0.5, 0.7, 2.0
MOST_OF_OTHERS = 0.95  # who says in one voice where it lives is believed, whatever others are thought to say
CROWD, MANY_SURNAMES = 8, 0.7
BUILDING = "property_id"


@dataclass(frozen=True, slots=True)
class Households:
    """household: a number per person; kind: "family" or "group_quarters" per household number.

    evidence, one row per person: person, household, own (share of its votes for this home), kin (votes of its surname
    there), contacts (votes of those it shares a phone, e-mail or property with), persons (how many live there).
    """

    household: Ints
    kind: list[str]
    evidence: pa.Table


def households(connection: duckdb.DuckDBPyConnection, records: pa.Table, persons: Ints, limits: Limits) -> Households:
    """Which household does each person live in? `persons` holds a person number (0, 1, ...) per record."""
    count = int(persons.max()) + 1 if len(persons) else 0
    _load(connection, records, persons)
    _dwellings(connection)
    _votes(connection)
    _moves(connection, limits)
    _choices(connection, limits)
    chosen = connection.execute("select person, dwelling, own, kin, contacts from choices order by person").fetchnumpy()
    shared = connection.execute("select contact, person from contacts order by contact, person").fetchnumpy()
    family = connection.execute("select person, family from surnames order by person").fetchnumpy()
    return grouped(chosen, shared, family, count=count, limits=limits)


def _load(connection: duckdb.DuckDBPyConnection, records: pa.Table, persons: Ints) -> None:
    missing = pa.nulls(records.num_rows, pa.string())
    columns = {c: records.column(c) if c in records.column_names else missing for c in COLUMNS}
    connection.register("lived", pa.table({"person": persons, **columns}))
    connection.execute(
        f"""create or replace temp table lived_in as select person, last_name as family, phone, email, property_id,
        street_address || coalesce(' # ' || unit, '') as home, street_address as address, unit, zip,
        try_cast(seen_at as timestamptz) as seen, property_id is not null and coalesce({", ".join(REACHED_BY)}) is null
        and count(coalesce({", ".join(REACHED_BY)}, case when property_id is null then '' end)) filter (
            street_address is not null) over (partition by person) > 0 as silent from lived"""
    )
    connection.unregister("lived")


def _dwellings(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `spelt(home, zip, dwelling)`: which dwelling does each spelling of an address mean?"""
    connection.execute(
        """create or replace temp table spellings as
        with counted as (
            select home, zip, any_value(address) as address, any_value(unit) as unit, count(*) as seen
            from lived_in where home is not null group by home, zip)
        select *, row_number() over (order by seen desc, home, zip) - 1 as spelling,
            first_value(zip) over (partition by home order by zip is null, seen desc, zip) as usual_zip from counted"""
    )
    connection.execute(
        """create or replace temp table stood as select distinct person, family, spelling
        from lived_in l join spellings s on s.home = l.home and s.zip is not distinct from l.zip"""
    )
    same = [_same_home_sql(), _one_unit_sql(), _shared_person_sql(), _shared_surname_sql()]
    pairs = connection.execute(" union ".join(same)).fetchnumpy()
    count = int(connection.execute("select count(*) from spellings").fetchall()[0][0])
    labels = connected(count, np.asarray(pairs["a"], np.int64), np.asarray(pairs["b"], np.int64))
    connection.register("labels", pa.table({"spelling": np.arange(count), "dwelling": labels}))
    connection.execute(
        """create or replace temp table spelt as
        select home, zip, dwelling from spellings join labels using (spelling)"""
    )
    connection.unregister("labels")


def _same_home_sql() -> str:
    """One home text with no zip, or with a rare zip a slip away from its usual one, is the usual home."""
    return f"""select a.spelling as a, b.spelling as b from spellings a join spellings b
        on a.home = b.home and b.zip = b.usual_zip
        where a.spelling <> b.spelling and (a.zip is null or (a.seen * 3 <= b.seen
            and {within_edits("a.zip", "b.zip", 2)}))"""


def _one_unit_sql() -> str:
    """An address given once with and otherwise without its only unit is one home."""
    return """select a.spelling as a, b.spelling as b from spellings a join spellings b
        on a.address = b.address and a.zip is not distinct from b.zip
        where a.unit is null and b.unit is not null
        and (select count(distinct unit) from spellings c where c.address = a.address) = 1"""


def _near_sql() -> str:
    """Two edits in the street at one number, or one in the number of one street: not more."""
    number_a, number_b = "split_part(a.home, ' ', 1)", "split_part(b.home, ' ', 1)"
    street_a, street_b = "substr(a.home, instr(a.home, ' '))", "substr(b.home, instr(b.home, ' '))"
    return f"""case when abs(length(a.home) - length(b.home)) <= 2 then
        case when {number_a} = {number_b} then {within_edits("a.home", "b.home", 2)}
        when {street_a} = {street_b} then {within_edits(number_a, number_b, 1)}
        else false end else false end"""


def _shared_person_sql() -> str:
    """Two near spellings at which one person stands are one home, unless both are well attested."""
    side = "(select distinct person, s.spelling, s.home, s.seen from stood join spellings s using (spelling))"
    return f"""select a.spelling as a, b.spelling as b from {side} a join {side} b
        on a.person = b.person and a.spelling > b.spelling where a.seen <= 2 and {_near_sql()}"""


def _shared_surname_sql() -> str:
    """A spelling seen once, near another one of its region where the same surname lives, is a slip of the pen."""
    parts, region = [], "coalesce(left(s.zip, 3), '')"
    for key in ("split_part(s.address, ' ', 1)", "substr(s.address, instr(s.address, ' '))"):
        side = f"""(select distinct family, {key} as key, {region} as region, s.spelling, s.home, s.seen
            from stood join spellings s using (spelling) where family is not null)"""
        parts.append(
            f"""select a.spelling as a, b.spelling as b from {side} a join {side} b
            on a.family = b.family and a.key = b.key and a.region = b.region and a.spelling > b.spelling
            where a.seen = 1 and {_near_sql()}"""
        )
    return " union ".join(parts)


def _votes(connection: duckdb.DuckDBPyConnection) -> None:
    """Table `votes(person, dwelling, share)`: how much of a person's evidence is for each dwelling; and `kinship`."""
    connection.execute(
        f"""create or replace temp table votes as
        with cast_votes as (
            select person, dwelling, sum(case when seen is null then 1.0 else
                pow(0.5, date_diff('day', seen, max_seen) / {HALF_LIFE_DAYS}) end) as weight
            from (select *, max(seen) over (partition by person) as max_seen from lived_in where not silent) l
            join spelt s on s.home = l.home and s.zip is not distinct from l.zip group by person, dwelling)
        select person, dwelling, weight / sum(weight) over (partition by person) as share from cast_votes"""
    )
    connection.execute(
        """create or replace temp table surnames as
        select person, family from (select person, family, row_number() over
            (partition by person order by count(*) desc, family) as place
            from lived_in where family is not null group by person, family) where place = 1"""
    )


def _moves(connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Two homes that two of one surname both have are one home to that surname: they moved, or have their post there.

    Their votes go to the home with the most of them. Crowded dwellings move nobody.
    """
    connection.execute(
        f"""create or replace temp table both_homes as
        with quiet as (select dwelling from votes group by dwelling having count(*) <= {limits.household}),
        named as (select v.person, v.dwelling, s.family from votes v semi join quiet using (dwelling)
            join surnames s using (person)),
        pairs as (select a.family, a.dwelling as one, b.dwelling as other from named a join named b
            on a.person = b.person and a.dwelling < b.dwelling group by all having count(*) >= 2)
        select * from pairs"""
    )
    connection.execute(
        """create or replace temp table homes_of_kin as
        with ends as (select family, one as dwelling from both_homes union select family, other from both_homes)
        select family, dwelling, row_number() over (order by round(mass, 9) desc, family, dwelling) - 1 as number
        from (select e.family, e.dwelling, sum(v.share) as mass from ends e join votes v using (dwelling)
            join surnames s on s.person = v.person and s.family = e.family group by all)"""
    )
    linked = connection.execute(
        """select a.number as a, b.number as b from both_homes p
        join homes_of_kin a on a.family = p.family and a.dwelling = p.one
        join homes_of_kin b on b.family = p.family and b.dwelling = p.other"""
    ).fetchnumpy()
    count = int(connection.execute("select count(*) from homes_of_kin").fetchall()[0][0])
    labels = connected(count, np.asarray(linked["a"], np.int64), np.asarray(linked["b"], np.int64))
    connection.register("kin_labels", pa.table({"number": np.arange(count), "label": labels}))
    connection.execute(
        """create or replace temp table votes as
        with moved as (select family, dwelling, first_value(dwelling) over (partition by label order by number) as home
            from homes_of_kin join kin_labels using (number))
        select v.person, coalesce(m.home, v.dwelling) as dwelling, sum(v.share) as share from votes v
        left join surnames s using (person) left join moved m on m.family = s.family and m.dwelling = v.dwelling
        group by all"""
    )
    connection.unregister("kin_labels")


def _contacts_sql(limits: Limits) -> str:
    """Which persons share a phone, an e-mail or a property with which (values of a crowd are no sign of kinship)?"""
    parts = []
    for column in ("phone", "email", BUILDING):
        parts.append(
            f"""select distinct person, '{column}:' || {column} as contact from lived_in where {column} is not null
            and {column} in (select {column} from lived_in group by {column}
                having count(distinct person) between 2 and {min(limits.household, CROWD)})"""
        )
    return " union all ".join(parts)


def _choices(connection: duckdb.DuckDBPyConnection, limits: Limits) -> None:
    """Table `choices(person, dwelling, own, kin, contacts)`: where does each person live, and why?"""
    connection.execute(f"create or replace temp table contacts as {_contacts_sql(limits)}")
    connection.execute(
        f"""create or replace temp table choices as
        with related as (
            select distinct a.person, b.person as other from contacts a join contacts b using (contact)
            where a.person <> b.person and (not starts_with(contact, '{BUILDING}:') or a.person not in (
                select person from votes))),
        by_contact as (
            select r.person, v.dwelling, least(sum(v.share), {MOST_KIN}) as contacts
            from related r join votes v on v.person = r.other group by r.person, v.dwelling),
        by_name as (
            select dwelling, family, sum(share) as mass from votes join surnames using (person) group by all),
        options as (
            select person, dwelling from votes union select person, dwelling from by_contact),
        weighed as (
            select o.person, o.dwelling, coalesce(v.share, 0.0) as own,
                least(greatest(coalesce(n.mass, 0.0) - coalesce(v.share, 0.0), 0.0), {MOST_KIN}) as kin,
                coalesce(c.contacts, 0.0) as contacts
            from options o left join votes v using (person, dwelling) left join by_contact c using (person, dwelling)
            left join surnames s on s.person = o.person
            left join by_name n on n.dwelling = o.dwelling and n.family = s.family)
        select person, dwelling, own, kin, contacts from (select *, row_number() over (partition by person order by
            round(own + least({KIN_WEIGHT} * kin + {CONTACT_WEIGHT} * contacts, {MOST_OF_OTHERS}), 9) desc,
            own desc, dwelling) as place
            from weighed) where place = 1"""
    )


def grouped(chosen: Columns, shared: Columns, family: Columns, *, count: int, limits: Limits) -> Households:
    """Number the households by their first person; undo the crowded ones.

    chosen: person, dwelling, own, kin, contacts, sorted by person; shared: contact, person, sorted so; family: person,
    family, sorted by person. `count` persons in all.
    """
    person = np.asarray(chosen["person"], np.int64)
    group = np.arange(count) + int(np.max(chosen["dwelling"], initial=0)) + 1
    group[person] = np.asarray(chosen["dwelling"], np.int64)
    homeless = np.ones(count, np.bool_)
    homeless[person] = False
    group = _by_contact(shared, group, homeless)
    _, group, size = np.unique(group, return_inverse=True, return_counts=True)
    crowded = (size > limits.household) | _many_surnames(group, size, family)
    group = np.where(crowded[group], np.arange(count) + len(size), group)
    quarters = group >= len(size)
    number, household = _first_seen(group)
    kind = np.full(number, "family", dtype=object)
    kind[household[quarters]] = "group_quarters"
    columns: dict[str, npt.NDArray[np.generic]] = {"person": np.arange(count), "household": household}
    for name in ("own", "kin", "contacts"):
        values = np.zeros(count)
        values[person] = chosen[name]
        columns[name] = np.where(quarters & (name != "own"), 0.0, values)
    columns["persons"] = np.bincount(household, minlength=number)[household]
    return Households(household, kind.tolist(), pa.table(columns))


def _by_contact(shared: Columns, group: Ints, homeless: npt.NDArray[np.bool_]) -> Ints:
    """Persons of whom no address is known live with those who share their phone or e-mail."""
    person = np.asarray(shared["person"], np.int64)
    here = homeless[person]
    if not here.any():
        return group
    contact = _numbered(np.asarray(shared["contact"], dtype=object)[here])
    person = person[here]
    first = np.full(int(contact.max(initial=-1)) + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, contact, person)
    labels = connected(len(group), first[contact], person)
    lowest = np.full(len(group), np.iinfo(np.int64).max)
    np.minimum.at(lowest, labels, np.arange(len(group)))
    moved = group.copy()
    moved[homeless] = group[lowest[labels[homeless]]]
    return moved


def _many_surnames(group: Ints, size: Ints, family: Columns) -> npt.NDArray[np.bool_]:
    if size.max(initial=0) <= CROWD:
        return np.zeros(len(size), np.bool_)
    person = np.asarray(family["person"], np.int64)
    names = _numbered(np.asarray(family["family"], dtype=object))
    distinct = np.unique(group[person] * (names.max(initial=0) + 1) + names) // (names.max(initial=0) + 1)
    surnames = np.bincount(distinct, minlength=len(size))
    return (size > CROWD) & (surnames >= MANY_SURNAMES * size)


def _numbered(texts: npt.NDArray[Any]) -> Ints:
    """A number for each text, the same for the same text."""
    return np.asarray(pa.array(texts, pa.string()).dictionary_encode().indices, np.int64)


def _first_seen(group: Ints) -> tuple[int, Ints]:
    _, first, inverse = np.unique(group, return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return len(first), rank[inverse]
