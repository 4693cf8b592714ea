"""A platform's adapter as a Scaler: the plan is applied through `perform(Scale(…))`.

Its methods are called from threads; each opens the adapter, asks once, and closes it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager
from functools import partial
from typing import TypeVar

from console.config import Config
from console.errors import ConsoleError, PlatformError
from console.instances.scaling.scaler import Range, Scaler, ScalingError
from console.platforms.choose import platform_of
from console.platforms.model import Capabilities, Capability, InstanceRange, Platform, Scale

LIMIT = 60.0  # seconds for one question: the adapters' own time-outs are shorter

T = TypeVar("T")
Open = Callable[[], AbstractAsyncContextManager[Platform | None]]


class PlatformScaler:
    """Scales one service where its platform runs it."""

    def __init__(self, open_: Open, capabilities: Capabilities, limits: Range) -> None:
        self._open, self._capabilities, self._limits = open_, capabilities, limits

    @property
    def title(self) -> str:
        """The platform."""
        return self._capabilities.platform

    @property
    def limits(self) -> Range:
        """As the console is set: a platform's own bounds are in its answers."""
        return self._limits

    def read(self) -> Range:
        """What is set now. Raises ScalingError."""
        return _set(_asked(self._open, _instances), self.title)

    def running(self) -> int | None:
        """How many run, as the platform says; None where it does not tell. Raises ScalingError."""
        return _asked(self._open, _instances).running

    def preview(self, wanted: Range) -> str:
        """What `apply` would send. Raises ScalingError."""

        async def shown(platform: Platform) -> str:
            action = _action(await platform.instances(), wanted, self._capabilities)
            request = platform.preview(action)
            return f"{request.text}\n{request.body}".strip()

        return _asked(self._open, shown)

    def apply(self, wanted: Range) -> Range:
        """Send it, once. Raises ScalingError."""

        async def sent(platform: Platform) -> Range:
            action = _action(await platform.instances(), wanted, self._capabilities)
            await platform.perform(action)
            return Range(action.least, action.most)

        return _asked(self._open, sent)


def platform_scalers(config: Config) -> tuple[Mapping[str, Scaler], Mapping[str, str]]:
    """A scaler for each service whose platform can scale it; of the others that have a platform,
    why it cannot."""
    found: dict[str, Scaler] = {}
    reasons: dict[str, str] = {}
    limits = Range(config.settings.instances_min, config.settings.instances_max)
    for service in config.services:
        if not service.platform:
            continue
        open_ = partial(platform_of, config, service)
        try:
            capabilities = _asked(open_, _capabilities)
        except ConsoleError as error:
            reasons[service.name] = str(error)
            continue
        if capabilities.offers(Capability.SCALE):
            found[service.name] = PlatformScaler(open_, capabilities, limits)
        else:
            reasons[service.name] = capabilities.reason(Capability.SCALE)
    return found, reasons


def _action(now: InstanceRange, wanted: Range, capabilities: Capabilities) -> Scale:
    """The least is what is wanted. Where the platform itself chooses between two numbers, it keeps
    its most; elsewhere the number is fixed."""
    if now.automatic and now.most is not None and capabilities.offers(Capability.RANGE):
        return Scale(wanted.least, max(wanted.least, now.most))
    return Scale(wanted.least, wanted.least)


def _set(told: InstanceRange, title: str) -> Range:
    least = told.least if told.automatic else told.desired
    least = least if least is not None else told.running
    if least is None:
        raise ScalingError(f"{title} does not tell how many instances are set.")
    return Range(least, told.most if told.automatic and told.most is not None else least)


async def _instances(platform: Platform) -> InstanceRange:
    return await platform.instances()


async def _capabilities(platform: Platform) -> Capabilities:
    return platform.capabilities


def _asked(open_: Open, ask: Callable[[Platform], Awaitable[T]]) -> T:
    """Ask the platform in a loop of its own; whoever calls may have one already."""

    async def answered() -> T:
        async with asyncio.timeout(LIMIT), open_() as platform:
            if platform is None:
                raise ScalingError("The service names no platform.")
            return await ask(platform)

    with ThreadPoolExecutor(1, thread_name_prefix="platform-scaler") as thread:
        try:
            return thread.submit(asyncio.run, answered()).result()
        except PlatformError as error:
            raise ScalingError(str(error)) from None
        except TimeoutError:
            raise ScalingError(f"The platform did not answer within {LIMIT:g} s.") from None
