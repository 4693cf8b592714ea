"""What is known of the newest closing at one moment, and how it is judged. Plain data, pure."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo

import numpy as np

from console.errors import ConfigError
from console.month_end.calendar import (
    BusinessCalendar,
    Closing,
    ClosingRule,
    Shift,
    business_calendar,
    closing,
)
from console.month_end.finish import BLOCK, Fan, simulate
from console.month_end.verdict import Sums, Verdict, judge

_NAME = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


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

    @property
    def sums(self) -> Sums | None:
        """The sums; None where there is no closing. A failed item waits for a person (contract)."""
        if not self.name:
            return None
        return Sums(
            self.at, self.done, self.running, self.waiting, self.held, self.failed, self.total,
            self.failed,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A closing, judged."""

    verdict: Verdict
    closing: Closing | None  # None: its name is no month and no day
    fan: Fan | None
    source: str = ""  # what the forecast was simulated from
    calendar_note: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """How closings are held."""

    country: str = ""
    deadline: time = time(18, 0)
    shift: Shift = Shift.PREVIOUS
    company: tuple[str, ...] = ()

    def calendar(self, year: int) -> BusinessCalendar:
        """The calendar around a year. Raises ConfigError."""
        return business_calendar(self.country, range(year - 1, year + 2), company=self.company)


def closing_of(name: str, rules: Rules, zone: tzinfo) -> tuple[Closing, BusinessCalendar] | None:
    """The closing that a ledger is named after: `2026-11` is a month-end, `2026-11-20` the 20th."""
    found = _NAME.fullmatch(name)
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 0)
    try:
        date(year, month, day or 1)
        calendar = rules.calendar(year)
        rule = ClosingRule(day or None, rules.shift, deadline_time=rules.deadline)
        return closing(year, month, rule, calendar, zone), calendar
    except (ValueError, ConfigError, OverflowError):
        return None


def tell(snapshot: Snapshot | None, rules: Rules, now: float, zone: tzinfo) -> Told:
    """The whole page in one sentence, and what it rests on."""
    sums = snapshot.sums if snapshot else None
    if snapshot is None or snapshot.problem or sums is None:
        verdict = judge(None, None, now, now, zone)
        if snapshot and snapshot.problem:
            said = f"Not known: {snapshot.problem[:1].lower()}{snapshot.problem[1:]}"
            verdict = Verdict(verdict.word, said, ())
        return Told(verdict, None, None)
    held = closing_of(snapshot.name, rules, zone)
    if held is None:
        verdict = judge(sums, None, now + 1, now, zone)
        note = "The name of this closing is no month (2026-11) and no day (2026-11-20): it has no "
        return Told(verdict, None, None, calendar_note=f"{note}deadline.")
    one, calendar = held
    blocks = np.array(snapshot.blocks, dtype=np.float64)
    finish, fan = simulate(sums.left, blocks, now, one.deadline, block=BLOCK)
    verdict = judge(sums, finish, one.deadline, now, zone)
    today = datetime.fromtimestamp(now, zone).date()
    source = f"{finish.source}, as if work never rested" if fan is not None else ""
    return Told(verdict, one, fan, source, calendar.gap(today, one.closes))
