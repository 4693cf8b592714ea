"""What a probe finds on its way, kept outside of it, so that a time-out loses nothing."""

import time
from dataclasses import dataclass, field

from console.health.answer import Answer
from console.health.check import Check
from console.health.model import Outcome, Phases


@dataclass(frozen=True, slots=True)
class Target:
    """Where a probe connects to."""

    host: str  # a name or an address, IPv6 without brackets
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Failed(Exception):
    """The probe got no full answer. `message` is a sentence without secrets.

    `limit` is the time-out in seconds that was reached, where it was one.
    """

    def __init__(self, outcome: Outcome, message: str, limit: float | None = None) -> None:
        super().__init__(message)
        self.outcome = outcome
        self.message = message
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Found:
    """A full answer, with how the sentence about it begins and what is to be added to it."""

    answer: Answer
    said: str
    note: str = ""


@dataclass(slots=True)
class Trail:
    """The way of one probe. Time is that of a clock that nobody sets; `at` is the wall clock's."""

    check: Check
    at: float  # Unix seconds of the start
    target: Target = Target("", 0)
    ip: str = ""  # the address that was tried last
    connected: bool = False
    http_status: int | None = None
    certificate_expires_at: float | None = None
    body: bytearray = field(default_factory=bytearray)
    content_type: str = ""
    cut: bool = False  # whether the body was longer than is read
    announced: bool = True  # whether the answer said how long its body is
    secrets: list[str] = field(default_factory=list[str])  # values that no text may show
    phase: str = ""  # the one under way: a field of Phases
    began: float = field(default_factory=time.perf_counter)
    _entered: float = 0.0
    _spent: dict[str, float] = field(default_factory=dict[str, float])

    def enter(self, phase: str) -> None:
        """End the phase under way and begin another; redirects add up."""
        now = time.perf_counter()
        if self.phase:
            self._spent[self.phase] = self._spent.get(self.phase, 0.0) + now - self._entered
        self.phase, self._entered = phase, now

    def phases(self) -> Phases:
        """The seconds of all that has ended."""
        return Phases(**self._spent)

    def spent(self, phase: str) -> float:
        """Seconds of a phase that has ended."""
        return self._spent.get(phase, 0.0)

    def seconds(self) -> float:
        """Since the start."""
        return time.perf_counter() - self.began

    def remaining(self) -> float:
        """Seconds until the check's time-out."""
        return max(0.0, self.check.timeout - self.seconds())

    def answer(self) -> Answer:
        """What has been found, as conditions look at it."""
        expires = self.certificate_expires_at
        return Answer(
            status=self.http_status,
            response_time=self.seconds(),
            body=bytes(self.body),
            connected=self.connected,
            ip=self.ip,
            certificate_expires_in=None if expires is None else expires - self.at,
            content_type=self.content_type,
            cut=self.cut,
            announced=self.announced,
        )

    def timed_out(self, limit: float) -> Failed:
        """The failure after `limit` seconds; the message names the phase that used up the time."""
        within = f"within {limit:g} s"
        match self.phase:
            case "resolve":
                message = (
                    f"{self.target.host} did not resolve {within}: its name server is slow or away."
                )
            case "connect":
                message = (
                    f"No connection to {self.target} {within}: "
                    "the host is down, overloaded, or behind a firewall."
                )
            case "tls":
                message = (
                    f"The TLS handshake with {self.target} was not complete {within}: "
                    "it is overloaded, or speaks no TLS there."
                )
            case "first_byte":
                message = (
                    f"No answer from {self.target} {within}: it connected, then said nothing; "
                    "it is overloaded or stuck."
                )
            case "transfer":
                first = self._until_first_byte()
                message = (
                    f"No complete answer from {self.target} {within}: "
                    f"the first byte came after {first:.1f} s, then the body dripped; "
                    "it is overloaded, or streams without an end."
                )
            case _:
                message = (
                    f"No answer from {self.target} {within}: "
                    "it is down, busy, or behind a firewall."
                )
        return Failed(Outcome.TIMEOUT, message, limit)

    def _until_first_byte(self) -> float:
        return sum(seconds for phase, seconds in self._spent.items() if phase != "transfer")
