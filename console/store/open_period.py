"""The minutes that are still being counted, in the collector's memory.

A cell is (service, series, minute) with its counts by code. Cells are cumulative for one fence:
flushing one writes all it has counted, so writing it again changes nothing. For that to hold, a
field in the store must never be begun again from zero:

- a minute is forgotten only when everything in it is flushed and it is KEEP seconds past;
- a result that comes even later begins a new field, `minute.fence.<n>`, never the old name.

History packs only minutes that are forgotten here (`oldest`), so nothing is packed twice.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field

from console.health.model import Outcome
from console.store.histogram import TIMED, code_of, outcome_code
from console.store.series import SeriesId

log = logging.getLogger(__name__)

MINUTE = 60
KEEP = 90  # seconds a minute stays open: a result carries its start, and arrives a time-out later
MOST_CELLS = 400_000  # of about 0.4 kB each: what a store that is away for hours may cost in memory

type_of_key = tuple[str, str]  # service, series


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
class _Minute:
    name: str  # its field in the store
    # Counts lie flat, code and count in turn: a dict for each of many small cells costs twice.
    cells: dict[type_of_key, list[int]] = field(default_factory=dict[type_of_key, list[int]])
    changed: set[type_of_key] = field(default_factory=set[type_of_key])
    results: int = 0


class OpenPeriod:
    """Counts results of one fence. Not thread-safe: it belongs to the collector's loop."""

    def __init__(self, fence: int, most_cells: int = MOST_CELLS) -> None:
        self.fence = fence
        self.dropped = 0  # results given up because the store was away for too long
        self._most_cells = most_cells
        self._minutes: dict[int, _Minute] = {}
        self._keys: dict[tuple[str, SeriesId], type_of_key] = {}  # one object for each series
        self._forgotten_to = -1  # minutes up to here may have been forgotten
        self._late = 0

    def __len__(self) -> int:
        """Cells in memory."""
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
        minute, key, cell = self._cell(service, series, at)
        timed = seconds if outcome in TIMED else None
        if timed is not None:
            _count(cell, code_of(timed))
        if timed is None or outcome is not Outcome.OK:
            _count(cell, outcome_code(outcome))
        minute.changed.add(key)
        if not series.phase:
            minute.results += 1

    def take(self) -> tuple[OpenCell, ...]:
        """All cells that the store does not have as they are now. They stay until confirmed."""
        return tuple(
            OpenCell(key[0], key[1], number, minute.name, _text(cell), sum(cell[1::2]))
            for number, minute in self._minutes.items()
            for key in minute.changed
            for cell in (minute.cells[key],)
        )

    def count(self, service: str, series: SeriesId, at: float, code: int, count: int) -> None:
        """Count a code several times at once: what somebody else has counted already."""
        minute, key, cell = self._cell(service, series, at)
        _count(cell, code, count)
        minute.changed.add(key)

    def _cell(
        self, service: str, series: SeriesId, at: float
    ) -> tuple["_Minute", type_of_key, list[int]]:
        minute = self._minute(int(at // MINUTE))
        key = self._keys.get((service, series))
        if key is None:
            key = self._keys[service, series] = (service, str(series))
        return minute, key, minute.cells.setdefault(key, [])

    def confirm(self, cells: Iterable[OpenCell], now: float) -> None:
        """The store has these cells. Minutes that are past and complete there are forgotten."""
        for cell in cells:
            minute = self._minutes.get(cell.minute)
            key = (cell.service, cell.series)
            if minute is None or key not in minute.changed:
                continue
            if sum(minute.cells[key][1::2]) == cell.version:
                minute.changed.discard(key)
        self._forget(
            [
                number
                for number, minute in self._minutes.items()
                if not minute.changed and (number + 1) * MINUTE + KEEP <= now
            ]
        )

    def _minute(self, number: int) -> _Minute:
        minute = self._minutes.get(number)
        if minute is None:
            self._make_room()
            name = f"{number}.{self.fence}"
            if number <= self._forgotten_to:
                name = f"{name}.{self._late}"
            minute = self._minutes[number] = _Minute(name)
        return minute

    def _make_room(self) -> None:
        while self._minutes and len(self) >= self._most_cells:
            oldest = min(self._minutes)
            lost = self._minutes[oldest].results
            self.dropped += lost
            self._forget([oldest])
            log.warning(
                "The store is away for too long; %d results of minute %d are lost.", lost, oldest
            )

    def _forget(self, minutes: Iterable[int]) -> None:
        for number in minutes:
            del self._minutes[number]
            self._forgotten_to = max(self._forgotten_to, number)
            self._late += 1


def _count(cell: list[int], code: int, count: int = 1) -> None:
    for place in range(0, len(cell), 2):
        if cell[place] == code:
            cell[place + 1] += count
            return
    cell += (code, count)


def _text(cell: list[int]) -> str:
    codes = iter(cell)
    return ",".join([f"{code}:{count}" for code, count in zip(codes, codes, strict=True)])
