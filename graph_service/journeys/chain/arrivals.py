"""Is this an event, and what does it say? Every event for itself, with the reason where it says nothing usable."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import orjson
from pydantic import ValidationError

from graph_service.errors import BadInput, first_problem
from graph_service.graph.store import Row
from graph_service.identity.model import kind_named
from graph_service.identity.schemas import GivenIdentifier
from graph_service.journeys import model, schemas
from matching import normalise

Own = tuple[str, str, str]
LATEST_MS = 7_258_118_400_000  # the year 2200
SAID = ("direction", "channel", "milestone", "storm_id")


@dataclass(slots=True)
class Arrival:
    """One event as it came: its threading part, what the graph is to hold of it, and the identifiers it carries."""

    event: model.Event
    content: Row
    identifiers: tuple[Own, ...]
    content_hash: str
    retracts: str | None = None

    @property
    def target(self) -> tuple[str, str]:
        """The event that this one is about: itself, or the one it takes back."""
        return self.event.source, self.retracts or self.event.event_id


@dataclass(frozen=True, slots=True)
class Unfit:
    """An event that cannot be taken in, and why."""

    reason: str
    event_id: str | None = None
    source: str | None = None


@dataclass(slots=True)
class Reader:
    """Reads events of a tenant, whose channels go by these names."""

    channels: Mapping[str, str] = field(default_factory=dict)

    def read(self, raw: Mapping[str, Any]) -> Arrival | Unfit:
        """One event as it came, or why it is none."""
        try:
            said = schemas.Event.model_validate(raw)
            return self._retraction(said) if said.retracts else self._arrival(said)
        except ValidationError as error:
            return self._unfit(raw, first_problem(error))
        except BadInput as error:
            return self._unfit(raw, error.message)

    @staticmethod
    def _unfit(raw: Mapping[str, Any], reason: str) -> Unfit:
        own = [raw.get(name) for name in ("event_id", "source")]
        return Unfit(reason, *(one[:200] if isinstance(one, str) else None for one in own))

    @staticmethod
    def _retraction(said: schemas.Event) -> Arrival:
        if said.retracts == said.event_id:
            raise BadInput("retracts: an event cannot take itself back.")
        at = _moment_of(said) if said.occurred_at else 0
        event = model.Event(said.source, said.event_id, "retraction", at)
        return Arrival(event, {}, (), "", retracts=said.retracts)

    def _arrival(self, said: schemas.Event) -> Arrival:
        at = _moment_of(said)
        if said.kind is None:
            raise BadInput("kind: say touch, response, milestone or conversion.")
        _check(said)
        identifiers = tuple(sorted({own for one in said.identifiers if (own := _identifier(one)) is not None}))
        if not identifiers:
            raise BadInput("identifiers: none that can be read, so there is no household to bind it to.")
        event = model.Event(said.source, said.event_id, said.kind, at, value_usd=said.value_usd or 0.0)
        content = self._content(said, event)
        hashed = orjson.dumps([content, identifiers], option=orjson.OPT_SORT_KEYS)
        return Arrival(event, content, identifiers, hashlib.blake2b(hashed, digest_size=16).hexdigest())

    def _content(self, said: schemas.Event, event: model.Event) -> Row:
        content: Row = {name: getattr(said, name) for name in SAID}
        content |= {
            "source": event.source,
            "event_id": event.event_id,
            "kind": event.kind,
            "occurred_at": model.moment(event.at),
            "at": event.at,
            "order": event.order,
            "play": said.play_id,
            "channel": self._channel(said),
            "direction": said.direction or ("outbound" if event.kind == "touch" else "inbound"),
            "attributes": _attributes(said.attributes),
        }
        if event.kind == "conversion":
            content["value_usd"] = event.value_usd
        if event.kind not in {"response", "milestone"}:
            del content["milestone"]
        return content

    def _channel(self, said: schemas.Event) -> str | None:
        if said.channel is None:
            if said.kind == "touch":
                raise BadInput("channel: a touch needs one.")
            return None
        known = self.channels.get(model.folded(said.channel))
        if known is None:
            raise BadInput(
                f"channel: '{said.channel}' is not in the registry; use one of "
                f"{', '.join(sorted(set(self.channels.values())))}, or register it (PUT /v1/channels)."
            )
        return known


def _moment_of(said: schemas.Event) -> int:
    if said.occurred_at is None:
        raise BadInput("occurred_at: say when, with the time zone.")
    at = model.milliseconds(said.occurred_at)
    if not 0 <= at < LATEST_MS:
        raise BadInput("occurred_at: outside 1970 to 2200.")
    return at


def _check(said: schemas.Event) -> None:
    if (said.kind == "milestone") != (said.milestone is not None):
        raise BadInput(f"milestone: an event of kind milestone, and no other, names one of {model.MILESTONES}.")
    if said.play_id in model.RESERVED:
        raise BadInput(f"play_id: '{said.play_id}' is what a walk calls something else; name the play otherwise.")
    if said.value_usd and said.kind != "conversion":
        raise BadInput("value_usd: only a conversion has a value.")


def _identifier(given: GivenIdentifier) -> Own | None:
    kind = kind_named(given.kind)
    value = _normalised(given.value, kind.name)
    return (kind.name, given.scope, value) if value is not None else None


@lru_cache(maxsize=50_000)
def _normalised(value: str, kind: str) -> str | None:
    """The same value comes again and again, and reading a phone number costs a tenth of a millisecond."""
    return normalise(value, kind)


def _attributes(given: Mapping[str, Any]) -> str | None:
    if not given:
        return None
    try:
        written = orjson.dumps(given, option=orjson.OPT_SORT_KEYS).decode()
    except TypeError as error:
        raise BadInput(f"attributes: {error}.") from error
    if len(written) > schemas.LONGEST_ATTRIBUTES:
        raise BadInput(f"attributes: more than {schemas.LONGEST_ATTRIBUTES} characters.")
    return written
