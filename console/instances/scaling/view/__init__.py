"""The scaling part of the Instances page."""
