"""Time limits as people write them, and what of it the plan makes."""

import pytest

from console.timeouts.catalogue import BY_NAME
from console.timeouts.durations import DurationError, parse, shown, suspicious, unit_of, written
from console.timeouts.model import Source, env_line, resolve
from console.timeouts.platform_limits import PLATFORMS, platform_of


@pytest.mark.parametrize(
    ("text", "name", "seconds"),
    [
        ("30", "", 30.0),
        ("30", "API_TIMEOUT_SECONDS", 30.0),
        ("30s", "API_TIMEOUT_SECONDS", 30.0),
        (" 1500ms ", "API_TIMEOUT_SECONDS", 1.5),
        ("2000", "API_PAGE_WAIT_MS", 2.0),
        ("2s", "API_PAGE_WAIT_MS", 2.0),
        ("2m", "", 120.0),
        ("2 min", "", 120.0),
        ("1m30s", "", 90.0),
        ("7", "IDEMPOTENCY_TTL_DAYS", 604800.0),
        ("0.5", "", 0.5),
        (".5s", "", 0.5),
        ("0", "", 0.0),
        ("none", "", None),
        ("off", "", None),
    ],
)
def test_a_limit_is_read_with_the_unit_of_its_text_or_its_name(
    text: str, name: str, seconds: float | None
):
    assert parse(text, name).seconds == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "-3", "30 lightyears", "abc", "1e3", "١", "1m30", "99999d"])
def test_what_is_no_limit_is_refused_without_repeating_it(text: str):
    with pytest.raises(DurationError) as refused:
        parse(text)
    assert "sk-" not in str(refused.value)


@pytest.mark.parametrize("name", ["A_MS", "A_SECONDS", "A_MINUTES", "A_DAYS", "A"])
@pytest.mark.parametrize("seconds", [0.3, 2.0, 150.0, 86400.0])
def test_a_limit_that_is_written_reads_back_the_same(name: str, seconds: float):
    if unit_of(name) in ("ms", "s"):
        assert parse(written(seconds, name), name).seconds == pytest.approx(seconds)


def test_a_number_in_the_wrong_unit_is_suspected_only_where_the_name_says_one():
    assert suspicious("API_TIMEOUT_SECONDS", parse("30000", "API_TIMEOUT_SECONDS")) == "ms"
    assert suspicious("RETRY_BASE_MS", parse("30", "RETRY_BASE_MS")) == "s"
    assert suspicious("RETRY_JITTER_MS", parse("0", "RETRY_JITTER_MS")) == ""
    assert suspicious("API_TIMEOUT_SECONDS", parse("3000s", "API_TIMEOUT_SECONDS")) == ""
    assert suspicious("API_TIMEOUT", parse("30000", "API_TIMEOUT")) == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(122.7, "122.7 s"), (0.3, "300 ms"), (30.0, "30 s"), (None, "no limit"), (0.0, "0 s"),
     (3600.0, "3,600 s")],
)  # fmt: skip
def test_a_limit_is_shown_so_that_sums_can_be_followed(seconds: float | None, text: str):
    assert shown(seconds) == text


def test_a_variable_wins_over_the_tables_and_says_where_it_is_from():
    name = "PLATFORM_REQUEST_TIMEOUT_SECONDS"
    plan = resolve({name: "900"}, platform="cloud_run", origins={name: "the kit"})
    value = plan.values[name]
    assert (value.amount, value.source, value.origin) == (900.0, Source.VARIABLE, "the kit")
    table = resolve({}, platform="cloud_run").values["PLATFORM_REQUEST_TIMEOUT_SECONDS"]
    assert (table.amount, table.source) == (300.0, Source.PLATFORM)


def test_what_cannot_be_read_keeps_its_default_and_says_so():
    plan = resolve({"API_TIMEOUT_SECONDS": "soon", "API_MAX_RETRIES": "many"})
    assert plan.time("API_TIMEOUT_SECONDS") == 30.0
    assert "no time" in plan.values["API_TIMEOUT_SECONDS"].problem
    assert plan.count("API_MAX_RETRIES") == 3
    assert "whole number" in plan.values["API_MAX_RETRIES"].problem


def test_zero_is_no_limit_for_a_limit_and_zero_for_a_wait():
    plan = resolve({"API_TIMEOUT_SECONDS": "0", "API_PAGE_WAIT_MS": "0"})
    assert plan.time("API_TIMEOUT_SECONDS") is None
    assert plan.values["API_TIMEOUT_SECONDS"].known
    assert plan.time("API_PAGE_WAIT_MS") == 0.0


def test_the_client_of_the_cache_tells_its_default():
    assert resolve({}).known("REDIS_TIMEOUT_SECONDS") is False
    assert resolve({"REDIS_URL": "redis://h"}).time("REDIS_TIMEOUT_SECONDS") == 5.0
    assert resolve({"REDIS_URL": "redis://h"}, kit=True).time("REDIS_TIMEOUT_SECONDS") == 1.0
    upstash = resolve({"UPSTASH_REDIS_REST_URL": "https://h"}).values["REDIS_TIMEOUT_SECONDS"]
    assert (upstash.known, upstash.amount) == (True, None)


def test_a_line_of_env_has_the_unit_of_its_name():
    assert env_line(BY_NAME["API_PAGE_WAIT_MS"], 1.5) == "API_PAGE_WAIT_MS=1500"
    assert env_line(BY_NAME["API_TIMEOUT_SECONDS"], 20.0) == "API_TIMEOUT_SECONDS=20"
    assert env_line(BY_NAME["API_MAX_RETRIES"], 2.0) == "API_MAX_RETRIES=2"


def test_every_platform_names_its_source_and_day():
    for platform in PLATFORMS[1:]:
        assert all((platform.source, platform.seen, platform.request_note)), platform.name


def test_a_platform_is_known_by_its_host_or_its_variables():
    assert platform_of(frozenset(), "relay-abc.a.run.app") == "cloud_run"
    assert platform_of(frozenset({"RAILWAY_REPLICA_ID"}), "x.example") == "railway"
    assert platform_of(frozenset(), "127.0.0.1") == "none"
