"""The chart of the number of instances."""

from datetime import tzinfo
from typing import Any

from console.instances.history import Past
from console.ui.charts import Chart, figure, local_times, palette, thin, whole_step


def count_chart(past: Past, zone: tzinfo) -> Chart:
    """The mean as a step line within the band from least to most."""
    points = past.points
    kept = [points[at] for at in thin(len(points), lambda at: points[at].mean)]
    times = local_times((point.at for point in kept), zone)
    blue = palette()[0]
    common: dict[str, Any] = {"x": times, "mode": "lines", "hovertemplate": "%{y:.3~g}"}
    return figure(
        [
            {
                **common,
                "y": [point.most for point in kept],
                "name": "most",
                "line": {"shape": "hv", "width": 0},
                "showlegend": False,
            },
            {
                **common,
                "y": [point.least for point in kept],
                "name": "least",
                "line": {"shape": "hv", "width": 0},
                "fill": "tonexty",
                "fillcolor": f"{blue}33",
                "showlegend": False,
            },
            {
                **common,
                "y": [round(point.mean, 2) for point in kept],
                "name": "mean",
                "line": {"shape": "hv", "width": 2, "color": blue},
                "showlegend": False,
            },
        ],
        yaxis={
            "title": {"text": "instances"},
            "rangemode": "tozero",
            "dtick": whole_step(max((point.most for point in kept), default=0)),
        },
    )
