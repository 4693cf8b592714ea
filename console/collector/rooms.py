"""The checklist and the closing for the alerts: read from the store, like a page, in a thread.

They cost more than a look at what the collector knows itself, so each has a pace of its own.
"""

import threading
import time
from collections.abc import Callable
from typing import TypeVar, cast

from console.alerts.closing_digest import Stand
from console.alerts.rooms import of_checklist
from console.alerts.signal import Signal
from console.alerts.sources import of_closing
from console.checklist.load import load as load_checklist
from console.config import Config
from console.health.check import Service
from console.health.model import Status
from console.month_end.board import Board
from console.month_end.load import Background, load_background, load_board
from console.month_end.report import digest
from console.month_end.verdict import Word
from console.store.read import Store

# Seconds between two answers, where commands are free and where they are billed: each answer is
# some dozens of them.
LOCAL_SECONDS, BILLED_SECONDS = 15.0, 900.0
# Seconds until it is answered again where what fails has just changed: an alert wants the same
# answer twice, and the evidence is read anew within that time.
LOCAL_CONFIRM, BILLED_CONFIRM = 10.0, 90.0
# The same of what a forecast rests on, which changes slowly.
LOCAL_BACKGROUND, BILLED_BACKGROUND = 600.0, 6 * 3600.0

T = TypeVar("T")


class Rooms:
    """Reads both; used by several threads."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.time) -> None:
        self._config, self._clock = config, clock
        self._connection: Store | None = None
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str], tuple[float, object]] = {}
        self._failing: dict[str, tuple[set[str], bool]] = {}  # and whether that is to be confirmed

    def close(self) -> None:
        """Disconnect."""
        if self._connection is not None:
            self._connection.close()

    def checklist(self, service: str, now: float) -> list[Signal]:
        """What of the checklist fires. Raises StoreError."""
        found = self._config.service(service)
        if found is None:
            return []
        with self._lock:
            failing, changed = self._failing.get(service, (set[str](), False))
            period = self._either(LOCAL_CONFIRM, BILLED_CONFIRM) if changed else 0.0
            signals = self._paced(
                "checklist", service, now, lambda: self._answer(found, now), period
            )
            if signals and signals[0].at == now:
                fails = {one.key for one in signals if one.status is Status.FAIL}
                self._failing[service] = fails, fails != failing
            return signals

    def closing(self, service: str, now: float) -> list[Signal]:
        """How the newest closing stands; empty where there is none. Raises StoreError."""
        with self._lock:
            board = self._board(service, now)
        if board.snapshot is None:
            return []
        return of_closing(board.snapshot.name, board.told.verdict, board.snapshot.at)

    def closing_words(self, service: str, now: float) -> Stand | None:
        """What a summary says of the newest closing; None without one. Raises StoreError."""
        signals = self.closing(service, now)
        if not signals:
            return None
        with self._lock:
            board = self._board(service, now)
        words = digest(signals[0].title, board, self._config.settings.zone)
        verdict = board.told.verdict
        return Stand(
            board.snapshot.name if board.snapshot else "",
            words,
            signals[0].status,
            verdict.word.value,
            board.closing.deadline if board.closing else None,
            verdict.word is Word.CLOSED,
            signals[0].at,
        )

    def _answer(self, service: Service, now: float) -> list[Signal]:
        return of_checklist(load_checklist(self._store, self._config, service, now))

    def _board(self, service: str, now: float) -> Board:
        settings, store = self._config.settings, self._store
        slow = self._either(LOCAL_BACKGROUND, BILLED_BACKGROUND)
        background: Background = self._paced(
            "background",
            service,
            now,
            lambda: load_background(store, None, settings, service, now),
            slow,
        )
        return self._paced(
            "board",
            service,
            now,
            lambda: load_board(store, None, settings, service, now, background, lean=True),
        )

    def _paced(
        self, kind: str, service: str, now: float, make: Callable[[], T], period: float = 0.0
    ) -> T:
        period = period or self._either(LOCAL_SECONDS, BILLED_SECONDS)
        known = self._known.get((kind, service))
        if known is None or not 0 <= now - known[0] < period:
            known = self._known[kind, service] = (now, make())
        return cast("T", known[1])

    def _either(self, local: float, billed: float) -> float:
        return local if self._store.profile.name == "local" else billed

    @property
    def _store(self) -> Store:
        if self._connection is None:
            self._connection = Store(self._config.store_url, self._config.settings.store_profile)
        return self._connection
