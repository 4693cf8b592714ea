"""A closing as Markdown, CSV, one HTML file that needs nothing else, and a digest to send. Pure.

Names come from outside: each format has its own way to keep them text.
"""

import csv
import io
import re
from collections.abc import Sequence
from datetime import tzinfo
from html import escape

from console.health.summary import Standing
from console.month_end.board import Board
from console.month_end.drawing import burn_up
from console.month_end.sheets import STANDINGS, Sheet, sheets
from console.words import moment, zone_name

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_MARKUP = "\\`*_[]<>|~"  # anywhere in a line
# a list, a heading or a rule, at the beginning of a line only
_LEADING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[#+\-=]))")
_STYLE = (
    "body{font:14px system-ui,sans-serif;max-width:60rem;margin:1.5rem auto;padding:0 1rem;"
    "color:#1c2733;background:#fff}h1{font-size:1.3rem}h2{font-size:1rem;margin:1.2rem 0 .3rem}"
    "table{border-collapse:collapse;width:100%}td,th{padding:.2rem .5rem;text-align:left;"
    "border-bottom:1px solid #ccd3db;vertical-align:top}th{font-weight:600}p.said{font-size:1.1rem;"
    "font-weight:600;border-left:.3rem solid #5c6a7c;padding:.4rem .8rem;background:#f3f5f8}"
    "footer,.note{color:#5c6a7c;font-size:.9em}svg{width:100%;height:auto}"
    "@page{size:A4;margin:14mm}@media print{body{margin:0;padding:0;max-width:none;font-size:11px}"
    "tr,svg,section{break-inside:avoid}h2{break-after:avoid}}"
)


def markdown(title: str, board: Board, zone: tzinfo) -> str:
    """For a chat or a wiki."""
    lines = [f"# {_plain(title)}", "", f"**{_plain(board.told.verdict.sentence)}**", ""]
    for sheet in sheets(board, zone):
        lines += [f"## {_plain(sheet.title)}", ""]
        if sheet.rows:
            lines += [_row(sheet.columns), "|" + "---|" * len(sheet.columns)]
            lines += [_row(row) for row in sheet.rows]
            lines.append("")
        if sheet.note:
            lines += [_plain(sheet.note), ""]
    lines += [*(f"- {_plain(note)}" for note in notes(board)), "", _plain(_as_of(board, zone))]
    return "\n".join(lines) + "\n"


def table(title: str, board: Board, zone: tzinfo) -> str:
    """CSV for a spreadsheet, one figure a row; nothing in it is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["closing", "as of", "section", "row", "figure", "value"])
    when = f"{moment(board.at, zone)} {zone_name(zone, board.at)}"
    said = ["Verdict", board.told.verdict.word.value, "sentence", board.told.verdict.sentence]
    writer.writerow([_cell(text) for text in (title, when, *said)])
    for sheet in sheets(board, zone):
        for row in sheet.rows:
            for name, value in zip(sheet.columns[1:], row[1:], strict=True):
                cells = (title, when, sheet.title, row[0], name, value)
                writer.writerow([_cell(text) for text in cells])
    return out.getvalue()


def page(title: str, board: Board, zone: tzinfo) -> str:
    """One HTML file, without scripts and without anything from elsewhere; prints on two sheets."""
    first, *rest = (_section(sheet) for sheet in sheets(board, zone))
    more = "".join(f"<li>{escape(note)}</li>" for note in notes(board))
    chart = burn_up(board, zone)
    drawn = f"<section><h2>The way to the end</h2>{chart}</section>" if chart else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f'<h1>{escape(title)}</h1><p class="said">{escape(board.told.verdict.sentence)}</p>'
        f"{first}{drawn}{''.join(rest)}"
        f'<ul class="note">{more}</ul>'
        f"<footer>{escape(_as_of(board, zone))}</footer></body></html>\n"
    )


def digest(title: str, board: Board, zone: tzinfo) -> str:
    """A message for the morning: the sentence, the sums, what needs somebody. Plain text.

    The console sends it; whoever shows it escapes it.
    """
    parts = [f"{p.items:,} {p.name}" for p in board.told.verdict.parts if p.items]
    lines = [title, board.told.verdict.sentence]
    if parts:
        lines.append(f"Items: {', '.join(parts)}.")
    if board.expected is not None:
        lines.append(board.expected.words)
    lines.append(board.needs.words)
    lines += [
        f"{STANDINGS[one.standing]}: {one.what}. {one.text}"
        for one in board.risks
        if one.standing in (Standing.FAIL, Standing.WARN)
    ]
    lines += [*board.told.verdict.warnings, _as_of(board, zone)]
    return "\n".join(" ".join(line.split()) for line in lines if line) + "\n"


def notes(board: Board) -> Sequence[str]:
    """What stands below the sums: warnings, the calendar's gaps, and what the forecast is from."""
    told = board.told
    source = f"The forecast is from {told.source}." if told.source else ""
    expected = "" if told.expected is None else told.expected.words
    one = board.closing
    if one is not None and board.at > one.deadline and told.sums and not told.sums.final:
        expected = ""  # what has not come by then is expected no more
    found = (*told.verdict.warnings, expected, source, told.coming, told.calendar_note)
    return [note for note in found if note]


def _as_of(board: Board, zone: tzinfo) -> str:
    return f"As of {moment(board.at, zone)} {zone_name(zone, board.at)}. {board.rules.words}"


def _section(sheet: Sheet) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in sheet.columns)
    rows = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in sheet.rows
    )
    shown = f"<table><tr>{head}</tr>{rows}</table>" if rows else ""
    note = f'<p class="note">{escape(sheet.note)}</p>' if sheet.note else ""
    return f"<section><h2>{escape(sheet.title)}</h2>{shown}{note}</section>"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    told = "".join(f"\\{c}" if c in _MARKUP else c for c in " ".join(text.split()))
    return _LEADING.sub(r"\1\\", told)


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
