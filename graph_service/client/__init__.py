"""Synchronous Python clients of the HTTP facade: who is who, what happened to them, and what worked."""

from graph_service.client.connection import (
    Connection,
    Document,
    NotAllowed,
    NotDone,
    NotKnown,
    NotUsable,
    StormGraphError,
    TooMany,
    Unavailable,
)
from graph_service.client.credit import AttributionEngine
from graph_service.client.identity import IdentityGraph
from graph_service.client.journeys import Journeys

__all__ = [
    "AttributionEngine",
    "Connection",
    "Document",
    "IdentityGraph",
    "Journeys",
    "NotAllowed",
    "NotDone",
    "NotKnown",
    "NotUsable",
    "StormGraphError",
    "TooMany",
    "Unavailable",
]
