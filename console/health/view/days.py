"""The bar of days: one square a day, with the exact account of that day in its hover."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from console.health.figures import DayCell, day_cells
from console.health.summary import Standing
from console.health.uptime import UptimeRecord
from console.ui.charts import Chart, chart_text, figure, theme
from console.ui.status import MARKS
from console.words import day_name

ROW_HEIGHT = 26  # pixels
MARGIN = 34  # pixels for the names of the days
LABEL_LIMIT = 28  # characters of a check's name

# What a square can say; its place in this list is its number on the colour scale.
_LEVELS = (
    (Standing.UNKNOWN, "nothing known"),
    (Standing.MAINTENANCE, "maintenance or asleep"),
    (Standing.PASS, "up all day"),
    (Standing.WARN, "down for a while"),
    (Standing.FAIL, "below its objective"),
)
# Squares of good days are many: paler than the mark, so that the others stand out.
_GOOD_DAY = {"light": "#7CCBB0", "dark": "#1C7A5F"}
_ON_SQUARE = {"light": "#FFFFFF", "dark": "#0E1520"}  # the sign on a square, besides its colour


def day_chart(
    rows: Sequence[tuple[str, float, UptimeRecord]], now: float, days: int, zone: tzinfo
) -> Chart:
    """One row for each (label, objective, account), the first on top."""
    cells = [day_cells(record, objective, now, days, zone) for _, objective, record in rows]
    names = [day_name(cell.day) for cell in cells[0]] if cells else []
    return figure(
        [
            {
                "type": "heatmap",
                "x": names,
                "y": list(range(len(rows))),
                "z": [[_level(cell) for cell in row] for row in cells],
                "zmin": 0,
                "zmax": len(_LEVELS) - 1,
                "colorscale": _scale(),
                "showscale": False,
                "xgap": 2,
                "ygap": 5,
                "text": [[_sign(cell) for cell in row] for row in cells],
                "texttemplate": "%{text}",
                "textfont": {"size": 9, "color": _ON_SQUARE[theme()]},
                "customdata": [[cell.told for cell in row] for row in cells],
                "hovertemplate": "%{x}<br>%{customdata}<extra></extra>",
            }
        ],
        hovermode="closest",
        dragmode=False,
        height=height(len(rows)),
        margin={"l": 4, "r": 4, "t": 4, "b": MARGIN - 10},
        xaxis={"showline": False, "ticks": "", "nticks": 6, "fixedrange": True, "tickangle": 0},
        yaxis={
            "autorange": "reversed",
            "showgrid": False,
            "showline": False,
            "ticks": "",
            "tickvals": list(range(len(rows))),
            "ticktext": [_short(label) for label, _, _ in rows],
            "fixedrange": True,
        },
    )


def height(rows: int) -> int:
    """Pixels for so many rows."""
    return rows * ROW_HEIGHT + MARGIN


def legend() -> str:
    """What the colours mean, in Markdown."""
    return " · ".join(
        f":{MARKS[standing].colour}[{MARKS[standing].shape}] {words}"
        for standing, words in reversed(_LEVELS)
    )


def _sign(cell: DayCell) -> str:
    return "" if cell.standing is Standing.PASS else MARKS[cell.standing].shape


def _short(label: str) -> str:
    text = chart_text(label)
    return text if len(label) <= LABEL_LIMIT else f"{chart_text(label[:LABEL_LIMIT])}…"


def _level(cell: DayCell) -> int:
    return next(place for place, (standing, _) in enumerate(_LEVELS) if standing is cell.standing)


def _scale() -> list[list[Any]]:
    """Plotly's colour scale with hard steps: each level has a band of its own."""
    name = theme()
    colours = [
        _GOOD_DAY[name] if standing is Standing.PASS else MARKS[standing].chart_colour(name)
        for standing, _ in _LEVELS
    ]
    last = len(colours) - 1
    scale: list[list[Any]] = []
    for place, colour in enumerate(colours):
        scale.append([max(0.0, (place - 0.5) / last), colour])
        scale.append([min(1.0, (place + 0.5) / last), colour])
    return scale
