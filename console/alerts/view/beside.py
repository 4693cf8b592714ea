"""Alerts on pages that show how checks stand."""

from collections.abc import Sequence

import streamlit as st

from console.alerts.beside import beside_checks, standing_of
from console.alerts.message import headline
from console.alerts.record import Record
from console.ui.format import plain
from console.ui.page import PAGES, SERVICE, Page, Reading
from console.ui.reading import fetch
from console.ui.status import MARKS
from console.words import clock, duration

MOST = 5


def alert_records(page: Page) -> Sequence[Record]:
    """What is known of the service's alerts; empty where nothing can be read."""
    records, name = page.runtime.alerts.records, page.service.name
    found = fetch(page.runtime, ("alert-records", name), lambda: records.book(name)).value
    return tuple((found or {}).values())


def firing_beside(page: Page, reading: Reading, records: Sequence[Record]) -> None:
    """What fires beside the checks, and how many alerts there are at all."""
    beside = beside_checks(records)
    for one in beside[:MOST]:
        since = one.fired_at or reading.now
        lasts = f"since {clock(since, reading.now, page.zone)} ({duration(reading.now - since)})"
        taken = one.alert.acknowledgement
        by = f"  \n:gray[Taken by] {plain(taken.by, 80)}" if taken else ""
        st.markdown(
            f"{MARKS[standing_of(one)].badge} **{plain(one.title, 80)}** {lasts}  \n"
            f"{plain(one.summary, 300)}{by}"
        )
    if len(beside) > MOST:
        st.caption(f"and {len(beside) - MOST:,} more alerts")
    if any(one.alert.active for one in records):
        st.page_link(
            PAGES / "alerts.py",
            label=plain(headline(records)),
            icon=":material/notifications:",
            query_params={SERVICE: page.service.name},
        )
