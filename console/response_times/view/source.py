"""What the page reads: the series there are, and the analysis of one of them."""

import streamlit as st

from console.response_times.analysis import Analysis, Question
from console.response_times.choices import Choice, choices, find, kind_name
from console.response_times.load import analyse
from console.store.series import SeriesId
from console.ui.format import raw
from console.ui.page import Page, Reading
from console.ui.reading import Fetched, fetch
from console.ui.window import Window, whole_minutes

SERIES = "series"  # in the URL: `check:api`
_MEMORY = "series_of_service"  # in the session's state: a page change empties the URL
LABEL_LIMIT = 80  # characters of a series in the picker
PICKER_WIDTH = 260  # pixels

# A window is analysed again after a 1440th of its length: a minute for 24 hours, which is one more
# cell of 1,440. Never more often than results arrive, and at least once a minute.
STEPS = 1440
SLOWEST = 60.0  # seconds


def offered(page: Page) -> dict[str, list[Choice]]:
    """The series to choose from, by kind. Without the store: the configured checks."""
    store, name = page.runtime.store, page.service.name
    fetched: Fetched[list[SeriesId]] = fetch(
        page.runtime, ("series", name), lambda: store.series(name)
    )
    return choices(page.service, fetched.value or ())


def current_series(page: Page, there: dict[str, list[Choice]]) -> Choice | None:
    """The series that the URL names, else the one chosen before, else the first."""
    return find(there, (st.query_params.get(SERIES), _remembered().get(page.service.name)))


def series_picker(page: Page) -> Choice | None:
    """Draw the picker and return the choice; `None` where there is nothing to choose from."""
    there = offered(page)
    chosen = current_series(page, there)
    if chosen is None:
        return None
    kind = chosen.series.kind
    if len(there) > 1:
        _kind_picker(page, there, kind)
    labels = {str(choice.series): choice.label for choice in there[kind]}
    st.session_state["series_choice"] = str(chosen.series)
    st.selectbox(
        kind_name(kind),
        list(labels),
        key="series_choice",
        format_func=lambda text: raw(labels.get(text, text), LABEL_LIMIT),
        label_visibility="collapsed",
        width=PICKER_WIDTH,
        on_change=_choose_series,
        args=(page.service.name,),
    )
    if not st.query_params.get(SERIES):
        _remember(page.service.name, str(chosen.series))
    return chosen


def is_missing(chosen: Choice) -> bool:
    """Whether the URL names a series that this service does not have."""
    return st.query_params.get(SERIES) not in (None, "", str(chosen.series))


def load(page: Page, choice: Choice, window: Window, reading: Reading) -> Fetched[Analysis]:
    """The analysis of a series in a window, shared by all visitors who look at it."""
    profile = page.runtime.profile
    if window.frozen:  # a link shows the same samples at any time, once its last minute is over
        window = whole_minutes(window)
    since, until = window.since, window.until
    question = Question(
        page.service, choice.series, since, until, page.zone, profile.flush_interval
    )
    return fetch(
        page.runtime,
        ("response times", page.service.name, choice.series, window.name or (since, until)),
        lambda: analyse(page.runtime.store, question),
        fresh_for=max(
            profile.flush_interval, profile.analysis_ttl, min(SLOWEST, window.length / STEPS)
        ),
    )


def _kind_picker(page: Page, there: dict[str, list[Choice]], kind: str) -> None:
    st.session_state["kind_choice"] = kind
    st.segmented_control(
        "What to look at",
        list(there),
        key="kind_choice",
        required=True,
        format_func=kind_name,
        label_visibility="collapsed",
        on_change=_choose_kind,
        args=(page.service.name, {one: str(group[0].series) for one, group in there.items()}),
    )


def _choose_series(service: str) -> None:
    _remember(service, st.session_state["series_choice"])


def _choose_kind(service: str, first: dict[str, str]) -> None:
    _remember(service, first[st.session_state["kind_choice"]])


def _remember(service: str, series: str) -> None:
    """Keep the choice in the URL for links, and in the session for when the visitor comes back."""
    st.session_state[_MEMORY] = {**_remembered(), service: series}
    if st.query_params.get(SERIES) != series:
        st.query_params[SERIES] = series


def _remembered() -> dict[str, str]:
    return st.session_state.get(_MEMORY, {})
