"""The Overview: the verdict, the key figures, what is wrong now, and what happened."""

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from console.activity.model import Event
from console.activity.view.timeline import kind_filter, timeline
from console.alerts.beside import with_alerts
from console.alerts.record import Record
from console.alerts.view.beside import alert_records
from console.health.figures import key_figures, main_check
from console.health.summary import Standing
from console.health.view.overview_cards import cards
from console.health.view.overview_now import wrong_now
from console.store.cells import MINUTE, Cells, empty
from console.store.series import SeriesId
from console.ui.format import plain
from console.ui.header import NO_CHECKS, Head
from console.ui.live import live
from console.ui.page import Page, Reading, read
from console.ui.reading import Fetched, fetch
from console.ui.window import Window, current_window, window_picker
from console.words import HOUR

TITLE_LIMIT = 80  # characters of outside text
EVENTS = 200  # read at once


@dataclass(frozen=True, slots=True)
class Details:
    """What the Overview reads beside what every page reads."""

    hour: Cells  # of the main check
    events: list[Event]  # of the window, newest first


def overview(page: Page) -> None:
    """Draw the page."""
    head = Head(page, plain(page.service.label, TITLE_LIMIT))

    def body() -> None:
        reading = read(page)
        records = alert_records(page)
        told = with_alerts(reading.summary.verdict, records)
        head.refresh(reading, told=told)
        if not page.service.checks:
            st.info(NO_CHECKS, icon=":material/playlist_add:")
            return
        if reading.fetched.value is None:
            return
        window = current_window(reading.now)
        details = load(page, reading.now, window)
        hour = details.value.hour if details.value else empty(MINUTE)
        figures = key_figures(
            page.service,
            reading.summary.checks,
            reading.known.uptimes,
            hour,
            reading.now,
            page.zone,
        )
        # what is wrong comes first, also on a phone; while all is well the figures do
        wrong = told.standing in (Standing.FAIL, Standing.WARN)
        first, second = st.container(), st.container()
        with second if wrong else first:
            cards(figures, reading.now)
        with first if wrong else second:
            _now_and_before(page, reading, records, details)

    live(body)


def load(page: Page, now: float, window: Window) -> Fetched[Details]:
    """Read what the Overview shows, for one window."""
    store, service = page.runtime.store, page.service
    series = SeriesId("check", main_check(service).name)
    return fetch(
        page.runtime,
        ("overview", service.name, window.name or (window.since, window.until)),
        lambda: Details(
            store.cells(service.name, series, now - HOUR, now),
            store.events(service.name, window.since, window.until, EVENTS),
        ),
    )


def _now_and_before(
    page: Page, reading: Reading, records: Sequence[Record], details: Fetched[Details]
) -> None:
    left, right = st.columns([2, 3], gap="small")
    with left.container(border=True, height="stretch"):
        wrong_now(page, reading, records)
    with right.container(border=True, height="stretch"):
        _happened(page, reading, details)


def _happened(page: Page, reading: Reading, details: Fetched[Details]) -> None:
    st.subheader("What happened", anchor=False)
    window_picker(reading.now, page.zone)
    if details.value is None:
        st.caption("The store has not told yet.")
        return
    events = details.value.events
    kinds = kind_filter(events)
    timeline(events, kinds, reading.now, page.zone)
