"""The longest that a call, an item and a run can take, written out line by line.

Worst case of one call = attempts x limit of one attempt + waits in between, where each wait is
min(cap, base x 2^i) + jitter, or Retry-After where that is honoured and longer. A run reads its
pages one after another and waits between them. None stands for "no end": some part has no limit.
"""

from dataclasses import dataclass
from math import ceil

from console.timeouts.durations import shown
from console.timeouts.model import Plan

PHASES = ("pool", "connect", "write", "read")  # httpx counts each of them anew


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the account."""

    what: str
    how: str  # the sum behind it
    seconds: float | None
    total: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """The wait before one further attempt."""

    back_off: float
    jitter: float  # at most
    retry_after: float | None = 0.0  # at most; None: as long as the other side says

    @property
    def most(self) -> float | None:
        """The longest it can be."""
        if self.retry_after is None:
            return None
        return max(self.back_off + self.jitter, self.retry_after)


@dataclass(frozen=True, slots=True)
class WorstCase:
    """All the sums, and the lines that lead to them."""

    attempts: int  # of one call, all layers together
    attempt: float | None  # longest of one attempt
    waits: tuple[Wait, ...]
    call: float | None
    pages: int
    run: float | None
    lines: tuple[Line, ...]


def worst_case(plan: Plan) -> WorstCase:
    """The account of a plan."""
    attempts = (plan.count("API_MAX_RETRIES") + 1) * (plan.count("HTTP_CLIENT_RETRIES") + 1)
    attempt = longest_attempt(plan)
    between = waits(plan)
    waited = added(*(wait.most for wait in between))
    call = added(times(attempts, attempt), waited)
    pages = pages_of(plan)
    page_wait = plan.time("API_PAGE_WAIT_MS") or 0.0
    run = added(times(pages, call), max(0, pages - 1) * page_wait)
    lines = (
        *_attempt_lines(plan, attempt),
        Line("All attempts", f"{attempts} x {shown(attempt)}", times(attempts, attempt)),
        *(_wait_line(place, wait) for place, wait in enumerate(between, 1)),
        Line("One call with all its attempts", _sum(attempts, attempt, waited), call, total=True),
        Line(
            "All pages of a run",
            f"{plan.count('BATCH_ITEMS'):,} items at {plan.count('API_PAGE_SIZE')} a page: "
            f"{pages} x {shown(call)}",
            times(pages, call),
        ),
        Line(
            "Waits between pages",
            f"{max(0, pages - 1)} x {shown(page_wait)}",
            max(0, pages - 1) * page_wait,
        ),
        Line("One run", "pages and waits", run, total=True),
    )
    return WorstCase(attempts, attempt, between, call, pages, run, lines)


def longest_attempt(plan: Plan) -> float | None:
    """One attempt: the total, or where the number counts for each phase, all phases."""
    limit = plan.time("API_TIMEOUT_SECONDS")
    if plan.word("API_TIMEOUT_SCOPE") != "phase":
        return limit
    return added(plan.time("API_CONNECT_TIMEOUT_SECONDS"), times(len(PHASES) - 1, limit))


def waits(plan: Plan) -> tuple[Wait, ...]:
    """The waits before the further attempts of one call, in their order."""
    base, jitter = plan.time("RETRY_BASE_MS") or 0.0, plan.time("RETRY_JITTER_MS") or 0.0
    cap = plan.time("RETRY_CAP_MS")
    honoured = plan.known("RETRY_AFTER_MAX_SECONDS")
    retry_after = plan.time("RETRY_AFTER_MAX_SECONDS") if honoured else 0.0
    found: list[Wait] = []
    for place in range(plan.count("API_MAX_RETRIES")):
        wait = base * 2.0 ** min(place, 60)
        found.append(Wait(wait if cap is None else min(cap, wait), jitter, retry_after))
    return tuple(found)


def pages_of(plan: Plan) -> int:
    """Pages of one run."""
    return ceil(plan.count("BATCH_ITEMS") / max(1, plan.count("API_PAGE_SIZE")))


def pages_within(plan: Plan, seconds: float) -> int:
    """Pages that are surely read within a time, each at its worst."""
    call = worst_case(plan).call
    wait = plan.time("API_PAGE_WAIT_MS") or 0.0
    if call is None or call + wait <= 0:
        return 0
    return max(0, int((seconds + wait) // (call + wait)))


def added(*parts: float | None) -> float | None:
    """A sum in which one part without an end makes all of it endless."""
    total = 0.0
    for part in parts:
        if part is None:
            return None
        total += part
    return total


def times(count: int, seconds: float | None) -> float | None:
    """A multiple; none of something endless is nothing."""
    if count == 0:
        return 0.0
    return None if seconds is None else count * seconds


def _attempt_lines(plan: Plan, attempt: float | None) -> tuple[Line, ...]:
    limit, connect = plan.time("API_TIMEOUT_SECONDS"), plan.time("API_CONNECT_TIMEOUT_SECONDS")
    if plan.word("API_TIMEOUT_SCOPE") == "phase":
        how = f"pool {shown(limit)} + connect {shown(connect)} + write and read {shown(limit)} each"
    elif limit is None:
        how = "API_TIMEOUT_SECONDS is not limited"
    else:
        inside = min(limit, connect) if connect is not None else limit
        how = f"connect at most {shown(inside)}, write and read the rest of {shown(limit)}"
    return (Line("One attempt", how, attempt),)


def _wait_line(place: int, wait: Wait) -> Line:
    how = f"{shown(wait.back_off)} + jitter up to {shown(wait.jitter)}"
    if wait.retry_after is None:
        how += ", or Retry-After without a cap"
    elif wait.retry_after:
        how += f", or Retry-After up to {shown(wait.retry_after)}"
    return Line(f"Wait before attempt {place + 1}", how, wait.most)


def _sum(attempts: int, attempt: float | None, waited: float | None) -> str:
    return f"{shown(times(attempts, attempt))} + {shown(waited)} of waits"
