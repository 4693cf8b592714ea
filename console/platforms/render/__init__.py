"""Render, by its API v1."""
