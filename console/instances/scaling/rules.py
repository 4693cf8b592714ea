"""What bounds a recommendation, and its thresholds. Pure."""

from dataclasses import dataclass, field

from console.month_end.workload import Platform

TOLERANCE = 0.10  # around the utilisation target nothing is changed: Kubernetes' own tolerance
STABLE = 300.0  # seconds that less must have been enough before instances end: Kubernetes' default
UP_REST = 60.0  # seconds between two steps up at least: the last one has to show first
DRAIN = 900.0  # seconds within which what waits should be done


@dataclass(frozen=True, slots=True)
class Rules:
    """How instances are counted. Seconds; `platform` has target, bounds, quota and steps."""

    platform: Platform = field(default_factory=Platform)
    drain: float = DRAIN
    stable: float = STABLE
    up_rest: float = UP_REST
    tolerance: float = TOLERANCE

    @property
    def rest_up(self) -> float:
        """After a change this long no further step up: new instances must have started."""
        return max(self.up_rest, self.platform.start)

    @property
    def rest_down(self) -> float:
        """After a change this long no step down."""
        return max(self.stable, self.rest_up)
