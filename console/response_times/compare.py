"""This window beside an earlier one: the period before, and the same window of last month."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import datetime, tzinfo

from console.response_times.model import Percentile
from console.store.histogram import GAMMA


@dataclass(frozen=True, slots=True)
class Stretch:
    """An earlier stretch of time of the same length; `note` says what is special about it."""

    name: str
    since: float
    until: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """How one percentile moved from then to now."""

    now: Percentile
    then: Percentile

    @property
    def seconds(self) -> float | None:
        """Now minus then; `None` where either has too few samples."""
        if self.now.value is None or self.then.value is None:
            return None
        return self.now.value - self.then.value

    @property
    def ratio(self) -> float | None:
        """Now as a share of then, less one: 0.25 is a quarter slower."""
        if self.now.value is None or not self.then.value:
            return None
        return self.now.value / self.then.value - 1

    @property
    def clear(self) -> bool:
        """Whether it is more than chance: the 95 % intervals of the two do not meet.

        They must lie apart by more than a bucket, the finest that can be told. Probes in a row
        resemble each other, so the intervals are rather too narrow: an unclear difference is none,
        a clear one may still deserve a second look.
        """
        now, then = self.now, self.then
        if now.low is None or now.high is None or then.low is None or then.high is None:
            return False
        return now.low > then.high * GAMMA or now.high * GAMMA < then.low


def moved(ratio: float) -> str:
    """`12 % slower`, `8 % faster`."""
    return f"{abs(ratio) * 100:.0f} % {'slower' if ratio > 0 else 'faster'}"


def differences(
    now: tuple[Percentile, ...], then: tuple[Percentile, ...]
) -> tuple[Difference, ...]:
    """Pair the percentiles of two stretches."""
    return tuple(Difference(a, b) for a, b in zip(now, then, strict=True))


def period_before(since: float, until: float) -> Stretch:
    """The stretch of the same length that ends where this one begins."""
    return Stretch("the period before", since - (until - since), since)


def last_month(since: float, until: float, zone: tzinfo) -> Stretch | None:
    """The same window one calendar month earlier: same length, same time of day at its end.

    Where last month has no such day its last day is taken, and the note says so. `None` for a
    window so long that the two would overlap.
    """
    end = datetime.fromtimestamp(until, zone)
    year, month = (end.year, end.month - 1) if end.month > 1 else (end.year - 1, 12)
    day = min(end.day, monthrange(year, month)[1])
    moved = end.replace(year=year, month=month, day=day, fold=0).timestamp()
    if moved > since:
        return None
    note = "" if day == end.day else f"{year}-{month:02d}-{day:02d} stands for {end:%Y-%m-%d}"
    return Stretch("last month", moved - (until - since), moved, note)
