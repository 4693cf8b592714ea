"""The book of alerts: what signals change, and what of it people are told. Pure.

What is told follows from the book, not from the moment: a record knows whether people believe that
it fires (`told`). So nothing is told twice after a restart, and what was not told under maintenance
is told when that is over, if it still fires.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from console.alerts.model import (
    Acknowledgement,
    Alert,
    Phase,
    Transition,
    acknowledge,
    observe,
)
from console.alerts.record import Notice, Record, Telling
from console.alerts.signal import Signal
from console.alerts.tell import REMINDER, follows, tell
from console.health.model import Status
from console.words import clock

FORGOTTEN_AFTER = 3600.0  # seconds without its signal after which nobody watches it any more
# Seconds that a thing may be unknown before its alert ends: longer than one reading that failed.
UNKNOWN_GRACE = 120.0
# Seconds without a look (console offline, store away, restart) after which that grace begins anew.
LOOKED_AWAY = 60.0
CLOCK_SKEW = 120.0  # seconds that the clock of a web process may be behind the collector's
KEPT = 7 * 86_400.0  # seconds a resolved alert is shown

BAD = (Status.WARN, Status.FAIL)


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one look at the signals changed."""

    records: Mapping[str, Record]  # the whole book
    changed: tuple[str, ...] = ()  # keys that are worth writing at once
    reworded: tuple[str, ...] = ()  # keys of which only a figure changed: with the next write
    gone: tuple[str, ...] = ()  # keys to forget
    notices: tuple[Notice, ...] = ()
    # For the timeline: told or not, but not what only follows from another one.
    fired: tuple[Record, ...] = ()
    resolved: tuple[Record, ...] = ()


def evaluate(
    book: Mapping[str, Record],
    signals: Iterable[Signal],
    now: float,
    *,
    planned: Set[str] = frozenset(),
    reminder: float = REMINDER,
    zone: tzinfo = UTC,
) -> Evaluation:
    """Take all signals of one service. `planned` are the keys under maintenance now;
    times in words are in `zone`."""
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
        if transition is None and _lapses(record, signal, now):
            transition = Transition.RESOLVED if record.alert.active else None
            record = _lapse(record, signal, now, zone)
        record = replace(record, planned=signal.key in planned)
        record = _show(record, now, fired, resolved)
        record, told = tell(record, transition, now, reminder)
        records[signal.key] = record
        notices += [Notice(one, record) for one in told]
    for key in [key for key in records if key not in seen]:
        record = _show(_unwatched(records[key], now), now, fired, resolved)
        record, told = tell(record, None, now, reminder)
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


def _show(record: Record, now: float, fired: list[Record], resolved: list[Record]) -> Record:
    """Let the timeline tell that it fires by itself, and of what it told so, that it is over."""
    active = record.alert.active
    if active is record.shown or (active and follows(record, now)):
        return record
    (fired if active else resolved).append(record)
    return replace(record, shown=active)


def _observe(record: Record, signal: Signal, now: float) -> tuple[Record, Transition | None]:
    bad = signal.status in BAD
    good = None if signal.status is Status.UNKNOWN else not bad
    if signal.at and signal.at <= record.observed_at:
        good = None  # counted before
    alert, transition = observe(record.alert, good, now, signal.thresholds)
    unknown_since = None
    if signal.status is Status.UNKNOWN:
        looked = now - record.seen_at < LOOKED_AWAY
        began = record.unknown_since if looked else None
        unknown_since = now if began is None else began
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
        unknown_since=unknown_since,
    )
    if bad:
        record = replace(record, status=signal.status, summary=signal.summary)
    if transition is Transition.FIRED:
        began = now if signal.since is None else min(signal.since, now)
        if record.resolved_at is not None and began <= record.resolved_at:
            began = now  # what it is about began long ago; this time it begins now
        record = _unsteady(record, now)
        record = replace(record, fired_at=began, resolved_at=None, ending="", lapsed=False)
    elif transition is Transition.RESOLVED:
        record = replace(_unsteady(record, now), resolved_at=now, ending=signal.summary)
    return record, transition


def _lapses(record: Record, signal: Signal, now: float) -> bool:
    """Whether it is not known for so long that nothing can be said of its alert any more."""
    if record.unknown_since is None or signal.holds or record.alert.phase is Phase.QUIET:
        return False
    return now - record.unknown_since >= UNKNOWN_GRACE


def _lapse(record: Record, signal: Signal, now: float, zone: tzinfo) -> Record:
    """End it without a claim that it is well. One that was only pending is dropped."""
    if not record.alert.active:
        return replace(record, alert=Alert())
    since = clock(record.unknown_since or now, now, zone)
    return replace(
        _unsteady(record, now),
        alert=Alert(since=now),
        resolved_at=now,
        ending=f"Not known since {since}: {signal.summary}",
        lapsed=True,
    )


def _unwatched(record: Record, now: float) -> Record:
    """A record whose signal is not there: after a while nobody watches it any more."""
    record = replace(record, known=False)
    if now - record.seen_at < FORGOTTEN_AFTER or record.alert.phase is Phase.QUIET:
        return record
    if not record.alert.active:
        return replace(record, alert=Alert())
    ending = "It is not watched any more."
    record = replace(_unsteady(record, now), lapsed=True)
    return replace(record, alert=Alert(since=now), resolved_at=now, ending=ending)


def _unsteady(record: Record, now: float) -> Record:
    """A change of what flaps: it is not steady yet. Others count what is told of them."""
    return replace(record, changes=(*record.changes[-1:], now)) if record.flapping else record


def _is_over(record: Record, now: float) -> bool:
    if record.alert.phase is not Phase.QUIET or record.told is not None or record.flapping:
        return False
    return record.resolved_at is None or now - record.resolved_at >= KEPT
