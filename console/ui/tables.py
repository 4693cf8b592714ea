"""Column kinds that several tables share, so that a status or an uptime looks the same everywhere.

Cells of `st.dataframe` show text literally; only `st.table` reads Markdown.
"""

from collections.abc import Mapping, Sequence

import streamlit as st
from streamlit.elements.lib.column_types import ButtonColumnResult, ColumnConfig

from console.ui.status import PILL_COLOURS, PILLS
from console.words import NOTHING


def status_column(label: str = "Status", *, more: Mapping[str, str] | None = None) -> ColumnConfig:
    """Pills with shape, word and colour. The cells are lists with one `Mark.pill`.

    `more` are further pills with their colours.
    """
    more = more or {}
    return st.column_config.MultiselectColumn(
        label, options=[*PILLS, *more], color=[*PILL_COLOURS, *more.values()], width="small"
    )


def text_column(label: str, *, width: int | None = None, pinned: bool = False) -> ColumnConfig:
    """Plain text."""
    return st.column_config.TextColumn(label, width=width, pinned=pinned)


def number_column(label: str, unit: str, help_text: str, digits: int = 0) -> ColumnConfig:
    """Numbers with their unit, sorted as numbers. `None` is shown as nothing."""
    escaped = unit.replace("%", "%%")
    return st.column_config.NumberColumn(label, format=f"%.{digits}f {escaped}", help=help_text)


def spark_column(label: str, help_text: str) -> ColumnConfig:
    """A small line. The cells are lists of numbers, 60 at most."""
    return st.column_config.LineChartColumn(label, help=help_text, y_min=0, width="small")


def rows(
    columns: Mapping[str, Sequence[object]],
    config: Mapping[str, ColumnConfig | ButtonColumnResult],
    *,
    key: str,
    alt: str,
) -> None:
    """A table to sort and search: columns of equal length. Its cells show text literally."""
    st.dataframe(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
        dict(columns),
        hide_index=True,
        column_config=dict(config),
        key=key,
        alt=alt,
        height="content",
        placeholder=NOTHING,
    )


def sheet(columns: Mapping[str, Sequence[str]], *, alt: str) -> None:
    """A small table of Markdown with a header: escape what is from outside."""
    st.table(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
        dict(columns), border="horizontal", hide_index=True, alt=alt
    )


def facts(pairs: Mapping[str, str], *, alt: str) -> None:
    """Names and values below each other, both Markdown: escape what is from outside."""
    st.table(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
        dict(pairs), border="horizontal", alt=alt
    )
