"""Alerts in the collector: looks at the signals, writes what changed, sends what is to be told.

One task. A change and the messages that tell of it are written in one command under the lease, so
that replicas and kills neither lose nor double one. While the store is away nothing is sent, since
nothing could be remembered of it: that is what the dead man's switch is for.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from console.alerts import episode, outbox
from console.alerts.book import evaluate, take_all
from console.alerts.message import Message, messages
from console.alerts.model import Acknowledgement
from console.alerts.record import Notice, Record
from console.alerts.sources import CHECK, planned
from console.alerts.timeline import events_of, taken_events
from console.collector.draft import Draft, read
from console.collector.postman import Postman
from console.collector.recorder import Recorder
from console.collector.rewords import Rewords
from console.collector.signals import Signals, Source
from console.collector.summaries import ClosingWords, Summaries, no_closing
from console.collector.watchman import Watchman
from console.config import Config
from console.errors import LeaseLost, StoreError
from console.health.check import Service
from console.store import keys
from console.store.alerts import ACKNOWLEDGEMENT, write_marks, write_records
from console.store.model import CollectorBeat
from console.store.write import CollectorStore

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0  # between two looks at the signals, which cost no command of the store
BILLED_REQUESTS = 30.0  # seconds between two looks for acknowledgements where commands are billed
STOP_PATIENCE = 5.0  # seconds that a stop waits for messages under way


class Alerter:
    """The alerts of all services."""

    def __init__(
        self,
        config: Config,
        store: CollectorStore,
        recorder: Recorder,
        offline: Callable[[], Awaitable[bool]],
        beat: Callable[[], CollectorBeat],
        clock: Callable[[], float] = time.time,
        more: Sequence[Source] = (),
        closing: ClosingWords = no_closing,
    ) -> None:
        self._config, self._store, self._recorder = config, store, recorder
        self._offline, self._beat, self._clock = offline, beat, clock
        self._zone, self._channels = config.settings.zone, config.settings.channels
        self._all_channels = config.settings.all_channels
        self._signals = Signals(recorder, clock, more)
        self._summaries = Summaries(config, recorder, beat, closing)
        self._awake = asyncio.Event()
        self._postman = Postman(self._all_channels, self._awake.set)
        self.watchman = Watchman(config, recorder, clock)
        self._fence = 0  # under which the following was read
        self._known, self._asked_at = Draft(), 0.0
        self._rewords = Rewords()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to look; harmless when it has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="alerts")

    def wake(self) -> None:
        """Look now: a status has changed."""
        self._awake.set()

    async def stop(self) -> None:
        """End; what is being sent may arrive, and is written down."""
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, self.watchman.stop(), return_exceptions=True)
        self._task = None
        await self._postman.stop(STOP_PATIENCE)
        if self._postman.answers and self._fence and self._fence == self._store.fence:
            draft = self._known.copy()
            try:
                await self._write(draft, self._settle(draft, self._clock()))
            except (StoreError, LeaseLost) as error:
                log.warning("What was just sent is sent once more by the next one: %s", error)

    async def _run(self) -> None:
        while True:
            try:
                await self._look()
            except (StoreError, LeaseLost) as error:
                log.info("Alerts wait: %s", error)
            except Exception:
                # The border of the task: a defect here must not end all alerts for good.
                log.exception("Looking at the alerts failed")
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._awake.wait()
            except TimeoutError:
                pass
            self._awake.clear()

    async def _look(self) -> None:
        if not self._store.fence or not self._recorder.attached:
            return
        if self._fence != self._store.fence:
            await self._load()
        offline = await self._offline()
        self.watchman.look(offline, self._beat().flush_interval)
        now, draft = self._clock(), self._known.copy()
        settled = self._settle(draft, now)
        if not offline:
            for service in self._config.services:
                await self._evaluate(draft, service, now)
            await self._add_summaries(draft, now)
        await self._write(draft, settled)
        self._pass_on_acknowledgements()
        if not offline:
            await self._send(now)

    async def _load(self) -> None:
        """Begin from what the store remembers, under this lease."""
        fence = self._store.fence
        self._known = await read(self._store, [one.name for one in self._config.services])
        now, draft = self._clock(), self._known.copy()
        others = [one for one in self._known.outbox.values() if not self._postman.has(one.id)]
        recovered = [outbox.recover(one, now) for one in others]
        recovered = [new for new, old in zip(recovered, others, strict=True) if new is not old]
        draft.post(recovered)
        draft.arrived(recovered, now)
        lost = outbox.without(draft.outbox, self._all_channels, now)
        draft.post(lost)
        draft.arrived(lost, now)
        await self._write(draft, ())
        self._fence = fence

    async def _write(self, draft: Draft, settled: Iterable[str]) -> None:
        if draft.operations:
            await self._store.apply(draft.operations)
        self._known = draft
        for id in settled:
            self._postman.answers.pop(id, None)

    def _settle(self, draft: Draft, now: float) -> list[str]:
        """Take the answers that have come in."""
        ids = list(self._postman.answers)
        answers = ((draft.outbox.get(id), self._postman.answers[id]) for id in ids)
        done = [outbox.finish(one, answer, now) for one, answer in answers if one is not None]
        for one in done:
            if one.reason:
                log.warning("%s: a message was not delivered. %s", one.label, one.reason)
        draft.post(done, outbox.old(draft.outbox))
        draft.arrived(done, now)
        return ids

    async def _evaluate(self, draft: Draft, service: Service, now: float) -> None:
        name, book = service.name, draft.books.get(service.name, {})
        requests = await self._requests(name, book, now)
        signals = await self._signals.of(service)
        taken, told = take_all(book, requests)
        found = evaluate(
            taken,
            signals,
            now,
            planned=planned(service, signals, now),
            reminder=self._config.settings.alert_reminder,
            zone=self._zone,
        )
        written = {*found.changed, *(key for key in requests if key in found.records)}
        written |= self._rewords.due(name, found, now, billed=self._billed)
        write_records(
            draft.operations,
            name,
            {key: found.records[key] for key in sorted(written)},
            found.gone,
            list(requests),
            [*taken_events(book, taken, requests), *events_of(found, now)],
        )
        draft.books[name] = dict(found.records)
        notices = [*told, *found.notices]
        made = self._messages(service, notices, found.records, now)
        draft.post(outbox.post(made, self._channels, name, now))
        history = episode.follow(draft.episodes.get(name, {}), found.records, now)
        history = episode.tell(history, notices, made, len(self._channels), now)
        draft.remember(name, history, now)

    @property
    def _billed(self) -> bool:
        return self._store.profile.name != "local"

    def _messages(
        self, service: Service, notices: Sequence[Notice], book: Mapping[str, Record], now: float
    ) -> list[Message]:
        if not notices or not self._channels:
            return []
        link, every = self._config.settings.link("/alerts", service.name), list(book.values())
        return messages(notices, every, service.name, service.label, now, self._zone, link)

    async def _requests(
        self, service: str, book: Mapping[str, Record], now: float
    ) -> dict[str, Acknowledgement]:
        """What operators took; asked for only while something fires."""
        if not any(record.alert.active for record in book.values()):
            return {}
        if self._billed and now - self._asked_at < BILLED_REQUESTS:
            return {}
        self._asked_at = now
        (asked,) = await self._store.hashes(keys.alert_requests(service))
        return ACKNOWLEDGEMENT.decode_each(asked)

    def _pass_on_acknowledgements(self) -> None:
        """A check has a state of its own: it learns who took its alert."""
        for service, book in self._known.books.items():
            states = self._recorder.watches[service].states
            for record in book.values():
                taken = record.alert.acknowledgement
                state = states.get(record.key.removeprefix(CHECK))
                if taken is None or state is None or not record.key.startswith(CHECK):
                    continue
                if state.alert.active and state.alert.acknowledgement != taken:
                    self._recorder.acknowledge(service, state.check, taken)

    async def _add_summaries(self, draft: Draft, now: float) -> None:
        """The summaries, each in the same write as the mark that it was sent."""
        channels = self._config.settings.digest_channels
        if not channels:
            return
        for one in await self._summaries.due(draft, now):
            draft.post(outbox.post([one.message], channels, one.service, now))
            draft.marks[one.mark] = one.value
            write_marks(draft.operations, {one.mark: one.value})

    async def _send(self, now: float) -> None:
        """Mark what is due as being sent, and only then send it."""
        due = [one for one in outbox.due(self._known.outbox, now) if not self._postman.has(one.id)]
        chosen = [outbox.begin(one) for one in self._postman.can_take(due)]
        if not chosen:
            return
        draft = self._known.copy()
        draft.post(chosen)
        await self._write(draft, ())
        self._postman.begin(chosen)
