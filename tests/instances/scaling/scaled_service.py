"""A simulated service that is scaled by the recommendation, second by second.

Items of an exponential length come at random, first come first served; an instance takes a while to
start, and one that is stopped ends its item first. All of it is simulated, with fixed seeds.
"""

import heapq
from collections import deque
from dataclasses import dataclass, field
from random import Random

from console.instances.scaling.measured import Change, Work
from console.instances.scaling.model import decide
from console.instances.scaling.rules import Rules
from console.month_end.workload import Platform

ITEM = 12.0  # seconds
LOOK = 30.0  # seconds between two decisions
RULES = Rules(Platform(least=1, most=8, start=40.0))


@dataclass
class Simulated:
    """One service with one item at once in an instance."""

    random: Random
    running: int = 1
    starting: list[float] = field(default_factory=list)  # when each is ready
    busy: list[float] = field(default_factory=list)  # when each item is done
    queue: deque[float] = field(default_factory=deque)  # when each came
    waits: list[tuple[float, float]] = field(default_factory=list)  # when it began, how long
    came: deque[float] = field(default_factory=deque)
    flight: deque[int] = field(default_factory=lambda: deque(maxlen=300))  # a sample a second
    counts: list[tuple[float, int]] = field(default_factory=list)
    last: Change | None = None
    next_arrival: float = 0.0

    def second(self, now: float, rate: float) -> None:
        while self.starting and self.starting[0] <= now:
            self.starting.pop(0)
            self.running += 1
        while self.busy and self.busy[0] <= now:
            heapq.heappop(self.busy)
        while rate and self.next_arrival <= now:
            self.queue.append(now)
            self.came.append(now)
            self.next_arrival = max(self.next_arrival, now - 1) + self.random.expovariate(
                rate / 3600
            )
        while self.queue and len(self.busy) < self.running:
            self.waits.append((now, now - self.queue.popleft()))
            heapq.heappush(self.busy, now + self.random.expovariate(1 / ITEM))
        self.flight.append(len(self.busy))

    def look(self, now: float) -> None:
        every = list(self.came)

        def rate(end: float) -> float:
            return sum(end - 300 <= one < end for one in every) * 12.0

        work = Work(
            "item", now, self.running, len(self.busy), sum(self.flight) / len(self.flight),
            len(self.queue),
            rate(now - 90), max(rate(now - 90 - n * 60) for n in range(6)), ITEM, done=100,
        )  # fmt: skip
        decision = decide(work, RULES, now, None, self.last)
        assert decision.next is not None
        assert decision.next <= 8
        wanted, have = decision.next, self.running + len(self.starting)
        if wanted < self.running and not self.starting:
            assert wanted >= len(self.busy), "cuts off what is in flight"
            self.last, self.running = Change(now, self.running, wanted), wanted
        elif wanted > have:
            self.starting += [now + 40.0] * (wanted - have)
            self.last = Change(now, have, wanted)
        self.counts.append((now, self.running + len(self.starting)))


def run(rates: list[tuple[float, float]], seed: int) -> Simulated:
    """Rates an hour, each for so many seconds."""
    service, now = Simulated(Random(seed)), 0.0
    for rate, seconds in rates:
        end = now + seconds
        service.next_arrival = max(service.next_arrival, now)
        while now < end:
            service.second(now, rate)
            if now % LOOK == 0:
                service.look(now)
            now += 1.0
    return service
