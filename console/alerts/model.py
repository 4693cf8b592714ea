"""The one state machine: pending, firing, acknowledged, resolved.

Checks use it now; expiries, quotas, checklist items and month-end risk use the same one. It is
pure: the caller observes something good, bad or unknown at a time, and gets the next state with
the transition that happened, if one did.

Thresholds follow Gatus, whose users asked other tools for exactly this: so many failures in a row
before it fires, so many successes in a row before it resolves.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

FAILURE_THRESHOLD = 3  # failures in a row before it fires (Gatus' default)
SUCCESS_THRESHOLD = 2  # successes in a row before it resolves (Gatus' default)


class Phase(StrEnum):
    """Where an alert stands."""

    QUIET = "quiet"
    PENDING = "pending"  # bad, but not yet often enough
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"  # firing, and somebody took it


class Transition(StrEnum):
    """What an observation changed; each is worth telling somebody."""

    FIRED = "fired"
    ACKNOWLEDGED = "acknowledged"
    REFIRED = "refired"  # an acknowledgement ran out while it was still bad
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """How many observations in a row it takes to change."""

    failures: int = FAILURE_THRESHOLD
    successes: int = SUCCESS_THRESHOLD


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took a firing alert, why, and until when (`None`: until it resolves)."""

    by: str
    why: str
    at: float
    until: float | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """The state of one alert. Times are Unix seconds."""

    phase: Phase = Phase.QUIET
    since: float | None = None  # when the present phase began
    bad_since: float | None = None  # the first of the present failures in a row
    failures: int = 0
    successes: int = 0
    acknowledgement: Acknowledgement | None = None

    @property
    def active(self) -> bool:
        """Whether it fires, acknowledged or not."""
        return self.phase in (Phase.FIRING, Phase.ACKNOWLEDGED)


def observe(
    alert: Alert, good: bool | None, at: float, thresholds: Thresholds
) -> tuple[Alert, Transition | None]:
    """Take one observation: good, bad, or `None` for one that says nothing.

    An observation that says nothing neither fires nor resolves, and does not break a row: a
    monitor that lost its own network has learned nothing about the service.
    """
    alert, expired = _expire(alert, at)
    if good is None:
        return alert, expired
    alert, changed = (
        _after_good(alert, at, thresholds) if good else _after_bad(alert, at, thresholds)
    )
    return alert, changed or expired


def acknowledge(alert: Alert, acknowledgement: Acknowledgement) -> tuple[Alert, Transition | None]:
    """Take a firing alert. One that does not fire is left as it is."""
    if not alert.active:
        return alert, None
    taken = replace(
        alert, phase=Phase.ACKNOWLEDGED, since=acknowledgement.at, acknowledgement=acknowledgement
    )
    return taken, Transition.ACKNOWLEDGED


def _after_bad(alert: Alert, at: float, thresholds: Thresholds) -> tuple[Alert, Transition | None]:
    failures = alert.failures + 1
    bad_since = at if alert.bad_since is None else alert.bad_since
    counted = replace(alert, failures=failures, successes=0, bad_since=bad_since)
    if alert.active:
        return counted, None
    if failures >= thresholds.failures:
        return replace(counted, phase=Phase.FIRING, since=at), Transition.FIRED
    since = at if alert.phase is Phase.QUIET else alert.since
    return replace(counted, phase=Phase.PENDING, since=since), None


def _after_good(alert: Alert, at: float, thresholds: Thresholds) -> tuple[Alert, Transition | None]:
    successes = alert.successes + 1
    if not alert.active:
        return Alert(successes=successes), None
    if successes >= thresholds.successes:
        return Alert(since=at, successes=successes), Transition.RESOLVED
    return replace(alert, successes=successes, failures=0), None


def _expire(alert: Alert, at: float) -> tuple[Alert, Transition | None]:
    taken = alert.acknowledgement
    if taken is None or taken.until is None or at < taken.until or not alert.active:
        return alert, None
    return replace(alert, phase=Phase.FIRING, since=at, acknowledgement=None), Transition.REFIRED
