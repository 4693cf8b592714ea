"""A file of one's own: looked at as the service's log, whatever is in it, and gone afterwards."""

import gc
import gzip
import io
import json
from pathlib import Path

import pytest

from console.health.summary import Standing
from console.logs.model import (
    Diagnosis,
    Explained,
    LogsReading,
    Names,
    PatternReading,
    Source,
    State,
    Trend,
)
from console.logs.own import PASTE_LIMIT, OwnLog, look, take, take_text
from console.logs.query_text import parse_query
from console.logs.search import search_in
from console.logs.spool import Refused
from console.logs.terms import term, with_term, words
from console.logs.times import Clock
from console.logs.verdict import judge, share_words, sparkline

NOW = 1_795_500_000.0
CLOCK = Clock(NOW)


def given(data: bytes, folder: Path, name: str = "app.log") -> OwnLog:
    return take(io.BytesIO(data), name, len(data), folder)


def test_binary_a_long_line_broken_json_and_mixed_encodings_stop_nothing(tmp_path: Path):
    parts = [
        b'{"level":"error","event":"no answer"}',
        b'{"level":"error","event":"cut',
        b"\x93\xc1\x83e\x83X\x83g ERROR",  # Shift JIS
        b"caf\xe9 ERROR closed",
        b"2026-11-24 03:57:12 ERROR " + b"x" * 10_000_000,
        b"2099-01-01 00:00:00 ERROR from the future",
        b"03-17 16:13:38.811 no zone, no year",
        b"\x1b[31m<script>alert(1)</script>\x1b[0m level=error",
        b"abc " + bytes(range(1, 9)) * 60,
    ]
    log = given(b"\n".join(parts), tmp_path)
    found = look(log, CLOCK)
    assert found.errors >= 3
    every = search_in(log.blocks, parse_query("*", CLOCK), CLOCK)
    assert (every.whole, log.blocks.total) == (True, len(parts))
    assert all("\x1b" not in line.raw for line in every.lines)


def test_a_line_repeated_thirty_thousand_times_is_one_kind(tmp_path: Path):
    log = given(b"2026-11-24T03:57:12Z ERROR no answer\n" * 30_000, tmp_path)
    found = look(log, CLOCK)
    assert len(found.patterns) == 1
    assert not found.whole  # the newest speak for the others, and that is told
    assert found.counted >= found.errors


def test_an_error_that_comes_again_and_again_hides_no_other(tmp_path: Path):
    rare = b"2026-11-24T03:57:11Z ERROR the bank refused the invoice\n"
    often = b"2026-11-24T03:57:12Z ERROR no answer\n"
    found = look(given(rare * 3 + often * 25_000, tmp_path), CLOCK)
    counts = {one.template: one.count for one in found.patterns}
    assert counts == {"no answer": 20_000, "the bank refused the invoice": 3}


def test_nothing_stays_on_the_disk(tmp_path: Path):
    log = given(b"level=error msg=x\n", tmp_path)
    assert list(tmp_path.glob("own-logs/*/log"))
    log.remove()
    assert not list(tmp_path.glob("own-logs/*"))
    given(b"level=error msg=x\n", tmp_path)
    gc.collect()  # the session is gone
    assert not list(tmp_path.glob("own-logs/*"))


@pytest.mark.parametrize(
    ("data", "words_of_refusal"),
    [
        (b"", "is empty"),
        (b"%PDF-1.4", "is a PDF"),
        (gzip.compress(b"x" * 100, mtime=0)[:-12], "could not be read to its end"),
    ],
)
def test_what_is_no_log_is_refused_and_leaves_nothing(
    tmp_path: Path, data: bytes, words_of_refusal: str
):
    with pytest.raises(Refused, match=words_of_refusal):
        given(data, tmp_path)
    assert not list(tmp_path.glob("own-logs/*"))


