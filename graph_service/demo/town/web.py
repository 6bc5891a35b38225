"""What does the web analytics export hold? Sessions as GA4 has them, of visitors who may never say who they are.

A visitor is a person on the web. 15 % of the visitors never give an e-mail address or phone number. The others do so at
least once in every cookie of theirs, so the share of cookies (`user_pseudo_id`) without one is about the same.
"""

from __future__ import annotations

import numpy as np

from graph_service.demo.town.noise import Column, Flags, Noise, Numbers, Weights, only, strings
from graph_service.demo.town.people import WINDOW
from graph_service.demo.town.sources import Rows, numbered_rows, picked
from graph_service.demo.town.witness import Town, Witness, joined, moments, present, stamped

ANONYMOUS = 0.15
PAGES = ("/", "/roof-repair", "/hail-damage", "/free-inspection", "/insurance-claims", "/estimate", "/reviews")
TRAFFIC = (
    "google / organic",
    "google / cpc",
    "facebook / paid",
    "(direct) / (none)",
    "mailer / qr",
    "nextdoor / referral",
)
DEVICES = ("mobile", "mobile", "desktop", "tablet")


def visitors(noise: Noise, weight: Weights, size: int) -> tuple[Numbers, Flags]:
    """Who visits in each session, and does that visitor never carry a hard id? About 3.2 sessions each."""
    people = min(max(1, round(size / 3.2)), int((weight > 0).sum()))
    who = noise.rng.choice(len(weight), people, replace=False, p=weight)
    anonymous = np.zeros(people, dtype=np.bool_)
    anonymous[: round(ANONYMOUS * people)] = True
    eager = noise.rng.gamma(1.2, 1.0, people)
    sessions = np.concatenate([np.arange(people), noise.rng.choice(people, size - people, p=eager / eager.sum())])
    return who[sessions], anonymous[sessions]


def devices(town: Town, noise: Noise, who: Numbers, anonymous: Flags) -> Column:
    """Which device is used in each session? Mostly one's own; who hides uses the family's tablet rarely."""
    contacts, draw = town.contacts, noise.rng.random(len(who))
    second, tablet = contacts.second_device[who], contacts.tablet[who]
    device = np.where((draw > 0.72) & present(second), second, contacts.device[who])
    return np.where((draw < np.where(anonymous, 0.04, 0.35)) & present(tablet), tablet, device)


def cookies(noise: Noise, device: Column, when: Numbers) -> tuple[Column, Numbers]:
    """The cookie of each session and its number: a browser keeps it for about fourteen months, then it is cleared."""
    codes = np.unique(device.astype(str), return_inverse=True)[1].astype(np.int64)
    life = (noise.rng.lognormal(5.9, 0.6, int(codes.max()) + 1) * 86400).astype(np.int64)[codes]
    generation = (when - WINDOW[0] + codes * 7_654_321 % life) // life
    key = codes * 1000 + generation
    first, cookie = np.unique(key, return_index=True)[1], np.unique(key, return_inverse=True)[1].astype(np.int64)
    left = noise.rng.integers(10**8, 2**31, len(first))
    names = strings([f"{one}.{born}" for one, born in zip(left.tolist(), when[first].tolist(), strict=True)])
    return names[cookie], cookie


def told(noise: Noise, who: Numbers, anonymous: Flags, cookie: Numbers) -> Flags:
    """In which sessions is a hard id given? Half of them, once at least in every cookie of a visitor who gives any."""
    gives = noise.chance(len(who), 0.5) & ~anonymous
    pair = np.unique(cookie * (int(who.max()) + 1) + who, return_inverse=True)[1]
    silent = np.bincount(pair, weights=gives) == 0
    first = np.unique(pair, return_index=True)[1][silent]
    gives[first] = True
    return gives & ~anonymous


def located(town: Town, noise: Noise, home: Numbers) -> Column:
    """The post code that the address of the connection points to: mostly right, else a neighbouring one or none."""
    zips = strings([*town.places.zips])
    index = town.places.zip_index[home]
    stray = noise.rng.integers(-2, 3, len(home)) * noise.strikes(len(home), 0.2)
    return noise.drop(zips[np.clip(index + stray, 0, len(zips) - 1)], 0.06)


