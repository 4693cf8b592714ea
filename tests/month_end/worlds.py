"""Simulated closings, item by item: what is forecast of them is held against how they ended.

They say that they are simulated: nobody publishes enough real ones. Each has a number of past
closings, orders that come by a course of its own up to the deadline (and in some also after it),
workers whose pace drifts and now and then stalls, and a ledger as the console reads it.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from console.month_end.board import Board, Found, board
from console.month_end.finish import Finish
from console.month_end.model import Rules, closing_of
from console.month_end.snapshot import Snapshot
from console.month_end.work import Work
from tests.month_end.closings import TOKYO, months

Floats = NDArray[np.float64]
HOUR, BLOCK = 3600.0, 900.0
NAME = "2026-11"
OPENS_AT = 9  # local hour at which orders begin
COURSES = {  # share of the orders by hour from 9:00 to 18:00
    "even": np.ones(9),
    "noon": np.array([5, 9, 13, 14, 12, 13, 12, 9, 5], np.float64),
    "late": np.array([3, 4, 6, 8, 10, 13, 16, 19, 21], np.float64),
    "early": np.array([25, 22, 17, 13, 10, 6, 4, 2, 1], np.float64),
    "until 15": np.array([15, 20, 20, 20, 15, 10, 0, 0, 0], np.float64),
}


@dataclass(frozen=True, slots=True)
class World:
    """How one customer's closings are."""

    days: int = 1  # of work, the closing day the last
    mean: float = 600.0  # orders
    spread: float = 0.15  # of the number, from closing to closing
    course: str = "noon"
    unsteady: float = 0.1  # of the course, by hour
    late: float = 0.0  # how likely a closing has orders after the deadline
    servers: int = 2
    seconds: float = 60.0  # an order takes, in the middle
    drift: float = 0.15  # of the pace, by quarters of an hour that follow each other
    stall: float = 0.0  # how likely a closing has an hour in which hardly anything is done
    past: int = 6  # closings that are known
    declared: bool = False  # the number is known beforehand

    @property
    def rules(self) -> Rules:
        """Its calendar."""
        return Rules("JP", before=self.days - 1, after=2)


