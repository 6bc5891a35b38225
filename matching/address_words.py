"""The words of US addresses: directions, states, street types, highways and units."""

from __future__ import annotations

import re
from functools import cache

from matching.folding import fold, word_set
from matching.placeholders import is_placeholder
from matching.records import FieldType

DIRECTIONS = {
    **dict.fromkeys(("n", "north", "nth"), "n"),
    **dict.fromkeys(("s", "south", "sth"), "s"),
    **dict.fromkeys(("e", "east"), "e"),
    **dict.fromkeys(("w", "west"), "w"),
    **dict.fromkeys(("ne", "northeast"), "ne"),
    **dict.fromkeys(("nw", "northwest"), "nw"),
    **dict.fromkeys(("se", "southeast"), "se"),
    **dict.fromkeys(("sw", "southwest"), "sw"),
}

_STATE_NAMES = """al alabama|ak alaska|az arizona|ar arkansas|ca california|co colorado|ct connecticut|de delaware
|dc district of columbia|fl florida|ga georgia|hi hawaii|id idaho|il illinois|in indiana|ia iowa|ks kansas|ky kentucky
|la louisiana|me maine|md maryland|ma massachusetts|mi michigan|mn minnesota|ms mississippi|mo missouri|mt montana
|ne nebraska|nv nevada|nh new hampshire|nj new jersey|nm new mexico|ny new york|nc north carolina|nd north dakota
|oh ohio|ok oklahoma|or oregon|pa pennsylvania|ri rhode island|sc south carolina|sd south dakota|tn tennessee|tx texas
|ut utah|vt vermont|va virginia|wa washington|wv west virginia|wi wisconsin|wy wyoming
|pr puerto rico|vi virgin islands|gu guam|as american samoa|mp northern mariana islands"""
_STATE_SHORT = """tx tex|ca calif|fl fla|az ariz|ar ark|co colo|ct conn|il ill|ks kans|ma mass|mi mich|mn minn|ne nebr
|nm n mex|ok okla|or ore|pa penn|tn tenn|va virg|wa wash|wi wisc|wv w va|wy wyo|nc n carolina|sc s carolina|nd n dakota
|sd s dakota|dc washington dc"""


def _states(text: str) -> dict[str, str]:
    pairs = [entry.strip().split(" ", 1) for entry in text.replace("\n", " ").split("|")]
    return {name: code for code, name in pairs} | {code: code for code, _ in pairs}


SURE_STATES = _states(_STATE_NAMES)  # letters and full names: safe to look for inside an address
STATES = _states(_STATE_SHORT) | SURE_STATES

ZIP = re.compile(r"(\d{5})(?:[- ]?\d{4})?", re.ASCII)
UNIT_ALONE = word_set("basement bsmt rear front upper lower penthouse ph lobby")
_ALONE = {"basement": "bsmt", "penthouse": "ph"}

_DESIGNATORS = word_set(
    """apartment apts apt ap unit un suite ste lot room rm flat flt floor bldg building space spc trailer trlr
    no num number nbr ph penthouse"""
)
_DESIGNATOR = f"(?:{'|'.join(sorted(_DESIGNATORS, key=len, reverse=True))})"
_ID = r"(?:[a-z]{0,2}-?\d[\w-]*(?: [a-z]\b)?|[a-z](?:-\w+)?\b)"
UNIT_PART = rf"(?:(?:{_DESIGNATOR}\b[ .:]*#?\s*)+|\bfl\s+(?=\d)|#\s*){_ID}"
_AT_END = re.compile(rf"(.*?\S)[ ,]*?(?:[ ,]|(?=#))\s*((?:{UNIT_PART}[ ,]*)+)")
_AT_START = re.compile(rf"({UNIT_PART})[ ,]+(\d+\b.*)")
_FLOOR_AT_END = re.compile(r"(.*\S)[ ,]+(\d+)(?:st|nd|rd|th) (?:floor|fl)")
_WHOLE = re.compile(rf"(?:{UNIT_PART}[ ,]*)+|{'|'.join(sorted(UNIT_ALONE))}")
_SPLIT = re.compile(rf"\b{_DESIGNATOR}\b|\bfl\b(?= ?\d)|#|,")
_ORDINAL_FLOOR = re.compile(r"(\d+)(?:st|nd|rd|th)? (?:floor|fl)")

