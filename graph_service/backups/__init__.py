"""Backups: a tenant's graph in files and back, and from one engine to another."""
