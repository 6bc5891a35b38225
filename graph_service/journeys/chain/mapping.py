"""Rows of event files as events: which column says what, which words stand for ours, and in which zone clocks ran."""

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, ValidationError

from graph_service.errors import BadInput, first_problem
from graph_service.identity.model import KINDS

FIELDS = (
    "event_id", "occurred_at", "kind", "milestone", "direction", "channel", "play_id", "storm_id", "value_usd",
    "retracts",
)  # fmt: skip
ADDRESS = ("street_address", "unit", "city", "state", "zip")
TARGETS = (*FIELDS, *KINDS, *ADDRESS, "attributes", "ignore")
CLOCKS = ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%Y%m%d")
EPOCHS = {10: 1, 13: 1_000, 16: 1_000_000}  # digits of a count since 1970 -> parts of a second

GA4 = """
event_id = ["user_pseudo_id", "event_timestamp", "event_name"]
[columns]
event_timestamp = "occurred_at"
event_name = "kind"
user_pseudo_id = "cookie_id"
session_default_channel_group = "channel"
default_channel_group = "channel"
session_default_channel_grouping = "channel"
event_value_in_usd = "value_usd"
event_date = "ignore"
[values]
direction = "inbound"
channel = "web"
[words.kind]
session_start = "touch"
first_visit = ""
generate_lead = "milestone lead"
form_submit = "response"
purchase = "conversion"
"*" = ""
[words.channel]
"(not set)" = "other"
"Unassigned" = "other"
"""
CALLS = """
[columns]
call_id = "event_id"
id = "event_id"
start_time = "occurred_at"
started_at = "occurred_at"
call_time = "occurred_at"
caller = "phone"
caller_number = "phone"
from = "phone"
from_number = "phone"
phone_number = "phone"
direction = "direction"
outcome = "attributes"
duration = "attributes"
[values]
kind = "touch"
channel = "call"
direction = "inbound"
[words.direction]
incoming = "inbound"
in = "inbound"
outgoing = "outbound"
out = "outbound"
"""
PRESETS = {"ga4": GA4, "calls": CALLS}


class Skipped(Exception):
    """The mapping says that rows of this word are no events of ours."""


