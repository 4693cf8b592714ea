"""Analyses for tests of words and charts, computed from cells that were counted as ever."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC

from console.activity.model import Event
from console.health.check import Check, Service
from console.health.model import CheckState, Incident, Outcome
from console.response_times.analysis import Analysis, Question
from console.response_times.load import analyse
from console.store.cells import Cells, between, empty
from console.store.history import span_of
from console.store.series import SeriesId
from tests.response_times.made_cells import NOON, Result, counted

HOUR = 3600.0
API = Check(name="api", title="API", url="https://api.example", slow_after=0.5)
SHOP = Service(name="shop", checks=(API,))


@dataclass
class Past:
    """A history in memory, read as the store is."""

    cells: Cells
    happened: Sequence[Event] = ()
    closed: Sequence[Incident] = ()
    stands: dict[str, CheckState] = field(default_factory=dict)
    parts: dict[str, Cells] = field(default_factory=dict)
    now: float = NOON

    def cells_of(
        self, service: str, series: Sequence[SeriesId], since: float, until: float
    ) -> dict[SeriesId, Cells]:
        resolution = span_of(since, until, self.now).resolution
        whole = {one: self.parts.get(one.phase, empty(resolution)) for one in series}
        whole |= {one: self.cells for one in series if not one.phase}
        return {one: between(cells, since, until) for one, cells in whole.items()}

    def events(self, service: str, since: float, until: float, limit: int) -> list[Event]:
        return [event for event in self.happened if since <= event.at <= until][:limit]

    def incidents(self, service: str, since: float, until: float, limit: int) -> list[Incident]:
        return list(self.closed)[:limit]

    def states(self, service: str) -> dict[str, CheckState]:
        return self.stands


def even(
    seconds: float,
    count: int,
    until: float = NOON,
    every: float = 30.0,
    outcome: Outcome = Outcome.OK,
) -> list[Result]:
    """Equal results up to `until`, the last one `every` before it."""
    timed = outcome in (Outcome.OK, Outcome.CONDITION, Outcome.TIMEOUT)
    return [
        (until - every * (number + 1), seconds if timed else None, outcome)
        for number in range(count)
    ]


def analysed(
    results: Iterable[Result],
    length: float = HOUR,
    *,
    check: Check = API,
    series: SeriesId | None = None,
    **past: object,
) -> Analysis:
    """The analysis of the window of that length which ends at NOON."""
    service = SHOP.model_copy(update={"checks": (check,)})
    series = series or SeriesId("check", check.name)
    question = Question(service, series, NOON - length, NOON, UTC)
    return analyse(Past(counted(sorted(results, key=lambda result: result[0])), **past), question)
