"""The figures of the page, as plain charts. Durations are drawn in milliseconds on a log axis:
the same distance is the same factor, and a time-out does not flatten everything else."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from math import ceil, floor, log10
from typing import Any

import numpy as np

from console.health.model import Incident, Outcome
from console.response_times.analysis import Analysis
from console.response_times.heatmap import HeatMap
from console.response_times.marks import mark
from console.response_times.model import Curve, percent_name
from console.response_times.outcomes import LEFT_OUT, WORDS, OutcomeBars
from console.ui.charts import DASHES, Chart, figure, local_times, palette, theme
from console.words import response_time

LEAST_SPAN = 4.0  # an axis covers at least this factor, so that chance does not look like a storm
FAR = 4.0  # a limit so many times above all values is not drawn: it would only flatten them
MARKS_ROOM = 1.2  # of the highest value: room above it for the marks of events
LABEL_ROOM = 1.25  # of the limit of slow answers: as high as its label reaches
MOST_BANDS = 40  # incidents shaded in one chart
HALF = 140  # steps up to which a curve is drawn as steps: two points each

_HEAT = {  # one hue, from few to many; empty cells show the page
    "light": ["#D3E6F3", "#8FC0E0", "#3C8FC6", "#0B5CAD", "#062F5C"],
    "dark": ["#17304A", "#1F5180", "#2F7FD6", "#7DB7F5", "#E3F1FF"],
}
# Few answers must be seen beside many, so the colours change fast where counts are low.
_HEAT_STOPS = (0.0, 0.04, 0.16, 0.45, 1.0)
_BAND = {"light": "rgba(213,94,0,0.13)", "dark": "rgba(255,138,91,0.16)"}
_BEHIND = {"light": "rgba(255,255,255,0.8)", "dark": "rgba(14,21,32,0.8)"}
_SLOW = {"light": "#A86400", "dark": "#F2B04B"}

_OUTCOME_COLOURS = {  # places in the palette; what is rare shares the last one
    Outcome.TIMEOUT: 1,
    Outcome.CONNECT: 0,
    Outcome.CONDITION: 4,
    Outcome.RESOLVE: 2,
    Outcome.TLS: 3,
    Outcome.PROTOCOL: 5,
}


def percentile_chart(found: Analysis, zone: tzinfo) -> Chart:
    """p50, p95 and p99 over time with deployments, incidents and the limit of slow answers."""
    lines = [curve for curve in found.curves if curve.shown]
    colours = palette()
    traces = [
        _line(curve, percent_name(curve.quantile), zone, colours[place], DASHES[place])
        for place, curve in enumerate(found.curves)
        if curve.shown
    ]
    check = found.question.check
    values = _values(lines)
    slow = check.slow_after if check and not found.question.series.phase else 0.0
    if not values or slow > FAR * max(values):
        slow = 0.0
    marks_room = [max(values) * MARKS_ROOM] if values and found.events else []
    chart = _over_time(traces, found, zone, [*values, *marks_room, *([slow] if slow else [])])
    layout = chart["layout"]
    layout["shapes"] = _bands(found, zone)
    mark(chart, found, zone)
    if slow:
        _limit(layout, slow, above=not any(_touches(curve, slow) for curve in lines))
    return chart


def comparison_chart(found: Analysis, place: int, zone: tzinfo) -> Chart:
    """One percentile of this window and of earlier ones, laid over each other."""
    ask = found.question
    shown: list[tuple[str, Curve, float]] = [("this window", found.curves[place], 0.0)]
    shown += [
        (one.stretch.name, one.curves[place], ask.since - one.stretch.since)
        for one in found.earlier
    ]
    colours = palette()
    looks = ((colours[0], DASHES[0]), (colours[6], DASHES[2]), (colours[3], DASHES[1]))
    traces = [
        _line(curve, name, zone, colour, dash, shift)
        for (name, curve, shift), (colour, dash) in zip(shown, looks, strict=False)
        if curve.shown
    ]
    return _over_time(traces, found, zone, _values(curve for _, curve, _ in shown))


def heat_chart(heat: HeatMap, zone: tzinfo) -> Chart:
    """Counts of answers by time and duration."""
    colours = _HEAT[theme()]
    rows = [[count or None for count in row] for row in heat.counts.tolist()]
    edges = np.round(heat.durations * 1000, 4).tolist()
    trace = {
        "type": "heatmap",
        "x": local_times(heat.at.tolist(), zone),
        "y": edges,
        "z": rows,
        "colorscale": [list(stop) for stop in zip(_HEAT_STOPS, colours, strict=True)],
        "zmin": 0,
        "colorbar": {
            "thickness": 8,
            "outlinewidth": 0,
            "len": 1,
            "tickfont": {"size": 11},
            "dtick": _whole_step(int(heat.counts.max())),
        },
        "text": [[_row_name(edges, row)] * heat.counts.shape[1] for row in range(len(rows))],
        "hovertemplate": "%{x}<br>%{text}<br>%{z} answers<extra></extra>",
        "hoverongaps": False,
    }
    axis = _log_axis(edges[0] / 1000, edges[-1] / 1000)
    return figure([trace], xaxis=_TIME_AXIS, yaxis=axis, hovermode="closest")


def _row_name(edges: Sequence[float], row: int) -> str:
    """`68.0 to 74.1 ms`, the durations of one row; edges are in milliseconds."""
    return f"{response_time(edges[row] / 1000)} to {response_time(edges[row + 1] / 1000)}"


def outcome_chart(bars: OutcomeBars, zone: tzinfo) -> Chart:
    """Results that were not ok, stacked over time."""
    colours = palette()
    middle = [at + bars.step / 2 for at in bars.at.tolist()]
    x = local_times(middle, zone)
    traces = [
        {
            "type": "bar",
            "name": WORDS[outcome],
            "x": x,
            "y": [count or None for count in counts.tolist()],
            "width": bars.step * 1000 * 0.9,
            "marker": {
                "color": colours[_OUTCOME_COLOURS.get(outcome, 6)],
                "pattern": {"shape": "/" if outcome in LEFT_OUT else ""},
            },
            "hovertemplate": "%{y} " + WORDS[outcome] + "<extra></extra>",
        }
        for outcome, counts in bars.not_ok.items()
    ]
    edges = local_times((bars.at[0], bars.at[-1] + bars.step), zone)
    highest = int(np.sum([*bars.not_ok.values()], axis=0).max())
    return figure(
        traces,
        barmode="stack",
        xaxis={"range": edges, **_TIME_AXIS},
        yaxis={"rangemode": "tozero", "tickformat": "d", "dtick": _whole_step(highest)},
        showlegend=True,
    )


def outline(curve: Curve) -> tuple[list[float], list[float | None], list[int]]:
    """The points of a curve: times, milliseconds, samples. A gap is a point without a value.

    Few steps are drawn as steps, from the begin of each to its end; many as a line through their
    middles, which reaches to the ends of the first and the last step between two gaps.
    """
    times: list[float] = []
    values: list[float | None] = []
    samples: list[int] = []

    def add(at: float, value: float | None, number: int) -> None:
        times.append(at)
        values.append(value)
        samples.append(number)

    as_steps = len(curve.at) <= HALF
    known = ~np.isnan(curve.values)
    milliseconds = np.round(curve.values * 1000, 3).tolist()
    last = len(known) - 1
    for place, at in enumerate(curve.at.tolist()):
        number = int(curve.samples[place])
        if not known[place]:
            if place and known[place - 1]:
                add(at, None, number)
            continue
        value = milliseconds[place]
        first_of_run = not place or not known[place - 1]
        last_of_run = place == last or not known[place + 1]
        if as_steps or first_of_run:
            add(at, value, number)
        if not as_steps and not first_of_run and not last_of_run:
            add(at + curve.step / 2, value, number)
        if as_steps or last_of_run:
            add(at + curve.step, value, number)
    return times, values, samples


def _line(
    curve: Curve, name: str, zone: tzinfo, colour: str, dash: str, shift: float = 0.0
) -> dict[str, Any]:
    times, values, samples = outline(curve)
    texts = [
        f"{response_time(None if value is None else value / 1000)} · n = {number:,}"
        for value, number in zip(values, samples, strict=True)
    ]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": local_times((at + shift for at in times), zone),
        "y": values,
        "customdata": texts,
        "line": {"color": colour, "dash": dash, "width": 1.75},
        "connectgaps": False,
        "hovertemplate": "%{customdata}",
    }


def _over_time(
    traces: Sequence[dict[str, Any]], found: Analysis, zone: tzinfo, values: Iterable[float]
) -> Chart:
    known = list(values)
    axis = _log_axis(min(known), max(known)) if known else {}
    edges = local_times((found.drawn_since, found.question.until), zone)
    time_axis = {"range": edges, **_TIME_AXIS}
    return figure(traces, xaxis=time_axis, yaxis=axis, showlegend=True)


# Dates are told once below the hours; few enough ticks for a phone, where they would be turned.
_TIME_AXIS = {"hoverformat": "%a %d %b %H:%M", "nticks": 7, "tickangle": 0}


def _values(curves: Iterable[Curve]) -> list[float]:
    return [
        value
        for curve in curves
        if curve.shown
        for value in (float(np.nanmin(curve.values)), float(np.nanmax(curve.values)))
    ]


def _log_axis(low: float, high: float) -> dict[str, Any]:
    """A logarithmic axis in milliseconds with ticks that read `50 ms`, `1 s`."""
    low, high = low * 1000 / 1.15, high * 1000 * 1.15
    missing = LEAST_SPAN / (high / low)
    if missing > 1:
        low, high = low / missing**0.5, high * missing**0.5
    decades = log10(high / low)
    steps = (1, 2, 5) if decades < 2.5 else (1,)
    ticks = [
        step * 10.0**power
        for power in range(floor(log10(low)), ceil(log10(high)) + 1)
        for step in steps
        if low <= step * 10.0**power <= high
    ]
    return {
        "type": "log",
        "range": [log10(low), log10(high)],
        "tickvals": ticks,
        "ticktext": [_tick(tick) for tick in ticks],
    }


def _tick(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:g} s"
    return f"{milliseconds:g} ms" if milliseconds >= 1 else f"{milliseconds * 1000:g} µs"


def _whole_step(highest: int) -> int:
    """A step between ticks for counts: whole, and about four of them."""
    power = 10 ** max(0, len(str(highest // 4)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power * 5 > highest)


def _touches(curve: Curve, slow: float) -> bool:
    """Whether the end of a curve would run through a label above the limit."""
    known = curve.values[~np.isnan(curve.values)]
    return bool(len(known)) and slow <= known[-1] < slow * LABEL_ROOM


def _limit(layout: dict[str, Any], slow: float, *, above: bool) -> None:
    """A dotted line where answers begin to be slow, its label where no curve ends."""
    colour = _SLOW[theme()]
    line = {"color": colour, "width": 1, "dash": "dot"}
    place = {"xref": "paper", "yref": "y", "y": slow * 1000}
    layout["shapes"] = [
        *layout["shapes"],
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "yref": "y"}
        | {"y0": slow * 1000, "y1": slow * 1000, "line": line},
    ]
    layout["annotations"] = [
        *layout.get("annotations", []),
        place
        | {
            "y": log10(slow * 1000),  # annotations on a log axis are placed by the exponent
            "x": 1,
            "xanchor": "right",
            "yanchor": "bottom" if above else "top",
            "text": f"slow after {response_time(slow)}",
            "showarrow": False,
            "font": {"color": colour, "size": 11},
            "bgcolor": _BEHIND[theme()],
        },
    ]


def _bands(found: Analysis, zone: tzinfo) -> list[dict[str, Any]]:
    """Incidents as shaded stretches, the newest ones, behind the curves."""
    return [_band(incident, found, zone) for incident in found.incidents[:MOST_BANDS]]


def _band(incident: Incident, found: Analysis, zone: tzinfo) -> dict[str, Any]:
    until = found.question.until
    edges = (
        max(incident.started_at, found.drawn_since),
        min(until if incident.ended_at is None else incident.ended_at, until),
    )
    left, right = local_times(edges, zone)
    return {
        "type": "rect",
        "layer": "below",
        "x0": left,
        "x1": right,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"width": 0},
        "fillcolor": _BAND[theme()],
    }
