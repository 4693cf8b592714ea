"""What a manager takes along: Markdown, CSV, one HTML file."""

import csv
import io
import re
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from console.month_end.board import Board, Found, board
from console.month_end.drawing import burn_up
from console.month_end.model import Rules
from console.month_end.report import digest, markdown, notes, page, table
from console.month_end.snapshot import Snapshot

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 30, 14, tzinfo=TOKYO).timestamp()
FOUND = Snapshot(NOW, "", "2026-11", 800, 4, 190, 0, 0, 994, (30,) * 16, NOW)
RULES = Rules("JP", expected=994)
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> **bold**"


def told(rules: Rules = RULES, snapshot: Snapshot = FOUND) -> Board:
    return board(Found(snapshot), rules, NOW, TOKYO)


def test_markdown_has_the_sentence_the_sums_and_the_time():
    text = markdown("Invoices: closing 2026-11", told(), TOKYO)
    assert "On track: more than 99 % likely" in text
    assert "| done | 800 | 80.5 % |" in text
    assert "| all | 994 | 100.0 % |" in text
    assert "14:00:00 JST" in text


def test_csv_adds_up_and_runs_nothing():
    rows = list(csv.DictReader(io.StringIO(table(HOSTILE, told(), TOKYO), newline="")))
    numbers = [r for r in rows if r["section"] == "Items" and r["figure"] == "Number"]
    assert sum(int(row["value"]) for row in numbers if row["row"] != "all") == 994
    assert {row["closing"] for row in rows} == {f"'{HOSTILE}"}
    assert rows[0]["value"].startswith("On track: ")


def test_the_html_file_needs_nothing_else_and_keeps_names_text():
    text = page(HOSTILE, told(), TOKYO)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text
    assert "src=" not in text
    assert "<svg" in text
    assert text.index("<h2>Items") < text.index("<svg") < text.index("<h2>Risks")


def test_markdown_keeps_names_text():
    text = markdown(HOSTILE, told(), TOKYO)
    assert "**bold**" not in text
    assert "<script>" not in text


def test_warnings_and_the_source_stand_below_the_sums():
    wrong = told(Rules(), Snapshot(NOW, "", "2026-11", 1, 0, 1, 0, 0, 3))
    assert notes(wrong)[0].startswith("The sums do not fit")
    assert "How many items are still to come is not known" in notes(wrong)[1]
    assert "No country is set" in notes(wrong)[-1]
    assert any("simulated closings" in note for note in notes(told()))


def test_the_digest_says_what_needs_somebody_and_nothing_else():
    text = digest("Invoices: closing 2026-11", told(), TOKYO)
    lines = text.splitlines()
    assert lines[0] == "Invoices: closing 2026-11"
    assert lines[1].startswith("On track: more than 99 % likely")
    assert "800 done, 4 running, 190 waiting" in lines[2]
    assert "Warning" not in text
    failed = replace(FOUND, failed=3, total=997, oldest_failed=NOW - 7200)
    assert "Warning: Failed items. 3 items, the oldest 2 h ago." in digest(
        "x", told(RULES, failed), TOKYO
    )


def test_a_closing_that_cannot_be_read_is_not_known_in_every_file():
    nothing = told(snapshot=Snapshot(NOW, problem="Redis at cache:6379 is full."))
    for text in (markdown("x", nothing, TOKYO), page("x", nothing, TOKYO),
                 table("x", nothing, TOKYO), digest("x", nothing, TOKYO)):  # fmt: skip
        assert "Not known" in text
        assert "redis at cache:6379 is full" in text.replace("\\", "")


def test_markdown_escapes_only_what_it_must():
    text = markdown("Invoices: closing 2026-11 (all)", told(), TOKYO)
    assert "# Invoices: closing 2026-11 (all)\n" in text
    assert "# \\# a \\*b\\* \\| c\n" in markdown("# a *b* | c", told(), TOKYO)
    assert "# 1\\. a\n" in markdown("1. a", told(), TOKYO)


def test_the_printed_chart_is_drawn_as_near_as_that_of_the_page():
    opens = datetime(2026, 11, 24, 9, tzinfo=TOKYO).timestamp()
    first = Snapshot(opens, "", "2026-11", 40, 0, 10, 0, 0, 50, (10,) * 4, opens,
                     hours_start=opens - 3600, hours=(40,))  # fmt: skip
    early = board(Found(first), Rules("JP"), opens, TOKYO)
    drawn = burn_up(early, TOKYO)
    assert "deadline" not in drawn
    assert ">24 Nov 0" in drawn
    assert "30 Nov" not in drawn.split("</title>")[1]


def test_a_closing_of_a_single_evening_is_drawn_as_near_though_a_plan_leads_to_its_deadline():
    begins = datetime(2026, 11, 30, 16, tzinfo=TOKYO).timestamp()
    late = Snapshot(begins + 3600, "", "2026-11", 40, 0, 10, 0, 0, 50, (10,) * 4, begins + 3600,
                    hours_start=begins, hours=(40,))  # fmt: skip
    drawn = burn_up(board(Found(late), Rules("JP", expected=80), begins + 3600, TOKYO), TOKYO)
    assert {"deadline", "plan", "done"} <= set(re.findall(r">([a-z]+)</text>", drawn))
    assert ">30 Nov 1" in drawn
    assert "24 Nov" not in drawn
