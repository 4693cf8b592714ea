"""The minutes that are still being counted, in the collector's memory.

A cell is (service, series, minute) with its counts by code. Cells are cumulative for one fence:
flushing one writes all it has counted, so writing it again changes nothing. For that to hold, a
field in the store must never be begun again from zero:

- a minute is forgotten only when everything in it is flushed and it is KEEP seconds past;
- a result that comes even later begins a new field, `minute.fence.<n>`, never the old name.

History packs only minutes that are forgotten here (`oldest`), so nothing is packed twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from console.health.model import Outcome
from console.store.histogram import TIMED, code_of, outcome_code
from console.store.series import SeriesId

MINUTE = 60
KEEP = 90  # seconds a minute stays open: a result carries its start, and arrives a time-out later


@dataclass(frozen=True, slots=True)
class OpenCell:
    """One cell as it goes to the store."""

    service: str
    series: str
    minute: int  # Unix seconds // 60
    field: str
    text: str  # code:count,code:count
    version: int  # grows with every count


@dataclass(slots=True)
class _Cell:
    counts: dict[int, int] = field(default_factory=dict[int, int])
    version: int = 0


@dataclass(slots=True)
class _Minute:
    name: str  # its field in the store
    cells: dict[tuple[str, str], _Cell] = field(default_factory=dict[tuple[str, str], _Cell])
    changed: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])


class OpenPeriod:
    """Counts results of one fence. Not thread-safe: it belongs to the collector's loop."""

    def __init__(self, fence: int) -> None:
        self.fence = fence
        self._minutes: dict[int, _Minute] = {}
        self._forgotten_to = -1  # minutes up to here may have been forgotten
        self._late = 0

    def __len__(self) -> int:
        """Cells in memory (about 0.4 kB each)."""
        return sum(len(minute.cells) for minute in self._minutes.values())

    @property
    def oldest(self) -> int | None:
        """The oldest minute that may still be written; history before it may be packed."""
        return min(self._minutes, default=None)

    def add(
        self, service: str, series: SeriesId, at: float, seconds: float | None, outcome: Outcome
    ) -> None:
        """Count one result that started at `at`.

        A duration counts only where it means something (`histogram.TIMED`); an outcome other than
        ok is counted as such.
        """
        minute = self._minute(int(at // MINUTE))
        key = (service, str(series))
        cell = minute.cells.get(key)
        if cell is None:
            cell = minute.cells[key] = _Cell()
        timed = seconds is not None and outcome in TIMED
        if timed and seconds is not None:
            code = code_of(seconds)
            cell.counts[code] = cell.counts.get(code, 0) + 1
        if outcome is not Outcome.OK or not timed:
            code = outcome_code(outcome)
            cell.counts[code] = cell.counts.get(code, 0) + 1
        cell.version += 1
        minute.changed.add(key)

    def take(self) -> tuple[OpenCell, ...]:
        """All cells that the store does not have as they are now. They stay until confirmed."""
        return tuple(
            OpenCell(key[0], key[1], number, minute.name, _text(cell.counts), cell.version)
            for number, minute in self._minutes.items()
            for key in minute.changed
            for cell in (minute.cells[key],)
        )

    def confirm(self, cells: Iterable[OpenCell], now: float) -> None:
        """The store has these cells. Minutes that are past and complete there are forgotten."""
        for cell in cells:
            minute = self._minutes.get(cell.minute)
            key = (cell.service, cell.series)
            if minute and key in minute.changed and minute.cells[key].version == cell.version:
                minute.changed.discard(key)
        past = [
            number
            for number, minute in self._minutes.items()
            if not minute.changed and (number + 1) * MINUTE + KEEP <= now
        ]
        for number in past:
            del self._minutes[number]
        if past:
            self._forgotten_to = max(self._forgotten_to, *past)
            self._late += 1

    def _minute(self, number: int) -> _Minute:
        minute = self._minutes.get(number)
        if minute is None:
            name = f"{number}.{self.fence}"
            if number <= self._forgotten_to:
                name = f"{name}.{self._late}"
            minute = self._minutes[number] = _Minute(name)
        return minute


def _text(counts: dict[int, int]) -> str:
    return ",".join([f"{code}:{count}" for code, count in counts.items()])
