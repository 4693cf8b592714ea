"""What a manager takes along: Markdown, CSV, one HTML file."""

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

from console.month_end.model import Rules, Snapshot, Told, tell
from console.month_end.report import markdown, notes, page, table

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 30, 14, tzinfo=TOKYO).timestamp()
FOUND = Snapshot(NOW, "", "2026-11", 800, 4, 190, 0, 0, 994, (30,) * 16, NOW)
HOSTILE = "=cmd|' /C calc'!A0 <script>alert(1)</script> **bold**"


def told() -> Told:
    return tell(FOUND, Rules("JP", expected=994), NOW, TOKYO)


def test_markdown_has_the_sentence_the_sums_and_the_time():
    text = markdown("Invoices: closing 2026-11", told(), NOW, TOKYO)
    assert "On track: more than 99 % likely" in text
    assert "| done | 800 | 80.5 % |" in text
    assert "14:00:00 JST" in text


def test_csv_adds_up_and_runs_nothing():
    rows = list(csv.DictReader(io.StringIO(table(HOSTILE, told(), NOW, TOKYO), newline="")))
    assert sum(int(row["number"]) for row in rows) == 994
    assert round(sum(float(row["share of all in percent"]) for row in rows), 1) == 100.0
    assert rows[0]["closing"].startswith("'=")


def test_the_html_file_needs_nothing_else_and_keeps_names_text():
    text = page(HOSTILE, told(), NOW, TOKYO)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text
    assert "src=" not in text


def test_markdown_keeps_names_text():
    text = markdown(HOSTILE, told(), NOW, TOKYO)
    assert "**bold**" not in text
    assert "<script>" not in text


def test_warnings_and_the_source_stand_below_the_sums():
    wrong = tell(Snapshot(NOW, "", "2026-11", 1, 0, 1, 0, 0, 3), Rules(), NOW, TOKYO)
    assert notes(wrong)[0].startswith("The sums do not fit")
    assert "No country is set" in notes(wrong)[1]
    assert notes(wrong)[-1] == "How many are still to come is not known."
    assert "simulated closings" in notes(told())[-1]
