"""What a result changes: the status after its thresholds, the incident it opens or closes.

Pure. The collector feeds results in the order of their start; so does a replay after a crash, and
arrives at the same state.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from console.alerts.model import Alert, Phase, Transition, observe
from console.health.check import Check
from console.health.model import (
    CheckState,
    Incident,
    Outcome,
    Result,
    Sample,
    Status,
)
from console.words import sentence

RECENT = 60  # exact last results that are kept with a check
_WORKS = (Status.PASS, Status.WARN)
WAITING = None  # nobody can say yet whether a parent explains a failure


@dataclass(frozen=True, slots=True)
class Change:
    """What one result changed."""

    state: CheckState
    opened: Incident | None = None
    closed: Incident | None = None
    transition: Transition | None = None


def advance(
    state: CheckState,
    result: Result,
    check: Check,
    *,
    cause: str | None = "",
    maintenance: bool = False,
) -> Change:
    """Take one result.

    `cause` is the parent that explains a failure (see `find_cause`). Under maintenance a result is
    remembered but neither opens nor closes an incident.
    """
    good = None if maintenance else _good(result)
    alert, transition = observe(state.alert, good, result.at, check.thresholds)
    caused_by = cause or "" if alert.active else ""
    bad = alert.active and good is False
    incident, opened = _open(state, result, bad, alert.bad_since, cause)
    closed = None
    if not alert.active and state.incident is not None:
        closed = replace(state.incident, ended_at=result.at)
        incident = None
    status = _status(state, result, alert.phase)
    changed = status is not state.status or state.since is None
    new = replace(
        state,
        status=status,
        since=result.at if changed else state.since,
        reason=_reason(result, good, alert, check),
        sleeping=False,
        caused_by=caused_by,
        alert=alert,
        incident=incident,
        last=result if result.status is not Status.FAIL else replace(result, body=None),
        last_failure=result if result.status is Status.FAIL else state.last_failure,
        recent=(*state.recent, _sample(result))[-RECENT:],
        certificate_expires_at=result.certificate_expires_at or state.certificate_expires_at,
    )
    return Change(new, opened, closed, transition)


def find_cause(
    check: Check, states: Mapping[str, CheckState], checks: Mapping[str, Check], at: float
) -> str | None:
    """The parent whose failure explains that of `check`: its name, or empty for none.

    `None` (waiting): a parent has not been looked at since `check` began to fail, so its next
    result decides. Without this the child, found first, would open an incident of its own. A parent
    that broke later explains nothing: it was seen to work while `check` was failing already.
    """
    state = states.get(check.name)
    began = at if state is None or state.alert.bad_since is None else state.alert.bad_since
    waiting = False
    for name in ancestors(check, checks):
        parent = states.get(name)
        if parent is None or parent.last is None:
            waiting = True
        elif parent.alert.phase is not Phase.QUIET:
            if not _broke_later(parent, checks[name], check, began):
                return name
        elif parent.last.at < began:
            waiting = True
    return WAITING if waiting else ""


def _broke_later(parent: CheckState, its: Check, child: Check, began: float) -> bool:
    """Whether a parent was still seen to work when the child's first failure was over.

    That one may have taken as long as its time-out. Where the parent's last good result is no
    longer kept, it was one interval before its first bad one.
    """
    found = parent.alert.bad_since
    if found is None:
        return False
    good = (one.at for one in parent.recent if one.status in _WORKS and one.at < found)
    return max(good, default=found - its.interval) > began + child.timeout


def ancestors(check: Check, checks: Mapping[str, Check]) -> list[str]:
    """The checks that `check` depends on, the farthest first: it explains the most."""
    found: list[str] = []
    queue = list(check.depends_on)
    while queue:
        name = queue.pop(0)
        if name in found or name not in checks:
            continue
        found.append(name)
        queue.extend(checks[name].depends_on)
    return found[::-1]


def fall_asleep(state: CheckState, at: float) -> CheckState:
    """Mark a check whose service was scaled to zero by its platform."""
    if state.sleeping:
        return state
    return replace(state, sleeping=True, since=at, reason="Scaled to zero; a probe would wake it.")


def blame_parent(incident: Incident, child: str) -> Incident:
    """Count `child` among what the incident explains."""
    if child in incident.affected:
        return incident
    return replace(incident, affected=(*incident.affected, child))


def _good(result: Result) -> bool | None:
    if result.outcome in (Outcome.OFFLINE, Outcome.INTERNAL) or result.status is Status.UNKNOWN:
        return None
    return result.status is not Status.FAIL


def _open(
    state: CheckState, result: Result, bad: bool, began: float | None, cause: str | None
) -> tuple[Incident | None, Incident | None]:
    """The open incident after this result, and the same where it has just been opened."""
    if not bad or state.incident is not None or cause is WAITING or cause:
        return state.incident, None
    start = result.at if began is None else began
    incident = Incident(f"{state.check}-{int(start)}", state.check, start, result.message)
    return incident, incident


def _status(state: CheckState, result: Result, phase: Phase) -> Status:
    if _good(result) is None and result.status is not Status.FAIL:
        return Status.UNKNOWN
    if phase in (Phase.FIRING, Phase.ACKNOWLEDGED):
        return Status.FAIL
    if result.status is Status.FAIL:
        # not yet often enough in a row; an incident that has just ended leaves nothing known
        return Status.UNKNOWN if state.status is Status.FAIL else state.status
    return result.status


def _reason(result: Result, good: bool | None, alert: Alert, check: Check) -> str:
    if good is None:  # nothing was learned: neither an answer nor one failure more
        was = " It was failing before, and the incident stays open." if alert.active else ""
        return f"{sentence(result.message)}{was}" if was else result.message
    if alert.phase is Phase.PENDING:
        return f"{alert.failures} of {check.failure_threshold} failures in a row: {result.message}"
    if alert.active and good:
        return f"Answers again; {check.success_threshold} good results in a row end the incident."
    return result.message


def _sample(result: Result) -> Sample:
    milliseconds = None if result.duration is None else round(result.duration * 1000, 3)
    return Sample(result.at, result.status, milliseconds)
