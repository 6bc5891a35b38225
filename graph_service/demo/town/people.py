"""Who lives in Anytown? Whole families of the packaged table, as they are, or with new names where more are wanted.

The table was made once from pseudopeople's sample population (see `bench/make_anytown_people.py`): simulated people,
never real ones. Clusters of households that people moved between are drawn whole. The first copy of a cluster keeps its
names; each further copy keeps who lives with whom, ages (within two years) and moves, and draws names anew from the
table's own names of the same sex, origin and generation. About a fifth of the further surnames are coined from two rare
ones, as larger towns have more rare surnames.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from graph_service.demo.town.nicknames import NICKNAMES
from graph_service.demo.town.noise import Column, Flags, Numbers, strings

WINDOW = (1_704_067_200, 1_767_225_600)  # 2024-01-01 to 2026-01-01, UTC seconds: all that the six systems saw
NEVER = np.iinfo(np.int64).max
ADULT = 2024 - 16  # who was born later leaves no records
SPOUSES = ("Opposite-sex spouse", "Same-sex spouse", "Opposite-sex unmarried partner", "Same-sex unmarried partner")
HEAD = "Reference person"


@dataclass(frozen=True)
class People:
    """The drawn population, one entry a person; `moved` is NEVER for who stays."""

    first: Column
    nickname: Column  # what friends say; the first name itself where there is none
    middle: Column
    last: Column
    former: Column  # surname before `wed`, None for most
    suffix: Column  # Jr, Sr or None
    born: Numbers  # days since 1970-01-01
    woman: Flags
    head: Flags
    partner: Numbers  # index of the spouse or partner, -1 without one
    adult: Flags
    quarters: Flags
    household: Numbers  # where they live in the end: the truth
    early_household: Numbers
    home: Numbers
    home_later: Numbers
    moved: Numbers  # seconds
    wed: Numbers  # seconds; the former surname is in use before it
    homes: int

    def home_at(self, who: Numbers, when: Numbers) -> Numbers:
        """In which home did each person live at that second?"""
        return np.where(when < self.moved[who], self.home[who], self.home_later[who])

    def __len__(self) -> int:
        return len(self.first)


@cache
def packaged(name: str) -> pa.Table:
    """Read one of the two packaged tables (`anytown_people`, `anytown_homes`)."""
    with (files("graph_service.demo") / "data" / f"{name}.parquet").open("rb") as file:
        return pq.read_table(file)


def column(name: str, table: str = "anytown_people") -> Column:
    """One string column of a packaged table."""
    return strings(packaged(table)[name].to_pylist())


def integers(name: str) -> Numbers:
    """One number column of the packaged people (dates as days since 1970)."""
    values = packaged("anytown_people")[name]
    if name == "born":
        values = values.cast(pa.int32())
    return np.asarray(values.to_numpy(), dtype=np.int64)


def draw_rows(rng: np.random.Generator, households: int, quarters: int) -> tuple[Numbers, Numbers]:
    """Which rows of the table are drawn, and in which copy (0 = with their own names), for this many households?

    `quarters` is the number of group quarters; each takes at most 60 of the table's nursing-home residents.
    """
    cluster, home, in_quarters = integers("cluster"), integers("household"), column_flags("quarters")
    size_of = np.zeros(cluster.max() + 1, dtype=np.int64)
    private = np.unique(np.stack([cluster[~in_quarters], home[~in_quarters]]), axis=1)
    np.add.at(size_of, private[0], 1)
    usable = np.flatnonzero(size_of)
    copies = -(-households // int(size_of.sum()))
    order = np.concatenate([rng.permutation(usable) for _ in range(copies)])
    copy = np.repeat(np.arange(copies), len(usable))
    taken = int(np.searchsorted(np.cumsum(size_of[order]), households)) + 1
    by_cluster = np.argsort(cluster, kind="stable")
    count = np.bincount(cluster)
    start = np.cumsum(count) - count
    rows, copy_of = gather(by_cluster, start[order[:taken]], count[order[:taken]], copy[:taken])
    residents = np.flatnonzero(in_quarters)
    for further in range(quarters):
        rows = np.concatenate([rows, rng.permutation(residents)[:60]])
        copy_of = np.concatenate([copy_of, np.full(min(60, len(residents)), further)])
    return rows, copy_of


def column_flags(name: str) -> Flags:
    """One true / false column of the packaged people."""
    return np.asarray(packaged("anytown_people")[name].to_numpy(zero_copy_only=False), dtype=np.bool_)


def gather(by_cluster: Numbers, start: Numbers, count: Numbers, copy: Numbers) -> tuple[Numbers, Numbers]:
    """Spell out (start, count) slices of `by_cluster`, with the copy number of each slice."""
    offsets = np.cumsum(count) - count
    inside = np.arange(int(count.sum())) - np.repeat(offsets, count)
    return by_cluster[np.repeat(start, count) + inside], np.repeat(copy, count)


def numbered(*keys: Numbers) -> Numbers:
    """Number the distinct combinations of these keys 0, 1, 2, ..."""
    combined = keys[0]
    for key in keys[1:]:
        combined = combined * (int(key.max()) + 1) + key
    return np.unique(combined, return_inverse=True)[1].astype(np.int64)


def coined(one: str, other: str) -> str:
    """Make a surname of the beginning of one and the end of another, cut at a vowel."""
    cut = next((at for at in range(2, len(one)) if one[at] in "aeiouy"), len(one) - 1)
    tail = next((at for at in range(len(other) // 2, len(other)) if other[at] in "aeiouy"), len(other) // 2)
    return re.split(r"[ -]", one[:cut], maxsplit=1)[0] + re.split(r"[ -]", other[tail:].lower())[-1]


def new_surnames(rng: np.random.Generator, rows: Numbers, copy: Numbers) -> Column:
    """The surname of each person: their own in copy 0, else one new name for each old one in each copy of a cluster."""
    last = column("last")
    codes = np.unique(last.astype(str), return_inverse=True)[1].astype(np.int64)
    family = numbered(integers("cluster")[rows], copy, codes[rows])
    heads = np.unique(family, return_index=True)[1]
    drawn = rng.integers(0, 2**31, len(heads))
    origin = strata("origin")
    chosen = np.empty(len(heads), dtype=object)
    for value in np.unique(origin):
        pool, here = np.flatnonzero(origin == value), np.flatnonzero(origin[rows[heads]] == value)
        chosen[here] = last[pool[drawn[here] % len(pool)]]
    rare = np.bincount(codes)[codes] == 1
    tails = last[rare]
    is_rare = set(tails.tolist())
    coin = rng.random(len(heads)) < 0.75
    mates = rng.integers(0, len(tails), len(heads)).tolist()
    for at in np.flatnonzero(coin).tolist():
        if chosen[at] in is_rare:
            chosen[at] = coined(chosen[at], tails[mates[at]])
    return np.where(copy == 0, last[rows], chosen[family])


def strata(name: str) -> Numbers:
    """The codes of a category of the packaged people."""
    return np.unique(column(name).astype(str), return_inverse=True)[1].astype(np.int64)


def new_first_names(rng: np.random.Generator, rows: Numbers, copy: Numbers) -> tuple[Column, Column]:
    """First and middle names: own ones in copy 0, else drawn among the same sex, origin and twenty years of birth."""
    first, middle = column("first"), column("middle")
    stratum = numbered(strata("sex"), strata("origin"), (integers("born") + 40000) // 7305)
    order = np.argsort(stratum, kind="stable")
    count = np.bincount(stratum)
    start = np.cumsum(count) - count
    mine = stratum[rows]
    picks = order[start[mine] + rng.integers(0, 2**31, len(rows)) % count[mine]]
    others = order[start[mine] + rng.integers(0, 2**31, len(rows)) % count[mine]]
    own = copy == 0
    return np.where(own, first[rows], first[picks]), np.where(own, middle[rows], first[others])


def birthdays(rng: np.random.Generator, rows: Numbers, copy: Numbers) -> Numbers:
    """Days of birth: own ones in copy 0, else the whole cluster shifted by up to 400 days, each birth by 45 more."""
    born, cluster = integers("born")[rows], integers("cluster")[rows]
    family = numbered(cluster, copy)
    birth = numbered(family, born - born.min())
    shift = rng.integers(-400, 401, int(family.max()) + 1)[family] + rng.integers(-45, 46, int(birth.max()) + 1)[birth]
    return np.where(copy == 0, born, born + shift)


def partners(household: Numbers, relation: Column, quarters: Flags) -> Numbers:
    """The index of each head's spouse or partner and the other way round; -1 for everybody else."""
    partner = np.full(len(household), -1, dtype=np.int64)
    head_of = np.full(int(household.max()) + 1, -1, dtype=np.int64)
    heads = np.flatnonzero((relation == HEAD) & ~quarters)
    head_of[household[heads]] = heads
    spouses = np.flatnonzero(np.isin(relation.astype(str), SPOUSES))
    spouses = spouses[head_of[household[spouses]] >= 0]
    partner[spouses] = head_of[household[spouses]]
    partner[partner[spouses]] = spouses
    return partner


