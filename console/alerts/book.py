"""The book of alerts: what signals change, and what of it people are told. Pure.

What is told follows from the book, not from the moment: a record knows whether people believe that
it fires (`told`). So nothing is told twice after a restart, and what was not told under maintenance
is told when that is over, if it still fires.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from enum import StrEnum

from console.alerts.model import (
    Acknowledgement,
    Alert,
    Phase,
    Transition,
    acknowledge,
    observe,
)
from console.alerts.signal import Signal
from console.health.model import Status

REMINDER = 4 * 3600.0  # seconds between two reminders of what fires and nobody took
FLAP_CHANGES, FLAP_WINDOW = 6, 3600.0  # so many changes within so many seconds: it flaps
FLAP_CALM = 1800.0  # seconds without a change after which it is steady again
# Seconds that what a cause explained has to get well by itself, once the cause is over.
EXPLAINED_GRACE = 30.0
FORGOTTEN_AFTER = 3600.0  # seconds without its signal after which nobody watches it any more
CLOCK_SKEW = 120.0  # seconds that the clock of a web process may be behind the collector's
KEPT = 7 * 86_400.0  # seconds a resolved alert is shown

BAD = (Status.WARN, Status.FAIL)


class Telling(StrEnum):
    """What people are told of an alert."""

    FIRED = "fired"
    WORSE = "worse"  # from warn to fail
    REMINDER = "reminder"
    ACKNOWLEDGED = "acknowledged"
    REFIRED = "refired"  # an acknowledgement ran out
    RESOLVED = "resolved"
    FLAPPING = "flapping"
    STEADY = "steady"  # it flapped, and has stayed as it is for a while


@dataclass(frozen=True, slots=True)
class Record:
    """All that is remembered of one alert. Times are Unix seconds."""

    key: str
    title: str
    status: Status = Status.FAIL  # warn or fail: how bad it was last
    summary: str = ""  # while it was bad
    page: str = "alerts"
    group: str = ""
    explained_by: str = ""
    explained_at: float = 0.0  # when it was explained last
    alert: Alert = field(default_factory=Alert)
    told: Status | None = None  # as what people believe that it fires; None: that it does not
    reminded_at: float = 0.0
    fired_at: float | None = None
    resolved_at: float | None = None
    ending: str = ""  # how it stood when it was resolved
    observed_at: float = 0.0
    seen_at: float = 0.0  # when there was a signal last
    # When it was told that it fires or is over, within the flap window; of what flaps, each change.
    changes: tuple[float, ...] = ()
    flapping: bool = False
    planned: bool = False  # under maintenance: nothing is told
    known: bool = True  # whether its last signal said anything

    @property
    def lasting(self) -> "Record":
        """The same without what changes with every look: whether it is worth writing at once."""
        alert = replace(self.alert, failures=0, successes=0)
        return replace(
            self, alert=alert, observed_at=0.0, seen_at=0.0, explained_at=0.0, summary=""
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell of one alert."""

    telling: Telling
    record: Record


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one look at the signals changed."""

    records: Mapping[str, Record]  # the whole book
    changed: tuple[str, ...] = ()  # keys that are worth writing at once
    reworded: tuple[str, ...] = ()  # keys of which only a figure changed: with the next write
    gone: tuple[str, ...] = ()  # keys to forget
    notices: tuple[Notice, ...] = ()
    fired: tuple[Record, ...] = ()  # told or not: for the timeline
    resolved: tuple[Record, ...] = ()


def evaluate(
    book: Mapping[str, Record],
    signals: Iterable[Signal],
    now: float,
    *,
    planned: Set[str] = frozenset(),
    reminder: float = REMINDER,
) -> Evaluation:
    """Take all signals of one service. `planned` are the keys under maintenance now."""
    records, notices = dict(book), list[Notice]()
    fired, resolved = list[Record](), list[Record]()
    seen: set[str] = set()
    for signal in signals:
        before = book.get(signal.key)
        seen.add(signal.key)
        if before is None and signal.status not in BAD:
            continue
        record = before or Record(signal.key, signal.title, seen_at=now)
        record, transition = _observe(record, signal, now)
        record = replace(record, planned=signal.key in planned)
        if transition is Transition.FIRED:
            fired.append(record)
        elif transition is Transition.RESOLVED:
            resolved.append(record)
        record, told = _tell(record, transition, now, reminder)
        records[signal.key] = record
        notices += [Notice(one, record) for one in told]
    for key in [key for key in records if key not in seen]:
        record = _unwatched(records[key], now)
        if record.resolved_at == now and record is not records[key]:
            resolved.append(record)
        record, told = _tell(record, None, now, reminder)
        records[key] = record
        notices += [Notice(one, record) for one in told]
    gone = tuple(key for key, record in records.items() if _is_over(record, now))
    for key in gone:
        del records[key]
    changed = tuple(
        key
        for key, record in records.items()
        if (old := book.get(key)) is None or old.lasting != record.lasting
    )
    reworded = tuple(
        key
        for key, record in records.items()
        if (old := book.get(key)) is not None and old.summary != record.summary
    )
    return Evaluation(
        records,
        changed,
        reworded,
        tuple(key for key in gone if key in book),
        tuple(notices),
        tuple(fired),
        tuple(resolved),
    )


def take(record: Record, acknowledgement: Acknowledgement) -> tuple[Record, Notice | None]:
    """Note that somebody took an alert. One that does not fire is left as it is, and one that
    fired only after somebody took an earlier one."""
    if acknowledgement.at < (record.alert.since or 0.0) - CLOCK_SKEW:
        return record, None
    alert, transition = acknowledge(record.alert, acknowledgement)
    if transition is None:
        return record, None
    record = replace(record, alert=alert)
    return record, Notice(Telling.ACKNOWLEDGED, record) if record.told else None


def take_all(
    book: Mapping[str, Record], requests: Mapping[str, Acknowledgement]
) -> tuple[dict[str, Record], list[Notice]]:
    """Note who took which alerts, by their keys. What is not in the book is passed over."""
    taken, told = dict(book), list[Notice]()
    for key, acknowledgement in requests.items():
        if key in taken:
            taken[key], notice = take(taken[key], acknowledgement)
            told += [notice] if notice else []
    return taken, told


def by_cause(records: Sequence[Record]) -> list[tuple[Record, tuple[Record, ...]]]:
    """Firing alerts under the one that explains them, the longest firing first."""
    groups: dict[str, list[Record]] = {}
    for record in sorted(records, key=lambda one: one.fired_at or 0.0):
        groups.setdefault(record.group or record.key, []).append(record)
    found: list[tuple[Record, tuple[Record, ...]]] = []
    for members in groups.values():
        root = min(members, key=lambda one: (bool(one.explained_by), one.fired_at or 0.0))
        found.append((root, tuple(one for one in members if one is not root)))
    return found


def _observe(record: Record, signal: Signal, now: float) -> tuple[Record, Transition | None]:
    bad = signal.status in BAD
    good = None if signal.status is Status.UNKNOWN else not bad
    if signal.at and signal.at <= record.observed_at:
        good = None  # counted before
    alert, transition = observe(record.alert, good, now, signal.thresholds)
    record = replace(
        record,
        title=signal.title,
        page=signal.page,
        group=signal.group or signal.key,
        explained_by=signal.explained_by,
        explained_at=now if signal.explained_by else record.explained_at,
        alert=alert,
        seen_at=now,
        observed_at=max(record.observed_at, signal.at),
        known=signal.status is not Status.UNKNOWN,
    )
    if bad:
        record = replace(record, status=signal.status, summary=signal.summary)
    if transition is Transition.FIRED:
        began = now if signal.since is None else min(signal.since, now)
        record = replace(_unsteady(record, now), fired_at=began, resolved_at=None, ending="")
    elif transition is Transition.RESOLVED:
        record = replace(_unsteady(record, now), resolved_at=now, ending=signal.summary)
    return record, transition


def _unwatched(record: Record, now: float) -> Record:
    """A record whose signal is not there: after a while nobody watches it any more."""
    record = replace(record, known=False)
    if now - record.seen_at < FORGOTTEN_AFTER or record.alert.phase is Phase.QUIET:
        return record
    if not record.alert.active:
        return replace(record, alert=Alert())
    ending = "It is not watched any more."
    return replace(_unsteady(record, now), alert=Alert(since=now), resolved_at=now, ending=ending)


def _unsteady(record: Record, now: float) -> Record:
    """A change of what flaps: it is not steady yet. Others count what is told of them."""
    return replace(record, changes=(*record.changes[-1:], now)) if record.flapping else record


def _tell(
    record: Record, transition: Transition | None, now: float, reminder: float
) -> tuple[Record, list[Telling]]:
    """What people are to be told now."""
    active = record.alert.active
    explained = bool(record.explained_by) or now - record.explained_at < EXPLAINED_GRACE
    if record.flapping:
        if now - max(record.changes, default=0.0) < FLAP_CALM:
            return record, []
        record = replace(record, flapping=False, changes=())
        return _believe(record, now), [Telling.STEADY]
    if record.planned or (explained and active):
        return record, []
    if active is not (record.told is not None):
        return _tell_change(record, now)
    if not active:
        return record, []
    if transition is Transition.REFIRED:
        return _believe(record, now), [Telling.REFIRED]
    if record.told is Status.WARN and record.status is Status.FAIL:
        return _believe(record, now), [Telling.WORSE]
    due = reminder > 0 and now - record.reminded_at >= reminder
    if due and record.alert.phase is Phase.FIRING:
        return _believe(record, now), [Telling.REMINDER]
    return record, []


def _tell_change(record: Record, now: float) -> tuple[Record, list[Telling]]:
    """That it fires, or is over; or that it changes too often to be told each time."""
    recent = tuple(at for at in record.changes if now - at < FLAP_WINDOW)
    record = replace(_believe(record, now), changes=(*recent, now))
    if len(record.changes) >= FLAP_CHANGES:
        return replace(record, flapping=True), [Telling.FLAPPING]
    return record, [Telling.FIRED if record.alert.active else Telling.RESOLVED]


def _believe(record: Record, now: float) -> Record:
    """What people believe once they have read the message."""
    return replace(record, told=record.status if record.alert.active else None, reminded_at=now)


def _is_over(record: Record, now: float) -> bool:
    if record.alert.phase is not Phase.QUIET or record.told is not None or record.flapping:
        return False
    return record.resolved_at is None or now - record.resolved_at >= KEPT
