"""NOAA's storm reports as storms: one for each episode, or for each report."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from graph_service.errors import BadInput

ZONES = {"EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "AST": -4, "AKST": -9,
         "HST": -10, "GST": 10, "SST": -11, "UTC": 0, "GMT": 0}  # fmt: skip
SPC_ZONES = {"3": -6, "9": 0}  # SPC writes 3 for CST, 9 for GMT
CLOCKS = ("%d-%b-%y %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%m/%d/%Y %H%M", "%m/%d/%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
Row = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Report:
    """One report of hail, wind or a tornado; `at` is in UTC."""

    report_id: str
    episode_id: str
    kind: str
    at: datetime
    magnitude: float | None
    place: str
    latitude: float | None
    longitude: float | None


def report_of(row: Row) -> Report:
    """A row of a file of NCEI (Storm Events, bulk or search export) or SPC. Raises BadInput."""
    said = {name.strip().upper(): (value or "").strip() for name, value in row.items()}
    return _ncei(said) if "EVENT_ID" in said else _spc(said)


def storms_of(reports: Iterable[Report], *, by_episode: bool, days: int) -> list[dict[str, object]]:
    """Storms with a window of so many days from the first report; the strongest report says what and where."""
    groups: dict[str, list[Report]] = {}
    for one in reports:
        groups.setdefault(one.episode_id if by_episode else one.report_id, []).append(one)
    return [_storm(storm_id, group, days) for storm_id, group in sorted(groups.items())]


def _storm(storm_id: str, group: list[Report], days: int) -> dict[str, object]:
    worst = max(group, key=lambda one: (one.magnitude or 0.0, -one.at.timestamp(), one.report_id))
    start = min(one.at for one in group)
    return {
        "storm_id": storm_id,
        "name": f"{worst.kind} {start:%Y-%m-%d} {worst.place}".strip(),
        "kind": worst.kind,
        "from": start,
        "until": start + timedelta(days=days),
        "magnitude": worst.magnitude,
        "place": worst.place or None,
        "latitude": worst.latitude,
        "longitude": worst.longitude,
    }


def _ncei(said: Mapping[str, str]) -> Report:
    if not said["EVENT_ID"]:
        raise BadInput("EVENT_ID is empty.")
    clock = said.get("BEGIN_DATE_TIME") or f"{said.get('BEGIN_DATE', '')} {said.get('BEGIN_TIME', '').zfill(4)}"
    episode = said.get("EPISODE_ID") or f"event-{said['EVENT_ID']}"
    return Report(
        report_id=f"noaa-event-{said['EVENT_ID']}",
        episode_id=f"noaa-{episode}",
        kind=said.get("EVENT_TYPE", "").lower() or "storm",
        at=_moment(clock, _offset(said.get("CZ_TIMEZONE", ""))),
        magnitude=_magnitude(said.get("MAGNITUDE")),
        place=(said.get("BEGIN_LOCATION") or said.get("CZ_NAME") or said.get("CZ_NAME_STR") or "").lower(),
        latitude=_number(said.get("BEGIN_LAT")),
        longitude=_number(said.get("BEGIN_LON")),
    )


def _spc(said: Mapping[str, str]) -> Report:
    if not said.get("OM") or not said.get("DATE"):
        raise BadInput("Neither a row of NCEI (EVENT_ID) nor of SPC (om, date).")
    number = f"{said['DATE']}-{said.get('ST', '').lower()}"
    at = _moment(f"{said['DATE']} {said.get('TIME') or '00:00:00'}", SPC_ZONES.get(said.get("TZ", ""), -6))
    return Report(
        report_id=f"spc-{said['DATE'][:4]}-{said['OM']}",
        episode_id=f"spc-{number}",
        kind="hail" if "MAG" in said else "storm",
        at=at,
        magnitude=_magnitude(said.get("MAG")),
        place=said.get("ST", "").lower(),
        latitude=_number(said.get("SLAT")),
        longitude=_number(said.get("SLON")),
    )


def _offset(zone: str) -> int:
    """Hours from UTC of `CST-6`, `CST` and their like. Raises BadInput."""
    found = re.fullmatch(r"([A-Za-z]*)\s*([+-]?\d+)?", zone)
    if found and found[2]:
        return int(found[2])
    if found and found[1].upper() in ZONES:
        return ZONES[found[1].upper()]
    raise BadInput(f"'{zone}' is no time zone that NOAA uses.")


def _moment(clock: str, hours: int) -> datetime:
    for form in CLOCKS:
        try:
            local = datetime.strptime(clock.strip(), form)
            return local.replace(tzinfo=timezone(timedelta(hours=hours))).astimezone(UTC)
        except (ValueError, OverflowError):  # another form, no such zone, or before the year 1
            continue
    raise BadInput(f"'{clock.strip()}', {hours} hours from UTC, is no moment.")


def _magnitude(written: str | None) -> float | None:
    """How strong; SPC writes -9 where nobody knows."""
    found = _number(written)
    return None if found is None or found < 0 else found


def _number(written: str | None) -> float | None:
    try:
        return float(written) if written else None
    except ValueError:
        raise BadInput(f"'{written}' is no number.") from None
