"""What are the parts of an address, in one spelling?"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from matching.address_words import (
    DIRECTIONS,
    ROAD_WORDS,
    STATES,
    SURE_STATES,
    UNIT_PART,
    UNIT_WORDS,
    ZIP,
    highway,
    is_unit,
    street_types,
    unit_at_end,
    unit_at_start,
    unit_value,
)
from matching.folding import fold, word_set
from matching.placeholders import is_placeholder
from matching.records import FieldType

_BOX = re.compile(
    r"(?:p ?\.? ?o ?\.? ?(?:box|drawer|bx)|post office box|pobox|box)\s*(?:no )?#?\s*(\w[\w-]*)\b[ ,]*(.*)"
)
_ROUTE = re.compile(
    r"(?:(rr|r r|rural route|rural rte|rural rt|rfd|rd|rt|rte|route)|(hc|hcr|highway contract|star route))"
    r"\s*(?:no )?#?\s*(\d+)[ ,]*(?:box|bx)\s*#?\s*(\w[\w-]*)\b[ ,]*(.*)"
)
_NUMBER = re.compile(r"(\d+)(?:-?([a-z])|(-\d+))?")
_USUAL = re.compile(
    r"(\d+)((?: [a-z]+| \d+(?:st|nd|rd|th))+)"
    r"(?:(?: (?:apt|apartment|unit|ste|suite|lot)\b| (?=#)) ?#? ?([a-z]?\d+|[a-z]))?"
)
_USUAL_TYPES = word_set(
    """st street ave avenue rd road dr drive ln lane ct court blvd boulevard way pl place cir circle ter terrace trl
    trail pkwy parkway loop cv cove"""
)
_TOWN = re.compile(rf"((?:(?:{'|'.join(DIRECTIONS)})\b ?)?(?:{UNIT_PART} ?)*)([a-z]+(?: [a-z]+){{0,2}})?")
_SPECIAL_WORDS = UNIT_WORDS | ROAD_WORDS
_NUMBER_WORD = re.compile(r"^(?:no|num|number|#)\s*(?=\d+ \w{2})")
_FRACTION = re.compile(r"[1-9]/[2-9]")
_DROPPED = re.compile(r"[.']")
_NOT_STREET = re.compile(r"[^\w\s/#&-]+|_")
_PLAIN_WORD = re.compile(r"[^\W\d_][\w/-]*|\d+(?:st|nd|rd|th)")
_LAST_LINE = re.compile(r"^(.*?)[ ,]+([a-z][a-z ]*?)\.?[ ,]+(\d{5})(?:-?\d{4})?$")
_CORNERS: dict[tuple[str | None, ...], str] = {(a, b): a + b for a in "ns" for b in "ew"}
_COUNTRY = re.compile(r"[ ,]+(?:usa|u\.s\.a\.|us|united states(?: of america)?)$")


class Address(NamedTuple):
    """An address in its parts; None for a part that is not there."""

    street: str | None = None
    unit: str | None = None
    city: str | None = None
    state: str | None = None
    zip: str | None = None


def address(value: str) -> Address:
    """Which parts has this street address, or whole one-line address?

    US spellings are brought to the abbreviations of the postal service (USPS Publication 28): '123 North Main Street,
    Apartment 4' is '123 n main st' with unit '4'. What nobody can read stays as it is, folded.
    """
    return plain_address(value) or parsed_address(value)


def plain_address(value: str) -> Address | None:
    """The parts of an address of a usual shape; None where the library should look at it (see `parsed_address`)."""
    text = _DROPPED.sub("", fold(value)).strip(" ,;-")
    if not text or is_placeholder(text, FieldType.ADDRESS):
        return Address()
    if "," not in text:
        return _without_commas(text)
    head, tail = _last_line(text)
    if head is None:
        return None
    street = _street(head)
    return street._replace(city=tail.city, state=tail.state, zip=tail.zip) if street else None


def parsed_address(value: str) -> Address:
    """The parts of an address as the library usaddress reads it, in our spelling; unread it stays whole."""
    import usaddress

    text = _DROPPED.sub("", fold(value)).strip(" ,;-")
    try:
        tags, _ = usaddress.tag(text)
    except usaddress.RepeatedLabelError:
        return _whole(text)
    place = Address(city=city(tags.get("PlaceName", "")), state=state(tags.get("StateName", "")))
    place = place._replace(zip=zip_code(tags.get("ZipCode", "")))
    if (place.city or place.state) and place.state not in SURE_STATES and not ZIP.fullmatch(tags.get("ZipCode", "")):
        return _whole(text)
    unit_parts = [v for k, v in tags.items() if k.startswith(("Occupancy", "Subaddress"))]
    outside = ("PlaceName", "StateName", "ZipCode", "CountryName", "Recipient")
    rest = [v for k, v in tags.items() if k not in outside and not k.startswith(("Occupancy", "Subaddress"))]
    street = _street(" ".join(rest)) or _whole(" ".join(rest))
    if street.street is None:
        return _whole(text)
    return place._replace(street=street.street, unit=unit_value(" ".join(unit_parts)) or street.unit)


def _whole(text: str) -> Address:
    """What nobody can take apart: its words, those of a street in our spelling, and a unit where it ends with one."""
    text, unit = unit_at_end(text) or (text, None)
    tokens = _NOT_STREET.sub(" ", text).split()
    return Address(street=" ".join([*tokens[:1], *_spelled(tokens[1:])]) or None, unit=unit)


def city(value: str) -> str | None:
    """A town in lower case without punctuation; saint, fort and mount in their short form."""
    text = _words(fold(value).replace(".", " ").replace("-", " ").replace("'", ""))
    if not text or is_placeholder(text, FieldType.PLACE):
        return None
    first, _, rest = text.partition(" ")
    short = {"saint": "st", "fort": "ft", "mount": "mt"}.get(first)
    return f"{short} {rest}" if short and rest else text


def state(value: str) -> str | None:
    """The two letters of a US state, from its name or an abbreviation; any other region as written."""
    text = _words(fold(value).replace(".", ""))
    if not text or is_placeholder(text, FieldType.REGION):
        return None
    return STATES.get(text, text)


def zip_code(value: str, five_digits: bool = False) -> str | None:
    """The first five digits of a US zip, or a postcode without spaces; `five_digits` restores lost leading zeros."""
    text = fold(value).removesuffix(".0")
    if match := ZIP.fullmatch(text):
        text = match[1]
    elif five_digits and text.isdigit() and 3 <= len(text) <= 4:
        text = text.zfill(5)
    text = text.replace(" ", "")
    return None if not text or is_placeholder(text, FieldType.ZIP) else text


def _last_line(text: str) -> tuple[str | None, Address]:
    """Split 'street, city, st zip' into the street part and the rest; the street is None where the split is unsure."""
    text = _COUNTRY.sub("", text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    place, code = parts[-1], None
    if match := re.fullmatch(r"(.*?)\s*\b(\d{5})(?:-?\d{4})?", place):
        place, code = match[1], match[2]
        parts[-1] = place
    if not parts[-1]:
        parts.pop()
        place = parts[-1] if parts else ""
    region, town = _state_at_end(place)
    if region:
        parts[-1:] = [town] if town else []
    if len(parts) < 2 and any(c.isdigit() for c in "".join(parts)):
        return (None if region or code else text), Address()
    if len(parts) < 2:
        return "", Address(city=city(parts[0]) if parts else None, state=region, zip=zip_code(code or ""))
    if region or code or not (is_unit(parts[-1]) or any(c.isdigit() for c in parts[-1])):
        town = parts.pop()
        return " ".join(parts), Address(city=city(town), state=region, zip=zip_code(code or ""))
    return " ".join(parts), Address()


def _state_at_end(place: str) -> tuple[str | None, str]:
    tokens = place.split()
    for size in (1, 2, 3):
        name = " ".join(tokens[-size:])
        if len(tokens) >= size and name in SURE_STATES:
            return SURE_STATES[name], " ".join(tokens[:-size])
    return None, place


def _without_commas(text: str) -> Address | None:
    """A street alone; a whole address in one line without commas is for the library."""
    match = _LAST_LINE.match(text) if text[-4:].isdigit() else None
    region, before = _state_at_end(match[2]) if match else (None, "")
    if match is None or region is None:
        return _street(text)
    tokens = f"{match[1]} {before}".split()
    ends = [at for at, token in enumerate(tokens) if at > 1 and token in _USUAL_TYPES]
    if len(ends) != 1:
        return None
    # After the type may come a direction and a unit; what is left is the town.
    after = _TOWN.fullmatch(" ".join(tokens[ends[0] + 1 :]))
    street = _street(" ".join([*tokens[: ends[0] + 1], after[1] or ""]).strip()) if after else None
    return street._replace(city=city(after[2] or ""), state=region, zip=match[3]) if street and after else None


def _street(text: str) -> Address | None:
    """Number, street and unit in one spelling; None where words are left that this grammar does not know."""
    if (match := _USUAL.fullmatch(text)) and (name := _usual_name(match[2])):
        return Address(f"{match[1]} {name}", match[3])
    return _unusual_street(text)


@lru_cache(maxsize=1 << 16)
def _usual_name(text: str) -> str | None:
    """The street's name in our spelling; None where one of its words may mean a unit, a box or a highway."""
    name = text.split()
    lettered = name[0] in ("ave", "avenue") and len(name) == 2
    return None if lettered or not _SPECIAL_WORDS.isdisjoint(name) else " ".join(_spelled(name))


