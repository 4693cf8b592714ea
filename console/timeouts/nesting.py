"""The nested limits, from the caller to one connection, what is in each, and what breaks first.

The one further out must wait longer than the one inside: otherwise it leaves while the inside works
on, and a write may happen that nobody hears of.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from console.timeouts.durations import shown
from console.timeouts.model import Plan, Source, Value
from console.timeouts.observed import Observed, slowest
from console.timeouts.worst_case import WorstCase, added, pages_within, times, worst_case


@dataclass(frozen=True, slots=True)
class Level:
    """One bar."""

    key: str
    label: str
    name: str  # of the variable; empty for what is computed
    limit: float | None
    source: str
    needs: float | None  # what it must outlast; None: something endless
    inside: str  # what that is
    seen: Observed | None = None
    computed: bool = False  # a sum of what is inside, no limit of its own

    @property
    def slack(self) -> float | None:
        """Seconds left over; negative where it is too short. None where either has no limit."""
        if self.limit is None or self.needs is None:
            return None
        return self.limit - self.needs

    @property
    def fits(self) -> bool:
        """Whether it outlasts what is in it. No limit never gives up: rule T06 speaks of that."""
        if self.computed or self.limit is None:
            return True
        return self.needs is not None and self.limit > self.needs

    @property
    def slack_text(self) -> str:
        """`57 s (19 %)`."""
        if self.slack is None or not self.limit:
            return "no limit" if self.limit is None else "endless inside"
        return f"{shown(self.slack)} ({self.slack / self.limit:.0%})".replace("%)", " %)")


def levels(plan: Plan, seen: Sequence[Observed] = ()) -> tuple[Level, ...]:
    """The bars, outermost first."""
    worst = worst_case(plan)
    process = plan.time("PROCESS_TIMEOUT_SECONDS")
    tidy = added(process, plan.time("CLEANUP_SECONDS"))
    route = slowest(seen, "route") or slowest(seen, "check")
    api, item = slowest(seen, "api"), slowest(seen, "item")
    call, attempt = worst.call, worst.attempt
    connect = plan.time("API_CONNECT_TIMEOUT_SECONDS")
    rest = None if attempt is None else max(0.0, attempt - (connect or 0.0))
    chain: list[tuple[str, str, str, Observed | None]] = [
        ("caller", "Caller", "CALLER_TIMEOUT_SECONDS", route),
        ("platform", "Platform", "PLATFORM_REQUEST_TIMEOUT_SECONDS", route),
        ("server", "Server", "SERVER_TIMEOUT_SECONDS", route),
    ]
    found: list[Level] = []
    inner, inside = tidy, "PROCESS_TIMEOUT_SECONDS and clean-up"
    for key, label, name, ticks in reversed(chain):
        limit = plan.time(name)
        source = source_of(plan.values[name])
        found.insert(0, Level(key, label, name, limit, source, inner, inside, ticks))
        if limit is not None:
            inner, inside = limit, name
    return (
        *found,
        _of(plan, "process", "Process", "PROCESS_TIMEOUT_SECONDS", worst.run, "one run", None),
        _of(plan, "item", "Item", "ITEM_TIMEOUT_SECONDS", call, "one call", item),
        Level(
            "call", f"Call x {worst.attempts}", "", call, "attempts and their waits",
            times(worst.attempts, attempt), "attempts alone", computed=True,
        ),
        Level(
            "attempt", "One attempt", "API_TIMEOUT_SECONDS", attempt,
            source_of(plan.values["API_TIMEOUT_SECONDS"]), connect, "connect", api,
        ),
        Level(
            "connect", "Connect", "API_CONNECT_TIMEOUT_SECONDS", connect,
            source_of(plan.values["API_CONNECT_TIMEOUT_SECONDS"]), 0.0, "nothing",
        ),
        Level("read", "Write and read", "", rest, "what connecting leaves", 0.0, "nothing",
              computed=True),
    )  # fmt: skip


def source_of(value: Value) -> str:
    """Where a value comes from, in a few words."""
    if value.source is Source.ABSENT:
        return "not set"
    if value.source is Source.DEFAULT and value.origin:
        return value.origin
    return f"{value.source}: {value.origin}" if value.origin else str(value.source)


def enclosing(plan: Plan, name: str) -> tuple[str, float] | None:
    """The nearest limit further out than one of `CHAIN`; None where none has a limit."""
    for outer in reversed(CHAIN[: CHAIN.index(name)]):
        limit = plan.time(outer)
        if limit is not None:
            return outer, limit
    return None


CHAIN = (
    "CALLER_TIMEOUT_SECONDS",
    "PLATFORM_REQUEST_TIMEOUT_SECONDS",
    "SERVER_TIMEOUT_SECONDS",
    "PROCESS_TIMEOUT_SECONDS",
)
_WHAT_HAPPENS = {
    "CALLER_TIMEOUT_SECONDS": "the caller leaves without an answer, and the service works on "
    "without anybody listening",
    "PLATFORM_REQUEST_TIMEOUT_SECONDS": "the platform cuts the request off: the caller gets an "
    "error, and the service may work on",
    "SERVER_TIMEOUT_SECONDS": "the server ends the worker in the middle of its work: no clean-up "
    "and no answer",
    "PROCESS_TIMEOUT_SECONDS": "the run stops in order and answers what it did",
}


def breaks_first(plan: Plan) -> str:
    """One sentence: what gives up first where every call is as slow as it may be."""
    worst = worst_case(plan)
    item = plan.time("ITEM_TIMEOUT_SECONDS")
    if item is not None and (worst.call is None or worst.call >= item):
        return (
            f"The item breaks first: ITEM_TIMEOUT_SECONDS ends it after {shown(item)}, while one "
            f"call with all its attempts {_takes(worst.call)}."
        )
    limited = [(limit, name) for name in CHAIN if (limit := plan.time(name)) is not None]
    if not limited:
        return "Nothing ever gives up: no level around a run has a limit."
    # Of equal limits the outer one wins the race at least sometimes: it is the one to fear.
    limit, name = min(limited, key=lambda one: one[0])
    if worst.run is not None and worst.run < limit:
        return (
            f"Nothing breaks: one run takes {shown(worst.run)} at worst, and the first limit "
            f"around it, {name}, is {shown(limit)}."
        )
    return (
        f"{name} breaks first: after {shown(limit)} {_WHAT_HAPPENS[name]}. "
        f"One run of {plan.count('BATCH_ITEMS'):,} items {_takes(worst.run)}; "
        f"{_progress(plan, worst, limit)}."
    )


def _takes(seconds: float | None) -> str:
    return "may take for ever" if seconds is None else f"may take {shown(seconds)}"


def _progress(plan: Plan, worst: WorstCase, limit: float) -> str:
    done = pages_within(plan, limit)
    return f"{done} of its {worst.pages} pages are surely done by then"


def _of(
    plan: Plan,
    key: str,
    label: str,
    name: str,
    needs: float | None,
    inside: str,
    seen: Observed | None,
) -> Level:
    return Level(
        key, label, name, plan.time(name), source_of(plan.values[name]), needs, inside, seen
    )
