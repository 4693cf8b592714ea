"""The Alerts page: what fires and who has it, what was told to whom, and how telling is set up."""

import streamlit as st

from console.alerts.load import Found, load
from console.alerts.message import headline
from console.alerts.model import Phase
from console.alerts.view.acknowledge import taking
from console.alerts.view.deliveries import deliveries
from console.alerts.view.firing import firing, pending
from console.alerts.view.history import history
from console.alerts.view.maintenance import maintenance
from console.alerts.view.telling import setup, silent_channels, trial
from console.health.model import Status
from console.health.summary import Standing
from console.ui.acting import said
from console.ui.format import plain
from console.ui.header import NO_CHECKS, Head, store_notice
from console.ui.live import live
from console.ui.page import Page, Reading, read
from console.ui.reading import Fetched, fetch
from console.ui.status import alert


def alerts(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Alerts")
    said()
    taking(page)
    if not page.service.checks:
        st.info(NO_CHECKS, icon=":material/playlist_add:")

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is None:
            return
        _verdict(page, reading, found.value)
        firing(page, reading, found.value)
        pending(page, reading, found.value)
        history(page, reading, page.runtime.alerts.records)
        deliveries(page, reading, found.value)
        setup(page, reading, found.value)

    live(body)
    trial(page)
    maintenance(page, read(page).now)


def _load(page: Page) -> Fetched[Found]:
    records, store, name = page.runtime.alerts.records, page.runtime.store, page.service.name
    return fetch(page.runtime, ("alerts", name), lambda: load(records, store, name))


def _verdict(page: Page, reading: Reading, found: Found) -> None:
    active = [one for one in found.records.values() if one.alert.active]
    sentence, standing = headline(active), Standing.PASS
    if any(one.status is Status.FAIL and one.alert.phase is Phase.FIRING for one in active):
        standing = Standing.FAIL
    elif active:
        standing = Standing.WARN
    silent = silent_channels(page, found)
    if silent:
        sentence = f"{sentence} {silent}"
        standing = Standing.WARN if standing is Standing.PASS else standing
    if reading.summary.silence:
        standing = Standing.UNKNOWN
        sentence = f"Not known: {reading.summary.silence} Last known: {sentence}"
    elif found.setup is not None and found.setup.offline_since is not None:
        standing = Standing.UNKNOWN
        sentence = (
            "Not known: the console itself has no network, so nothing is judged or told. "
            f"Last known: {sentence}"
        )
    if active and not page.runtime.config.settings.channels:
        sentence = f"{sentence} Nobody is told: CONSOLE_NOTIFY_URLS is not set."
    alert(standing, plain(sentence))
