"""When probes start: every check in its own rhythm, none waiting for another.

Each check is a task of its own that sleeps until its next start. A probe that takes longer than
the interval makes the check skip the starts it missed, it never runs twice at once.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

LAGS_KEPT = 2_000  # starts over which the lag is told
FIRST_ROUND_SPACING = 0.25  # seconds between the first probes of a small installation


class StartLags:
    """How late probes started, over the newest starts."""

    def __init__(self) -> None:
        self._lags: deque[float] = deque(maxlen=LAGS_KEPT)

    def add(self, seconds: float) -> None:
        """Note one start; seconds after it was due."""
        self._lags.append(max(0.0, seconds))

    def p99(self) -> float:
        """The 99th percentile in seconds, 0.0 before the first start."""
        if not self._lags:
            return 0.0
        ordered = sorted(self._lags)
        return ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))]


def first_delay(position: int, total: int, interval: float) -> float:
    """Seconds until the first probe of the check at `position` of `total`.

    Spread over the interval, so that a thousand checks make an even load; a few start at once.
    """
    return position * min(FIRST_ROUND_SPACING, interval / max(total, 1))


async def repeat(
    probe: Callable[[], Awaitable[None]],
    interval: Callable[[], float],
    first: float,
    lags: StartLags,
) -> None:
    """Call `probe` after `first` seconds and then every `interval()` seconds, for ever."""
    loop = asyncio.get_running_loop()
    due = loop.time() + first
    while True:
        await asyncio.sleep(max(0.0, due - loop.time()))
        lags.add(loop.time() - due)
        await probe()
        period = interval()
        due += period * (1 + int(max(0.0, loop.time() - due) / period))
