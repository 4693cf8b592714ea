"""Tries values on demand: never when a page is opened, and for an operator only."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from console.access import require_operator
from console.errors import NotAllowed
from console.health.summary import Standing
from console.settings.at_hand import at_hand
from console.settings.model import Given, Spec
from console.settings.trial import Outcome, Trial
from console.settings.trials import SERVICE_URL, WAYS, Attempt, start, to_try, way_of
from console.ui.format import plain
from console.ui.guard import current_visitor
from console.ui.live import watch
from console.ui.page import Page
from console.ui.status import MARKS
from console.words import counted, listed

_STANDINGS = {
    Outcome.WORKS: Standing.PASS,
    Outcome.FAILS: Standing.FAIL,
    Outcome.UNKNOWN: Standing.UNKNOWN,
}
POLL = 0.5  # seconds between two looks at an attempt
MOST_NAMES = 6  # that the caption lists
_ATTEMPT, _TRIALS, _PROBLEM = "_settings_attempt", "_settings_trials", "_settings_trial_problem"


def known_trials(service: str, source: str) -> dict[str, Trial]:
    """What this session tried of a source, by variable."""
    found: dict[str, Trial] = st.session_state.get(_TRIALS, {}).get((service, source), {})
    return found


def trials_part(page: Page, spec: Spec, given: Given | None, source: str) -> None:
    """Offer to try what can be tried of the chosen source. Without its values: what the console
    holds itself."""
    service = page.service.name
    held = at_hand(page.runtime.config, page.service, spec)
    with st.container(border=True):
        st.subheader("Do they work?", anchor=False)
        values = _with_service(given, page) if given is not None else held
        variables = to_try(spec, values.values)
        if given is None:
            _not_held(spec, [one.name for one in variables])
        for one in spec.variables.values():
            if one.live == "never":
                st.caption(f"{plain(one.name)} is never tried. {plain(one.live_reason)}")
        if not variables:
            st.caption("Nothing that the console has a value of can be tried.")
            return
        attempt = st.session_state.get(_ATTEMPT)
        if isinstance(attempt, Attempt):
            watch(lambda: _progress(service, source), POLL)
            return
        problem = st.session_state.pop(_PROBLEM, "")
        if problem:
            st.warning(plain(problem), icon=":material/error:")
        names = listed([one.name for one in variables], MOST_NAMES)
        st.caption(
            f"Sends {plain(names)} to where it belongs, once: a URL is fetched, a Redis is pinged, "
            "a token is shown to its API, without anything being run. 8 s at most."
        )
        st.button(
            f"Try {counted(len(variables), 'value')}",
            icon=":material/play_arrow:",
            key="settings_try",
            disabled=not page.visitor.may_act,
            help=None if page.visitor.may_act else plain(page.visitor.why),
            on_click=_start,
            args=(spec, values),
        )
        for one in known_trials(service, source).values():
            mark = MARKS[_STANDINGS[one.outcome]]
            st.markdown(f"{mark.badge} **{plain(one.name)}** {plain(one.text)}")


def _with_service(given: Given, page: Page) -> Given:
    """The values with the address of the service, which a token of its own is shown to."""
    url = page.service.run_url or page.service.url
    return replace(given, values={SERVICE_URL: url, **given.values})


def _not_held(spec: Spec, held: Sequence[str]) -> None:
    """Why the values of running instances cannot be tried, and which ones can nevertheless."""
    st.caption(
        "The console does not hold the values of running instances. They report whether a variable "
        "is set, how long it is, and a fingerprint."
    )
    if held:
        st.caption(
            f"Of {plain(listed(held, MOST_NAMES))} the console holds a copy of its own, which it "
            "works with; that copy can be tried."
        )
    others = [
        one.name for one in spec.variables.values() if way_of(one) in WAYS and one.name not in held
    ]
    if others:
        st.caption(
            f"{plain(listed(others, MOST_NAMES))}: cannot be tried, because the console does not "
            "hold the value. Check a .env that has it, above."
        )


def _start(spec: Spec, given: Given) -> None:
    """Begin. The role is judged again here, by the connection the click came over."""
    try:
        require_operator(current_visitor())
    except NotAllowed as error:
        st.session_state[_PROBLEM] = str(error)
        return
    attempt = start(spec, given.values)
    if attempt is None:
        st.session_state[_PROBLEM] = "Two trials run already; try again in a few seconds."
    else:
        st.session_state[_ATTEMPT] = attempt


def _progress(service: str, source: str) -> None:
    """Look once; drawn again and again until it is done."""
    attempt = st.session_state.get(_ATTEMPT)
    if not isinstance(attempt, Attempt):
        return
    if not attempt.done.is_set():
        st.markdown(f":material/sync: Trying {counted(attempt.count, 'value')} …")
        return
    trials = st.session_state.setdefault(_TRIALS, {})
    trials[service, source] = {one.name: one for one in attempt.results}
    del st.session_state[_ATTEMPT]
    st.rerun()
