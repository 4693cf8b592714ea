"""What was told to whom, and what could not be delivered and why: one row for each message."""

from collections.abc import Sequence

import streamlit as st

from console.alerts.load import Found
from console.alerts.outbox import Delivery, Stage
from console.ui.format import plain
from console.ui.page import Page, Reading
from console.ui.tables import sheet
from console.words import clock, duration, zone_name

MOST = 12  # messages; the store keeps 200 deliveries

_MARKS = {
    Stage.DUE: ":blue-badge[:material/schedule: Due]",
    Stage.SENDING: ":blue-badge[:material/send: Sending]",
    Stage.SENT: ":green-badge[:material/check_circle: Sent]",
    Stage.GIVEN_UP: ":red-badge[:material/error: Given up]",
    Stage.UNCERTAIN: ":gray-badge[:material/help: Not certain]",
}
_WAITS = ":orange-badge[:material/replay: Waits]"


def deliveries(page: Page, reading: Reading, found: Found) -> None:
    """The newest messages, and how far each channel has them."""
    by_message: dict[str, list[Delivery]] = {}
    for one in found.deliveries:  # the newest first
        by_message.setdefault(one.message, []).append(one)
    with st.container(border=True):
        st.subheader("Deliveries", anchor=False)
        if not by_message:
            st.caption("Nothing was sent yet. Every message stands here with its channels.")
            return
        shown = [sorted(each, key=lambda one: one.channel) for each in by_message.values()][:MOST]
        now = reading.now
        sheet(
            {
                f"When ({zone_name(page.zone, now)})": [
                    clock(each[0].at, now, page.zone) for each in shown
                ],
                "Message, and how far each channel has it": [
                    f"{plain(each[0].title, 160)}  \n{_channels(each, now)}" for each in shown
                ],
            },
            alt="Messages, the newest first, and how far each channel has them",
            cards=True,
        )
        if len(by_message) > len(shown):
            st.caption(f"The newest {len(shown)} of {len(by_message)} that are kept.")


def _channels(each: Sequence[Delivery], now: float) -> str:
    return "  \n".join(f"{_mark(one)} {plain(one.label, 80)} {_told(one, now)}" for one in each)


def _mark(one: Delivery) -> str:
    return _WAITS if one.stage is Stage.DUE and one.attempts else _MARKS[one.stage]


def _told(one: Delivery, now: float) -> str:
    told = [plain(one.reason, 200)] if one.reason else []
    match one.stage:
        case Stage.DUE if one.attempts:
            wait = one.next_at - now
            when = f"in {duration(wait)}" if wait >= 1 else "now"
            told.append(f"Attempt {one.attempts + 1} {when}.")
        case Stage.DUE:
            told.append("after the message before it" if now - one.at > 1 else "")
        case Stage.GIVEN_UP if one.attempts > 1:
            told.append(f"Tried {one.attempts} times.")
        case Stage.UNCERTAIN:
            told.append("It may have been sent, twice at most; it is not sent again.")
        case Stage.SENT if one.attempts > 1:
            told.append(f"at attempt {one.attempts}, marked as possibly sent before"
                        if one.possibly_before else f"at attempt {one.attempts}")  # fmt: skip
        case _:
            pass
    return f":gray[{' '.join(filter(None, told))}]" if any(told) else ""
