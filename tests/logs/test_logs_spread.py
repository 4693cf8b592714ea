"""How the lines of a whole log lie in time."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from console.logs.blocks import FileBlocks
from console.logs.facets import histogram
from console.logs.query_text import parse_query
from console.logs.search import search_in
from console.logs.spread import histogram_of, spread
from console.logs.times import Clock

NOW = 1_795_600_000.0  # 2026-11-25 02:26:40 UTC
CLOCK = Clock(NOW)
FORMS: dict[str, Callable[[int], str]] = {
    "json": lambda n: json.dumps(
        {"ts": NOW - 9000 + n, "level": level(n), "event": f"request {n} done", "ms": n % 900}
    ),
    "text": lambda n: f"2026-11-24 {clock_of(n)},123 {level(n).upper()} jobs: request {n} done",
    "access": lambda n: (
        f'10.0.0.1 - - [24/Nov/2026:{clock_of(n)} +0000] "GET /a HTTP/1.1" '
        f"{500 if level(n) == 'error' else 200} 12"
    ),
    "syslog": lambda n: f"Nov 24 {clock_of(n)} host app[{n}]: {level(n).upper()} request done",
}


def level(number: int) -> str:
    return "error" if number % 50 == 7 else "info"


def clock_of(number: int) -> str:
    return f"{number // 3600 + 1:02}:{number // 60 % 60:02}:{number % 60:02}"


def log(folder: Path, form: str, lines: int = 3000) -> FileBlocks:
    path = folder / "log"
    path.write_text("\n".join(FORMS[form](n) for n in range(lines)) + "\n")
    return FileBlocks(path)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", ["*", "level:error", "-level:error", "done -level:error"])
def test_all_lines_that_match_are_counted_as_parsing_each_would(
    tmp_path: Path, form: str, query: str
):
    blocks, asked = log(tmp_path, form), parse_query(query, CLOCK)
    lines = search_in(blocks, asked, CLOCK, most=9999).lines
    found = spread(blocks, asked, CLOCK, budget=60)
    assert (found.lines, found.whole, found.estimated) == (len(lines), True, False)
    if lines:
        times = [line.time for line in lines if line.time is not None]
        drawn = histogram_of(found, NOW, 60)
        assert drawn is not None
        assert drawn.bars == histogram(lines, min(times), int(max(times)) + 1).bars


def test_of_more_than_can_be_parsed_some_speak_for_the_others(tmp_path: Path):
    blocks, query = log(tmp_path, "syslog"), parse_query("", CLOCK)
    found = spread(blocks, query, CLOCK, budget=60, parsed=100)
    assert (found.estimated, found.lines) == (True, 3000)


def test_where_time_runs_out_it_is_said(tmp_path: Path):
    found = spread(log(tmp_path, "json"), parse_query("", CLOCK), CLOCK, budget=-1)
    assert (found.whole, found.lines, histogram_of(found, NOW, 60)) == (False, 0, None)


def test_a_time_in_the_future_does_not_squeeze_the_others(tmp_path: Path):
    path = tmp_path / "log"
    times = [NOW - 120, NOW - 60, NOW + 9e8]
    path.write_text("".join(json.dumps({"ts": at, "event": "x"}) + "\n" for at in times))
    drawn = histogram_of(spread(FileBlocks(path), parse_query("", CLOCK), CLOCK), NOW, 60)
    assert drawn is not None
    assert (drawn.step, sum(bar.lines for bar in drawn.bars), drawn.timeless) == (2.0, 2, 1)
