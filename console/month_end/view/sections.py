"""The sections below the chart."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from console.month_end.board import Board
from console.month_end.model import HOUR
from console.month_end.needs import what_if
from console.month_end.risks import Risk
from console.month_end.sheets import Sheet
from console.month_end.workload import Platform
from console.ui.format import plain
from console.ui.status import MARKS
from console.ui.tables import sheet as draw
from console.words import counted, response_time

DEFAULT_ITEMS, DEFAULT_HOURS, DEFAULT_SECONDS = 1000, 8.0, 2.0  # of a what-if without history


def sheet(told: Sheet, open_first: str = "") -> None:
    """One table with its note. `open_first` stands above it."""
    with st.container(border=True):
        st.subheader(told.title, anchor=False)
        if open_first:
            st.markdown(plain(open_first))
        if told.rows:
            columns = {
                plain(name) or "\u00a0": [plain(row[place]) for row in told.rows]
                for place, name in enumerate(told.columns)
            }
            draw(columns, alt=told.title)
        if told.note:
            st.caption(plain(told.note))


def risk_lines(found: Sequence[Risk]) -> None:
    """A line each, the worst first."""
    with st.container(border=True):
        st.subheader("Risks", anchor=False)
        for one in found:
            mark = MARKS[one.standing]
            st.markdown(f"{mark.badge} **{plain(one.what)}**  {plain(one.text)}")


def what_if_section(board: Board) -> None:
    """How many instances a declared case takes: labelled, because it is no forecast."""
    sums, one, need = board.told.sums, board.closing, board.needs
    known = need.demand is not None and bool(need.demand.method)
    with st.expander("What if", expanded=not known, icon=":material/tune:"):
        st.caption("A case that you declare, not a forecast. Nothing is changed by it.")
        columns = st.columns(4)
        left = sums.left if sums and sums.left else DEFAULT_ITEMS
        bounds = need.platform or Platform()
        items = columns[0].number_input("Items left", 0, 10_000_000, left, key="whatif_items")
        hours_left = (one.deadline - board.at) / HOUR if one is not None else 0.0
        hours = columns[1].number_input(
            "Hours until the deadline", 0.1, 1000.0,
            min(1000.0, max(0.1, round(hours_left, 1))) if hours_left > 0 else DEFAULT_HOURS,
            key="whatif_hours",
        )  # fmt: skip
        at_once = columns[2].number_input(
            "Items at once in an instance", 1, 1000, bounds.concurrency, key="whatif_at_once"
        )
        most = columns[3].number_input("Most instances", 1, 1000, bounds.most, key="whatif_most")
        seconds = board.needs.seconds or DEFAULT_SECONDS
        platform = replace(bounds, concurrency=int(at_once), most=int(most), least=0)
        told = what_if(float(items), seconds, float(hours), platform, need.running or 0)
        source = (
            "the mean of the last hour with any" if need.seconds else "assumed: none was measured"
        )
        st.markdown(f"**{counted(told.instances, 'instance')}.** {plain(' '.join(told.why))}")
        st.caption(plain(f"An item takes {response_time(seconds)} ({source})."))
