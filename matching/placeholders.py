"""Which values are no values: what people and systems type when a field must not stay empty."""

from __future__ import annotations

import re

from matching.folding import word_set
from matching.records import FieldType

_ANY = word_set("""
        n/a n.a. n.a #n/a unknown unkn unk none null nil nan undefined missing blank empty (blank) (empty)
        (none) (null) (unknown) xx xxx xxxx xxxxx test testing tester asdf asdfasdf asdfgh qwerty qwer zxcv tbd
        tba ? ?? ??? - -- --- . .. ... _ * ** *** 0 00 000""") | {
    *(
        "not set",
        "(not set)",
        "not available",
        "not applicable",
        "not provided",
        "not given",
        "not known",
        "not stated",
    ),
    *("no data", "no value", "to be determined", "do not use"),
}

_BY_TYPE: dict[FieldType, frozenset[str]] = {
    FieldType.GIVEN: frozenset(
        ["fnu", "nfn", "firstname", "first name", "noname", "no name", "anonymous", "guest", "baby boy", "baby girl"]
    ),
    FieldType.MIDDLE: frozenset(["nmn", "nmi", "na", "middle", "middle name"]),
    FieldType.FAMILY: frozenset(
        ["lnu", "nln", "lastname", "last name", "surname", "noname", "no name", "anonymous", "guest"]
    ),
    FieldType.SUFFIX: frozenset(["na"]),
    FieldType.DATE: word_set(
        "1900-01-01 1899-12-31 1899-12-30 1901-01-01 1111-11-11 9999-12-31 1753-01-01 0001-01-01 1800-01-01"
    ),
    FieldType.CATEGORY: frozenset(["na", "u", "other/unknown", "prefer not to say", "declined"]),
    FieldType.EMAIL: word_set("""
        test@test.com test@example.com test@gmail.com none@none.com no@no.com na@na.com n/a@na.com a@a.com
        a@b.com noemail@noemail.com none@gmail.com noemail@gmail.com no@email.com email@email.com
        email@example.com noreply@noreply.com unknown@unknown.com asdf@asdf.com xxx@xxx.com x@x.com
        user@example.com noemail@none.com noemail@email.com none@email.com abc@abc.com donotemail@none.com"""),
    FieldType.ADDRESS: frozenset(
        ["na", "no address", "homeless", "general delivery", "address", "same", "same as above", "123 fake st"]
    ),
    FieldType.UNIT: frozenset(["na", "no", "apt", "unit"]),
    FieldType.PLACE: frozenset(["na", "city", "no city"]),
    FieldType.REGION: frozenset(["na", "zz", "state"]),
    FieldType.ZIP: frozenset(["na", "00000", "99999", "zip"]),
    FieldType.CODE: frozenset(["na", "123456789", "1234567890", "987654321", "078051120", "219099999"]),
    FieldType.TEXT: frozenset(["na"]),
    FieldType.DEVICE: frozenset(["na", "00000000-0000-0000-0000-000000000000", "(other)", "anonymous", "opted_out"]),
    FieldType.PROPERTY: frozenset(["na"]),
}

# The 555-0100 to 555-0199 lines are set aside for fiction; one digit repeated and plain counting are no numbers either.
_PHONE = re.compile(
    r"(\d)\1{6}|(\d)\2{9}|\d{3}555-?01\d\d|\d{3}(\d)\3{6}|1?234567890|0?123456789\d?|9876543210|555-?01\d\d"
)
_REPEATED = re.compile(r"(\w)\1{2,}")
_REPEATED_TYPES = frozenset({FieldType.CODE, FieldType.DEVICE, FieldType.PROPERTY})


def is_placeholder(value: str, kind: FieldType) -> bool:
    """Is this value, folded to lower case, one that says nothing about anybody?

    For dates the ISO form is looked up, for phones the ten digits.
    """
    if value in _ANY or value in _BY_TYPE.get(kind, ()):
        return True
    if kind is FieldType.PHONE:
        return _PHONE.fullmatch(value) is not None
    if kind in _REPEATED_TYPES:
        return _REPEATED.fullmatch(value.replace("-", "")) is not None
    return False
