"""Runs the probes of all checks, each in its rhythm, and hands every result to the recorder."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from console.collector.beats import Beats
from console.collector.recorder import Recorder
from console.collector.schedule import StartLags, first_delay, repeat
from console.health import sleep
from console.health.check import Check, Service
from console.health.gather import ProbeContext, probe, push
from console.health.model import Result

log = logging.getLogger(__name__)

GLANCE = 5.0  # seconds between two looks at a check that may not be due: push, or asleep


class Prober:
    """Owns the probing tasks. `flipped` is called when a status has changed."""

    def __init__(
        self,
        services: Sequence[Service],
        recorder: Recorder,
        context: ProbeContext,
        beats: Beats,
        flipped: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.lags = StartLags()
        self._services = services
        self._recorder = recorder
        self._context = context
        self._beats = beats
        self._flipped = flipped
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._last_activity: dict[str, float] = {}
        self._reported: dict[tuple[str, str], float] = {}  # when a job reported last

    def start(self) -> None:
        """Begin to probe; does nothing while it does already."""
        if self._tasks:
            return
        every = [(service, check) for service in self._services for check in service.checks]
        for position, (service, check) in enumerate(every):
            rhythm = repeat(
                partial(self._probe_if_due, service, check),
                partial(_rhythm, service, check),
                first_delay(position, len(every), check.interval),
                self.lags,
            )
            task = asyncio.create_task(rhythm, name=f"{service.name}/{check.name}")
            task.add_done_callback(_tell_defect)
            self._tasks.append(task)

    async def stop(self) -> None:
        """End all probes, also those under way."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def probe(self, service: Service, check: Check) -> Result | None:
        """Probe now, whatever the rhythm. `None` for a job whose reports cannot be read."""
        if check.type == "push":
            return await self._look(service, check)
        cold = False
        if sleep.may_sleep(check, service):
            now = self._clock()
            cold = sleep.is_cold(service, self._last_activity.get(service.name), now)
            self._last_activity[service.name] = now
        definition = sleep.waking(check, service) if cold else check
        result = replace(await probe(definition, self._context), cold_start=cold)
        self._take(service, result)
        return result

    async def _look(self, service: Service, check: Check) -> Result | None:
        """Whether a job has reported. Only what is new counts as a result."""
        now = self._clock()
        beats = await self._beats.of(service.name, now)
        if beats is None:
            return None
        beat = beats.get(check.name)
        result = push.decide(check, beat, now)
        state = self._recorder.watches[service.name].states[check.name]
        if push.is_news(
            check, state.last, self._reported.get((service.name, check.name)), beat, now
        ):
            self._take(service, result)
        else:
            self._recorder.pass_time(service.name, check.name, now)
        if beat is not None:
            self._reported[service.name, check.name] = beat.at
        return result

    def _take(self, service: Service, result: Result) -> None:
        if self._recorder.take(service.name, result):
            self._flipped()

    async def _probe_if_due(self, service: Service, check: Check) -> None:
        if not sleep.may_sleep(check, service):
            await self.probe(service, check)
            return
        state = self._recorder.watches[service.name].states[check.name]
        now = self._clock()
        last = state.last.at if state.last else None
        if last is None or now - last >= sleep.next_interval(check, service, state):
            await self.probe(service, check)
        elif sleep.is_cold(service, self._last_activity.get(service.name, last), now):
            self._recorder.fall_asleep(service.name, check.name, now)


def _tell_defect(task: asyncio.Task[None]) -> None:
    """A rhythm has no end of its own: what ended it is a defect, and its check becomes unknown."""
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error("%s is not probed any more.", task.get_name(), exc_info=error)


def _rhythm(service: Service, check: Check) -> float:
    """Seconds between two looks at a check; for most of them each look is a probe."""
    if check.type == "push" or sleep.may_sleep(check, service):
        return min(check.interval, GLANCE)
    return check.interval
