"""When an alert of which only a figure changed is written: not with every look. Pure."""

from console.alerts.book import Evaluation

# Seconds between two such writes, where commands are free and where they are billed.
LOCAL_REWORDS, BILLED_REWORDS = 15.0, 600.0


class Rewords:
    """Remembers which alerts of which service wait for their next write."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[str]] = {}  # keys whose figures changed since the last write
        self._written_at: dict[str, float] = {}

    def due(self, service: str, found: Evaluation, now: float, *, billed: bool) -> set[str]:
        """The keys to write now, as often as a page should show them."""
        waiting = self._waiting.setdefault(service, set())
        waiting |= set(found.reworded)
        waiting &= set(found.records)
        period = BILLED_REWORDS if billed else LOCAL_REWORDS
        if not waiting or now - self._written_at.get(service, 0.0) < period:
            return set()
        self._written_at[service] = now
        self._waiting[service] = set()
        return waiting
