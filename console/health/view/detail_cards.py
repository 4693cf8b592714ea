"""The key figures of one check: uptime, the last response, the certificate."""

import streamlit as st

from console.health.figures import Span, Uptimes, account_in_words, certificate_standing, uptimes
from console.health.summary import Presented, Standing
from console.health.uptime import UptimeRecord
from console.ui.page import Page, Reading
from console.ui.status import MARKS
from console.words import (
    DAY,
    NOTHING,
    counted,
    date,
    duration,
    response_time,
    short_duration,
    uptime,
)

CARD_HEIGHT = 108  # pixels


def cards(page: Page, reading: Reading, one: Presented) -> None:
    """Draw them."""
    record = reading.known.uptimes.get(one.check.name, UptimeRecord())
    windows = uptimes(record, reading.now, page.zone)
    cards = 5 if one.state.certificate_expires_at is None else 6
    with st.grid(cards, min_column_width=140, row_height=CARD_HEIGHT, gap="small"):
        for label, span in _named(windows):
            _uptime_card(label, span)
        last = one.state.last
        st.metric(
            "Last response",
            response_time(last.duration) if last else NOTHING,
            duration(reading.now - last.at) + " ago" if last else "no result yet",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
        )
        _certificate_card(page, one, reading.now)


def _named(windows: Uptimes) -> list[tuple[str, Span]]:
    return [
        ("Uptime · 24 h", windows.day),
        ("Uptime · 7 d", windows.week),
        ("Uptime · 30 d", windows.days30),
        ("Uptime · this month", windows.month),
    ]


def _uptime_card(label: str, span: Span) -> None:
    share = span.share
    down = f"down {duration(share.down)}" if share.down >= 1 else "no time down"
    if span.partial:
        down = (
            f"{down} of {short_duration(share.counted)}" if share.counted else "nothing known yet"
        )
    st.metric(
        label,
        uptime(share.uptime),
        down,
        delta_color="red" if share.down >= 1 else "off",
        delta_arrow="off",
        help=f"{account_in_words(share)}. Only time that counts is in the share.",
        border=True,
        height="stretch",
    )


def _certificate_card(page: Page, one: Presented, now: float) -> None:
    expires_at = one.state.certificate_expires_at
    if expires_at is None:
        return
    days = int((expires_at - now) // DAY)
    standing = certificate_standing(expires_at, now)
    st.metric(
        "Certificate",
        "expired" if days < 0 else counted(days, "day"),
        "renew it now" if standing is Standing.FAIL else f"until {date(expires_at, page.zone)}",
        delta_color=MARKS[standing].colour,
        delta_arrow="off",
        border=True,
        height="stretch",
    )
