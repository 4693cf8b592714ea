"""Everything that the Month-end page, its files and its digest tell, put together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import tzinfo

import numpy as np
from numpy.typing import NDArray

from console.activity.chain import Entry
from console.health.model import CheckState
from console.month_end.arrivals import Expected
from console.month_end.calendar import Closing, span
from console.month_end.comparison import Row, Seen, compare
from console.month_end.decisions import Decision, decisions
from console.month_end.freeze import Deployed
from console.month_end.model import HOUR, Told, tell
from console.month_end.needs import Demand, Needs, needs
from console.month_end.past import Course, ahead, last_course, planned, slots_of
from console.month_end.risks import Risk, risks
from console.month_end.rules import Rules
from console.month_end.snapshot import Outside, Snapshot
from console.month_end.work import Work, tightest
from console.month_end.workload import Platform

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Found:
    """What was read for one service. None is what could not be read, or never was."""

    snapshot: Snapshot | None = None
    past: tuple[Snapshot, ...] = ()
    outside: Outside | None = None
    arrived: Mapping[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    work: Work = field(default_factory=Work)
    demand: Demand | None = None
    running: int | None = None  # instances
    states: Mapping[str, CheckState] = field(default_factory=dict[str, CheckState])
    deployed: tuple[Deployed, ...] | None = None
    seen: Mapping[str, Seen] = field(default_factory=dict[str, Seen])  # by closing
    entries: tuple[Entry, ...] = ()  # of the activity log, newest first
    arriving: float | None = None  # items an hour now
    platform: Platform | None = None  # what bounds the instances, as on the Scaling view


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the burn-up: items done by then."""

    name: str
    times: Floats
    done: Floats


@dataclass(frozen=True, slots=True)
class Board:
    """One closing at one moment."""

    at: float  # Unix seconds
    told: Told
    rules: Rules
    snapshot: Snapshot | None = None
    lines: tuple[Line, ...] = ()
    needs: Needs = field(default_factory=Needs)
    risks: tuple[Risk, ...] = ()
    rows: tuple[Row, ...] = ()  # this closing first, then the ones before it
    decisions: tuple[Decision, ...] = ()

    @property
    def closing(self) -> Closing | None:
        """When it is held."""
        return self.told.closing

    @property
    def expected(self) -> Expected | None:
        """How many items it will have."""
        return self.told.expected


def board(found: Found, rules: Rules, now: float, zone: tzinfo) -> Board:
    """Put together what was found."""
    snapshot = found.snapshot
    if snapshot is None or snapshot.problem or not snapshot.name:
        return Board(now, tell(snapshot, rules, now, zone), rules, snapshot)
    bound = (
        tightest(found.outside.quotas, found.work.calls, found.work.done_an_hour)
        if found.outside
        else None
    )
    quota = None if bound is None else bound.items_an_hour
    at_once = 1 if found.platform is None else found.platform.concurrency
    limited = found.outside is not None and any(one.limit for one in found.outside.quotas)
    untold = limited and found.work.calls is None  # nobody knows yet what the quota allows
    able = None if untold else _able(found.work, found.running, at_once, quota)
    known = ahead(snapshot, found.past, found.arrived, rules, zone, quota, able)
    known = replace(known, seconds=found.work.seconds or 0.0)
    told = tell(snapshot, rules, now, zone, known)
    one, sums = told.closing, told.sums
    if one is None or sums is None:
        return Board(now, told, rules, snapshot)
    need = needs(
        sums, one, found.demand, found.work, bound, found.running, found.arriving, now,
        found.platform,
    )  # fmt: skip
    if bound is not None and bound.words:
        need = replace(need, note=f"{need.note} {bound.words}".strip())
    lines = _lines(snapshot, found.past, told, known.usual, rules, zone)
    dangers = risks(
        one, snapshot, sums, found.outside, found.work, found.states, found.deployed, now, zone,
        rules.planned,
    )  # fmt: skip
    rows = compare([snapshot, *reversed(found.past)], found.seen, rules, zone)
    decided = decisions(found.entries, span(one.opens, zone)[0])
    return Board(now, told, rules, snapshot, lines, need, dangers, rows, decided)


def _able(work: Work, running: int | None, at_once: int, quota: float | None) -> float | None:
    """Items an hour that the running instances can do when they are always busy."""
    if not work.seconds or not running:
        return None
    rate = running * at_once / work.seconds * HOUR
    return rate if quota is None else min(rate, quota)


def _lines(
    snapshot: Snapshot,
    past: Sequence[Snapshot],
    told: Told,
    usual: Floats | None,
    rules: Rules,
    zone: tzinfo,
) -> tuple[Line, ...]:
    """Plan, last closing, actual."""
    slots = slots_of(snapshot.name, rules, zone, rules.deadline_day)
    if slots is None:
        return ()
    since = span(slots.closing.opens, zone)[0]
    found: list[Line] = []
    if told.expected is not None and told.expected.total is not None:
        found.append(Line("plan", *planned(told.expected, usual, slots)))
    last: Course | None = last_course(snapshot, past, rules, zone)
    if last is not None:
        found.append(Line(f"last closing ({last.name})", last.times, last.done))
    times, done = actual(snapshot)
    inside = times >= since
    if inside.any():
        found.append(Line("done", times[inside], done[inside]))
    return tuple(found)


def actual(snapshot: Snapshot) -> tuple[Floats, Floats]:
    """Items done when the first hour began, by the end of each, and now."""
    counts = np.array(snapshot.hours, np.float64)
    if not len(counts):
        return np.array([snapshot.at]), np.array([float(snapshot.done)])
    times = snapshot.hours_start + HOUR * np.arange(len(counts) + 1, dtype=np.float64)
    done = snapshot.done - float(counts.sum()) + np.cumsum(np.append(0.0, counts))
    return np.append(np.minimum(times, snapshot.at), snapshot.at), np.append(done, snapshot.done)
