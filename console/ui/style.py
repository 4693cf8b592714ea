"""The one place that sends a style sheet to the browser: what Streamlit's theme does not reach.

Nothing from outside is sent as it is: every text is escaped letter by letter.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import streamlit as st

from console.words import NOTHING

SHEET = Path(__file__).resolve().parent / "style.css"
TITLE_CELLS = 2  # of a card, in its first line, where no name has to stand before them
LONG_NAME = 44  # characters of a first column that may wrap on a wide screen
WIDE, NARROW = "min-width:641px", "max-width:640px"  # as in style.css


def page_style() -> None:
    """The style sheet of all pages."""
    st.html(SHEET)


def table_style(
    columns: Mapping[str, Sequence[str]],
    alt: str,
    *,
    cards: bool,
    numbers: Sequence[int],
    flat: bool,
) -> None:
    """Place this right before the table that `alt` describes.

    `cards`: its rows become cards on a narrow screen. `numbers`: which columns are. `flat`: the
    lines of a card's cell follow each other in one.
    """
    css = rules(columns, alt, cards=cards, numbers=numbers)
    name = f"as-cards{' flat' * flat}" if cards else ""
    st.html(f'<style>{css}</style><span class="{name}"></span>')


def rules(
    columns: Mapping[str, Sequence[str]], alt: str, *, cards: bool, numbers: Sequence[int]
) -> str:
    """What style.css cannot know: the names of the columns, which are numbers, which cells say
    nothing (a card leaves those out), and whether the first column is short enough not to wrap."""
    table = f'table[aria-label="{escaped(alt)}"]'
    wide = [
        f"{table} :is(td,th):nth-child({at + 1}){{text-align:right !important}}" for at in numbers
    ]
    names = next(iter(columns.values()), ())
    lines = (line for cell in names for line in cell.split("\n"))
    unbroken = [*numbers] if max(map(len, lines), default=0) > LONG_NAME else [0, *numbers]
    wide += [f"{table} td:nth-child({at + 1}) p{{white-space:nowrap}}" for at in unbroken]
    narrow: list[str] = []
    if cards:
        narrow = [
            f'{table} td:nth-child({at + 1})::before{{content:"{escaped(label)}"}}'
            for at, label in enumerate(columns)
            if at >= TITLE_CELLS and label.strip()
        ]
        narrow += [
            f"{table} tr:nth-child({row + 1}) td:nth-child({at + 1}){{display:none}}"
            for at, cells in enumerate(columns.values())
            if at not in numbers
            for row, cell in enumerate(cells)
            if cell.strip() in ("", NOTHING)
        ]
    return f"@media ({WIDE}){{{''.join(wide)}}}@media ({NARROW}){{{''.join(narrow)}}}"


def escaped(text: str) -> str:
    """Text for inside of quotes in a style sheet: all but letters, digits and blanks escaped."""
    return "".join(
        letter if letter.isalnum() or letter == " " else f"\\{ord(letter):x} " for letter in text
    )
