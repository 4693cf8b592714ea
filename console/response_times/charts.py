"""Percentiles over time, as plain charts: those of a window, and one of it over earlier ones."""

from collections.abc import Iterable, Sequence
from datetime import tzinfo
from math import log10
from typing import Any

import numpy as np

from console.platforms.extras import Times
from console.response_times.analysis import Analysis
from console.response_times.axes import TIME_AXIS, log_axis
from console.response_times.marks import incident_bands, mark
from console.response_times.model import Curve, percent_name
from console.ui.charts import DASHES, Chart, figure, local_times, palette, theme
from console.words import response_time

FAR = 4.0  # a limit so many times above all values is not drawn: it would only flatten them
MARKS_ROOM = 1.2  # of the highest value: room above it for the marks of events
LABEL_ROOM = 1.25  # of the limit of slow answers: as high as its label reaches
HOVER_POINTS = 48  # of one line at least: no more than 20 pixels away, where plotly finds them
HALF = 140  # steps up to which a curve is drawn as steps: two points each

_BEHIND = {"light": "rgba(255,255,255,0.8)", "dark": "rgba(14,21,32,0.8)"}
_SLOW = {"light": "#A86400", "dark": "#F2B04B"}


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
    layout["shapes"] = incident_bands(found, zone)
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


def platform_chart(steps: Sequence[Times], zone: tzinfo) -> Chart:
    """The percentiles that a platform tells, p50 to p99, over the time that it tells them of."""
    colours = palette()
    shares = (("p50", [one.p50 for one in steps]), ("p95", [one.p95 for one in steps]))
    shares = (*shares, ("p99", [one.p99 for one in steps]))
    times = local_times((one.at for one in steps), zone)
    traces = [
        {
            "type": "scatter",
            "mode": "lines",
            "name": name,
            "x": times,
            "y": [None if value is None else round(value * 1000, 3) for value in values],
            "customdata": [response_time(value) for value in values],
            "line": {"color": colours[place], "dash": DASHES[place], "width": 1.75},
            "connectgaps": False,
            "hovertemplate": "%{customdata}",
        }
        for place, (name, values) in enumerate(shares)
    ]
    known = [value for _, values in shares for value in values if value]
    axis = log_axis(min(known), max(known)) if known else {}
    return figure(traces, xaxis=TIME_AXIS, yaxis=axis, showlegend=True)


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

    steps = len(curve.at)
    # A pointer finds a value only near a point, so long steps have some between their ends.
    parts = max(1, HOVER_POINTS // steps)
    known = ~np.isnan(curve.values)
    milliseconds = np.round(curve.values * 1000, 3).tolist()
    for place, at in enumerate(curve.at.tolist()):
        number = int(curve.samples[place])
        if not known[place]:
            if place and known[place - 1]:
                add(at, None, number)
            continue
        value = milliseconds[place]
        if steps <= HALF:
            for part in range(parts + 1):
                add(at + curve.step * part / parts, value, number)
            continue
        begins = not place or not known[place - 1]
        ends = place == steps - 1 or not known[place + 1]
        if begins:
            add(at, value, number)
        if not begins and not ends:
            add(at + curve.step / 2, value, number)
        if ends:
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
    axis = log_axis(min(known), max(known)) if known else {}
    edges = local_times((found.drawn_since, found.question.until), zone)
    time_axis = {"range": edges, **TIME_AXIS}
    return figure(traces, xaxis=time_axis, yaxis=axis, showlegend=True)


def _values(curves: Iterable[Curve]) -> list[float]:
    return [
        value
        for curve in curves
        if curve.shown
        for value in (float(np.nanmin(curve.values)), float(np.nanmax(curve.values)))
    ]


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
