"""How can somebody be reached? Phones, e-mail addresses, devices and cookies, and what makes them poor identifiers.

Telephone numbers have the exchange 555 and e-mail domains end in example.com, .net or .org: nobody real is reached.
A third of the households share a landline, one in eight a family e-mail, one in seven a tablet. One person in eight
changes the mobile number, and half of the changers get a number that somebody else has given up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from graph_service.demo.town.noise import Column, Numbers, only, strings
from graph_service.demo.town.people import NEVER, WINDOW, People

LOCAL_CODES = ("509", "206", "253", "360", "425", "564")
OTHER_CODES = tuple(
    str(code)
    for code in (
        *(201, 202, 203, 205, 207, 208, 210, 212, 213, 214, 215, 216, 217, 218, 219, 224, 225, 228, 229, 231, 234, 239),
        *(240, 248, 251, 252, 254, 256, 260, 262, 267, 269, 270, 272, 276, 281, 301, 302, 303, 304, 305, 307, 308, 309),
        *(310, 312, 313, 314, 315, 316, 317, 318, 319, 320, 321, 323, 325, 330, 331, 334, 336, 337, 339, 347, 351, 352),
        *(361, 386, 401, 402, 404, 405, 406, 407, 408, 409, 410, 412, 413, 414, 415, 417, 419, 423, 424, 432, 434, 435),
        *(440, 443, 469, 478, 479, 480, 484, 501, 502, 503, 504, 505, 507, 508, 510, 512, 513, 515, 516, 517, 518, 520),
        *(530, 540, 541, 551, 559, 561, 562, 563, 567, 570, 571, 573, 574, 580, 585, 586, 601, 602, 603, 605, 606, 607),
    )
)
DOMAINS = ("mail.example.com", "mail.example.com", "inbox.example.net", "post.example.com", "webmail.example.org")
OFFICES = ("cascade.example.com", "school.example.org", "harbor.example.net", "clinic.example.org", "mill.example.com")
NOT_PLAIN = re.compile(r"[^a-z0-9]")
WORDS = ("trout", "maple", "dancer", "gamer", "coach", "bikes", "garden", "seahawk", "piano", "rider", "cooks", "sunny")


@dataclass(frozen=True)
class Contacts:
    """How each person is reached; an index of -1 or a value None means: has none."""

    mobile: Column  # ten digits, until `changed`
    mobile_later: Column
    changed: Numbers  # seconds, NEVER for most
    landline: Column  # shared by the household
    email: Column
    second_email: Column  # an older or an office address
    family_email: Column  # shared by the household
    device: Column  # the person's own
    second_device: Column
    tablet: Column  # the household's


def telephone_numbers(rng: np.random.Generator, wanted: int) -> Column:
    """This many different fictional US numbers of ten digits, local area codes first."""
    room = 9900  # 0000 to 9999 without 0100 to 0199, which films and test forms use
    codes = (LOCAL_CODES + OTHER_CODES)[: max(len(LOCAL_CODES), -(-wanted * 5 // (4 * room)))]
    if wanted > len(codes) * room:
        raise ValueError(
            f"{wanted} telephone numbers exceed the {len(codes) * room} fictional ones: draw a smaller town"
        )
    drawn = rng.permutation(len(codes) * room)[:wanted].tolist()
    lines = ((codes[at // room], at % room) for at in drawn)
    return strings([f"{code}555{line + 100 * (line >= 100):04d}" for code, line in lines])


def plain(value: str) -> str:
    """Lower-case letters and digits only."""
    return NOT_PLAIN.sub("", value.lower())


def distinct(handles: list[str]) -> list[str]:
    """Number the repetitions of a handle: ann, ann2, ann3."""
    seen: dict[str, int] = {}
    named = []
    for handle in handles:
        seen[handle] = count = seen.get(handle, 0) + 1
        named.append(handle if count == 1 else f"{handle}_{count}")
    return named


def personal_emails(rng: np.random.Generator, people: People) -> Column:
    """One address a person: four in five are made of the name, some with the year of birth or a number."""
    size = len(people)
    style, number = rng.integers(0, 10, size).tolist(), rng.integers(1, 99, size).tolist()
    domain = strings(DOMAINS)[rng.integers(0, len(DOMAINS), size)].tolist()
    years = (people.born / 365.2425 + 1970).astype(np.int64).tolist()
    handles = []
    names = zip(people.first.tolist(), people.last.tolist(), people.nickname.tolist(), strict=True)
    for (first, last, short), kind, digits, year in zip(names, style, number, years, strict=True):
        one, two = plain(first), plain(last)
        handles.append(
            (
                f"{one}.{two}", f"{one}.{two}", f"{one}{two}", f"{one[:1]}{two}{digits}", f"{one}{two}{year % 100:02d}",
                f"{two}.{one}", f"{plain(short)}{two[:1]}{digits}", f"{one}_{two}{digits}",
                f"{WORDS[digits % len(WORDS)]}{year}{digits}", f"{plain(short)}{WORDS[year % len(WORDS)]}{digits}",
            )[kind]
        )  # fmt: skip
    return strings([f"{handle}@{where}" for handle, where in zip(distinct(handles), domain, strict=True)])


def second_emails(rng: np.random.Generator, people: People) -> Column:
    """A quarter of the people has a second address, of an office."""
    has = rng.random(len(people)) < 0.25
    office = strings(OFFICES)[rng.integers(0, len(OFFICES), len(people))].tolist()
    names = zip(people.first.tolist(), people.last.tolist(), strict=True)
    handles = distinct([f"{plain(first)[:1]}{plain(last)}" for first, last in names])
    second = strings([f"{handle}@{where}" for handle, where in zip(handles, office, strict=True)])
    second[~has] = None
    return second


def household_values(rng: np.random.Generator, people: People, share: float, values: Column) -> Column:
    """Give this share of the early households one of `values` each (one a household), and their members that value."""
    households = int(people.early_household.max()) + 1
    chosen = values[:households].copy()
    chosen[rng.random(households) >= share] = None
    shared = chosen[people.early_household]
    shared[people.quarters] = None
    return shared


def family_emails(rng: np.random.Generator, people: People) -> Column:
    """One household in eight has an address for all: thehendersons@..."""
    households = int(people.early_household.max()) + 1
    surname = np.full(households, "neighbor", dtype=object)
    surname[people.early_household[people.head]] = people.last[people.head]
    handles = distinct([f"the{plain(name)}s" if len(name) % 2 else f"{plain(name)}family" for name in surname.tolist()])
    domain = strings(DOMAINS)[rng.integers(0, len(DOMAINS), households)].tolist()
    values = strings([f"{handle}@{where}" for handle, where in zip(handles, domain, strict=True)])
    return household_values(rng, people, 0.125, values)


def device_ids(rng: np.random.Generator, size: int) -> Column:
    """Random ids as apps report them, sixteen hexadecimal digits."""
    return strings([f"{value:016x}" for value in rng.integers(2**59, 2**63 - 1, size).tolist()])


def changers(rng: np.random.Generator, people: People) -> tuple[Numbers, Numbers]:
    """Who gives up a mobile number, earliest first, and when does everybody do so (NEVER for most)?"""
    changes = (rng.random(len(people)) < 0.12) & people.adult
    when = rng.integers(WINDOW[0] + 90 * 86400, WINDOW[1] - 90 * 86400, len(people))
    changed = np.where(changes, when, NEVER)
    who = np.flatnonzero(changes)
    return who[np.argsort(changed[who], kind="stable")], changed


def draw_contacts(rng: np.random.Generator, people: People) -> Contacts:
    """Give everybody phones, addresses and devices."""
    size, households = len(people), int(people.early_household.max()) + 1
    who, changed = changers(rng, people)
    stock = telephone_numbers(rng, households + size + len(who))
    mobile = stock[households : households + size]
    later, half = mobile.copy(), len(who) // 2
    later[who] = stock[households + size :]
    later[who[len(who) - half :]] = mobile[who[:half]]  # a number given up goes to one who changes later
    none = rng.random(size) < 0.05
    second = device_ids(rng, size)
    second[rng.random(size) >= 0.4] = None
    return Contacts(
        mobile=only(~none, mobile), mobile_later=only(~none, later), changed=changed,
        landline=household_values(rng, people, 0.33, stock), email=personal_emails(rng, people),
        second_email=second_emails(rng, people), family_email=family_emails(rng, people),
        device=device_ids(rng, size), second_device=second,
        tablet=household_values(rng, people, 0.15, device_ids(rng, households)),
    )  # fmt: skip
