"""The memory of one watched service: takes results, keeps states and uptime, tells what happened.

Pure: it is fed with results and times, live by the collector or again by a replay after a crash.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import tzinfo
from itertools import pairwise

from console.activity.model import Event, Kind
from console.alerts.model import Acknowledgement, Phase, Transition, acknowledge
from console.health import state as rules
from console.health.check import Check, Service
from console.health.model import CheckState, Incident, Result, Status
from console.health.sleep import stale_after
from console.health.uptime import UptimeRecord, account
from console.words import duration


@dataclass(frozen=True, slots=True)
class News:
    """What results brought that must be remembered beside the states."""

    events: tuple[Event, ...] = ()
    ended: tuple[Incident, ...] = ()  # incidents that are over
    flipped: bool = False  # a status changed: worth writing at once


@dataclass
class Watch:
    """States and uptime of the checks of one service."""

    service: Service
    zone: tzinfo
    states: dict[str, CheckState] = field(default_factory=dict[str, CheckState])
    uptimes: dict[str, UptimeRecord] = field(default_factory=dict[str, UptimeRecord])

    def __post_init__(self) -> None:
        self.checks: Mapping[str, Check] = {check.name: check for check in self.service.checks}
        self.restore(self.states, self.uptimes)

    def restore(
        self, states: Mapping[str, CheckState], uptimes: Mapping[str, UptimeRecord]
    ) -> None:
        """Begin from what the store remembers; checks that are no longer configured are dropped."""
        self.states = {name: states.get(name, CheckState(name)) for name in self.checks}
        self.uptimes = {name: uptimes.get(name, UptimeRecord()) for name in self.checks}

    def take(self, result: Result) -> News:
        """Take one result of one of the service's checks."""
        check = self.checks[result.check]
        before = self.states[check.name]
        cause = rules.find_cause(check, self.states, self.checks, result.at)
        change = rules.advance(
            before, result, check, cause=cause, maintenance=self.in_maintenance(check, result.at)
        )
        self.states[check.name] = change.state
        self._account(check, before, change)
        if change.state.caused_by:
            self._blame(change.state.caused_by, check.name)
        ended = () if change.closed is None else (change.closed,)
        return News(
            tuple(self._events(check, result, change)),
            ended,
            flipped=change.state.status is not before.status or change.transition is not None,
        )

    def fall_asleep(self, check: str, at: float) -> News:
        """Mark that the service sleeps; the time until now is accounted as it was before."""
        before = self.states[check]
        self.states[check] = rules.fall_asleep(before, at)
        self._count(check, self._kind(before), at)
        return News(flipped=not before.sleeping)

    def pass_time(self, check: str, at: float) -> None:
        """Account the time until `at` for a check that has no news: a job that reports rarely."""
        state = self.states[check]
        if self.uptimes[check].until and state.alert.phase is not Phase.PENDING:
            self._count(check, self._kind(state), at)

    def acknowledge(self, check: str, acknowledgement: Acknowledgement) -> News:
        """Note that somebody took a failing check."""
        before = self.states[check]
        alert, transition = acknowledge(before.alert, acknowledgement)
        if transition is None:
            return News()
        incident = before.incident and replace(
            before.incident,
            acknowledged_by=acknowledgement.by,
            acknowledged_why=acknowledgement.why,
        )
        self.states[check] = replace(before, alert=alert, incident=incident)
        return News(flipped=True)

    def in_maintenance(self, check: Check, at: float) -> bool:
        """Whether a planned maintenance covers the check at that time."""
        return self.service.maintenance_of(check.name, at) is not None

    def _blame(self, parent: str, child: str) -> None:
        state = self.states[parent]
        if state.incident is not None:
            incident = rules.blame_parent(state.incident, child)
            self.states[parent] = replace(state, incident=incident)

    def _account(self, check: Check, before: CheckState, change: rules.Change) -> None:
        """Account the time since the last result.

        What a first failure means is known only when the row of failures is complete or broken, so
        the account waits while it is pending: an outage counts from its first failure on.
        """
        after = change.state
        now = after.last.at if after.last else 0.0
        if not self.uptimes[check.name].until:
            self.uptimes[check.name] = UptimeRecord(until=now)
            return
        if after.alert.phase is Phase.PENDING:
            return
        self._leave_out_silence(check, before, now)
        if change.transition is Transition.FIRED and after.alert.bad_since is not None:
            self._count(check.name, self._kind(before), after.alert.bad_since)
            self._count(check.name, "down", now)
        else:
            self._count(check.name, self._kind(before), now)

    def _leave_out_silence(self, check: Check, before: CheckState, now: float) -> None:
        """Nobody watched for longer than results stay fresh: that stretch is unknown."""
        last = before.last.at if before.last else self.uptimes[check.name].until
        if before.sleeping or now - last <= stale_after(check, self.service, before):
            return
        self._count(check.name, self._kind(before), last + check.interval)
        self._count(check.name, "unknown", now)

    def _count(self, check: str, kind: str, until: float) -> None:
        record = self.uptimes[check]
        for start, end, planned in self._cut(check, record.until, until):
            record = account(record, "maintenance" if planned else kind, start, end, self.zone)
        self.uptimes[check] = record

    def _cut(self, check: str, start: float, end: float) -> Iterable[tuple[float, float, bool]]:
        """Cut a stretch where a maintenance begins or ends."""
        every = self.service.windows(start, end)
        windows = [w for w in every if not w.checks or check in w.checks]
        edges = {edge for w in windows for edge in (w.start, w.end) if start < edge < end}
        points = [start, *sorted(edges), end]
        for left, right in pairwise(points):
            yield left, right, any(w.covers(check, left) for w in windows)

    @staticmethod
    def _kind(state: CheckState) -> str:
        if state.sleeping:
            return "sleeping"
        if state.status is Status.FAIL:
            return "down"
        return "unknown" if state.status is Status.UNKNOWN else "up"

    def _events(self, check: Check, result: Result, change: rules.Change) -> Iterable[Event]:
        if change.opened is not None:
            yield opening(change.opened, check.label)
        if change.closed is not None:
            yield Event(
                id=f"{change.closed.id}{_CLOSED}",
                at=result.at,
                kind=Kind.INCIDENT,
                title=f"{check.label} works again.",
                source=check.name,
                status=Status.PASS,
                detail=f"It failed for {duration(change.closed.duration(result.at))}.",
            )


_OPENED, _CLOSED = "-opened", "-closed"  # what the ids of an incident's two events end with


def opening(incident: Incident, label: str) -> Event:
    """The event with which an incident begins; `label` is what people call its check."""
    return Event(
        id=f"{incident.id}{_OPENED}",
        at=incident.started_at,
        kind=Kind.INCIDENT,
        title=f"{label} is failing: {incident.message}",
        source=incident.check,
        status=Status.FAIL,
    )


def incident_of(event: Event) -> str:
    """The id of the incident that an event is the begin or the end of; else the event's own."""
    return event.id.removesuffix(_OPENED).removesuffix(_CLOSED)
