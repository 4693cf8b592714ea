"""Asks a scaler where an answer is good to have, and none is no failure."""

from console.instances.scaling.scaler import Range, Scaler, ScalingError


def running(scaler: Scaler) -> int | None:
    """How many run, as the platform says."""
    try:
        return scaler.running()
    except ScalingError:
        return None  # asked again soon


def shown(scaler: Scaler | None, wanted: int) -> str:
    """What will be sent, for the log; empty where it cannot be told."""
    try:
        return scaler.preview(Range(wanted, scaler.limits.most)) if scaler else ""
    except ScalingError:
        return ""


def read_range(scaler: Scaler | None) -> Range | None:
    """What is set now."""
    try:
        return scaler.read() if scaler else None
    except ScalingError:
        return None  # what it was is then not known; applying says what is wrong
