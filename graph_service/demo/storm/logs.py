"""What four systems log of the storm: each in the form it would export, with the identifiers that it knows."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.csv

from graph_service.demo.storm.causes import DAY, NO_PLAY, STORM, Plan

Row = dict[str, Any]
LOGS = ("web", "calls", "doors", "crm")
LOG_OF = {"paid_search": "web", "web": "web", "direct": "web", "call": "calls", "door_knock": "doors"}  # others: crm
FILES = {"web": "storm_web.jsonl", "calls": "storm_calls.csv", "doors": "storm_doors.csv", "crm": "storm_crm.csv"}
SHAPES = {
    "web": """
event_id = ["client_id", "hit"]
[columns]
client_id = "cookie_id"
time = "occurred_at"
medium = "channel"
campaign = "play_id"
storm = "storm_id"
hit = "ignore"
mail = "email"
[values]
kind = "touch"
direction = "inbound"
[words.channel]
cpc = "paid_search"
referral = "web"
"(none)" = "direct"
""",
    "calls": """
[columns]
call_id = "event_id"
start_time = "occurred_at"
caller_number = "phone"
script = "play_id"
storm = "storm_id"
[values]
kind = "touch"
channel = "phone"
direction = "inbound"
""",
    "doors": """
[columns]
visit = "event_id"
visited_at = "occurred_at"
address = "street_address"
pitch = "play_id"
storm = "storm_id"
rep = "ignore"
[values]
kind = "touch"
channel = "door"
direction = "outbound"
""",
    "crm": """
[columns]
activity = "event_id"
when = "occurred_at"
what = "kind"
medium = "channel"
campaign = "play_id"
mobile = "phone"
storm = "storm_id"
amount = "value_usd"
[words.kind]
sent = "touch"
signed = "conversion"
inspected = "milestone inspection"
""",
}


def known_by(sources: Mapping[str, pa.Table], truth: pa.Table) -> dict[str, dict[str, list[Row]]]:
    """By what do the systems know each household? Household -> kind -> the ways it was seen, in the order of rows."""
    home = {(row["source"], row["record_id"]): row["household"] for row in truth.to_pylist()}
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in sources["crm"].to_pylist():
        ways = found[home["crm", row["record_id"]]]
        ways["phone"] += [{"phone": row["mobile_phone"]}] if row["mobile_phone"] else []
        ways["email"] += [{"email": row["email"]}] if row["email"] and "@" in row["email"] else []
        if row["street"]:
            ways["address"].append(
                {"address": row["street"], "city": row["city"], "state": "WA", "zip": row["postal_code"]}
            )
    for row in sources["calls"].to_pylist():
        ways = found[home["calls", row["record_id"]]]
        ways["phone"] += [{"phone": row["caller_number"]}] if row["caller_number"] else []
    for row in sources["web"].to_pylist():
        ways = found[home["web", row["record_id"]]]
        ways["cookie"] += [{"client_id": row["user_pseudo_id"]}] if row["user_pseudo_id"] else []
    some = {household: {kind: seen for kind, seen in ways.items() if seen} for household, ways in found.items()}
    return {household: ways for household, ways in some.items() if "phone" in ways or "email" in ways}


def logs_of(plans: Sequence[Plan], known: Mapping[str, Mapping[str, list[Row]]], seed: int) -> dict[str, list[Row]]:
    """Which rows does each system log of these plans? A household that signs gets no further touch."""
    rng = np.random.default_rng([seed, 25])
    rows: dict[str, list[Row]] = {name: [] for name in LOGS}
    for number, plan in enumerate(plans):
        ways, signed = known[plan.household], plan.signed
        for place, touch in enumerate(plan.touches if signed is None else plan.touches[: signed + 1]):
            log = LOG_OF.get(touch.channel, "crm")
            row = _row(log, f"{number}-{place}", touch.channel, touch.at)
            rows[log].append({**row, **_play(log, touch.play), **_ways(rng, ways, log)})
        if signed is not None:
            rows["crm"] += _signature(rng, plan, number, ways)
    return {log: sorted(some, key=str) for log, some in rows.items()}


def _row(log: str, own: str, channel: str, at: int) -> Row:
    when = datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    medium = {"paid_search": "cpc", "web": "referral", "direct": "(none)"}.get(channel, channel)
    rows: dict[str, Row] = {
        "web": {"hit": own, "time": when, "medium": medium},
        "calls": {"call_id": own, "start_time": when},
        "doors": {"visit": own, "visited_at": when, "rep": f"rep {int(own.partition('-')[0]) % 7}"},
        "crm": {"activity": own, "when": when, "what": "sent", "medium": medium, "amount": None},
    }
    return {**rows[log], "storm": STORM}


def _play(log: str, play: str) -> Row:
    column = {"web": "campaign", "calls": "script", "doors": "pitch", "crm": "campaign"}[log]
    return {column: None if play == NO_PLAY else play}


def _ways(rng: np.random.Generator, ways: Mapping[str, list[Row]], log: str) -> Row:
    """What a system knows of who it was: the kind it goes by, else whatever else it was told."""
    blank: dict[str, Row] = {
        "web": {"client_id": None, "mail": None, "phone": None},
        "calls": {"caller_number": None, "email": None},
        "doors": {"address": None, "city": None, "state": None, "zip": None, "phone": None, "email": None},
        "crm": {"mobile": None, "email": None},
    }
    first = {"web": "cookie", "calls": "phone", "doors": "address", "crm": "phone"}[log]
    kinds = [first] if first in ways else [kind for kind in ("phone", "email") if kind in ways][:1]
    if log == "crm":
        kinds = [kind for kind in ("phone", "email") if kind in ways]
    said: Row = {}
    for kind in kinds:
        said |= ways[kind][int(rng.integers(len(ways[kind])))]
    names = {"calls": {"phone": "caller_number"}, "crm": {"phone": "mobile"}, "web": {"email": "mail"}}.get(log, {})
    return {**blank[log], **{names.get(name, name): value for name, value in said.items()}}


def _signature(rng: np.random.Generator, plan: Plan, number: int, ways: Mapping[str, list[Row]]) -> list[Row]:
    last = plan.touches[plan.signed or 0]
    rows = []
    for what, at, amount in (
        ("inspected", last.at + plan.hesitates // 2, None),
        ("signed", last.at + min(plan.hesitates, 5 * DAY), f"{plan.worth:.2f}"),
    ):
        row = _row("crm", f"{number}-{what}", "", at)
        rows.append(
            {**row, "what": what, "medium": None, "amount": amount, "campaign": None, **_ways(rng, ways, "crm")}
        )
    return rows


def write_logs(rows: Mapping[str, list[Row]], out: Path) -> dict[str, Path]:
    """Write the four logs into a folder; the same rows give the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    paths = {}
    for log, some in rows.items():
        path = paths[log] = out / FILES[log]
        if path.suffix == ".csv":
            pa.csv.write_csv(pa.Table.from_pylist(some), path)
        else:
            path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in some))
    return paths
