"""The time window of a page. It lives in the URL, so that a link shows a colleague the same thing.

`?window=24h` ends now and moves on; `?from=2026-11-24T03:00:00Z&to=2026-11-24T04:00:00Z` is frozen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from math import ceil

import streamlit as st

from console.words import DAY, HOUR, MINUTE, duration, iso, moment, zone_name

# Every choice, with its length in seconds. The store keeps 400 days.
CHOICES = {
    "1h": HOUR,
    "6h": 6 * HOUR,
    "24h": DAY,
    "7d": 7 * DAY,
    "30d": 30 * DAY,
    "90d": 90 * DAY,
    "400d": 400 * DAY,
}
DEFAULT = "24h"
LONGEST = CHOICES["400d"]
SHORTEST = MINUTE  # the store counts by the minute
_KEYS = ("window", "from", "to")
_MEMORY = "window_params"  # in the session's state: a page change empties the URL


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of time. `name` is empty where it is frozen."""

    since: float  # Unix seconds
    until: float
    name: str = ""

    @property
    def frozen(self) -> bool:
        """Whether it stays where it is."""
        return not self.name

    @property
    def length(self) -> float:
        """Seconds."""
        return self.until - self.since

    def label(self, zone: tzinfo) -> str:
        """`last 24 h`, or the exact times of a frozen one."""
        if self.name:
            return f"last {duration(self.length)}"
        return f"{moment(self.since, zone)} to {moment(self.until, zone)}"


def parse(params: Mapping[str, str], now: float, default: str = DEFAULT) -> Window:
    """The window that a URL asks for. What cannot be read, or is not allowed, is the default."""
    since, until = _unix(params.get("from")), _unix(params.get("to"))
    if since is not None and until is not None:
        until = min(until, end_of_minute(now))
        if SHORTEST <= until - since <= LONGEST:
            return Window(since, until)
    name = params.get("window", default)
    if name not in CHOICES:
        name = default
    return Window(now - CHOICES[name], now, name)


def end_of_minute(at: float) -> float:
    """The end of the minute that a time lies in; the store counts whole ones."""
    return ceil(at / MINUTE) * MINUTE


def whole_minutes(window: Window) -> Window:
    """The same, frozen, with all of its first and its last minute: what was just seen is in it."""
    return Window(window.since // MINUTE * MINUTE, end_of_minute(window.until))


def params_of(window: Window) -> dict[str, str]:
    """What stands in the URL for a window."""
    if window.frozen:
        return {"from": iso(window.since), "to": iso(window.until)}
    return {"window": window.name}


def current_window(now: float, default: str = DEFAULT) -> Window:
    """The window of the page: from the URL, else what the visitor chose on another page."""
    asked = {key: st.query_params[key] for key in _KEYS if key in st.query_params}
    remembered: dict[str, str] = st.session_state.get(_MEMORY, {})
    window = parse(asked or remembered, now, default)
    if asked or remembered:
        _remember(window)
    return window


def window_picker(now: float, zone: tzinfo, default: str = DEFAULT) -> Window:
    """Draw the picker and return the window. Call it once a page, outside of the live fragment."""
    window = current_window(now, default)
    with st.container(
        horizontal=True, vertical_alignment="center", gap="xsmall", width="content", wrap=True
    ):
        if window.frozen:
            _frozen_controls(window, zone, default)
        else:
            _moving_controls(window)
        _exact_times(window, zone)
    return window


def _moving_controls(window: Window) -> None:
    st.session_state["window_choice"] = window.name
    st.segmented_control(
        "Time window",
        list(CHOICES),
        key="window_choice",
        required=True,
        label_visibility="collapsed",
        wrap=True,
        on_change=_choose,
    )
    st.button(
        "Freeze",
        icon=":material/lock_clock:",
        key="window_freeze",
        help="Keep exactly this stretch of time, in the URL as well: a link shows the same to all",
        on_click=_remember,
        args=(whole_minutes(window),),
    )


def _frozen_controls(window: Window, zone: tzinfo, default: str) -> None:
    st.badge("Frozen", icon=":material/lock_clock:", color="blue")
    zone_now = zone_name(zone, window.until)
    st.markdown(f"{moment(window.since, zone)} → {moment(window.until, zone)} {zone_now}")
    st.button(
        "Back to now",
        icon=":material/update:",
        key="window_live",
        on_click=_remember,
        args=(Window(0.0, CHOICES[default], default),),
    )


def _exact_times(window: Window, zone: tzinfo) -> None:
    # A key for each window: what somebody types survives a rerun, and a new window starts anew.
    key = window.name or params_of(window)["from"]
    with (
        st.popover("Exact times", icon=":material/date_range:", key="window_exact"),
        st.form("window_form", border=False),
    ):
        edges = [
            st.datetime_input(
                f"{word} ({zone_name(zone, at)})", _local(at, zone), step=60, key=f"{word}_{key}"
            )
            for word, at in (("From", window.since), ("To", window.until))
        ]
        if st.form_submit_button("Show", type="primary"):
            chosen = [_at(edge, zone) for edge in edges if edge]
            if len(chosen) == len(edges) and SHORTEST <= chosen[1] - chosen[0] <= LONGEST:
                _remember(Window(chosen[0], chosen[1]))
                st.rerun()
            st.warning("Choose from 1 minute to 400 days, the beginning first.")


def _choose() -> None:
    name = st.session_state["window_choice"]
    _remember(Window(0.0, CHOICES[name], name))


def _remember(window: Window) -> None:
    params = params_of(window)
    st.session_state[_MEMORY] = params
    if {key: st.query_params.get(key) for key in _KEYS if key in st.query_params} != params:
        kept = {key: st.query_params[key] for key in st.query_params if key not in _KEYS}
        st.query_params.from_dict(kept | params)


def _unix(text: str | None) -> float | None:
    """The time of an ISO 8601 text with a zone (UTC where it names none)."""
    if not text:
        return None
    try:
        time = datetime.fromisoformat(text)
        return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def _local(at: float, zone: tzinfo) -> datetime:
    return datetime.fromtimestamp(at // 60 * 60, zone).replace(tzinfo=None)


def _at(local: datetime, zone: tzinfo) -> float:
    return local.replace(tzinfo=zone).timestamp()
