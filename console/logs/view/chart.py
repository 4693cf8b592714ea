"""Lines over time, stacked by how serious they are."""

from datetime import tzinfo
from typing import Any

from console.health.summary import Standing
from console.logs.facets import Histogram
from console.ui.charts import Chart, figure, local_times, palette, theme
from console.ui.status import MARKS


def histogram_chart(histogram: Histogram, zone: tzinfo) -> Chart:
    """A bar for each stretch of time. The hover says how many of which."""
    bars, name = histogram.bars, theme()
    times = local_times((bar.start for bar in bars), zone)
    parts: tuple[tuple[str, list[int], str], ...] = (
        ("errors", [bar.errors for bar in bars], MARKS[Standing.FAIL].chart_colour(name)),
        ("warnings", [bar.warnings for bar in bars], MARKS[Standing.WARN].chart_colour(name)),
        ("other lines", [bar.others for bar in bars], palette(name)[0]),
    )
    traces: list[dict[str, Any]] = [
        {
            "type": "bar", "x": times, "y": counts, "name": word, "marker": {"color": colour},
            "hovertemplate": "%{y:,}",
        }
        for word, counts, colour in parts
        if any(counts)
    ]  # fmt: skip
    return figure(
        traces,
        barmode="stack",
        bargap=0.15,
        showlegend=len(traces) > 1,
        yaxis={"title": {"text": "lines"}, "rangemode": "tozero"},
    )
