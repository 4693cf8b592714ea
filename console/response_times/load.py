"""Reading one series from the store, and all that the page shows of it."""

from collections.abc import Sequence
from math import ceil
from typing import Protocol

from console.activity.model import Event, Kind
from console.deployments.marks import VERDICT, marks
from console.health.model import CheckState, Incident
from console.health.watch import incident_of, opening
from console.response_times.analysis import Analysis, Earlier, PhaseTimes, Question
from console.response_times.compare import Stretch, last_month, period_before
from console.response_times.heatmap import heatmap
from console.response_times.model import Curve, cut, percentile_series, percentiles, total_time
from console.response_times.outcomes import outcome_bars, outcome_counts
from console.response_times.slo import BUDGET_DAYS, Slo, slo
from console.store.cells import DAY, MINUTE, Cells
from console.store.history import HOURS_KEPT, MINUTES_KEPT
from console.store.series import COLD_START, PHASES, SeriesId

# Fewer than a chart may have: a line gets a point more at each end of a stretch without gaps.
CURVE_STEPS = 280
LEAST_STEPS = 10  # minutes or hours that a chart of a young history covers at least
EVENTS_READ = 500  # of all kinds, the newest; deployments and incidents are picked from them
INCIDENTS_READ = 100


class History(Protocol):
    """What is asked of the store."""

    def cells_of(
        self, service: str, series: Sequence[SeriesId], since: float, until: float
    ) -> dict[SeriesId, Cells]:
        """Cells of several series."""
        ...

    def events(self, service: str, since: float, until: float, limit: int) -> list[Event]:
        """Events, newest first."""
        ...

    def incidents(self, service: str, since: float, until: float, limit: int) -> list[Incident]:
        """Closed incidents, newest first."""
        ...

    def states(self, service: str) -> dict[str, CheckState]:
        """How the checks stand."""
        ...


def analyse(store: History, question: Question) -> Analysis:
    """Read and analyse. Raises StoreError."""
    source = _Source(store, question)
    since, until = question.since, question.until
    cells = source.of(since, until)
    lag = uncounted(question)
    earlier = tuple(_earlier(source, stretch, lag) for stretch in source.stretches)
    drawn_since = _first(cells, since, until) if source.is_new and not _results(earlier) else since
    parts = source.parts()
    events = store.events(question.service.name, since, until, EVENTS_READ)
    incidents = _incidents(store, question)
    return Analysis(
        question=question,
        resolution=cells.resolution,
        oldest=float(cells.periods[0]) if len(cells) else None,
        newest=float(cells.periods[-1]) + cells.resolution if len(cells) else None,
        percentiles=percentiles(cells),
        drawn_since=drawn_since,
        curves=_curves(source, drawn_since, until, lag),
        counts=outcome_counts(cells),
        bars=outcome_bars(cells, drawn_since, until),
        heat=heatmap(cells, drawn_since, until),
        earlier=earlier,
        phases=_phases({name: parts[name] for name in PHASES if len(parts[name])}),
        cold_starts=percentiles(parts[COLD_START], (0.5,))[0],
        slo=_slo(source, question),
        events=_happened(events, incidents, question),
        incidents=incidents,
        older_events=len(events) == EVENTS_READ,
    )


def uncounted(question: Question) -> float:
    """Seconds at the end of a window that are not counted in full yet: up to the last whole minute
    that was flushed. Curves end there, or their last step would always lack a few samples.

    A frozen window ends with a whole minute. In a window longer than a month nobody sees a minute.
    """
    until = question.until
    if until % MINUTE == 0 or until - question.since > BUDGET_DAYS * DAY:
        return 0.0
    return until - (until - question.flush_interval) // MINUTE * MINUTE


