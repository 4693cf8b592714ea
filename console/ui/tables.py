"""Tables that several pages share, so that a status or a number looks the same everywhere.

A table is drawn once. Where the screen is narrow, the style sheet (style.css) turns each of its
rows into a card: the first two cells are its title line, the rest follows, each behind the name of
its column. A long table is a grid to sort and search; its cells show text literally.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import streamlit as st
from streamlit.elements.lib.column_types import ColumnConfig

from console.ui.format import plain
from console.ui.status import MARKS, PILL_COLOURS, PILLS
from console.ui.style import table_style
from console.words import NOTHING

MOST_ROWS = 30  # of a table whose text wraps; above, a grid: the browser draws it faster
FEW_COLUMNS = 3  # fit a phone as they are

Kind = Literal["text", "number", "status"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name and how its cells are shown."""

    label: str
    kind: Kind = "text"
    help: str = ""
    width: int | None = None  # pixels, in a grid
    first: bool = False  # at the left, whatever the order
    unit: str = ""
    digits: int = 0
    pills: Mapping[str, str] = field(default_factory=dict[str, str])  # with their colours

    def markdown(self, cell: object) -> str:
        """The cell for a table that reads Markdown."""
        if cell is None:
            return NOTHING
        if self.kind == "number" and isinstance(cell, int | float):
            return f"{cell:,.{self.digits}f}\N{NO-BREAK SPACE}{plain(self.unit)}".strip()
        if self.kind == "status" and isinstance(cell, list | tuple):
            return " ".join(map(self._badge, cell))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]  # each is turned into text
        first, *rest = map(plain, str(cell).split("\n"))
        return "  \n".join([first, *(f":gray[{line}]" for line in rest if line)])

    def _badge(self, pill: object) -> str:
        for mark in MARKS.values():
            if mark.pill == pill:
                return mark.badge
        colour = self.pills.get(str(pill), "gray")
        return f":{colour}-badge[{plain(pill, 40)}]"

    def config(self) -> ColumnConfig:
        """The same for a grid."""
        told = self.help or None
        if self.kind == "number":
            unit = self.unit.replace("%", "%%")
            layout = f"%.{self.digits}f {unit}"
            return st.column_config.NumberColumn(self.label, format=layout, help=told)
        if self.kind == "status":
            return st.column_config.MultiselectColumn(
                self.label,
                options=[*PILLS, *self.pills],
                color=[*PILL_COLOURS, *self.pills.values()],
                width=self.width or "small",
            )
        return st.column_config.TextColumn(
            self.label, width=self.width, pinned=self.first, help=told
        )


def status_column(
    label: str = "Status", *, more: Mapping[str, str] | None = None, width: int | None = None
) -> Column:
    """Icon or shape, word and colour. The cells are lists with one `Mark.pill`.

    `more` are further pills with their colours.
    """
    return Column(label, "status", width=width, pills=more or {})


def text_column(label: str, *, width: int | None = None, pinned: bool = False) -> Column:
    """Plain text; `pinned`: at the left, and the title of a card."""
    return Column(label, width=width, first=pinned)


def number_column(label: str, unit: str, help_text: str, digits: int = 0) -> Column:
    """Numbers with their unit. `None` is shown as nothing."""
    return Column(label, "number", help_text, unit=unit, digits=digits)


def rows(
    columns: Mapping[str, Sequence[object]], config: Mapping[str, Column], *, key: str, alt: str
) -> None:
    """A table of literal text: columns of equal length, with a `Column` for each. What a cell says
    after its first line is said more quietly."""
    if max(map(len, columns.values()), default=0) > MOST_ROWS:
        st.dataframe(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
            {name: [_one_line(cell) for cell in cells] for name, cells in columns.items()},
            hide_index=True,
            column_config={name: column.config() for name, column in config.items()},
            key=key,
            alt=alt,
            height="content",
            placeholder=NOTHING,
        )
        return
    drawn = {name: config.get(name) or Column(name) for name in columns}
    order = sorted(drawn, key=lambda name: not drawn[name].first)
    numbers = [at for at, name in enumerate(order) if drawn[name].kind == "number"]
    cells = {
        drawn[name].label: [drawn[name].markdown(cell) for cell in columns[name]] for name in order
    }
    _table(cells, alt, cards=len(order) > FEW_COLUMNS, numbers=numbers, flat=True)
    told = [f"- **{one.label}**: {plain(one.help)}" for one in drawn.values() if one.help]
    if told:
        st.caption("What the columns say", help="\n".join(told))


def sheet(columns: Mapping[str, Sequence[str]], *, alt: str, cards: bool | None = None) -> None:
    """A small table of Markdown with a header: escape what is from outside.

    `cards`: whether its rows become cards on a narrow screen; by itself, with four columns.
    """
    _table(columns, alt, cards=len(columns) > FEW_COLUMNS if cards is None else cards)


def facts(pairs: Mapping[str, str], *, alt: str) -> None:
    """Names and values below each other, both Markdown: escape what is from outside."""
    st.table(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
        dict(pairs), border="horizontal", alt=alt
    )


def _one_line(cell: object) -> object:
    return cell.replace("\n", " · ") if isinstance(cell, str) else cell


def _table(
    columns: Mapping[str, Sequence[str]],
    alt: str,
    *,
    cards: bool,
    numbers: Sequence[int] = (),
    flat: bool = False,
) -> None:
    with st.container(gap=None):
        if cards or numbers:
            table_style(columns, alt, cards=cards, numbers=numbers, flat=flat)
        st.table(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
            dict(columns), border="horizontal", hide_index=True, alt=alt
        )
