"""The burn-up: plan, last closing, what was done, and the fan of what will be."""

from datetime import tzinfo
from typing import Any

import numpy as np

from console.month_end.board import Board, Line
from console.month_end.calendar import span
from console.ui.charts import Chart, figure, local_times, palette, thin

DAY = 86_400.0
LOOKS = {"plan": (6, "dash", 1.5), "last": (3, "dot", 1.5), "done": (0, "solid", 2.5)}


def burn_up(board: Board, zone: tzinfo) -> Chart | None:
    """The chart; None where there is nothing to draw."""
    one, snapshot = board.closing, board.snapshot
    if one is None or snapshot is None or not board.lines:
        return None
    traces = [*_fan(board, zone), *(_trace(line, zone) for line in board.lines)]
    top = max(float(line.done.max()) for line in board.lines)
    traces.append(
        {"x": local_times([one.deadline] * 2, zone), "y": [0, top], "name": "deadline",
         "mode": "lines", "line": {"dash": "dash", "width": 1, "color": palette()[1]},
         "hoverinfo": "skip"}
    )  # fmt: skip
    shown = [span(one.opens, zone)[0], max(one.deadline, board.at) + DAY / 2]
    return figure(
        traces,
        xaxis={"range": local_times(shown, zone)},
        yaxis={"title": {"text": "items done"}, "rangemode": "tozero"},
    )


def _trace(line: Line, zone: tzinfo) -> dict[str, Any]:
    colour, dash, width = LOOKS.get(line.name.split(" ")[0], LOOKS["plan"])
    kept = thin(len(line.times), lambda at: float(line.done[at]))
    return {
        "x": local_times((float(line.times[at]) for at in kept), zone),
        "y": [round(float(line.done[at])) for at in kept],
        "name": line.name,
        "mode": "lines",
        "hovertemplate": "%{y:,.0f}",
        "line": {"width": width, "dash": dash, "color": palette()[colour]},
    }


def _fan(board: Board, zone: tzinfo) -> list[dict[str, Any]]:
    fan, snapshot, one = board.told.fan, board.snapshot, board.closing
    if fan is None or snapshot is None or one is None:
        return []
    blue = palette()[0]
    near = fan.times <= max(one.deadline, board.at) + DAY
    moving = int(np.count_nonzero(fan.low < fan.low[-1] - 0.5)) + 2  # nothing moves behind it
    count = min(moving, int(near.sum()), len(fan.times))
    if not count:
        return []
    kept = thin(count, lambda at: float(fan.middle[at]))
    times = local_times([board.at, *(float(fan.times[at]) for at in kept)], zone)

    def row(values: Any) -> list[int]:
        return [snapshot.done, *(round(snapshot.done + float(values[at])) for at in kept)]

    common: dict[str, Any] = {"mode": "lines", "hovertemplate": "%{y:,.0f}", "x": times}
    quiet = {**common, "line": {"width": 0}, "showlegend": False}
    return [
        {**quiet, "y": row(fan.high), "name": "nine of ten are below"},
        {**quiet, "y": row(fan.low), "name": "nine of ten are above", "fill": "tonexty",
         "fillcolor": f"{blue}33"},
        {**common, "y": row(fan.middle), "name": "expected (simulated)",
         "line": {"dash": "dot", "color": blue}},
    ]  # fmt: skip
