"""What waits: how much, whether it grows, and whether somebody should see to it. Pure."""

from console.instances.scaling.measured import RATE_SECONDS, Work
from console.instances.scaling.model import BACKLOG_SECONDS, Decision
from console.instances.scaling.units import HOUR
from console.month_end.capacity import Limit
from console.words import duration

STEADY = 0.05  # of what waits; a change within RATE_SECONDS below that is none


def words(work: Work) -> str:
    """`106 items wait, growing by 300 an hour.`; empty where there is no backlog."""
    if not _is_one(work):
        return ""
    waiting = work.waiting or 0
    told = f"{waiting:,} {work.unit}{'' if waiting == 1 else 's'} wait{'s' if waiting == 1 else ''}"
    if work.growth is None:
        return f"{told}; whether it grows is not known yet."
    if grows(work):
        return f"{told}, growing by {work.growth:,.0f} an hour in the last minutes."
    if abs(work.growth) < _least(work):
        return f"{told}, neither growing nor shrinking."
    return f"{told}, shrinking: done in about {duration(waiting / -work.growth * HOUR)}."


def unsure(work: Work) -> bool:
    """Whether something waits, and nobody knows yet whether it becomes more."""
    return _is_one(work) and work.growth is None


def warns(work: Work, decision: Decision) -> bool:
    """Whether it grows although more instances would help, or because something limits the work."""
    if not _is_one(work) or not grows(work):
        return False
    more = decision.wanted is not None and decision.wanted > (decision.running or 0)
    return more or decision.capped is not None or decision.limit in (Limit.QUOTA, Limit.WORKERS)


def grows(work: Work) -> bool:
    """Whether what waits grows by more than it usually sways."""
    return work.growth is not None and work.growth >= _least(work)


def _is_one(work: Work) -> bool:
    """Fewer than come within a minute are no backlog: they are just being taken."""
    return (work.waiting or 0) > (work.rate or 0.0) * BACKLOG_SECONDS / HOUR


def _least(work: Work) -> float:
    return max(1.0, STEADY * (work.waiting or 0)) / RATE_SECONDS * HOUR
