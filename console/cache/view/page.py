"""The Cache page: the verdict, the key figures, what the service and what the server tell."""

from collections.abc import Sequence

import streamlit as st

from console.cache.commands import WindowCommand
from console.cache.load import Found, load, load_commands
from console.cache.model import Snapshot
from console.cache.verdict import judge
from console.cache.view.analysis import analysis
from console.cache.view.cards import cards
from console.cache.view.history import history
from console.cache.view.plan import plan
from console.cache.view.server import server
from console.cache.view.service import service_side
from console.service_redis import url_of
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, alert
from console.ui.window import Window, current_window, window_picker
from console.words import moment

NO_REDIS = (
    "The console does not know a cache of this service. Set `REDIS_URL` beside `SERVICE_URL` to "
    "its Redis or Upstash (`rediss://`), or add a check of type `redis`, and start the console "
    "again."
)


def cache(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Cache")
    first = read(page)
    window = window_picker(first.now, page.zone)
    if not url_of(page.runtime.config, page.service):
        live(lambda: head.refresh(read(page), verdict=False))
        st.info(NO_REDIS, icon=":material/database:")
        return

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page, current_window(reading.now))
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is None:
            return
        snapshot = found.value.snapshot
        value = found.value
        told = judge(snapshot, value.lookups, value.removed, reading.now, value.usage)
        alert(told.standing, plain(told.sentence))
        for standing, text in told.findings[1:]:
            st.markdown(f"{MARKS[standing].badge} {plain(text)}")
        if snapshot is None or snapshot.problem:
            return
        cards(found.value, snapshot)
        _reset(snapshot, page)
        service_side(snapshot, page, reading.now)
        if snapshot.billed:
            plan(value.usage, page, reading.now)

    live(body)
    found = _load(page, window)
    if found.value is None or found.value.snapshot is None:
        return
    history(found.value, page, window)
    if not found.value.snapshot.problem:
        server(found.value.snapshot, _spent(page, window), page)
    analysis(page, found.value.snapshot)


def _load(page: Page, window: Window) -> Fetched[Found]:
    store, name = page.runtime.store, page.service.name
    return fetch(
        page.runtime,
        ("cache", name, window.name or (window.since, window.until)),
        lambda: load(store, name, window.since, window.until),
    )


def _spent(page: Page, window: Window) -> Sequence[WindowCommand]:
    store, name = page.runtime.store, page.service.name
    found = fetch(
        page.runtime,
        ("commands", name, window.name or (window.since, window.until)),
        lambda: load_commands(store, name, window.since, window.until),
    )
    return found.value or ()


def _reset(snapshot: Snapshot, page: Page) -> None:
    if snapshot.reset_at is not None:
        st.caption(
            f":material/restart_alt: The server's counters began anew at "
            f"{moment(snapshot.reset_at, page.zone)}: a restart, or somebody reset them. What lies "
            "in between is counted nowhere."
        )
