"""Deadlines: one absolute end for all the work of a request.

The deadline is a context variable, so every stage, every HTTP call and every thread started with
`asyncio.to_thread` or `submit` sees the same one. A coroutine is cancelled when it passes; a
thread cannot be, so it ends at its next stage, `check()` or HTTP call.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import Executor, Future
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, TypeVar

import structlog

from .errors import KitError

P = ParamSpec("P")
T = TypeVar("T")


class Stage:
    """One named part of the work. `seconds` is None while it runs."""

    __slots__ = ("name", "seconds", "started")

    def __init__(self, name: str, started: float) -> None:
        self.name, self.started = name, started
        self.seconds: float | None = None

    def used(self, now: float) -> float:
        """Seconds spent in it so far."""
        return now - self.started if self.seconds is None else self.seconds


class Deadline:
    """An absolute end (monotonic clock), and the stages on the way to it."""

    __slots__ = ("expires_at", "limit", "stages", "started")

    def __init__(self, limit: float, now: float) -> None:
        self.limit, self.started, self.expires_at = limit, now, now + limit
        self.stages: list[Stage] = []

    def remaining(self) -> float:
        """Seconds left; negative when it has passed."""
        return self.expires_at - time.monotonic()

    def blame(self) -> tuple[str, float]:
        """The stage that used the most time, and how much (s)."""
        now = time.monotonic()
        used: dict[str, float] = {}
        for stage in self.stages:
            used[stage.name] = used.get(stage.name, 0.0) + stage.used(now)
        # Time in no stage at all is time too.
        used["(no stage)"] = now - self.started - sum(used.values())
        return max(used.items(), key=lambda item: item[1])

    def figures(self) -> list[dict[str, Any]]:
        """Every stage with its milliseconds and whether it ended, in order."""
        now = time.monotonic()
        return [
            {
                "stage": stage.name,
                "milliseconds": round(stage.used(now) * 1000, 1),
                "finished": stage.seconds is not None,
            }
            for stage in self.stages
        ]


class DeadlineExceeded(KitError):
    """The time is used up. `stage` used most of it."""

    def __init__(self, deadline: Deadline) -> None:
        self.stage, self.used = deadline.blame()
        self.deadline = deadline
        super().__init__(
            f"The deadline of {deadline.limit:g} s passed;"
            f" stage {self.stage!r} used {self.used:.2f} s of it."
        )

    def problem(self) -> dict[str, Any]:
        """The body of the 504 answer (RFC 9457)."""
        return {
            "type": "urn:ops:1:deadline-exceeded",
            "title": "The deadline has passed",
            "status": 504,
            "detail": str(self),
            "stage": self.stage,
            "limit_seconds": self.deadline.limit,
            "stages": self.deadline.figures(),
        }


_current: ContextVar[Deadline | None] = ContextVar("opskit_deadline", default=None)
set_current, reset_current = _current.set, _current.reset


def current() -> Deadline | None:
    """The deadline of the work at hand."""
    return _current.get()


def remaining(otherwise: float | None = None) -> float | None:
    """Seconds left, never below zero; `otherwise` where there is no deadline, and as a maximum."""
    deadline = _current.get()
    if deadline is None:
        return otherwise
    left = max(0.0, deadline.remaining())
    return left if otherwise is None else min(left, otherwise)


def check() -> None:
    """Raise DeadlineExceeded when the time is used up. For loops, and for threads."""
    deadline = _current.get()
    if deadline is not None and deadline.remaining() <= 0:
        raise DeadlineExceeded(deadline)


def start(seconds: float) -> Deadline:
    """A deadline that never ends later than the one around it."""
    outer, now = _current.get(), time.monotonic()
    limit = seconds if outer is None else min(seconds, outer.expires_at - now)
    return Deadline(limit, now)


@contextmanager
def stage(name: str) -> Generator[None]:
    """A named part of the work; the deadline is checked before it. Also the logs' `phase`."""
    check()
    deadline = _current.get()
    with structlog.contextvars.bound_contextvars(phase=name):
        if deadline is None:
            yield
            return
        entry = Stage(name, time.monotonic())
        deadline.stages.append(entry)
        try:
            yield
        finally:
            entry.seconds = time.monotonic() - entry.started


@contextmanager
def limit(seconds: float) -> Generator[Deadline]:
    """A deadline for synchronous code: checked at each stage, `check()` and HTTP call."""
    deadline = start(seconds)
    token = _current.set(deadline)
    try:
        yield deadline
    finally:
        _current.reset(token)


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[Deadline]:
    """A deadline for asynchronous code: past it the body is cancelled (and cleans up).

    Raises DeadlineExceeded. Time-outs that are not this deadline's pass through.
    """
    deadline = start(seconds)
    token = _current.set(deadline)
    timer = asyncio.timeout(max(0.0, deadline.remaining()))
    try:
        async with timer:
            yield deadline
    except TimeoutError:
        if timer.expired():
            raise DeadlineExceeded(deadline) from None
        raise
    finally:
        _current.reset(token)


def submit(
    executor: Executor, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> Future[T]:
    """`executor.submit` that hands the deadline, the log context and the epoch to the thread."""
    context = copy_context()
    return executor.submit(lambda: context.run(work, *args, **kwargs))
