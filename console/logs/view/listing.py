"""The newest lines as a table, or as a list in which long messages wrap, for a narrow screen."""

from collections.abc import Sequence

import streamlit as st

from console.logs.model import Level, Line
from console.ui.format import plain, raw
from console.ui.page import Page
from console.ui.tables import text_column
from console.words import moment

LINE, VIEW = "line", "view"  # in the URL
TABLE, LIST = "table", "list"
ROUND, _VIEW = "logs_round", "logs_view"  # in the session's state
ROWS, LISTED = 200, 60  # in the table, in the list
MESSAGE = 300  # characters
COLUMNS = {  # where some line has them; pixels
    "instance": 115, "api": 100, "phase": 90, "status": 60, "route": 160, "item": 160,
}  # fmt: skip
MOST_COLUMNS = 6
LIST_HEIGHT = 560  # pixels


def listing(found: Sequence[Line], page: Page) -> None:
    """The newest lines: a table, or a list in which long messages wrap, for a narrow screen."""
    newest = intime_of(found)[:ROWS]
    _choice()
    if as_list():
        _list(newest[:LISTED], page)
    else:
        _table(newest, page)


def intime_of(found: Sequence[Line]) -> list[Line]:
    """The newest first by their times; where some line tells none, the last of the log first."""
    last_first = list(reversed(found))
    if any(line.time is None for line in found):
        return last_first
    return sorted(last_first, key=lambda line: -(line.time or 0.0))


def as_list() -> bool:
    """What somebody chose; else a list on a phone."""
    mobile = "Mobi" in (st.context.headers.get("User-Agent") or "")
    return st.query_params.get(VIEW, LIST if mobile else TABLE) == LIST


def _choice() -> None:
    st.session_state[_VIEW] = LIST if as_list() else TABLE
    st.segmented_control(
        "Show as",
        [TABLE, LIST],
        key=_VIEW,
        format_func=str.capitalize,
        required=True,
        label_visibility="collapsed",
        on_change=_look,
    )


def _list(newest: Sequence[Line], page: Page) -> None:
    st.caption("Touch a time to see all of the line and its neighbours.")
    with st.container(height=LIST_HEIGHT, gap="xxsmall"):
        for line in newest:
            told = [line.text(name) for name in COLUMNS if line.text(name)]
            rest = f"  \n:gray[{plain(' · '.join(told), 120)}]" if told else ""
            with st.container(horizontal=True, wrap=False, gap="xsmall"):
                st.button(
                    time_of(line, page, date=False),
                    key=f"logs_line_{line.number}",
                    type="tertiary",
                    on_click=_choose_line,
                    args=(line.number,),
                )
                st.markdown(
                    f":small[{_level(line.level)} **{plain(line.message, MESSAGE)}**{rest}]",
                    width="stretch",
                )


def _table(newest: Sequence[Line], page: Page) -> None:
    names = [name for name in COLUMNS if any(line.text(name) for line in newest)][:MOST_COLUMNS]
    days = {time_of(line, page)[:10] for line in newest}
    columns: dict[str, list[str]] = {
        "Time": [time_of(line, page, date=len(days) > 1) for line in newest],
        "Level": [_level(line.level) for line in newest],
        "Message": [raw(line.message, MESSAGE) for line in newest],
    }
    columns |= {name: [raw(line.text(name), 60) for line in newest] for name in names}
    event = st.dataframe(  # pyright: ignore[reportUnknownMemberType]  # pandas is partially typed
        columns,
        hide_index=True,
        column_config={
            "Time": text_column("Time", width=175 if len(days) > 1 else 105).config(),
            "Level": text_column("Level", width=80).config(),
            "Message": text_column("Message", width=340).config(),
            **{name: text_column(name, width=COLUMNS[name]).config() for name in names},
        },
        key=f"logs_table_{st.session_state.get(ROUND, 0)}",
        alt="Lines that match, the newest first; choose one to see the lines around it",
        height=min(36 * len(newest) + 38, 440),
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event.selection.rows
    if rows and rows[0] < len(newest):
        st.query_params[LINE] = str(newest[rows[0]].number)


def time_of(line: Line, page: Page, *, date: bool = True) -> str:
    """The time of a line, in the page's zone."""
    if line.time is None:
        return "no time"
    whole = f"{moment(line.time, page.zone)}.{int(line.time % 1 * 1000):03}"
    return whole if date else whole[11:]


def _level(level: Level) -> str:
    shapes = {Level.ERROR: "▲", Level.FATAL: "▲", Level.WARN: "◆", Level.UNKNOWN: "○"}
    return f"{shapes.get(level, '·')} {level.value}"


def _look() -> None:
    st.query_params[VIEW] = st.session_state[_VIEW]


def _choose_line(number: int) -> None:
    st.query_params[LINE] = str(number)
