"""The nested limits as bars, with what was seen as ticks."""

from collections.abc import Sequence
from math import log10

from console.health.summary import Standing
from console.timeouts.durations import shown
from console.timeouts.nesting import Level
from console.ui.charts import Chart, chart_text, figure, palette, theme
from console.ui.status import MARKS

ROW = 46  # pixels of one bar
AXIS_HEIGHT = 96  # pixels of axis and legend
SHORTEST = 0.1  # seconds: where the axis begins
ROOM = 1.3  # of the axis beyond the longest limit
LOW = 0.27  # of a row below its middle: what was seen lies under the text of the bar
FAINT = 0.25  # opacity of a bar without a limit
GAP = 2 * "\N{NO-BREAK SPACE}"  # between a name and its bar, and from there to the bar's text
TICKS = (0.1, 1, 10, 60, 300, 1800)  # seconds; few enough for a phone


def nesting_chart(levels: Sequence[Level]) -> Chart:
    """One bar a level, outermost on top; the axis is logarithmic: 5 s and an hour both show."""
    places = list(range(len(levels)))
    ends = [end for level in levels for end in (level.limit, level.needs) if end]
    most = max([SHORTEST * 10, *ends]) * ROOM
    colours = [_colour(level) for level in levels]
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": "Limit",
        "showlegend": False,
        "y": places,
        "x": [most if level.limit is None else max(level.limit, SHORTEST) for level in levels],
        "marker": {
            "color": colours,
            "opacity": [FAINT if level.limit is None else 0.85 for level in levels],
        },
        "text": [f"{GAP}{_text(level)}" for level in levels],
        "textposition": "auto",  # beside a bar that is too short for it
        "insidetextanchor": "start",
        "constraintext": "none",
        "insidetextfont": {"color": [_ink(level.limit is not None) for level in levels]},
        "hovertext": [_hover(level) for level in levels],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
    rows = list(enumerate(levels))
    needed = [(place, one) for place, one in rows if one.needs and not one.computed]
    seen = [(place, one.seen) for place, one in rows if one.seen]
    traces = [
        bars,
        _ticks(
            "Needed inside", [(place, one.needs, one.inside) for place, one in needed], "line-ns", 0
        ),
        _ticks(
            "Seen p99.9",
            [(place + LOW, one.p999, str(one.series)) for place, one in seen],
            "diamond",
            4,
        ),
        _ticks(
            "Seen longest",
            [(place + LOW, one.longest, str(one.series)) for place, one in seen],
            "circle",
            3,
        ),
    ]
    shown_ticks = [tick for tick in TICKS if tick <= most]
    return figure(
        [trace for trace in traces if trace["x"]],
        xaxis={
            "type": "log",
            "range": [log10(SHORTEST), log10(most)],
            "tickvals": shown_ticks,
            "tickangle": 0,
            "ticktext": [shown(tick).replace(" ", "") for tick in shown_ticks],
        },
        yaxis={
            "range": [len(levels) - 0.5, -0.5],
            "showgrid": False,
            "ticks": "",
            "tickvals": places,
            "ticktext": [f"{_name(level)}{GAP}" for level in levels],
        },
        hovermode="closest",
        bargap=0.25,
        dragmode=False,
    )


def height_of(levels: Sequence[Level]) -> int:
    """Pixels that the chart needs."""
    return AXIS_HEIGHT + ROW * len(levels)


def in_words(levels: Sequence[Level]) -> str:
    """The chart for those who do not see it."""
    return "Nested limits, outermost first: " + "; ".join(
        f"{level.label} {shown(level.limit)}{'' if level.fits else ' (too short)'}"
        for level in levels
    )


def _name(level: Level) -> str:
    return level.label if level.fits else f"{MARKS[Standing.FAIL].shape} {level.label}"


def _colour(level: Level) -> str:
    if not level.fits:
        return MARKS[Standing.FAIL].chart_colour(theme())
    return palette()[6] if level.computed else palette()[0]


def _text(level: Level) -> str:
    if level.limit is None:
        return "no limit"
    if level.computed or not level.needs:
        return shown(level.limit)
    spare = level.slack
    if spare is None:
        return f"{shown(level.limit)}, endless inside"
    return f"{shown(level.limit)}, {shown(abs(spare))} {'spare' if level.fits else 'too short'}"


def _hover(level: Level) -> str:
    lines = [f"<b>{level.label}</b> {shown(level.limit)}", chart_text(level.source)]
    if level.name:
        lines.insert(1, level.name)
    if not level.computed:
        lines.append(f"inside: {shown(level.needs) if level.needs is not None else 'no end'} "
                     f"({level.inside})")  # fmt: skip
        lines.append(f"slack: {level.slack_text}")
    return "<br>".join(lines)


def _ink(on_bar: bool) -> str:
    """Text that is legible on a full bar, or on the page and a faint bar."""
    return "#FFFFFF" if on_bar == (theme() == "light") else "#0B1220"


def _ticks(
    name: str, points: Sequence[tuple[float, float | None, str]], symbol: str, colour: int
) -> Chart:
    known = [(y, x, what) for y, x, what in points if x]
    ink = _ink(on_bar=False)
    tint = ink if symbol == "line-ns" else palette()[colour]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "y": [y for y, _, _ in known],
        "x": [max(x, SHORTEST) for _, x, _ in known],
        "marker": {
            "symbol": symbol,
            "size": 16 if symbol == "line-ns" else 8,
            "color": tint,
            "line": {"width": 2.5, "color": tint}
            if symbol == "line-ns"
            else {"width": 1, "color": "#FFFFFF"},
        },
        "hovertext": [f"{name}: {shown(x)}<br>{chart_text(what)}" for _, x, what in known],
        "hovertemplate": "%{hovertext}<extra></extra>",
    }
