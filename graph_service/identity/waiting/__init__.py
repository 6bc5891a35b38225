"""Rows that were acknowledged before they were decided on: written at once, decided on in their turn."""
