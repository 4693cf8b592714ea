"""The Instances page."""
