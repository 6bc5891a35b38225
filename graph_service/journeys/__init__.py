"""Journeys: events in, every touch threaded into the journey of its household, timelines out."""