@dataclass(frozen=True, slots=True)
class Lived:
    """One closing as it was."""

    name: str
    deadline: float
    opens: float
    came: Floats  # Unix seconds, sorted
    begun: Floats
    done: Floats

    @property
    def end(self) -> float:
        """When the last item was done."""
        return float(self.done.max())

    def snapshot(self, now: float) -> Snapshot:
        """The ledger as it stood then."""
        total, done = int((self.came <= now).sum()), np.sort(self.done[self.done <= now])
        running = int(((self.begun <= now) & (self.done > now)).sum())
        start = float(self.opens // HOUR * HOUR)
        edges = np.arange(start, now + HOUR, HOUR)
        hours, _ = np.histogram(done, bins=edges) if len(edges) > 1 else (np.zeros(0), None)
        end = now // 60 * 60
        blocks, _ = np.histogram(done, bins=end - BLOCK * np.arange(16, -1, -1))
        if len(done):  # the gather leaves out quarters before the first item
            blocks = blocks[end - BLOCK * np.arange(16, 0, -1) >= done[0] - 1]
        late = int((done > self.deadline).sum())
        return Snapshot(
            now, "", self.name, len(done), running, total - len(done) - running, 0, 0, total,
            tuple(int(n) for n in blocks), end, late=late, hours_start=start,
            hours=tuple(int(n) for n in hours), last_done=float(done[-1]) if len(done) else None,
        )  # fmt: skip

    def arrived(self, until: float) -> dict[int, tuple[int, int]]:
        """Hours in which the collector looked, and what came in them."""
        first = int(datetime.fromtimestamp(self.opens, TOKYO).replace(hour=0).timestamp())
        last = min(until, self.deadline + 2 * 86_400)
        found = dict.fromkeys(range(first // 3600 * 3600, int(last), 3600), (0, 120))
        hours, counts = np.unique(self.came[self.came <= until] // HOUR * HOUR, return_counts=True)
        return found | {int(at): (int(n), 120) for at, n in zip(hours, counts, strict=True)}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was said at one moment, and what came of it."""

    label: str  # of its kind of world
    share: float  # of the time from the first order to the deadline
    board: Board
    end: float  # Unix seconds
    deadline: float

    @property
    def in_time(self) -> bool:
        """Whether it ended by the deadline."""
        return self.end <= self.deadline

    @property
    def finish(self) -> Finish:
        """What was said of the end."""
        return self.board.told.finish or Finish(None)

    @property
    def inside(self) -> bool:
        """Whether it ended inside of the interval; one without an end is open above. What had ended
        already when it was forecast ended then."""
        low, high, end = self.finish.low, self.finish.high, max(self.end, self.board.at)
        return (np.inf if low is None else low) <= end <= (np.inf if high is None else high)


def live(world: World, name: str, chance: np.random.Generator) -> Lived:
    """One closing from its first order to its last item."""
    held = closing_of(name, world.rules, TOKYO)
    assert held is not None
    one, calendar = held
    count = max(20, int(world.mean * np.exp(world.spread * chance.normal())))
    shape = COURSES[world.course] * np.exp(world.unsteady * chance.normal(size=9))
    weights = np.tile(shape, world.days) * np.repeat(np.linspace(1, 2, world.days), 9)
    days = [calendar.add(one.day, n) if n else one.day for n in range(1 - world.days, 1)]
    starts = np.array(
        [
            datetime(day.year, day.month, day.day, OPENS_AT + hour, tzinfo=TOKYO).timestamp()
            for day in days
            for hour in range(9)
        ]
    )
    chosen = chance.choice(len(starts), count, p=weights / weights.sum())
    came = starts[chosen] + HOUR * chance.uniform(size=count)
    if chance.uniform() < world.late:
        more = 1 + int(chance.poisson(0.01 * count))
        came = np.append(came, one.deadline + 3 * HOUR * chance.uniform(size=more))
    came = np.sort(came)
    quarters = 4 * 24 * (world.days + 12)
    mood = np.empty(quarters)
    level = world.drift * chance.normal()
    for quarter in range(quarters):
        level = 0.9 * level + world.drift * np.sqrt(1 - 0.81) * chance.normal()
        mood[quarter] = np.exp(level)
    opens = float(starts[0])
    if chance.uniform() < world.stall:
        at = int(chance.integers(0, 32)) + 96 * (world.days - 1)
        mood[at : at + 4] *= 10.0
    free = [0.0] * world.servers
    begun, done = np.empty(len(came)), np.empty(len(came))
    for row, at in enumerate(came.tolist()):
        begins = max(at, heapq.heappop(free))
        quarter = min(quarters - 1, int((begins - opens) // BLOCK))
        ends = begins + world.seconds * float(mood[quarter]) * float(chance.gamma(4)) / 4
        heapq.heappush(free, ends)
        begun[row], done[row] = begins, ends
    return Lived(name, one.deadline, opens, came, begun, done)


def forecasts(
    label: str, world: World, seed: int, at: Sequence[float] = (0.25, 0.5, 0.75)
) -> list[Forecast]:
    """One closing under way, forecast after these shares of its time."""
    chance = np.random.default_rng(seed)
    before = [live(world, name, chance) for name in months(world.past)] if world.past else []
    present = live(world, NAME, chance)
    arrived: dict[int, tuple[int, int]] = {}
    for one in before:
        arrived |= one.arrived(one.deadline + 2 * 86_400)
    known = tuple(one.snapshot(one.deadline + 5 * 86_400) for one in before)
    rules = world.rules
    if world.declared:
        rules = replace(rules, expected=len(present.came))
    found: list[Forecast] = []
    for share in at:
        now = present.opens + share * (present.deadline - present.opens)
        over = present.done <= now
        took = float((present.done - present.begun)[over].mean()) if over.any() else world.seconds
        told = board(
            Found(
                present.snapshot(now), known, None, arrived | present.arrived(now),
                Work(100, took), running=world.servers,
            ),
            rules, now, TOKYO,
        )  # fmt: skip
        found.append(Forecast(label, share, told, present.end, present.deadline))
    return found
