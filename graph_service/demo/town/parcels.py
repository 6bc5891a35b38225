"""What does the county's property register hold? One row a home, with the owner as counties write them.

Three homes in four belong to a resident. The others belong to somebody who lives elsewhere in town, to a company, or,
as registers lag, still to whoever lived there before.
"""

from __future__ import annotations

import numpy as np

from graph_service.demo.town.noise import Column, Noise, Numbers, only, strings
from graph_service.demo.town.people import WINDOW, People, column
from graph_service.demo.town.sources import Rows, numbered_rows
from graph_service.demo.town.witness import Town, Witness, joined, present, stamped, upper

COMPANY = -1
TRADES = ("PROPERTIES", "HOLDINGS", "RENTALS", "HOMES", "INVESTMENTS")
RESIDENT, LANDLORD, FIRM, FORMER = range(4)


def resident_heads(people: People, home: Numbers) -> Numbers:
    """Who heads the household in each home (-1 if nobody grown lives there), given everybody's home?"""
    head = np.full(people.homes, -1, dtype=np.int64)
    grown = np.flatnonzero(people.adult & ~people.quarters)
    rank = np.where(people.head[grown], 2, np.where(people.partner[grown] >= 0, 1, 0))
    order = grown[np.argsort(rank, kind="stable")]
    head[home[order]] = order
    return head


def lots(people: People) -> Numbers:
    """Which homes have a row: all that somebody lives in or has lived in; a group quarter is registered as one."""
    return np.unique(np.concatenate([people.home, people.home_later]))


def owners(noise: Noise, people: People, homes: Numbers) -> tuple[Numbers, Numbers]:
    """The owner of record of each home (-1: a company), and how they come to own it."""
    now, before = resident_heads(people, people.home_later)[homes], resident_heads(people, people.home)[homes]
    draw = noise.rng.random(len(homes))
    kind = np.select([draw < 0.76, draw < 0.84, draw < 0.92], [RESIDENT, LANDLORD, FIRM], FORMER)
    kind = np.where((now < 0) & (kind == RESIDENT), FORMER, kind)
    kind = np.where((before < 0) & (kind == FORMER), np.where(now >= 0, RESIDENT, FIRM), kind)
    heads = now[now >= 0]
    landlord = heads[noise.rng.integers(0, len(heads), len(homes))]
    return np.choose(kind, [now, landlord, np.full(len(homes), COMPANY), before]), kind


def owner_names(see: Witness) -> Column:
    """Owners as the register writes them: LAST, FIRST M; FIRST M LAST; LAST FIRST & SPOUSE."""
    people, noise = see.town.people, see.noise
    partner = people.partner[see.who]
    spouse = only(partner >= 0, people.first[partner])
    first, last, middle = see.given(0.01, typed=0.006), see.family(typed=0.006), see.middle(0.6, initial=0.9)
    suffix, draw = see.suffix(0.8), noise.rng.random(see.size)
    comma = joined(last, joined(first, middle, suffix), by=", ")
    spoken = joined(first, middle, last, suffix)
    couple = joined(joined(last, first), spouse, by=" & ")
    both = (draw > 0.7) & present(spouse)
    return upper(np.where(both, couple, np.where(draw < 0.25, spoken, comma)))


def draw_firms(noise: Noise, size: int) -> tuple[Column, Column]:
    """The name and post office box of a company for each of `size` homes; a company owns two or three."""
    count = max(2, size // 25)
    surname = column("last")[noise.rng.integers(0, len(column("last")), count)].tolist()
    names = [f"{name.split()[-1].upper()} {TRADES[at % len(TRADES)]} LLC" for at, name in enumerate(surname)]
    firm = noise.rng.integers(0, count, size)
    boxes = [f"PO BOX {100 + 37 * at}" for at in range(count)]
    return strings(names)[firm], strings(boxes)[firm]


def parcels(town: Town, noise: Noise) -> Rows:
    """The register at the end of the window; `who` is the owner (-1: a company), `home` the lot."""
    people, places = town.people, town.places
    homes = lots(people)
    owner, kind = owners(noise, people, homes)
    size = len(homes)
    recorded = noise.rng.integers(WINDOW[0] - 20 * 31_557_600, WINDOW[1], size)
    see = Witness(town, noise, np.maximum(owner, 0), np.full(size, WINDOW[1] - 1))
    mail_home = people.home_later[see.who]
    see.home = homes
    firm, box = draw_firms(noise, size)
    names = np.where(owner == COMPANY, firm, owner_names(see))
    site = upper(joined(places.number[homes], places.street[homes], unit_of(places.unit[homes])))
    mail = upper(joined(places.number[mail_home], places.street[mail_home], unit_of(places.unit[mail_home])))
    columns = {
        "property_id": places.property_id[homes],
        "owner_name": names,
        "site_address": site,
        "site_city": upper(places.city[homes]),
        "site_state": strings(["WA"] * size),
        "site_zip": places.zip[homes],
        "mail_address": np.where(kind == LANDLORD, mail, np.where(owner == COMPANY, box, site)),
        "year_built": strings([str(value) for value in places.year_built[homes].tolist()]),
        "roof_sqft": strings([str(value) for value in places.roof_area[homes].tolist()]),
        "roof_type": places.roof[homes],
        "assessed_value": strings([str(value) for value in places.value_usd[homes].tolist()]),
        "sale_date": stamped(recorded, "%m/%d/%Y"),
    }
    return Rows(numbered_rows("parcel", columns), owner, np.full(size, WINDOW[1] - 1), homes)


def unit_of(unit: Column) -> Column:
    """Units as the register writes them."""
    return strings([None if value is None else f"Unit {value}" for value in unit.tolist()])
