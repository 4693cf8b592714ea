"""The time in which the store is away: results wait in the spool, and both ends of it are told."""

import logging
from collections.abc import Callable

from console.collector import chronicle
from console.collector.recorder import Entry, Recorder
from console.errors import StoreError
from console.store.spool import Spool

log = logging.getLogger(__name__)


class Away:
    """Whether the store is away, since when, and what waits for it."""

    def __init__(self, spool: Spool, recorder: Recorder, clock: Callable[[], float]) -> None:
        self._spool, self._recorder, self._clock = spool, recorder, clock
        self._why = ""  # why the store is away, once it has been said
        self._since = 0.0
        self._lost = spool.dropped  # before the store went away

    def keep(self) -> None:
        """Put what is not written yet into the spool."""
        entries = self._recorder.hand_over()
        self._spool.append([(e.sequence, e.service, e.result) for e in entries])

    def waiting(self, flushed: int) -> list[Entry]:
        """What waits in the spool after the sequence number `flushed`, of what is configured."""
        return [
            Entry(sequence, service, result)
            for sequence, service, result in self._spool.replay(flushed)
            if service in self._recorder.watches
        ]

    def begin(self, error: StoreError) -> None:
        """The store is away: say why, once for each reason."""
        if not self._why:
            self._since, self._lost = self._clock(), self._spool.dropped
        if str(error) != self._why:
            self._why = str(error)
            log.warning("%s Probing goes on; results wait in the spool.", error)

    def end(self) -> None:
        """The store has taken everything: say so if it was away, also in the timeline."""
        if self._why:
            log.info("The store is back; what waited in the spool is written.")
            lost = self._spool.dropped - self._lost
            self._recorder.note(chronicle.store_back(self._since, self._clock(), lost))
            self._why = ""
