"""What is the one form of a phone number, an e-mail address, or the id of a device or system?"""

from __future__ import annotations

import re
from functools import cache

from matching.folding import fold
from matching.placeholders import is_placeholder
from matching.records import FieldType

_PLAIN_PHONE = re.compile(r"(?:\+?1[ .-]?)?\(?([2-9]\d\d)\)?[ .-]{0,2}([2-9]\d\d)[ .-]?(\d{4})(?:\.0)?", re.ASCII)
_NANP = re.compile(r"\+1[2-9]\d\d[2-9]\d{6}")
_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]{1,64}(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_RESERVED = ("test", "invalid", "local", "localhost", "arpa", "onion")  # e-mail to these never arrives (RFC 6761)
_ANGLED = re.compile(r"<([^<>]+)>")
_GOOGLE_COOKIE = re.compile(r"GA\d\.\d\.(\d+\.\d+)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}")


def phone(value: str, region: str = "US") -> str | None:
    """The number in E.164, its extension dropped; None where no such number can exist in `region` or abroad."""
    text = value.strip()
    match = _PLAIN_PHONE.fullmatch(text)
    if match and region == "US":
        digits = "".join(match.groups())
        return None if is_placeholder(digits, FieldType.PHONE) else "+1" + digits
    return _parsed_phone(text, region)


def _parsed_phone(text: str, region: str) -> str | None:
    """The number as the library reads it: possible by length, and for North America of the plan's shape."""
    import phonenumbers

    if sum(c.isdigit() for c in text) < 7:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    if is_placeholder(str(number.national_number), FieldType.PHONE):
        return None
    found: str = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return found if number.country_code != 1 or _NANP.fullmatch(found) else None


def email(value: str) -> str | None:
    """The address in lower case; None where it cannot be one (nothing is looked up on the network)."""
    text = value.strip().lower()
    if not _PLAIN_EMAIL.fullmatch(text) or _needs_library(text):
        text = _parsed_email(text) or ""
    return None if not text or is_placeholder(text, FieldType.EMAIL) else text


def _needs_library(text: str) -> bool:
    local, _, domain = text.partition("@")
    return len(local) > 64 or len(domain) > 253 or "--" in domain or domain.rsplit(".", 1)[-1] in _RESERVED


def _parsed_email(text: str) -> str | None:
    from email_validator import EmailNotValidError, validate_email

    if match := _ANGLED.search(text):
        text = match[1]
    text = text.removeprefix("mailto:").strip(" ,;\"'<>")
    try:
        found: str = validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError:
        return None
    return found.lower()


def code(value: str) -> str | None:
    """An id that describes a person, its letters and digits only, in lower case ('084-94-0716' is '084940716')."""
    text = fold(value)
    plain = re.sub(r"[\W_]+", "", text.removesuffix(".0"))
    return None if not plain or is_placeholder(text, FieldType.CODE) or is_placeholder(plain, FieldType.CODE) else plain


def system_id(value: str, kind: FieldType = FieldType.DEVICE) -> str | None:
    """An id minted by a system, kept as it is written; UUIDs in lower case, Google cookies as their client id."""
    text = value.strip()
    if match := _GOOGLE_COOKIE.fullmatch(text):
        text = match[1]
    if _UUID.fullmatch(text):
        text = text.lower()
    return None if not text or is_placeholder(text.lower(), kind) else text


def property_id(value: str) -> str | None:
    """The id of a building in lower case, with single spaces."""
    text = fold(value)
    return None if not text or is_placeholder(text, FieldType.PROPERTY) else text


@cache
def _sexes() -> dict[str, str]:
    male, female = "male m man boy masculine", "female f woman girl feminine"
    return {**dict.fromkeys(male.split(), "male"), **dict.fromkeys(female.split(), "female")}


def sex(value: str) -> str | None:
    """'male' or 'female' in its many spellings; any other word as it is written."""
    text = fold(value)
    return None if not text or is_placeholder(text, FieldType.CATEGORY) else _sexes().get(text, text)
