"""Time and percentiles of commands in a window."""

import numpy as np
import pytest

from console.cache.commands import (
    BUCKETS,
    CALLS,
    FAILED,
    KIND,
    MICROSECONDS,
    MOST_COMMANDS,
    OTHER,
    Spent,
    histograms_of,
    increases,
    of_window,
    percentile,
    upper,
)
from console.cache.gather import SLOW_PERIOD, CacheReader
from console.service_redis import ServiceRedis
from console.store.cells import Cells
from console.store.series import SeriesId

GET = SeriesId(KIND, "get")
TOLD = [b"get", [b"calls", 10, b"histogram_usec", [1, 4, 2, 7, 33, 9, 66, 10]]]


def cells(counts: dict[int, int]) -> Cells:
    codes = np.array(list(counts), np.uint16)
    return Cells(60, np.zeros(len(codes), np.int64), codes, np.array([*counts.values()], np.uint32))


def test_a_histogram_of_a_server_becomes_calls_in_each_step():
    assert histograms_of(TOLD) == {"get": {0: 4, 1: 3, 5: 2, 6: 1}}
    assert [upper(step) for step in (0, 1, 4, 5, 6, 10)] == [1, 2, 16, 33, 66, 1056]


@pytest.mark.parametrize(
    "answer", [None, [], [b"get"], [b"get", b"x"], [b"get", [b"calls", 1]], [1, [0, 0, 0, [1, 2]]]]
)
def test_an_answer_that_is_no_histogram_tells_nothing(answer: object):
    assert not any(histograms_of(answer).values())


def test_a_count_that_falls_in_a_histogram_is_not_believed():
    assert histograms_of([b"get", [b"calls", 1, b"histogram_usec", [1, 4, 2, 3]]]) == {"get": {}}


def test_what_a_command_cost_between_two_readings_is_counted_with_its_steps():
    before = {"get": Spent(100, 1000.0, 1, {0: 90, 5: 10})}
    after = {"get": Spent(150, 1600.4, 3, {0: 120, 5: 29, 7: 1}), "set": Spent(0, 0.0)}
    assert increases(before, after) == [
        (GET, CALLS, 50), (GET, MICROSECONDS, 600), (GET, FAILED, 2),
        (GET, BUCKETS + 0, 30), (GET, BUCKETS + 5, 19), (GET, BUCKETS + 7, 1),
    ]  # fmt: skip


def test_after_a_reset_the_increase_is_the_new_value():
    before = {"get": Spent(100, 1000.0, 1, {0: 100})}
    assert increases(before, {"get": Spent(3, 30.0, 0, {5: 3})}) == [
        (GET, CALLS, 3), (GET, MICROSECONDS, 30), (GET, BUCKETS + 5, 3),
    ]  # fmt: skip


def test_the_cheap_commands_are_counted_together():
    after = {f"c{n}": Spent(1, 100.0 - n) for n in range(MOST_COMMANDS + 3)}
    found = increases({}, after)
    assert len({series for series, _, _ in found}) == MOST_COMMANDS + 1
    other = SeriesId(KIND, OTHER)
    assert sum(n for series, code, n in found if (series, code) == (other, CALLS)) == 3


def test_percentiles_of_a_window_are_the_end_of_their_step():
    counts = {CALLS: 1000, MICROSECONDS: 9000, BUCKETS: 600, BUCKETS + 5: 390, BUCKETS + 9: 10}
    (found,) = of_window({GET: cells(counts), SeriesId(KIND, "set"): cells({})})
    assert (found.name, found.calls, found.microseconds, found.failed) == ("get", 1000, 9000, 0)
    assert (found.p50, found.p99, found.p999) == (1, 33, 528)
    assert percentile({}, 0.5) is None


async def test_a_real_server_tells_what_a_window_cost(valkey_url: str):
    redis = ServiceRedis(valkey_url)
    reader = CacheReader(redis, "relay")
    for _ in range(500):
        await redis.command("GET", "before")
    await reader.read(1000.0)
    assert not [one for one in reader.history() if one[0].kind == KIND], (
        "the first one is no window"
    )
    for _ in range(40):
        await redis.command("GET", "within")
    await reader.read(1000.0 + SLOW_PERIOD)
    counted = {
        (series.name, code): n for series, code, n in reader.history() if series.kind == KIND
    }
    assert counted["get", CALLS] == 40
    assert sum(n for (name, code), n in counted.items() if name == "get" and code >= BUCKETS) == 40
    await redis.command("CONFIG", "RESETSTAT")
    for _ in range(7):
        await redis.command("GET", "after the reset")
    await reader.read(1000.0 + 2 * SLOW_PERIOD)
    counted = {
        (series.name, code): n for series, code, n in reader.history() if series.kind == KIND
    }
    assert counted["get", CALLS] == 7
    await redis.close()
