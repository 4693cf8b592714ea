"""All that is known of one series in one window, as plain data.

It holds no cells, so that it is small (some 50 kB) and can be shared by all visitors.
"""

from dataclasses import dataclass
from datetime import tzinfo

from console.activity.model import Event
from console.health.check import Check, Service
from console.health.model import Incident
from console.response_times.compare import Stretch
from console.response_times.heatmap import HeatMap
from console.response_times.model import Curve, Percentile
from console.response_times.outcomes import OutcomeBars, OutcomeCounts
from console.response_times.slo import Slo
from console.store.series import SeriesId


@dataclass(frozen=True, slots=True)
class Question:
    """What a page wants to know. Times are Unix seconds."""

    service: Service
    series: SeriesId
    since: float
    until: float
    zone: tzinfo  # of the calendar that months are taken from
    flush_interval: float = 0.0  # seconds that a result may wait before it is in the store

    @property
    def check(self) -> Check | None:
        """The check that the series is of."""
        return self.service.check(self.series.name) if self.series.kind == "check" else None


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier stretch of time, for the comparison."""

    stretch: Stretch
    percentiles: tuple[Percentile, ...]
    counts: OutcomeCounts
    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class PhaseTimes:
    """One phase of the requests of a series."""

    phase: str
    percentiles: tuple[Percentile, ...]
    share: float  # of the time that all phases took together, 0 to 1


@dataclass(frozen=True, slots=True)
class Analysis:
    """The answer to a question."""

    question: Question
    resolution: int  # seconds of one cell
    oldest: float | None  # begin of the oldest minute or hour with a result
    newest: float | None  # end of the newest minute or hour with a result
    drawn_since: float  # where the charts begin: later than the window where history does
    percentiles: tuple[Percentile, ...]
    curves: tuple[Curve, ...]
    counts: OutcomeCounts
    bars: OutcomeBars
    heat: HeatMap | None
    earlier: tuple[Earlier, ...]
    phases: tuple[PhaseTimes, ...]
    cold_starts: Percentile  # the median of answers that had to wake the service
    slo: Slo | None  # of a whole check only
    events: tuple[Event, ...]  # deployments, and begin and end of the incidents; newest first
    incidents: tuple[Incident, ...]  # that reach into the window, newest first
    older_events: bool = False  # whether older ones of the window were not read

    @property
    def is_young(self) -> bool:
        """Whether all history there is began within the window."""
        return self.drawn_since > self.question.since
