"""Log lines of the running instances from a platform that offers them (`RUNTIME_LOGS`).

Lines are told again from a little before where the last reading ended, because they may reach a
platform late; what came before is left out. The lines of one instance are read together, so that a
stack trace stays with its error.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace

from console.errors import PlatformError
from console.logs.decode import Text
from console.logs.model import Line, Page
from console.logs.parse import assemble
from console.logs.safe import safe
from console.logs.times import Clock
from console.platforms.extras import RuntimeLine, lines_of
from console.platforms.model import Capability, Platform

MOST_LINES = 2000  # of one reading
FIRST_LOOK = 3600.0  # seconds that are asked for where nothing was read before
OVERLAP = 30.0  # seconds that are asked for again
MOST_RECENT = 20_000  # lines that are remembered to leave out what comes again
LINE_LIMIT = 16_000  # characters

_Identity = tuple[str, float | None, str, str]


def offered(platform: Platform | None) -> bool:
    """Whether there is a log to read."""
    return platform is not None and platform.capabilities.offers(Capability.RUNTIME_LOGS)


class PlatformLog:
    """The log of one service on its platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._recent: deque[_Identity] = deque(maxlen=MOST_RECENT)

    @property
    def title(self) -> str:
        """What the platform is called."""
        return self._platform.capabilities.platform

    async def read(self, mark: str, clock: Clock) -> Page:
        """What is new since a mark (`Page.newer`). Never raises."""
        read_to = float(mark) if mark.isdecimal() else None
        since = clock.now - FIRST_LOOK if read_to is None else read_to - OVERLAP
        try:
            told = await lines_of(self._platform, since, MOST_LINES)
        except PlatformError as error:
            return Page(newer=mark, problem=str(error))
        known = set(self._recent)
        fresh = {_identity(one) for one in told} - known
        self._recent.extend(one for one in map(_identity, told) if one in fresh)
        newer = str(int(clock.now))
        if not fresh:
            return Page(newer=newer)
        lines = await asyncio.to_thread(_lines, told, fresh, clock)
        if not known and read_to is not None:  # began anew: what was read before is in the store
            lines = [one for one in lines if one.time is not None and one.time > read_to]
        return Page(tuple(lines), newer=newer)


def _identity(one: RuntimeLine) -> _Identity:
    return one.id, one.at, one.instance, one.text


def _lines(told: Sequence[RuntimeLine], fresh: set[_Identity], clock: Clock) -> list[Line]:
    """The entries that begin with a new line, in the order of their times."""
    by_instance: dict[str, list[RuntimeLine]] = {}
    for one in told:
        by_instance.setdefault(one.instance, []).append(one)
    found: list[Line] = []
    for instance, lines in by_instance.items():
        if not any(_identity(one) in fresh for one in lines):
            continue
        texts = [
            Text(number, one.text[:LINE_LIMIT], len(one.text))
            for number, one in enumerate(lines)
            if one.text.strip()
        ]
        for entry in assemble(texts, clock):
            first = lines[entry.number]
            if _identity(first) in fresh:
                found.append(_told(entry, first.at, instance))
    return sorted(found, key=lambda one: clock.now if one.time is None else one.time)


def _told(entry: Line, at: float | None, instance: str) -> Line:
    """The entry with what the platform tells beside it."""
    fields = dict(entry.fields)
    if instance:
        fields.setdefault("instance", safe(instance))
    return replace(entry, time=at if entry.time is None else entry.time, fields=fields)