def test_pasting_has_limits(tmp_path: Path):
    with pytest.raises(Refused, match="nothing to read"):
        take_text("  \n", tmp_path)
    with pytest.raises(Refused, match="upload a file instead"):
        take_text("x" * (PASTE_LIMIT + 1), tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("api", "accounting", {"api": "accounting"}),
        ("route", "GET /items/{n}", {"route": "GET /items/{n}"}),
        ("note", 'say "no" \\ or', {"note": 'say "no" \\ or'}),
        ("note", "a..b", {"note": "a..b"}),
        ("note", "AND", {"note": "AND"}),
        ("note", ">5", {"note": ">5"}),
    ],
)
def test_a_clicked_value_finds_its_line(
    tmp_path: Path, name: str, value: str, line: dict[str, str]
):
    data = "\n".join(json.dumps({"level": "info", "event": "x", **one}) for one in (line, {}))
    log = given(data.encode(), tmp_path)
    for query in (term(name, value), with_term("level:info OR nothing", name, value)):
        found = search_in(log.blocks, parse_query(query, CLOCK), CLOCK)
        assert [one.text(name) for one in found.lines] == [value]
    assert with_term(term(name, value), name, value) == term(name, value)


def test_the_words_of_a_pattern_find_its_lines(tmp_path: Path):
    log = given(b'level=error msg="call 7 of bank failed" error_type=E error=boom\n', tmp_path)
    (pattern,) = look(log, CLOCK).patterns
    query = parse_query(words(pattern.template), CLOCK)
    assert len(search_in(log.blocks, query, CLOCK).lines) == 1


def pattern(state: State = State.OPEN, *, new: bool | None = None, ago: float = 5.0):
    nobody = Names(0, ())
    return PatternReading(
        "1-a", "no answer", "no answer", 7, NOW - 900, NOW - ago, (1, 0, 6), Trend.STEADY, new,
        nobody, nobody, nobody, "no answer", state=state,
    )  # fmt: skip


def reading(*patterns: PatternReading, **more: object) -> LogsReading:
    told: dict[str, object] = {
        "sources": (Source("kit"),), "since": NOW - 3600, "last": NOW - 5, "lines": 100,
        "silent": False, "patterns": patterns,
        "diagnosis": Diagnosis(Explained.SPREAD, (), 0, 7, 93, 1.0),
    }  # fmt: skip
    return LogsReading(NOW, **(told | more))  # pyright: ignore[reportArgumentType]  # as told


@pytest.mark.parametrize(
    ("found", "standing", "begins"),
    [
        (None, Standing.UNKNOWN, "The log was not read yet"),
        (reading(), Standing.PASS, "No open error in 100 lines of the last 1 h."),
        (reading(pattern()), Standing.WARN, "1 kind of error is open. “no answer”: 7 lines"),
        (reading(pattern(new=True)), Standing.FAIL, "1 kind of error is open, 1 new since"),
        (reading(pattern(new=True, ago=3000)), Standing.WARN, "1 kind of error is open, 1 new"),
        (reading(pattern(State.REGRESSED)), Standing.FAIL, "1 kind of error is open, 1 back after"),
        (reading(pattern(State.MUTED)), Standing.PASS, "No open error in 100 lines"),
        (reading(silent=True, usual_gap=8.0), Standing.UNKNOWN, "No line for 5 s"),
        (reading(lines=0), Standing.UNKNOWN, "No line of the log has come yet."),
        (
            reading(lines=0, sources=(Source("kit", "Redis cannot be reached."),)),
            Standing.UNKNOWN,
            "The log cannot be read. Redis cannot be reached.",
        ),
    ],
)
def test_the_verdict_never_takes_silence_or_ignorance_for_health(
    found: LogsReading | None, standing: Standing, begins: str
):
    verdict = judge(found, NOW)
    assert verdict.standing is standing
    assert verdict.sentence.startswith(begins)


def test_an_old_reading_tells_nothing():
    assert judge(reading(), NOW + 600).standing is Standing.UNKNOWN


def test_a_sparkline_shows_that_something_was_there():
    assert sparkline((0, 1, 100)) == "▁▂█"
    assert sparkline((0, 0)) == ""


def test_a_share_is_told_as_finely_as_the_table_has_it():
    assert [share_words(one) for one in (0.002, 0.01, 0.0001)] == ["0.2 %", "1.0 %", "under 0.1 %"]
