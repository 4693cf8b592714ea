"""What is remembered of one alert, and what people may be told of it. Plain data."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from console.alerts.model import Alert
from console.health.model import Status


class Telling(StrEnum):
    """What people are told of an alert."""

    FIRED = "fired"
    WORSE = "worse"  # from warn to fail
    REMINDER = "reminder"
    ACKNOWLEDGED = "acknowledged"
    REFIRED = "refired"  # an acknowledgement ran out
    RESOLVED = "resolved"
    LAPSED = "lapsed"  # over, since it was not known any more whether it is bad
    FLAPPING = "flapping"
    STEADY = "steady"  # it flapped, and has stayed as it is for a while


@dataclass(frozen=True, slots=True)
class Record:
    """All that is remembered of one alert. Times are Unix seconds."""

    key: str
    title: str
    status: Status = Status.FAIL  # warn or fail: how bad it was last
    summary: str = ""  # while it was bad
    page: str = "alerts"
    group: str = ""
    explained_by: str = ""
    explained_at: float = 0.0  # when it was explained last
    alert: Alert = field(default_factory=Alert)
    told: Status | None = None  # as what people believe that it fires; None: that it does not
    reminded_at: float = 0.0
    fired_at: float | None = None
    resolved_at: float | None = None
    ending: str = ""  # how it stood when it was resolved
    observed_at: float = 0.0
    seen_at: float = 0.0  # when there was a signal last
    # When it was told that it fires or is over, within the flap window; of what flaps, each change.
    changes: tuple[float, ...] = ()
    flapping: bool = False
    planned: bool = False  # under maintenance: nothing is told
    known: bool = True  # whether its last signal said anything
    unknown_since: float | None = None  # the first of the present unknowns in a row
    lapsed: bool = False  # it ended because it was not known any more, not because it is well
    shown: bool = False  # the timeline tells that it fires

    @property
    def lasting(self) -> "Record":
        """The same without what changes with every look: whether it is worth writing at once."""
        alert = replace(self.alert, failures=0, successes=0)
        return replace(
            self, alert=alert, observed_at=0.0, seen_at=0.0, explained_at=0.0, summary=""
        )


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell of one alert."""

    telling: Telling
    record: Record
