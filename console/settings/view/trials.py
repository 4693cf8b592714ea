"""Tries values on demand: never when a page is opened, and for an operator only."""

import streamlit as st

from console.access import require_operator
from console.errors import NotAllowed
from console.settings.model import Given, Spec
from console.settings.trial import Trial
from console.settings.trials import Attempt, start, to_try
from console.ui.format import plain
from console.ui.guard import current_visitor
from console.ui.live import watch
from console.ui.page import Page
from console.words import counted, listed

POLL = 0.5  # seconds between two looks at an attempt
MOST_NAMES = 6  # that the caption lists
_ATTEMPT, _TRIALS, _PROBLEM = "_settings_attempt", "_settings_trials", "_settings_trial_problem"


def known_trials(service: str, source: str) -> dict[str, Trial]:
    """What this session tried of a source, by variable."""
    found: dict[str, Trial] = st.session_state.get(_TRIALS, {}).get((service, source), {})
    return found


def trials_part(page: Page, spec: Spec, given: Given | None, source: str) -> None:
    """Offer to try what can be tried of the chosen source."""
    service = page.service.name
    with st.container(border=True):
        st.subheader("Do they work?", anchor=False)
        if given is None:
            st.caption(
                "The console does not know the values of running instances, only fingerprints. "
                "Check a .env, or look at this console's environment, to try its values."
            )
            return
        variables = to_try(spec, given.values)
        never = [one for one in spec.variables.values() if one.live == "never"]
        for one in never:
            if one.live_reason:
                st.caption(f"{plain(one.name)} is never tried. {plain(one.live_reason)}")
        if not variables:
            st.caption("Nothing that is set here can be tried.")
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
            "a token is shown to its API. 8 s at most."
        )
        st.button(
            f"Try {counted(len(variables), 'value')}",
            icon=":material/play_arrow:",
            key="settings_try",
            disabled=not page.visitor.may_act,
            help=None if page.visitor.may_act else plain(page.visitor.why),
            on_click=_start,
            args=(spec, given),
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