class _Source:
    """The cells of one series. One wide read of minutes serves every stretch that lies in it."""

    def __init__(self, store: History, question: Question) -> None:
        self._store = store
        self._question = question
        since, until = question.since, question.until
        month = last_month(since, until, question.zone)
        asked = (period_before(since, until), *((month,) if month else ()))
        oldest = until - HOURS_KEPT
        self.stretches = tuple(one for one in asked if one.since >= oldest)
        starts = [since, *(one.since for one in self.stretches), until - BUDGET_DAYS * DAY]
        self._from = min((one for one in starts if one >= until - MINUTES_KEPT), default=until)
        self._wide = self._read(self._from, until)

    @property
    def is_new(self) -> bool:
        """Whether nothing was counted before the window, as far as the wide read reaches."""
        since = self._question.since
        return not len(self._wide) or bool(self._wide.periods[0] >= since - self._wide.resolution)

    def of(self, since: float, until: float) -> Cells:
        """The cells of a stretch, in minutes where they are kept, else in hours."""
        if self._wide.resolution == MINUTE and since >= self._from:
            return cut(self._wide, since, until)
        return cut(self._read(since, until), since, until)

    def parts(self) -> dict[str, Cells]:
        """The phases of the requests and the cold starts in the window, by name."""
        ask = self._question
        series = [
            SeriesId(ask.series.kind, ask.series.name, phase) for phase in (*PHASES, COLD_START)
        ]
        found = self._store.cells_of(ask.service.name, series, ask.since, ask.until)
        return {one.phase: cut(cells, ask.since, ask.until) for one, cells in found.items()}

    def _read(self, since: float, until: float) -> Cells:
        series = self._question.series
        return self._store.cells_of(self._question.service.name, [series], since, until)[series]


def _first(cells: Cells, since: float, until: float) -> float:
    """From when on charts show the first of the cells, but so that they have some width."""
    if not len(cells):
        return since
    periods = ceil(until / cells.resolution) - int(cells.periods[0]) // cells.resolution
    return max(since, until - cells.resolution * max(periods, LEAST_STEPS))


def _results(earlier: Sequence[Earlier]) -> int:
    return sum(one.counts.results for one in earlier)


def _curves(source: _Source, since: float, until: float, lag: float) -> tuple[Curve, ...]:
    """The percentiles over a stretch, moved back by what its end lacks."""
    since, until = since - lag, until - lag
    return percentile_series(source.of(since, until), since, until, CURVE_STEPS)


def _earlier(source: _Source, stretch: Stretch, lag: float) -> Earlier:
    cells = source.of(stretch.since, stretch.until)
    return Earlier(
        stretch,
        percentiles(cells),
        outcome_counts(cells),
        _curves(source, stretch.since, stretch.until, lag),
    )


def _phases(parts: dict[str, Cells]) -> tuple[PhaseTimes, ...]:
    times = {name: total_time(cells) for name, cells in parts.items()}
    total = sum(times.values())
    return tuple(
        PhaseTimes(name, percentiles(cells), times[name] / total if total else 0.0)
        for name, cells in parts.items()
    )


def _slo(source: _Source, question: Question) -> Slo | None:
    check, until = question.check, question.until
    if check is None or question.series.phase:
        return None
    month = source.of(until - BUDGET_DAYS * DAY, until)
    return slo(check, month, until, question.service.windows(until - BUDGET_DAYS * DAY, until))


def _happened(
    events: Sequence[Event], incidents: Sequence[Incident], question: Question
) -> tuple[Event, ...]:
    """Deployments, and the begin and end of just those incidents whose stretches are shaded: also
    of one that began before the window, and of another check's that explains this one."""
    service, own = question.service, question.check
    ids = {incident.id for incident in incidents}
    mine = {
        event.id: event
        for event in (*events, *marks(events))
        if (event.kind is Kind.DEPLOYMENT and not event.id.endswith(VERDICT))
        or (event.kind is Kind.INCIDENT and incident_of(event) in ids)
        or (event.kind is Kind.INCIDENT and own is not None and event.source == own.name)
    }
    for incident in incidents:
        if incident.started_at < question.since:
            check = service.check(incident.check)
            event = opening(incident, check.label if check else incident.check)
            mine.setdefault(event.id, event)
    return tuple(sorted(mine.values(), key=lambda event: -event.at))


def _incidents(store: History, question: Question) -> tuple[Incident, ...]:
    """Closed and open incidents of the check, or that explain it, that reach into the window."""
    check = question.check
    if check is None:
        return ()
    service = question.service.name
    current = [state.incident for state in store.states(service).values() if state.incident]
    closed = store.incidents(service, question.since, question.until, INCIDENTS_READ)
    return tuple(
        incident
        for incident in (*current, *closed)
        if check.name in (incident.check, *incident.affected)
        and incident.started_at <= question.until
    )
