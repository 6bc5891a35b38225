"""Which parameters a query can take from JSON, and which columns a caller without `pii:read` may see."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from graph_service.errors import BadInput
from graph_service.graph.library import Param, Query

BIGGEST = 2**63
CLEAR = re.compile(
    r"(person|household|run|model|change|judgement|quarantine|key|record|journey|storm|play)_id|ranked|channel|direction|"
    r"path|to_state|state_[1-4n]|play|outcome|milestone|zip|opened_at|kind|scope|source|stage|state|job|model|"
    r"sex|strength|weight|probability|confidence|since|until|from|to|date|as_of|\w+_at|last_seen|fingerprint|tenant"
)
COUNTED = {"INTEGER", "FLOAT", "BOOLEAN"}


def personal_columns(query: Query) -> list[str]:
    """The columns that may hold personal values: every one that is neither a number nor known to be clear."""
    return [column.name for column in query.returns if column.type not in COUNTED and not CLEAR.fullmatch(column.name)]


def hidden(value: Any) -> Any:
    """A value that may be personal, as a caller without `pii:read` sees it: present or absent, no more."""
    return None if value is None else "***"


def check_params(query: Query, given: Mapping[str, Any]) -> None:
    """Can the engine take these? Types are checked by the query itself. Raises BadInput."""
    for param in query.params:
        if param.name in given and not _takes(param, given[param.name]):
            raise BadInput(f"Query {query.name}: {param.name} cannot be used as {param.type}: {param.says}.")


def _takes(param: Param, value: Any) -> bool:
    if param.name == "tenant" or not _storable(value):
        return False
    if param.type in {"KEY", "END"}:
        return _own_id(value)
    if param.type == "KEYS":
        return isinstance(value, list) and len(value) <= 10_000 and all(_own_id(one) for one in value)
    if param.type == "INTEGER":
        return not isinstance(value, bool)
    return True


def _own_id(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(part, str) for part in value))


def _storable(value: Any) -> bool:
    """Whether a JSON value can travel to the engine: 64-bit integers, text that is Unicode."""
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in value)
    if isinstance(value, int):
        return -BIGGEST <= value < BIGGEST
    if isinstance(value, Mapping):
        return all(_storable(name) and _storable(one) for name, one in value.items())
    return all(map(_storable, value)) if isinstance(value, Sequence) else True
