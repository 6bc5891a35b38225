"""How are two records compared, field by field? Levels in SQL, for Splink's training and our own scoring alike."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from matching.records import FieldType

__all__ = ["Comparison", "Level", "Sharing", "comparisons_for", "derived_columns", "gamma_sql", "within_edits"]


class Sharing(StrEnum):
    """How readily do two people of one household agree in this field?"""

    FREE = "free"
    RARE = "rare"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Level:
    """One grade of agreement: its SQL over `<column>_l` and `<column>_r`, and its m before any data is seen.

    `frequency` names the column whose value frequency sharpens the weight (only where the level means equality in it).
    """

    label: str
    sql: str
    m: float
    frequency: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One field's levels, best first; level numbers are 0 = unknown, 1 = all else, ..., `len(levels) + 1` = the best.

    `guarded` comparisons never let a near agreement weigh more than the exact one. `doubt` is how often, at the least,
    one person's records plainly differ here: what a few pairs never showed may happen all the same.
    """

    name: str
    columns: tuple[str, ...]
    unknown: str
    levels: tuple[Level, ...]
    sharing: Sharing = Sharing.NEVER
    guarded: bool = True
    doubt: float = 0.002

    @property
    def size(self) -> int:
        """How many level numbers are there, the unknown one included?"""
        return len(self.levels) + 2

    @property
    def labels(self) -> list[str]:
        """What are the levels called, in order of their numbers?"""
        return ["unknown", "all else", *(level.label for level in reversed(self.levels))]

    def number(self, index: int) -> int:
        """Which level number has the level at this place of `levels`?"""
        return len(self.levels) + 1 - index

    def to_dict(self) -> dict[str, Any]:
        """How is this comparison written into a model file?"""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Comparison":
        """Which comparison does a model file describe?"""
        levels = tuple(Level(**level) for level in data["levels"])
        rest = {**data, "columns": tuple(data["columns"]), "levels": levels, "sharing": Sharing(data["sharing"])}
        return cls(**rest)


def comparisons_for(fields: Mapping[str, FieldType]) -> list[Comparison]:
    """Which comparisons suit these columns? Their order does not depend on the order of `fields`."""
    by_type: dict[FieldType, list[str]] = {}
    for column, kind in sorted(fields.items()):
        by_type.setdefault(kind, []).append(column)
    made = [*_names(by_type), *_location(by_type)]
    for kind, maker in _MAKERS.items():
        made += [maker(column) for column in by_type.get(kind, [])]
    return made


def derived_columns(fields: Mapping[str, FieldType]) -> dict[str, str]:
    """Which columns (name -> SQL) are computed once per record so that comparing stays cheap?"""
    derived: dict[str, str] = {}
    for column, kind in sorted(fields.items()):
        if kind is FieldType.DATE:
            derived[f"{column}__day"] = f"datediff('day', date '1800-01-01', try_cast({quoted(column)} as date))"
        elif kind is FieldType.EMAIL:
            derived[f"{column}__user"] = f"split_part({quoted(column)}, '@', 1)"
    home = _home(fields)
    if home and home[1]:
        derived[f"{home[0]}__unit"] = f"{quoted(home[0])} || ' # ' || coalesce({quoted(home[1])}, '')"
    return derived


def gamma_sql(comparison: Comparison) -> str:
    """Which SQL expression gives the level number of a pair?"""
    cases = [f"when {comparison.unknown} then 0"]
    cases += [f"when {level.sql} then {comparison.number(i)}" for i, level in enumerate(comparison.levels)]
    return f"cast(case {' '.join(cases)} else 1 end as utinyint)"


def quoted(column: str) -> str:
    """How is a column named in SQL, whatever letters it has?"""
    return '"' + column.replace('"', '""') + '"'


def _pair(column: str) -> tuple[str, str]:
    return quoted(f"{column}_l"), quoted(f"{column}_r")


def _either_missing(column: str) -> str:
    left, right = _pair(column)
    return f"({left} is null or {right} is null)"


def _equal(column: str) -> str:
    left, right = _pair(column)
    return f"{left} = {right}"


def _similar(column: str, least: float) -> str:
    left, right = _pair(column)
    return f"jaro_winkler_similarity({left}, {right}) >= {least}"


def _edits(column: str, most: int) -> str:
    # A bare edit distance costs fifty times a Jaro-Winkler: gates keep it off nearly all pairs, and only nested CASE
    # promises the order of evaluation.
    left, right = _pair(column)
    alike, near = f"jaro_winkler_similarity({left}, {right}) >= 0.8", within_edits(left, right, most)
    first, then = (near, alike) if most == 1 else (alike, near)  # the cheaper one first
    return (
        f"(case when abs(length({left}) - length({right})) <= {most} then "
        f"case when {first} then {then} else false end else false end)"
    )