def _unusual_street(text: str) -> Address | None:
    """The same for boxes, rural routes, highways, fractions, suffixed numbers and all forms of units."""
    if special := _box_or_route(text):
        return special
    text = _NUMBER_WORD.sub("", text)
    text, unit = unit_at_start(text) or unit_at_end(text) or (text, None)
    tokens = _NOT_STREET.sub(" ", text).split()
    if not tokens:
        return Address(unit=unit)
    number = _NUMBER.fullmatch(tokens[0])
    if number is None or len(tokens) == 1:
        return Address(street=" ".join(_spelled(tokens)), unit=unit)
    if number[2] and unit is None:
        tokens[0], unit = number[1], number[2]
    head = [tokens[0]]
    if len(tokens) > 2 and _FRACTION.fullmatch(tokens[1]):
        head.append(tokens.pop(1))
    name = tokens[1:]
    if road := highway(name):
        return Address(street=" ".join([*head, road]), unit=unit)
    if "&" not in name and not all(_PLAIN_WORD.fullmatch(token) for token in name) and not _numbered(name):
        return None
    return Address(street=" ".join([*head, *_spelled(name)]), unit=unit)


def _numbered(name: list[str]) -> bool:
    """Is this a street named by a bare number ('24 street', 'w 350 n')? Then its words are no unit either."""
    around = [token for token in name if not token.isdigit()]
    known = street_types().keys() | DIRECTIONS.keys()
    return len(name) - len(around) == 1 and len(around) > 0 and not name[-1].isdigit() and known >= set(around)


