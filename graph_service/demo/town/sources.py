"""What do a CRM, a call log, a door-knock app and a claims export hold? One function a source, in its own columns.

Each function takes the town, the number of rows and its noise, and gives the rows, whom each is about and when it was
made. Web sessions are in `web.py`, the property register in `parcels.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from graph_service.demo.town.noise import Column, Noise, Numbers, Weights, strings
from graph_service.demo.town.people import People
from graph_service.demo.town.witness import BAD_NAMES, Town, Witness, joined, moments, present, stamped, upper

LEADS = ("referral", "google ads", "door", "call-in", "mailer", "facebook")
STATUSES = ("lead", "inspection", "estimate sent", "signed", "lost")
REPS = ("T. Alder", "M. Brook", "S. Cole", "D. Frost", "K. Vale")
AGENTS = ("nina", "omar", "paula", "quinn")
CALL_RESULTS = ("answered", "voicemail", "inspection booked", "missed", "wrong number")
DOOR_RESULTS = ("talked", "come back", "inspection set", "not interested", "signed")
NEW_YEAR = 1_735_689_600  # 2025-01-01
CARRIERS = ("Evergreen Mutual", "Columbia Casualty", "Rainier Farm", "Palouse Home")


@dataclass(frozen=True)
class Rows:
    """One source: its columns, and for each row the person (index; -1 nobody), the moment and the home."""

    columns: dict[str, Column]
    who: Numbers
    when: Numbers
    home: Numbers


def activity(rng: np.random.Generator, people: People, *, spread: float = 0.7, cold: float = 0.25) -> Weights:
    """How often does the contractor meet each person? Heads most, children at home least, cold households never."""
    role = np.where(people.head, 1.0, np.where(people.partner >= 0, 0.8, 0.3))
    role = np.where(people.quarters | present(people.suffix), 0.9, role)  # namesakes both have dealings
    warm = (rng.random(int(people.household.max()) + 1) >= cold)[people.household] | people.quarters
    weight: Weights = role * rng.gamma(1 / spread, spread, len(people)) * people.adult * warm
    weight /= weight.sum()
    return weight


def drawn(noise: Noise, weight: Weights, size: int) -> tuple[Numbers, Numbers]:
    """Whom does each row concern, and when is it made? In order of time."""
    when = np.sort(moments(noise.rng, size))
    return noise.rng.choice(len(weight), size, p=weight), when


def picked(noise: Noise, values: tuple[str, ...], size: int) -> Column:
    """A column of values that say nothing about the person."""
    return strings(values)[noise.rng.integers(0, len(values), size)]


def repeated(noise: Noise, size: int, rate: float) -> Numbers:
    """Which row does each row export? At this rate one of the last fifty again, else itself."""
    row = np.arange(size)
    again = noise.strikes(size, rate) & (row > 0)
    back = row - noise.rng.integers(1, 51, size)
    return np.where(again & (back >= 0), back, row)


def crm(town: Town, weight: Weights, size: int, noise: Noise) -> Rows:
    """Contacts: names, two phones, e-mail, address; one person may have two, and one contact may be exported twice."""
    who, when = drawn(noise, weight, size)
    again = repeated(noise, size, 0.05)
    who, when = who[again], when[again]
    see = Witness(town, noise, who, when)
    first, last = see.given(0.3, typed=0.012), see.family(typed=0.015)
    swap = noise.strikes(size, 0.01)
    first, last = np.where(swap, last, first), np.where(swap, first, last)
    known = town.places.property_id[see.home]
    columns = {
        "contact_id": strings([f"C-{100_000 + 7 * at}" for at in again.tolist()]),
        "first_name": noise.junk(first, 0.003, BAD_NAMES),
        "middle_name": see.middle(0.2, initial=0.8),
        "last_name": last,
        "suffix": see.suffix(0.7),
        "date_of_birth": see.birthday("%m/%d/%Y", missing=0.7),
        "email": see.spoilt_emails(see.email(0.15)),
        "mobile_phone": see.written_phones(see.mobile(0.15), (0, 1, 3)),
        "home_phone": see.written_phones(see.landline(0.3), (0, 1)),
        "street": joined(see.street(), see.unit_words(0.12), by=", "),
        "city": see.city(),
        "state": picked(noise, ("WA", "WA", "WA", "Washington", "wa"), size),
        "postal_code": noise.drop(see.zip(), 0.03),
        "property_id": noise.drop(known, 0.6),
        "campaign": picked(noise, LEADS, size),
        "status": picked(noise, STATUSES, size),
        "created_at": stamped(when, "%Y-%m-%d %H:%M:%S"),
    }
    return Rows(numbered_rows("crm", columns), who, when, see.home)


def numbered_rows(prefix: str, columns: dict[str, Column]) -> dict[str, Column]:
    """Put the row's own id first."""
    size = len(next(iter(columns.values())))
    return {"record_id": strings([f"{prefix}-{at:07d}" for at in range(1, size + 1)]), **columns}


