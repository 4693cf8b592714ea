"""What is known of the newest closing at one moment, and how it is judged. Plain data, pure."""

from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np

from console.month_end.calendar import Closing
from console.month_end.finish import BLOCK, Fan, simulate
from console.month_end.rules import Rules, closing_of
from console.month_end.verdict import Sums, Verdict, judge

__all__ = ["Rules", "Snapshot", "Told", "closing_of", "tell"]


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

    def sums(self, expected: int | None = None) -> Sums | None:
        """The sums; None where there is no closing. `expected`: items it will have."""
        if not self.name:
            return None
        return Sums(
            self.at, self.done, self.running, self.waiting, self.held, self.failed, self.total,
            self.failed - self.retryable, expected, self.late or 0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A closing, judged."""

    verdict: Verdict
    closing: Closing | None  # None: its name is no month and no day
    fan: Fan | None
    source: str = ""  # what the forecast was simulated from
    calendar_note: str = ""


def tell(snapshot: Snapshot | None, rules: Rules, now: float, zone: tzinfo) -> Told:
    """The whole page in one sentence, and what it rests on."""
    sums = snapshot.sums(rules.expected) if snapshot else None
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
