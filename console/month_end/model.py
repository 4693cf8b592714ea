"""How the newest closing is judged from what is known of it at one moment. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from console.month_end.arrivals import DECLARED, Expected, expect
from console.month_end.calendar import Closing
from console.month_end.finish import (
    HORIZON,
    SIMULATIONS,
    Fan,
    Finish,
    simulate,
)
from console.month_end.inflow import Shapes, to_come
from console.month_end.pace import pace_of
from console.month_end.rules import Rules, closing_of
from console.month_end.snapshot import Outside, Snapshot
from console.month_end.sums import Sums
from console.month_end.verdict import Verdict, judge
from console.words import duration

__all__ = ["Outside", "Rules", "Snapshot", "Told", "closing_of", "tell"]

Floats = NDArray[np.float64]
HOUR, DAY = 3600.0, 86_400.0
AHEAD = 120.0  # seconds that clocks of one service may disagree by


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