def within_edits(left: str, right: str, most: int) -> str:
    """Which SQL condition says that two texts are at most so many Damerau-Levenshtein edits apart?

    Cheaper distances rule most pairs out. A swap of neighbours, which is one edit, is two of Levenshtein's; and one
    edit that keeps the length changes at most two bytes.
    """
    exact = f"damerau_levenshtein({left}, {right}) <= {most}"
    if most == 1:
        return (
            f"case when {left} = {right} then true "
            f"when strlen({left}) <> strlen({right}) then levenshtein({left}, {right}) <= 1 "
            f"when hamming({left}, {right}) <= 2 then {exact} else false end"
        )
    return f"case when levenshtein({left}, {right}) <= {2 * most} then {exact} else false end"


def _names(by_type: Mapping[FieldType, list[str]]) -> list[Comparison]:
    given, family = by_type.get(FieldType.GIVEN, []), by_type.get(FieldType.FAMILY, [])
    made = []
    for place, column in enumerate(given):
        made.append(_given(column, family[0] if family and place == 0 else None))
    for place, column in enumerate(family):
        made.append(_family(column, given[0] if given and place == 0 else None))
    return made


def _swapped(given: str, family: str) -> str:
    (given_l, given_r), (family_l, family_r) = _pair(given), _pair(family)
    return f"({given_l} = {family_r} and {family_l} = {given_r})"


def _given(column: str, family: str | None) -> Comparison:
    left, right = _pair(column)
    initial = f"(length({left}) = 1 or length({right}) = 1) and left({left}, 1) = left({right}, 1)"
    levels = [Level("exact", _equal(column), 0.7, column)]
    if family:
        levels.append(Level("swapped with family name", _swapped(column, family), 0.01))
    levels += [
        Level("very similar", _similar(column, 0.92), 0.08),
        Level("similar", _similar(column, 0.88), 0.04),
        Level("somewhat similar or initial", f"({_similar(column, 0.7)} or ({initial}))", 0.08),
    ]
    columns = (column, family) if family else (column,)
    return Comparison(column, columns, _either_missing(column), tuple(levels), guarded=False)


def _family(column: str, given: str | None) -> Comparison:
    unknown = _either_missing(column)
    if given:  # a swap is already counted with the given name
        unknown = f"({unknown} or {_swapped(given, column)})"
    levels = (
        Level("exact", _equal(column), 0.8, column),
        Level("very similar", _similar(column, 0.92), 0.07),
        Level("similar", _similar(column, 0.88), 0.03),
        Level("somewhat similar", _similar(column, 0.7), 0.04),
    )
    columns = (column, given) if given else (column,)
    return Comparison(column, columns, unknown, levels, Sharing.FREE)


def _further_name(column: str) -> Comparison:
    levels = (
        Level("exact", _equal(column), 0.8, column),
        Level("similar", _similar(column, 0.9), 0.1),
    )
    return Comparison(column, (column,), _either_missing(column), levels)


def _middle(column: str) -> Comparison:
    left, right = _pair(column)
    compatible = f"((length({left}) = 1 or length({right}) = 1) and left({left}, 1) = left({right}, 1))"
    levels = (
        Level("exact", _equal(column), 0.8, column),
        Level("initial fits", compatible, 0.1),
        Level("similar", _similar(column, 0.88), 0.03),
    )
    return Comparison(column, (column,), _either_missing(column), levels)


def _date(column: str) -> Comparison:
    day_l, day_r = _pair(f"{column}__day")
    levels = [Level("exact", _equal(column), 0.85, column), Level("one edit", _edits(column, 1), 0.08)]
    for label, days, m in (("a month apart", 30, 0.01), ("a year apart", 365, 0.01), ("ten years apart", 3652, 0.02)):
        levels.append(Level(label, f"abs({day_l} - {day_r}) <= {days}", m))
    return Comparison(column, (column,), _either_missing(column), tuple(levels), Sharing.RARE)


def _code(column: str) -> Comparison:
    levels = (
        Level("exact", _equal(column), 0.9, column),
        Level("one edit", _edits(column, 1), 0.04),
        Level("two edits", _edits(column, 2), 0.01),
    )
    return Comparison(column, (column,), _either_missing(column), levels, Sharing.RARE, doubt=0.01)


def _phone(column: str) -> Comparison:
    levels = (Level("exact", _equal(column), 0.7, column), Level("one edit", _edits(column, 1), 0.03))
    return Comparison(column, (column,), _either_missing(column), levels, Sharing.FREE)


def _email(column: str) -> Comparison:
    levels = (
        Level("exact", _equal(column), 0.7, column),
        Level("same user part", _equal(f"{column}__user"), 0.05),
        Level("two edits", _edits(column, 2), 0.05),
    )
    return Comparison(column, (column,), _either_missing(column), levels, Sharing.FREE)


def _category(column: str) -> Comparison:
    # Sex tells the members of a household apart; of any further category nothing is known, so that it is learnt.
    sharing = Sharing.NEVER if column in ("sex", "suffix") else Sharing.FREE
    level = Level("exact", _equal(column), 0.9, column)
    return Comparison(column, (column,), _either_missing(column), (level,), sharing, doubt=0.02)


def _text(column: str) -> Comparison:
    level = Level("exact", _equal(column), 0.5, column)
    return Comparison(column, (column,), _either_missing(column), (level,), Sharing.FREE, doubt=0.3)


