"""The daily summary, from what the collector knows."""

from collections.abc import Callable, Mapping

from console.alerts.digest import Part, digest, due
from console.alerts.message import Message
from console.alerts.record import Record
from console.collector.recorder import Recorder
from console.collector.signals import Signals
from console.config import Config
from console.health.check import Service
from console.health.verdict import summarise
from console.store.model import CollectorBeat

WARM_UP = 120.0  # seconds after its start in which a collector knows too little to sum up


class Summaries:
    """Makes the summary of all services when it is due."""

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        signals: Signals,
        beat: Callable[[], CollectorBeat],
    ) -> None:
        self._config, self._recorder, self._signals, self._beat = config, recorder, signals, beat

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
        closing = await self._signals.closing(service.name)
        return Part(
            service.label,
            verdict.standing,
            verdict.sentence,
            tuple(book.values()),
            service.checks[0].name if service.checks else "",
            dict(watch.uptimes),
            f"{closing.title}: {closing.summary}" if closing else "",
            closing.status if closing else None,
        )
