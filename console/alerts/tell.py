"""What people are to be told of an alert. Pure.

It follows from what they believe (`Record.told`) and not from the moment, so that a restart tells
nothing twice, and a change that must not be told now is told when it may, if it still holds.
"""

from dataclasses import replace

from console.alerts.model import Phase, Transition
from console.alerts.record import Record, Telling
from console.health.model import Status

REMINDER = 4 * 3600.0  # seconds between two reminders of what fires and nobody took
FLAP_CHANGES, FLAP_WINDOW = 6, 3600.0  # so many changes within so many seconds: it flaps
FLAP_CALM = 1800.0  # seconds without a change after which it is steady again
# Seconds that what a cause explained has to get well by itself, once the cause is over.
EXPLAINED_GRACE = 30.0


def tell(
    record: Record, transition: Transition | None, now: float, reminder: float
) -> tuple[Record, list[Telling]]:
    """What people are to be told now."""
    active = record.alert.active
    explained = follows(record, now)
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


def follows(record: Record, now: float) -> bool:
    """Whether another alert explains it, or did until a moment ago."""
    return bool(record.explained_by) or now - record.explained_at < EXPLAINED_GRACE


def _tell_change(record: Record, now: float) -> tuple[Record, list[Telling]]:
    """That it fires, or is over; or that it changes too often to be told each time."""
    recent = tuple(at for at in record.changes if now - at < FLAP_WINDOW)
    record = replace(_believe(record, now), changes=(*recent, now))
    if len(record.changes) >= FLAP_CHANGES:
        return replace(record, flapping=True), [Telling.FLAPPING]
    if record.alert.active:
        return record, [Telling.FIRED]
    return record, [Telling.LAPSED if record.lapsed else Telling.RESOLVED]


def _believe(record: Record, now: float) -> Record:
    """What people believe once they have read the message."""
    return replace(record, told=record.status if record.alert.active else None, reminded_at=now)