class _Document(BaseModel):
    """A mapping as its file writes it; numbers among the values are meant as their texts."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    columns: dict[str, str] = {}
    values: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    event_id: str | list[str] = []
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True)
class EventMapping:
    """How columns become an event's fields and identifiers.

    `columns`: column -> a field, a kind of identifier, a part of an address, `attributes` or `ignore`; columns not
    named go by their own name, else into the attributes. `values`: what a field says where no column does. `words`:
    per field, what a word of the file stands for; `""` leaves the row out, `"*"` is any other word, and a kind may be
    `milestone lead`. `event_id`: the columns that together name an event. `timezone`: of clocks that name none.

        event_id = ["call", "leg"]
        timezone = "America/Chicago"
        [columns]
        "Caller ID" = "phone"
        [values]
        kind = "touch"
        channel = "call"
        [words.direction]
        IN = "inbound"
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    event_id: tuple[str, ...] = ()
    timezone: str = "UTC"
    text: str = ""

    @classmethod
    def from_toml(cls, text: str) -> "EventMapping":
        """The mapping that a TOML document says. Raises BadInput."""
        try:
            said = _Document.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            raise BadInput(f"The mapping is not valid TOML: {error}.") from error
        except ValidationError as error:
            known = ", ".join(_Document.model_fields)
            raise BadInput(f"The mapping's {first_problem(error)}; it knows {known}.") from error
        wrong = set(said.columns.values()) - set(TARGETS)
        wrong |= (said.values.keys() | said.words.keys()) - set(FIELDS)
        if wrong:
            raise BadInput(f"The mapping names {', '.join(sorted(wrong))}: use one of {', '.join(TARGETS)}.")
        _zone(said.timezone)
        named = (said.event_id,) if isinstance(said.event_id, str) else tuple(said.event_id)
        return cls(said.columns, said.values, said.words, named, said.timezone, text)

    def event(self, row: Mapping[str, str | None], source: str) -> dict[str, Any]:
        """One row as an event. Raises BadInput where a value cannot be read, Skipped where the row is not one."""
        found = self._fields(row)
        event: dict[str, Any] = {name: found[name] for name in FIELDS if name in found}
        for name, words in self.words.items():
            self._translate(event, name, words)
        kind, _, milestone = event.get("kind", "").partition(" ")
        if milestone:
            event |= {"kind": kind, "milestone": milestone}
        if "value_usd" in event:
            event["value_usd"] = _amount(event["value_usd"])
        if event.get("kind") not in {None, "conversion"}:
            event.pop("value_usd", None)
        if "occurred_at" in event:
            event["occurred_at"] = read_clock(event["occurred_at"], _zone(self.timezone)).isoformat()
        return {
            **event,
            "event_id": self._event_id(row, found),
            "source": source,
            "identifiers": self._identifiers(found, source),
            "attributes": found["attributes"],
        }

    def _fields(self, row: Mapping[str, str | None]) -> dict[str, Any]:
        """What the row says of each target; of several columns for one, the first that says anything."""
        found: dict[str, Any] = {"attributes": {}}
        for column, value in row.items():
            target = self.columns.get(column, column if column in TARGETS else "attributes")
            if value is None or not value.strip() or target == "ignore":
                continue
            if target == "attributes":
                found["attributes"][column] = value
            else:
                found.setdefault(target, value.strip())
        return {**self.values, **found}

    @staticmethod
    def _translate(event: dict[str, Any], name: str, words: Mapping[str, str]) -> None:
        said = event.get(name)
        if said is None:
            return
        known = {word.casefold(): ours for word, ours in words.items()}
        ours = known.get(said.casefold(), known.get("*", said))
        if not ours:
            raise Skipped
        event[name] = ours

    def _event_id(self, row: Mapping[str, str | None], found: Mapping[str, Any]) -> str:
        if not self.event_id and "event_id" in found:
            return str(found["event_id"])
        named = [row.get(column) or "" for column in self.event_id] or [f"{name}={row[name]}" for name in sorted(row)]
        return hashlib.blake2b("\x1f".join(named).encode(), digest_size=16).hexdigest()

    @staticmethod
    def _identifiers(found: Mapping[str, Any], source: str) -> list[dict[str, str]]:
        given = {kind: found[kind] for kind in KINDS if kind in found}
        if "street_address" in found and "address" not in given:
            given["address"] = "|".join(found.get(part, "") for part in ADDRESS)
        return [{"kind": kind, "value": value[:500]} for kind, value in given.items()]


def preset(name: str) -> EventMapping:
    """The packaged mapping of this name. Raises BadInput."""
    if name not in PRESETS:
        raise BadInput(f"There is no preset '{name}': use one of {', '.join(PRESETS)}.")
    return EventMapping.from_toml(PRESETS[name])


def read_clock(written: str, zone: tzinfo) -> datetime:
    """A moment as files write it: ISO 8601, month/day/year, or a count since 1970. Raises BadInput."""
    text = written.strip().removesuffix(" UTC")
    parts = EPOCHS.get(len(text)) if text.isdecimal() else None
    if parts:
        return datetime.fromtimestamp(int(text) / parts, UTC)
    within = UTC if written.rstrip().endswith(" UTC") else zone
    for clock in (None, *CLOCKS):
        if when := _parsed(text, clock):
            return when if when.tzinfo else when.replace(tzinfo=within)
    raise BadInput(f"occurred_at: '{written[:40]}' is no moment.")


def _parsed(text: str, clock: str | None) -> datetime | None:
    """The moment, where the text is written like this (None: ISO 8601)."""
    try:
        return datetime.strptime(text, clock) if clock else datetime.fromisoformat(text)
    except ValueError:
        return None


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # a folder of zones, or no name of a file at all
        raise BadInput(f"'{name}' is no time zone.") from error


def _amount(written: str) -> float:
    try:
        return float(str(written).replace("$", "").replace(",", ""))
    except ValueError as error:
        raise BadInput("value_usd: not an amount.") from error
