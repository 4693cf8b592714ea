"""Counts over time, as plain charts: how many answers took how long, and how many failed."""

from collections.abc import Sequence
from datetime import tzinfo

import numpy as np

from console.health.model import Outcome
from console.response_times.axes import TIME_AXIS, log_axis
from console.response_times.heatmap import HeatMap
from console.response_times.outcomes import LEFT_OUT, WORDS, OutcomeBars
from console.ui.charts import Chart, figure, local_times, palette, theme, whole_step
from console.words import response_time

_HEAT = {  # one hue, from few to many; empty cells show the page
    "light": ["#D3E6F3", "#8FC0E0", "#3C8FC6", "#0B5CAD", "#062F5C"],
    "dark": ["#17304A", "#1F5180", "#2F7FD6", "#7DB7F5", "#E3F1FF"],
}
# Few answers must be seen beside many, so the colours change fast where counts are low.
_HEAT_STOPS = (0.0, 0.04, 0.16, 0.45, 1.0)

_OUTCOME_COLOURS = {  # places in the palette; what is rare shares the last one
    Outcome.TIMEOUT: 1,
    Outcome.CONNECT: 0,
    Outcome.CONDITION: 4,
    Outcome.RESOLVE: 2,
    Outcome.TLS: 3,
    Outcome.PROTOCOL: 5,
}


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
            "dtick": whole_step(int(heat.counts.max())),
        },
        "text": [[_row_name(edges, row)] * heat.counts.shape[1] for row in range(len(rows))],
        "hovertemplate": "%{x}<br>%{text}<br>%{z} answers<extra></extra>",
        "hoverongaps": False,
    }
    axis = log_axis(edges[0] / 1000, edges[-1] / 1000)
    return figure([trace], xaxis=TIME_AXIS, yaxis=axis, hovermode="closest")


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
        xaxis={"range": edges, **TIME_AXIS},
        yaxis={
            "title": {"text": "results"},
            "rangemode": "tozero",
            "tickformat": "d",
            "dtick": whole_step(highest),
        },
        showlegend=True,
    )
