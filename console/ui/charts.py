"""Plotly charts, all in one dress: one template for light and dark, few points, no clutter.

A chart is the plain dictionary that plotly's JSON is made of: building it costs no validation of
every property, and plotly's Python package is not imported before the first chart is drawn.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

import streamlit as st

from console.ui.format import raw

Chart = dict[str, Any]  # {"data": [traces], "layout": {…}}

MAX_POINTS = 300  # of one line: more is invisible at this width and slow in the browser
HOVER_LIMIT = 120  # characters of outside text in a hover
CONFIG: dict[str, Any] = {"displayModeBar": False, "displaylogo": False, "doubleClick": "reset"}

# Okabe-Ito, in the order of .streamlit/config.toml; a line also has a dash of its own.
_PALETTE = {
    "light": ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#5B6675"],
    "dark": ["#56B4E9", "#FF8A5B", "#2FC79A", "#D8A0CB", "#F2B04B", "#9AD0F5", "#9AA7B8"],
}
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
_INK = {  # text, grid lines, axis lines, hover background
    "light": ("#3B4654", "#E6EAF0", "#C3CBD6", "#FFFFFF"),
    "dark": ("#B4C0CF", "#1F2A38", "#3A475A", "#18212E"),
}


def theme() -> str:
    """`light` or `dark`, as the visitor's browser has it."""
    return "dark" if st.context.theme.type == "dark" else "light"


def palette(name: str | None = None) -> list[str]:
    """The colours of lines in the theme."""
    return _PALETTE[name or theme()]


@lru_cache(maxsize=2)
def template(name: str) -> dict[str, Any]:
    """The template of all charts. Backgrounds are transparent: the page shows through."""
    ink, grid, line, hover = _INK[name]
    axis = {
        "gridcolor": grid,
        "linecolor": line,
        "tickcolor": line,
        "zeroline": False,
        "automargin": True,
        "title": {"font": {"size": 12}, "standoff": 8},
    }
    return {
        "layout": {
            "font": {"family": "Inter, sans-serif", "size": 12, "color": ink},
            "colorway": _PALETTE[name],
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "xaxis": {**axis, "showgrid": False, "ticks": "outside", "ticklen": 4},
            "yaxis": {**axis, "rangemode": "tozero"},
            "legend": {"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom"},
            "hovermode": "x unified",
            "hoverlabel": {
                "bgcolor": hover,
                "bordercolor": line,
                "font": {"family": "Inter, sans-serif", "size": 12, "color": ink},
                "align": "left",
            },
            "dragmode": "zoom",
        }
    }


def figure(traces: Sequence[Mapping[str, Any]], **layout: Any) -> Chart:
    """A chart in the console's dress. `layout` overrides single settings of the template."""
    return {
        "data": [dict(trace) for trace in traces],
        "layout": {"template": template(theme()), **layout},
    }


def show(chart: Chart, *, key: str, alt: str, height: int = 260) -> None:
    """Draw a chart. `alt` says in a sentence what it shows, for those who do not see it."""
    st.plotly_chart(  # pyright: ignore[reportUnknownMemberType]  # plotly ships no types
        chart, theme=None, config=CONFIG, key=key, alt=alt, height=height
    )


def whole_step(highest: int) -> int:
    """A step between ticks for counts: whole, and about four of them."""
    power = 10 ** max(0, len(str(highest // 4)) - 1)
    return next(step * power for step in (1, 2, 5, 10) if step * power * 5 > highest)


def local_times(at: Iterable[float], zone: tzinfo) -> list[str]:
    """Unix times as plotly wants them, in the console's zone."""
    return [datetime.fromtimestamp(one, zone).strftime("%Y-%m-%dT%H:%M:%S") for one in at]


def thin(count: int, value: Callable[[int], float | None], limit: int = MAX_POINTS) -> list[int]:
    """Which of `count` points to keep so that at most `limit` remain and no peak is lost.

    The line is cut into equal pieces; the lowest and the highest point of each stay, in order, and
    so does one gap (`None`) of a piece that has any: a gap is a fact and is never drawn over.
    """
    if count <= limit:
        return list(range(count))
    pieces = max(1, limit // 3)
    kept: set[int] = set()
    for piece in range(pieces):
        places = range(piece * count // pieces, (piece + 1) * count // pieces)
        known = [(value(place), place) for place in places if value(place) is not None]
        gap = next((place for place in places if value(place) is None), None)
        if known:
            kept.add(min(known)[1])
            kept.add(max(known)[1])
        if gap is not None:
            kept.add(gap)
    return sorted(kept)


def chart_text(text: str) -> str:
    """Outside text for a label or hover: plotly reads a few HTML tags, so they are escaped."""
    line = " ".join(raw(text, HOVER_LIMIT).split())
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
