"""What happened, marked in a chart of time: deployments, and incidents from begin to end.

Marks are points of a second, invisible axis, so that the hover of the chart tells them together
with the values. Those too close to be told apart are one mark.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from console.activity.model import Event, Kind
from console.health.model import Incident
from console.health.summary import Standing
from console.response_times.analysis import Analysis
from console.ui.charts import Chart, chart_text, local_times, theme
from console.ui.status import MARKS

MOST_BANDS = 40  # incidents shaded in one chart
MOST_MARKS = 40  # the newest ones
APART = 1 / 90  # of the window: two marks nearer than that would cover each other
NAMED = 4  # events told by one mark
HEIGHT = 0.965  # of the chart, where marks are
_BAND = {"light": "rgba(213,94,0,0.13)", "dark": "rgba(255,138,91,0.16)"}
_DEPLOYED = {"light": "#5B6675", "dark": "#9AA7B8"}

Group = list[Event]


def mark(chart: Chart, found: Analysis, zone: tzinfo) -> None:
    """Add the events of the window to a chart."""
    begun = [event for event in found.events if _is_marked(event, found.drawn_since)]
    traces: list[dict[str, Any]] = []
    lines: list[dict[str, Any]] = []
    for kind, name in ((Kind.DEPLOYMENT, "deployment"), (Kind.INCIDENT, "incident begins")):
        groups = grouped([event for event in begun if event.kind is kind], found)
        if groups:
            traces.append(_points(groups, kind, name, zone))
            lines += [_line(group, kind, zone) for group in groups]
    if not traces:
        return
    chart["data"] = [*chart["data"], *traces]
    layout = chart["layout"]
    layout["shapes"] = [*layout.get("shapes", []), *lines]
    layout["yaxis2"] = {
        "overlaying": "y",
        "range": [0, 1],
        "visible": False,
        "fixedrange": True,
    }


def grouped(events: Sequence[Event], found: Analysis) -> list[Group]:
    """Events (newest first) that would cover each other, put together; each group oldest first."""
    apart = (found.question.until - found.drawn_since) * APART
    groups: list[Group] = []
    for event in events:
        if groups and groups[-1][0].at - event.at < apart:
            groups[-1].insert(0, event)
        elif len(groups) == MOST_MARKS:
            break
        else:
            groups.append([event])
    return groups


def _is_marked(event: Event, since: float) -> bool:
    """The end of an incident is where its shaded band ends."""
    begins = event.kind is Kind.DEPLOYMENT or event.status != "pass"
    return begins and event.at >= since


def _points(groups: Sequence[Group], kind: Kind, name: str, zone: tzinfo) -> dict[str, Any]:
    symbol = "triangle-down" if kind is Kind.DEPLOYMENT else MARKS[Standing.FAIL].symbol
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": local_times((group[-1].at for group in groups), zone),
        "y": [HEIGHT] * len(groups),
        "yaxis": "y2",
        "cliponaxis": False,
        "marker": {"symbol": symbol, "size": 10, "color": _colour(kind)},
        "text": [_told(group, zone) for group in groups],
        "hovertemplate": "%{text}<extra></extra>",
    }


def _told(group: Group, zone: tzinfo) -> str:
    newest = group[-NAMED:]
    times = local_times((event.at for event in newest), zone)
    told = [
        f"{time[11:16]} {chart_text(event.title)}"
        for time, event in zip(times, newest, strict=True)
    ]
    if len(group) > NAMED:
        told.insert(0, f"{len(group) - NAMED} more, and:")
    return "<br>".join(told)


def _line(group: Group, kind: Kind, zone: tzinfo) -> dict[str, Any]:
    (at,) = local_times((group[-1].at,), zone)
    return {
        "type": "line",
        "layer": "below",
        "x0": at,
        "x1": at,
        "yref": "paper",
        "y0": 0,
        "y1": HEIGHT,
        "line": {"color": _colour(kind), "width": 1, "dash": "dot"},
    }


def _colour(kind: Kind) -> str:
    if kind is Kind.DEPLOYMENT:
        return _DEPLOYED[theme()]
    return MARKS[Standing.FAIL].chart_colour(theme())


def incident_bands(found: Analysis, zone: tzinfo) -> list[dict[str, Any]]:
    """Incidents as shaded stretches, the newest ones, behind the curves."""
    drawn = [
        one for one in found.incidents if one.ended_at is None or one.ended_at > found.drawn_since
    ]
    return [_band(incident, found, zone) for incident in drawn[:MOST_BANDS]]


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