def _device(column: str) -> Comparison:
    # Everybody has several devices and cookies: another one says little, the same one much.
    level = Level("exact", _equal(column), 0.3, column)
    return Comparison(column, (column,), _either_missing(column), (level,), Sharing.RARE, doubt=0.3)


def _property(column: str) -> Comparison:
    level = Level("exact", _equal(column), 0.8, column)
    return Comparison(column, (column,), _either_missing(column), (level,), Sharing.FREE)


def _address(column: str) -> Comparison:
    levels = (Level("exact", _equal(column), 0.7, column), Level("near", _near_address(column), 0.1))
    return Comparison(column, (column,), _either_missing(column), levels, Sharing.FREE)


def _place(column: str) -> Comparison:
    levels = (Level("exact", _equal(column), 0.8, column), Level("similar", _similar(column, 0.9), 0.08))
    return Comparison(column, (column,), _either_missing(column), levels, Sharing.FREE)


def _zip(column: str) -> Comparison:
    levels = (Level("exact", _equal(column), 0.75, column), Level("one edit", _edits(column, 1), 0.08))
    return Comparison(column, (column,), _either_missing(column), levels, Sharing.FREE)


def _near_address(column: str) -> str:
    return _edits(column, 2)


def _home(fields: Mapping[str, FieldType]) -> tuple[str, str | None, str | None, str | None] | None:
    """Which columns together say where somebody lives: address, unit, zip, place? None without an address."""
    first = {kind: min((c for c, k in fields.items() if k is kind), default=None) for kind in FieldType}
    preferred = "street_address" if fields.get("street_address") is FieldType.ADDRESS else first[FieldType.ADDRESS]
    if preferred is None:
        return None
    return preferred, first[FieldType.UNIT], first[FieldType.ZIP], first[FieldType.PLACE]


def _location(by_type: Mapping[FieldType, list[str]]) -> list[Comparison]:
    # With an address, its parts and the property agree together and are one piece of evidence; a post code and a place
    # then speak only where an address is missing. Without one, they may well be separate facts (a birth place, say).
    fields = {column: kind for kind, columns in by_type.items() for column in columns}
    home = _home(fields)
    known: list[str] = []
    folded: list[str] = []
    made = []
    if home:
        address, unit, post, place = home
        estate = min(by_type.get(FieldType.PROPERTY, []), default=None)
        made = [_folded(home, estate)]
        folded = [column for column in (address, unit, estate) if column]
        known = [column for column in (address, estate) if column]
        for column, maker in ((post, _zip), (place, _place)):
            if column:
                made.append(_where_unknown(maker(column), known))
                folded.append(column)
                known.append(column)
    makers = ((FieldType.ADDRESS, _address), (FieldType.ZIP, _zip), (FieldType.PLACE, _place))
    for kind, make in (*makers, (FieldType.PROPERTY, _property)):
        made += [make(column) for column in by_type.get(kind, []) if column not in folded]
    if not home:
        made += [_category(column) for column in by_type.get(FieldType.REGION, [])]
    return made


def _where_unknown(comparison: Comparison, finer: list[str]) -> Comparison:
    """A comparison that speaks only where none of these finer columns is known of both records."""
    both = [f"({left} is not null and {right} is not null)" for left, right in map(_pair, finer)]
    unknown = f"({' or '.join([comparison.unknown, *both])})"
    return replace(comparison, columns=(*comparison.columns, *finer), unknown=unknown)


def _folded(home: tuple[str, str | None, str | None, str | None], estate: str | None) -> Comparison:
    address, unit, post, place = home
    levels: list[Level] = []
    if unit:
        levels.append(Level("same address and unit", _equal(f"{address}__unit"), 0.6, f"{address}__unit"))
    if estate:
        levels.append(Level("same property", _equal(estate), 0.05, estate))
    levels += [
        Level("same address", _equal(address), 0.1 if unit else 0.65, address),
        Level("address nearly the same", _near_address(address), 0.1),
    ]
    if post:
        levels += [Level("same zip", _equal(post), 0.1, post), Level("zip one edit apart", _edits(post, 1), 0.02)]
    if place:
        levels.append(Level("same place", _equal(place), 0.05, place))
    missing = " and ".join(_either_missing(column) for column in (address, estate) if column)
    columns = (address, *filter(None, (unit, estate, post, place)))
    return Comparison("location", columns, f"({missing})", tuple(levels), Sharing.FREE, False)


_MAKERS: dict[FieldType, Callable[[str], Comparison]] = {
    FieldType.NAME: _further_name,
    FieldType.MIDDLE: _middle,
    FieldType.SUFFIX: _category,
    FieldType.DATE: _date,
    FieldType.CODE: _code,
    FieldType.EMAIL: _email,
    FieldType.PHONE: _phone,
    FieldType.DEVICE: _device,
    FieldType.CATEGORY: _category,
    FieldType.TEXT: _text,
}


def frequency_columns(comparisons: Iterable[Comparison]) -> list[str]:
    """Which columns need the frequency of their values?"""
    return sorted({level.frequency for c in comparisons for level in c.levels if level.frequency})
