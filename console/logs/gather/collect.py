"""Reads the log of one service again and again, from where it was read to, from every source.

Parsing and mining run in a thread, and rest for `REST` times as long as they took: the probes share
this process, and a storm of errors must not slow what measures them.
"""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from console.logs.deployment import Deployed
from console.logs.gather.kit import MOST_LINES, follow_stream
from console.logs.gather.loki import Loki, read_loki
from console.logs.gather.platform import PlatformLog
from console.logs.model import Decision, Line, LogsReading, Page, Source
from console.logs.tail import Tail, Taken
from console.logs.times import Clock
from console.service_redis import ServiceRedis

KIT, LOKI, PLATFORM = "kit", "Loki", "platform"
PLATFORM_SECONDS = 30.0  # between two looks at a platform: its API is asked for much else
MOST_PAGES = 12  # of the kit's stream at once: all that it holds
FIRST_LOOK = 3600.0  # seconds that are asked of Loki where nothing was read before
OVERLAP = 30.0  # seconds that are asked again: lines may reach Loki late
MOST_RECENT = 10_000  # lines that are remembered to leave out what comes again
IDLE = 30.0  # seconds after which a log without news is written again, so that its age is known
REST = 20.0  # times as long as the last look at the lines took


@dataclass(frozen=True, slots=True)
class LokiQuery:
    """A back end, and the LogQL selector of the service's lines."""

    loki: Loki
    selector: str


class LogsReader:
    """The log of one service."""

    def __init__(
        self,
        service: str,
        redis: ServiceRedis | None,
        loki: LokiQuery | None,
        zone: tzinfo = UTC,
        platform: PlatformLog | None = None,
        platform_seconds: float = PLATFORM_SECONDS,
    ) -> None:
        self._service, self._redis, self._loki, self._zone = service, redis, loki, zone
        self._platform, self._platform_seconds = platform, platform_seconds
        self._platform_due = 0.0  # monotonic: not before
        self._tail: Tail | None = None
        self._recent: deque[tuple[float | None, str]] = deque(maxlen=MOST_RECENT)
        self._told_twice: dict[tuple[float | None, str], None] = {}
        self._problems: dict[str, str] = {}
        self._due = 0.0  # monotonic: not before
        self._waits = False  # lines that are not in a reading yet
        self._told = float("-inf")  # when the last reading was made
        self._told_problems: dict[str, str] = {}

    async def resume(
        self, stored: LogsReading | None, chunks: Mapping[int, bytes], now: float
    ) -> None:
        """Go on from what the store has."""
        self._tail = await asyncio.to_thread(Tail, stored, chunks, Clock(now, self._zone))
        self._recent.clear()
        self._told = float("-inf")

    async def read(
        self,
        now: float,
        instances: Iterable[tuple[str, float]],
        decisions: Sequence[Decision],
        deployed: Deployed | None = None,
        *,
        at_once: bool = False,
    ) -> Taken | None:
        """What is new, and the reading with it; None where there is nothing to write. Never
        raises: why a source cannot be read is in the reading.

        `deployed` is what the platform says, where it is known; else the instances tell. `at_once`:
        somebody waits for it, so that neither the pace of reading nor that of writing counts.
        """
        clock = Clock(now, self._zone)
        tail = self._tail = self._tail or Tail(None, {}, clock)
        if at_once:
            self._platform_due = 0.0
        for name, page in [
            *await self._kit(tail, clock),
            *await self._from_loki(tail, clock),
            *await self._from_platform(tail, clock),
        ]:
            title = self._platform.title if self._platform and name == PLATFORM else name
            self._problems[title] = page.problem
            if page.newer:
                tail.marks[name] = page.newer
            page = self._once(page)
            if page.lines:
                await asyncio.to_thread(tail.add, page.lines, clock)
                self._waits = True
        if not (at_once or self._is_due(now)):
            return None
        began = time.monotonic()
        sources = [Source(name, problem) for name, problem in self._problems.items()]
        taken = await asyncio.to_thread(tail.take, sources, [*instances], decisions, now, deployed)
        self._due = time.monotonic() + REST * (time.monotonic() - began)
        self._waits, self._told = False, now
        self._told_problems = dict(self._problems)
        return taken

    def _is_due(self, now: float) -> bool:
        news = self._waits or self._problems != self._told_problems
        return (news and time.monotonic() >= self._due) or now - self._told >= IDLE

    async def _kit(self, tail: Tail, clock: Clock) -> list[tuple[str, Page]]:
        pages: list[tuple[str, Page]] = []
        if self._redis is None:
            return pages
        after = tail.marks.get(KIT, "")
        for _ in range(MOST_PAGES):
            page = await follow_stream(self._redis, self._service, clock, after)
            pages.append((KIT, page))
            if page.problem or len(page.lines) < MOST_LINES or page.newer == after:
                break
            after = page.newer
        return pages

    def _once(self, page: Page) -> Page:
        """A service with the kit prints the lines that it sends: beside a platform's log each of
        them comes twice, and counts once."""
        if self._platform is None or (self._redis is None and self._loki is None):
            return page
        fresh = [one for one in page.lines if _identity(one) not in self._told_twice]
        self._told_twice.update(dict.fromkeys(map(_identity, fresh)))
        while len(self._told_twice) > MOST_RECENT:
            del self._told_twice[next(iter(self._told_twice))]
        return replace(page, lines=tuple(fresh))

    async def _from_platform(self, tail: Tail, clock: Clock) -> list[tuple[str, Page]]:
        if self._platform is None or time.monotonic() < self._platform_due:
            return []
        self._platform_due = time.monotonic() + self._platform_seconds
        return [(PLATFORM, await self._platform.read(tail.marks.get(PLATFORM, ""), clock))]

    async def _from_loki(self, tail: Tail, clock: Clock) -> list[tuple[str, Page]]:
        if self._loki is None:
            return []
        mark = tail.marks.get(LOKI, "")
        since = int(mark) / 1e9 - OVERLAP if mark.isdigit() else clock.now - FIRST_LOOK
        query = self._loki
        page = await read_loki(query.loki, query.selector, since, clock.now, clock)
        known = set(self._recent)
        fresh = [one for one in page.lines if _identity(one) not in known]
        self._recent.extend(map(_identity, fresh))
        if not known and mark.isdigit():  # began anew: what was read before is in the store
            fresh = [one for one in fresh if one.time is None or one.time * 1e9 > int(mark)]
        return [(LOKI, replace(page, lines=tuple(fresh)))]


def _identity(line: Line) -> tuple[float | None, str]:
    return line.time, line.raw
