"""The one timeline: everything that happened, newest first."""

from collections.abc import Sequence
from datetime import datetime, tzinfo

import streamlit as st

from console.activity.model import Event, Kind
from console.ui.format import plain
from console.ui.status import mark_of
from console.ui.tables import sheet
from console.words import counted, zone_name

ROWS = 12  # shown at first; "Show more" adds as many
_MORE = "timeline_rows"
_KINDS = "kinds"  # in the URL

# Every kind: what it is called and its icon.
KINDS = {
    Kind.INCIDENT: ("Incidents", "error"),
    Kind.DEPLOYMENT: ("Deployments", "rocket_launch"),
    Kind.SCALING: ("Scaling", "dns"),
    Kind.MODE: ("Mode", "toggle_on"),
    Kind.SETTINGS: ("Settings", "tune"),
    Kind.SIGN_OFF: ("Sign-offs", "task_alt"),
    Kind.RUN: ("Runs", "play_circle"),
    Kind.ACTION: ("Actions", "touch_app"),
    Kind.CONSOLE: ("Console", "terminal"),
}


def kind_filter(events: Sequence[Event]) -> list[Kind]:
    """Draw the filter over the kinds that occur; nothing chosen means all. Kept in the URL."""
    there = {event.kind for event in events}
    asked = {text for text in st.query_params.get(_KINDS, "").split(",") if text}
    offered = [kind for kind in KINDS if kind in there or kind in asked]
    if len(offered) < 2 and not asked:
        return []
    if "timeline_kinds" not in st.session_state:
        st.session_state["timeline_kinds"] = [kind for kind in offered if kind in asked]
    return st.pills(
        "Kinds of events",
        offered,
        selection_mode="multi",
        key="timeline_kinds",
        format_func=lambda kind: f":material/{KINDS[kind][1]}: {KINDS[kind][0]}",
        label_visibility="collapsed",
        on_change=_keep_kinds,
    )


def timeline(events: Sequence[Event], kinds: Sequence[Kind], now: float, zone: tzinfo) -> None:
    """Draw the events of those kinds (all, if none is named), newest first."""
    chosen = [event for event in events if not kinds or event.kind in kinds]
    if not chosen:
        st.caption("Nothing happened in this window." if not kinds else "Nothing of these kinds.")
        return
    rows: int = st.session_state.get(_MORE, ROWS)
    shown = chosen[:rows]
    columns = {
        f"When ({zone_name(zone, now)})": times([event.at for event in shown], now, zone),
        "What": [_what(event) for event in shown],
    }
    sheet(columns, alt="What happened, newest first")
    if len(chosen) > rows:
        st.button(
            f"Show more of {counted(len(chosen), 'event')}",
            key="timeline_more",
            type="tertiary",
            on_click=_show_more,
        )


def _show_more() -> None:
    st.session_state[_MORE] = st.session_state.get(_MORE, ROWS) + ROWS


def _keep_kinds() -> None:
    """A link shows the same kinds."""
    chosen: list[Kind] = st.session_state["timeline_kinds"]
    if chosen:
        st.query_params[_KINDS] = ",".join(chosen)
    else:
        st.query_params.pop(_KINDS, None)


def times(moments: Sequence[float], now: float, zone: tzinfo) -> list[str]:
    """Time of day; the date as well wherever the day changes."""
    today = datetime.fromtimestamp(now, zone).date()
    texts: list[str] = []
    before = today
    for at in moments:
        then = datetime.fromtimestamp(at, zone)
        day = "" if then.date() == before else f"**{then:%a} {then.day} {then:%b}**  \n"
        texts.append(f"{day}{then:%H:%M:%S}")
        before = then.date()
    return texts


def _what(event: Event) -> str:
    """Icon in the colour of its status, the sentence, and below it the detail and who did it, where
    the sentence does not say so."""
    mark = mark_of(event.status)
    icon = f":material/{mark.icon if mark else KINDS[event.kind][1]}:"
    coloured = f":{mark.colour}[{icon}]" if mark else f":gray[{icon}]"
    by = f"By {event.actor}." if event.actor and event.actor not in event.title else ""
    more = plain(" ".join(filter(None, (event.detail, by))), 300)
    return f"{coloured} {plain(event.title, 300)}" + (f"  \n:gray[{more}]" if more else "")
