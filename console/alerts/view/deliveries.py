"""What was told to whom, and what could not be delivered and why."""

import streamlit as st

from console.alerts.load import Found
from console.alerts.outbox import BEFORE, Delivery, Stage
from console.ui.format import plain
from console.ui.page import Page, Reading
from console.ui.tables import sheet
from console.words import clock, duration, zone_name

MOST = 15  # rows; the store keeps 200

_MARKS = {
    Stage.DUE: ":blue-badge[:material/schedule: Due]",
    Stage.SENDING: ":blue-badge[:material/send: Sending]",
    Stage.SENT: ":green-badge[:material/check_circle: Sent]",
    Stage.GIVEN_UP: ":red-badge[:material/error: Given up]",
    Stage.UNCERTAIN: ":gray-badge[:material/help: Not certain]",
}
_RETRIED = ":orange-badge[:material/replay: Waits]"


def deliveries(page: Page, reading: Reading, found: Found) -> None:
    """The newest deliveries, those with trouble first."""
    with st.container(border=True):
        st.subheader("Deliveries", anchor=False)
        if not found.deliveries:
            st.caption("Nothing was sent yet. Every message to every channel stands here.")
            return
        troubled = [one for one in found.deliveries if one.reason and one.stage is not Stage.SENT]
        rest = [one for one in found.deliveries if one not in troubled]
        shown = (troubled + rest)[:MOST]
        sheet(
            {
                f"When ({zone_name(page.zone, reading.now)})": [
                    clock(one.at, reading.now, page.zone) for one in shown
                ],
                "State": [_mark(one) for one in shown],
                "Channel": [plain(one.label, 80) for one in shown],
                "Message": [plain(one.title, 160) for one in shown],
                "What happened": [_happened(one, reading.now) for one in shown],
            },
            alt="Messages to channels with their state, those with trouble first",
        )
        if len(found.deliveries) > len(shown):
            st.caption(f"The newest {len(shown)} of {len(found.deliveries)} that are kept.")


def _mark(one: Delivery) -> str:
    return _RETRIED if one.stage is Stage.DUE and one.attempts else _MARKS[one.stage]


def _happened(one: Delivery, now: float) -> str:
    told: list[str] = []
    if one.reason:
        told.append(plain(one.reason, 200))
    if one.stage is Stage.DUE and one.attempts:
        wait = duration(max(0.0, one.next_at - now))
        told.append(f"Attempt {one.attempts + 1} in {wait}.")
    if one.stage is Stage.GIVEN_UP and one.attempts:
        told.append(f"Tried {one.attempts} times.")
    if one.stage is Stage.UNCERTAIN:
        told.append("It was possibly sent, twice at most, and is not sent again.")
    if one.stage is Stage.SENT and one.over_at is not None:
        late = one.over_at - one.at
        tries = f", at attempt {one.attempts}" if one.attempts > 1 else ""
        told.append(f"Delivered after {duration(max(1.0, late))}{tries}.")
    if one.possibly_before and one.stage in (Stage.DUE, Stage.SENDING, Stage.SENT):
        told.append(f"Marked {plain(BEFORE)}.")
    return " ".join(told)