def namesake_sons(
    rng: np.random.Generator, household: Numbers, relation: Column, grown_man: Flags
) -> tuple[Numbers, Numbers]:
    """Which (fathers, sons) bear one name? A fifth of the heads with a grown son at home, one son each."""
    father_of = np.full(int(household.max()) + 1, -1, dtype=np.int64)
    heads = np.flatnonzero((relation == HEAD) & grown_man)
    father_of[household[heads]] = heads
    sons = np.flatnonzero((relation == "Biological child") & grown_man)
    sons = sons[father_of[household[sons]] >= 0]
    sons = sons[np.unique(household[sons], return_index=True)[1]]
    sons = sons[rng.random(len(sons)) < 0.2]
    return father_of[household[sons]], sons


def make_twins(rng: np.random.Generator, household: Numbers, relation: Column, born: Numbers) -> Numbers:
    """Days of birth in which one household in seven that has two grown children has twins."""
    born = born.copy()
    children = np.flatnonzero(np.char.find(relation.astype(str), "child") >= 0)
    children = children[born[children] < (ADULT - 1970) * 365.25]
    children = children[np.argsort(household[children], kind="stable")]
    siblings = np.flatnonzero(household[children][1:] == household[children][:-1])
    chosen = siblings[rng.random(len(siblings)) < 0.14]
    born[children[chosen + 1]] = born[children[chosen]]
    return born


