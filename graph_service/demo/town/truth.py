"""Who is each record really about, and with whom do they live? For judging a matcher's answer, never for its eyes."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from graph_service.demo.town.noise import Column, Flags, Numbers, only, strings
from graph_service.demo.town.parcels import COMPANY, resident_heads
from graph_service.demo.town.sources import Rows
from graph_service.demo.town.witness import Town, present


def codes(*keys: Numbers) -> Numbers:
    """Number the distinct rows of these keys (each 0 or more), by first appearance of the combined key's order."""
    combined = keys[0].astype(np.int64)
    for key in keys[1:]:
        combined = combined * (int(key.max()) + 1) + key
    return np.unique(combined, return_inverse=True)[1].astype(np.int64)


def ids(prefix: str, numbers: Numbers) -> Column:
    """Write numbers as ids that sort and say nothing else: numbered in the order of first appearance."""
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(1, len(first) + 1)
    return strings([f"{prefix}{value:07d}" for value in rank[inverse].tolist()])


def firms(rows: Rows) -> Numbers:
    """The number of each parcel's owner by name, which tells companies apart: the same name is the same company."""
    names = [value or "" for value in rows.columns["owner_name"].tolist()]
    return np.unique(np.asarray(names), return_inverse=True)[1].astype(np.int64)


def shows_home(name: str, rows: Rows) -> Flags:
    """Which records say where the person lives?"""
    if name == "web":
        return np.zeros(len(rows.who), dtype=np.bool_)
    return present(rows.columns["address"]) if name == "calls" else np.ones(len(rows.who), dtype=np.bool_)


def resident_households(town: Town, sources: dict[str, Rows]) -> Column:
    """The household in each parcel's home in the end, None where no other record places one of its members there."""
    people, homes = town.people, sources["parcels"].home
    head = resident_heads(people, people.home_later)[homes]
    living = np.where(head >= 0, people.household[head], -1)
    stride = int(people.household.max()) + 2
    placed = [
        (rows.home * stride + people.household[rows.who] + 1)[shows_home(name, rows)]
        for name, rows in sources.items()
        if name != "parcels"
    ]
    known = (living >= 0) & np.isin(homes * stride + living + 1, np.concatenate(placed))
    return np.where(known, living, -1)


def truth_of(town: Town, sources: dict[str, Rows], hidden: Numbers) -> pa.Table:
    """The truth table of all records; `hidden` numbers the untraceable visitor of each web session (-1: traceable)."""
    people = town.people
    who = np.concatenate([rows.who for rows in sources.values()])
    name = np.concatenate([np.full(len(rows.who), at) for at, rows in enumerate(sources.values())])
    at_web, at_parcels = (list(sources).index(key) for key in ("web", "parcels"))
    stranger = np.full(len(who), -1, dtype=np.int64)
    stranger[name == at_web] = hidden
    firm = np.zeros(len(who), dtype=np.int64)
    firm[name == at_parcels] = firms(sources["parcels"])
    company = who == COMPANY
    soul = np.where(company, len(people) + firm, who)
    home_group = np.where(company, int(people.household.max()) + 1 + firm, people.household[np.maximum(who, 0)])
    kind = np.where(stranger >= 0, stranger + 1, 0)
    everyone = codes(np.tile(soul, 2), np.concatenate([kind, np.zeros(len(kind), dtype=np.int64)]))
    person_ids = ids("P", everyone)
    household = np.where(stranger >= 0, int(home_group.max()) + 1 + stranger, home_group)
    living = np.full(len(who), -1, dtype=np.int64)
    living[name == at_parcels] = resident_households(town, sources)
    # one numbering for all three, so that a household bears one id in every column
    all_ids = ids("H", np.concatenate([household, home_group, np.where(living >= 0, living, household)]))
    size = len(who)
    resident = only(living >= 0, all_ids[2 * size :])
    home = np.concatenate([rows.home for rows in sources.values()])
    columns = {
        "source": strings(list(sources))[name],
        "record_id": np.concatenate([rows.columns["record_id"] for rows in sources.values()]),
        "person": person_ids[:size],
        "household": all_ids[:size],
        "property_id": only(stranger < 0, town.places.property_id[home]),
        "resident_household": resident,
        "actual_person": person_ids[size:],
        "actual_household": all_ids[size : 2 * size],
    }
    return pa.table({key: pa.array(cells, pa.string()) for key, cells in columns.items()})
