"""The recorder: every result goes through it, into history, states and what is written next.

Pure memory: the collector feeds it and writes its batches. While the store was never reached it
only numbers results; they are taken in order once the states are loaded, as after a crash.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import tzinfo

from console.activity.model import Event
from console.alerts.model import Acknowledgement
from console.health.check import Service
from console.health.model import CheckState, Incident, Outcome, Result
from console.health.uptime import UptimeRecord
from console.health.watch import News, Watch
from console.store.batch import Batch
from console.store.model import CollectorBeat
from console.store.open_period import OpenPeriod
from console.store.series import COLD_START, PHASES, SeriesId

LINES_AT_ONCE = 400_000  # bytes of log lines in one write: Upstash takes 1 MB in its free plan
UPTIME_PERIOD = 30.0  # seconds between two writings of a check's uptime; a record is a few kB


@dataclass(frozen=True, slots=True)
class Entry:
    """One result with its place in the order of all results."""

    sequence: int
    service: str
    result: Result


@dataclass(slots=True)
class _Pending:
    """What is to be written of one service."""

    checks: set[str] = field(default_factory=set[str])
    events: list[Event] = field(default_factory=list[Event])
    incidents: list[Incident] = field(default_factory=list[Incident])
    found: dict[str, bytes] = field(default_factory=dict[str, bytes])
    lines: dict[int, bytes] = field(default_factory=dict[int, bytes])
    lines_gone: list[int] = field(default_factory=list[int])


class Recorder:
    """Takes results and keeps what of them is not written yet."""

    def __init__(self, services: Iterable[Service], zone: tzinfo) -> None:
        self.watches = {service.name: Watch(service, zone) for service in services}
        self.entries: list[Entry] = []  # since the last time they were written or spooled
        self.sequence = 0
        self.marks: dict[str, int] = {}
        self.latest: dict[tuple[str, str], bytes] = {}  # what each gather found last
        self.attached = False  # whether the states are loaded, so that results take effect
        self._open = OpenPeriod(0)
        self._pending = {name: _Pending() for name in self.watches}
        self._uptime_written: dict[tuple[str, str], UptimeRecord] = {}
        self._uptime_at: dict[tuple[str, str], float] = {}  # when that was

    def attach(
        self,
        open_period: OpenPeriod,
        loaded: Mapping[str, tuple[Mapping[str, CheckState], Mapping[str, UptimeRecord]]],
        waiting: Iterable[Entry],
    ) -> None:
        """Begin from what the store remembers, then take the results that wait, in order."""
        self.attached = True
        self._open = open_period
        self._pending = {name: _Pending() for name in self.watches}
        for name, (states, uptimes) in loaded.items():
            self.watches[name].restore(states, uptimes)
        for entry in waiting:
            self._take(entry.service, entry.result)

    def detach(self) -> None:
        """The lease is lost: what is known is somebody else's now."""
        self.attached = False

    def take(self, service: str, result: Result) -> bool:
        """Take one result. Returns whether a status changed, which is worth writing at once."""
        self.sequence += 1
        self.entries.append(Entry(self.sequence, service, result))
        return self.attached and self._take(service, result)

    def fall_asleep(self, service: str, check: str, at: float) -> None:
        """Mark a check of a service that sleeps."""
        if self.attached:
            self._note(service, check, self.watches[service].fall_asleep(check, at))

    def acknowledge(self, service: str, check: str, acknowledgement: Acknowledgement) -> None:
        """Note that somebody took a failing check."""
        if self.attached and check in self.watches[service].checks:
            self._note(service, check, self.watches[service].acknowledge(check, acknowledgement))

    def pass_time(self, service: str, check: str, at: float) -> None:
        """Account time in which a check stood as before, without a result that says so."""
        if self.attached:
            self.watches[service].pass_time(check, at)

    def note(self, event: Event, service: str = "") -> None:
        """Put an event of the console itself on the timeline of one service, or of every."""
        for name, pending in self._pending.items():
            if service in ("", name):
                pending.events.append(event)

    def count(self, service: str, series: SeriesId, at: float, code: int, count: int = 1) -> None:
        """Count what a gather beside the checks found."""
        if self.attached:
            self._open.count(service, series, at, code, count)

    def find(self, service: str, name: str, document: bytes) -> None:
        """Keep what a gather found last, for the next write."""
        self._pending[service].found[name] = document
        self.latest[service, name] = document

    def is_written(self, service: str, name: str) -> bool:
        """Whether the store has what a gather found last, with the events that were noted then."""
        return self.attached and name not in self._pending[service].found

    def keep_lines(self, service: str, changed: Mapping[int, bytes], gone: Iterable[int]) -> None:
        """Keep portions of log lines for the next write, and let go of others."""
        pending = self._pending[service]
        pending.lines.update(changed)
        for number in gone:
            pending.lines.pop(number, None)
            pending.lines_gone.append(number)

    def mark(self, name: str, minute: int) -> None:
        """Note how far traffic was taken over; written together with its cells."""
        self.marks[name] = minute

    def batch(self, fence: int, at: float, beat: CollectorBeat, spool: str) -> Batch:
        """All that is to be written."""
        changed = {name: sorted(p.checks) for name, p in self._pending.items() if p.checks}
        return Batch(
            fence=fence,
            at=at,
            cells=self._open.take(),
            states={
                name: {check: self.watches[name].states[check] for check in checks}
                for name, checks in changed.items()
            },
            uptimes={name: due for name in self.watches if (due := self._uptimes_due(name, at))},
            events={n: tuple(p.events) for n, p in self._pending.items() if p.events},
            incidents={n: tuple(p.incidents) for n, p in self._pending.items() if p.incidents},
            beat=beat,
            found={n: dict(p.found) for n, p in self._pending.items() if p.found},
            lines={n: _at_once(p.lines) for n, p in self._pending.items() if p.lines},
            lines_gone={n: tuple(p.lines_gone) for n, p in self._pending.items() if p.lines_gone},
            marks=dict(self.marks),
            flushed={spool: self.sequence},
        )

    def confirm(self, batch: Batch) -> None:
        """The store has this batch. What came after it was put together stays."""
        written = max(batch.flushed.values(), default=0)
        self.entries = [entry for entry in self.entries if entry.sequence > written]
        newer = {(entry.service, entry.result.check) for entry in self.entries}
        for name, states in batch.states.items():
            pending = self._pending[name]
            pending.checks -= {check for check in states if (name, check) not in newer}
        for name, events in batch.events.items():
            del self._pending[name].events[: len(events)]
        for name, incidents in batch.incidents.items():
            del self._pending[name].incidents[: len(incidents)]
        for name, documents in batch.found.items():
            waiting = self._pending[name].found
            for gather, document in documents.items():
                if waiting.get(gather) is document:
                    del waiting[gather]
        for name, portions in batch.lines.items():
            pending = self._pending[name]
            for number, text in portions.items():
                if pending.lines.get(number) is text:
                    del pending.lines[number]
        for name, gone in batch.lines_gone.items():
            del self._pending[name].lines_gone[: len(gone)]
        for name, uptimes in batch.uptimes.items():
            for check, record in uptimes.items():
                self._uptime_written[name, check] = record
                self._uptime_at[name, check] = batch.at

    def _uptimes_due(self, service: str, at: float) -> dict[str, UptimeRecord]:
        return {
            check: record
            for check, record in self.watches[service].uptimes.items()
            if record is not self._uptime_written.get((service, check))  # replaced when it grows
            and at - self._uptime_at.get((service, check), 0.0) >= UPTIME_PERIOD
        }

    def all_uptime(self) -> None:
        """Have the next batch hold every account of uptime that changed: it is the last one."""
        self._uptime_at.clear()

    def hand_over(self) -> Sequence[Entry]:
        """The results that are neither written nor spooled, for the spool."""
        entries, self.entries = self.entries, []
        return entries

    def _take(self, service: str, result: Result) -> bool:
        if result.check not in self.watches[service].checks:
            return False  # a result in the spool of a check that was removed since
        for series, seconds, outcome in _series_of(result):
            self._open.add(service, series, result.at, seconds, outcome)
        news = self.watches[service].take(result)
        self._note(service, result.check, news)
        return news.flipped

    def _note(self, service: str, check: str, news: News) -> None:
        pending = self._pending[service]
        watch = self.watches[service]
        pending.checks.add(check)
        if news.flipped:
            self._uptime_at.pop((service, check), None)  # an account ends where a status does
        parent = watch.states[check].caused_by
        if parent:
            pending.checks.add(parent)  # its incident counts this check now
        pending.events += news.events
        pending.incidents += news.ended


def _at_once(portions: Mapping[int, bytes]) -> dict[int, bytes]:
    """The oldest portions, as many as one write takes; the others follow with the next."""
    size, taken = 0, dict[int, bytes]()
    for number in sorted(portions):
        size += len(portions[number])
        if taken and size > LINES_AT_ONCE:
            break
        taken[number] = portions[number]
    return taken


def _series_of(result: Result) -> Iterable[tuple[SeriesId, float | None, Outcome]]:
    """The series that one result is counted in."""
    phase = COLD_START if result.cold_start else ""
    yield SeriesId("check", result.check, phase), result.duration, result.outcome
    if result.cold_start:
        return
    phases = result.phases
    for name in PHASES:
        seconds: float | None = getattr(phases, name)
        if seconds is not None:
            yield SeriesId("check", result.check, name), seconds, Outcome.OK