def draw_moves(rng: np.random.Generator, keys: tuple[Numbers, Numbers, Numbers, Numbers]) -> tuple[Numbers, Numbers]:
    """When does each mover move, and into which home? Those who move together move at one time.

    `keys` are early and late household and early and late home. In nearly half of the moves of whole households
    the new home is one that another household has left before.
    """
    early, late, home, home_later = keys
    move = numbered(early, late, home_later)
    moment = rng.integers(WINDOW[0] + 60 * 86400, WINDOW[1] - 60 * 86400, int(move.max()) + 1)[move]
    goes = home != home_later
    stays_someone = np.zeros(int(home.max()) + 1, dtype=np.bool_)
    stays_someone[home[~goes]] = True
    whole = goes & (early == late) & ~stays_someone[home]
    leavers = np.flatnonzero(whole)
    leavers = leavers[np.unique(early[leavers], return_index=True)[1]]
    leavers = leavers[np.argsort(moment[leavers], kind="stable")]
    leavers = leavers[: len(leavers) // 4 * 4]
    halves = len(leavers) // 2
    pairs = rng.random(halves) < 0.9
    vacated, taking = leavers[:halves][pairs], leavers[halves:][pairs]
    replaced = np.arange(max(int(home.max()), int(home_later.max())) + 1)
    replaced[home_later[taking]] = home[vacated]
    return np.where(goes, moment, NEVER), replaced[home_later]


def draw_people(rng: np.random.Generator, households: int, quarters: int) -> People:
    """Draw a population of about this many private households and this many group quarters."""
    rows, copy = draw_rows(rng, households, quarters)
    in_quarters = column_flags("quarters")[rows]
    relation = column("relation")[rows]
    early, late = _households(rows, copy, in_quarters)
    home, home_later = _homes(rows, copy)
    born = make_twins(rng, early, relation, birthdays(rng, rows, copy))
    first, middle = new_first_names(rng, rows, copy)
    last = new_surnames(rng, rows, copy)
    woman = column("sex")[rows] == "Female"
    grown = born < (ADULT - 1970) * 365.25
    fathers, sons = namesake_sons(rng, early, relation, grown & ~woman & ~in_quarters)
    suffix = np.full(len(rows), None, dtype=object)
    first[sons], middle[sons], last[sons] = first[fathers], middle[fathers], last[fathers]
    suffix[sons], suffix[fathers] = "Jr", "Sr"
    moved, home_later = draw_moves(rng, (early, late, home, home_later))
    partner = partners(early, relation, in_quarters)
    married = woman & (partner >= 0) & (rng.random(len(rows)) < 0.15)
    maiden = column("last")[rng.integers(0, len(packaged("anytown_people")), len(rows))]
    maiden[~married] = None
    return People(
        first=first, nickname=nicknames(rng, first), middle=middle, last=last, former=maiden, suffix=suffix, born=born,
        woman=woman, head=(relation == HEAD), partner=partner, adult=grown, quarters=in_quarters, household=late,
        early_household=early, home=home, home_later=home_later, moved=moved,
        wed=np.where(married, rng.integers(WINDOW[0], WINDOW[1], len(rows)), -NEVER),
        homes=int(max(home.max(), home_later.max())) + 1,
    )  # fmt: skip


def _households(rows: Numbers, copy: Numbers, quarters: Flags) -> tuple[Numbers, Numbers]:
    """Early and late household of each person; in group quarters everybody is a household of their own."""
    early, late = integers("household")[rows], integers("household_later")[rows]
    alone = np.where(quarters, np.arange(len(rows)) + 1, 0)
    both = numbered(np.concatenate([early, late]), np.tile(copy, 2), np.tile(alone, 2))
    return both[: len(rows)], both[len(rows) :]


def _homes(rows: Numbers, copy: Numbers) -> tuple[Numbers, Numbers]:
    """Early and late home of each person, numbered 0, 1, 2, ... over all copies."""
    both = numbered(np.concatenate([integers("home")[rows], integers("home_later")[rows]]), np.tile(copy, 2))
    return both[: len(rows)], both[len(rows) :]


def nicknames(rng: np.random.Generator, first: Column) -> Column:
    """What friends call each person: two fifths of those whose name has a short form go by one of them."""
    uses, pick = (rng.random(len(first)) < 0.4).tolist(), rng.integers(0, 12, len(first)).tolist()
    short = [NICKNAMES.get(name) if use else None for name, use in zip(first.tolist(), uses, strict=True)]
    return strings([
        options[at % len(options)] if options else name
        for options, at, name in zip(short, pick, first.tolist(), strict=True)
    ])  # fmt: skip
