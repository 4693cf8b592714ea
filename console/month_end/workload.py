"""The work as it is, and what runs and bounds it. Plain data; times in seconds."""

from dataclasses import dataclass

from console.month_end.queueing import MOST_SERVERS

HOUR = 3600.0
TARGET = 0.7  # of the time that a worker is busy; 0.6 to 0.8 is usual, Cloud Run's own is 0.6
WAIT, WAIT_SHARE = 30.0, 0.05  # at most 5 % of the items wait longer than 30 s
STEP_UP, STEP_DOWN = 4, 1  # instances a decision may add or take away


@dataclass(frozen=True, slots=True)
class Load:
    """The work as it was measured or is expected."""

    arrivals: float  # items an hour
    seconds: float  # one item takes a worker
    backlog: float = 0.0  # items waiting
    in_flight: int = 0  # items being worked on
    to_come: float = 0.0  # items still to arrive before the deadline
    left: float | None = None  # seconds to the deadline; None: there is none
    errors: float = 0.0  # share of tries that fail


@dataclass(frozen=True, slots=True)
class Platform:
    """What runs the work, and what bounds it."""

    concurrency: int = 1  # items that one instance works on at once
    least: int = 0
    most: int = 10
    calls_a_minute: float | None = None  # the quota of the external API; None: not known
    calls_an_item: float = 1.0
    start: float = 0.0  # seconds from asking for an instance until it works, as measured
    target: float = TARGET
    wait: float = WAIT
    wait_share: float = WAIT_SHARE
    step_up: int = STEP_UP
    step_down: int = STEP_DOWN

    def problems(self) -> list[str]:
        """What cannot be; empty where all is well."""
        found: list[str] = []
        if self.concurrency < 1:
            found.append("An instance must work on at least one item at once.")
        if not 0 < self.target <= 1:
            found.append("The utilisation target must be above 0 and at most 100 %.")
        if not 0 <= self.least <= self.most:
            found.append("The minimum of instances must be from 0 to the maximum.")
        if self.calls_an_item < 0 or (self.calls_a_minute or 0) < 0:
            found.append("A quota and the calls of an item cannot be negative.")
        if self.step_up < 1 or self.step_down < 1:
            found.append("A step must be at least one instance.")
        return found


def sane(load: Load) -> list[str]:
    """What cannot be in a load; empty where all is well."""
    found: list[str] = []
    if load.seconds <= 0:
        found.append("How long an item takes is not known.")
    if min(load.arrivals, load.backlog, load.in_flight, load.to_come) < 0:
        found.append("A number of items cannot be negative.")
    if not 0 <= load.errors <= 1:
        found.append("The share of failed tries must be from 0 to 100 %.")
    if load.arrivals * load.seconds / HOUR > MOST_SERVERS:
        found.append("The load is beyond anything this can plan for.")
    return found
