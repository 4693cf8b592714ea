"""The mode of the service, and the banner that every page carries while it is not live."""

import streamlit as st

from console.controls.load import load
from console.controls.model import Mode, present, standing
from console.health.summary import Standing
from console.instances.model import Snapshot
from console.service_redis import url_of
from console.ui.format import plain
from console.ui.page import PAGES, Page
from console.ui.reading import fetch
from console.ui.status import alert

CONTROLS = PAGES / "controls.py"


def mode_of(page: Page) -> tuple[str, float | None]:
    """The mode and since when it holds; empty where it is not known here."""
    snapshot = _snapshot(page)
    mode = present(snapshot)
    switch = snapshot.switch if snapshot else None
    return (mode.value if mode else ""), (switch.set_at if switch else None)


def mode_banner(page: Page, now: float) -> None:
    """Draw it; nothing while the mode is live, or not known here at all."""
    snapshot = _snapshot(page)
    if present(snapshot) in (None, Mode.LIVE) or snapshot is None or snapshot.switch is None:
        return
    found, sentence = standing(snapshot, now)
    by = f" Set by {plain(snapshot.switch.set_by, 80)}." if snapshot.switch.set_by else ""
    alert(found if found is not Standing.PASS else Standing.WARN, f"{plain(sentence)}{by}")
    st.page_link(
        CONTROLS,
        label="Controls",
        icon=":material/toggle_on:",
        query_params={"service": page.service.name},
    )


def _snapshot(page: Page) -> Snapshot | None:
    if not url_of(page.runtime.config, page.service):
        return None
    store, name = page.runtime.store, page.service.name
    stored = fetch(page.runtime, ("mode", name), lambda: load(store, name)).value
    return page.runtime.desk.newer(name, stored)
