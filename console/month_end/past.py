"""Past closings laid on the present one, and from them how many items it will have. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from console.month_end.arrivals import COURSE, DONE_COURSE, Expected, expect, usual_shares
from console.month_end.calendar import span
from console.month_end.course import HOUR, Slots
from console.month_end.history import watched_share
from console.month_end.inflow import LATE_HOURS, Shapes
from console.month_end.model import Ahead, closing_of
from console.month_end.rules import Rules
from console.month_end.snapshot import Snapshot
from console.words import counted

Floats = NDArray[np.float64]
ByHour = Mapping[int, tuple[int, int]]  # items and readings
WATCHED = 0.8  # of the hours of a window, from which its arrivals are known


@dataclass(frozen=True, slots=True)
class Course:
    """How many items of one closing were done by when, on the days of the present one."""

    name: str
    times: Floats  # ends of slots, Unix seconds
    done: Floats  # cumulative
    total: int


def slots_of(name: str, rules: Rules, zone: tzinfo, last: int) -> Slots | None:
    """The slots of the closing of that name; None where it is none."""
    held = closing_of(name, rules, zone)
    return None if held is None else Slots(held[0], held[1], zone, last)


def ahead(
    snapshot: Snapshot,
    past: Sequence[Snapshot],
    arrived: ByHour,
    rules: Rules,
    zone: tzinfo,
    quota: float | None = None,
    able: float | None = None,
) -> Ahead:
    """What is to come for this closing, told from those of the same kind before it."""
    before = _same_kind(snapshot.name, past)
    totals = [float(one.total) for one in before]
    own = slots_of(snapshot.name, rules, zone, rules.deadline_day)
    if own is None:
        told = expect(snapshot.total, totals, declared=rules.expected)
        return Ahead(told, quota=quota, able=able)
    since = span(own.closing.opens, zone)[0]
    used = [one for one in before if _arrivals(one, arrived, rules, zone) is not None]
    if used:
        method, so_far = COURSE, _so_far(own, snapshot, arrived, since)
        rows = [_arrivals(one, arrived, rules, zone) for one in used]
        late = [_late(one, rules, zone, arrived) for one in used]
    else:  # when items were done says roughly when they came
        used = [one for one in before if _done(one, rules, zone) is not None]
        method, so_far = DONE_COURSE, _done_so_far(own, snapshot)
        rows = [_done(one, rules, zone) for one in used]
        late = [_late(one, rules, zone) for one in used]
    courses = np.array(rows) if rows else None
    known = so_far if snapshot.at > since else None
    told = expect(snapshot.total, totals, courses, known, rules.expected, method)
    if courses is None:
        return Ahead(told, quota=quota, able=able)
    left_out = len(before) - len(used)
    if left_out:
        more = f"{counted(left_out, 'past closing')} left out: too little of it is known."
        told = replace(told, note=f"{told.note} {more}".strip())
    starts, usual = own.starts(), usual_shares(courses)
    if usual is not None:  # what was late in the past is no part of the plan
        usual = np.where(starts < own.closing.deadline, usual, 0.0)
    return Ahead(told, usual, _shapes(own, courses, np.array(late)), quota, able)


def _shapes(own: Slots, courses: Floats, late: Floats) -> Shapes:
    """The courses of past closings on the clock of this one, up to the deadline and after it."""
    starts, due = own.starts(), own.closing.deadline
    inside = np.flatnonzero(starts < due)
    rows = courses[:, inside].copy()
    if rows.shape[1] > 1:  # what came before the window is in the first slot: it is no hour of work
        rows[:, 0] = np.minimum(rows[:, 0], rows[:, 1:].max(axis=1))
    after = due + HOUR * np.arange(LATE_HOURS, dtype=np.float64)
    return Shapes(
        np.concatenate([starts[inside], after]),
        np.concatenate([np.minimum(starts[inside] + HOUR, due), after + HOUR]),
        np.hstack([rows, late]),
    )


def _late(one: Snapshot, rules: Rules, zone: tzinfo, arrived: ByHour | None = None) -> Floats:
    """What came in each hour after the deadline of a past closing: no more than was done after it.

    The ledger that followed may have begun meanwhile, hence that bound. Where arrivals were not
    watched, what was done after the deadline counts as having come then.
    """
    found = np.zeros(LATE_HOURS)
    held = closing_of(one.name, rules, zone)
    if held is None or not one.late:
        return found
    due = held[0].deadline
    if arrived is not None:
        seen = [(at, count) for at in _hours(due, due + LATE_HOURS * HOUR)
                if (count := arrived.get(at, (0, 0))[0])]  # fmt: skip
    else:
        seen = [
            (at, count)
            for row, count in enumerate(one.hours)
            if (at := one.hours_start + row * HOUR) >= due and count
        ]
    left = one.late
    for at, count in seen:
        place = int((at - due) // HOUR)
        if 0 <= place < LATE_HOURS and at + HOUR > due:
            found[place] += min(left, count)
            left -= min(left, count)
    return found


def last_course(
    snapshot: Snapshot, past: Sequence[Snapshot], rules: Rules, zone: tzinfo
) -> Course | None:
    """The last closing of the same kind, on the days of this one."""
    before = _same_kind(snapshot.name, past)
    own = slots_of(snapshot.name, rules, zone, rules.after)
    if not before or own is None:
        return None
    row = _done(before[-1], rules, zone, rules.after)
    if row is None:
        return None
    return Course(before[-1].name, own.starts() + HOUR, np.cumsum(row), before[-1].total)


def planned(expected: Expected, usual: Floats | None, slots: Slots) -> tuple[Floats, Floats]:
    """When how many items should be done: as usual, or evenly from the window's first day to the
    deadline."""
    total = expected.total or 0.0
    if usual is not None and usual.sum() > 0:
        return slots.starts() + HOUR, total * np.cumsum(usual) / usual.sum()
    opens = span(slots.closing.opens, slots.zone)[0]
    return np.array([opens, slots.closing.deadline]), np.array([0.0, total])


def _same_kind(name: str, past: Sequence[Snapshot]) -> list[Snapshot]:
    """A month-end is compared with month-ends, the 20th with the 20th. What a shift of months would
    take for later is left out."""
    kind = name[7:]
    return [one for one in past if one.name[7:] == kind and one.name < name and one.total > 0]


def _arrivals(one: Snapshot, arrived: ByHour, rules: Rules, zone: tzinfo) -> Floats | None:
    """What arrived in each slot of a past closing; None where it was not watched."""
    slots = slots_of(one.name, rules, zone, rules.deadline_day)
    if slots is None:
        return None
    since, until = span(slots.closing.opens, zone)[0], slots.closing.deadline
    if watched_share(dict(arrived), since, until) < WATCHED:
        return None
    counts = [(at, arrived[at][0]) for at in _hours(since, until) if at in arrived]
    row = np.zeros(slots.count)
    if counts:
        np.add.at(row, slots.of([at + HOUR / 2 for at, _ in counts]), [n for _, n in counts])
    row[0] += max(0.0, one.total - row.sum())  # what came before the window, or was not seen
    return row


def _so_far(slots: Slots, snapshot: Snapshot, arrived: ByHour, since: float) -> Floats:
    row = np.zeros(slots.count)
    for at in _hours(since, snapshot.at):
        if at in arrived:
            row[slots.of([at + HOUR / 2])] += arrived[at][0]
    row[0] += max(0.0, snapshot.total - row.sum())
    now = int(slots.of([snapshot.at])[0])
    return row[:now] if now else row[:1]


def _done_so_far(slots: Slots, snapshot: Snapshot) -> Floats:
    row = slots.table(
        snapshot.hours_start, snapshot.hours, snapshot.done - float(sum(snapshot.hours))
    )
    now = int(slots.of([snapshot.at])[0])
    return row[:now] if now else row[:1]


def _hours(since: float, until: float) -> range:
    return range(int(since // HOUR) * int(HOUR), int(until), int(HOUR))


def _done(one: Snapshot, rules: Rules, zone: tzinfo, last: int | None = None) -> Floats | None:
    return _done_row(one, rules, zone, rules.deadline_day if last is None else last)


@lru_cache(maxsize=64)
def _done_row(one: Snapshot, rules: Rules, zone: tzinfo, last: int) -> Floats | None:
    """Kept: a past closing does not change, and two years of them take a tenth of a second."""
    slots = slots_of(one.name, rules, zone, last)
    if slots is None or not one.hours:
        return None
    return slots.table(one.hours_start, one.hours, one.done - sum(one.hours))
