"""The daily summary, from what the collector knows."""

import asyncio
import logging
from collections.abc import Callable, Mapping

from console.alerts.digest import Part, digest, due
from console.alerts.message import Message
from console.alerts.record import Record
from console.collector.recorder import Recorder
from console.config import Config
from console.errors import ConsoleError
from console.health.check import Service
from console.health.model import Status
from console.health.verdict import summarise
from console.store.model import CollectorBeat

log = logging.getLogger(__name__)

WARM_UP = 120.0  # seconds after its start in which a collector knows too little to sum up
UNREAD = "How the closing stands is not known: it could not be read."

# What is said of a service's closing, and how it stands; None where there is none. It may read the
# store, and is called in a thread.
ClosingWords = Callable[[str, float], tuple[str, Status] | None]


def no_closing(service: str, now: float) -> None:
    """For a console that knows of no closings."""


class Summaries:
    """Makes the summary of all services when it is due."""

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        beat: Callable[[], CollectorBeat],
        closing: ClosingWords,
    ) -> None:
        self._config, self._recorder, self._beat, self._closing = config, recorder, beat, closing

    async def due(
        self, books: Mapping[str, Mapping[str, Record]], last: str, now: float
    ) -> Message | None:
        """The summary that is to be sent now; `last` is the day of the one before."""
        settings = self._config.settings
        day = due(now, settings.zone, settings.digest_at, last)
        if not day or now - self._beat().started_at < WARM_UP:
            return None
        parts = [
            await self._part(service, books.get(service.name, {}), now)
            for service in self._config.services
        ]
        return digest(parts, day, now, settings.zone, settings.link())

    async def _part(self, service: Service, book: Mapping[str, Record], now: float) -> Part:
        watch = self._recorder.watches[service.name]
        zone = self._config.settings.zone
        verdict = summarise(service, watch.states, self._beat(), now, zone).verdict
        closing = await self._words(service.name, now)
        return Part(
            service.label,
            verdict.standing,
            verdict.sentence,
            tuple(book.values()),
            service.checks[0].name if service.checks else "",
            dict(watch.uptimes),
            closing[0] if closing else "",
            closing[1] if closing else None,
        )

    async def _words(self, service: str, now: float) -> tuple[str, Status] | None:
        try:
            return await asyncio.to_thread(self._closing, service, now)
        except ConsoleError as error:
            log.warning("The closing of %s is not in the daily summary: %s", service, error)
            return UNREAD, Status.UNKNOWN
