"""Which channels and plays have earned the conversions."""

from collections.abc import Sequence
from typing import Any

from graph_service.client.connection import Connection, Document, given, part


class AttributionEngine(Connection):
    """Which channels and plays have earned the conversions of a storm, or of one journey.

    `key` is an API key with the scope `attribution:read`. Every further name is a parameter of the route, such as
    `method="shapley"`, `lookback_days=30` or `as_of="2026-06-01T00:00:00Z"`; those that are None are left out.
    """

    def attribute_journey(self, journey_id: str, **asked: Any) -> Document:
        """How is one journey's conversion divided among its touches? Raises NotKnown."""
        return self._ask("GET", f"/v1/attribution/journeys/{part(journey_id)}", params=given(asked))

    def attribute_storm(self, storm_id: str, **asked: Any) -> Document:
        """Which share of a storm's conversions has each channel and play earned? Raises NotKnown."""
        return self._ask("GET", f"/v1/attribution/storms/{part(storm_id)}", params=given(asked))

    def get_channel_attribution(self, zip_code: str, event_id: str, **asked: Any) -> Document:
        """The same by channel in one ZIP; `event_id` is the storm's id. Raises NotKnown."""
        return self.attribute_storm(event_id, **{"zip": zip_code, "by": "channel", **asked})

    def transitions(self, **asked: Any) -> Document:
        """How often did one channel follow another?"""
        return self._ask("GET", "/v1/attribution/transitions", params=given(asked))

    def begin_run(
        self, storm_id: str, *, methods: Sequence[str] | None = None, once: str | None = None, **asked: Any
    ) -> Document:
        """Begin to attribute a storm by several methods, and keep what comes of it; `run` tells how far it is.

        `once`: an Idempotency-Key of your own; without one every call has its own.
        """
        body = given({"storm_id": storm_id, "methods": list(methods) if methods is not None else None, **asked})
        return self._once("/v1/attribution/runs", body, once=once, made="run_id")

    def run(self, run_id: str) -> Document:
        """How far is a run, and what came of it? Raises NotKnown."""
        return self._ask("GET", f"/v1/attribution/runs/{part(run_id)}")

    def runs(self, *, limit: int = 100) -> list[Document]:
        """The runs that were kept, the latest first."""
        kept: list[Document] = self._ask("GET", "/v1/attribution/runs", params={"limit": limit})["runs"]
        return kept
