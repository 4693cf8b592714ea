"""What came of the last action: the platform's answer, and what it reports since."""

import time

import streamlit as st

from console.deployments.act_errand import SEND_SECONDS, Acted
from console.health.summary import Standing
from console.runtime import get_runtime
from console.ui.format import plain
from console.ui.live import watch
from console.ui.page import Page
from console.ui.status import alert
from console.words import duration

FRESH = 120.0  # seconds for which what came of an action is shown
LOOK_SECONDS = 1.0
OLD_SECONDS = 10.0  # between two looks whether it is too old: it is not about what runs any more


def following(page: Page) -> None:
    """The action that is under way or just ended; nothing where there is none."""
    acted = page.runtime.actor.last(page.service.name)
    if acted is None or _is_old(acted):
        return
    if acted.ended:
        watch(lambda: _ended(acted), OLD_SECONDS)
    else:
        watch(lambda: _progress(page.service.name), LOOK_SECONDS)


def _is_old(acted: Acted) -> bool:
    return acted.ended and time.time() - acted.at > FRESH + SEND_SECONDS


def _progress(service: str) -> None:
    acted = get_runtime().actor.last(service)
    if acted is None or acted.ended:
        st.rerun()
    said_ = acted.effect or acted.receipt or "asking the platform."
    since = duration(max(0.0, time.time() - acted.at))
    alert(
        Standing.UNKNOWN,
        f"{_name(acted)}: {plain(said_)} :small[:gray[since {since}]]",
        icon=":material/progress_activity:",
    )


def _ended(acted: Acted) -> None:
    if _is_old(acted):
        st.rerun()
    if acted.problem:
        alert(Standing.FAIL, f"{_name(acted)}: {plain(acted.problem)}", title="Not done")
        return
    standing = {True: Standing.PASS, False: Standing.FAIL, None: Standing.UNKNOWN}[acted.done]
    title = {True: "Took effect", False: "Did not take effect", None: "Not confirmed"}[acted.done]
    alert(standing, f"{_name(acted)}: {plain(acted.effect or acted.receipt)}", title=title)


def _name(acted: Acted) -> str:
    return f"**{acted.kind.capitalize()}** {plain(acted.target, 120)}"
