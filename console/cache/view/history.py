"""The charts of the window. Outside of the live part: new data resets a zoom."""

from datetime import tzinfo
from typing import Any

import streamlit as st

from console.cache.counting import (
    BAD,
    COMMANDS,
    GIB,
    GOOD,
    LOOKUPS,
    MEMORY,
    REMOVED,
    by_period,
    highest_by_period,
    ratio_by_period,
)
from console.cache.load import Found
from console.ui.charts import DASHES, Chart, figure, local_times, palette, show, thin, whole_step
from console.ui.markers import mark_deployments
from console.ui.page import Page
from console.ui.window import Window

Points = list[tuple[float, float | None]]
HEIGHT = 220  # pixels
COUNTED = "keys"  # a unit of whole numbers


def history(found: Found, page: Page, window: Window) -> None:
    """Hit ratio, memory, commands, removed keys."""
    cells, zone = found.cells, page.zone
    if not len(cells[MEMORY]) and not len(cells[LOOKUPS]):
        st.caption("No history of this window yet: the collector counts from its first reading on.")
        return
    ratio: Points = [
        (at, None if one is None else 100 * one) for at, one in ratio_by_period(cells[LOOKUPS])
    ]
    memory: Points = [(at, gib * GIB / 1024**2) for at, gib in highest_by_period(cells[MEMORY])]
    resolution = cells[COMMANDS].resolution
    commands: Points = [(at, n / resolution) for at, n in by_period(cells[COMMANDS])]
    # commands were counted at every reading: where none was removed, that is 0
    read = [at for at, _ in commands]
    expired, evicted = (_filled(read, by_period(cells[REMOVED], code)) for code in (GOOD, BAD))
    charts = (
        ("Hit ratio", "%", {"hits": ratio}, [0, 100]),
        ("Memory in use", "MiB", {"used": memory}, None),
        ("Operations", "a second", {"commands": commands}, None),
        ("Keys removed", COUNTED, {"expired": expired, "evicted": evicted}, None),
    )
    for pair in (charts[:2], charts[2:]):
        for column, (title, unit, lines, span) in zip(
            st.columns(2, gap="small"), pair, strict=True
        ):
            with column.container(border=True):
                st.markdown(f"**{title}**")
                alt = f"{title} over the window, in {unit}"
                key = f"cache_{title.lower().replace(' ', '_')}"
                chart = _chart(lines, unit, span, zone)
                mark_deployments(chart, page, window.since, window.until)
                show(chart, key=key, alt=alt, height=HEIGHT)


def _filled(read: list[float], counted: list[tuple[float, int]]) -> Points:
    known = dict(counted)
    return [(at, float(known.get(at, 0))) for at in sorted({*read, *known})]


def _chart(lines: dict[str, Points], unit: str, span: list[int] | None, zone: tzinfo) -> Chart:
    traces: list[dict[str, Any]] = []
    for place, (name, points) in enumerate(lines.items()):
        kept = [points[at] for at in thin(len(points), lambda at, p=points: p[at][1])]
        traces.append(
            {
                "x": local_times((at for at, _ in kept), zone),
                "y": [None if one is None else round(one, 3) for _, one in kept],
                "name": name,
                "mode": "lines",
                "line": {"width": 2, "color": palette()[place], "dash": DASHES[place]},
                "showlegend": len(lines) > 1,
            }
        )
    axis: dict[str, Any] = {"title": {"text": unit}, "rangemode": "tozero"}
    if unit == COUNTED:
        highest = max((y or 0.0 for points in lines.values() for _, y in points), default=0.0)
        axis["dtick"] = whole_step(int(highest))
    return figure(traces, yaxis={**axis, "range": span} if span else axis)
