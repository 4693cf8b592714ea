"""The history of alerts: what fired, what it was, who took it, how long it lasted, who was told."""

from collections.abc import Sequence
from datetime import tzinfo

import streamlit as st

from console.alerts.episode import Episode, within
from console.alerts.history import as_csv, delivered, figures, told_words
from console.health.model import Status
from console.health.summary import Standing
from console.store.alerts import AlertRecords
from console.ui.download import download
from console.ui.format import plain
from console.ui.header import store_notice
from console.ui.page import Page, Reading
from console.ui.reading import fetch
from console.ui.status import MARKS
from console.ui.tables import sheet
from console.ui.window import window_picker
from console.words import clock, counted, duration, zone_name

WINDOW = "7d"
ROWS = 15  # shown at first; "Show more" adds as many
MOST_TAKEN = 2  # people named for one alert
_MORE = "alerts_history_rows"


def history(page: Page, reading: Reading, records: AlertRecords) -> None:
    """Draw the episodes of the window, newest first. May stand in the live fragment."""
    with st.container(border=True):
        st.subheader("History", anchor=False)
        window = window_picker(reading.now, page.zone, WINDOW)
        name = page.service.name
        found = fetch(page.runtime, ("episodes", name), lambda: records.episodes(name))
        if not reading.fetched.problem:
            store_notice(page, found)
        if found.value is None:
            return
        episodes = within(found.value.values(), window.since, window.until)
        st.caption(plain(figures(episodes)))
        if not episodes:
            return
        rows: int = st.session_state.get(_MORE, ROWS)
        _table(
            episodes[:rows],
            reading.now,
            page.zone,
            bool(page.runtime.config.settings.channels),
        )
        with st.container(horizontal=True, gap="small"):
            if len(episodes) > rows:
                st.button(
                    f"Show more of {counted(len(episodes), 'alert')}",
                    key="alerts_more",
                    type="tertiary",
                    on_click=_more,
                )
            download(
                "CSV",
                lambda: as_csv(episodes, page.zone, reading.now),
                "alerts.csv",
                "text/csv",
                key="alerts_csv",
                icon=":material/table:",
            )


def _table(shown: Sequence[Episode], now: float, zone: tzinfo, has_channels: bool) -> None:
    sheet(
        {
            f"When ({zone_name(zone, now)})": [_when(one, now, zone) for one in shown],
            "What it was, who took it, and who was told": [
                "  \n".join((_what(one), _taken(one, now, zone), _told(one, has_channels)))
                for one in shown
            ],
        },
        alt="Alerts of this window, newest first: what they were, who took them, who was told",
        cards=True,
    )


def _when(one: Episode, now: float, zone: tzinfo) -> str:
    badge = ":green-badge[:material/check_circle: Resolved]"
    if one.resolved_at is None:
        badge = ":red-badge[:material/notifications_active: Firing]"
    elif one.lapsed:
        badge = ":gray-badge[:material/help: No longer known]"
    return f"{clock(one.began_at, now, zone)}  \n{badge}  \nfor {duration(one.lasted(now))}"


def _what(one: Episode) -> str:
    mark = MARKS[Standing.FAIL if one.status is Status.FAIL else Standing.WARN]
    lines = [f"{mark.badge} **{plain(one.title, 120)}**", plain(one.summary, 240)]
    notes = [
        f"because of {plain(one.explained_by, 80)}" if one.explained_by else "",
        "under maintenance" if one.planned else "",
        "unsteady" if one.flapping else "",
    ]
    if any(notes):
        lines.append(f":gray[{', '.join(filter(None, notes))}]")
    return "  \n".join(filter(None, lines))


def _taken(one: Episode, now: float, zone: tzinfo) -> str:
    if not one.taken:
        return ":gray[Nobody acknowledged it.]"
    lines: list[str] = []
    for taken in one.taken[-MOST_TAKEN:]:
        after = duration(max(0.0, taken.at - one.fired_at))
        until = "" if taken.until is None else f" until {clock(taken.until, now, zone)}"
        lines.append(f"{plain(taken.by, 60)} :gray[after {after}{until}:] {plain(taken.why, 160)}")
    if len(one.taken) > MOST_TAKEN:
        lines.append(f":gray[and {len(one.taken) - MOST_TAKEN} before]")
    return "  \n".join(lines)


def _told(one: Episode, has_channels: bool) -> str:
    text = plain(told_words(one, has_channels), 160)
    if not one.told:
        return f":gray[Told: {text}]"
    sent, lost, waiting = delivered(one.told)
    parts = [f":gray[Told:] {text}"]
    if sent:
        parts.append(f":green[:material/check:] :gray[{sent} delivered]")
    if lost:
        parts.append(f":red[:material/error:] {lost} not delivered")
    if waiting:
        parts.append(f":blue[:material/schedule:] {waiting} on the way")
    return " · ".join(parts)


def _more() -> None:
    st.session_state[_MORE] = st.session_state.get(_MORE, ROWS) + ROWS
