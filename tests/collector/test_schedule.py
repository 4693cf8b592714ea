import asyncio

import pytest

from console.collector.schedule import StartLags, first_delay, repeat


async def run_for(count: int, work: float, interval: float) -> list[float]:
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
    await asyncio.wait_for(enough.wait(), 10)
    task.cancel()
    return [start - starts[0] for start in starts]


async def test_probes_keep_their_rhythm_although_they_take_time():
    starts = await run_for(4, work=0.03, interval=0.05)
    assert starts == pytest.approx([0.0, 0.05, 0.10, 0.15], abs=0.04)


async def test_a_probe_longer_than_the_interval_skips_the_starts_it_missed():
    starts = await run_for(3, work=0.12, interval=0.05)
    assert starts == pytest.approx([0.0, 0.15, 0.30], abs=0.04)


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
