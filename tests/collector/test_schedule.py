import asyncio
import selectors

import pytest

from console.collector.schedule import StartLags, first_delay, repeat


class Leaping(selectors.SelectSelector):
    """Waits for nothing: time goes on by as much as would have been waited for."""

    now = 0.0

    def select(self, timeout: float | None = None):
        self.now += timeout or 0.0
        return super().select(0)


class LeapingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is that of `Leaping`, however busy the machine is."""

    def __init__(self) -> None:
        self.leaping = Leaping()
        super().__init__(self.leaping)

    def time(self) -> float:
        return self.leaping.now


async def probed(count: int, work: float, interval: float) -> list[float]:
    """Start times of the first `count` probes, relative to the first."""
    loop = asyncio.get_running_loop()
    starts: list[float] = []
    enough = asyncio.Event()

    async def probe() -> None:
        starts.append(loop.time())
        if len(starts) == count:
            enough.set()
        await asyncio.sleep(work)

    task = asyncio.create_task(repeat(probe, lambda: interval, 0.0, StartLags()))
    await enough.wait()
    task.cancel()
    return [start - starts[0] for start in starts]


def run_for(count: int, work: float, interval: float) -> list[float]:
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(probed(count, work, interval))


def test_probes_keep_their_rhythm_although_they_take_time():
    starts = run_for(4, work=3, interval=5)
    assert starts == pytest.approx([0, 5, 10, 15], abs=0.01)


def test_a_probe_longer_than_the_interval_skips_the_starts_it_missed():
    starts = run_for(3, work=12, interval=5)
    assert starts == pytest.approx([0, 15, 30], abs=0.01)


def test_a_thousand_checks_are_spread_over_the_interval():
    assert first_delay(999, 1000, 10.0) == pytest.approx(9.99)


def test_a_few_checks_start_at_once():
    assert first_delay(5, 6, 30.0) == pytest.approx(1.25)


def test_the_lag_is_told_as_its_99th_percentile():
    lags = StartLags()
    assert lags.p99() == 0.0
    for milliseconds in range(1, 101):
        lags.add(milliseconds / 1000)
    assert lags.p99() == 0.1
