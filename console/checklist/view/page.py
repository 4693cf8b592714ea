"""The Checklist page: go or no-go, the questions, what people say of them, and sign-offs."""

import time

import streamlit as st

from console.checklist.load import load, words_of
from console.checklist.model import Answer, Checklist
from console.checklist.record import Word
from console.checklist.view.items import board, release_words
from console.checklist.view.person import person_part
from console.checklist.view.signed import SEEN, sign_part, signed_part
from console.health.summary import Standing
from console.ui.acting import said
from console.ui.format import plain
from console.ui.header import Head, store_notice
from console.ui.live import live
from console.ui.page import Page, read
from console.ui.reading import Fetched, fetch
from console.ui.status import MARKS, alert

FRESH_SECONDS = 3.0  # that a list is shown; what it rests on is read every 5 s
HOOK = (
    "For a deploy hook: `GET /api/checklist.json` answers 200 for a go and 503 for a no-go. "
    "Its `deployment.settled` says whether the last deployment is done and judged. "
    "Questions of your own come from the file that `CONSOLE_CHECKLIST_FILE` names."
)


def checklist(page: Page) -> None:
    """Draw the page."""
    head = Head(page, "Checklist")
    said()

    def body() -> None:
        reading = read(page)
        head.refresh(reading, verdict=False)
        found = _load(page)
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is None:
            return
        now = found.value
        st.session_state[SEEN] = now.go
        alert(_standing(now), f"**{plain(now.sentence)}**")
        st.caption(release_words(now.release))
        _deployment(now)
        board(now, page.service.name, page.zone)

    live(body)
    found = _load(page).value
    if found is not None:
        person_part(page, found, _words(page))
        sign_part(page)
        signed_part(page)
    st.caption(HOOK)


def _deployment(found: Checklist) -> None:
    if found.deployment is not None:
        badge = MARKS[found.deployment.standing].badge
        st.markdown(f"{badge} **Last deployment** {plain(found.deployment.sentence, 300)}")


def _standing(found: Checklist) -> Standing:
    """What is only not known is told apart from what fails; neither is a go."""
    if found.go:
        return Standing.PASS
    return Standing.FAIL if found.count(Answer.FAIL) else Standing.UNKNOWN


def _load(page: Page) -> Fetched[Checklist]:
    runtime, service = page.runtime, page.service
    return fetch(
        runtime,
        ("checklist", service.name, _words(page)),  # what somebody says shows at once
        lambda: load(runtime.store, runtime.config, service, time.time()),
        fresh_for=FRESH_SECONDS,
    )


def _words(page: Page) -> tuple[Word, ...]:
    store, name = page.runtime.store, page.service.name
    return fetch(page.runtime, ("words", name), lambda: words_of(store, name)).value or ()
