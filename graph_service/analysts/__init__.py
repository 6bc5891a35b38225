"""Analysts: a statement of one's own, read-only, over HTTP."""
