"""A made-up CRM file of any size, with its truth: what matching at scale is measured on.

`draw_crm(rows, seed)` gives one export as a contractor's CRM would hold it after years of use: every person entered one
to five times, each entry with what was known that day. Families share surnames, addresses, landlines and some e-mail
addresses; people move, change numbers (which others then get), marry, have twins and sons of their own name; clerks
mistype, use nicknames and leave fields empty. The town grows with the file: streets, post codes and cities have as many
homes in a large file as in a small one. Given names come with the frequencies of the sample population of pseudopeople
(see `make_anytown_people.py`); two surnames in five are drawn from it too, the others from a long tail of made-up
ones, as half of a nation's surnames are rare. Nobody is real: exchanges are 555, domains example.com.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from graph_service.demo.town.nicknames import NICKNAMES
from graph_service.demo.town.noise import Column, Noise, Numbers, misdialled, mistyped, only, strings
from graph_service.demo.town.people import column

Flags = npt.NDArray[np.bool_]
ENTRIES = (0.34, 0.28, 0.18, 0.12, 0.08)  # of one person: one to five
PEOPLE = (0.28, 0.34, 0.16, 0.14, 0.08)  # of one household
HOMES_A_STREET, HOMES_A_POST, POSTS_A_CITY = 30, 3000, 6
KINDS = ("st", "ave", "rd", "dr", "ln", "ct", "blvd", "way")
ONSETS, VOWELS, ENDS = (
    "bdfghklmnprstvwz",
    "aeiou",
    ("n", "r", "s", "l", "ck", "nd", "rt", "ski", "son", "man", "ley", ""),
)
DOMAINS = ("mail.example.com", "mail.example.com", "inbox.example.net", "post.example.org")


@dataclass(frozen=True)
class Crm:
    """The file as exported (all text, missing values null), and the true person and household of every row."""

    rows: pa.Table
    persons: Numbers
    households: Numbers


@dataclass(frozen=True)
class _Souls:
    """Everybody: `home` and `later` are homes before and after `moved` (a share of the years the file spans)."""

    household: Numbers
    first: Column
    nick: Column
    middle: Column
    last: Column
    maiden: Column
    suffix: Column
    born: Numbers
    phone: Column
    phone_later: Column
    landline: Column
    email: Column
    shared_email: Column
    home: Numbers
    later: Numbers
    moved: npt.NDArray[np.float64]


def draw_crm(rows: int, seed: int = 1) -> Crm:
    """Which `rows` entries would a CRM hold of such a town? The same arguments give the same file."""
    rng = np.random.default_rng(seed)
    entries_each = float(np.dot(ENTRIES, np.arange(1, 6)))
    count = max(10, round(rows / entries_each))
    souls = _souls(rng, count)
    entries = rng.choice(5, count, p=ENTRIES) + 1
    who = np.repeat(np.arange(count), entries)
    while len(who) < rows:
        who = np.concatenate([who, rng.integers(0, count, rows - len(who))])
    who = rng.permutation(who)[:rows]
    return Crm(_entries(rng, souls, who), who, souls.household[who])


def _souls(rng: np.random.Generator, count: int) -> _Souls:
    size = rng.choice(5, count, p=PEOPLE) + 1
    household = np.repeat(np.arange(count), size)[:count]
    homes = int(household.max()) + 1
    place = np.arange(count) - np.searchsorted(household, household)  # 0 and 1 the adults, then their children
    names = column("first")
    woman = column("sex") == "Female"
    is_woman = rng.random(count) < 0.5
    is_woman[place == 1] = ~is_woman[np.flatnonzero(place == 1) - 1]
    first = np.where(is_woman, rng.choice(names[woman], count), rng.choice(names[~woman], count))
    middle = rng.choice(names, count)
    last = _surnames(rng, homes)[household]
    own_name = (place == 1) & (rng.random(count) < 0.12)
    last[own_name] = _surnames(rng, int(own_name.sum()))
    born = np.where(place < 2, rng.integers(-14000, 10000, homes)[household], 0) + rng.integers(-1500, 1500, count)
    child = place >= 2
    born[child] = rng.integers(3000, 13000, homes)[household[child]] + 700 * place[child]
    suffix = np.full(count, None, dtype=object)
    fathers, sons = _namesakes(rng, place, is_woman, household)
    first[sons], middle[sons], suffix[sons], suffix[fathers] = first[fathers], middle[fathers], "Jr", "Sr"
    twin = np.flatnonzero((place == 3) & (rng.random(count) < 0.1))
    born[twin] = born[twin - 1]
    maiden = only((place == 1) & is_woman & (rng.random(count) < 0.15), _surnames(rng, count))
    phone = _phones(rng, count + homes)
    changed = rng.random(count) < 0.1
    later = phone[:count].copy()
    later[changed] = rng.permutation(phone[:count][changed])  # a number given up is another's tomorrow
    leaves = rng.random(homes) < 0.1
    new_home = np.where(leaves, rng.permutation(homes) + homes * (rng.random(homes) < 0.5), np.arange(homes))
    return _Souls(
        household, first, _nicknames(rng, first), middle, last, maiden, suffix, born, phone[:count], later,
        only(rng.random(homes) < 0.3, phone[count:])[household], _emails(rng, first, last, born),
        only(rng.random(homes) < 0.12, _family_emails(last, household, homes))[household],
        household, new_home[household], rng.random(homes)[household],
    )  # fmt: skip


def _namesakes(
    rng: np.random.Generator, place: Numbers, is_woman: Flags, household: Numbers
) -> tuple[Numbers, Numbers]:
    """Which (fathers, sons) bear one name at one address?"""
    sons = np.flatnonzero((place == 2) & ~is_woman & (rng.random(len(place)) < 0.06))
    fathers = np.searchsorted(household, household[sons])
    return np.where(is_woman[fathers], fathers + 1, fathers), sons


def _surnames(rng: np.random.Generator, count: int) -> Column:
    """Two in five from the sample population, the others made up: a long tail in which few bear the same name."""
    known = rng.choice(column("last"), count)
    rank = (rng.pareto(0.8, count) * 400).astype(np.int64) % 400_000
    parts = []
    for _ in range(2):
        rank, at = np.divmod(rank, len(ONSETS))
        rank, vowel = np.divmod(rank, len(VOWELS))
        parts.append(strings(list(ONSETS))[at] + strings(list(VOWELS))[vowel])
    made = parts[0] + parts[1] + strings(ENDS)[rank % len(ENDS)]
    return np.where(rng.random(count) < 0.4, known, strings([name.capitalize() for name in made.tolist()]))


def _nicknames(rng: np.random.Generator, first: Column) -> Column:
    pick = rng.integers(0, 12, len(first)).tolist()
    options = [NICKNAMES.get(name, (name,)) for name in first.tolist()]
    return strings([names[at % len(names)] for names, at in zip(options, pick, strict=True)])


def _phones(rng: np.random.Generator, count: int) -> Column:
    """Ten different digits each: made-up area codes with the exchange 555, which nobody has."""
    drawn = rng.permutation(max(count, 800 * 9_000))[:count] if count <= 7_200_000 else np.arange(count)
    return strings([f"{200 + at // 9000}555{1000 + at % 9000}" for at in drawn.tolist()])


def _emails(rng: np.random.Generator, first: Column, last: Column, born: Numbers) -> Column:
    """Most are made of the name, told apart by a number as providers do."""
    style, number = rng.integers(0, 5, len(first)).tolist(), rng.integers(1, 9999, len(first)).tolist()
    made = []
    for one, two, kind, digits, day in zip(first.tolist(), last.tolist(), style, number, born.tolist(), strict=True):
        a, b = one.lower().replace(" ", ""), two.lower().replace(" ", "")
        name = (f"{a}.{b}{digits}", f"{a[0]}{b}{digits}", f"{b}{a}{digits % 100}", f"{a}{1970 + day // 365}{digits}",
                f"{b[:3]}{digits}{day % 97}")[kind]  # fmt: skip
        made.append(f"{name}@{DOMAINS[digits % 4]}")
    return strings(made)


def _family_emails(last: Column, household: Numbers, homes: int) -> Column:
    heads = last[np.searchsorted(household, np.arange(homes))].tolist()
    return strings([f"the{name.lower().replace(' ', '')}s{at}@mail.example.com" for at, name in enumerate(heads)])


def _addresses(rng: np.random.Generator, homes: int) -> tuple[Column, Column, Column, Column]:
    """Street with its number, unit, city and post code of every home; a sixth of them in apartment houses."""
    at = np.arange(homes)
    street = at // HOMES_A_STREET
    names = _surnames(rng, int(street.max()) + 1)
    kind = strings(KINDS)[rng.integers(0, len(KINDS), len(names))]
    block = (rng.random(len(names)) < 1 / 6)[street]
    base = rng.integers(1, 90, len(names))[street] * 100
    number = np.where(block, base, base + at % HOMES_A_STREET * 4).tolist()
    streets = zip(number, names[street].tolist(), kind[street].tolist(), strict=True)
    posts = rng.permutation(89_999)[: homes // HOMES_A_POST + 1] + 10_000
    post = posts[at // HOMES_A_POST]
    cities = strings(
        [f"{name}{end}" for name, end in zip(_surnames(rng, 500), ("ville", "ton", " city", "") * 125, strict=True)]
    )
    city = cities[at // (HOMES_A_POST * POSTS_A_CITY) % 500]
    units = only(block, strings([str(101 + one % HOMES_A_STREET) for one in at.tolist()]))
    return strings([f"{a} {b} {c}" for a, b, c in streets]), units, city, strings([str(code) for code in post.tolist()])


def _entries(rng: np.random.Generator, souls: _Souls, who: Numbers) -> pa.Table:
    noise, size = Noise(rng, 1.0), len(who)
    when = rng.random(size)
    street, unit, city, post = _addresses(rng, int(souls.later.max()) + 1)
    home = np.where(when < souls.moved[who], souls.home[who], souls.later[who])
    given = np.where(noise.chance(size, 0.18), souls.nick[who], souls.first[who])
    maiden = souls.maiden[who]
    early = np.array([name is not None for name in maiden.tolist()]) & (when < 0.4)
    family = np.where(early, maiden, souls.last[who])
    phone = np.where(when < 0.5, souls.phone[who], souls.phone_later[who])
    fixed = souls.landline[who]
    phone = np.where(noise.chance(size, 0.3) & np.array([n is not None for n in fixed.tolist()]), fixed, phone)
    shared = souls.shared_email[who]
    mail = np.where(
        noise.chance(size, 0.4) & np.array([m is not None for m in shared.tolist()]), shared, souls.email[who]
    )
    bare = noise.chance(size, 0.06)  # a form with name and address, nothing else
    slips = noise.strikes(size, 0.02)
    born = souls.born[who] + np.where(slips, rng.choice([1, -1, 10, 30, 365, -365], size), 0)
    dates = strings([str(day) for day in np.asarray(born, "datetime64[D]").tolist()])
    initial = strings([name[:1] for name in souls.middle[who].tolist()])
    columns = {
        "contact_id": strings([f"C{number:08d}" for number in range(size)]),
        "first_name": noise.typos(given, 0.025),
        "middle_initial": noise.drop(initial, 0.65),
        "last_name": noise.typos(family, 0.025),
        "suffix": noise.drop(souls.suffix[who], 0.35),
        "date_of_birth": only(~bare, noise.drop(dates, 0.5)),
        "email": only(~bare, noise.drop(noise.typos(mail, 0.012), 0.3)),
        "phone": only(~bare, noise.drop(noise.bend(phone, 0.015, misdialled), 0.2)),
        "address": noise.drop(noise.bend(street[home], 0.025, mistyped), 0.1),
        "unit": noise.drop(unit[home], 0.15),
        "city": noise.drop(city[home], 0.1),
        "postal_code": noise.drop(noise.bend(post[home], 0.01, misdialled), 0.1),
    }
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
