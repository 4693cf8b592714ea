"""The burn-up as one SVG, for the file that is printed: nothing from elsewhere, no script. Pure."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape

import numpy as np

from console.month_end.board import Board, Line
from console.month_end.zoom import shown

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 720, 260, 56, 40, 26  # pixels
STYLES = {  # by the first word of a line's name: colour, dashes
    "plan": ("#5B6675", "6 4"),
    "last": ("#CC79A7", "2 3"),
    "done": ("#0072B2", ""),
    "expected": ("#0072B2", "3 4"),
}
MOST = 200  # points of a line
POINTS = Sequence[tuple[float, float]]


def burn_up(board: Board, zone: tzinfo) -> str:
    """The chart; empty where there is nothing to draw."""
    if board.closing is None or not board.lines:
        return ""
    low, high = shown(board, zone)
    lines = [(one.name, _points(one, low, high)) for one in board.lines]
    fan = board.told.fan
    if fan is not None and board.snapshot is not None:
        done = board.snapshot.done
        ahead = [(board.at, float(done))]
        ahead += [
            (float(at), done + float(middle))
            for at, middle in zip(fan.times, fan.middle, strict=True)
            if at <= high
        ]
        lines.append(("expected", _thinned(ahead)))
    lines = [(name, found) for name, found in lines if found]
    points = [point for _, found in lines for point in found]
    if not points:
        return ""
    most = max(1.0, max(y for _, y in points))

    def place(x: float, y: float) -> str:
        across = LEFT + (x - low) / max(1.0, high - low) * (WIDTH - LEFT - 8)
        return f"{across:.1f},{HEIGHT - BOTTOM - y / most * (HEIGHT - BOTTOM - TOP):.1f}"

    parts = [f'<line x1="{LEFT}" y1="{HEIGHT - BOTTOM}" x2="{WIDTH - 8}" y2="{HEIGHT - BOTTOM}" '
             'stroke="#9aa7b8"/>']  # fmt: skip
    zero = HEIGHT - BOTTOM
    if low <= board.closing.deadline <= high:
        due = place(board.closing.deadline, most).split(",")[0]
        parts.append(f'<line x1="{due}" y1="{TOP}" x2="{due}" y2="{zero}" stroke="#D55E00" '
                     'stroke-dasharray="4 3"/>')  # fmt: skip
        parts.append(_text(float(due) - 4, zero - 6, "deadline", "end"))
    parts += [_text(LEFT - 6, TOP + 4, f"{most:,.0f}", "end"), _text(LEFT - 6, zero, "0", "end")]
    parts += [
        _text(
            LEFT + share * (WIDTH - LEFT - 8),
            zero + 16,
            _day(low + share * (high - low), zone),
            anchor,
        )
        for share, anchor in ((0.0, "start"), (0.5, "middle"), (1.0, "end"))
    ]
    for row, (name, found) in enumerate(lines):
        colour, dashes = STYLES.get(name.split(" ")[0], STYLES["plan"])
        drawn = " ".join(place(x, y) for x, y in found)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2" '
                     f'stroke-dasharray="{dashes}"/>')  # fmt: skip
        at = LEFT + row * 165
        parts.append(f'<line x1="{at}" y1="6" x2="{at + 16}" y2="6" stroke="{colour}" '
                     f'stroke-width="3" stroke-dasharray="{dashes}"/>')  # fmt: skip
        parts.append(_text(LEFT + row * 165 + 20, 10, name))
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" font-size="11" fill="#3B4654">'
        f"<title>{escape(board.told.verdict.sentence)}</title>{''.join(parts)}</svg>"
    )


def _points(line: Line, since: float, until: float) -> POINTS:
    inside = line.times[(line.times > since) & (line.times < until)]
    edges = [at for at in (since, until) if line.times[0] <= at <= line.times[-1]]
    times = np.unique(np.concatenate([edges, inside]))  # a line that leaves ends at the edge
    done = np.interp(times, line.times, line.done)
    return _thinned([(float(x), float(y)) for x, y in zip(times, done, strict=True)])


def _thinned(points: POINTS) -> POINTS:
    if not points:
        return []
    step = max(1, len(points) // MOST)
    return [*points[::step], points[-1]]


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{escape(text)}</text>'


def _day(at: float, zone: tzinfo) -> str:
    then = datetime.fromtimestamp(at, zone)
    return f"{then.day} {then:%b %H:%M}"
