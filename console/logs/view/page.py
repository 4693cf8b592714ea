"""The Logs page: what is wrong first, then the lines; of the service, or of a file of one's own."""

import streamlit as st

from console.health.summary import Standing
from console.logs.load import Kept, load, load_lines
from console.logs.model import Decision, LogsReading
from console.logs.settings import loki_url_of
from console.logs.view.lines import lines
from console.logs.view.own import own
from console.logs.view.triage import service_triage
from console.service_redis import url_of
from console.ui.acting import said
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch, last_value
from console.ui.status import alert

SERVICE, OWN = "The service's log", "Your own file"
SOURCE = "source"  # in the URL: `own`
_CHOICE = "logs_source"

NO_LOG = (
    "The console does not know a log of this service. With the kit (`console/kit`) its lines come "
    "by themselves once `REDIS_URL` is set beside `SERVICE_URL`. Else set `CONSOLE_LOKI_URL` to a "
    "Loki that has them, or name the service's `platform`, where that offers them. Without any, "
    "paste lines or upload a file: choose **Your own file**."
)


def logs(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Logs")
    said()
    if _source() == OWN:
        live(lambda: head.refresh(read(page), verdict=False))
        own(page)
        return
    known = bool(url_of(page.runtime.config, page.service)) or bool(
        loki_url_of(page.runtime.config, page.service)
    )

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        told = found.value is not None and bool(found.value.sources)  # by its platform, perhaps
        if not known and not told:
            alert(Standing.UNKNOWN, NO_LOG, icon=":material/subject:")
        elif found.value is not None or not found.problem:
            service_triage(page, found.value, _decisions(page), reading.now)

    live(body)
    reading = _load(page).value
    if reading is not None and reading.lines:
        kept = _lines(page, reading)
        if kept.value is not None:
            version = f"{page.service.name} {kept.value.version}"
            lines(page, kept.value.blocks, version, grows=True)


def _source() -> str:
    """Which log is looked at: it lives in the URL."""
    chosen = OWN if st.query_params.get(SOURCE) == "own" else SERVICE
    st.session_state[_CHOICE] = chosen
    st.segmented_control(
        "Which log",
        [SERVICE, OWN],
        key=_CHOICE,
        required=True,
        label_visibility="collapsed",
        on_change=_choose,
    )
    return chosen


def _choose() -> None:
    for of_the_other in ("q", "line", "pattern"):
        st.query_params.pop(of_the_other, None)
    if st.session_state[_CHOICE] == OWN:
        st.query_params[SOURCE] = "own"
    else:
        st.query_params.pop(SOURCE, None)


def _load(page: Page) -> Fetched[LogsReading | None]:
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("logs", name), lambda: load(store, name))


def _decisions(page: Page) -> list[Decision]:
    desk, name = page.runtime.desk, page.service.name
    found = fetch(
        page.runtime, ("log_decisions", name), lambda: desk.records.decisions.newest(name)
    )
    return found.value or []


def _lines(page: Page, reading: LogsReading) -> Fetched[Kept]:
    store, name = page.runtime.store, page.service.name
    key = ("log_lines", name)
    before: Kept | None = last_value(page.runtime, key)
    return fetch(page.runtime, key, lambda: load_lines(store, name, reading, before))
