"""A closing as Markdown, CSV and one HTML file that needs nothing else. Pure text.

Names come from outside: each format has its own way to keep them text.
"""

import csv
import io
from collections.abc import Sequence
from datetime import tzinfo
from html import escape

from console.month_end.model import Told
from console.words import moment, zone_name

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_MARKUP = "\\`*_{}[]<>()#+-.!|~"
_STYLE = (
    "body{font:16px system-ui,sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem;"
    "color:#1c2733;background:#fff}h1{font-size:1.3rem}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.35rem .6rem;border-bottom:1px solid #ccd3db;text-align:left}"
    "td+td,th+th{text-align:right}footer{color:#5c6a7c;font-size:.85rem;margin-top:1rem}"
)


def markdown(title: str, told: Told, at: float, zone: tzinfo) -> str:
    """For a chat or a wiki."""
    lines = [f"# {_plain(title)}", "", f"**{_plain(told.verdict.sentence)}**", ""]
    lines += ["| Items | Number | Share |", "|---|---:|---:|"]
    lines += [f"| {name} | {items} | {share} |" for name, items, share in _rows(told)]
    lines += ["", *(f"- {_plain(note)}" for note in notes(told)), ""]
    lines.append(_plain(f"As of {moment(at, zone)} {zone_name(zone, at)}."))
    return "\n".join(lines) + "\n"


def table(title: str, told: Told, at: float, zone: tzinfo) -> str:
    """CSV for a spreadsheet; nothing in it is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["closing", "as of", "items", "number", "share of all in percent"])
    when = f"{moment(at, zone)} {zone_name(zone, at)}"
    for part in told.verdict.parts:
        writer.writerow([_cell(title), when, part.name, part.items, f"{part.share:.1f}"])
    return out.getvalue()


def page(title: str, told: Told, at: float, zone: tzinfo) -> str:
    """One HTML file, without scripts and without anything from elsewhere; prints on one sheet."""
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{items}</td><td>{share}</td></tr>"
        for name, items, share in _rows(told)
    )
    more = "".join(f"<li>{escape(note)}</li>" for note in notes(told))
    when = escape(f"{moment(at, zone)} {zone_name(zone, at)}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(title)}</h1><p><strong>{escape(told.verdict.sentence)}</strong></p>"
        "<table><tr><th>Items</th><th>Number</th><th>Share</th></tr>"
        f"{rows}</table><ul>{more}</ul><footer>As of {when}</footer></body></html>\n"
    )


def notes(told: Told) -> Sequence[str]:
    """What stands below the sums: warnings, the calendar's gaps, and the source."""
    source = f"The forecast is from {told.source}." if told.source else ""
    coming = any(part.name == "not arrived yet" for part in told.verdict.parts)
    unknown = "" if coming or not told.verdict.parts else "How many are still to come is not known."
    found = (*told.verdict.warnings, told.calendar_note, source, unknown)
    return [note for note in found if note]


def _rows(told: Told) -> list[tuple[str, str, str]]:
    return [(p.name, f"{p.items:,}", f"{p.share:.1f} %") for p in told.verdict.parts]


def _plain(text: str) -> str:
    return "".join(f"\\{c}" if c in _MARKUP else c for c in " ".join(text.split()))


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
