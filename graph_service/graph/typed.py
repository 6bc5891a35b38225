"""Values of the graph as JSON and back, with their types: a date comes back as a date, on either engine."""

import base64
from typing import Any

import neo4j
import neo4j.spatial
import neo4j.time

TYPE = "$type"
TIMES: dict[str, Any] = {
    "date": neo4j.time.Date,
    "time": neo4j.time.Time,
    "datetime": neo4j.time.DateTime,
}


def written(value: Any) -> Any:
    """A value that JSON has no word for, as a map that says its type; for `orjson.dumps(..., default=written)`."""
    for name, kind in TIMES.items():
        if isinstance(value, kind):
            zone = getattr(getattr(value, "tzinfo", None), "key", None)
            return {TYPE: name, "iso": value.iso_format(), **({"zone": zone} if zone else {})}
    if isinstance(value, neo4j.time.Duration):
        return {TYPE: "duration", "of": [value.months, value.days, value.seconds, value.nanoseconds]}
    if isinstance(value, neo4j.spatial.Point):
        return {TYPE: "point", "srid": value.srid, "at": list(value)}
    if isinstance(value, bytes | bytearray):
        return {TYPE: "bytes", "base64": base64.b64encode(value).decode()}
    raise TypeError(f"A {type(value).__name__} cannot be kept.")


def read(properties: dict[str, Any]) -> dict[str, Any]:
    """The properties of a node or edge as the engine takes them; a map among them says a type."""
    for name, value in properties.items():
        if isinstance(value, dict):
            properties[name] = _read(value)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            properties[name] = [_read(one) for one in value]
    return properties


def _read(value: dict[str, Any]) -> Any:
    kind = value[TYPE]
    if kind == "duration":
        months, days, seconds, nanoseconds = value["of"]
        return neo4j.time.Duration(months=months, days=days, seconds=seconds, nanoseconds=nanoseconds)
    if kind == "point":
        shape = neo4j.spatial.WGS84Point if value["srid"] in {4326, 4979} else neo4j.spatial.CartesianPoint
        return shape(value["at"])
    if kind == "bytes":
        return base64.b64decode(value["base64"])
    read_time = TIMES[kind].from_iso_format(value["iso"])
    if "zone" in value:
        from zoneinfo import ZoneInfo

        return read_time.replace(tzinfo=ZoneInfo(value["zone"]))
    return read_time
