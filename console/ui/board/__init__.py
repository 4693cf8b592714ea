"""The board: a row for each thing with its status, figures and bar of days.

A component of its own, because a row has to become a card where the screen is narrow and no table
of Streamlit does that. Python gives plain data; board.js sets all of it as text, never as markup.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import streamlit as st
from streamlit.components.v2 import component

from console.ui.format import raw

NAME_LIMIT = 80  # characters
NOTE_LIMIT = 200
_HERE = Path(__file__).parent

Day = Literal["p", "w", "f", "m", "u"]  # passing, warning, failing, maintenance or asleep, unknown


@dataclass(frozen=True, slots=True)
class Bar:
    """One day a letter, oldest first. `told` explains a day where it is not simply all up."""

    days: Sequence[Day]
    told: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Row:
    """One row. Texts are from outside and are shown literally."""

    id: str
    name: str
    href: str  # of the page that it opens
    standing: str  # names the colour of its badge
    shape: str
    word: str
    since: str
    note: str
    figures: Sequence[tuple[str, str]]  # each with a note on what it rests on, or empty
    last: str
    spark: Sequence[float]  # 60 at most
    bar: Bar


_mount = component(
    "console_board",
    html='<div class="board"></div>\n',
    css=(_HERE / "board.css").read_text(encoding="utf-8"),
    js=(_HERE / "board.js").read_text(encoding="utf-8"),
)


def board(
    rows: Sequence[Row],
    *,
    figures: Sequence[str],
    days: Sequence[str],
    legend: Sequence[tuple[Day, str]],
    key: str,
    label: str,
    on_open: Callable[[str], None],
) -> None:
    """Draw the rows under the names of their `figures`. `on_open` gets the id of a clicked row."""

    def opened() -> None:
        chosen = st.session_state[key].open
        if any(row.id == chosen for row in rows):  # the browser may send anything
            on_open(chosen)

    _mount(
        key=key,
        data={
            "label": label,
            "figures": list(figures),
            "days": list(days),
            "legend": list(legend),
            "period": f"Last {len(days)} days",
            "rows": [_plain(row) for row in rows],
        },
        on_open_change=opened,
    )


def day_bar(
    bar: Bar, *, days: Sequence[str], legend: Sequence[tuple[Day, str]], key: str, label: str
) -> None:
    """Draw one bar of days, as wide as there is room."""
    data = {
        "label": label,
        "days": list(days),
        "legend": list(legend),
        "rows": [{"days": "".join(bar.days), "told": dict(bar.told)}],
    }
    _mount(key=key, data=data, on_open_change=_nothing)


def _nothing() -> None:
    """A bar of days opens nothing."""


def _plain(row: Row) -> dict[str, object]:
    return {
        "id": row.id,
        "name": raw(row.name, NAME_LIMIT),
        "href": row.href,
        "mark": row.standing,
        "shape": row.shape,
        "word": row.word,
        "since": row.since,
        "note": raw(row.note, NOTE_LIMIT),
        "figures": [list(figure) for figure in row.figures],
        "last": row.last,
        "spark": list(row.spark),
        "days": "".join(row.bar.days),
        "told": dict(row.bar.told),
    }
