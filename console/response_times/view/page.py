"""The Response times page: one series, one window, and what it says."""

import streamlit as st

from console.health.summary import Standing
from console.response_times.analysis import Analysis
from console.response_times.choices import CHECK, Choice
from console.response_times.export import file_name, to_csv
from console.response_times.verdict import stretch, verdict
from console.response_times.view.cards import cards
from console.response_times.view.evidence import evidence
from console.response_times.view.platform import platform_times
from console.response_times.view.source import SERIES, is_missing, load, series_picker
from console.ui.download import download
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import PAGES, Page, read
from console.ui.reading import Fetched
from console.ui.status import alert
from console.ui.window import Window, current_window, window_picker
from console.words import age, clock, moment, zone_name


def response_times(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Response times")
    first = read(page)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        choice = series_picker(page)
        window = window_picker(first.now, page.zone)
        export = st.container(
            horizontal=True, vertical_alignment="center", gap="small", width="content"
        )
    if choice is None:
        live(lambda: head.refresh(read(page), verdict=False))
        st.info(_NOTHING, icon=":material/search_off:")
        return
    if is_missing(choice):
        st.warning(
            f"There is no series `{plain(st.query_params[SERIES], 80)}` in this service; "
            f"this is {plain(choice.label, 80)}.",
            icon=":material/search_off:",
        )
    found = load(page, choice, window, first)
    _live_part(page, head, choice, found)
    if found.value is None:
        return
    with export:
        _export(found.value)
        _health_link(page, choice)
    evidence(found.value, page.zone)
    platform_times(page)


_NOTHING = (
    "This service has no checks. Set `SERVICE_URL`, or write checks into the file that "
    "`CONSOLE_SERVICES_FILE` names."
)


def _health_link(page: Page, choice: Choice) -> None:
    """To how the check stands, for a series of a check that is still configured."""
    name = choice.series.name
    if choice.series.kind == CHECK and page.service.check(name):
        st.page_link(
            PAGES / "health.py",
            label="Health",
            icon=":material/monitor_heart:",
            query_params={"check": name, "service": page.service.name},
        )


def _live_part(page: Page, head: Head, choice: Choice, drawn: Fetched[Analysis]) -> None:
    """The verdict and the key figures, which follow the data, unlike the charts below."""

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        window = current_window(reading.now)
        found = load(page, choice, window, reading)
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is None:
            return
        told = verdict(found.value, window_words(window, found.value, page))
        alert(Standing(told.status.value), plain(told.text))
        cards(found.value)
        if drawn.value is not None and not window.frozen:
            _redraw(page, drawn.value, found.value, reading.now)

    live(body)


def window_words(window: Window, found: Analysis, page: Page) -> str:
    """`in the last 24 hours`, or `from … to …` for a frozen window. A history that is younger than
    its window says so: an hour is not called a year."""
    if found.is_young and found.oldest is not None:
        return f"since its history began, {clock(found.oldest, found.question.until, page.zone)}"
    if window.frozen:
        return f"from {window.label(page.zone)}"
    return f"in the last {stretch(window.length)}"


def _redraw(page: Page, drawn: Analysis, newest: Analysis, now: float) -> None:
    """Of when the charts are. They are drawn anew when somebody asks: it resets a zoom."""
    at = drawn.question.until
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        time = moment(at, page.zone).partition(" ")[2]
        when = f"{time} {zone_name(page.zone, at)}, {age(now - at)}"
        st.caption(f"{_against(newest, page)}Charts below: as of {when}", width="content")
        if st.button(
            "Redraw",
            icon=":material/refresh:",
            key="rt_redraw",
            type="tertiary",
            disabled=newest.question.until <= at,
        ):
            st.rerun()


def _against(found: Analysis, page: Page) -> str:
    """What the changes on the cards are against."""
    if not found.earlier or found.earlier[0].percentiles[0].value is None:
        return ""
    before, until = found.earlier[0].stretch, found.question.until
    edges = [clock(at, until, page.zone) for at in (before.since, before.until)]
    return f"Changes: against {before.name}, {edges[0]} to {edges[1]}. "


def _export(found: Analysis) -> None:
    download(
        "CSV",
        lambda: to_csv(found),
        file_name(found),
        "text/csv",
        key="rt_csv",
        icon=":material/download:",
        tip="The lines of the charts with the samples that each point rests on, and the results "
        "that were not ok",
    )
