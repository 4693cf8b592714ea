import math

import pytest
from opskit import histograms
from opskit.histograms import Histograms, Outcome, series
from opskit.server import Server

from console.health.model import Outcome as ConsoleOutcome
from console.store import histogram as store
from tests.kit.support import MakeKit, until


@pytest.mark.parametrize(
    "seconds", [0, 1e-7, 1e-6, 0.0123, 0.5, 1, 29.99, 3600, 1e9, math.inf, math.nan]
)
def test_durations_have_the_store_s_codes(seconds: float):
    assert histograms.code_of(seconds) == store.code_of(seconds)


def test_outcomes_have_the_store_s_codes():
    assert [o.value for o in Outcome] == [o.value for o in ConsoleOutcome]
    for outcome in Outcome:
        assert histograms.OUTCOME_CODES[outcome] == store.outcome_code(
            ConsoleOutcome(outcome.value)
        )
    assert {o.value for o in histograms.TIMED} == {o.value for o in store.TIMED}


@pytest.mark.parametrize("seconds", [1e-5, 0.004, 0.3, 12.0])
def test_a_bucket_s_value_is_within_one_percent(seconds: float):
    assert histograms.value_of(histograms.code_of(seconds)) == pytest.approx(seconds, rel=0.01)


def test_a_name_keeps_the_characters_that_have_a_meaning_out():
    assert series("route", "GET /a:b@c") == "route:GET /a.b.c"
    assert len(series("api", "x" * 500)) < 130


def test_a_timeout_counts_at_its_limit_and_as_an_outcome():
    counted = Histograms()
    counted.record("api:a", 30.0, 60.0, Outcome.TIMEOUT)
    counted.record("api:a", 0.5, 60.0, Outcome.CONNECT)
    (row,) = counted.pending()
    cells = dict(pair.split(":") for pair in row.cells.split(","))
    limit = str(histograms.code_of(30.0))
    expected = {limit: "1", str(0xF000 + 2): "1", str(0xF000 + 4): "1"}
    assert cells == expected


def test_what_was_counted_while_publishing_is_published_again():
    counted = Histograms()
    counted.record("api:a", 0.1, 60.0)
    rows = counted.pending()
    counted.record("api:a", 0.1, 60.0)
    counted.published(rows, 61.0)
    (row,) = counted.pending()
    assert row.cells.endswith(":2")
    counted.published([row], 61.0)
    assert counted.pending() == []


def test_minutes_that_wait_too_long_are_dropped_and_counted():
    counted = Histograms()
    for minute in range(histograms.MINUTES_KEPT + 5):
        counted.record("api:a", 0.1, minute * 60.0)
    assert counted.dropped == 5
    assert len(counted.pending()) == histograms.MINUTES_KEPT


def test_too_many_series_are_counted_together():
    counted = Histograms()
    for n in range(histograms.SERIES_LIMIT + 50):
        counted.record(f"route:GET /{n}", 0.1, 0.0)
    names = [row.series for row in counted.pending()]
    assert len(names) == histograms.SERIES_LIMIT + 1
    assert "route:other" in names


async def test_the_real_traffic_arrives_by_series_and_instance(make_kit: MakeKit, server: Server):
    kit = await make_kit()
    kit.histograms.record("route:GET /x", 0.25, 120.0)
    key = kit.keys.of("hist", 2)
    field = f"route:GET /x@{kit.identity.instance}"
    kit.heart.wake()
    assert await until(lambda: server.command("HGET", key, field)) == f"{store.code_of(0.25)}:1"
    assert 0 < await server.command("TTL", key) <= 21_600