def calls(town: Town, weight: Weights, size: int, noise: Noise) -> Rows:
    """The call log: the line's number and holder, and what the agent wrote down."""
    who, when = drawn(noise, weight, size)
    see = Witness(town, noise, who, when)
    first, last = see.given(0.5, heard=0.03), see.family(heard=0.04)
    style = noise.rng.random(size)
    name = np.where(style < 0.1, joined(last, first, by=", "), joined(first, last))
    name = np.where(style > 0.94, first, name)
    columns = {
        "call_time": stamped(when, "%m/%d/%Y %I:%M %p"),
        "caller_number": see.written_phones(see.phone(0.02, landline=0.4), (4, 0)),
        "caller_name": noise.junk(name, 0.004, BAD_NAMES),
        "address": noise.drop(joined(see.street(wrong=0.03), see.unit_words(0.3)), 0.4),
        "zip": noise.drop(see.zip(wrong=0.02), 0.35),
        "email": noise.drop(see.email(0.0, typed=0.03), 0.8),
        "duration_seconds": strings([str(value) for value in noise.rng.integers(8, 900, size).tolist()]),
        "agent": picked(noise, AGENTS, size),
        "outcome": picked(noise, CALL_RESULTS, size),
    }
    return Rows(numbered_rows("call", columns), who, when, see.home)


def doors(town: Town, weight: Weights, size: int, noise: Noise) -> Rows:
    """The door-knock app: an address, who opened (sometimes the first name only), and what came of it."""
    who, when = drawn(noise, weight, size)
    again = repeated(noise, size, 0.02)
    who, when = who[again], when[again]
    see = Witness(town, noise, who, when)
    first, last = see.given(0.5, heard=0.03, typed=0.015), see.family(heard=0.03, typed=0.015)
    name = np.where(noise.chance(size, 0.1), first, joined(first, last))
    columns = {
        "visited_at": stamped(when, "%Y-%m-%dT%H:%M:%SZ"),
        "rep": picked(noise, REPS, size),
        "address": joined(see.street(long=0.1, wrong=0.012), see.unit_words(0.12)),
        "city": noise.drop(see.city(), 0.1),
        "zip": noise.drop(see.zip(), 0.05),
        "contact_name": name,
        "phone": see.written_phones(see.phone(0.5, landline=0.15), (1, 2, 3)),
        "email": noise.drop(see.email(0.0, typed=0.03), 0.85),
        "result": picked(noise, DOOR_RESULTS, size),
    }
    return Rows(numbered_rows("door", columns), who, when, see.home)


def claims(town: Town, weight: Weights, size: int, noise: Noise) -> Rows:
    """The insurer's export: policyholder as LAST, FIRST M; date of birth; the loss address spelt out."""
    who, when = drawn(noise, weight, size)
    see = Witness(town, noise, who, when)
    first = joined(see.given(0.05, typed=0.01), see.middle(0.5, initial=0.8), see.suffix(0.9))
    insured = joined(see.family(typed=0.012), first, by=", ")
    household = town.people.household[who]
    columns = {
        "policyholder": upper(insured),
        "policyholder_dob": see.birthday("%Y%m%d", missing=0.12, wrong=0.015),
        "loss_address": upper(joined(see.street(long=1.0, wrong=0.008), see.unit_words(0.08))),
        "city": upper(see.city()),
        "state": picked(noise, ("WA",), size),
        "zip": see.zip(plus_four=0.6),
        "phone": see.written_phones(see.phone(0.2, landline=0.3), (3,)),
        "email": upper(see.email(0.35)),
        "policy_no": strings([f"HO{3_000_017 + 7919 * value % 6_999_961}" for value in household.tolist()]),
        "date_of_loss": stamped(when - noise.rng.integers(1, 40, size) * 86400, "%Y-%m-%d"),
        "reported_at": stamped(when, "%Y-%m-%d"),
        "carrier": strings(CARRIERS)[household % len(CARRIERS)],
    }
    numbers = [f"CLM-{24 + (value > NEW_YEAR)}-{at:06d}" for at, value in enumerate(when.tolist())]
    return Rows({"record_id": strings(numbers), **columns}, who, when, see.home)
