"""A query says which lines are meant, and every mistake in it is told with its column."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from console.logs.facets import facets, histogram, step_of
from console.logs.model import Level, Line, Value
from console.logs.parse import parse
from console.logs.query import Everything, select
from console.logs.query_text import LENGTH_LIMIT, MOST_DEPTH, MOST_TERMS, QueryError, parse_query
from console.logs.times import Clock

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC).timestamp()
CLOCK = Clock(NOW)


def line(
    message: str = "hello", level: Level = Level.INFO, at: float = NOW, **fields: Value
) -> Line:
    return Line(1, at, level, message, fields, message)


def matches(query: str, one: Line) -> bool:
    return parse_query(query, CLOCK).matches(one)


SLOW = line(
    "POST to the bank failed: No Answer",
    Level.ERROR,
    NOW - 60,
    duration_ms=1500.0,
    status=503,
    service="billing",
    path="/invoices/17",
    item="INV-1",
    bytes=20_000,
    dry=True,
)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "*",
        "level:error AND duration_ms:>500",
        "level:error duration_ms:>500",
        "LEVEL:ERR",
        "level:>=warn",
        "level:(error OR fatal)",
        "level:er*",
        "duration_ms:1000..2000",
        "duration_ms:>1.4s",
        "duration_ms:<=1500",
        "ms:1500",
        "status:503",
        "status:5xx",
        "http.response.status_code:503",
        "status:>=500 AND status:<600",
        "bytes:>10kB",
        "service:billing",
        "service:BILLING",
        "service:b*g",
        "service:(orders OR billing)",
        "-service:orders",
        "NOT service:orders",
        "!service:orders",
        "NOT (service:orders OR level:info)",
        "service:orders OR level:error",
        "service:orders || status:503",
        "service:billing && status:503",
        "path:/invoices/*",
        "path:*17",
        "item:*",
        "-phase:*",
        "dry:true",
        "failed",
        "FAILED",
        "post*answer",
        '"no answer"',
        'message:"to the bank"',
        "message:bank",
        "time:>-5m",
        "time:2026-11-24T11:00..2026-11-24T12:00",
        "time:>=2026-11-24",
        "time:>2026-11-24T11:58:30Z",
        "(failed)",
        "service:(-orders)",
        "status>=500",
        "status=503",
        "service!=orders",
        "duration>1s",
        "duration:1s..2s",
        "level:error and status:503",
        "service:orders or status:503",
        "not service:orders",
        "time:2026-11-24",
        "time:2026-11-24T11:59",
    ],
)
def test_a_line_matches_what_it_is(query: str):
    assert matches(query, SLOW)


@pytest.mark.parametrize(
    "query",
    [
        "level:info",
        "level:<error",
        "duration_ms:>2s",
        "duration_ms:1..2",
        "status:4xx",
        "service:bill",
        "service:*orders*",
        "path:/invoices",
        "item:>5",
        "missing:*",
        "missing:>1",
        "answer*post",
        '"no  answer"',
        "time:<-5m",
        "-failed",
        "failed AND NOT bank",
        "x OR y",
        "dry:false",
        "status<500",
        "failed and answer",
        "time:2026-11-23",
    ],
)
def test_a_line_matches_nothing_else(query: str):
    assert not matches(query, SLOW)


def test_or_binds_less_than_and():
    assert matches("failed OR nothing AND nowhere", SLOW)
    assert not matches("(failed OR nothing) AND nowhere", SLOW)


def test_words_look_into_the_stack_and_the_raw_line_too():
    one = Line(
        1, None, Level.ERROR, "it failed", {}, '{"event":"it failed","deep":"down"}', "KeyError"
    )
    assert matches("keyerror down", one)


def test_an_unknown_level_is_neither_more_nor_less_than_another():
    one = line(level=Level.UNKNOWN)
    assert not matches("level:>=trace", one)
    assert not matches("level:<fatal", one)
    assert matches("level:unknown", one)


def test_fields_are_found_by_the_names_of_opentelemetry_and_ecs():
    (one,) = parse('{"log.level":"error","message":"x","event":{"duration":2000000}}', CLOCK)
    assert matches("event.duration:2", one)
    assert matches("log.level:error", one)


@pytest.mark.parametrize(
    ("query", "column", "reason"),
    [
        ("level:", 7, "a value is missing"),
        ("level: error", 7, "a value is missing"),
        ("a AND", 6, "missing before the end"),
        ("AND a", 1, "missing before `AND`"),
        ("a OR OR b", 6, "missing before `OR`"),
        ("(a OR b", 1, "not closed"),
        ("a (b))", 6, "closes nothing"),
        ("()", 2, "missing before `)`"),
        ('say "hello', 5, "quotation mark is not closed"),
        ("NOT", 4, "missing before the end"),
        ("duration_ms:>", 14, "a number is missing"),
        ("duration_ms:>fast", 14, "no number with a unit: ms, s"),
        ("status:>5s", 9, "no number"),
        ("status:9..1", 8, "more than"),
        ("level:>=loud", 9, "no level"),
        ("time:>yesterday", 7, "no time"),
        ("time:last hour", 6, "no time: write `time:>-15m`"),
        ("level:eror", 7, "no level: trace, debug, info"),
        ("status:500-599", 8, "write a range as `status:500..599`"),
        ("bytes:[1 TO 5]", 7, "write a range"),
        ("path:/a.*b/", None, ""),
        ("path:/[a-z]+/", 6, "no regular expressions"),
    ],
)
def test_a_mistake_is_told_with_its_column(query: str, column: int | None, reason: str):
    if column is None:
        parse_query(query, CLOCK)
        return
    with pytest.raises(QueryError) as told:
        parse_query(query, CLOCK)
    assert told.value.column == column
    assert reason in told.value.reason
    assert str(told.value).startswith(f"Column {column}: ")


@pytest.mark.parametrize(
    "query",
    [
        "x" * (LENGTH_LIMIT + 1),
        " ".join("a" * (MOST_TERMS + 1)),
        "(" * (MOST_DEPTH + 1) + "a" + ")" * (MOST_DEPTH + 1),
        "NOT " * (MOST_DEPTH + 1) + "a",
        "*a" * 9,
        "path:" + "*a" * 9,
    ],
)
def test_a_query_that_would_explode_is_refused(query: str):
    with pytest.raises(QueryError, match="at most"):
        parse_query(query, CLOCK)


def test_wildcards_cost_no_more_than_the_line_is_long():
    one = line("a" * 8000, path="a" * 8000)
    began = time.process_time()
    for _ in range(200):
        assert not matches("a*a*a*a*a*a*a*b", one)
        assert not matches("path:a*a*a*a*a*a*a*b", one)
    assert time.process_time() - began < 1


PARTS = [*'ab:()"*<>=-!. /\\1', "AND ", "OR ", "NOT ", "level:", "time:", "status:"]
QUERIES = st.lists(st.sampled_from(PARTS)).map("".join)


@settings(max_examples=300, deadline=None)
@given(QUERIES)
def test_any_text_is_a_query_or_a_mistake_inside_of_it(text: str):
    mistake = None
    try:
        parse_query(text, CLOCK).matches(SLOW)
    except QueryError as error:
        mistake = error
    assert mistake is None or 1 <= mistake.column <= len(text) + 1


def test_an_empty_query_is_everything():
    assert parse_query("  ", CLOCK) == Everything()
    assert select([SLOW], parse_query("", CLOCK)) == [SLOW]


def test_facets_name_the_values_to_choose_from():
    lines = [line(service="billing" if n % 3 else "orders", id=f"i{n}") for n in range(900)]
    found = facets(lines)
    assert [one.name for one in found] == ["level", "service"]
    assert found[1].values == (("billing", 600), ("orders", 300))
    assert (found[1].lines, found[1].different) == (900, 2)


def test_a_histogram_has_no_gaps_and_counts_lines_without_a_time_apart():
    lines = [
        line(at=NOW - 3599, level=Level.ERROR),
        line(at=NOW - 1, level=Level.WARN),
        line(at=NOW - 1),
        line(at=NOW + 5),
        Line(1, None, Level.INFO, "x"),
    ]
    found = histogram(lines, NOW - 3600, NOW)
    assert found.step == 60
    assert len(found.bars) == 60
    assert (found.bars[0].errors, found.bars[-1].warnings, found.bars[-1].others) == (1, 1, 1)
    assert sum(bar.lines for bar in found.bars) == 3
    assert found.timeless == 1
    assert {b.start - a.start for a, b in zip(found.bars, found.bars[1:], strict=False)} == {60}


@pytest.mark.parametrize(
    ("window", "step"), [(10, 1), (3600, 60), (86400, 1800), (86400 * 400, 604800)]
)
def test_bars_are_as_wide_as_a_round_number(window: float, step: float):
    assert step_of(window) == step
