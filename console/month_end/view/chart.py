"""The chart of a closing: what was done, and the fan of what will be."""

from datetime import tzinfo
from typing import Any

from console.month_end.finish import BLOCK, Fan
from console.month_end.model import Snapshot
from console.ui.charts import Chart, figure, local_times, palette, thin

FAR = 3.0  # times the time that the rest of the chart covers


def fan_chart(fan: Fan, snapshot: Snapshot, deadline: float, zone: tzinfo) -> Chart:
    """Items done so far as a line, the simulated rest as a band, and a deadline that is near."""
    blue = palette()[0]
    ends, done = [snapshot.blocks_end], [float(snapshot.done)]
    for count in reversed(snapshot.blocks):
        ends.append(ends[-1] - BLOCK)
        done.append(done[-1] - count)
    settled = int((fan.low < fan.low[-1] - 0.5).sum()) + 2  # nothing moves behind it
    middle = fan.middle[:settled]
    kept = thin(len(middle), lambda at: float(middle[at]))
    ahead = local_times([snapshot.at, *(float(fan.times[at]) for at in kept)], zone)
    rows = {
        name: [snapshot.done, *(snapshot.done + float(values[at]) for at in kept)]
        for name, values in (("low", fan.low), ("middle", fan.middle), ("high", fan.high))
    }
    common: dict[str, Any] = {"mode": "lines", "hovertemplate": "%{y:,.0f}"}
    quiet = {**common, "x": ahead, "line": {"width": 0}, "showlegend": False}
    traces: list[dict[str, Any]] = [
        {**quiet, "y": rows["high"], "name": "nine of ten are below"},
        {**quiet, "y": rows["low"], "name": "nine of ten are above", "fill": "tonexty",
         "fillcolor": f"{blue}33"},
        {**common, "x": ahead, "y": rows["middle"], "name": "expected (simulated)",
         "line": {"dash": "dot", "color": blue}},
        {**common, "x": local_times(reversed(ends), zone), "y": done[::-1], "name": "done",
         "line": {"width": 2, "color": blue}},
    ]  # fmt: skip
    shown = float(fan.times[min(settled, len(fan.times) - 1)]) - ends[-1]
    if deadline - ends[-1] <= FAR * shown:  # a deadline far away would press all else together
        due = local_times([deadline, deadline], zone)
        traces.append({"x": due, "y": [0, snapshot.total], "name": "deadline", "mode": "lines",
                       "line": {"dash": "dash", "width": 1}, "hoverinfo": "skip"})  # fmt: skip
    return figure(traces, yaxis={"title": {"text": "items done"}, "rangemode": "tozero"})
