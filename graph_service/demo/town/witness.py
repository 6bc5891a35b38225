"""What does a system see of a person at a moment? Names, phones, addresses as told, with the source's noise."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from graph_service.demo.town.contacts import Contacts
from graph_service.demo.town.noise import Column, Flags, Noise, Numbers, misdialled, misheard, mistyped, strings
from graph_service.demo.town.people import WINDOW, People
from graph_service.demo.town.places import Places

DAY_ZERO = datetime(1970, 1, 1, tzinfo=UTC)
STORMS = (1_715_900_000, 1_747_600_000, 1_756_700_000)  # hail in May 2024, May and September 2025
BAD_PHONES = ("000-000-0000", "555-0100", "N/A", "9999999999", "1234567", "unknown")
BAD_EMAILS = ("test@test.com", "none@none.com", "noemail", "n/a", "customer at mail")
BAD_NAMES = ("Unknown", "N/A", "Homeowner", "Test", ".")
PHONE_STYLES = ("({0}) {1}-{2}", "{0}-{1}-{2}", "{0}.{1}.{2}", "{0}{1}{2}", "+1{0}{1}{2}", "1-{0}-{1}-{2}")
UNIT_WORDS = ("Apt {}", "#{}", "Unit {}", "Apt. {}")


@dataclass(frozen=True)
class Town:
    """People, homes and contacts of one drawn town."""

    people: People
    places: Places
    contacts: Contacts


def moments(rng: np.random.Generator, size: int) -> Numbers:
    """When do contacts happen? Half of them in the ten weeks after one of the three storms, the rest at any time."""
    anywhere = rng.integers(WINDOW[0], WINDOW[1], size)
    after = np.asarray(STORMS)[rng.integers(0, len(STORMS), size)] + rng.exponential(20 * 86400, size).astype(np.int64)
    when = np.where((rng.random(size) < 0.5) & (after < WINDOW[1]), after, anywhere)
    opening_hours = rng.integers(14 * 3600, 27 * 3600, size)  # 7 in the morning to 8 in the evening, Pacific
    moment: Numbers = when - when % 86400 + opening_hours
    return moment


def stamped(when: Numbers, style: str) -> Column:
    """Write seconds as dates in a strftime style."""
    return strings([(DAY_ZERO + timedelta(seconds=value)).strftime(style) for value in when.tolist()])


def joined(*parts: Column, by: str = " ") -> Column:
    """Join columns row by row, leaving missing parts out; None where all are missing."""
    rows = zip(*(part.tolist() for part in parts), strict=True)
    return strings([by.join(cell for cell in row if cell) or None for row in rows])


def upper(column: Column) -> Column:
    """Upper case, None stays None."""
    return strings([value.upper() if value is not None else None for value in column.tolist()])


class Witness:
    """One source's view of these people (`who`, indexes) at these moments (`when`, seconds)."""

    def __init__(self, town: Town, noise: Noise, who: Numbers, when: Numbers) -> None:
        self.town, self.noise, self.who, self.when = town, noise, who, when
        self.size = len(who)
        self.home = town.people.home_at(who, when)

    def given(self, nick: float, heard: float = 0.0, typed: float = 0.0) -> Column:
        """First names: `nick` of those who have a nickname give it; then damage by ear and by key."""
        people, who = self.town.people, self.who
        name = np.where(self.noise.strikes(self.size, nick), people.nickname[who], people.first[who])
        return self.noise.typos(self.noise.bend(name, heard, misheard), typed)

    def family(self, heard: float = 0.0, typed: float = 0.0) -> Column:
        """Surnames; before their wedding, and sometimes after it, the married appear under the former one."""
        people, who = self.town.people, self.who
        late = self.noise.strikes(self.size, 0.2)
        has_former = np.asarray([value is not None for value in people.former[who].tolist()], dtype=np.bool_)
        former = has_former & ((self.when < people.wed[who]) | late)
        name = np.where(former, people.former[who], people.last[who])
        return self.noise.typos(self.noise.bend(name, heard, misheard), typed)

    def suffix(self, told: float) -> Column:
        """Jr or Sr, where there is one and it is told."""
        return self.noise.drop(self.town.people.suffix[self.who], 1 - told)

    def middle(self, told: float, initial: float) -> Column:
        """Middle names, `told` of them, `initial` of these as a letter."""
        name = self.noise.drop(self.town.people.middle[self.who], 1 - told)
        short = self.noise.chance(self.size, initial)
        cells = zip(name.tolist(), short.tolist(), strict=True)
        return strings([value[:1] if value and cut else value for value, cut in cells])

    def partner_or_self(self, rate: float) -> Numbers:
        """Whose phone or address is given? At this rate the partner's."""
        partner = self.town.people.partner[self.who]
        return np.where(self.noise.strikes(self.size, rate) & (partner >= 0), partner, self.who)

    def mobile(self, missing: float, wrong: float = 0.02) -> Column:
        """Ten digits of a mobile number, as it was at the moment; now and then the partner's."""
        contacts, whose = self.town.contacts, self.partner_or_self(0.025)
        number = np.where(self.when < contacts.changed[whose], contacts.mobile[whose], contacts.mobile_later[whose])
        return self.noise.drop(self.noise.bend(number, wrong, misdialled), missing)

    def landline(self, missing: float, wrong: float = 0.01) -> Column:
        """Ten digits of the household's landline, where there is one."""
        return self.noise.drop(self.noise.bend(self.town.contacts.landline[self.who], wrong, misdialled), missing)

    def phone(self, missing: float, landline: float) -> Column:
        """One number: the landline for this share of those who have one, else the mobile; None if neither."""
        mobile, fixed = self.mobile(0.0), self.landline(0.0)
        has_fixed, has_mobile = present(fixed), present(mobile)
        use = has_fixed & (self.noise.chance(self.size, landline) | ~has_mobile)
        return self.noise.drop(np.where(use, fixed, mobile), missing)

    def written_phones(self, digits: Column, styles: tuple[int, ...]) -> Column:
        """Write ten digits in some of the styles, with a few placeholders among them."""
        pick = self.noise.rng.integers(0, len(styles), len(digits)).tolist()
        cells = zip(digits.tolist(), pick, strict=True)
        written = [
            None if value is None else PHONE_STYLES[styles[at]].format(value[:3], value[3:6], value[6:])
            for value, at in cells
        ]
        return self.noise.junk(strings(written), 0.006, BAD_PHONES)

    def email(self, missing: float, family: float = 0.5, typed: float = 0.015) -> Column:
        """An e-mail address: the family's for this share of those with one, or the second, or the partner's."""
        contacts, whose = self.town.contacts, self.partner_or_self(0.02)
        second = contacts.second_email[self.who]
        value = np.where(self.noise.chance(self.size, 0.3) & present(second), second, contacts.email[whose])
        shared = contacts.family_email[self.who]
        value = np.where(self.noise.chance(self.size, family) & present(shared), shared, value)
        return self.noise.drop(self.noise.typos(value, typed), missing)

    def spoilt_emails(self, column: Column, rate: float = 0.006) -> Column:
        """Put some placeholders among the addresses."""
        return self.noise.junk(column, rate, BAD_EMAILS)

    def birthday(self, style: str, missing: float, wrong: float = 0.02) -> Column:
        """Dates of birth in a style; some with day and month swapped or a digit wrong, some 1900-01-01."""
        noise, born = self.noise, self.town.people.born[self.who].copy()
        slips = noise.strikes(self.size, wrong)
        days = np.asarray([1, -1, 10, 30, 365, -365, 3652])[noise.rng.integers(0, 7, self.size)]
        born = np.where(slips, born + days, born)
        born = np.where(noise.strikes(self.size, 0.004), -25567, born)
        return noise.drop(stamped(born * 86400, style), missing)

    def street(self, long: float = 0.0, wrong: float = 0.015) -> Column:
        """House number and street; `long` of them spelt out, some with a slip."""
        places, home = self.town.places, self.home
        name = np.where(self.noise.chance(self.size, long), places.street_long[home], places.street[home])
        number = self.noise.bend(places.number[home], wrong, misdialled)
        return joined(number, self.noise.bend(name, wrong, mistyped))

    def unit(self, missing: float) -> Column:
        """The unit alone, without its word; None in a house of its own and where it was left out."""
        return self.noise.drop(self.town.places.unit[self.home], missing)

    def unit_words(self, missing: float) -> Column:
        """The unit with one of the usual words."""
        pick = self.noise.rng.integers(0, len(UNIT_WORDS), self.size).tolist()
        cells = zip(self.unit(missing).tolist(), pick, strict=True)
        return strings([None if value is None else UNIT_WORDS[at].format(value) for value, at in cells])

    def city(self) -> Column:
        """The city, sometimes mistyped or the next town's name."""
        return self.noise.typos(self.town.places.city[self.home], 0.01)

    def zip(self, wrong: float = 0.01, plus_four: float = 0.0) -> Column:
        """The post code, sometimes with four further digits."""
        places, home = self.town.places, self.home
        code = self.noise.bend(places.zip[home], wrong, misdialled)
        cells = zip(code.tolist(), self.noise.chance(self.size, plus_four).tolist(), home.tolist(), strict=True)
        return strings([f"{value}-{1000 + at % 9000}" if more else value for value, more, at in cells])


def present(column: Column) -> Flags:
    """Which cells hold a value?"""
    return np.asarray([value is not None for value in column.tolist()], dtype=np.bool_)
