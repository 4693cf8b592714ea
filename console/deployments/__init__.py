"""Deployments: from a push to a verified version, and what became of each."""