def web(town: Town, weight: Weights, size: int, noise: Noise) -> tuple[Rows, Numbers]:
    """Sessions in order of time, and the number of the untraceable visitor of each (-1: traceable)."""
    who, anonymous = visitors(noise, weight, size)
    when = moments(noise.rng, size)
    order = np.argsort(when, kind="stable")
    who, anonymous, when = who[order], anonymous[order], when[order]
    device = devices(town, noise, who, anonymous)
    cookie_name, cookie = cookies(noise, device, when)
    see = Witness(town, noise, who, when)
    gives = told(noise, who, anonymous, cookie)
    draw = noise.rng.random(size)
    email, phone = see.email(0.0, family=0.35, typed=0.01), see.written_phones(see.mobile(0.0, wrong=0.01), (1, 3, 0))
    with_phone = gives & present(phone) & (draw < 0.35)
    with_email = gives & ((draw > 0.2) | ~with_phone)
    with_name = gives & noise.chance(size, 0.5)
    quote = noise.chance(size, 0.35)
    name = joined(see.given(0.35, typed=0.015), see.family(typed=0.015))
    shown = noise.drop(device, 0.12)
    built = strings([str(value) for value in town.places.year_built[see.home].tolist()])
    columns = {
        "user_pseudo_id": cookie_name,
        "device_id": shown,
        "session_start": stamped(when, "%Y-%m-%dT%H:%M:%SZ"),
        "email": only(with_email, email),
        "phone": only(with_phone, phone),
        "full_name": only(with_name, name),
        "zip": only(quote | with_name, see.zip(wrong=0.01)),
        "geo_city": noise.drop(town.places.city[see.home], 0.1),
        "geo_zip": located(town, noise, see.home),
        "device_category": picked(noise, DEVICES, size),
        "landing_page": picked(noise, PAGES, size),
        "traffic_source": picked(noise, TRAFFIC, size),
        "quote_year_built": only(quote, built),
        "quote_roof_sqft": only(quote, quoted_roof(town, noise, see.home)),
    }
    rows = Rows(numbered_rows("session", columns), who, when, see.home)
    return rows, strangers(shown, cookie, with_email | with_phone, who)


def quoted_roof(town: Town, noise: Noise, home: Numbers) -> Column:
    """The roof area as the owner puts it into the quote form: the register's, or a guess about it."""
    area = town.places.roof_area[home]
    guess = (area * noise.rng.normal(1.0, 0.08, len(home)) / 50).astype(np.int64) * 50
    return strings([str(value) for value in np.where(noise.strikes(len(home), 0.4), guess, area).tolist()])


def strangers(shown: Column, cookie: Numbers, hard: Flags, who: Numbers) -> Numbers:
    """Which untraceable visitor made each session? -1 where a hard id is in reach over cookies and visible devices.

    Sessions that share a cookie or a visible device are connected; a connected group without any hard id is one
    stranger for each real visitor in it.
    """
    seen = present(shown)
    codes = np.unique(np.asarray([value or "" for value in shown.tolist()]), return_inverse=True)[1].astype(np.int64)
    codes = np.where(seen, codes, int(codes.max()) + 1 + np.arange(len(codes)))  # an unseen device connects nothing
    group = np.arange(len(who))
    while True:
        wider = lowest(lowest(group, cookie), codes)
        if (wider == group).all():
            break
        group = wider
    traced = np.bincount(group, weights=hard, minlength=len(who))[group] > 0
    return np.where(traced, -1, np.unique(group * (int(who.max()) + 1) + who, return_inverse=True)[1])


def lowest(group: Numbers, key: Numbers) -> Numbers:
    """Give all rows of one key the lowest group number among them."""
    least = np.full(int(key.max()) + 1, len(group), dtype=np.int64)
    np.minimum.at(least, key, group)
    return least[key]
