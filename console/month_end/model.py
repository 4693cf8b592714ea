"""What is known of the newest closing at one moment, and how it is judged. Plain data, pure."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from console.month_end.arrivals import DECLARED, Expected, expect
from console.month_end.calendar import Closing
from console.month_end.finish import (
    BLOCK,
    HORIZON,
    LEAST_BLOCKS,
    SIMULATIONS,
    Fan,
    Finish,
    simulate,
)
from console.month_end.inflow import Shapes, to_come
from console.month_end.rules import Rules, closing_of
from console.month_end.sums import Sums
from console.month_end.verdict import Verdict, judge
from console.words import duration

__all__ = ["Rules", "Snapshot", "Told", "closing_of", "tell"]

Floats = NDArray[np.float64]
HOUR, DAY = 3600.0, 86_400.0
FAR = HORIZON * BLOCK * 0.8  # seconds: farther ahead is simulated in hours
PACE_HOURS = 7 * 24  # in which the best hour is looked for
BLOCKS = 16  # of a steady pace
BUSY = 0.5  # of the present pace
AHEAD = 120.0  # seconds that clocks of one service may disagree by
OFF = 0.15  # of what can be done, where it was never needed: as a share
OFF_EARLY = 0.3  # the same in the first hour
_SCATTER = np.array([NormalDist().inv_cdf((n + 0.5) / BLOCKS) for n in range(BLOCKS)])


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was found of the ledger. Times are Unix seconds, by the clock of its Redis."""

    at: float
    problem: str = ""  # why nothing could be read, one sentence
    name: str = ""  # of the newest closing; empty where there is none
    done: int = 0
    running: int = 0
    waiting: int = 0
    held: int = 0
    failed: int = 0
    total: int = 0
    blocks: tuple[int, ...] = ()  # items done in the last whole quarters of an hour, oldest first
    blocks_end: float = 0.0
    retryable: int = 0  # of those failed; the rest needs a person
    unsorted: int = 0  # of those failed, not looked at: they count as needing a person
    oldest_failed: float | None = None
    late: int | None = None  # items done after the deadline; None: it has none
    hours_start: float = 0.0  # items done by whole hours from here on, up to `at`
    hours: tuple[int, ...] = ()
    last_done: float | None = None

    def sums(self, expected: int | None = None) -> Sums | None:
        """The sums; None where there is no closing. `expected`: items it will have."""
        if not self.name:
            return None
        return Sums(
            self.at, self.done, self.running, self.waiting, self.held, self.failed, self.total,
            self.failed - self.retryable, expected, self.late or 0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Token:
    """An OAuth token that the service keeps. None and empty text are what was not told."""

    name: str
    state: str = ""  # ok, spent_unknown, refused
    refresh_expires_at: float | None = None  # Unix seconds; after it a person must sign in again


@dataclass(frozen=True, slots=True)
class Quota:
    """What an external API told of its rate limit. Times are Unix seconds."""

    api: str
    name: str  # `own`: the service's own limit, shared by its instances
    limit: float | None = None  # calls in a window
    remaining: float | None = None
    reset_at: float | None = None
    window: float | None = None  # seconds
    at: float | None = None  # when it was told
    blocked_until: float | None = None

    @property
    def a_minute(self) -> float | None:
        """Calls a minute that it allows."""
        if self.limit is None or not self.window:
            return None
        return self.limit / self.window * 60


@dataclass(frozen=True, slots=True)
class Outside:
    """What may get into the way of a closing, as it was found at `at`."""

    at: float
    problem: str = ""  # why nothing could be read, one sentence
    tokens: tuple[Token, ...] = ()
    quotas: tuple[Quota, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """A closing, judged."""

    verdict: Verdict
    closing: Closing | None  # None: its name is no month and no day
    fan: Fan | None
    source: str = ""  # what the forecast was simulated from
    calendar_note: str = ""
    sums: Sums | None = None
    expected: Expected | None = None
    finish: Finish | None = None
    coming: str = ""  # what of the items still to come makes the end uncertain


@dataclass(frozen=True, slots=True)
class Pace:
    """Items done in past blocks of so many seconds."""

    blocks: Floats
    block: float
    note: str = ""
    steady: bool = False  # what can be done, not what was
    off: float = 0.0  # how far off it may be, as a share, beyond what the blocks tell


def pace_of(snapshot: Snapshot, left: float, able: float | None = None) -> Pace:
    """How fast the service works, for a deadline `left` seconds away, by its last quarters of an
    hour; in hours where the deadline is far.

    Where more waits than the best of them did, the work is as fast as it can be, and only those
    count that belong to it. Else it was as slow as what came in: then it is known to do the best of
    them, and what the running instances are able to do (`able`, items an hour). That also stands in
    for the first hour.
    """
    blocks = np.array(snapshot.blocks, np.float64)
    best = float(blocks.max()) if len(blocks) else 0.0
    note, steady, short = ", as if work never rested", False, len(blocks) < LEAST_BLOCKS
    if snapshot.waiting and not short and not blocks[-1]:
        blocks = np.zeros(LEAST_BLOCKS)  # something waits, and nobody works on it
    elif snapshot.waiting > best and not short:
        blocks = blocks[_busy_from(blocks) :]
    elif short and able is None:
        pass  # next to nothing was seen yet
    else:
        can = (able or 0.0) * BLOCK / HOUR
        hour = max(snapshot.hours[-PACE_HOURS:], default=0) * BLOCK / HOUR
        level = max(best - best**0.5, can, hour)  # the best of many counts is partly luck
        if level > 0:  # how much the blocks scatter tells of what came in, not of what can be done
            blocks, steady = np.maximum(level + level**0.5 * _SCATTER, 0.0), True
            why = "at what the running instances and the API quota allow"
            if can < level:
                why = "as fast as in the best hour or quarter of one"
            because = "it was hardly seen yet" if short else "next to nothing waits"
            note = f", {why}, because {because}"
    off = (OFF_EARLY if short else OFF) if steady else 0.0
    if left > FAR:
        return Pace(blocks * (HOUR / BLOCK), HOUR, note, steady, off)
    return Pace(blocks, BLOCK, note, steady, off)


def _busy_from(blocks: Floats) -> int:
    """From which block on the work is as busy as at present; the ones before waited for items."""
    first = max(0, len(blocks) - LEAST_BLOCKS)
    tail = blocks[first:]
    busy = BUSY * float(tail.max()) if len(tail) else 0.0
    if busy <= 0:
        return first
    at = first + int(np.flatnonzero(tail >= busy)[0])
    while at > 0 and blocks[at - 1] >= busy:
        at -= 1
    return at


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is known of the rest of a closing, beside its ledger."""

    expected: Expected
    usual: Floats | None = None  # share of all items that usually arrives in each slot
    shapes: Shapes | None = None  # when items came to past closings
    quota: float | None = None  # items an hour that the external API allows
    able: float | None = None  # items an hour that the running instances can do
    seconds: float = 0.0  # that an item takes; 0: not known


def tell(
    snapshot: Snapshot | None, rules: Rules, now: float, zone: tzinfo, ahead: Ahead | None = None
) -> Told:
    """The whole page in one sentence, and what it rests on."""
    sums = snapshot.sums() if snapshot else None
    if snapshot is None or snapshot.problem or sums is None:
        verdict = judge(None, None, now, now, zone)
        if snapshot and snapshot.problem:
            said = f"Not known: {snapshot.problem[:1].lower()}{snapshot.problem[1:]}"
            verdict = Verdict(verdict.word, said, ())
        return Told(verdict, None, None)
    ahead = ahead or Ahead(expect(snapshot.total, (), declared=rules.expected))
    total = ahead.expected.total
    sums = replace(
        sums,
        expected=None if total is None else round(total),
        final=ahead.expected.method == DECLARED,
    )
    held = closing_of(snapshot.name, rules, zone)
    if held is None:
        verdict = judge(replace(sums, expected=None), None, now + 1, now, zone)
        note = "The name of this closing is no month (2026-11) and no day (2026-11-20): it has no "
        return Told(verdict, None, None, calendar_note=f"{note}deadline.")
    one, calendar = held
    if now > one.deadline and not sums.final:  # what has not come by now is of no closing
        sums = replace(sums, expected=None if sums.expected is None else sums.total)
    pace = pace_of(snapshot, one.deadline - now, ahead.able)
    quota = None if ahead.quota is None else ahead.quota * pace.block / HOUR
    told = ahead.expected
    middle = total if told.middle is None else told.middle
    rest = None
    if middle is not None and (sums.not_arrived or now <= one.deadline):
        rest = to_come(
            middle - sums.total, told.off, told.freedom, ahead.shapes, now, one.deadline,
            sure=told.method == DECLARED,
        )  # fmt: skip
    if rest and (one.deadline - now) / pace.block > HORIZON:
        days = HORIZON * pace.block / DAY
        problem = f"The deadline is more than {days:.0f} days away, too far for what is known yet."
        finish, fan = Finish(None, problem=problem), None
    else:
        finish, fan = simulate(
            float(sums.total - sums.done), pace.blocks, now, one.deadline, coming=rest,
            seconds=ahead.seconds, off=pace.off, quota=quota, block=pace.block,
        )  # fmt: skip
    verdict = judge(sums, finish, one.deadline, now, zone)
    ahead_of_time = (snapshot.last_done or 0.0) - snapshot.at
    if ahead_of_time > AHEAD:
        jumped = f"The last item is said to be done in {duration(ahead_of_time)}: a clock jumped."
        verdict = replace(verdict, warnings=(*verdict.warnings, jumped))
    words = ahead.shapes.words(one.deadline) if rest and ahead.shapes else ""
    today = datetime.fromtimestamp(now, zone).date()
    simulated = f"{SIMULATIONS:,} simulated closings" if pace.steady else finish.source
    source = f"{simulated}{pace.note}" if fan is not None else ""
    gap = calendar.gap(today, one.closes)
    return Told(verdict, one, fan, source, gap, sums, ahead.expected, finish, words)
