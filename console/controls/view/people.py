"""What waits for a second person: approvals, and emergencies that nobody has reviewed."""

import time
from collections.abc import Callable

import streamlit as st

from console.access import Visitor
from console.controls.rules import APPROVAL_VALID, Approval
from console.errors import StoreError
from console.health.check import Service
from console.health.summary import Standing
from console.runtime import Runtime
from console.ui.acting import act_on, why_not
from console.ui.format import plain
from console.ui.page import Page
from console.ui.status import MARKS
from console.words import age, moment


def people(page: Page, epoch: int) -> None:
    """Draw them; nothing where nothing waits. `epoch` is the present one of the mode."""
    desk, name, now = page.runtime.desk, page.service.name, time.time()
    try:
        approvals = desk.records.approvals.newest(name)
        open_ones = [one for one in desk.records.emergencies.newest(name) if not one.reviewed_by]
    except StoreError:
        return  # the page says so on top
    fresh = [one for one in approvals if not one.used and now - one.at < APPROVAL_VALID]
    asked = [one for one in fresh if not one.approved_by]
    for approval in (one for one in fresh if one.holds(now, epoch)):
        until = moment((approval.approved_at or now) + APPROVAL_VALID, page.zone)
        st.markdown(
            f"{MARKS[Standing.PASS].badge} **{plain(approval.approved_by)}** approved going live, "
            f"asked by **{plain(approval.asked_by)}**: once, until {until}."
        )
    for approval in asked:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            reason = f": {plain(approval.reason)}" if approval.reason else ""
            st.markdown(
                f"**{plain(approval.asked_by)}** asks {_wanted(approval)}, "
                f"{age(now - approval.at)}{reason}"
            )
            _button(page, "Approve", f"approve_{approval.id}", _approve(name, approval.id))
    for emergency in open_ones:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(
                f"{MARKS[Standing.WARN].badge} Emergency by **{plain(emergency.by)}** "
                f"{age(now - emergency.at)}: {plain(emergency.reason, 300)}"
            )
            _button(page, "Mark as reviewed", f"review_{emergency.id}", _review(name, emergency.id))


def _wanted(approval: Approval) -> str:
    return f"for **{plain(approval.what, 200)}**" if approval.what else "to go live"


def _button(page: Page, label: str, key: str, on_click: Callable[[], None]) -> None:
    reason = why_not(page)
    st.button(label, key=key, on_click=on_click, disabled=reason is not None, help=reason)


def _approve(service: str, id: str) -> Callable[[], None]:
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.desk.approve(visitor, found, id)
        return "Approved."

    return lambda: act_on(service, work)


def _review(service: str, id: str) -> Callable[[], None]:
    def work(runtime: Runtime, visitor: Visitor, found: Service) -> str:
        runtime.desk.review(visitor, found, id)
        return "Reviewed."

    return lambda: act_on(service, work)
