"""The charts of the scaling view: demand against capacity, and the plan."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from console.instances.scaling.compare import Point
from console.instances.scaling.forecast import Plan
from console.month_end.plan import Period
from console.ui.charts import MAX_POINTS, Chart, figure, local_times, palette, thin

BAND = "22"  # how opaque the area of the plan is, in hexadecimal


def demand_chart(points: Sequence[Point], quota: float | None, unit: str, zone: tzinfo) -> Chart:
    """What came, what the instances could do, and what the external API allows."""
    colours = palette()
    kept = [points[at] for at in thin(len(points), lambda at: points[at].demand)]
    times = local_times((one.at for one in kept), zone)
    common: dict[str, Any] = {"x": times, "mode": "lines", "hovertemplate": "%{y:,.0f}"}
    traces: list[dict[str, Any]] = [
        {
            **common,
            "y": [one.demand for one in kept],
            "name": "demand",
            "line": {"width": 2, "color": colours[0]},
        },
        {
            **common,
            "y": [one.capacity for one in kept],
            "name": "capacity of the instances",
            "line": {"width": 2, "color": colours[2], "shape": "hv", "dash": "dash"},
        },
    ]
    if quota is not None:
        traces.append(
            {
                **common,
                "y": [quota for _ in kept],
                "name": "API quota",
                "line": {"width": 2, "color": colours[1], "dash": "dot"},
            }
        )
    title = {"text": f"{unit}s an hour"}
    return figure(traces, yaxis={"title": title, "rangemode": "tozero"})


def plan_chart(plan: Plan, now: float, zone: tzinfo) -> Chart:
    """The minimum of instances by the clock, with the work that is expected behind it."""
    colours = palette()
    ends = [one.start for one in plan.periods] + [plan.periods[-1].end]
    counts = [one.instances for one in plan.periods] + [plan.periods[-1].instances]
    kept = thin(len(ends), lambda at: float(counts[at]), MAX_POINTS)
    traces: list[dict[str, Any]] = []
    layout: dict[str, Any] = {}
    if plan.hours:
        chosen = thin(len(plan.hours), lambda at: plan.hours[at][1], MAX_POINTS)
        traces.append(
            {
                "x": local_times((plan.hours[at][0] for at in chosen), zone),
                "y": [round(plan.hours[at][1], 1) for at in chosen],
                "name": "expected work an hour",
                "mode": "lines",
                "yaxis": "y2",
                "line": {"width": 1, "color": colours[6]},
                "hovertemplate": "%{y:,.0f}",
            }
        )
        layout["yaxis2"] = {
            "overlaying": "y",
            "side": "right",
            "rangemode": "tozero",
            "showgrid": False,
            "nticks": 5,
            "tickmode": "auto",
            "title": {"text": "expected work an hour"},
        }
    traces.append(
        {
            "x": local_times((ends[at] for at in kept), zone),
            "y": [counts[at] for at in kept],
            "name": "minimum instances",
            "mode": "lines",
            "line": {"width": 2, "color": colours[0], "shape": "hv"},
            "fill": "tozeroy",
            "fillcolor": f"{colours[0]}{BAND}",
            "hovertemplate": "%{y}",
        }
    )
    mark = local_times([now], zone)[0]
    layout["shapes"] = [
        {
            "type": "line", "x0": mark, "x1": mark, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": colours[1], "width": 1.5, "dash": "dot"},
        }
    ]  # fmt: skip
    axis = {"title": {"text": "minimum instances"}, "rangemode": "tozero", "dtick": _tick(counts)}
    return figure(traces, yaxis=axis, **layout)


def greatest(periods: Sequence[Period]) -> Period:
    """The first period with the most instances."""
    return max(periods, key=lambda one: one.instances)


def _tick(counts: Sequence[int]) -> int:
    """Whole instances on the axis, about six lines of them."""
    return max(1, round(max(counts, default=1) / 6))
