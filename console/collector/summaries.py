"""The daily summary and that of a closing, from what the collector knows."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from console.alerts.closing_digest import Stand, closing_digest, mark_of, stage
from console.alerts.digest import MARK, PREFIX, Part, digest, due
from console.alerts.episode import Episode, within
from console.alerts.history import figures
from console.alerts.message import Message
from console.alerts.record import Record
from console.collector.draft import Draft
from console.collector.recorder import Recorder
from console.config import Config
from console.errors import ConsoleError
from console.health.check import Service
from console.health.model import Status
from console.health.plain_words import plain_status
from console.health.verdict import summarise
from console.store.model import CollectorBeat
from console.words import DAY, duration, sentence

log = logging.getLogger(__name__)

WARM_UP = 120.0  # seconds after its start in which a collector knows too little to sum up
UNREAD = "How the closing stands is not known: it could not be read."

MEANWHILE = 14 * DAY  # seconds before a summary of a closing whose alerts it counts

# What is said of a service's closing, and how it stands; None where there is none. It may read the
# store, and is called in a thread.
ClosingWords = Callable[[str, float], Stand | None]


def no_closing(service: str, now: float) -> None:
    """For a console that knows of no closings."""


@dataclass(frozen=True, slots=True)
class Due:
    """A summary to be sent, and the mark that says so."""

    message: Message
    service: str  # empty: of all
    mark: str
    value: str


class Summaries:
    """Makes the summaries of all services when they are due."""

    def __init__(
        self,
        config: Config,
        recorder: Recorder,
        beat: Callable[[], CollectorBeat],
        closing: ClosingWords,
    ) -> None:
        self._config, self._recorder, self._beat, self._closing = config, recorder, beat, closing

    async def due(self, draft: Draft, now: float) -> list[Due]:
        """The summaries that are to be sent now."""
        if not self._config.settings.digest_at or now - self._beat().started_at < WARM_UP:
            return []
        daily = await self._daily(draft.books, draft.marks.get(MARK, ""), now)
        found = [Due(daily, "", MARK, daily.id.removeprefix(PREFIX))] if daily else []
        for service in self._config.services:
            mark, episodes = mark_of(service.name), draft.episodes.get(service.name, {})
            one = await self._of_closing(service, episodes.values(), draft.marks.get(mark, ""), now)
            if one is not None:
                found.append(Due(one[0], service.name, mark, one[1]))
        return found

    async def _daily(
        self, books: Mapping[str, Mapping[str, Record]], last: str, now: float
    ) -> Message | None:
        settings = self._config.settings
        day = due(now, settings.zone, settings.digest_at, last)
        if not day:
            return None
        parts = [
            await self._part(service, books.get(service.name, {}), now)
            for service in self._config.services
        ]
        return digest(parts, day, now, settings.zone, settings.link())

    async def _part(self, service: Service, book: Mapping[str, Record], now: float) -> Part:
        watch = self._recorder.watches[service.name]
        zone = self._config.settings.zone
        told = plain_status(summarise(service, watch.states, self._beat(), now, zone), zone)
        closing = await self._words(service.name, now)
        return Part(
            service.label,
            told.standing,
            " ".join((sentence(told.headline), *told.sentences)),
            tuple(book.values()),
            service.checks[0].name if service.checks else "",
            dict(watch.uptimes),
            closing.words if closing else "",
            closing.status if closing else None,
        )

    async def _of_closing(
        self, service: Service, episodes: Iterable[Episode], last: str, now: float
    ) -> tuple[Message, str] | None:
        """The summary of its closing, and which one it is."""
        settings = self._config.settings
        stand = await self._words(service.name, now)
        due_now = stage(stand, last, now) if stand else ""
        if stand is None or not due_now:
            return None
        alerts = figures(within(episodes, now - MEANWHILE, now)).replace(" in this window", "")
        told = f"in the last {duration(MEANWHILE)}, {alerts[0].lower()}{alerts[1:]}"
        link = settings.link("/month_end", service.name)
        return closing_digest(stand, due_now, service.name, service.label, told, link), due_now

    async def _words(self, service: str, now: float) -> Stand | None:
        try:
            return await asyncio.to_thread(self._closing, service, now)
        except ConsoleError as error:
            log.warning("The closing of %s is not in the summary: %s", service, error)
            return Stand("", UNREAD, Status.UNKNOWN)