_ROADS = {
    "county road": "county rd", "county rd": "county rd", "co road": "county rd", "co rd": "county rd",
    "cr": "county rd",
    "state highway": "state hwy", "state hwy": "state hwy", "sh": "state hwy", "state road": "state rd",
    "state rd": "state rd", "state route": "state rte", "state rte": "state rte", "sr": "state rte",
    "us highway": "us hwy", "us hwy": "us hwy", "us route": "us hwy", "us": "us hwy", "highway": "hwy", "hwy": "hwy",
    "route": "rte", "rte": "rte", "rt": "rte", "interstate": "interstate", "ih": "interstate", "i": "interstate",
    "farm to market": "fm", "farm to market road": "fm", "fm": "fm", "fm road": "fm", "fm rd": "fm",
    "ranch road": "ranch rd", "avenue": "ave", "ave": "ave",
}  # fmt: skip
_HIGHWAY = re.compile(
    rf"(?:(n|s|e|w|north|south|east|west) )?({'|'.join(sorted(_ROADS, key=len, reverse=True))})[ -]?"
    r"(\d+[a-z]?|[a-z])(?: (?:rd|road))?(?: (n|s|e|w|north|south|east|west))?"
)


# Words after which an address is no plain "number, name, type" any more.
UNIT_WORDS = UNIT_ALONE | _DESIGNATORS | {"apartments", "fl", "box", "bx", "drawer"}
ROAD_WORDS = frozenset(word for road in _ROADS for word in road.split()) - {"road", "rd", "to", "market"} - {
    "avenue", "ave"
} | {"rural", "hc", "rr", "rfd"}  # fmt: skip


@cache
def street_types() -> dict[str, str]:
    """Every spelling of a street type with its abbreviation (USPS Publication 28, C1, as scourgify holds it)."""
    from scourgify.address_constants import STREET_TYPE_ABBREVIATIONS

    types = {spelling.lower(): short.lower() for spelling, short in STREET_TYPE_ABBREVIATIONS.items()}
    return types | {short: short for short in types.values()} | {"bv": "blvd", "bld": "blvd"}


def highway(name: list[str]) -> str | None:
    """The one spelling of a numbered road ('county road 12', 'ave b'); None for any other street."""
    match = _HIGHWAY.fullmatch(" ".join(name))
    if match is None:
        return None
    before, road, number, after = match.groups()
    if number.isalpha() and _ROADS[road] != "ave":
        return None
    parts = (before and DIRECTIONS[before], _ROADS[road], number, after and DIRECTIONS[after])
    return " ".join(part for part in parts if part)


def unit_at_end(text: str) -> tuple[str, str | None] | None:
    """The text without the unit it ends with, and that unit; None where it ends with none."""
    if match := _FLOOR_AT_END.fullmatch(text):
        return match[1].strip(" ,"), match[2]
    if match := _AT_END.fullmatch(text):
        return match[1].strip(" ,"), unit_value(match[2])
    head, _, last = text.rpartition(" ")
    if last in UNIT_ALONE and head.count(" ") >= 2:
        return head.strip(" ,"), _ALONE.get(last, last)
    return None


def unit_at_start(text: str) -> tuple[str, str | None] | None:
    """The text without the unit it begins with ('Apt 4, 123 Main St'), and that unit."""
    match = _AT_START.fullmatch(text)
    return (match[2], unit_value(match[1])) if match else None


def is_unit(text: str) -> bool:
    """Is this text nothing but a unit?"""
    return _WHOLE.fullmatch(text) is not None or _ORDINAL_FLOOR.fullmatch(text) is not None


def unit_value(value: str) -> str | None:
    """Only what tells one unit from the next: '4b' of 'Apt. #4-B', '4-12' of 'Bldg 4 Apt 12', 'rear' of 'Rear'."""
    text = fold(value).replace(".", " ").strip()
    if not text or is_placeholder(text, FieldType.UNIT):
        return None
    if match := _ORDINAL_FLOOR.fullmatch(text):
        return match[1]
    parts = [re.sub(r"(?<!\d)[\W_]+|[\W_]+(?!\d)", " ", part).split() for part in _SPLIT.split(text)]
    told = ["".join(part) if _short(part) else " ".join(part) for part in parts if part]
    return "-".join(_ALONE.get(part, part) for part in told) or None


def _short(parts: list[str]) -> bool:
    return all(len(part) == 1 or any(c.isdigit() for c in part) for part in parts)
