"""Fly.io, by its Machines API."""
