"""The exact last results of a check: a mark for each, by time and duration."""

from datetime import tzinfo

import streamlit as st

from console.health.check import STALE_AFTER_INTERVALS
from console.health.model import Sample, Status
from console.health.summary import Presented, Standing
from console.ui.charts import figure, local_times, show, theme
from console.ui.markers import mark_deployments
from console.ui.page import Page
from console.ui.status import MARKS
from console.words import response_time, zone_name

HEIGHT = 220  # pixels


def recent_results(page: Page, one: Presented) -> None:
    """Draw them. Outside of the live fragment."""
    samples, zone = one.state.recent, page.zone
    with st.container(border=True):
        st.subheader("Exact last results", anchor=False)
        if not samples:
            st.caption("No result yet.")
            return
        st.caption(f"{len(samples)} of them; times in {zone_name(zone, samples[-1].at)}")
        unit, name = _unit(samples)
        traces = [_line(samples, one.check.interval, zone, unit)]
        traces += [
            _marks(samples, status, zone, unit)
            for status in Status
            if any(sample.status is status for sample in samples)
        ]
        chart = figure(
            traces,
            yaxis={"ticksuffix": f" {name}"},
            hovermode="closest",
            showlegend=len(traces) > 2,
            height=HEIGHT,
        )
        mark_deployments(chart, page, samples[0].at, samples[-1].at)
        show(
            chart,
            key="recent_results",
            alt="Duration and status of the last results, by time",
            height=HEIGHT,
        )


def _unit(samples: tuple[Sample, ...]) -> tuple[float, str]:
    """What the axis counts in, in milliseconds, and its name: nobody reads `10k ms`."""
    longest = max(sample.milliseconds or 0.0 for sample in samples)
    return (1000.0, "s") if longest >= 1000 else (1.0, "ms")


def _line(
    samples: tuple[Sample, ...], interval: float, zone: tzinfo, unit: float
) -> dict[str, object]:
    """A thin line that leads the eye; the marks on it tell. It breaks where probes are missing."""
    points: list[tuple[float, float | None]] = []
    for sample in samples:
        if points and sample.at - points[-1][0] > STALE_AFTER_INTERVALS * interval:
            points.append((sample.at, None))
        took = sample.milliseconds
        points.append((sample.at, None if took is None else took / unit))
    return {
        "type": "scatter",
        "mode": "lines",
        "x": local_times((at for at, _ in points), zone),
        "y": [took for _, took in points],
        "line": {"color": MARKS[Standing.UNKNOWN].chart_colour(theme()), "width": 1},
        "hoverinfo": "skip",
        "showlegend": False,
    }


def _marks(
    samples: tuple[Sample, ...], status: Status, zone: tzinfo, unit: float
) -> dict[str, object]:
    mark = MARKS[Standing(status.value)]
    mine = [sample for sample in samples if sample.status is status]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": mark.word,
        "x": local_times((sample.at for sample in mine), zone),
        # A result without a duration (no connection) is marked at the bottom.
        "y": [(sample.milliseconds or 0) / unit for sample in mine],
        "marker": {"symbol": mark.symbol, "size": 8, "color": mark.chart_colour(theme())},
        "text": [
            "no answer"
            if sample.milliseconds is None
            else response_time(sample.milliseconds / 1000)
            for sample in mine
        ],
        "hovertemplate": f"{mark.word}<br>%{{x|%H:%M:%S}}<br>%{{text}}<extra></extra>",
    }
