"""Search in a file finds what parsing all of it would find, and parses little of it."""

import random
from pathlib import Path

import pytest

from console.logs import blocks as blocking
from console.logs.blocks import FileBlocks, Portions, index
from console.logs.hints import alternatives
from console.logs.model import Line
from console.logs.parse import read
from console.logs.query import And
from console.logs.query_text import parse_query
from console.logs.search import Found, around, search, search_in
from console.logs.times import Clock

CLOCK = Clock(1_795_500_000.0)
TRACE = """\
2026-11-24T03:57:12Z ERROR job failed hard
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    int("x")
ValueError: invalid literal
"""
SAMPLES = [
    '{"ts":"2026-11-24T03:57:12Z","level":"error","event":"no answer","ms":1500.5,"phase":"post"}',
    '{"ts":"2026-11-24T03:57:12Z","level":"info","event":"request","ms":15,"status":503}',
    '{"@timestamp":"2026-11-24T03:57:12Z","log.level":"WARN","message":"slow","event":{"duration":9e9}}',
    '{"level":50,"msg":"pino error","size":700}',
    '{"level":30,"msg":"pino info","size": 7}',
    '{"SeverityNumber":17,"Body":"otel error"}',
    'level=warn msg="disk nearly full" dur=2.5s free=12',
    '10.0.0.1 - - [24/Nov/2026:03:57:12 +0000] "GET /a HTTP/1.1" 503 17',
    '10.0.0.1 - - [24/Nov/2026:03:57:12 +0000] "GET /Invoices HTTP/1.1" 200 17',
    "2026-11-24 03:57:12 INFO all is well",
    "E1124 03:57:12.000000  1 main.go:12] klog error",
    "11-24 03:57:12.000  1702  2395 E Tag: android error",
    "<27>Nov 24 03:57:12 web1 app[7]: syslog error",
    '{"msg":"\\u8acb\\u6c42\\u66f8 sent"}',
    "請求書 received",
    "Café closed",
    TRACE.rstrip("\n"),
    "plain text",
]
QUERIES = [
    "answer", '"no answer"', "level:error", "level:>=warn", "level:warn", "level:fatal",
    "level:info", "status:5xx", "status:503", "status:>=500", "ms:>1000", "duration_ms:>2s",
    "duration_ms:1000..2000", "size:>100", "size:<100", "phase:post", "phase:p*t", "請求書",
    "café", "ValueError", "error_type:ValueError AND hard", "job OR klog", "-level:error",
    "NOT answer", "*", "error AND -pino", 'path:/invoices', "client:10.0.0.1 status:200",
    "nothing-like-this", "event.duration:>1s", "level:error OR status:503", "item:*", "free:>10",
]  # fmt: skip


def written(folder: Path, lines: list[str], end: str = "\n") -> Path:
    path = folder / "app.log"
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def expected(path: Path, query: str) -> list[Line]:
    node = parse_query(query, CLOCK)
    return [line for line in read([path.read_bytes()], CLOCK) if node.matches(line)]


def asked(path: Path, query: str, most: int = 5000, budget: float = 60.0) -> Found:
    return search(path, parse_query(query, CLOCK), CLOCK, most=most, budget=budget)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    chance = random.Random(7)
    lines = [chance.choice(SAMPLES) for _ in range(2000)]
    return written(tmp_path_factory.mktemp("mixed"), lines)


@pytest.mark.parametrize("query", QUERIES)
@pytest.mark.parametrize("block", [15_000, 1 << 22])
def test_what_is_found_is_what_parsing_everything_finds(
    mixed: Path, query: str, block: int, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocking, "BLOCK", block)
    monkeypatch.setattr(blocking, "BORDER", 500)
    found = asked(mixed, query)
    assert found.whole
    assert list(found.lines) == expected(mixed, query)
    assert found.total_lines == mixed.read_bytes().count(b"\n")


@pytest.mark.parametrize("query", ["answer", "level:error", "ms:>1000", "phase:post", "status:5xx"])
def test_common_queries_need_not_parse_every_line(query: str):
    node = parse_query(query, CLOCK)
    assert any(map(alternatives, node.inner if isinstance(node, And) else (node,)))


def test_the_newest_hits_come_when_there_are_too_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocking, "BLOCK", 1000)
    path = written(tmp_path, [f"number {n} is here" for n in range(1000)])
    found = asked(path, "here", most=50)
    assert [line.number for line in found.lines] == list(range(951, 1001))
    assert not found.whole
    assert "newest 50" in found.reason


def test_a_search_ends_when_its_time_is_over(tmp_path: Path):
    path = written(tmp_path, [f"number {n}" for n in range(5000)])
    found = asked(path, "*", budget=0)
    assert not found.whole
    assert found.reason == "It was ended after 0 s."


@pytest.mark.parametrize("content", ["", "\n", "one", "one\n\n\n", "  indented\n  only\n"])
def test_small_and_strange_files_are_searched_too(tmp_path: Path, content: str):
    path = tmp_path / "app.log"
    path.write_text(content)
    assert list(asked(path, "*").lines) == expected(path, "*")
    assert list(asked(path, "o").lines) == expected(path, "o")


def test_a_very_long_line_is_searched_as_far_as_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocking, "BLOCK", 100_000)
    path = written(tmp_path, ["start " + "x" * 3_000_000, "needle here", "  " * 50, "last"])
    assert [line.number for line in asked(path, "needle").lines] == [2]
    assert [line.number for line in asked(path, "start").lines] == [1]


def test_an_index_may_be_kept(tmp_path: Path):
    path = written(tmp_path, ["a", "b"], end="")
    known = index(path)
    assert known.total == 2
    assert search(path, parse_query("b", CLOCK), CLOCK, known=known).lines[0].number == 2


def test_a_secret_is_neither_found_nor_shown(tmp_path: Path):
    path = written(tmp_path, ["login with password=hunter2x done"])
    assert asked(path, "hunter2x").lines == ()
    assert "hunter2x" not in repr(asked(path, "login").lines)


def test_lines_around_a_hit_reach_over_the_border_of_a_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(blocking, "BLOCK", 1000)
    path = written(tmp_path, [f"2026-11-24T03:57:12Z INFO line {n}" for n in range(1, 301)])
    file = FileBlocks(path)
    assert file.count > 5
    for number in (1, 2, 29, 30, 31, 150, 299, 300):
        found = [line.message for line in around(file, number, CLOCK, 5)]
        near = range(max(1, number - 5), min(300, number + 5) + 1)
        assert found == [f"line {n}" for n in near]
    assert around(file, 301, CLOCK) == ()


def test_portions_of_the_store_are_searched_and_keep_their_numbers_when_old_ones_go():
    packed = {
        number: f"level=error msg=one n={number}\nlevel=info msg=two\n".encode()
        for number in (7, 8, 9)
    }
    query = parse_query("level:error", CLOCK)
    found = search_in(Portions(packed), query, CLOCK)
    assert [line.fields["n"] for line in found.lines] == [7, 8, 9]
    later = search_in(Portions({n: packed[n] for n in (8, 9)}), query, CLOCK)
    assert [one.number for one in later.lines] == [one.number for one in found.lines[1:]]
    number = later.lines[0].number
    assert [one.message for one in around(Portions(packed), number, CLOCK, 1)] == [
        "two",
        "one",
        "two",
    ]
    assert around(Portions({9: packed[9]}), number, CLOCK) == ()
