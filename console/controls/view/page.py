"""The Controls page: the mode, a single-item run, and widening it."""

import streamlit as st

from console.controls.load import load
from console.controls.model import living, present
from console.controls.target import target_of
from console.controls.view.mode import following, switch
from console.controls.view.people import people
from console.controls.view.run import run_form, under_way
from console.controls.view.standing import state, unverified
from console.controls.view.variable import variable
from console.controls.view.widen import widen
from console.errors import StoreError
from console.instances.model import Snapshot
from console.service_redis import url_of
from console.ui.acting import said
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch

NO_REDIS = (
    "The mode is kept in the service's Redis. Set `REDIS_URL` beside `SERVICE_URL`, or add a check "
    "of type `redis`, and start the console again."
)
NO_KIT = (
    "No instance tells its mode. A service that only follows environment variables is switched "
    "where it runs: set **`DRY_RUN=true`** (or `false`) there; its platform restarts it, and work "
    "in flight ends first. With the kit (`console/kit`) it follows this page within seconds."
)
NO_RUNS = (
    "The console does not know how to run one item of this service. With the kit, give the "
    "service's `RUN_TOKEN` to the console as well (`RUN_TOKEN`, or `run_token_env` in the services "
    "file). Without it, describe an endpoint of its own: `run_url`, `run_method` and `run_body` "
    "with `{item}` and `{mode}`."
)


def controls(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Controls")
    said()
    following(page)

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False, banner=False)
        if not url_of(page.runtime.config, page.service):
            return
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        state(page, page.runtime.desk.newer(page.service.name, found.value), reading.now)

    live(body)
    found = page.runtime.desk.newer(page.service.name, _load(page).value)
    people(page, found.epoch if found else 0)
    if found is not None:
        unverified(page, found)
    if not url_of(page.runtime.config, page.service):
        variable(page)
        st.info(NO_REDIS, icon=":material/database:")
    else:
        _mode(page)
    _run(page)


def _load(page: Page) -> Fetched[Snapshot | None]:
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("mode", name), lambda: load(store, name))


def _mode(page: Page) -> None:
    # of the store: a page waits for no network; the action itself looks again
    snapshot = page.runtime.desk.newer(page.service.name, _load(page).value)
    if snapshot and not snapshot.problem and not living(snapshot) and not snapshot.mode:
        variable(page)
        st.info(NO_KIT, icon=":material/extension:")
        return
    with st.container(border=True):
        st.subheader("Switch", anchor=False)
        if snapshot is None:
            st.caption("How the instances stand is read within a minute.")
        elif snapshot.problem:
            st.warning(plain(snapshot.problem), icon=":material/cloud_off:")
        switch(page, None if snapshot is None or snapshot.problem else snapshot)


def _run(page: Page) -> None:
    target = target_of(page.runtime.config, page.service)
    if target is None:
        st.info(NO_RUNS, icon=":material/play_circle:")
        return
    name, running = page.service.name, page.runtime.running
    try:
        runs, batches = running.runs(name), running.batches(name)
    except StoreError as error:
        st.warning(plain(error), icon=":material/cloud_off:")
        return
    found = page.runtime.desk.newer(name, _load(page).value)
    with st.container(border=True):
        st.subheader("Single-item test run", anchor=False)
        run_form(page, runs, present(found))
        under_way(page, runs)
    if not target.generic:
        with st.container(border=True):
            st.subheader("Widen", anchor=False)
            widen(page, batches, present(found))
