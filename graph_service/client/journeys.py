"""What happened to households, and what surrounds them."""

from collections.abc import Mapping, Sequence
from typing import Any

from graph_service.client.connection import Connection, Document, given, part

Rows = Sequence[Mapping[str, Any]]


class Journeys(Connection):
    """Events in, journeys out; the storms, buildings and exposures they belong to.

    `key` is an API key with the scope `ingest:write` for what is sent, and `identity:read` for what is read.
    """

    def send_events(self, events: Rows) -> Document:
        """Thread up to 500 events into journeys; the same again changes nothing. Answers the fate of each."""
        return self._send("POST", "/v1/events", {"events": list(events)})

    def journeys(self, household_id: str) -> Document:
        """The journeys of a household. Raises NotKnown."""
        return self._ask("GET", f"/v1/households/{part(household_id)}/journeys")

    def timeline(self, household_id: str) -> Document:
        """All that happened to a household, in its order. Raises NotKnown."""
        return self._ask("GET", f"/v1/households/{part(household_id)}/timeline")

    def journey(self, journey_id: str) -> Document:
        """One journey, touch by touch. Raises NotKnown."""
        return self._ask("GET", f"/v1/journeys/{part(journey_id)}")

    def funnel(self, storm_id: str, **asked: Any) -> Document:
        """How far households came after a storm, and by which paths; `anonymous` and `limit` as the route has them."""
        return self._ask("GET", f"/v1/attribution/storms/{part(storm_id)}/funnel", params=given(asked))

    def channels(self) -> Document:
        """The channels and the words for them."""
        return self._ask("GET", "/v1/channels")

    def name_channel(self, channel: str, aliases: Sequence[str]) -> Document:
        """These words mean this channel."""
        return self._send("PUT", "/v1/channels", {"channel": channel, "aliases": list(aliases)})

    def send_storms(self, storms: Rows) -> Document:
        """Remember storms with their windows; the same again changes nothing."""
        return self._send("POST", "/v1/storms", {"storms": list(storms)})

    def send_properties(self, properties: Rows) -> Document:
        """Remember buildings; the same again changes nothing."""
        return self._send("POST", "/v1/properties", {"properties": list(properties)})

    def send_exposures(self, exposures: Rows) -> Document:
        """Remember which storm met which building, and how hard; the same again changes nothing."""
        return self._send("POST", "/v1/exposures", {"exposures": list(exposures)})
