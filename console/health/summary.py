"""How each check stands now, and what caused what.

Pure. The store remembers how a check stood when it was last heard of; whether that still counts is
decided here, with the time of the one who looks. Stale is unknown, and unknown is never pass.
Reasons are plain text and may quote outside text: a view escapes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from console.alerts.model import Phase
from console.health.check import Check, Maintenance, Service
from console.health.model import CheckState, Status
from console.health.sleep import stale_after
from console.store.model import CollectorBeat
from console.words import duration, sentence

BEAT_STALE_FLUSHES = 3  # heartbeats in a row that may be missed, as with results of a check
BEAT_GRACE = 5.0  # seconds for the last flush to arrive
CLOCK_SKEW = 120.0  # seconds that the collector's clock may be ahead before nothing is believed


class Standing(StrEnum):
    """How a check stands on a page: its status, or why it has none. The worst comes first."""

    FAIL = "fail"
    UNKNOWN = "unknown"
    WARN = "warn"
    MAINTENANCE = "maintenance"
    SLEEPING = "sleeping"
    PASS = "pass"


WORST_FIRST = {standing: rank for rank, standing in enumerate(Standing)}


@dataclass(frozen=True, slots=True)
class Presented:
    """One check as a page shows it."""

    check: Check
    state: CheckState
    standing: Standing
    reason: str  # one sentence, plain text
    since: float | None = None  # since when it stands so; `None` where nobody knows
    cause: str = ""  # the check whose failure explains this one

    @property
    def heard_at(self) -> float | None:
        """When its last probe started."""
        return self.state.last.at if self.state.last else None


@dataclass(frozen=True, slots=True)
class Cause:
    """A failing check and the failing checks that it explains."""

    root: Presented
    affected: tuple[Presented, ...] = ()


def present_status(
    state: CheckState | None,
    check: Check,
    now: float,
    *,
    service: Service,
    beat: CollectorBeat | None,
    unread: str = "",
) -> Presented:
    """How one check stands at `now`, from what the store remembers and the last heartbeat."""
    state = state or CheckState(check.name)
    silence = silent(beat, now, unread)
    if silence:
        reason = silence[0].upper() + silence[1:]
        return Presented(check, state, Standing.UNKNOWN, reason)
    stale = _stale(state, check, service, now, beat.flush_interval if beat else 0.0)
    if stale:
        return Presented(check, state, Standing.UNKNOWN, stale)
    planned = service.maintenance_of(check.name, now)
    if planned is not None:
        return Presented(check, state, Standing.MAINTENANCE, sentence(planned.title), planned.start)
    if state.sleeping:
        return Presented(check, state, Standing.SLEEPING, state.reason, state.since)
    standing = Standing(state.status.value)
    return Presented(check, state, standing, state.reason, began(state), state.caused_by)


def silent(beat: CollectorBeat | None, now: float, unread: str = "") -> str:
    """Why nothing can be known at all: one sentence, or empty.

    `unread`: why the store cannot be read now. Whoever cannot read what a collector writes must not
    call it silent.
    """
    if beat is None:
        return unread or "the collector has not reported yet."
    if beat.at - now > CLOCK_SKEW:
        return f"the collector's clock is {duration(beat.at - now)} ahead of this one."
    quiet = now - beat.at
    if quiet <= BEAT_STALE_FLUSHES * beat.flush_interval + BEAT_GRACE:
        return ""
    return unread or f"the collector has not reported for {duration(quiet)}."


def began(state: CheckState) -> float | None:
    """Since when it stands so; a failure began with the first of the failures in a row."""
    if state.status is Status.FAIL and state.alert.bad_since is not None:
        return state.alert.bad_since
    return state.since


def group_by_cause(shown: Sequence[Presented]) -> tuple[Cause, ...]:
    """Failing checks under the failing check that explains them, in the order given."""
    failing = {one.check.name: one for one in shown if one.standing is Standing.FAIL}
    affected: dict[str, list[Presented]] = {}
    for one in failing.values():
        affected.setdefault(_root_of(one, failing), []).append(one)
    return tuple(
        Cause(failing[root], tuple(one for one in members if one.check.name != root))
        for root, members in affected.items()
    )


def planned_work(service: Service, now: float, ahead: float) -> tuple[Maintenance, ...]:
    """Maintenance that is under way or begins within `ahead` seconds, the next one first."""
    return service.windows(now, now + ahead)


def is_acknowledged(state: CheckState) -> bool:
    """Whether somebody took the failure."""
    return state.alert.phase is Phase.ACKNOWLEDGED


def _stale(
    state: CheckState, check: Check, service: Service, now: float, flush_interval: float
) -> str:
    """Why the last result says nothing any more, or empty. A result may wait for one flush."""
    last = state.last
    if last is None:
        return "No result yet."
    if last.at - now > CLOCK_SKEW:
        return "The last result is from the future: a clock is wrong."
    quiet = now - last.at
    if quiet <= stale_after(check, service, state) + flush_interval:
        return ""
    return f"No result for {duration(quiet)}."


def _root_of(one: Presented, failing: Mapping[str, Presented]) -> str:
    seen: set[str] = set()
    while one.cause in failing and one.check.name not in seen:
        seen.add(one.check.name)
        one = failing[one.cause]
    return one.check.name
