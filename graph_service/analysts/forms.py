"""An answer's rows as CSV or as an Arrow stream."""

import csv
import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Any

import orjson
import pyarrow as pa

from graph_service.analysts.schemas import CypherAnswer
from graph_service.errors import ServiceError

FORMULA = re.compile(r"[=@\t\r]|[+-](?![\d.,\s()-]*$)")  # what a spreadsheet would compute; a phone number it may keep


def as_csv(answer: CypherAnswer) -> bytes:
    """Rows as CSV (RFC 4180): lists and nodes as JSON, absent values empty, what begins like a formula behind `'`."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_safe(name) for name in answer.columns])
    writer.writerows([_cell(row[name]) for name in answer.columns] for row in answer.rows)
    return out.getvalue().encode()


def as_arrow(answer: CypherAnswer) -> bytes:
    """Rows as an Arrow IPC stream; a column of several types as JSON texts."""
    columns = {name: _column([row[name] for row in answer.rows]) for name in answer.columns}
    table = pa.table(columns)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    return bytes(sink.getvalue())


def _column(values: list[Any]) -> pa.Array:
    if any(isinstance(value, dict) for value in values):  # nodes of several labels have no one shape
        return pa.array([None if value is None else _json(value) for value in values], pa.string())
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else _json(value) for value in values], pa.string())


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return _safe(value)
    return _json(value) if isinstance(value, dict | list | bool) else value


def _safe(text: str) -> str:
    return f"'{text}" if FORMULA.match(text) else text


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


def _as_json(answer: CypherAnswer) -> bytes:
    return orjson.dumps(answer.model_dump())


@dataclass(frozen=True, slots=True)
class Form:
    """How an answer is written."""

    media_type: str
    write: Callable[[CypherAnswer], bytes]


WRITTEN = (
    Form("application/json", _as_json),
    Form("text/csv", as_csv),
    Form("application/vnd.apache.arrow.stream", as_arrow),
)
FORMS = [form.media_type for form in WRITTEN]


def as_wanted(accept: str) -> Form:
    """The form that an `Accept` header likes best, JSON where it says nothing. Raises ServiceError (406)."""
    liked: list[tuple[float, int, Form]] = []
    for place, part in enumerate(accept.split(",") if accept.strip() else ["*/*"]):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        quality = next((_quality(piece[2:]) for piece in parameters if piece.startswith("q=")), 1.0)
        form = next((form for form in WRITTEN if fnmatch(form.media_type, name)), None)
        if form and quality > 0:
            liked.append((-quality, place, form))
    if not liked:
        raise ServiceError(f"Accept one of {', '.join(FORMS)}.", 406)
    return min(liked, key=lambda one: one[:2])[2]


def _quality(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0
