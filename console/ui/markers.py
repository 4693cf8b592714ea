"""Deployments in a chart of time: a triangle with a dotted line each, its commit and verdict in the
hover. They are points of a second, invisible axis, so that no value moves for them."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from console.activity.model import Event
from console.deployments.marks import marks
from console.ui.charts import Chart, chart_text, local_times, palette, theme
from console.ui.page import Page
from console.ui.reading import fetch
from console.ui.status import mark_of

MOST = 20  # the newest ones, of one chart
READ = 500  # events of the window that are looked through
HEIGHT = 0.965  # of the chart, where the triangles are
FRESH_FOR = 10.0  # seconds: a chart outside of the live part is drawn anew rarely


def mark_deployments(chart: Chart, page: Page, since: float, until: float) -> None:
    """Mark the deployments of the service from `since` to `until` (Unix seconds) in a chart.

    A store that does not answer marks nothing: the page says so elsewhere.
    """
    draw(chart, deployments(page, since, until), page.zone)


def deployments(page: Page, since: float, until: float) -> Sequence[Event]:
    """The deployments of that time, newest first."""
    store, name = page.runtime.store, page.service.name
    # by the minute, so that the charts of a page share one answer
    begin, end = since // 60 * 60, (until // 60 + 1) * 60
    found = fetch(
        page.runtime,
        ("deployment_marks", name, begin, end),
        lambda: marks(store.events(name, begin, end, READ)),
        FRESH_FOR,
    )
    return [one for one in found.value or () if since <= one.at <= until]


def draw(chart: Chart, events: Sequence[Event], zone: tzinfo) -> None:
    """Draw deployments (newest first) into a chart whose x axis is time in that zone."""
    drawn = events[:MOST]
    if not drawn:
        return
    colours = [_colour(one) for one in drawn]
    times = local_times((one.at for one in drawn), zone)
    layout: dict[str, Any] = chart["layout"]
    layout["shapes"] = [
        *layout.get("shapes", []),
        *(_line(time, colour) for time, colour in zip(times, colours, strict=True)),
    ]
    layout["yaxis2"] = {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True}
    chart["data"] = [
        *chart["data"],
        {
            "type": "scatter",
            "mode": "markers",
            "name": "deployment",
            "showlegend": False,
            "x": times,
            "y": [HEIGHT] * len(times),
            "yaxis": "y2",
            "cliponaxis": False,
            "marker": {"symbol": "triangle-down", "size": 10, "color": colours},
            "text": [
                f"{time[11:16]} {chart_text(one.title)}"
                for time, one in zip(times, drawn, strict=True)
            ],
            "hovertemplate": "%{text}<extra></extra>",
        },
    ]


def _line(time: str, colour: str) -> dict[str, Any]:
    return {
        "type": "line",
        "layer": "below",
        "x0": time,
        "x1": time,
        "yref": "paper",
        "y0": 0,
        "y1": HEIGHT,
        "line": {"color": colour, "width": 1, "dash": "dot"},
    }


def _colour(event: Event) -> str:
    """By the verdict; one that is being watched has the colour of no status."""
    mark = mark_of(event.status)
    return mark.chart_colour(theme()) if mark else palette()[-1]
