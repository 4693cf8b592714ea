"""Runs the probes of all checks, each in its rhythm, and hands every result to the recorder."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from console.collector.recorder import Recorder
from console.collector.schedule import StartLags, first_delay, repeat
from console.health import sleep
from console.health.check import Check, Service
from console.health.gather import ProbeContext, probe
from console.health.model import Result

GLANCE = 10.0  # seconds between two looks at a check that may not be due: push, or asleep


class Prober:
    """Owns the probing tasks. `flipped` is called when a status has changed."""

    def __init__(
        self,
        services: Sequence[Service],
        recorder: Recorder,
        context: ProbeContext,
        flipped: Callable[[], None],
        clock: Callable[[], float],
    ) -> None:
        self.lags = StartLags()
        self._services = services
        self._recorder = recorder
        self._context = context
        self._flipped = flipped
        self._clock = clock
        self._tasks: list[asyncio.Task[None]] = []
        self._last_activity: dict[str, float] = {}

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
            self._tasks.append(asyncio.create_task(rhythm, name=f"{service.name}/{check.name}"))

    async def stop(self) -> None:
        """End all probes, also those under way."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def probe(self, service: Service, check: Check) -> Result:
        """Probe now, whatever the rhythm."""
        now = self._clock()
        cold = False
        if sleep.may_sleep(check, service):
            cold = sleep.is_cold(service, self._last_activity.get(service.name), now)
            self._last_activity[service.name] = now
        definition = sleep.waking(check, service) if cold else check
        result = await probe(definition, self._context, service=service.name, cold_start=cold)
        if self._recorder.take(service.name, result):
            self._flipped()
        return result

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


def _rhythm(service: Service, check: Check) -> float:
    """Seconds between two looks at a check; for most of them each look is a probe."""
    if check.type == "push" or sleep.may_sleep(check, service):
        return min(check.interval, GLANCE)
    return check.interval
