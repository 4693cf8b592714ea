"""The burn-up: plan, last closing, what was done, and the fan of what will be."""

from datetime import tzinfo
from typing import Any

from console.month_end.board import Board, Line
from console.month_end.zoom import moving, shown
from console.ui.charts import Chart, figure, local_times, palette, thin, whole_step

DAY = 86_400.0
LOOKS = {"plan": (6, "dash", 1.5), "last": (3, "dot", 1.5), "done": (0, "solid", 2.5)}


def burn_up(board: Board, zone: tzinfo) -> Chart | None:
    """The chart; None where there is nothing to draw."""
    one, snapshot = board.closing, board.snapshot
    if one is None or snapshot is None or not board.lines:
        return None
    traces = [*_fan(board, zone), *(_trace(line, zone) for line in board.lines), _now(board, zone)]
    top = max(float(line.done.max()) for line in board.lines)
    first, last = shown(board, zone)
    if first <= one.deadline <= last:  # else the legend would list what is not drawn
        traces.append(
            {"x": local_times([one.deadline] * 2, zone), "y": [0, top], "name": "deadline",
             "mode": "lines", "line": {"dash": "dash", "width": 1, "color": palette()[1]},
             "hoverinfo": "skip"}
        )  # fmt: skip
    highest = max(max(trace["y"], default=0) for trace in traces)
    return figure(
        traces,
        xaxis={"range": local_times((first, last), zone)},
        yaxis={
            "title": {"text": "items done"},
            "rangemode": "tozero",
            "dtick": whole_step(highest),
        },
    )


def _now(board: Board, zone: tzinfo) -> dict[str, Any]:
    """Where it stands."""
    done = board.snapshot.done if board.snapshot else 0
    return {
        "x": local_times([board.at], zone), "y": [done], "name": "now", "mode": "markers+text",
        "text": [f"{done:,}"], "textposition": "top center", "hoverinfo": "skip",
        "cliponaxis": False, "marker": {"size": 9, "color": palette()[0]}, "showlegend": False,
    }  # fmt: skip


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
    count = min(moving(fan), int(near.sum()), len(fan.times))
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
