"""Logs: read, searched, grouped, and what the errors have in common."""
