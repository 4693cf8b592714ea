"""What waits for a second person: approvals, and emergencies that nobody has reviewed."""

import time
from collections.abc import Callable

import streamlit as st

from console.access import Visitor
from console.controls.desk import Desk
from console.controls.rules import APPROVAL_VALID
from console.controls.view.acting import act, why_not
from console.errors import StoreError
from console.health.check import Service
from console.health.summary import Standing
from console.runtime import get_runtime
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import MARKS
from console.words import age


def people(page: Page) -> None:
    """Draw them; nothing where nothing waits."""
    desk, name, now = page.runtime.desk, page.service.name, time.time()
    try:
        asked = [
            one
            for one in desk.records.approvals.newest(name)
            if not one.used and not one.approved_by and now - one.at < APPROVAL_VALID
        ]
        open_ones = [one for one in desk.records.emergencies.newest(name) if not one.reviewed_by]
    except StoreError:
        return  # the page says so on top
    for approval in asked:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            reason = f": {plain(approval.reason)}" if approval.reason else ""
            st.markdown(
                f"**{plain(approval.asked_by)}** asks to go live, {age(now - approval.at)}{reason}"
            )
            _button(page, "Approve", f"approve_{approval.id}", _approve(name, approval.id))
    for emergency in open_ones:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{MARKS[Standing.WARN].badge} Emergency by **{plain(emergency.by)}** "
                f"{age(now - emergency.at)}: {plain(emergency.reason, 300)}"
            )
            _button(page, "Mark as reviewed", f"review_{emergency.id}", _review(name, emergency.id))


def _button(page: Page, label: str, key: str, on_click: Callable[[], None]) -> None:
    reason = why_not(page)
    st.button(label, key=key, on_click=on_click, disabled=reason is not None, help=reason)


def _approve(service: str, id: str) -> Callable[[], None]:
    return _asked(
        service, lambda desk, visitor, found: desk.approve(visitor, found, id), "Approved."
    )


def _review(service: str, id: str) -> Callable[[], None]:
    return _asked(
        service, lambda desk, visitor, found: desk.review(visitor, found, id), "Reviewed."
    )


def _asked(
    service: str, do: Callable[[Desk, Visitor, Service], None], done: str
) -> Callable[[], None]:
    def work(visitor: Visitor) -> str:
        runtime = get_runtime()
        found = runtime.config.service(service)
        if found is not None:
            do(runtime.desk, visitor, found)
        return done

    return lambda: act(work)