def _box_or_route(text: str) -> Address | None:
    if match := _ROUTE.fullmatch(text):
        rest = unit_value(match[5]) if match[5] else None
        return Address(f"{'rr' if match[1] else 'hc'} {match[3]} box {match[4]}", rest)
    if match := _BOX.fullmatch(text):
        return Address(f"po box {match[1]}", unit_value(match[2]) if match[2] else None)
    return None


def _spelled(tokens: list[str]) -> list[str]:
    """The words of a street with its directions and its type abbreviated."""
    tokens = [part for token in tokens for part in token.split("-") if part]
    types = street_types()
    for two in (slice(0, 2), slice(-2, None)):
        if len(tokens) > 2 and (corner := tuple(DIRECTIONS.get(token) for token in tokens[two])) in _CORNERS:
            tokens[two] = [_CORNERS[corner]]
    end = len(tokens)
    if end > 1 and tokens[-1] in DIRECTIONS:
        tokens[-1] = DIRECTIONS[tokens[-1]]
        end -= 1
    if end > 1 and tokens[end - 1] in types:
        end -= 1
        tokens[end] = types[tokens[end]]
        if tokens[end - 1].isdigit():
            tokens[end - 1] = _ordinal(tokens[end - 1])
    if end > 1 and tokens[0] in DIRECTIONS:
        tokens[0] = DIRECTIONS[tokens[0]]
    return tokens


def _ordinal(number: str) -> str:
    ending = "th" if number[-2:-1] == "1" else {"1": "st", "2": "nd", "3": "rd"}.get(number[-1], "th")
    return number + ending


def _words(text: str) -> str | None:
    return " ".join(_NOT_STREET.sub(" ", text).split()) or None
